"""Ways to play, bar by bar: what is asked of the generator, what is played, and when the drums rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import LEAD_BEATS, LEAD_TICKS, LIVE_PPQ, BarGrid, PlayedPatterns, patterns_of
from musegen_daw.jam.planning.conductor import Conductor
from musegen_daw.jam.planning.follow_mode import extrapolated
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.loop_mode import known_until_beats
from musegen_daw.jam.planning.modes import PlanSettings, SessionStyle, WhenSilent
from musegen_daw.jam.planning.planner import PlanningWorker
from musegen_daw.jam.session import mode_of
from musegen_daw.jam.settings import JamMode, JamSettings
from musegen_daw.music.clip import Clip, Note
from tests.jam.doubles import HIGH_TOM, Drummer, at, drums_for, riff, struck

GRID = BarGrid()
STEP_BEATS = 1 / 16
AHEAD_BEATS = 0.2
PLAIN = PlanSettings(fill_every_bars=0)


class Rehearsal:
    """Beats that go by one after another, at a beat a second, with all of a session but its ports."""

    def __init__(self, settings, start_beats=0.0) -> None:
        self.settings = settings
        self.clock, self.drummer = ManualClock(), Drummer()
        self.heard, self.played = Heard(), PlayedPatterns(GRID)
        self.planner = PlanningWorker(self.drummer, self.clock, GRID, lambda: None)
        self.clock.advance()
        self.drummer.requests.clear()
        self.conductor = Conductor(self.planner, self.mode(settings.mode), self.played, GRID, 0.0)
        self.controls = Controls()
        self.beats = start_beats
        self.late_planner = False
        self.bars = {}
        self.conductor.ask(-4.0, 0, self.controls, 100.0, 0.0)
        self.conductor.start(start_beats, 0.0)

    def mode(self, way):
        armed = getattr(self, "beats", -LEAD_BEATS)
        return mode_of(way, self.settings, self.heard, self.played, SessionStyle(), armed)

    def play(self, until_beats, events=()):
        events = [event for event in events if event[0] >= self.beats]
        while self.beats < until_beats:
            while events and events[0][0] <= self.beats:
                beats, data = events.pop(0)
                if self.heard.feed(at(beats, data), beats):
                    self.conductor.heard(beats, beats, self.beats)
            if not self.late_planner:
                self.clock.advance()
            assert list(self.conductor.take_plans()) == []
            for pattern in self.conductor.settle(self.beats, self.beats + AHEAD_BEATS, 0.0, self.controls):
                assert pattern.bar not in self.bars
                self.bars[pattern.bar] = pattern
            self.conductor.ask(self.beats, 0, self.controls, 100.0, self.beats)
            self.beats += STEP_BEATS

    @property
    def begun(self):
        return sorted(bar for bar in self.bars if 4 * bar < self.beats)

    def places(self, bar):
        start = bar * GRID.bar_ticks
        return {
            (note.start_ticks - start, note.pitch, note.velocity)
            for note in (self.bars[bar].notes if bar in self.bars else ())
        }


def played_onsets(music, start_beats, end_beats):
    return sorted(
        (round(beats * LIVE_PPQ), data[1])
        for beats, data in music
        if data[0] == 0x90 and start_beats <= beats < end_beats
    )


def played_onsets_of(parts):
    return sorted((note.start_ticks, note.pitch) for part in parts for note in part.notes)


def follow(**planning):
    return JamSettings(mode=JamMode.FOLLOW, planning=replace(PLAIN, **planning))


def accompany(when_silent, **planning):
    return JamSettings(mode=JamMode.ACCOMPANY, when_silent=when_silent, planning=replace(PLAIN, **planning))


def loop(bars, **planning):
    return JamSettings(mode=JamMode.LOOP, loop_bars=bars, planning=replace(PLAIN, **planning))


def test_from_the_bar_after_the_first_note_the_drums_follow() -> None:
    stage = Rehearsal(follow())
    stage.play(24, riff(range(2, 6)))
    assert stage.begun == [3, 4, 5]
    assert all(pattern.bar == bar for bar, pattern in stage.bars.items())
    assert stage.conductor.mode.late_bars == 0


def test_each_bar_is_what_the_generator_writes_of_what_was_heard_so_far() -> None:
    """The bars of a live session are those that the same questions give offline."""
    stage = Rehearsal(follow(seed=11))
    music = riff(range(20))
    stage.play(48, music)
    assert stage.begun == list(range(1, 12))
    for bar in range(1, 12):
        request = next(asked for asked in reversed(stage.drummer.requests) if asked.seed == 11 + bar)
        first = max(0, bar - stage.settings.planning.history_bars)
        end = bar + stage.settings.planning.ahead_bars
        assert request.bars == GRID.bars(first, end)
        assert {first + index for index in request.locked_bars} == set(range(first, bar)) - {0}
        # Asked last after two or three beats of the bar before, for in odd bars the third has nothing new.
        known_beats = 4 * bar - (1 if bar % 2 else 2)
        # The figure is two bars long: once that much was heard the guess is what is played then.
        guessed_beats = 4 * end if bar > 2 else known_beats
        onsets = played_onsets(music, 4 * first, guessed_beats)
        heard = played_onsets_of(request.parts)
        assert [onset for onset in heard if onset[0] < guessed_beats * LIVE_PPQ] == onsets
        offline = patterns_of(drums_for(request).takes[0].drums, (bar,), GRID)
        assert stage.bars[bar] == offline[bar]


def test_a_player_is_taken_to_go_on_as_in_the_last_bar_until_two_were_heard() -> None:
    stage = Rehearsal(follow())
    stage.play(3.2, struck(60, 0.5))
    assert played_onsets_of(stage.drummer.requests[-1].parts) == [(ticks, 60) for ticks in (240, 2160, 4080)]


def test_going_on_repeats_what_was_heard_and_nothing_else() -> None:
    part = Clip((Note(60, 80, 10, 5), Note(62, 80, 110, 30), Note(64, 80, 130, 5)), 120, LIVE_PPQ)
    (gone_on,) = extrapolated([part], 120, 340, 100)
    assert [(note.pitch, note.start_ticks) for note in gone_on.notes] == [
        (60, 10),
        (62, 110),
        (62, 210),
        (62, 310),
    ]
    assert gone_on.length_ticks == 340
    assert extrapolated([part], 120, 100, 100)[0].notes == part.notes[:2]
    with pytest.raises(ValueError, match="a span must be positive, got 0"):
        extrapolated([part], 120, 340, 0)


def test_own_bars_are_handed_back_as_they_were_played() -> None:
    stage = Rehearsal(follow())
    stage.play(32, riff(range(8)))
    request = stage.drummer.requests[-1]
    first = request.bars[0].start_ticks // GRID.bar_ticks
    kept = patterns_of(request.locked, (first + index for index in request.locked_bars), GRID)
    assert kept
    assert all(pattern.notes == stage.bars[bar].notes for bar, pattern in kept.items())


def test_following_the_drums_rest_when_the_player_does_and_come_back() -> None:
    stage = Rehearsal(follow(rest_bars=2))
    stage.play(80, [*riff(range(3)), *riff(range(12, 14))])
    assert stage.begun == [1, 2, 3, 4, 13, 14, 15]
    assert stage.conductor.mode.phase(19) == "resting"


def test_a_chord_that_is_held_is_playing() -> None:
    stage = Rehearsal(follow())
    stage.play(40, struck(60, 0.0, 30.0))
    assert stage.begun == list(range(1, 10))


def test_an_accompaniment_begins_at_once_and_keeps_going() -> None:
    stage = Rehearsal(accompany(WhenSilent.KEEP), start_beats=-4.0)
    stage.play(64, riff(range(2)))
    assert stage.begun == list(range(16))
    assert all(stage.conductor.mode.gain(beats) == 1 for beats in range(64))


def test_an_accompaniment_fades_when_asked_to_and_returns() -> None:
    stage = Rehearsal(accompany(WhenSilent.FADE, rest_bars=1, fade_bars=4))
    stage.play(32, riff(range(2)))
    mode = stage.conductor.mode
    assert [mode.gain(4.0 * bar) for bar in range(9)] == [1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0]
    assert stage.begun == list(range(7))
    stage.play(44, riff(range(9, 10)))
    assert mode.gain(36.0) == 1
    assert stage.begun == [*range(7), 10]


def test_a_late_plan_leaves_no_hole_the_last_good_pattern_goes_on() -> None:
    stage = Rehearsal(follow())
    music = riff(range(12))
    stage.play(15, music)
    stage.late_planner = True
    stage.play(31, music)
    assert stage.begun == list(range(1, 8))
    # Two bars were planned ahead, bar 5 is the phrase before it, and so on.
    assert stage.places(6) == stage.places(4)
    assert stage.places(7) == stage.places(5)
    assert stage.conductor.mode.late_bars == 2
    stage.late_planner = False
    stage.play(44, music)
    assert stage.conductor.mode.late_bars == 2
    assert stage.places(9) not in (stage.places(7), stage.places(5))


def test_the_first_plan_may_come_in_the_midst_of_its_bar() -> None:
    stage = Rehearsal(accompany(WhenSilent.KEEP))
    stage.late_planner = True
    stage.play(1.5)
    assert stage.bars == {}
    stage.late_planner = False
    stage.play(4.5)
    assert stage.begun == [0, 1]


def test_a_player_who_sets_in_at_the_last_moment_has_drums_in_the_next_bar() -> None:
    stage = Rehearsal(follow())
    stage.play(24, struck(60, 7.8, 0.1))
    assert stage.begun == [2, 3]


@pytest.mark.parametrize("asked_beats", [12.0, 13.9, 15.5, 15.9])
def test_a_fill_comes_in_the_next_bar_that_can_still_have_it(asked_beats) -> None:
    stage = Rehearsal(follow())
    music = riff(range(12))
    stage.play(asked_beats, music)
    stage.conductor.fill(stage.beats)
    stage.play(40, music)
    fills = [bar for bar, pattern in stage.bars.items() if pattern.is_fill]
    assert fills == [4 if asked_beats < 15.8 else 5]
    assert all(
        (HIGH_TOM in {note.pitch for note in stage.bars[bar].notes}) == (bar in fills) for bar in stage.bars
    )


def test_fills_come_every_so_many_bars() -> None:
    stage = Rehearsal(follow(fill_every_bars=4))
    stage.play(64, riff(range(16)))
    assert [bar for bar, pattern in stage.bars.items() if pattern.is_fill] == [3, 7, 11, 15]


def test_a_pattern_that_is_held_goes_on_and_fills_only_when_asked() -> None:
    stage = Rehearsal(follow(fill_every_bars=4))
    music = riff(range(20))
    stage.play(25, music)
    stage.controls = Controls(hold=True)
    stage.conductor.changed(stage.beats, needs_new_drums=False)
    asked = len(stage.drummer.requests)
    stage.play(40, music)
    assert len(stage.drummer.requests) == asked
    assert [stage.places(bar) for bar in (7, 8, 9)] == [stage.places(bar) for bar in (5, 6, 5)]
    stage.conductor.fill(stage.beats)
    stage.play(52, music)
    assert [bar for bar in range(7, 13) if stage.bars[bar].is_fill] == [11]


def test_density_and_variation_reach_the_generator() -> None:
    stage = Rehearsal(follow())
    music = riff(range(8))
    stage.play(9, music)
    stage.controls = Controls(density=0.9, variation=1.0)
    stage.conductor.changed(stage.beats, needs_new_drums=True)
    stage.play(9.5, music)
    last = stage.drummer.requests[-1]
    assert (last.density, last.temperature) == (0.9, pytest.approx(1.3))


def test_half_a_bar_is_not_heard_as_a_bar() -> None:
    assert known_until_beats(8.0, GRID) == 8.0 - LEAD_BEATS
    assert known_until_beats(9.9, GRID) == 8.0 - LEAD_BEATS
    assert known_until_beats(10.0, GRID) == 10.0
    assert known_until_beats(11.9, GRID) == 11.9


def test_a_loop_is_recorded_then_played_for_exactly_that_loop() -> None:
    stage = Rehearsal(loop(4))
    music = riff(range(40))
    stage.play(1, [])
    stage.play(4 * 20, [event for event in music if event[0] >= 4])
    assert stage.begun == list(range(5, 20))
    assert len(stage.drummer.requests) <= 4
    final = stage.drummer.requests[-1]
    assert final.heard_until_ticks is None
    assert final.bars == GRID.bars(1, 5)
    onsets = sorted(round(beats * LIVE_PPQ) for beats, data in music if data[0] == 0x90 and 4 <= beats < 20)
    assert sorted(note.start_ticks for part in final.parts for note in part.notes) == onsets
    takes = [patterns_of(take.drums, range(1, 5), GRID) for take in drums_for(final).takes]
    # Bar 5 begins the first turn, before its loop could be heard to the end.
    for bar in range(6, 20):
        turn, place = divmod(bar - 5, 4)
        take = (0, 1, 0, 2)[turn]
        assert stage.bars[bar] == takes[take][1 + place].moved(bar, GRID)


def test_the_first_bar_of_a_loop_is_there_in_time() -> None:
    stage = Rehearsal(loop(2))
    stage.play(16, riff(range(4)))
    assert stage.begun == [2, 3]
    first = stage.drummer.requests[0]
    assert first.heard_until_ticks == 4 * LIVE_PPQ - LEAD_TICKS
    assert stage.conductor.mode.late_bars == 0


def test_a_pickup_opens_no_loop() -> None:
    stage = Rehearsal(loop(2))
    stage.play(16, [*struck(60, 3.5, 0.25), *riff(range(1, 4))])
    assert stage.begun == [3]


def test_a_note_just_ahead_of_the_loop_belongs_to_it() -> None:
    stage = Rehearsal(loop(1))
    stage.play(12, [*struck(60, 3.95, 0.25), *struck(62, 6.0, 0.5), *struck(64, 7.95, 0.5)])
    final = stage.drummer.requests[-1]
    assert [note.pitch for part in final.parts for note in part.notes] == [60, 62]
    assert final.bars == GRID.bars(1, 2)


@pytest.mark.parametrize("bars", [1, 3, 4])
@pytest.mark.parametrize("every", [4, 8])
def test_a_loop_has_fills_around_the_rest_of_its_groove(bars, every) -> None:
    stage = Rehearsal(loop(bars, fill_every_bars=every))
    stage.play(4 * (bars + 2 * every + 1), riff(range(40)))
    fills = [bar for bar, pattern in stage.bars.items() if pattern.is_fill]
    assert fills == [bars + every - 1, bars + 2 * every - 1]
    request = next(asked for asked in reversed(stage.drummer.requests) if asked.fill_bars)
    place = (fills[-1] - bars) % bars
    assert request.locked_bars == frozenset(range(bars)) - {place}
    assert request.bars[place] == GRID.bar(fills[-1])
    heard = {note.start_ticks % (bars * GRID.bar_ticks) for part in request.parts for note in part.notes}
    final = next(asked for asked in stage.drummer.requests if asked.heard_until_ticks is None)
    assert heard == {note.start_ticks for part in final.parts for note in part.notes}


def test_a_held_loop_turns_without_variations() -> None:
    stage = Rehearsal(loop(2, fill_every_bars=4))
    stage.controls = Controls(hold=True)
    stage.play(48, riff(range(12)))
    assert not any(pattern.is_fill for pattern in stage.bars.values())
    assert [stage.places(bar) for bar in range(4, 12)] == [stage.places(4), stage.places(5)] * 4


def test_other_density_writes_the_loop_anew_and_the_old_one_goes_on_until_then() -> None:
    stage = Rehearsal(loop(2))
    music = riff(range(16))
    stage.play(26, music)
    old = drums_for(stage.drummer.requests[-1])
    stage.late_planner = True
    stage.controls = Controls(density=0.1)
    stage.conductor.changed(stage.beats, needs_new_drums=True)
    stage.play(36, music)
    assert stage.bars[8] == patterns_of(old.takes[2].drums, (0,), GRID)[0].moved(8, GRID)
    stage.late_planner = False
    stage.play(56, music)
    assert stage.drummer.requests[-1].density == 0.1
    assert stage.drummer.requests[-1].bars == GRID.bars(0, 2)
    new = drums_for(stage.drummer.requests[-1])
    assert stage.bars[10] == patterns_of(new.takes[0].drums, (0,), GRID)[0].moved(10, GRID)
    assert stage.conductor.mode.late_bars == 0


def test_a_loop_keeps_its_place_in_the_song() -> None:
    stage = Rehearsal(loop(4))
    stage.play(28, riff(range(7)))
    # The song goes back from bar 7 to its first bar.
    stage.conductor.mode.jumped(7)
    stage.play(44)
    takes = [patterns_of(take.drums, range(4), GRID) for take in drums_for(stage.drummer.requests[-1]).takes]
    assert [stage.bars[bar] for bar in (5, 6)] == [takes[0][place].moved(4 + place, GRID) for place in (1, 2)]
    # Bar 7 had been settled; bar 8 of the session is the second of the song.
    assert [stage.bars[bar] for bar in (8, 9)] == [takes[1][place].moved(7 + place, GRID) for place in (1, 2)]


def test_a_loop_cut_off_by_stop_is_recorded_anew() -> None:
    stage = Rehearsal(loop(4))
    stage.play(10, riff(range(3)))
    stage.conductor.stop()
    stage.beats = 20.0
    stage.conductor.start(20.0, 20.0)
    stage.play(20 + 24, riff(range(5, 11)))
    assert stage.begun == [9, 10]


def test_changing_the_way_keeps_the_last_pattern_until_there_is_another() -> None:
    stage = Rehearsal(loop(2))
    music = riff(range(16))
    stage.play(18, music)
    stage.late_planner = True
    stage.conductor.change_mode(stage.mode(JamMode.FOLLOW), stage.beats, stage.beats)
    stage.bars.pop(5, None)
    stage.play(22, music)
    assert stage.places(5) == stage.places(3)
