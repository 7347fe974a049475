"""What a take plays is what its plan, its style and its meter say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from musegen_daw.drums.events import Array, clip_hits, quantise
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.request import DrumRequest, DrumTake
from musegen_daw.drums.style import Style
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar, TimeMap, TimeSignature

PPQ = 480
CRASHES = {piece.pitch for piece in PIECES if piece.voice == "crash"}
GROOVE, FILL, STOP = BarPlan(), BarPlan(BarKind.FILL), BarPlan(BarKind.STOP, cymbal=Cymbal.NONE)
METERS = [(4, 4), (3, 4), (6, 8), (12, 8), (5, 4), (7, 8), (2, 4)]


def _bars(count: int, numerator: int = 4, denominator: int = 4) -> tuple[Bar, ...]:
    time_map = TimeMap(PPQ, (), (TimeSignature(0, numerator, denominator),))
    return time_map.bars(count * time_map.bars(1)[0].length_ticks)


def _bass(bars: tuple[Bar, ...], step: int = PPQ // 2) -> Clip:
    end = bars[-1].end_ticks
    notes = tuple(Note(40 + at % 5, 90, start, step // 2) for at, start in enumerate(range(0, end, step)))
    return Clip(notes, end, PPQ, "Bass", 33)


def _request(bars: tuple[Bar, ...], **changes) -> DrumRequest:
    request = DrumRequest((_bass(bars),), bars, PPQ, bpm=120.0, human_timing=False)
    return replace(request, **changes)


def _repeat(lag: int, **changes) -> BarPlan:
    return replace(BarPlan(BarKind.REPEAT, lag), **changes)


def _cells(hits: Array, bar: int, *, without_crash: bool = False) -> set[tuple[int, int]]:
    return {
        (hit["position"], hit["piece"])
        for hit in hits[hits["bar"] == bar]
        if not (without_crash and PIECES[hit["piece"]].pitch in CRASHES)
    }


@pytest.mark.parametrize("seed", range(4))
def test_a_plan_is_played_as_it_is(generator, seed) -> None:
    plan = Plan(
        (
            replace(GROOVE, crash=True),
            _repeat(1),
            BarPlan(BarKind.VARIATION),
            FILL,
            _repeat(4, crash=True),
            STOP,
            _repeat(2),
            _repeat(4),
            _repeat(8, crash=True),
        )
    )
    bars = _bars(len(plan))
    for take in generator.generate(_request(bars, plan=plan, seed=seed, variations=2, follow=0.0)).takes:
        assert take.plan == plan
        hits = clip_hits(take.drums, bars)
        for bar, own in enumerate(plan):
            cells = _cells(hits, bar)
            assert bool(cells) == (own.kind is not BarKind.STOP)
            assert (
                any(position == 6 and PIECES[piece].pitch in CRASHES for position, piece in cells)
                == own.crash
            )
            if own.repeats:
                before = _cells(hits, bar - own.repeats, without_crash=True)
                assert _cells(hits, bar, without_crash=True) - before == set()
        assert generator.vocabulary.decode(take.tokens)[1] == sum(bar.is_written for bar in plan) == 3


def test_repeats_without_crash_are_the_same_to_the_cell(generator) -> None:
    plan = Plan((GROOVE, GROOVE, _repeat(2), _repeat(2), _repeat(1), FILL))
    bars = _bars(len(plan))
    (take,) = generator.generate(_request(bars, plan=plan)).takes
    hits = clip_hits(take.drums, bars)
    assert _cells(hits, 0) == _cells(hits, 2)
    assert _cells(hits, 1) == _cells(hits, 3) == _cells(hits, 4)


def test_bars_are_fills_where_they_are_asked_to_be(generator) -> None:
    bars = _bars(8)
    wanted = frozenset({3, 6})
    for take in generator.generate(_request(bars, fill_bars=wanted, variations=3)).takes:
        assert all(take.plan[bar].kind is BarKind.FILL for bar in wanted)
    (take,) = generator.generate(_request(_bars(3, 5, 4), fill_bars=frozenset({1}))).takes
    assert take.plan[1].kind is BarKind.FILL


def test_the_plan_of_a_take_can_be_asked_for_again(generator) -> None:
    """What is told of the bars is what they are; asked for with it, it is played to the note every time."""
    request = _request(_bars(12), seed=3, style=generator.styles[0])
    (take,) = generator.generate(request).takes
    (again,) = generator.generate(replace(request, plan=take.plan)).takes
    (once_more,) = generator.generate(replace(request, plan=again.plan)).takes
    assert take.plan == again.plan == once_more.plan
    assert again.drums.notes == once_more.drums.notes


def test_variations_are_in_different_styles(generator) -> None:
    count = len(generator.styles)
    takes = generator.generate(_request(_bars(4), variations=count)).takes
    assert len({take.style.code for take in takes}) == count > 1
    assert sum(take.style_probability for take in takes) == pytest.approx(1, abs=1e-5)


def test_a_style_that_is_asked_for_comes_first_and_alone_where_wished(generator) -> None:
    style = generator.styles[1]
    request = _request(_bars(4), style=style, variations=2)
    first, second = generator.generate(request).takes
    assert first.style.code == style.code != second.style.code
    takes = generator.generate(replace(request, within_style=True, variations=3)).takes
    assert [take.style.code for take in takes] == [style.code] * 3
    assert len({take.drums.notes for take in takes}) == 3


def test_a_style_out_of_a_file_is_played_too(generator) -> None:
    own = Style(generator.styles[0].pattern, 0.0, "mine")
    (take,) = generator.generate(_request(_bars(2), style=own)).takes
    assert take.style.name == "mine"
    assert take.style.code >= 0


@pytest.mark.parametrize("follow", [0.0, 1.0])
def test_a_style_of_triplets_is_played_in_triplets(generator, follow) -> None:
    bars = _bars(3)
    style = replace(generator.styles[0], triplets=1.0)
    request = _request(bars, style=style, within_style=True, variations=3, follow=follow)
    away = [note.start_ticks % PPQ for take in generator.generate(request).takes for note in take.drums.notes]
    assert all(each % (PPQ // 6) == 0 for each in away)
    assert any(each % (PPQ // 2) for each in away)
    straight = replace(request, style=replace(style, triplets=0.0))
    assert all(
        note.start_ticks % (PPQ // 4) == 0
        for take in generator.generate(straight).takes
        for note in take.drums.notes
    )


def test_parts_in_triplets_are_played_in_triplets(generator) -> None:
    bars = _bars(3)
    request = _request(bars, parts=(_bass(bars, PPQ // 3),), variations=2)
    for take in generator.generate(request).takes:
        assert all(note.start_ticks % (PPQ // 6) == 0 for note in take.drums.notes)


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("human_timing", [True, False])
def test_no_bar_spills_over_and_no_piece_is_struck_twice_at_once(generator, meter, human_timing) -> None:
    bars = _bars(4, *meter)
    plan = Plan((GROOVE, FILL, _repeat(1), BarPlan(BarKind.VARIATION, crash=True)))
    for seed in range(3):
        request = _request(bars, plan=plan, seed=seed, variations=2, human_timing=human_timing)
        for take in generator.generate(request).takes:
            hits = clip_hits(take.drums, bars)
            notes = take.drums.notes
            assert {int(bar) for bar in hits["bar"]} <= set(range(len(bars)))
            assert all(0 <= note.start_ticks < bars[-1].end_ticks for note in notes)
            for pitch in {note.pitch for note in notes}:
                starts = [note.start_ticks for note in notes if note.pitch == pitch]
                least = PPQ // 8 if not human_timing else PPQ // 32
                assert all(two - one >= least for one, two in pairwise(starts))
            if not human_timing:
                for bar in bars:
                    own = [note for note in notes if bar.start_ticks <= note.start_ticks < bar.end_ticks]
                    assert own
                    last = max(note.start_ticks for note in own) - bar.start_ticks
                    assert last <= bar.length_ticks - PPQ // 6


def test_bars_in_which_the_part_rests_before_it_sets_in_or_ends_are_told(generator) -> None:
    """Asked for with an edited plan, bars of rest are empty and those around them are not."""
    bars = _bars(6)
    part = _bass(bars)
    part = part.with_notes([note for note in part.notes if not 2 * 1920 <= note.start_ticks < 4 * 1920])
    plan = Plan((GROOVE, GROOVE, STOP, STOP, GROOVE, GROOVE))
    (take,) = generator.generate(_request(bars, parts=(part,), plan=plan)).takes
    assert {int(bar) for bar in clip_hits(take.drums, bars)["bar"]} == {0, 1, 4, 5}


def test_kept_voices_stand_in_every_variation_whatever_the_plan(generator) -> None:
    bars = _bars(4)
    kicks = Clip(tuple(Note(36, 90, at * PPQ, 60) for at in range(16)), 4 * 1920, PPQ, is_drum=True)
    plan = Plan((GROOVE, _repeat(1), STOP, FILL))
    request = _request(bars, locked=kicks, locked_voices=frozenset({"kick"}), plan=plan, variations=3)
    for take in generator.generate(request).takes:
        assert [note for note in take.drums.notes if note.pitch in (35, 36)] == list(kicks.notes)
        others = [note for note in take.drums.notes if note.pitch not in (35, 36)]
        assert not [note for note in others if 2 * 1920 <= note.start_ticks < 3 * 1920]
        assert [note for note in others if note.start_ticks < 1920]


def _onsets(take: DrumTake, bars: tuple[Bar, ...]) -> list[tuple[int, int, int]]:
    hits = quantise(clip_hits(take.drums, bars))
    return [(int(hit["bar"]), int(hit["position"]), int(hit["piece"])) for hit in hits]


def test_the_hand_moves_hits_without_changing_what_is_played(generator) -> None:
    bars = _bars(3)
    plan = Plan((GROOVE,) * 3)
    request = _request(bars, plan=plan, style=replace(generator.styles[0], triplets=0.0))
    (plain,) = generator.generate(request).takes
    (human,) = generator.generate(replace(request, human_timing=True)).takes
    assert plain.tokens == human.tokens
    assert [n.velocity for n in plain.drums.notes] != []
    assert len(_onsets(plain, bars)) == len(_onsets(human, bars))
