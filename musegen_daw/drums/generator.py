"""DrumGenerator: from a request to drums, by a style for each take, a plan of its bars, their hits and the hand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.bar_writer import BarWriter
from musegen_daw.drums.critic import Critic
from musegen_daw.drums.events import FRAMES_PER_BAR, LEAD_POSITIONS, POSITIONS_PER_BEAT, Array
from musegen_daw.drums.features import part_frames
from musegen_daw.drums.grammar import Grammar
from musegen_daw.drums.guidance import Guidance
from musegen_daw.drums.hand import Hand, playable
from musegen_daw.drums.meter import METERS, meter_level
from musegen_daw.drums.model import DrumDescription, DrumGraphs, damaged
from musegen_daw.drums.model_input import ModelInput
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.plan_repeats import with_recall, within_styles
from musegen_daw.drums.planner import Planner, Steering
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake, check
from musegen_daw.drums.style import (
    CHANGE_NATS,
    FIRST_CHANGE_NATS,
    STYLE_BARS,
    Style,
    StyleBook,
    by_identity,
    consensus_style,
    different_styles,
    probabilities,
    style_of_section,
    styles_like,
    with_nearest_code,
)
from musegen_daw.drums.take_writer import EncodedParts, TakeWriter, WrittenTake
from musegen_daw.models.spec import ModelSpec
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar
from musegen_daw.progress import Cancelled, IsCancelled, Progress

Floats = npt.NDArray[np.float32]
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

WINDOW_BARS = 16
OVERLAP_BARS = 4
DEFAULT_BPM = 120.0
CACHED_PARTS, CACHED_CHOICES = 4, 64
USUAL_CRASHES = 0.5  # as many crashes as human tracks, those at sections included
USUAL_COMPLEXITY = 0.8  # as many repeated bars as human tracks


class LruCache(Generic[Key, Value]):
    """The most recently used results of a pure function; safe to use from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        found = make()
        with self._lock:
            self._values[key] = found
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return found


class DrumGenerator:
    """Drums from the model; a result depends on its request alone.

    What the encoder makes of the parts is cached, because the same clip is asked for again and again.
    """

    def __init__(self, spec: ModelSpec, graphs: DrumGraphs) -> None:
        self.name = spec.name
        description = DrumDescription.of(spec)
        self.vocabulary, self.styles = description.vocabulary, description.styles
        sizes = description.sizes
        try:
            grammar = Grammar(self.vocabulary)
            self._planner = Planner(graphs.plan, spec.facts["planner"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise damaged(spec) from error
        self._encode, self._choose = graphs.encode, graphs.choose
        self._hand = Hand(graphs.hand)
        self._critic = None if graphs.critic is None else Critic(graphs.critic)
        guidance = Guidance(self.vocabulary, grammar)
        state_shape = sizes.decoder_layers, sizes.decoder_width
        writer = BarWriter(graphs.step, grammar, guidance, self.vocabulary, state_shape)
        self._takes = TakeWriter(
            graphs.expect, graphs.look_back, writer, grammar, guidance, self.vocabulary, sizes.history_width
        )
        self._likeness = self.styles.likeness
        self._encoded: LruCache[bytes, EncodedParts] = LruCache(CACHED_PARTS)
        self._choices: LruCache[bytes, Floats] = LruCache(CACHED_CHOICES)

    @classmethod
    def open(cls, folder: Path, threads: int = 1, *, exact: bool = False) -> DrumGenerator:
        """Open the model in `folder`, with 8-bit weights where it has them unless `exact`.

        Raises ModelError where it is missing, damaged or of another kind.
        """
        return cls(*DrumGraphs.open(folder, threads, exact=exact))

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult:
        """Write the drums of `request`; the same request gives the same notes.

        `progress` receives bars done and bars in all. Raises Cancelled when `cancelled` returns true, ValueError for
        a request that `check` refuses.
        """
        check(request)
        inputs = ModelInput.of(request)
        encoded = self._encoded_parts(inputs)
        likely = self._style_probabilities(inputs, request)
        styles = self._take_styles(request, inputs, likely)
        bar_styles = self._bar_styles(request, inputs, styles)
        plans = self._plans(request, inputs, styles, bar_styles)

        def done(bar: int) -> None:
            if cancelled is not None and cancelled():
                raise Cancelled
            if progress is not None and bar > inputs.primed:
                progress(inputs.owners[bar - inputs.primed - 1] + 1, len(request.bars))

        has_short_bars = bool((inputs.frames < FRAMES_PER_BAR).any())
        usual_hits = self._usual_hits(request, inputs) if has_short_bars else None
        written = self._takes.write(
            request, inputs, encoded, bar_styles, plans, self._planner.scale, usual_hits, done
        )
        takes = [
            DrumTake(
                self._played(request, inputs, plan, own.hits, request.first_take + row),
                own.log_likelihood,
                own.tokens,
                style,
                float(likely[style.code]) if style.code >= 0 else 0.0,
                _requested_plan(plan, inputs, own_styles, style),
                request.first_take + row,
            )
            for row, (style, own_styles, plan, own) in enumerate(
                zip(styles, bar_styles, plans, written, strict=True)
            )
        ]
        return DrumResult(tuple(self._best_first(request, inputs, takes, written)), request.seed)

    def style_fits(self, request: DrumRequest) -> tuple[float, ...]:
        """The probability of each learned style given the parts of `request`; 0 for styles of another meter."""
        check(request)
        return tuple(self._style_probabilities(ModelInput.of(request), request).tolist())

    def _plans(
        self,
        request: DrumRequest,
        inputs: ModelInput,
        styles: Sequence[Style],
        bar_styles: Sequence[Sequence[Style]],
    ) -> list[Plan]:
        """The plan of each take, over all model bars."""
        plans = self._planner.write(
            inputs.part,
            styles,
            seed=request.seed,
            bpm=request.bpm,
            steering=Steering(
                request.fills,
                USUAL_CRASHES if request.crashes is None else request.crashes,
                request.density,
                request.energy,
                USUAL_COMPLEXITY if request.complexity is None else request.complexity,
            ),
            given=inputs.given_plans(request, self._planner.scale),
            fills=[
                inputs.primed + bar for bar, owner in enumerate(inputs.owners) if owner in request.fill_bars
            ],
            first_row=request.first_take,
        )
        fixed = [inputs.given[bar] or request.plan is not None for bar in range(len(inputs.bars))]
        return [
            with_recall(within_styles(plan, own), inputs.part, own, fixed, inputs.places)
            for plan, own in zip(plans, bar_styles, strict=True)
        ]

    def _best_first(
        self,
        request: DrumRequest,
        inputs: ModelInput,
        takes: list[DrumTake],
        written: Sequence[WrittenTake],
    ) -> list[DrumTake]:
        """Takes in one style by how well they fit the parts; others as they are."""
        if not request.within_style or self._critic is None or len(takes) < 2:
            return takes
        parts = part_frames(inputs.onsets, len(inputs.bars))[inputs.primed * FRAMES_PER_BAR :]
        fit = self._critic.scores(parts, [own.hits for own in written], len(inputs.requested))
        return [takes[row] for row in np.argsort(-np.asarray(fit), kind="stable").tolist()]

    def _encoded_parts(self, inputs: ModelInput) -> EncodedParts:
        key = b"|".join((inputs.onsets.tobytes(), inputs.heard.tobytes()))
        return self._encoded.get_or_make(key, lambda: self._run_encoder(inputs))

    def _run_encoder(self, inputs: ModelInput) -> EncodedParts:
        """The output of the encoder, in windows of 16 bars that overlap by four."""
        bars = len(inputs.bars)
        parts = part_frames(inputs.onsets, bars).reshape(bars, FRAMES_PER_BAR, -1)
        heard = inputs.heard.astype(np.float32)
        frames: list[Floats] = []
        vectors: list[Floats] = []
        for start in range(0, bars, WINDOW_BARS):
            end = min(bars, start + WINDOW_BARS)
            before, after = max(0, start - OVERLAP_BARS), min(bars, end + OVERLAP_BARS)
            by_frame, by_bar = self._encode(parts[before:after], heard[before:after])
            frames.append(by_frame[start - before : end - before])
            vectors.append(by_bar[start - before : end - before])
        return EncodedParts(np.concatenate(frames), np.concatenate(vectors))

    def _style_probabilities(
        self, inputs: ModelInput, request: DrumRequest, bars: range | None = None
    ) -> npt.NDArray[np.float64]:
        """The probability of each learned style (styles,) given what the parts play, in `bars` or in all."""
        codes = self.styles.of_meter(inputs.meter)
        summary = inputs.summary(request.bpm, bars)
        if summary is None:
            shares = np.zeros(len(self.styles))
            shares[codes] = self.styles.shares[codes] / self.styles.shares[codes].sum()
            return shares
        return probabilities(self._style_logits(summary), codes)

    def _style_logits(self, summary: Floats) -> Floats:
        return self._choices.get_or_make(summary.tobytes(), lambda: self._choose(summary)[0])

    def _usual_hits(self, request: DrumRequest, inputs: ModelInput) -> float:
        """Hits a sixteenth in the requested style, else in the style that the parts suggest in 4/4."""
        style = request.style
        if style is None:
            codes = self.styles.of_meter("4/4")
            summary = inputs.summary(request.bpm, meter=meter_level(FRAMES_PER_BAR, is_compound=False))
            logits = np.log(self.styles.shares) if summary is None else self._style_logits(summary)
            style = self.styles[consensus_style(probabilities(logits, codes), self._likeness)]
        return float(style.pattern.sum()) / (STYLE_BARS * METERS[style.meter].frames)

    def _take_styles(
        self, request: DrumRequest, inputs: ModelInput, likely: npt.NDArray[np.float64]
    ) -> list[Style]:
        """The style of each take."""
        if request.bar_styles and request.style is None and None not in request.bar_styles:
            own = [style for style in request.bar_styles if style is not None]
            commonest = max(dict.fromkeys(own), key=own.count)
            return [with_nearest_code(commonest, self.styles)] * request.variations
        wanted = request.style if request.style is not None else inputs.primer_style()
        if wanted is None:
            count = 1 if request.within_style else request.variations
            codes = different_styles(likely, count, self._likeness)
            styles = [self.styles[code] for code in codes]
        elif request.within_style:
            styles = [with_nearest_code(wanted, self.styles)]
        else:
            wanted = with_nearest_code(wanted, self.styles)
            styles = styles_like(self.styles, wanted, likely, request.variations)
        return styles * request.variations if request.within_style else styles

    def _bar_styles(
        self, request: DrumRequest, inputs: ModelInput, styles: Sequence[Style]
    ) -> list[tuple[Style, ...]]:
        """The style of every bar of each take: that of the take, or a related one in sections that suggest it."""
        if request.bar_styles:
            given = _of_model_bars(request, inputs, self.styles)
            return [tuple(own or style for own in given) for style in styles]
        sections = inputs.sections
        if request.style is not None or inputs.primed or len(sections) < 2:
            return [(style,) * len(inputs.bars) for style in styles]
        likely = [self._style_probabilities(inputs, request, bars) for bars in sections]
        changes = [FIRST_CHANGE_NATS] + [CHANGE_NATS] * (len(styles) - 1)
        return [
            tuple(
                style
                for bars, own in zip(sections, likely, strict=True)
                for style in [style_of_section(main, own, self.styles, self._likeness, change)] * len(bars)
            )
            for main, change in zip(styles, changes, strict=True)
        ]

    def _played(self, request: DrumRequest, inputs: ModelInput, plan: Plan, hits: Array, row: int) -> Clip:
        """The hits of a take (HIT on the grid, bar 0 the first requested) as played, with the locked notes."""
        bars = inputs.requested
        bpm = request.bpm or DEFAULT_BPM
        own = hits if request.any_hands else playable(hits, bpm=bpm)
        energy = np.array([bar.energy for bar in plan.bars[inputs.primed :]], float)
        seed = 0 if request.temperature == 0 else request.seed
        played = self._hand.play(
            own, bars=len(bars), energy=energy, bpm=bpm, seed=(seed * 1_000_003 + row) % 2**63
        )
        offset_beats = None if request.human_timing is False else played.offset_beats
        notes = _notes(own, played.velocity, offset_beats, bars, request.ppq)
        return Clip(
            (*notes, *inputs.locked_notes),
            bars[-1].end_ticks,
            request.ppq,
            name="musegen drums",
            is_drum=True,
        )


def _notes(
    hits: Array,
    velocity: npt.NDArray[np.int64],
    offset_beats: npt.NDArray[np.float64] | None,
    bars: Sequence[Bar],
    ppq: int,
) -> tuple[Note, ...]:
    """The hits as notes, `offset_beats` after their positions (None: on the grid)."""
    first_ticks, last_ticks = bars[0].start_ticks, bars[-1].end_ticks - 1
    length_ticks = max(1, ppq // 4)
    starts = np.array([bar.start_ticks for bar in bars], np.int64)[hits["bar"]]
    beats = (hits["position"].astype(np.float64) - LEAD_POSITIONS) / POSITIONS_PER_BEAT
    if offset_beats is not None:
        beats = beats + offset_beats
    ticks = np.clip(starts + np.floor(beats * ppq + 0.5).astype(np.int64), first_ticks, last_ticks)
    pitches = np.array([piece.pitch for piece in PIECES], np.int64)[hits["piece"]]
    order = np.lexsort((pitches, ticks))
    following: dict[int, int] = {}
    notes: list[Note] = []
    for index in order[::-1].tolist():
        pitch, start = int(pitches[index]), int(ticks[index])
        until = following.get(pitch)
        if until == start:
            continue
        length = length_ticks if until is None else min(length_ticks, until - start)
        notes.append(Note(pitch, int(velocity[index]), start, length))
        following[pitch] = start
    return tuple(reversed(notes))


def _of_model_bars(request: DrumRequest, inputs: ModelInput, book: StyleBook) -> list[Style | None]:
    """The requested style of every model bar, None for that of the take, as in the bars of a primer."""
    coded = {
        key: with_nearest_code(style, book)
        for key, style in by_identity(each for each in request.bar_styles if each is not None).items()
    }
    styles = [None if each is None else coded[id(each)] for each in request.bar_styles]
    return [*[None] * inputs.primed, *(styles[owner] for owner in inputs.owners)]


def _requested_plan(plan: Plan, inputs: ModelInput, styles: Sequence[Style], main: Style) -> Plan:
    """The plan of the requested bars; where one is several model bars, the first says what it is.

    `styles` are those of the model bars, `main` that of the take.
    """
    found: dict[int, BarPlan] = {}
    for index, owner in enumerate(inputs.owners):
        own, style = plan[inputs.primed + index], styles[inputs.primed + index]
        own = replace(own, style="" if style.code == main.code else style.name)
        if owner not in found:
            found[owner] = own
        elif own.kind is BarKind.FILL:
            found[owner] = replace(own, crash=found[owner].crash)
    for owner, own in found.items():
        if own.repeats:
            source = inputs.owners.index(owner) - own.repeats
            since = owner - inputs.owners[source] if source >= 0 else 0
            kind = BarKind.REPEAT if since else BarKind.GROOVE
            found[owner] = replace(own, repeats=since, kind=kind)
    return Plan(tuple(found[owner] for owner in sorted(found)))
