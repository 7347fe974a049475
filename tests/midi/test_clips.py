"""Channel messages, and clips that share them."""

from musegen_daw.midi.file import song_from_bytes, song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.parts import describe_parts
from musegen_daw.music.time import TimeMap
from tests.midi_bytes import END, meta, midi_bytes, notes

CONTROL, BEND = MessageKind.CONTROL_CHANGE, MessageKind.PITCH_BEND


def test_a_clip_has_the_messages_of_its_channel_from_all_tracks():
    first = b"\x00\xb0\x07\x64" + notes(60) + b"\x00\xe0\x00\x50\x00\xd0\x21\x00\xa0\x3c\x22" + END
    second = b"\x0a\xb0\x40\x7f\x00\xb1\x07\x01" + END
    (clip,) = [clip for clip in song_from_bytes(midi_bytes(first, second), "x").clips if clip.notes]
    assert clip.messages == (
        ChannelMessage(0, CONTROL, 7, 100),
        ChannelMessage(10, CONTROL, 64, 127),
        ChannelMessage(96, BEND, 0, 0x50 << 7),
        ChannelMessage(96, MessageKind.CHANNEL_PRESSURE, 0, 33),
        ChannelMessage(96, MessageKind.KEY_PRESSURE, 60, 34),
    )


def test_clips_are_split_by_bank_and_program_and_share_their_messages():
    banks = b"\x00\xb0\x00\x02\x00\xb0\x20\x03\x00\xc0\x05" + notes(60) + b"\x00\xb0\x20\x04" + notes(61)
    track = b"\x00\xb0\x07\x64" + banks + b"\x00\xc0\x05" + notes(62) + END
    first, second = song_from_bytes(midi_bytes(track), "x").clips
    assert (first.bank, first.program, [note.pitch for note in first.notes]) == (2 * 128 + 3, 5, [60, 61])
    assert (second.bank, second.program, [note.pitch for note in second.notes]) == (2 * 128 + 4, 5, [62])
    assert first.messages == (ChannelMessage(0, CONTROL, 7, 100),)
    assert first.messages is second.messages


def test_ports_have_separate_channels():
    here = notes(60) + b"\x00\xb0\x07\x01" + END
    there = b"\x00\xc0\x21" + meta(0x21, b"\1") + notes(61) + END
    first, second = song_from_bytes(midi_bytes(here, there), "x").clips
    assert (first.program, len(first.messages)) == (0, 1)
    assert (second.program, second.messages) == (33, ())


def test_drum_kits_stay_separate():
    kits = tuple(
        Clip((Note(36, 90, 0, 10),), 480, 480, name, program, True, 0, messages)
        for name, program, messages in [
            ("Room", 8, (ChannelMessage(0, CONTROL, 7, 10),)),
            ("TR-808", 25, ()),
            ("Also 808", 25, ()),
        ]
    )
    song = Song(kits, TimeMap(480))
    assert song_from_bytes(song_to_bytes(song), "x") == song


def test_parts_of_one_name_can_be_distinguished():
    track = meta(3, b"My song") + b"\x00\xc1\x21" + notes(60) + notes(40, channel=1) + END
    song = song_from_bytes(midi_bytes(track, file_type=0), "x")
    assert describe_parts(song) == (
        "1 'My song' (channel 1, Acoustic Grand Piano), 2 'My song' (channel 2, Fingered Bass)"
    )


def test_shared_messages_are_stored_once():
    told = b"\x00\xb0\x0b\x40" * 200_000
    data = midi_bytes(told + END, *(bytes((0, 0xC0, program)) + notes(60) + END for program in range(100)))
    clips = [clip for clip in song_from_bytes(data, "x").clips if clip.notes]
    assert len(clips) == 100
    assert len({id(clip.messages) for clip in clips}) == 1
    assert (
        len({id(clip.slice(0, 100_000).at_ppq(480).shift(0).with_notes(()).messages) for clip in clips[:1]})
        == 1
    )
