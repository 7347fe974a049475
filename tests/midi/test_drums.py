"""Detection and replacement of drum tracks."""

import pytest

from musegen_daw.errors import MidiFileError
from musegen_daw.midi import smf
from musegen_daw.midi.file import midi_song_from_bytes, song_from_bytes
from musegen_daw.music.clip import Clip, Note
from tests.midi_bytes import END, meta, midi_bytes, notes

BEAT = 36, 42, 38, 42
GS_RESET = b"\x00\xf0\x0a\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"
XG_ON = b"\x00\xf0\x08\x43\x10\x4c\x00\x00\x7e\x00\xf7"
GM2_ON = b"\x00\xf0\x05\x7e\x7f\x09\x03\xf7"
KEYS = meta(3, b"Keys") + b"\x00\xc0\x04" + notes(48, 55, 60, 55) + END


def gs_part(part, mode, checksum=None):
    body = bytes((0x40, 0x10 | part, 0x15, mode))
    check = -sum(body) & 0x7F if checksum is None else checksum
    return b"\x00\xf0\x0a\x41\x10\x42\x12" + body + bytes((check, 0xF7))


def xg_part(part, mode):
    return b"\x00\xf0\x08\x43\x10\x4c\x08" + bytes((part, 7, mode, 0xF7))


def bank(channel, coarse, program=0, fine=0):
    """Bank select and program change; `channel` counts from 0."""
    return bytes((0, 0xB0 | channel, 0, coarse, 0, 0xB0 | channel, 32, fine, 0, 0xC0 | channel, program))


def is_drum(before, channel, pitches=BEAT):
    """Whether a track on `channel` (from 1) is drums after the bytes `before`."""
    song = song_from_bytes(midi_bytes(before + notes(*pitches, channel=channel - 1) + END), "x.mid")
    return [clip.is_drum for clip in song.clips if clip.notes] == [True]


@pytest.mark.parametrize(
    ("before", "channel", "expected"),
    [
        (b"", 10, True),
        (b"", 11, False),
        (bank(10, 127), 11, True),
        (bank(10, 126), 11, True),
        (bank(10, 127, program=60), 11, False),  # of a CM-64
        (XG_ON + bank(10, 127, program=60), 11, True),
        (GS_RESET + bank(10, 127), 11, False),
        (GS_RESET + XG_ON + bank(10, 127), 11, True),
        (GM2_ON + bank(10, 120), 11, True),
        (bank(10, 121), 11, False),
        (bank(9, 121), 10, False),
        (bank(9, 0), 10, True),
        (gs_part(0xA, 2), 11, True),
        (gs_part(0xA, 1), 11, True),
        (gs_part(0xA, 2, checksum=1), 11, False),
        (gs_part(1, 1), 1, True),
        (gs_part(9, 1), 9, True),
        (gs_part(0xF, 1), 16, True),
        (gs_part(0, 0), 10, False),
        (gs_part(0xA, 2) + gs_part(0xA, 0), 11, False),
        (gs_part(0xA, 2) + GS_RESET, 11, False),
        (gs_part(0xA, 2) + GM2_ON, 11, False),
        (gs_part(0xA, 2), 12, False),
        (XG_ON + xg_part(0xA, 2), 11, True),
        (XG_ON + xg_part(9, 0), 10, False),
    ],
)
def test_gm_gm2_gs_and_xg_drum_channels_are_detected(before, channel, expected):
    assert is_drum(before, channel) == expected


def test_a_channel_that_switches_to_drums_is_split_and_only_drums_are_replaced():
    track = notes(60, 62) + bank(0, 127) + notes(36, 38) + END
    data = midi_bytes(track)
    song = song_from_bytes(data, "x.mid")
    assert [(clip.is_drum, [note.pitch for note in clip.notes]) for clip in song.clips] == [
        (False, [60, 62]),
        (True, [36, 38]),
    ]
    again = song_from_bytes(midi_song_from_bytes(data, "x.mid").with_drums(NEW), "y.mid")
    assert [[note.pitch for note in part.notes] for part in again.parts] == [[60, 62]]
    assert [clip.notes for clip in again.drums] == [NEW.notes]


@pytest.mark.parametrize(
    ("name", "pitches", "expected"),
    [
        ("Drums", BEAT, True),
        ("  drum kit 2", BEAT, True),
        ("TR-808", BEAT, True),
        ("ドラム", BEAT, True),
        ("Ударные", BEAT, True),
        ("Batería", BEAT, True),
        ("Keys", BEAT, False),
        ("Steel Drums", BEAT, False),
        ("Drum & Bass", BEAT, False),
        ("Drumless guitar", BEAT, False),
        ("Drums", (60, 64, 67, 72), False),
        ("Drums", (36, 36, 36, 36), False),
        ("Drums", (36, 38), False),
    ],
)
def test_drums_are_detected_by_name_and_pitches_together(name, pitches, expected):
    track = meta(3, name.encode()) + notes(*pitches) + END
    song = song_from_bytes(midi_bytes(KEYS, track), "daw.mid")
    assert song.clips[1].is_drum == expected
    said = f"daw.mid: {name.strip(chr(0))!r} on channel 1 is taken as drums, by name and pitches."
    assert song.remarks == ((said,) if expected else ())
    if expected:
        # Its channel is that of the part, too, which stays.
        again = song_from_bytes(
            midi_song_from_bytes(midi_bytes(KEYS, track), "daw.mid").with_drums(NEW), "again.mid"
        )
        assert [part.name for part in again.parts] == ["Keys"]
        assert [drums.notes for drums in again.drums] == [NEW.notes]


NEW = Clip((Note(36, 99, 0, 48), Note(38, 98, 240, 48)), 1920, 480, "Drums", is_drum=True)
OLD_KIT = (
    meta(3, b"TR-808")
    + b"\x00\xb9\x07\x46\x00\xb9\x0a\x50\x00\xc9\x19"
    + meta(5, b"words")
    + notes(*BEAT, channel=9)
    + END
)
PERCUSSION = meta(3, b"Congas") + b"\x00\xb9\x5b\x28" + notes(62, 63, channel=9) + END


def test_completed_drums_keep_their_track_and_get_the_new_hits():
    song = midi_song_from_bytes(midi_bytes(KEYS, OLD_KIT, PERCUSSION), "x.mid")
    data = song.with_more_drums(NEW)
    before, after = smf.parse(midi_bytes(KEYS, OLD_KIT, PERCUSSION)), smf.parse(data)
    assert [track.chunk for track in after.tracks][::2] == [KEYS, PERCUSSION]
    rest = list(after.tracks[1].events)
    for event in before.tracks[1].events:
        rest.remove(event)
    assert [(event[0], event[1], event[2]) for event in rest] == [
        (0, 0x99, 36), (48, 0x89, 36), (240, 0x99, 38), (288, 0x89, 38),
    ]  # fmt: skip
    assert after.tracks[1].end_ticks == NEW.length_ticks
    drums = song_from_bytes(data, "y.mid").drums
    assert [(clip.name, clip.program, len(clip.notes)) for clip in drums] == [
        ("TR-808", 25, 6),
        ("Congas", 25, 2),
    ]
    assert {(m.number, m.value) for m in drums[0].messages} == {(7, 70), (10, 80), (91, 40)}


def test_drums_alone_are_the_drum_tracks_with_tempo_and_meter():
    tempo = meta(0x51, b"\x07\xa1\x20") + meta(0x51, b"\x08\0\0", delta=b"\x90\x00") + END
    song = midi_song_from_bytes(midi_bytes(tempo, KEYS, OLD_KIT, PERCUSSION), "x.mid")
    after = song_from_bytes(song.with_more_drums(NEW, alone=True), "y.mid")
    assert [clip.name for clip in after.clips] == ["TR-808", "Congas"]
    assert [tempo.start_ticks for tempo in after.time_map.tempos] == [0]


def completed(track: bytes, file_type=0):
    """What is played after drums were put in among those of a track, and the first track that was written."""
    data = midi_song_from_bytes(midi_bytes(track, file_type=file_type), "x.mid").with_more_drums(NEW)
    song = song_from_bytes(data, "y.mid")
    kits = [
        (clip.channel, clip.bank >> 7, clip.program, len(clip.notes)) for clip in song.drums if clip.notes
    ]
    return smf.parse(data).tracks, kits, sum(len(part.notes) for part in song.parts)


def test_hits_for_a_multichannel_track_get_a_track_of_their_own():
    mixed = bank(10, 127, 25) + notes(60) + notes(*BEAT, channel=10) + END
    tracks, kits, others = completed(mixed)
    assert tracks[0].chunk == mixed
    assert (kits, others) == ([(11, 127, 25, 4), (11, 127, 25, 2)], 1)


def test_hits_before_the_kit_is_selected_use_it():
    late = b"\x83\x60" + bank(10, 127, 25)[1:] + notes(*BEAT, channel=10) + END
    tracks, kits, _ = completed(late)
    assert (len(tracks), kits) == (1, [(11, 127, 25, 6)])


def test_hits_on_a_shared_channel_get_a_drum_channel():
    turning = notes(60, 62) + bank(0, 127, 25) + notes(*BEAT) + END
    _, kits, others = completed(turning)
    assert (kits, others) == ([(1, 127, 25, 4), (10, 127, 25, 2)], 2)


def test_the_user_can_mark_a_track_as_drums():
    data = midi_bytes(KEYS, meta(3, b"Loop") + notes(60, 61, channel=1) + END)
    song = midi_song_from_bytes(data, "x.mid")
    for selector in ("loop", "2"):
        taken = song.taking_as_drums([selector])
        assert [clip.name for clip in taken.song.drums] == ["Loop"]
        again = song_from_bytes(taken.with_drums(NEW), "y.mid")
        assert [clip.name for clip in again.clips] == ["Keys", "Drums"]
        assert smf.parse(taken.with_more_drums(NEW)).tracks[0].chunk == KEYS
    with pytest.raises(
        MidiFileError, match=r"In x\.mid there is no track 'flute'; there are 1 'Keys' \(channel 1, "
    ):
        song.taking_as_drums(["flute"])


def test_new_drums_do_not_go_where_channel_10_plays_a_melody():
    data = midi_bytes(GM2_ON + bank(9, 121, 4) + notes(60, 62, channel=9) + END)
    after = song_from_bytes(midi_song_from_bytes(data, "x.mid").with_drums(NEW), "y.mid")
    assert [part.program for part in after.parts] == [4]
    assert [drums.notes for drums in after.drums] == [NEW.notes]
