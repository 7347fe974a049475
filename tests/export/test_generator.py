"""The generator writes exactly the bars asked for, the same for the same request, around what is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from musegen_daw.drums.events import clip_hits, model_bars, quantise
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES, VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import Bar, TimeMap, TimeSignature
from musegen_daw.progress import Cancelled

PPQ = 480
BAR = 4 * PPQ


def _bars(
    count: int, first: int = 0, numerator: int = 4, denominator: int = 4, ppq: int = PPQ
) -> tuple[Bar, ...]:
    time_map = TimeMap(ppq, (), (TimeSignature(0, numerator, denominator),))
    length = time_map.bars(1)[0].length_ticks
    return time_map.bars(length * (first + count))[first:]


def _bass(bars: int, ppq: int = PPQ) -> Clip:
    notes = tuple(Note(40 + at % 5, 90, at * ppq // 2, ppq // 3) for at in range(bars * 8))
    return Clip(notes, bars * 4 * ppq, ppq, "Bass", 33)


def _beat(bars: int) -> Clip:
    """Drums that no grid and no level would hold exactly, with a pitch that is no piece and a pushed crash."""
    notes = []
    for bar in range(bars):
        start = bar * BAR
        notes += [Note(35, 101, start, 113), Note(36, 77, start + 2 * PPQ + 7, 50)]
        notes += [Note(38, 99, start + PPQ + 3, 60), Note(40, 64, start + 3 * PPQ - 11, 60)]
        notes += [Note(42, 50 + at, start + at * PPQ // 2 + at, 30) for at in range(8)]
        notes += [Note(27, 33, start + 123, 9)]
    return Clip((*notes, Note(49, 120, BAR - 30, 400)), bars * BAR, PPQ, "Beat", is_drum=True)


def _request(count: int = 3, **changes) -> DrumRequest:
    return replace(DrumRequest((_bass(count),), _bars(count), PPQ, bpm=120.0, follow=0.0), **changes)


def _written(take: DrumTake, kept: Collection[int] = ()) -> int:
    return sum(bar.is_written for index, bar in enumerate(take.plan) if index not in kept)


def _notes(result: DrumResult) -> list[tuple[Note, ...]]:
    return [take.drums.notes for take in result.takes]


def test_the_same_request_gives_the_same_result(generator, model_folder) -> None:
    request = _request(variations=3, seed=7)
    first = generator.generate(request)
    assert _notes(generator.generate(request)) == _notes(first)
    again = DrumGenerator.open(model_folder).generate(request)
    for take, other in zip(first.takes, again.takes, strict=True):
        assert (take.drums, take.tokens, take.log_likelihood, take.plan) == (
            other.drums,
            other.tokens,
            other.log_likelihood,
            other.plan,
        )
    assert first.seed == 7


def test_another_seed_gives_other_notes(generator) -> None:
    found = {generator.generate(_request(1, seed=seed)).takes[0].drums.notes for seed in range(5)}
    assert len(found) == 5


def test_a_variation_is_the_same_however_many_there_are(generator) -> None:
    few, many = (generator.generate(_request(4, seed=1, variations=count)) for count in (2, 4))
    assert len(few.takes) == 2
    assert len(many.takes) == len(set(_notes(many))) == 4
    assert set(_notes(few)) <= set(_notes(many))
    one = generator.generate(_request(4, seed=1))
    assert set(_notes(one)) <= set(_notes(few))


def test_the_style_that_serves_whichever_was_meant_comes_first(generator) -> None:
    styles = generator.styles
    takes = generator.generate(_request(variations=len(styles))).takes
    likely = np.zeros(len(styles))
    for take in takes:
        likely[take.style.code] = take.style_probability
    assert likely.sum() == pytest.approx(1)
    assert takes[0].style.code == (styles.likeness @ likely**2).argmax()


@pytest.mark.parametrize(
    "meter", [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (2, 4), (12, 8), (7, 4), (9, 8), (1, 16)]
)
@pytest.mark.parametrize("ppq", [96, 480])
def test_exactly_the_bars_asked_for_are_written(generator, meter, ppq) -> None:
    bars = _bars(4, 1, *meter, ppq=ppq)
    part = Clip(_bass(8, ppq).notes, 8 * 4 * ppq, ppq, program=33)
    (take,) = generator.generate(DrumRequest((part,), bars, ppq, seed=3)).takes
    assert len(take.plan) == len(bars)
    _, decoded = generator.vocabulary.decode(take.tokens)
    assert decoded <= len(model_bars(bars, ppq)[0])
    assert take.drums.is_drum
    assert take.drums.ppq == ppq
    assert take.drums.length_ticks == bars[-1].end_ticks
    assert all(bars[0].start_ticks <= note.start_ticks < bars[-1].end_ticks for note in take.drums.notes)
    assert all(note.pitch in PIECE_OF_PITCH for note in take.drums.notes)


def test_every_beat_of_a_long_bar_can_be_played(generator) -> None:
    beats = set()
    for seed in range(4):
        request = DrumRequest((), _bars(4, 0, 5, 4), PPQ, seed=seed)
        beats |= {note.start_ticks // PPQ % 5 for note in generator.generate(request).takes[0].drums.notes}
    assert beats == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("bars", [17, 40])
def test_long_clips_are_read_in_windows_and_written_whole(generator, bars) -> None:
    (take,) = generator.generate(_request(bars, top_p=0.3)).takes
    assert len(take.plan) == bars
    assert generator.vocabulary.decode(take.tokens)[1] == _written(take)


def test_a_plain_grid_is_kept_to(generator) -> None:
    free = generator.generate(_request(human_timing=True)).takes[0].drums.notes
    grid = generator.generate(_request(human_timing=False)).takes[0].drums.notes
    assert len(grid) > 5
    assert all(note.start_ticks % (PPQ // 4) == 0 or note.start_ticks % (PPQ // 6) == 0 for note in grid)
    assert not all(note.start_ticks % (PPQ // 4) == 0 or note.start_ticks % (PPQ // 6) == 0 for note in free)


def test_no_temperature_always_gives_the_same(generator) -> None:
    plan = Plan((BarPlan(), BarPlan(BarKind.VARIATION)))
    request = _request(2, temperature=0, plan=plan)
    one, other = (generator.generate(replace(request, seed=seed)).takes[0] for seed in (0, 99))
    assert one.drums.notes == other.drums.notes


# what is given


def _primed(beat: Clip, **changes) -> DrumRequest:
    request = DrumRequest((_bass(4),), _bars(2, 2), PPQ, primer=beat, primer_bars=_bars(2), seed=5)
    return replace(request, **changes)


def test_a_primer_is_continued_and_not_repeated(generator) -> None:
    bars = _bars(2, 2)
    (take,) = generator.generate(_primed(_beat(2))).takes
    assert all(bars[0].start_ticks <= note.start_ticks < bars[-1].end_ticks for note in take.drums.notes)
    assert len(take.plan) == 2
    other = Clip(tuple(Note(51, 90, at * PPQ, 60) for at in range(8)), 2 * BAR, PPQ, is_drum=True)
    assert generator.generate(_primed(other)).takes[0].drums != take.drums
    without = generator.generate(DrumRequest((_bass(4),), _bars(2, 2), PPQ, seed=5))
    assert without.takes[0].drums != take.drums


def test_what_lies_outside_the_primer_bars_changes_nothing(generator) -> None:
    beat = _beat(2)
    longer = replace(beat, notes=(*beat.notes, Note(49, 90, 3 * BAR, 60)), length_ticks=4 * BAR)
    assert _notes(generator.generate(_primed(longer))) == _notes(generator.generate(_primed(beat)))


@pytest.mark.parametrize("voices", [{"kick"}, {"snare", "closed hat"}, {"crash"}, set(VOICES)])
def test_kept_voices_come_back_unchanged_and_alone(generator, voices) -> None:
    beat, bars = _beat(3), _bars(3)
    request = _request(locked=beat, locked_voices=frozenset(voices), variations=3, seed=2)
    names = {pitch: VOICES[voice] for pitch, voice in VOICE_OF_PITCH.items()}
    expected = [note for note in beat.notes if names.get(note.pitch) in voices]
    takes = generator.generate(request).takes
    for take in takes:
        assert [note for note in take.drums.notes if names.get(note.pitch) in voices] == expected
        hits, decoded = generator.vocabulary.decode(take.tokens)
        assert decoded == _written(take)
        on_grid = quantise(clip_hits(beat.with_notes(expected), bars))
        said = [bar for bar, own in enumerate(take.plan) if own.is_written]
        own = hits[[PIECES[piece].voice in voices for piece in hits["piece"]]]
        wanted = [
            (said.index(hit["bar"]), hit["position"], hit["piece"]) for hit in on_grid if hit["bar"] in said
        ]
        assert own[["bar", "position", "piece"]].tolist() == wanted
    if voices != set(VOICES):
        assert any(names.get(note.pitch) not in voices for take in takes for note in take.drums.notes)


def test_what_is_written_around_kept_hits_is_as_rich_as_without_them(generator) -> None:
    """Keeping the kick does not thin out the rest: nothing the model wants before a kept hit is lost."""
    kicks = Clip(tuple(Note(36, 90, at * PPQ // 2, 60) for at in range(32)), 4 * BAR, PPQ, is_drum=True)
    with_kept = without = 0
    for seed in range(24):
        kept = generator.generate(_request(4, locked=kicks, locked_voices=frozenset({"kick"}), seed=seed))
        free = generator.generate(_request(4, seed=seed))
        with_kept += sum(note.pitch != 36 for note in kept.takes[0].drums.notes)
        without += sum(note.pitch != 36 for note in free.takes[0].drums.notes)
    assert with_kept > 0.8 * without


def test_kept_bars_are_identical(generator) -> None:
    beat = _beat(4)
    request = _request(4, locked=beat, locked_bars=frozenset({1, 2}), variations=3)
    lead = PPQ // 8
    start, end = BAR - lead, 3 * BAR - lead
    expected = [note for note in beat.notes if start <= note.start_ticks < end]
    takes = generator.generate(request).takes
    for take in takes:
        assert [note for note in take.drums.notes if start <= note.start_ticks < end] == expected
        assert generator.vocabulary.decode(take.tokens)[1] == _written(take, {1, 2})
    assert any(Note(27, 33, BAR + 123, 9) in take.drums.notes for take in takes)
    assert not any(Note(27, 33, 123, 9) in take.drums.notes for take in takes)
    assert len({take.drums.notes for take in takes}) == 3


def test_when_all_is_kept_all_comes_back(generator) -> None:
    beat = _beat(2)
    request = _request(2, locked=beat, locked_bars=frozenset({0, 1}), variations=2)
    for take in generator.generate(request).takes:
        assert take.drums.notes == beat.notes
        assert take.log_likelihood == 0


def test_kept_bars_of_a_long_meter_are_kept_whole(generator) -> None:
    bars = _bars(2, 0, 5, 4)
    beat = Clip(tuple(Note(38, 71, at * PPQ, 40) for at in range(10)), 10 * PPQ, PPQ, is_drum=True)
    request = DrumRequest((), bars, PPQ, locked=beat, locked_bars=frozenset({1}))
    notes = generator.generate(request).takes[0].drums.notes
    start = bars[1].start_ticks - PPQ // 8
    assert [note for note in notes if note.start_ticks >= start] == list(beat.notes[5:])


# what is heard


@pytest.mark.parametrize("until", [0, BAR, BAR + 500, 2 * BAR])
def test_nothing_after_what_is_heard_changes_anything(generator, until) -> None:
    part = _bass(3)
    heard = [note for note in part.notes if note.start_ticks < until]
    held = [replace(note, duration_ticks=9999) if note.end_ticks >= until else note for note in heard]
    cut = [replace(note, duration_ticks=min(note.end_ticks, until) - note.start_ticks) for note in held]
    strange = [Note(60, 1, until + at * 7, 5000) for at in range(300)]
    versions = (held, [*held, Note(90, 127, until, 999)], cut, [*cut, *strange])
    results = {
        generator.generate(_request(parts=(part.with_notes(notes),), heard_until_ticks=until)).takes[0].drums
        for notes in versions
    }
    assert len(results) == 1


def test_what_is_heard_changes_the_drums(generator) -> None:
    part = _bass(3)
    changed = part.map_notes(
        lambda note: replace(note, pitch=note.pitch + 17) if note.start_ticks < BAR else note
    )
    one, two = (
        generator.generate(_request(parts=(each,), heard_until_ticks=BAR)).takes[0]
        for each in (part, changed)
    )
    assert one.log_likelihood != two.log_likelihood


def test_parts_are_heard_as_one(generator) -> None:
    part = _bass(3)
    halves = (part.with_notes(part.notes[::2]), part.with_notes(part.notes[1::2]))
    assert _notes(generator.generate(_request(parts=halves))) == _notes(
        generator.generate(_request(parts=(part,)))
    )


def test_without_parts_drums_are_written_all_the_same(generator) -> None:
    (take,) = generator.generate(_request(parts=())).takes
    assert generator.vocabulary.decode(take.tokens)[1] == _written(take) > 0
    assert take.drums.notes


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": Plan((BarPlan(kind=BarKind.FILL),))},
        {"plan": Plan((BarPlan(crash=True),))},
        {"plan": Plan((BarPlan(cymbal=Cymbal.RIDE),))},
        {"bpm": 200.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_control_reaches_the_model(generator, changes) -> None:
    plain = _request(1, temperature=0, plan=Plan((BarPlan(),)), style=generator.styles[0])
    one, two = (generator.generate(each).takes[0] for each in (plain, replace(plain, **changes)))
    assert one.log_likelihood != two.log_likelihood


# while it runs


def test_progress_is_told_bar_by_bar(generator) -> None:
    told: list[tuple[int, int]] = []
    generator.generate(_request(4), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    told.clear()
    generator.generate(_primed(_beat(2)), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_it_stops_when_it_is_told_to(generator) -> None:
    done: list[int] = []
    with pytest.raises(Cancelled):
        generator.generate(
            _request(4), progress=lambda bar, total: done.append(bar), cancelled=lambda: len(done) == 2
        )
    assert done == [1, 2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bars": ()}, "at least one bar"),
        ({"variations": 0}, "variations must be at least 1"),
        ({"density": 1.1}, "density must be within"),
        ({"density": float("nan")}, "density must be within"),
        ({"energy": -0.1}, "energy must be within"),
        ({"fills": 2.0}, "fills must be within"),
        ({"crashes": 2.0}, "crashes must be within"),
        ({"complexity": -1.0}, "complexity must be within"),
        ({"plan": Plan((BarPlan(),))}, "a plan of 1 bars for 3"),
        ({"fill_bars": frozenset({3})}, "fill_bars has a bar outside"),
        ({"sections": (7,)}, "sections has a bar outside"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"top_p": 0.0}, "top-p"),
        ({"top_p": 1.5}, "top-p"),
        ({"ppq": 0}, "ppq must be positive"),
        ({"ppq": 96}, "480 PPQ, the request 96"),
        ({"locked_voices": frozenset({"kick"})}, "no locked drums"),
        ({"locked_bars": frozenset({0})}, "no locked drums"),
        ({"locked": _beat(1), "locked_voices": frozenset({"gong"})}, "unknown voices: gong"),
        ({"locked": _beat(1), "locked_bars": frozenset({3})}, "locked_bars has a bar outside"),
        ({"locked": _beat(1), "locked_bars": frozenset({-1})}, "locked_bars has a bar outside"),
        ({"locked": Clip((), 0, 96), "locked_voices": frozenset({"kick"})}, "96 PPQ, the request 480"),
        ({"bars": (Bar(0, BAR), Bar(2 * BAR, BAR))}, "must begin where the one before"),
        ({"bars": (Bar(BAR, BAR), Bar(0, BAR))}, "must begin where the one before"),
        ({"bars": (Bar(0, 0),)}, "must have a length"),
        ({"primer": _beat(1)}, "primer needs its bars"),
        ({"primer_bars": _bars(1), "bars": _bars(1, 1)}, "primer needs its bars"),
        ({"primer": _beat(1), "primer_bars": _bars(1)}, "must begin where the one before"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(generator, changes, words) -> None:
    with pytest.raises(ValueError, match=words):
        generator.generate(_request(**changes))


def test_asked_to_play_it_plays_in_every_bar_that_is_no_stop(generator) -> None:
    for seed in range(6):
        request = _request(6, seed=seed, variations=3)
        for take in generator.generate(request).takes:
            for bar, own in zip(request.bars, take.plan, strict=True):
                lead = PPQ // 8
                played = any(
                    bar.start_ticks - lead <= note.start_ticks < bar.end_ticks - lead
                    for note in take.drums.notes
                )
                assert played == (own.kind is not BarKind.STOP)


def test_follow_draws_the_drums_to_as_many_hits_as_are_planned(generator) -> None:
    def hits(density: float, follow: float) -> int:
        plan = Plan((BarPlan(density=density),) * 3)
        takes = generator.generate(_request(3, follow=follow, variations=4, plan=plan)).takes
        return sum(len(take.drums.notes) for take in takes)

    assert hits(0.1, 0.0) == hits(0.9, 0.0)
    assert hits(0.1, 2.0) < hits(0.9, 2.0)
    with pytest.raises(ValueError, match="follow"):
        generator.generate(_request(1, follow=-1.0))


@pytest.mark.parametrize("follow", [0.5, 1.5, 3.0])
def test_guided_takes_stay_within_the_grammar(generator, follow) -> None:
    for take in generator.generate(_request(4, follow=follow, variations=3)).takes:
        _, bars = generator.vocabulary.decode(take.tokens)
        assert bars == _written(take)
