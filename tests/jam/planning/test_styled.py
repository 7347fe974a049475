"""A style is chosen once in the first bars, or by the player, and lasts; energy and fills are asked for beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.jam.planning.modes import PlanSettings, WhenSilent, is_enough_heard, wanted_energy
from musegen_daw.jam.settings import JamMode, JamSettings
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from tests.jam.doubles import riff, struck
from tests.jam.jam import bars_of
from tests.style_book import BOOK

GRID = BarGrid()
FOLLOWING = JamSettings(planning=PlanSettings(fill_every_bars=0))
KEEPING = JamSettings(
    mode=JamMode.ACCOMPANY, when_silent=WhenSilent.KEEP, planning=PlanSettings(fill_every_bars=0)
)
SIXTEENTH = LIVE_PPQ // 4


class StyledDrummer:
    """Plays its style, with a hit more in some bars; without one, a style that the number of notes decides."""

    styles = BOOK

    def __init__(self) -> None:
        self.requests: list[DrumRequest] = []

    def generate(self, request: DrumRequest, *, progress=None, cancelled=None) -> DrumResult:
        self.requests.append(request)
        heard = sum(len(part.notes) for part in request.parts)
        style = request.style or BOOK[(heard + len(request.locked_bars)) % len(BOOK)]
        notes: set[Note] = set()
        for index, bar in enumerate(request.bars):
            if index in request.locked_bars:
                continue
            for step, piece in zip(*np.nonzero(style.pattern[0]), strict=True):
                notes.add(Note(PIECES[piece].pitch, 80, bar.start_ticks + int(step) * SIXTEENTH, 60))
            if request.seed % 3 == 0:
                notes.add(Note(56, 60, bar.start_ticks + 5 * SIXTEENTH, 60))
        if request.locked is not None:
            notes |= set(request.locked.notes)
        drums = Clip(tuple(notes), request.bars[-1].end_ticks, request.ppq, is_drum=True)
        return DrumResult((DrumTake(drums, 0.0, style=style),), request.seed)


def cells(drums, bars):
    """The places of the commonest bar among `bars`."""
    found = [
        frozenset((round((ticks - bar * GRID.bar_ticks) / SIXTEENTH), pitch) for ticks, pitch, _ in notes)
        for bar, notes in bars_of(drums).items()
        if bar in bars
    ]
    return max(found, key=found.count)


def jaccard(one, other):
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("code", [None, 0, 1])
def test_a_jam_of_64_bars_ends_in_the_style_that_it_began_in(jams, code) -> None:
    drummer = StyledDrummer()
    jam = jams(FOLLOWING, generator=drummer, style=None if code is None else BOOK[code])
    jam.start()
    jam.play(64 * 4, riff(range(64)))
    drums = jam.drums()
    early, late = cells(drums, range(4, 8)), cells(drums, range(56, 64))
    assert jaccard(early, late) >= 0.7
    playing = [request for request in drummer.requests if request.parts]
    codes = [None if request.style is None else request.style.code for request in playing]
    if code is not None:
        assert set(codes) == {code}
    else:
        first = next(index for index, own in enumerate(codes) if own is not None)
        settled = codes[-1]
        assert settled is not None
        assert all(own in (None, settled) for own in codes[first + 2 :])
        assert {request.style.code for request in playing if request.bars[-1].start_ticks >= 4 * GRID.bar_ticks} == {
            settled
        }  # fmt: skip


def test_the_style_is_that_of_the_first_answer_to_nearly_a_bar(jams) -> None:
    drummer = StyledDrummer()
    jam = jams(FOLLOWING, generator=drummer)
    jam.start()
    jam.play(4.5, riff(range(2)))
    asked = [request for request in drummer.requests if request.parts and request.style is None]
    answer = asked[-1]
    jam.play(40, riff(range(10)))
    expected = BOOK[(sum(len(part.notes) for part in answer.parts) + len(answer.locked_bars)) % len(BOOK)]
    assert drummer.requests[-1].style is not None
    assert drummer.requests[-1].style.code == expected.code


def test_drums_that_began_alone_take_the_style_of_the_player_who_joins_them(jams) -> None:
    drummer = StyledDrummer()
    jam = jams(KEEPING, generator=drummer)
    jam.start()
    jam.play(16, [])
    alone = {request.style.code for request in drummer.requests if request.style is not None}
    assert len(alone) == 1
    jam.play(60, riff(range(4, 15)))
    free = [request for request in drummer.requests if request.style is None and request.parts]
    assert len(free) == 1
    assert len({request.style.code for request in drummer.requests[-8:]}) == 1


def test_a_style_that_is_chosen_holds_from_then_on_and_what_was_played_before_is_no_model(jams) -> None:
    drummer = StyledDrummer()
    jam = jams(FOLLOWING, generator=drummer)
    jam.start()
    jam.play(32.5, riff(range(16)))
    jam.session.set_style(BOOK[2])
    jam.play(34, riff(range(16)))
    request = drummer.requests[-1]
    assert request.style.code == 2
    assert request.locked_bars == frozenset()
    assert request.bars[0] == GRID.bar(9)
    assert any(note.start_ticks >= 9 * GRID.bar_ticks for part in request.parts for note in part.notes)
    jam.play(64, riff(range(16)))
    assert drummer.requests[-1].locked_bars
    assert {request.style.code for request in drummer.requests[-10:]} == {2}
    jam.session.set_style(None)
    asked = len(drummer.requests)
    jam.play(65, riff(range(20)))
    assert drummer.requests[asked].style is None


def test_a_loop_turns_in_one_style_and_so_do_its_fills(jams) -> None:
    drummer = StyledDrummer()
    jam = jams(
        JamSettings(mode=JamMode.LOOP, loop_bars=2, planning=PlanSettings(fill_every_bars=4)),
        generator=drummer,
    )
    jam.start()
    jam.play(64, riff(range(16)))
    asked = [request for request in drummer.requests if request.parts]
    first, *later = asked
    assert first.style is None
    assert len({request.style.code for request in later}) == 1
    assert any(request.fill_bars for request in later)
    assert all(request.within_style for request in asked if not request.fill_bars)
    assert all(request.fills == (None if request.fill_bars else 0) for request in asked)


def test_a_bar_in_which_one_note_was_struck_tells_nothing_yet() -> None:
    part = Clip((Note(60, 80, 0, 100),), 4 * LIVE_PPQ, LIVE_PPQ)
    assert not is_enough_heard((part,), LIVE_PPQ, GRID)
    assert is_enough_heard((part,), 3 * LIVE_PPQ, GRID)
    assert not is_enough_heard((), 9 * LIVE_PPQ, GRID)


def test_the_energy_is_the_players_or_what_the_control_says() -> None:
    def heard(*velocities):
        return wanted_energy(Controls(), velocities)

    assert heard() is None
    assert heard(80) == 0.5
    assert heard(30) < heard(60, 64) < heard(80, 80) < heard(110) < heard(127, 127) <= 0.85
    assert heard(1) >= 0.2
    assert wanted_energy(Controls(energy=0.9), [20]) == 0.9
    assert wanted_energy(Controls(energy=0.0), []) == 0.0


@pytest.mark.parametrize(("velocity", "is_soft"), [(35, True), (120, False)])
def test_a_player_who_plays_softly_is_accompanied_softly(jams, velocity, is_soft) -> None:
    jam = jams(FOLLOWING)
    jam.start()
    jam.play(12, [event for beat in range(12) for event in struck(60, beat, 0.4, velocity)])
    energy = jam.drummer.requests[-1].energy
    assert energy < 0.4 if is_soft else energy > 0.6


def test_a_knob_is_heard_at_once_and_not_twice(jams) -> None:
    jam = jams(replace(KEEPING, planning=PlanSettings(fill_every_bars=0, ahead_bars=1)))
    jam.start()
    jam.play(8.05)
    before = [velocity for ticks, pitch, velocity in jam.drums() if pitch == 42 and ticks < 8 * LIVE_PPQ]
    jam.session.change(lambda _: Controls(energy=1.0))
    jam.play(12.2)
    at_once = [v for ticks, pitch, v in jam.drums() if pitch == 42 and 9 * LIVE_PPQ <= ticks < 12 * LIVE_PPQ]
    assert min(at_once) > max(before)
    assert jam.drummer.requests[-1].energy == 1.0
    jam.play(24)
    asked_for = [v for ticks, pitch, v in jam.drums() if pitch == 42 and ticks >= 16 * LIVE_PPQ]
    assert set(asked_for) == set(
        before
    )  # the stand-in does not listen to the energy, and nothing else bends it


def test_fills_of_the_plan_are_no_pattern_to_go_on_with(jams) -> None:
    class Filling(StyledDrummer):
        def generate(self, request, *, progress=None, cancelled=None):
            result = super().generate(request)
            kinds = (BarPlan(BarKind.FILL), *(BarPlan(),) * (len(request.bars) - 1))
            return replace(result, takes=tuple(replace(take, plan=Plan(kinds)) for take in result.takes))

    jam = jams(
        replace(KEEPING, planning=PlanSettings(fill_every_bars=0, history_bars=1, ahead_bars=1)),
        generator=Filling(),
    )
    jam.start()
    jam.play(1)
    assert jam.session.picture.bar == 0  # from now on there is a picture
    jam.play(1.2)
    assert jam.session.picture.played[0].is_fill
