"""Loops: exactly as long as their bars, with nothing lost at their ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.loops import cut_to_loop, repeated, wrapped
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.strategies import clips


@given(clips(), st.integers(1, 10_000), st.integers(0, 5_000))
def test_a_wrapped_clip_keeps_every_hit_within_its_length(clip, length_ticks, lead_ticks):
    loop = wrapped(clip, length_ticks, lead_ticks)
    assert loop.end_ticks == loop.length_ticks == length_ticks
    assert len(loop.notes) == len(clip.notes)
    places = sorted((note.pitch, (note.start_ticks - lead_ticks) % length_ticks) for note in clip.notes)
    assert sorted((note.pitch, note.start_ticks) for note in loop.notes) == places


def test_a_hit_ahead_of_the_first_bar_line_is_before_the_last():
    early = Clip((Note(36, 100, 950, 60), Note(38, 90, 1440, 60)), 4800, 480)
    loop = wrapped(early, 3840, lead_ticks=960)
    assert [(note.pitch, note.start_ticks, note.duration_ticks) for note in loop.notes] == [
        (38, 480, 60),
        (36, 3830, 10),
    ]


def test_a_loop_without_length_is_refused():
    with pytest.raises(ValueError, match="at least a tick"):
        wrapped(Clip((), 0, 480), 0)


def test_a_song_is_cut_at_its_last_bar_line():
    time_map = TimeMap(480, (Tempo(0, 500_000), Tempo(4000, 400_000)), (TimeSignature(0, 4, 4),))
    held = Clip((Note(60, 80, 1900, 400), Note(62, 80, 2000, 10)), 9000, 480)
    song = cut_to_loop(Song((held,), time_map, (Marker(0, "A"), Marker(1920, "B"))), 1920)
    assert song.end_ticks == 1920
    assert song.clips[0].notes == (Note(60, 80, 1900, 20),)
    assert song.markers == (Marker(0, "A"),)
    assert song.time_map.tempos == (Tempo(0, 500_000),)


def test_every_turn_is_the_same_in_time_and_seconds():
    time_map = TimeMap(480, (Tempo(0, 500_000), Tempo(960, 250_000)), (TimeSignature(0, 2, 4),))
    clip = Clip(
        (Note(36, 100, 0, 10), Note(38, 100, 1900, 100)), 1920, 480,
        messages=(ChannelMessage(240, MessageKind.CONTROL_CHANGE, 7, 90),),
    )  # fmt: skip
    song = repeated(Song((clip,), time_map), 1920, 3)
    assert [note.start_ticks for note in song.clips[0].notes] == [0, 1900, 1920, 3820, 3840, 5740]
    assert [each.start_ticks for each in song.clips[0].messages] == [240, 2160, 4080]
    assert song.clips[0].length_ticks == 3 * 1920
    turn = time_map.seconds_at(1920)
    for ticks in (0, 480, 960, 1500):
        in_turn = time_map.seconds_at(ticks)
        assert song.time_map.seconds_at(ticks + 3840) == pytest.approx(2 * turn + in_turn)
    assert len(song.time_map.bars(3 * 1920)) == 6
