"""DrumGenerator: a request in, drums out: a style for each take, a plan of its bars, what is new in them, the hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.choosing import (
    CHANGE_NATS,
    FIRST_CHANGE_NATS,
    different_styles,
    named_like,
    probabilities,
    serving_style,
    style_of_section,
    styles_like,
)
from musegen_daw.drums.critic import Critic
from musegen_daw.drums.events import FRAMES_PER_BAR, LEAD_POSITIONS, POSITIONS_PER_BEAT, Array
from musegen_daw.drums.features import part_frames
from musegen_daw.drums.grammar import Grammar
from musegen_daw.drums.guidance import Guidance
from musegen_daw.drums.hand import Hand
from musegen_daw.drums.hands import playable
from musegen_daw.drums.meter import METERS, meter_level
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.plan_steering import Steering
from musegen_daw.drums.planning import Planner
from musegen_daw.drums.recall import with_recall
from musegen_daw.drums.recent import Recent
from musegen_daw.drums.repeats import within_styles
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake, check
from musegen_daw.drums.scene import Scene
from musegen_daw.drums.signatures import DrumSizes, drum_signatures
from musegen_daw.drums.style import STYLE_BARS, Style, StyleBook
from musegen_daw.drums.takes import Memory, TakeWriter
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.drums.writer import BarWriter
from musegen_daw.errors import ModelError
from musegen_daw.models.session import Graph, OnnxGraph
from musegen_daw.models.signature import Signature
from musegen_daw.models.spec import ModelSpec, load_spec
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar
from musegen_daw.progress import Cancelled, IsCancelled, Progress

Floats = npt.NDArray[np.float32]

KIND = "drums"
WINDOW_BARS = 16
OVERLAP_BARS = 4
DEFAULT_BPM = 120.0
KEPT_PARTS, KEPT_CHOICES = 4, 64
USUAL_CRASHES = 0.5  # at which tracks have as many as human ones, those at sections among them
USUAL_COMPLEXITY = 0.8  # at which as many bars are played again


@dataclass(frozen=True, slots=True)
class DrumGraphs:
    """The functions of the model, arrays to arrays, as the export describes them.

    `step` comes as an exact graph and as one with 8-bit weights, about twice as fast.
    """

    encode: Graph
    choose: Graph
    expect: Graph
    look_back: Graph
    step: Graph
    plan: Graph
    hand: Graph
    critic: Graph | None = None


class DrumGenerator:
    """Drums from the model; what a request gives depends on nothing that was asked before.

    What the model reads of parts is kept for the next requests, for a clip is asked about again and again.
    """

    def __init__(self, spec: ModelSpec, graphs: DrumGraphs) -> None:
        self.name = spec.name
        facts = _Facts.of(spec)
        self.vocabulary, self.styles, sizes = facts.vocabulary, facts.styles, facts.sizes
        try:
            grammar = Grammar(self.vocabulary)
            self._planner = Planner(graphs.plan, spec.facts["planner"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise _damaged(spec) from error
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
        self._memories: Recent[bytes, Memory] = Recent(KEPT_PARTS)
        self._choices: Recent[bytes, Floats] = Recent(KEPT_CHOICES)

    @classmethod
    def open(cls, folder: Path, threads: int = 1, *, exact: bool = False) -> DrumGenerator:
        """Open the model in `folder`, with 8-bit weights where it has them or `exact`.

        Raises ModelError where it is missing, damaged or of another kind.
        """
        spec = load_spec(folder, KIND)
        step = "step" if exact or "step_8bit" not in spec.graphs else "step_8bit"
        roles = ["encode", "choose", "expect", "look_back", step, "plan", "hand"]
        roles += [role for role in ("critic",) if role in spec.graphs]
        signatures = _Facts.of(spec).signatures(spec)
        return cls(
            spec, DrumGraphs(*(OnnxGraph(folder, spec, role, threads, signatures[role]) for role in roles))
        )

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult:
        """Write the drums of `request`; the same request gives the same notes.

        `progress` is told bars done and bars in all; where `cancelled` answers true, Cancelled is
        raised. Raises ValueError where the request makes no sense.
        """
        check(request)
        scene = Scene.of(request)
        memory = self._read_parts(scene)
        likely = self._likely_styles(scene, request)
        styles = self._chosen_styles(request, scene, likely)
        lines = self._lines(request, scene, styles)
        plans = self._planner.write(
            scene.part,
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
            given=scene.given_plans(request, self._planner.scale),
            fills=[
                scene.primed + bar for bar, owner in enumerate(scene.owners) if owner in request.fill_bars
            ],
        )

        fixed = [scene.given[bar] or request.plan is not None for bar in range(len(scene.bars))]
        plans = [
            with_recall(within_styles(plan, line), scene.part, line, fixed, scene.places)
            for plan, line in zip(plans, lines, strict=True)
        ]

        def done(bar: int) -> None:
            if cancelled is not None and cancelled():
                raise Cancelled
            if progress is not None and bar > scene.primed:
                progress(scene.owners[bar - scene.primed - 1] + 1, len(request.bars))

        has_short_bars = bool((scene.frames < FRAMES_PER_BAR).any())
        usual_hits = self._usual_hits(request, scene) if has_short_bars else None
        written = self._takes.write(
            request, scene, memory, lines, plans, self._planner.scale, usual_hits, done
        )
        takes = [
            DrumTake(
                self._played(request, scene, plan, own.hits, row),
                own.log_likelihood,
                own.tokens,
                style,
                float(likely[style.code]) if style.code >= 0 else 0.0,
                _asked_plan(plan, scene),
            )
            for row, (style, plan, own) in enumerate(zip(styles, plans, written, strict=True))
        ]
        if request.within_style and self._critic is not None and len(takes) > 1:
            parts = part_frames(scene.onsets, len(scene.bars))[scene.primed * FRAMES_PER_BAR :]
            fit = self._critic.scores(parts, [own.hits for own in written], len(scene.asked))
            takes = [takes[row] for row in np.argsort(-np.asarray(fit), kind="stable").tolist()]
        return DrumResult(tuple(takes), request.seed)

    def _read_parts(self, scene: Scene) -> Memory:
        """What the encoder says of the parts."""
        key = b"|".join((scene.onsets.tobytes(), scene.heard.tobytes()))
        return self._memories.of(key, lambda: self._encoded(scene))

    def _encoded(self, scene: Scene) -> Memory:
        bars = len(scene.bars)
        parts = part_frames(scene.onsets, bars).reshape(bars, FRAMES_PER_BAR, -1)
        heard = scene.heard.astype(np.float32)
        frames: list[Floats] = []
        vectors: list[Floats] = []
        for start in range(0, bars, WINDOW_BARS):
            end = min(bars, start + WINDOW_BARS)
            before, after = max(0, start - OVERLAP_BARS), min(bars, end + OVERLAP_BARS)
            memory, own = self._encode(parts[before:after], heard[before:after])
            frames.append(memory[start - before : end - before])
            vectors.append(own[start - before : end - before])
        return Memory(np.concatenate(frames), np.concatenate(vectors))

    def _likely_styles(
        self, scene: Scene, request: DrumRequest, bars: range | None = None
    ) -> npt.NDArray[np.float64]:
        """How likely each style of the book is given what the parts play, there or in all bars: (styles,)."""
        codes = self.styles.of_meter(scene.meter)
        summary = scene.summary(request.bpm, bars)
        if summary is None:
            shares = np.zeros(len(self.styles))
            shares[codes] = self.styles.shares[codes] / self.styles.shares[codes].sum()
            return shares
        return probabilities(self._style_logits(summary), codes)

    def _style_logits(self, summary: Floats) -> Floats:
        return self._choices.of(summary.tobytes(), lambda: self._choose(summary)[0])

    def _usual_hits(self, request: DrumRequest, scene: Scene) -> float:
        """Hits a sixteenth in the style that the parts would ask for in 4/4, or in the one that was asked for."""
        style = request.style
        if style is None:
            codes = self.styles.of_meter("4/4")
            summary = scene.summary(request.bpm, meter=meter_level(FRAMES_PER_BAR, is_compound=False))
            logits = np.log(self.styles.shares) if summary is None else self._style_logits(summary)
            style = self.styles[serving_style(probabilities(logits, codes), self._likeness)]
        return float(style.pattern.sum()) / (STYLE_BARS * METERS[style.meter].frames)

    def _lines(self, request: DrumRequest, scene: Scene, styles: Sequence[Style]) -> list[tuple[Style, ...]]:
        """The style of every bar of each take: its own, or in a section that asks for it one like it."""
        sections = scene.sections
        if request.style is not None or scene.primed or len(sections) < 2:
            return [(style,) * len(scene.bars) for style in styles]
        likely = [self._likely_styles(scene, request, bars) for bars in sections]
        changes = [FIRST_CHANGE_NATS] + [CHANGE_NATS] * (len(styles) - 1)
        return [
            tuple(
                style
                for bars, own in zip(sections, likely, strict=True)
                for style in [style_of_section(main, own, self.styles, self._likeness, change)] * len(bars)
            )
            for main, change in zip(styles, changes, strict=True)
        ]

    def _chosen_styles(
        self, request: DrumRequest, scene: Scene, likely: npt.NDArray[np.float64]
    ) -> list[Style]:
        """The style of each take."""
        wanted = request.style if request.style is not None else scene.groove()
        if wanted is None:
            count = 1 if request.within_style else request.variations
            codes = different_styles(likely, count, self._likeness)
            styles = [self.styles[code] for code in codes]
        elif request.within_style:
            styles = [named_like(wanted, self.styles)]
        else:
            styles = styles_like(self.styles, named_like(wanted, self.styles), likely, request.variations)
        return styles * request.variations if request.within_style else styles

    def _played(self, request: DrumRequest, scene: Scene, plan: Plan, hits: Array, row: int) -> Clip:
        """The hits of a take (HIT on the grid, bar 0 the first asked for) as a hand plays them, with what stands."""
        asked = scene.asked
        bpm = request.bpm or DEFAULT_BPM
        kept = hits if request.any_hands else playable(hits, bpm=bpm)
        energy = np.array([bar.energy for bar in plan.bars[scene.primed :]], float)
        seed = 0 if request.temperature == 0 else request.seed
        touch = self._hand.play(kept, bars=len(asked), energy=energy, bpm=bpm, seed=_stream(seed, row))
        free = _with_touch(kept, touch.velocity, touch.offset_beats, asked, request)
        return Clip(
            (*free, *scene.standing_notes),
            asked[-1].end_ticks,
            request.ppq,
            name="musegen drums",
            is_drum=True,
        )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the description of a model says of its tokens, styles and sizes."""

    vocabulary: DrumVocabulary
    styles: StyleBook
    sizes: DrumSizes

    @classmethod
    def of(cls, spec: ModelSpec) -> _Facts:
        """Raises ModelError where the description does not say it."""
        try:
            return cls(
                DrumVocabulary.from_runs(spec.facts["vocabulary"]),
                StyleBook.from_dict(spec.facts["styles"]),
                DrumSizes.from_facts(spec.facts),
            )
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise _damaged(spec) from error

    def signatures(self, spec: ModelSpec) -> dict[str, Signature]:
        """What is needed of each graph; how wide the context of a step is, the description of `look_back` says."""
        outputs = spec.graphs["look_back"].outputs if "look_back" in spec.graphs else ()
        width = outputs[0].shape[-1] if outputs and outputs[0].shape else "context"
        return drum_signatures(self.sizes, len(self.vocabulary), len(self.styles), width)


def _damaged(spec: ModelSpec) -> ModelError:
    return ModelError(f"The description of the model {spec.name} is damaged; install it again.")


def check_description(folder: Path) -> None:
    """Check the description of a drum model without opening it; raises ModelError where it does not make sense."""
    spec = load_spec(folder, KIND)
    _Facts.of(spec).signatures(spec)


def _stream(seed: int, row: int) -> int:
    return (seed * 1_000_003 + row) % 2**63


def _with_touch(
    hits: Array,
    velocity: npt.NDArray[np.int64],
    offset_beats: npt.NDArray[np.float64],
    bars: Sequence[Bar],
    request: DrumRequest,
) -> tuple[Note, ...]:
    """The hits as notes, as loud and as early or late as they are played; on the grid unless timing is human."""
    ppq = request.ppq
    first_ticks, last_ticks = bars[0].start_ticks, bars[-1].end_ticks - 1
    length_ticks = max(1, ppq // 4)
    starts = np.array([bar.start_ticks for bar in bars], np.int64)[hits["bar"]]
    away = (hits["position"].astype(np.float64) - LEAD_POSITIONS) / POSITIONS_PER_BEAT
    if request.human_timing is not False:
        away = away + offset_beats
    ticks = np.clip(starts + np.floor(away * ppq + 0.5).astype(np.int64), first_ticks, last_ticks)
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


def _asked_plan(plan: Plan, scene: Scene) -> Plan:
    """The plan of the written bars that were asked for; of a bar in parts the first says what it is."""
    found: dict[int, BarPlan] = {}
    for index, owner in enumerate(scene.owners):
        own = plan[scene.primed + index]
        if owner not in found:
            found[owner] = own
        elif own.kind is BarKind.FILL:
            found[owner] = replace(own, crash=found[owner].crash)
    for owner, own in found.items():
        if own.repeats:
            source = scene.owners.index(owner) - own.repeats
            since = owner - scene.owners[source] if source >= 0 else 0
            kind = BarKind.REPEAT if since else BarKind.GROOVE
            found[owner] = replace(own, repeats=since, kind=kind)
    return Plan(tuple(found[owner] for owner in sorted(found)))
