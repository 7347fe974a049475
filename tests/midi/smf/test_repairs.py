"""Repair of damaged MIDI files."""

import re
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw.midi import smf
from musegen_daw.midi.file import midi_song_from_bytes, song_from_bytes
from tests.midi.test_file import DRUMS
from tests.midi_bytes import END, chunk, head, meta, midi_bytes, notes

FOUR = notes(60, 62, 64, 65)
TWO = notes(60, 62)


def wave(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"RMID" + chunks


def riff_chunk(kind: bytes, body: bytes, length=None) -> bytes:
    size = len(body) if length is None else length
    return kind + struct.pack("<I", size) + body + b"\0" * (len(body) & 1)


LONG = FOUR + END
PLAIN = midi_bytes(LONG)

MENDED = {
    "a data byte above 127": (
        midi_bytes(TWO + b"\x00\xb0\x07\xc8" + notes(64, 65) + END),
        "data byte above 127",
    ),
    "a velocity above 127": (
        midi_bytes(b"\x00\x90\x3c\xc8\x60\x80\x3c\x40" + notes(62, 64, 65) + END),
        "data byte",
    ),
    "a tempo of 0": (midi_bytes(meta(0x51, b"\0\0\0") + LONG), "an impossible tempo was left out"),
    "a tempo of two bytes": (midi_bytes(meta(0x51, b"\1\0") + LONG), "an impossible tempo"),
    "a meter of 0/4": (midi_bytes(meta(0x58, b"\0\2\x18\x08") + LONG), "an impossible time signature"),
    "a meter of 4/2**32": (midi_bytes(meta(0x58, b"\4\x20\x18\x08") + LONG), "an impossible time signature"),
    "a clock": (midi_bytes(TWO + b"\x00\xf8" + notes(64, 65) + END), "one real-time byte"),
    "clocks": (midi_bytes(b"\x00\xf8\x00\xfe" + FOUR + b"\x00\xfa" + END), "3 real-time bytes"),
    "a clock within a message": (
        midi_bytes(b"\x00\x90\xf8\x3c\x5a\x60\x80\x3c\x40" + notes(62, 64, 65) + END),
        "real-time",
    ),
    "a song position": (midi_bytes(TWO + b"\x00\xf2\x01\x02" + notes(64, 65) + END), "system message"),
    "no status": (midi_bytes(b"\x00\x3c\x40" + LONG), "one event without a status"),
    "a header that counts too few": (
        midi_bytes(TWO + END, notes(64, 65) + END, track_count=1),
        "counts 1 tracks and 2",
    ),
    "a header that counts too many": (
        midi_bytes(LONG, track_count=7),
        "counts 7 tracks and 1 track is there",
    ),
    "a header that counts none": (midi_bytes(LONG, track_count=0), "counts 0 tracks"),
    "a byte between chunks": (
        head(2) + chunk(TWO + END) + b"\0" + chunk(notes(64, 65) + END),
        "one byte between tracks",
    ),
    "bytes between chunks": (
        head(2) + chunk(TWO + END) + b"\xff\0\7" + chunk(notes(64, 65) + END),
        "3 bytes between",
    ),
    "events behind the end": (midi_bytes(TWO + END + notes(64, 65) + END), "events after the end of a track"),
    "a second track in a chunk": (
        midi_bytes(TWO + END + meta(3, b"Bass") + notes(64, 65) + END),
        "a second track",
    ),
    "a chunk in a chunk": (
        head(2) + chunk(TWO + END + chunk(notes(64, 65) + END)),
        "length of a track was wrong",
    ),
    "a size of 0": (head() + chunk(LONG, length=0), "length of a track was wrong"),
    "sizes of 0": (
        head(2) + chunk(TWO + END, length=0) + chunk(notes(64, 65) + END, length=0),
        "lengths of 2 tracks",
    ),
    "a size too small": (head() + chunk(LONG, length=9), "length of a track was wrong"),
    "a size too large": (
        head(2) + chunk(TWO + END, length=40) + chunk(notes(64, 65) + END),
        "length of a track",
    ),
    "a cut last track": (
        head() + chunk(FOUR, length=len(FOUR) + 60),
        "its last track is cut short by 60 bytes",
    ),
    "a cut within an event": (
        head() + chunk(FOUR + b"\x00\x90\x3c", length=90),
        "its last track is cut short",
    ),
    "a track that ends within an event": (
        midi_bytes(TWO + b"\x00\x90\x3c", notes(64, 65) + END),
        "ends within an event",
    ),
    "another RIFF chunk first": (
        wave(riff_chunk(b"LIST", b"INFOINAM\5\0\0\0Song\0") + riff_chunk(b"data", PLAIN)),
        "RIFF",
    ),
    "an odd RIFF chunk first": (wave(riff_chunk(b"DISP", b"odd") + riff_chunk(b"data", PLAIN)), "RIFF"),
    "bytes before the header": (b"\0" * 128 + PLAIN, "128 bytes before the header"),
    "a header length of 0": (b"MThd\0\0\0\0" + PLAIN[8:], "length of the header"),
    "an unknown type": (midi_bytes(LONG, file_type=5), "its type, 5, is unknown"),
    "patterns": (midi_bytes(TWO + END, notes(64, 65) + END, file_type=2), "its 2 patterns \\(type 2\\)"),
    "SMPTE time": (
        midi_bytes(LONG, division=0xE728),
        r"frames \(25 a second\) are read as quarter notes at 120 BPM",
    ),
    "a number of five bytes": (
        midi_bytes(LONG[:-4] + b"\xff\xff\xff\xff\x00" + END),
        "bytes that cannot be read were left out",
    ),
}


@pytest.mark.parametrize(("data", "said"), MENDED.values(), ids=MENDED)
def test_undamaged_notes_are_read_and_repairs_are_one_remark(data, said):
    song = song_from_bytes(data, "odd.mid")
    found = sorted(note.pitch for clip in song.clips for note in clip.notes)
    assert found == [60, 62, 64, 65]
    (remark,) = song.remarks
    assert re.search(rf"^odd\.mid was repaired: .*{said}.*\.$", remark), remark


@pytest.mark.parametrize("data", [data for data, _ in MENDED.values()], ids=MENDED)
def test_a_repaired_file_is_written_correctly(data):
    again = song_from_bytes(midi_song_from_bytes(data, "odd.mid").with_drums(DRUMS), "again.mid")
    assert again.remarks == ()
    assert sorted(note.pitch for clip in again.parts for note in clip.notes) == [60, 62, 64, 65]


def test_an_undamaged_file_has_no_remark_and_its_tracks_keep_their_bytes():
    odd_but_right = (
        b"\x00\x90\x3c\x5a\x60\x3c\x00" + END
    )  # running status, which is not how tracks are written here
    data = midi_bytes(odd_but_right, LONG)
    parsed = smf.parse(data)
    assert parsed.repairs == ()
    assert [track.chunk for track in parsed.tracks] == [odd_but_right, LONG]
    assert chunk(odd_but_right) + chunk(LONG) in midi_song_from_bytes(data, "a.mid").with_drums(DRUMS)


def test_unknown_chunks_and_trailing_bytes_need_no_repair():
    data = PLAIN[:14] + chunk(b"odd", b"XFIH") + PLAIN[14:] + chunk(b"x", b"XFKM") + b"trailing"
    assert smf.parse(data).repairs == ()
    plain_riff = wave(riff_chunk(b"data", PLAIN))
    assert smf.parse(plain_riff) == smf.parse(PLAIN)


def test_a_riff_file_without_a_size_is_read_to_its_end():
    assert smf.parse(wave(riff_chunk(b"data", PLAIN, length=0))).tracks == smf.parse(PLAIN).tracks


@pytest.mark.parametrize(
    ("division", "ticks_a_second"),
    [(0xE728, 25 * 40), (0xE850, 24 * 80), (0xE250, 30 * 80), (0xE350, 80 * 30_000 / 1001), (0xE701, 25)],
)
def test_smpte_time_ignores_the_tempo(division, ticks_a_second):
    data = midi_bytes(meta(0x51, b"\x03\0\0") + FOUR + END, division=division)
    song = song_from_bytes(data, "film.mid")
    (clip,) = song.clips
    starts = [song.time_map.seconds_at(note.start_ticks) for note in clip.notes]
    assert starts == pytest.approx([index * 96 / ticks_a_second for index in range(4)])
    assert song.time_map.bpm_at(0) == pytest.approx(120, rel=2e-3)


def test_type_2_patterns_start_at_bar_lines_with_their_own_tempo_and_meter():
    first = meta(0x51, b"\x03\0\0") + meta(0x58, b"\3\2\x18\x08") + notes(60) + END
    song = song_from_bytes(midi_bytes(first, notes(62) + END, file_type=2, division=96), "type2.mid")
    assert [note.start_ticks for clip in song.clips for note in clip.notes] == [0, 3 * 96]
    assert song.time_map.bpm_at(3 * 96) == 120
    assert [(m.start_ticks, m.numerator) for m in song.time_map.time_signatures] == [(0, 3), (288, 4)]


HOSTILE = {
    "tracks within tracks": head()
    + b"".join(chunk(b"\x00\x90\x3c\x40", length=2**25) for _ in range(16_000)),
    "tracks of no length": head() + chunk(b"", length=0) * 16_000,
    "ends behind ends": head() + chunk((b"\x00\xb0\x07\x05" + END) * 120_000),
    "empty ends": head() + chunk(END * 200_000),
    "padding": head() + b"".join(b"\xff" * 20 + chunk(END) for _ in range(16_000)),
    "real-time bytes": head() + chunk(b"\x00\xf8" * 500_000 + END),
    "GS resets": head() + chunk(b"\x00\xf0\x0a\x41\x10\x42\x12\x40\x1a\x15\x02\x0f\xf7" * 80_000 + END),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_read_in_linear_time(data):
    start_seconds = time.process_time()
    song_from_bytes(data, "hostile.mid")
    assert time.process_time() - start_seconds < 12 * len(data) / 1e6 + 5


def test_too_many_tracks_are_rejected():
    with pytest.raises(ValueError, match="more than 16,384 tracks"):
        smf.parse(head() + chunk(b"") * 17_000)


@settings(max_examples=300)
@given(st.binary(max_size=120), st.integers(0, 200))
def test_any_bytes_in_a_track_are_read_or_rejected(body, length):
    try:
        parsed = smf.parse(head() + chunk(body, length=length))
    except ValueError:
        return
    for track in parsed.tracks:
        assert list(track.events) == sorted(track.events, key=lambda event: event[0])
        assert all(
            first < 128 and second < 128 for _, status, first, second, _ in track.events if status < 0xF0
        )
        assert track.end_ticks >= max((event[0] for event in track.events), default=0)
    again = smf.parse(smf.build(parsed.tracks, parsed.ppq)) if parsed.tracks else parsed
    assert [track.events for track in again.tracks] == [track.events for track in parsed.tracks]
