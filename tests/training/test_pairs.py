"""A pair is cut at the same bars, and a file without one gives its reason."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import LEAD_POSITIONS
from tests.drum_corpus import HAT, PPQ, song_bytes
from training.drums import pairs
from training.drums.gigamidi import CorpusFile
from training.drums.pairs import Pair, make_pair


def _source(data: bytes) -> CorpusFile:
    return CorpusFile("key", "train", data, "group", "A", "made")


def _file(*tracks: list[mido.Message | mido.MetaMessage], ppq: int = PPQ) -> bytes:
    file = mido.MidiFile(ticks_per_beat=ppq)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def _notes(channel: int, count: int, pitch: int, gap: int = PPQ // 2, first: int = 0) -> list[mido.Message]:
    messages: list[mido.Message] = []
    for number in range(count):
        messages.append(
            mido.Message(
                "note_on", channel=channel, note=pitch, velocity=90, time=gap - 60 if number else first
            )
        )
        messages.append(mido.Message("note_off", channel=channel, note=pitch, time=60))
    return messages


def test_a_pair_holds_drums_and_listed_parts_of_the_same_bars() -> None:
    pair = make_pair(_source(song_bytes(3, bars=8, programs=(33, 0, 56, 27))))
    assert isinstance(pair, Pair)
    assert pair.bars == 8
    assert [track.program for track in pair.tracks] == [33, 0, 27]
    assert (pair.key, pair.split, pair.group, pair.licence_class, pair.origin) == (
        "key",
        "train",
        "group",
        "A",
        "made",
    )
    assert pair.bpm == pytest.approx(93, abs=0.01)
    assert set(pair.hits["bar"]) == set(range(8))
    assert set(pair.onsets["bar"]) == set(range(8))
    assert set(pair.onsets["track"].tolist()) == {0, 1, 2}
    families = {
        (track, family)
        for track, family in zip(pair.onsets["track"].tolist(), pair.onsets["family"].tolist(), strict=True)
    }
    assert families == {(0, 2), (1, 0), (2, 1)}


def test_what_sounds_together_is_at_the_same_place() -> None:
    """A part that doubles the drums lands on the same bars and positions, pushed notes as well."""
    drums, part = _notes(9, 40, HAT, gap=333, first=100), _notes(0, 40, 40, gap=333, first=100)
    pair = make_pair(_source(_file([mido.Message("program_change", program=33), *part], drums)))
    assert isinstance(pair, Pair)
    assert np.array_equal(pair.hits[["bar", "position"]].tolist(), pair.onsets[["bar", "position"]].tolist())
    ticks = 100 + 333 * np.arange(40)
    positions = (2 * ticks * 48 + PPQ) // (2 * PPQ) + LEAD_POSITIONS
    assert (pair.hits["bar"] * 192 + pair.hits["position"]).tolist() == [
        each for each in positions if each < 192 * pair.bars
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty, too large or damaged"),
        (b"not MIDI at all", "unreadable"),
        (song_bytes(1)[:-60], "unreadable"),
        (song_bytes(1, drums=False), "no drums"),
        (song_bytes(1, programs=(56, 73)), "no listed instrument"),
        (song_bytes(1, programs=()), "no listed instrument"),
        (song_bytes(1, bars=1), "fewer than 16 drum hits"),
    ],
)
def test_a_file_without_a_pair_gives_its_reason(data, reason) -> None:
    found = make_pair(_source(data))
    assert isinstance(found, str)
    assert found.startswith(reason)


def test_too_many_notes_are_a_reason(monkeypatch) -> None:
    monkeypatch.setattr(pairs, "MAX_NOTES", 50)
    assert make_pair(_source(song_bytes(1))) == "too many notes"


def test_a_song_without_end_is_cut(monkeypatch) -> None:
    monkeypatch.setattr(pairs, "MAX_BARS", 5)
    pair = make_pair(_source(song_bytes(1, bars=9)))
    assert isinstance(pair, Pair)
    assert pair.bars == 5
    assert pair.hits["bar"].max() == pair.onsets["bar"].max() == 4


def test_drums_alone_will_do_where_asked() -> None:
    pair = make_pair(_source(song_bytes(1, programs=())), drums_only=True)
    assert isinstance(pair, Pair)
    assert (pair.tracks, len(pair.onsets)) == ((), 0)


def test_no_time_signature_is_four_four_and_one_after_the_end_does_not_count() -> None:
    part = [mido.Message("program_change", program=0), *_notes(0, 20, 60)]
    plain = make_pair(_source(_file(part, _notes(9, 20, HAT))))
    late = mido.MetaMessage("time_signature", numerator=3, denominator=4, time=100 * PPQ)
    assert isinstance(plain, Pair)
    assert plain.four_four
    assert plain.meters == ((0, 16, False),)
    ended = make_pair(_source(_file([late], part, _notes(9, 20, HAT))))
    assert isinstance(ended, Pair)
    assert (ended.four_four, ended.meters) == (True, plain.meters)
    change = mido.MetaMessage("time_signature", numerator=3, denominator=4, time=2 * PPQ)
    changed = make_pair(_source(_file([change], part, _notes(9, 20, HAT))))
    assert isinstance(changed, Pair)
    assert (changed.four_four, changed.meters) == (False, ((0, 8, False), (1, 12, False)))


@pytest.mark.parametrize(
    ("meter", "runs"),
    [
        ((3, 4), ((0, 12, False),)),
        ((6, 8), ((0, 12, True),)),
        ((12, 8), ((0, 12, True),)),
        ((7, 8), ((0, 14, False),)),
        ((2, 4), ((0, 8, False),)),
    ],
)
def test_songs_of_any_meter_are_cut_into_bars_of_the_model(meter, runs) -> None:
    pair = make_pair(_source(song_bytes(1, meter=meter)))
    assert isinstance(pair, Pair)
    assert (pair.meters, pair.four_four) == (runs, False)
    assert (pair.hits["position"] < 12 * runs[0][1]).all()


def test_the_tempo_is_the_one_that_holds_longest() -> None:
    tempi = [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm), time=time)
        for bpm, time in ((60, 0), (150, PPQ))
    ]
    part = [mido.Message("program_change", program=0), *_notes(0, 20, 60)]
    pair = make_pair(_source(_file(tempi, part, _notes(9, 20, HAT))))
    assert isinstance(pair, Pair)
    assert pair.bpm == pytest.approx(150, abs=0.01)


@pytest.mark.parametrize("strange", [b"\xff\xfe\x80 name", b"\x00", b""])
def test_a_strange_name_or_tempo_is_not_fatal(strange) -> None:
    data = bytearray(
        _file(
            [
                mido.MetaMessage("track_name", name="NAME"),
                mido.Message("program_change", program=0),
                *_notes(0, 20, 60),
            ],
            _notes(9, 20, HAT),
        )
    )
    data = bytes(data).replace(b"\x04NAME", bytes([len(strange)]) + strange)
    header = data.index(b"MTrk")
    length = int.from_bytes(data[header + 4 : header + 8], "big") + len(strange) - 4
    data = data[: header + 4] + length.to_bytes(4, "big") + data[header + 8 :]
    assert isinstance(make_pair(_source(data)), Pair)
    tempo = b"\xff\x51\x03\x00\x00\x00"
    with_tempo = _file(
        [mido.MetaMessage("set_tempo", tempo=1)],
        [mido.Message("program_change", program=0), *_notes(0, 20, 60)],
        _notes(9, 20, HAT),
    )
    assert isinstance(make_pair(_source(with_tempo.replace(b"\xff\x51\x03\x00\x00\x01", tempo))), Pair | str)


@given(st.data())
def test_no_damage_to_a_file_is_fatal(data) -> None:
    whole = bytearray(song_bytes(2, bars=4, programs=(33,)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    found = make_pair(_source(bytes(whole[: data.draw(st.integers(0, len(whole)))])), careful=True)
    assert isinstance(found, Pair | str)
