"""From settled bars to the notes of a sampler, and the beats of a session against those of a song."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.jam.clock.transport import SLACK_BEATS, Timeline
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.output.performer import Kit, Performer
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, Pattern
from musegen_daw.music.clip import Note
from musegen_daw.music.drum_maps import DrumMap

GRID = BarGrid()
BAR = Pattern(0, tuple(Note(42, 60 + step, step * LIVE_PPQ // 2, 60) for step in range(8)))


def performer(kit=None, swing=0.5):
    performer = Performer(kit or Kit())
    performer.add(BAR, swing)
    return performer


def taken(performer, start_beats, end_beats, controls=None, gain=1.0, bpm=60.0):
    return performer.take(
        round(start_beats * LIVE_PPQ),
        round(end_beats * LIVE_PPQ),
        controls or Controls(),
        gain,
        lambda note: note.start_ticks / LIVE_PPQ * 60 / bpm,
    )


@given(st.lists(st.floats(0, 4), max_size=30))
def test_every_hit_is_handed_on_once_however_the_steps_fall(cuts) -> None:
    played = performer()
    edges = [0.0, *sorted(cuts), 4.0]
    windows = zip([0.0, *edges], edges, strict=False)
    found = [note for last, edge in windows for note in taken(played, max(0.0, last - 0.2), edge)]
    assert tuple(found) == BAR.notes


def test_what_was_not_sent_is_handed_on_again_and_what_was_sent_is_not() -> None:
    played = performer()
    assert len(taken(played, 0, 2)) == 4
    played.recall(0.9)
    assert [note.start_ticks / LIVE_PPQ for note in taken(played, 0, 2)] == [1.0, 1.5]
    assert taken(played, 0, 2) == ()


def test_what_lies_behind_is_left_out() -> None:
    assert [note.start_ticks / LIVE_PPQ for note in taken(performer(), 2.2, 4)] == [2.5, 3.0, 3.5]


def test_swing_delays_the_off_beats() -> None:
    starts = [note.start_ticks / LIVE_PPQ for note in taken(performer(swing=2 / 3), 0, 2)]
    assert starts == pytest.approx([0, 2 / 3, 1, 5 / 3], abs=1 / LIVE_PPQ)


def test_energy_gain_and_mutes_hold_at_once() -> None:
    def velocities(controls=None, gain=1.0):
        return [note.velocity for note in taken(performer(), 0, 4, controls, gain)]

    plain = velocities()
    assert plain == [60 + step for step in range(8)]
    assert all(loud > each for loud, each in zip(velocities(Controls(energy=1)), plain, strict=True))
    assert all(soft < each for soft, each in zip(velocities(Controls(energy=0)), plain, strict=True))
    assert velocities(gain=0.5) == [round(each / 2) for each in plain]
    assert velocities(gain=0.0) == []
    assert velocities(Controls(muted=frozenset({"closed hat"}))) == []
    assert velocities(Controls(muted=frozenset({"kick"}))) == plain


def test_the_kit_has_its_own_pitches() -> None:
    played = performer(Kit(DrumMap("odd", {"closed hat": 5})))
    assert {note.pitch for note in taken(played, 0, 4)} == {5}
    muted = Controls(muted=frozenset({"closed hat"}))
    assert taken(performer(Kit(DrumMap("odd", {"closed hat": 5}))), 0, 4, muted) == ()


def test_an_impossible_kit_is_refused() -> None:
    with pytest.raises(ValueError, match="a channel must be within 1..16, got 17"):
        Kit(channel=16)
    with pytest.raises(ValueError, match="a note must be held"):
        Kit(note_seconds=0.0)


def test_a_loop_of_the_song_goes_on_in_the_session() -> None:
    timeline = Timeline(GRID)
    assert timeline.session_beats(15.98) == 15.98
    assert timeline.jump(0.02, 15.98) == 4
    assert timeline.session_beats(0.02) == 16.02
    assert timeline.song_beats(17.0) == 1.0
    assert timeline.jump(0.0, 31.95) == 4
    assert timeline.session_beats(0.0) == 32.0


def test_starting_again_from_the_top_begins_at_the_next_bar_and_going_on_does_not() -> None:
    timeline = Timeline(GRID)
    assert timeline.jump(13.2, 13.2) == 0
    assert timeline.jump(0.0, 13.2) == 4
    assert timeline.session_beats(0.0) == 16.0
    assert timeline.jump(400.0, 20.0) == -99
    assert timeline.session_beats(400.0) == 20.0


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 20)), max_size=40))
def test_a_session_never_goes_back_and_keeps_its_bar_lines(jumps) -> None:
    timeline, reached = Timeline(GRID), 0.0
    for song_beats, played_beats in jumps:
        timeline.jump(song_beats, reached)
        beats = timeline.session_beats(song_beats)
        assert reached - SLACK_BEATS - 1e-6 <= beats < reached - SLACK_BEATS + 4 + 1e-6
        assert (beats - song_beats) % 4 == pytest.approx(0, abs=1e-6) or (beats - song_beats) % 4 > 3.999
        reached = beats + played_beats
