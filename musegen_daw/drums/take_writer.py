"""Writes takes bar by bar: new bars by the model, repeats and crashes as planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_writer import BarTask, BarWriter, DecoderState, WrittenBar
from musegen_daw.drums.density import asked_density, meter_factors, planned_density, with_density
from musegen_daw.drums.events import (
    FRAMES_PER_BAR,
    HIT,
    LEAD_POSITIONS,
    POSITIONS_PER_BEAT,
    POSITIONS_PER_FRAME,
    TRIPLET_STEP,
    Array,
)
from musegen_daw.drums.features import (
    CONTROL_SIZES,
    CRASH,
    CYMBAL,
    DRUM_FEATURES,
    KIND,
    METER,
    TEMPO,
    drum_frames,
    tempo_level,
)
from musegen_daw.drums.grammar import Grammar
from musegen_daw.drums.guidance import BarGuidance, Guidance
from musegen_daw.drums.hand import playable
from musegen_daw.drums.model_input import ModelInput
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.plan_reading import CYMBALS, PlanScale
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.sampler import Sampler
from musegen_daw.drums.style import Style, by_identity, frames_of
from musegen_daw.drums.tokens import WRITTEN_LEVEL, DrumVocabulary
from musegen_daw.models.session import Graph, zeros
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PAST_BARS = 24
STRENGTH, FILL_STRENGTH = 4.0, 4.0  # of the guidance; this and what follows was tuned on the validation split
STYLE_SHARE, REQUESTED_STYLE_SHARE = 0.3, 0.6  # of the expected hits that is the pattern of the style
REWRITES = 1  # of a new bar that turns out as a repeat
REPEATED_BARS = 2
FILL_NATS = 1.2  # towards toms, in the second half of a fill
LEAST_THRESHOLD, MOST_THRESHOLD = 0.06, 0.5
STRAIGHT_BELOW, TRIPLETS_ABOVE = 0.15, 0.6
_KINDS = {BarKind.GROOVE: 1, BarKind.VARIATION: 2, BarKind.FILL: 3}
_CRASH = next(index for index, piece in enumerate(PIECES) if piece.name == "crash")
_IS_TOM = np.array([voice is not None and VOICES[voice].endswith("tom") for voice in VOICE_OF_PIECE])
_IS_CRASH = np.array([voice is not None and VOICES[voice] == "crash" for voice in VOICE_OF_PIECE])


@dataclass(frozen=True, slots=True)
class EncodedParts:
    """The output of the encoder: by sixteenth (bars, 16, width) and by bar (bars, width)."""

    frames: Floats
    bars: Floats


@dataclass(frozen=True, slots=True)
class WrittenTake:
    """The hits of a take (HIT on the grid, bar 0 the first requested), its tokens, and its log-likelihood a bar."""

    hits: Array
    tokens: tuple[int, ...]
    log_likelihood: float


class TakeWriter:
    """Writes all takes of a request side by side."""

    def __init__(
        self,
        expect: Graph,
        look_back: Graph,
        writer: BarWriter,
        grammar: Grammar,
        guidance: Guidance,
        vocabulary: DrumVocabulary,
        history_width: int,
    ) -> None:
        self._expect, self._look_back, self._writer = expect, look_back, writer
        self._grammar, self._guidance = grammar, guidance
        self._history_width = history_width
        self._feel_masks = FeelMasks(grammar, vocabulary)
        self._crashes = grammar.has_piece[:, _IS_CRASH].any(axis=1)

    def write(
        self,
        request: DrumRequest,
        inputs: ModelInput,
        encoded: EncodedParts,
        bar_styles: Sequence[Sequence[Style]],
        plans: Sequence[Plan],
        scale: PlanScale,
        usual_hits: float | None,
        done: Callable[[int], None],
    ) -> list[WrittenTake]:
        """One take for each of `plans` and of `bar_styles`, the styles of its bars.

        `usual_hits`: hits a sixteenth to expect in 4/4, None where all bars are. `done` receives how many bars are
        finished, and may raise.
        """
        job = self._job(request, inputs, bar_styles, plans, scale, encoded, usual_hits)
        read = zeros(len(plans), 0, FRAMES_PER_BAR, self._history_width)
        last = zeros(len(plans), FRAMES_PER_BAR, DRUM_FEATURES)
        state: DecoderState | None = None
        for bar in range(len(inputs.bars)):
            done(bar)
            job.begin_bar(bar)
            context, last_read = self._context(
                encoded, bar, read, last, job.style_frames[:, bar], job.controls[:, bar]
            )
            read = np.concatenate([read, last_read[:, None]], axis=1)
            new: dict[int, Array] = {}
            for rows, sampler in job.writing(bar):
                if state is None:
                    state = self._writer.start(context)
                self._write_rows(job, bar, rows, sampler, context, state, new)
            for row, plan in enumerate(plans):
                job.hits[row].append(_bar_hits(job, plan, bar, new.get(row), job.hits[row]))
            last = np.stack([drum_frames(own[-1], 1) for own in job.hits])
        done(len(inputs.bars))
        return [
            WrittenTake(
                _joined(own, inputs),
                tuple(job.tokens[row]),
                float(job.log_likelihood[row] / max(1, job.written_bars[row])),
            )
            for row, own in enumerate(job.hits)
        ]

    def _job(
        self,
        request: DrumRequest,
        inputs: ModelInput,
        bar_styles: Sequence[Sequence[Style]],
        plans: Sequence[Plan],
        scale: PlanScale,
        encoded: EncodedParts,
        usual_hits: float | None,
    ) -> _Job:
        rows = len(plans)
        controls = plan_controls(request, inputs, bar_styles, plans)
        before = None if request.plan_before is None else inputs.plan_of_model_bars(request.plan_before)
        asked = np.stack([asked_density(request, plan, before, scale) for plan in plans])
        factors = np.stack([planned_density(request, before or plan, scale) for plan in plans])
        style_frames = np.stack([frames_of(styles) for styles in bar_styles])
        expected = np.clip(self._expect(encoded.frames, style_frames, controls)[0], 0, 1)
        is_requested = request.style is not None or request.primer is not None
        share = REQUESTED_STYLE_SHARE if is_requested else STYLE_SHARE
        expected += share * (style_frames[..., : len(PIECES)] - expected)
        if usual_hits is not None:
            factors *= meter_factors(expected, inputs.frames, usual_hits)
        usable = np.stack(
            [self._feel_masks.usable(styles[-1].triplets, inputs.triplets) for styles in bar_styles]
        )
        usable &= ~self._grammar.has_piece[:, inputs.locked_pieces].any(axis=1)
        fill_temperature = max(request.temperature, 1.0) if request.temperature > 0 else 0.0
        return _Job(
            request,
            inputs,
            plans,
            controls,
            style_frames,
            expected,
            factors,
            asked,
            usable,
            Sampler(request.seed, rows, request.temperature, request.top_p, first_row=request.first_take),
            # Fills consist of what is rarely played, so they need the tail of the distribution.
            Sampler(request.seed + 1, rows, fill_temperature, 1.0, first_row=request.first_take),
            [[] for _ in plans],
            [[] for _ in plans],
            np.zeros(rows),
            np.zeros(rows, np.int64),
        )

    def _write_rows(
        self,
        job: _Job,
        bar: int,
        rows: Ints,
        sampler: Sampler,
        context: Floats,
        state: DecoderState,
        new: dict[int, Array],
    ) -> None:
        """Write one bar of the takes in `rows`: the hits into `new`, the rest into `job` and `state`."""
        task = self._task(job, bar, rows, context)
        before = state.of(rows)
        found, after, log_likelihood = self._writer.write(task, before, sampler, rows)
        for _ in range(REWRITES):
            is_repeat = [
                _repeats(own.hits, job.hits[row]) for row, own in zip(rows.tolist(), found, strict=True)
            ]
            if not any(is_repeat) or job.request.temperature == 0:
                break
            again = self._rewritten(task, before, job.fill_sampler, rows, np.flatnonzero(is_repeat))
            for index, (own, own_state, gain) in again.items():
                found[index] = own
                after.put(np.array([index]), own_state)
                log_likelihood[index] = gain
        state.put(rows, after)
        job.log_likelihood[rows] += log_likelihood
        job.written_bars[rows] += 1
        for row, written in zip(rows.tolist(), found, strict=True):
            new[row] = written.hits
            job.tokens[row].extend(written.tokens)

    def _task(self, job: _Job, bar: int, rows: Ints, context: Floats) -> BarTask:
        inputs = job.inputs
        usable = job.usable[rows]
        usable &= self._grammar.last_position < _end_position(int(inputs.frames[bar]))
        for index, row in enumerate(rows.tolist()):
            own = job.plans[row][bar]
            if own.cymbal is not Cymbal.CRASH and own.kind is not BarKind.FILL:
                usable[index] &= ~self._crashes  # the plan adds the crash on the downbeat
        return BarTask(
            context=context[rows],
            guidance=tuple(self._bar_guidance(job, row, bar) for row in rows.tolist()),
            usable=usable,
            locked=_in_bar(inputs.locked_hits, bar - inputs.primed),
            locked_pieces=inputs.locked_pieces,
            must_play=not inputs.locked_pieces.any(),
        )

    def _rewritten(
        self, task: BarTask, before: DecoderState, sampler: Sampler, rows: Ints, chosen: Ints
    ) -> dict[int, tuple[WrittenBar, DecoderState, float]]:
        """Some bars of a task written once more, by their index in `rows`."""
        own_task = replace(
            task,
            context=task.context[chosen],
            guidance=tuple(task.guidance[index] for index in chosen.tolist()),
            usable=task.usable[chosen],
        )
        found, after, gained = self._writer.write(own_task, before.of(chosen), sampler, rows[chosen])
        return {
            index: (own, after.of(np.array([at])), float(gained[at]))
            for at, (index, own) in enumerate(zip(chosen.tolist(), found, strict=True))
        }

    def _context(
        self, encoded: EncodedParts, bar: int, read: Floats, last: Floats, style: Floats, controls: Ints
    ) -> tuple[Floats, Floats]:
        """The decoder's context (rows, 16, width) of a bar, and the bar before as `look_back` reads it later."""
        first = max(0, bar - PAST_BARS)
        past = encoded.bars[first:bar]
        if first == 0:
            past = np.concatenate([zeros(1, encoded.bars.shape[1]), past])
        known = np.ones(len(past), np.float32)
        if first == 0:
            known[0] = 0
        earlier = read[:, -(len(past) - 1) :] if len(past) > 1 else read[:, :0]
        context, last_read = self._look_back(
            encoded.frames[bar], encoded.bars[bar], past, earlier, last, known, style, controls
        )
        return context, last_read

    def _bar_guidance(self, job: _Job, row: int, bar: int) -> BarGuidance | None:
        """Guidance towards the expected hits of a bar, as many as its density factor asks for."""
        if job.request.follow == 0:
            return None
        frames, locked_pieces = int(job.inputs.frames[bar]), job.inputs.locked_pieces
        own = job.expected[row, bar].copy()
        own[frames:] = 0
        own[:, locked_pieces] = 0
        ordered = np.sort(own, axis=None)[::-1]
        index = min(max(round(float(own.sum()) * float(job.factors[row, bar])), 1), len(ordered) - 1)
        between = (ordered[index - 1] + ordered[index]) / 2
        threshold = float(np.clip(between, LEAST_THRESHOLD, MOST_THRESHOLD))
        own = with_density(own, threshold, float(job.asked[row, bar]))
        if job.plans[row][bar].kind is not BarKind.FILL:
            return self._guidance.of_bar(own, threshold, STRENGTH * job.request.follow)
        # A fill follows what is expected in its first half, and has toms in its second.
        likely = np.clip(own, 1e-4, 1 - 1e-4)
        strength = FILL_STRENGTH * job.request.follow
        nats = strength * (np.log(likely / (1 - likely)) - np.log(threshold / (1 - threshold)))
        nats[frames // 2 :] = 0
        nats[frames // 2 : frames, _IS_TOM & ~locked_pieces] = FILL_NATS
        return self._guidance.of_bar(1 / (1 + np.exp(-nats)), 0.5, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What stays the same over the bars of a request, and what is written so far, a row a take.

    `expected` (rows, bars, 16, pieces): the probability of each hit; `factors` (rows, bars): how many times as many
    hits to write as the style has; `asked` (rows, bars): how many times as many as that a person asks for; `usable`
    (rows, tokens). `hits`, `tokens`, `log_likelihood` and `written_bars` grow.
    """

    request: DrumRequest
    inputs: ModelInput
    plans: Sequence[Plan]
    controls: Ints
    style_frames: Floats
    expected: Floats
    factors: npt.NDArray[np.float64]
    asked: npt.NDArray[np.float64]
    usable: Bools
    sampler: Sampler
    fill_sampler: Sampler
    hits: list[list[Array]]
    tokens: list[list[int]]
    log_likelihood: npt.NDArray[np.float64]
    written_bars: Ints

    def begin_bar(self, bar: int) -> None:
        for sampler in (self.sampler, self.fill_sampler):
            sampler.begin_bar(bar)

    def writing(self, bar: int) -> Iterator[tuple[Ints, Sampler]]:
        """The rows in which the bar is written anew, by the sampler that writes them: fills have their own."""
        if self.inputs.given[bar]:
            return
        kinds = [plan[bar].kind if plan[bar].is_written else None for plan in self.plans]
        for is_fill, sampler in ((False, self.sampler), (True, self.fill_sampler)):
            rows = [row for row, kind in enumerate(kinds) if kind and (kind is BarKind.FILL) == is_fill]
            if rows:
                yield np.array(rows, np.int64), sampler


class FeelMasks:
    """The tokens that can come in straight bars, in bars of triplets and in those that mix both: (tokens,) each."""

    def __init__(self, grammar: Grammar, vocabulary: DrumVocabulary) -> None:
        self.straight = grammar.on_grid & grammar.is_straight
        self.mixed = grammar.on_grid
        self.triplets = np.array(
            [
                all(
                    (value - LEAD_POSITIONS) % TRIPLET_STEP == 0
                    or (value - LEAD_POSITIONS) % POSITIONS_PER_BEAT == 0
                    for kind, value in run
                    if kind == DrumVocabulary.POSITION
                )
                for run in vocabulary.to_runs()
            ]
        )

    def usable(self, style_triplets: float, part_triplets: float) -> Bools:
        """The mask for the triplet shares of a style and of the parts; clear triplets in the parts decide."""
        share = part_triplets if part_triplets > TRIPLETS_ABOVE else style_triplets
        if share > TRIPLETS_ABOVE:
            return self.triplets
        return self.straight if share < STRAIGHT_BELOW and part_triplets < STRAIGHT_BELOW else self.mixed


def plan_controls(
    request: DrumRequest, inputs: ModelInput, bar_styles: Sequence[Sequence[Style]], plans: Sequence[Plan]
) -> Ints:
    """The control levels of every bar of every take: (rows, bars, 6).

    The planned cymbal counts where a person planned it or the style plays it too; else the style decides.
    """
    found = np.zeros((len(plans), len(inputs.bars), len(CONTROL_SIZES)), np.int64)
    found[..., METER] = inputs.meters
    found[..., TEMPO] = tempo_level(request.bpm)
    before = None if request.plan_before is None else inputs.plan_of_model_bars(request.plan_before)
    for row, plan in enumerate(plans):
        known = {key: _timekeepers(style) for key, style in by_identity(bar_styles[row]).items()}
        for bar, own in enumerate(plan.bars):
            found[row, bar, KIND] = _KINDS.get(own.kind, 0)
            found[row, bar, CRASH] = 1 + own.crash
            by_person = request.plan is not None and (before is None or before[bar].cymbal is not own.cymbal)
            if by_person or own.cymbal in known[id(bar_styles[row][bar])]:
                found[row, bar, CYMBAL] = 1 + CYMBALS.index(own.cymbal)
    return found


def _timekeepers(style: Style) -> frozenset[Cymbal]:
    """The cymbals of a style that play at least a third as much as the one that plays most."""
    played = {
        cymbal: sum(
            float(style.pattern[..., piece].sum())
            for piece, voice in enumerate(VOICE_OF_PIECE)
            if voice is not None and VOICES[voice] == cymbal.value
        )
        for cymbal in Cymbal
        if cymbal is not Cymbal.NONE
    }
    most = max(played.values())
    return frozenset(cymbal for cymbal, share in played.items() if most > 0 and share >= most / 3)


def _end_position(frames: int) -> int:
    """The first position after a bar of so many sixteenths."""
    return frames * POSITIONS_PER_FRAME


def _bar_hits(job: _Job, plan: Plan, bar: int, written: Array | None, before: list[Array]) -> Array:
    """The hits of one bar of a take, as bar 0."""
    inputs, own = job.inputs, plan[bar]
    if inputs.given[bar]:
        return _in_bar(inputs.grid, bar)
    if own.kind is BarKind.STOP:
        return np.zeros(0, HIT)
    if written is None:
        written = before[bar - own.repeats].copy()
        written = written[written["position"] < _end_position(int(inputs.frames[bar]))]
    written = _with_crash(written, own)
    free = written[~inputs.locked_pieces[written["piece"]]]
    locked = _in_bar(inputs.locked_hits, bar - inputs.primed)
    if not job.request.any_hands and len(locked) == 0:
        free = playable(free)
    return np.sort(np.concatenate([free, locked]), order=("position", "piece"))


def _repeats(hits: Array, before: Sequence[Array]) -> bool:
    """Whether a bar plays the same as one of the last two, apart from crashes."""
    own = _without_crashes(hits)
    return any(own == _without_crashes(earlier) for earlier in before[-REPEATED_BARS:])


def _without_crashes(hits: Array) -> set[tuple[int, int]]:
    """The positions and pieces of a bar."""
    own = hits[~_IS_CRASH[hits["piece"]]]
    return set(zip(own["position"].tolist(), own["piece"].tolist(), strict=True))


def _in_bar(hits: Array, bar: int) -> Array:
    """The hits of one bar, as bar 0."""
    own = hits[hits["bar"] == bar].copy()
    own["bar"] = 0
    return own


def _with_crash(hits: Array, plan: BarPlan) -> Array:
    """The hits of a bar with a crash on the downbeat where it is planned, and without one where it is not."""
    downbeat = hits["position"] < LEAD_POSITIONS + POSITIONS_PER_FRAME // 2
    is_crash = downbeat & _IS_CRASH[hits["piece"]]
    if plan.crash:
        if is_crash.any():
            return hits
        return np.concatenate([hits, np.array([(0, LEAD_POSITIONS, _CRASH, WRITTEN_LEVEL)], HIT)])
    return hits[~is_crash] if plan.cymbal is not Cymbal.CRASH else hits


def _joined(bars: Sequence[Array], inputs: ModelInput) -> Array:
    """The hits of the requested bars that are neither given nor locked."""
    found: list[Array] = [np.zeros(0, HIT)]
    for bar in range(inputs.primed, len(bars)):
        if not inputs.given[bar]:
            own = bars[bar].copy()
            own = own[~inputs.locked_pieces[own["piece"]]]
            own["bar"] = bar - inputs.primed
            found.append(own)
    return np.concatenate(found)
