"""MIDI files: exact round trips, and errors for invalid files."""

import io
import os
import re
import struct
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mido
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from musegen_daw.errors import MidiFileError
from musegen_daw.midi import smf
from musegen_daw.midi.file import (
    MAX_BARS_READ,
    midi_song_from_bytes,
    read_midi,
    song_from_bytes,
    song_to_bytes,
    write_midi,
)
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.strategies import clips, songs

PART = Clip((Note(60, 90, 0, 480), Note(64, 80, 480, 240)), 1920, 480, "Keys", 4)
DRUMS = Clip((Note(36, 100, 0, 60), Note(38, 90, 480, 60)), 1920, 480, "Kit", 0, True)
SONG = Song((PART, DRUMS), TimeMap(480, (Tempo(0, 400_000),), (TimeSignature(0, 3, 4),)))


def chunk(body: bytes, kind: bytes = b"MTrk") -> bytes:
    return struct.pack(">4sI", kind, len(body)) + body


def midi_bytes(*tracks: bytes, file_type=1, division=480, track_count=None) -> bytes:
    count = len(tracks) if track_count is None else track_count
    return chunk(struct.pack(">HHH", file_type, count, division), b"MThd") + b"".join(map(chunk, tracks))


def saved(*tracks: list[mido.Message], file_type=1) -> bytes:
    file = mido.MidiFile(type=file_type, ticks_per_beat=480)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def as_long_as_heard(song: Song) -> Song:
    """The song with every clip as long as its track, which its last message may end.

    Drums that are told the same are told it once, in the first track.
    """
    clips: list[Clip] = []
    told: list[tuple] = []
    for clip in song.clips:
        kit = clip.bank, clip.program, clip.messages
        ends = [] if clip.is_drum and kit in told else [message.start_ticks for message in clip.messages]
        told += [kit] if clip.is_drum else []
        clips.append(replace(clip, length_ticks=max([clip.end_ticks, *ends])))
    return Song(tuple(clips), song.time_map)


LATE = (ChannelMessage(1, MessageKind.CHANNEL_PRESSURE, 0, 5),)
TWICE = Clip((), 0, 480, is_drum=True, messages=LATE)


@given(songs())
@example(Song((TWICE, TWICE), TimeMap(480)))
def test_a_song_round_trips_exactly(song):
    assert song_from_bytes(song_to_bytes(song), "song") == as_long_as_heard(song)


@given(songs(max_clips=3))
def test_a_song_round_trips_through_a_file(song):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.mid"
        write_midi(song, path)
        assert read_midi(path) == as_long_as_heard(song)
        assert [p.name for p in Path(folder).iterdir()] == ["song.mid"]


@given(clips(is_drum=st.just(True)))
def test_nested_notes_of_one_pitch_keep_their_onsets(clip):
    (back,) = song_from_bytes(song_to_bytes(Song((clip,), TimeMap(clip.ppq))), "clip").clips
    assert Counter((n.start_ticks, n.pitch, n.velocity) for n in back.notes) == Counter(
        (n.start_ticks, n.pitch, n.velocity) for n in clip.notes
    )


@given(songs(max_clips=4))
def test_another_reader_agrees(song):
    file = mido.MidiFile(file=io.BytesIO(song_to_bytes(song)))
    note_ons = [m for track in file.tracks for m in track if m.type == "note_on"]
    assert file.ticks_per_beat == song.time_map.ppq
    assert Counter((m.note, m.velocity) for m in note_ons) == Counter(
        (n.pitch, n.velocity) for clip in song.clips for n in clip.notes
    )
    assert all((m.channel == 9) == song.clips[i].is_drum for i, t in enumerate(file.tracks[1:]) for m in t
               if m.type == "note_on")  # fmt: skip


@given(songs(max_clips=2))
def test_type_0_holds_the_same_notes_in_one_track(song):
    data = song_to_bytes(song, type0=True)
    assert data[8:12] == b"\0\0\0\1"
    back = song_from_bytes(data, "song")
    assert back.time_map == song.time_map
    assert Counter((n.pitch, n.velocity, n.start_ticks) for c in back.clips for n in c.notes) == Counter(
        (n.pitch, n.velocity, n.start_ticks) for c in song.clips for n in c.notes
    )


def test_a_clip_for_ableton_live_has_no_tempo():
    back = song_from_bytes(song_to_bytes(SONG, type0=True, with_tempo=False), "clip")
    assert (back.time_map.tempos, back.time_map.time_signatures) == ((), ())
    assert [clip.notes for clip in back.drums] == [DRUMS.notes]


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_read_or_rejected(data):
    good = song_to_bytes(SONG)
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        song = song_from_bytes(bytes(damaged), "damaged.mid")
    except MidiFileError as error:
        assert str(error).startswith("damaged.mid ")  # noqa: PT017 - both ends are right
    else:
        assert song.end_ticks <= smf.MAX_QUARTERS * song.time_map.ppq


@given(st.integers(0, len(song_to_bytes(SONG)) - 1))
def test_a_truncated_file_is_rejected_or_read_with_a_remark(length):
    try:
        song = song_from_bytes(song_to_bytes(SONG)[:length], "cut.mid")
    except MidiFileError as error:
        assert re.match(r"cut\.mid is (empty|not a MIDI file|cut short)", str(error))  # noqa: PT017 - both are right
    else:
        (remark,) = song.remarks
        assert remark.startswith("cut.mid was repaired: its ")
        written = {(n.pitch, n.velocity, n.start_ticks) for n in PART.notes + DRUMS.notes}
        read = {(n.pitch, n.velocity, n.start_ticks) for clip in song.clips for n in clip.notes}
        assert read <= written


END = b"\x00\xff\x2f\x00"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"RIFF....WAVEfmt ", "is not a MIDI file"),
        (b"MThd\0\0\0\6\0\1", "cut short within its header"),
        (b"MThd" + struct.pack(">IHHH", 4, 1, 1, 480), "damaged header"),
        (b"MThd" + struct.pack(">IHHH", 4000, 1, 1, 480), "damaged header"),
        (midi_bytes(), "no tracks"),
        (midi_bytes(track_count=3), "cut short: 0 of 3 tracks"),
        (midi_bytes(END, track_count=2), "cut short before its first note"),
        (midi_bytes(END, division=0xE200), "0 ticks in a frame"),
        (midi_bytes(END, division=0), "0 ticks"),
        (midi_bytes(b"\xff\xff\xff\x7f\xff\x2f\x00", division=1), "longer than 50,000 quarter notes"),
    ],
)
def test_unreadable_files_raise_specific_errors(data, said):
    with pytest.raises(MidiFileError, match=rf"^bad\.mid .*{said}.*\.$"):
        song_from_bytes(data, "bad.mid")


def test_too_many_events_are_rejected():
    track = b"\x00\x90\x3c\x40" + b"\x00\x3c\x00\x00\x3c\x40" * (smf.MAX_EVENTS // 2) + END
    with pytest.raises(MidiFileError, match=r"many\.mid has more than 500,000 events"):
        song_from_bytes(midi_bytes(track), "many.mid")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(MidiFileError, match=r"large\.mid is too large: 65 MiB"):
        read_midi(path)


def test_a_path_that_is_not_a_file_raises(tmp_path, monkeypatch):
    with pytest.raises(MidiFileError, match="is a folder"):
        read_midi(tmp_path)
    with pytest.raises(MidiFileError, match="does not exist"):
        read_midi(tmp_path / "none.mid")
    path = tmp_path / "song.mid"
    write_midi(SONG, path)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(MidiFileError, match=r"Cannot read .*song.mid: permission denied"):
        read_midi(path)
    monkeypatch.undo()


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "song.mid"
    path.write_bytes(b"old")

    def fill_up(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(MidiFileError, match="no space left"):
        write_midi(SONG, path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("song.mid", b"old")]
    with pytest.raises(MidiFileError, match="does not exist"):
        write_midi(SONG, tmp_path / "none" / "song.mid")
    with pytest.raises(MidiFileError, match="is a folder"):
        write_midi(SONG, tmp_path)


@pytest.mark.parametrize(
    "time_map",
    [
        TimeMap(40_000),
        TimeMap(480, (Tempo(0, 2**24),)),
        TimeMap(480, (), (TimeSignature(0, 4, 3),)),
        TimeMap(480, (), (TimeSignature(0, 256, 4),)),
        TimeMap(480, (), (TimeSignature(2**28, 4, 4),)),
    ],
)
def test_what_the_format_cannot_hold_is_rejected(time_map):
    with pytest.raises(MidiFileError, match="cannot be written as MIDI"):
        song_to_bytes(Song((), time_map))


def test_a_track_of_several_channels_is_split():
    track = [
        mido.MetaMessage("track_name", name="All"),
        mido.Message("program_change", channel=2, program=33),
        mido.Message("note_on", channel=2, note=40, velocity=70),
        mido.Message("note_on", channel=9, note=36, velocity=99),
        mido.Message("note_off", channel=2, note=40, time=100),
        mido.Message("note_off", channel=9, note=36, time=10),
        mido.Message("program_change", channel=2, program=34),
        mido.Message("note_on", channel=2, note=41, velocity=71),
        mido.Message("note_on", channel=2, note=41, velocity=0, time=5),
    ]
    song = song_from_bytes(saved(track, file_type=0), "all.mid")
    assert [(c.name, c.program, c.is_drum, c.notes) for c in song.clips] == [
        ("All", 33, False, (Note(40, 70, 0, 100),)),
        ("All", 34, False, (Note(41, 71, 110, 5),)),
        ("All", 0, True, (Note(36, 99, 0, 110),)),
    ]


def test_programs_set_in_another_track_hold_for_the_channel():
    setup = [mido.Message("program_change", channel=1, program=25)]
    part = [
        mido.Message("note_on", channel=1, note=50, velocity=70),
        mido.Message("note_off", channel=1, note=50, time=10),
    ]
    song = song_from_bytes(saved(setup, part), "x")
    assert [clip.program for clip in song.parts] == [25]


def test_running_status_sysex_and_unknown_chunks_are_read():
    track = (
        b"\x00\xf0\x02\x7e\xf7"
        + b"\x00\x90\x3c\x40"
        + b"\x0a\x3c\x00"
        + b"\x05\x3e\x41"
        + b"\x0a\x3e\x00"
        + END
    )
    data = midi_bytes(track)
    data = data[:14] + chunk(b"odd", b"XFIH") + data[14:] + b"trailing"
    (clip,) = song_from_bytes(data, "x").clips
    assert clip.notes == (Note(60, 64, 0, 10), Note(62, 65, 15, 10))
    wrapped = b"RIFF" + struct.pack("<I", len(data) + 12) + b"RMIDdata" + struct.pack("<I", len(data)) + data
    assert song_from_bytes(wrapped, "x").clips == (clip,)


def test_notes_without_a_note_off_end_with_the_next_one_or_the_track():
    on, off = b"\x00\x90\x3c\x40", b"\x0a\x80\x3c\x40"
    (clip,) = song_from_bytes(
        midi_bytes(off + on + b"\x05\x90\x3c\x41" + off + on + b"\x14\xff\x2f\x00"), "x"
    ).clips
    assert clip.notes == (Note(60, 64, 10, 15), Note(60, 65, 15, 10), Note(60, 64, 25, 20))


def test_names_in_old_encodings_are_read():
    (clip,) = song_from_bytes(midi_bytes(b"\x00\xff\x03\x05Caf\xe9\x00" + b"\x00\xc0\x05" + END), "x").clips
    assert (clip.name, clip.program, clip.notes) == ("Café", 5, ())


def test_adding_drums_keeps_every_other_event():
    part = [
        mido.MetaMessage("track_name", name="Keys"),
        mido.MetaMessage("set_tempo", tempo=300_000),
        mido.Message("control_change", channel=0, control=64, value=127, time=7),
        mido.Message("note_on", channel=0, note=60, velocity=70, time=13),
        mido.Message("note_on", channel=9, note=35, velocity=70),
        mido.Message("pitchwheel", channel=0, pitch=-512, time=5),
        mido.Message("note_off", channel=9, note=35, time=5),
        mido.Message("note_off", channel=0, note=60, time=90),
        mido.MetaMessage("marker", text="end", time=1),
    ]
    kit = [
        mido.Message("note_on", channel=9, note=50, velocity=70),
        mido.Message("note_off", channel=9, note=50),
    ]
    written = mido.MidiFile(file=io.BytesIO(midi_song_from_bytes(saved(part, kit), "x").with_drums(DRUMS)))
    first, second = ([(m.type, m.time) for m in track] for track in written.tracks)
    assert first == [
        ("track_name", 0), ("set_tempo", 0), ("control_change", 7), ("note_on", 13), ("pitchwheel", 5),
        ("note_off", 95), ("marker", 1), ("end_of_track", 0),
    ]  # fmt: skip
    assert second[0] == ("track_name", 0)
    assert [m.note for m in written.tracks[1] if m.type == "note_on"] == [36, 38]


@given(songs(), clips(is_drum=st.just(True)))
def test_adding_drums_keeps_time_and_parts(song, drums):
    end_ticks = drums.at_ppq(song.time_map.ppq).end_ticks
    assume(song.time_map.bar_count(end_ticks) <= MAX_BARS_READ)  # what is beyond is refused, see test_hostile
    data = song_to_bytes(song)
    back = song_from_bytes(midi_song_from_bytes(data, "x").with_drums(drums), "y")
    assert back.time_map == song.time_map
    assert [c for c in back.clips if not c.is_drum] == [
        c for c in as_long_as_heard(song).clips if not c.is_drum
    ]
    assert len(back.drums) == 1
    assert len(back.drums[0].notes) == len(drums.notes)


def test_markers_and_cue_points_are_read_written_and_kept():
    first = [
        mido.MetaMessage("marker", text="Verse", time=0),
        mido.MetaMessage("cue_marker", text="Solo", time=960),
    ]
    drums = [
        mido.Message("note_on", channel=9, note=36, velocity=90, time=0),
        mido.MetaMessage("marker", text="Verse", time=0),
        mido.Message("note_off", channel=9, note=36, time=96),
    ]
    data = saved(first, drums)
    song = song_from_bytes(data, "in.mid")
    assert song.markers == (Marker(0, "Verse"), Marker(960, "Solo"))
    again = song_from_bytes(song_to_bytes(Song((PART,), SONG.time_map, song.markers)), "out.mid")
    assert again.markers == song.markers
    assert (
        song_from_bytes(midi_song_from_bytes(data, "in.mid").with_drums(DRUMS), "out.mid").markers
        == song.markers
    )
    assert SONG.markers == ()
