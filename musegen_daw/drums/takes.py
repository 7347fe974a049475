"""Writes takes bar by bar: what is new by the model, repeats from what was written, crashes where the plan has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, HIT, LEAD_POSITIONS, POSITIONS_PER_FRAME, Array
from musegen_daw.drums.features import DRUM_FEATURES, drum_frames
from musegen_daw.drums.feel import Feels, end_of
from musegen_daw.drums.grammar import Grammar
from musegen_daw.drums.guidance import Guidance, Lean
from musegen_daw.drums.hands import playable
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.plan_controls import evened, how_busy, plan_controls
from musegen_daw.drums.plan_reading import PlanScale
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.sampler import Sampler
from musegen_daw.drums.scene import Scene
from musegen_daw.drums.style import Style, frames_of
from musegen_daw.drums.tokens import WRITTEN_LEVEL, DrumVocabulary
from musegen_daw.drums.writer import BarTask, BarWriter, DecoderState, WrittenBar
from musegen_daw.models.session import Graph, zeros
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]

PAST_BARS = 24
STRENGTH = 4.0  # these were chosen on the validation split
VARIED_STRENGTH = 4.0  # a variation is not what is likeliest: that was played already
STYLE_SHARE, ASKED_STYLE_SHARE = 0.3, 0.6  # of what is expected that is the groove of the style alone
REWRITES = 1  # of a bar that was to be new and is not
AGAIN_BARS = 2
FILL_STRENGTH = 4.0
FILL_NATS = 1.2  # by which a tom in the second half of a fill is drawn
LEAST_THRESHOLD, MOST_THRESHOLD = 0.06, 0.5
_CRASH = next(index for index, piece in enumerate(PIECES) if piece.name == "crash")
_IS_TOM = np.array([voice is not None and VOICES[voice].endswith("tom") for voice in VOICE_OF_PIECE])
_IS_CRASH = np.array([voice is not None and VOICES[voice] == "crash" for voice in VOICE_OF_PIECE])


@dataclass(frozen=True, slots=True)
class Memory:
    """What the encoder says of the parts: (bars, 16, width) and (bars, width)."""

    frames: Floats
    bars: Floats


@dataclass(frozen=True, slots=True)
class WrittenTake:
    """The hits of a take (HIT on the grid, bar 0 the first asked for), its tokens, its log-likelihood a written bar."""

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
        self._feels = Feels(grammar, vocabulary.to_runs(), vocabulary.POSITION)
        self._crashes = grammar.has_piece[:, _IS_CRASH].any(axis=1)

    def write(
        self,
        request: DrumRequest,
        scene: Scene,
        memory: Memory,
        lines: Sequence[Sequence[Style]],
        plans: Sequence[Plan],
        scale: PlanScale,
        usual_hits: float | None,
        done: Callable[[int], None],
    ) -> list[WrittenTake]:
        """One take for each of `lines`, the styles of its bars, and plan.

        `usual_hits` are hits a sixteenth as the parts would ask for in 4/4, None where all bars are.
        `done` is told how many bars are finished, and may raise.
        """
        rows, bars = len(lines), len(scene.bars)
        controls = plan_controls(request, scene, lines, plans)
        busier = np.stack([how_busy(request, plan, scale) for plan in plans])
        style_frames = np.stack([frames_of(line) for line in lines])
        expected = np.clip(self._expect(memory.frames, style_frames, controls)[0], 0, 1)
        asked_for = request.style is not None or request.primer is not None
        share = ASKED_STYLE_SHARE if asked_for else STYLE_SHARE
        expected += share * (style_frames[..., : len(PIECES)] - expected)
        if usual_hits is not None:
            busier *= evened(expected, scene.frames, usual_hits)
        sampler = Sampler(request.seed, rows, request.temperature, request.top_p)
        # a fill is what is seldom played: the tail of what is likely is what it is made of
        open_sampler = Sampler(request.seed + 1, rows, _opened(request.temperature), 1.0)
        usable = np.stack([self._feels.usable(line[-1].triplets, scene.triplets) for line in lines])
        usable &= ~self._grammar.has_piece[:, scene.standing_pieces].any(axis=1)
        hits: list[list[Array]] = [[] for _ in lines]
        tokens: list[list[int]] = [[] for _ in lines]
        gained = np.zeros(rows)
        counts = np.zeros(rows, np.int64)
        read = zeros(rows, 0, FRAMES_PER_BAR, self._history_width)
        last = zeros(rows, FRAMES_PER_BAR, DRUM_FEATURES)
        state: DecoderState | None = None
        for bar in range(bars):
            done(bar)
            writing = np.array(
                [row for row, plan in enumerate(plans) if not scene.given[bar] and plan[bar].is_written],
                np.int64,
            )
            context, last_read = self._context(
                memory, bar, read, last, style_frames[:, bar], controls[:, bar]
            )
            read = np.concatenate([read, last_read[:, None]], axis=1)
            new: dict[int, Array] = {}
            if len(writing) and state is None:
                state = self._writer.start(context)
            fills = np.array([plans[row][bar].kind is BarKind.FILL for row in writing.tolist()], bool)
            for group, drawing in ((writing[~fills], sampler), (writing[fills], open_sampler)):
                if not len(group) or state is None:
                    continue
                task = BarTask(
                    context=context[group],
                    leans=tuple(
                        self._lean(
                            request, scene, expected[row, bar], plans[row][bar], bar, float(busier[row, bar])
                        )
                        for row in group.tolist()
                    ),
                    usable=self._usable(usable, group, plans, scene, bar),
                    kept=_in_bar(scene.standing, bar - scene.primed),
                    kept_pieces=scene.standing_pieces,
                    must_play=not scene.standing_pieces.any(),
                )
                before = state.of(group)
                found, after, likelihood = self._writer.write(task, before, drawing, group)
                for _ in range(REWRITES):
                    same = np.array(
                        [
                            _is_again(own.hits, hits[row])
                            for row, own in zip(group.tolist(), found, strict=True)
                        ]
                    )
                    if not same.any() or request.temperature == 0:
                        break
                    again = self._rewritten(task, before, open_sampler, group, np.flatnonzero(same))
                    for index, (own, one, gain) in again.items():
                        found[index] = own
                        after.put(np.array([index]), one)
                        likelihood[index] = gain
                state.put(group, after)
                gained[group] += likelihood
                counts[group] += 1
                for row, written in zip(group.tolist(), found, strict=True):
                    new[row] = written.hits
                    tokens[row].extend(written.tokens)
            for row, plan in enumerate(plans):
                own = self._bar(request, scene, plan, bar, new.get(row), hits[row])
                hits[row].append(own)
            last = np.stack([drum_frames(own[-1], 1) for own in hits])
        done(bars)
        return [
            WrittenTake(_joined(own, scene), tuple(tokens[row]), float(gained[row] / max(1, counts[row])))
            for row, own in enumerate(hits)
        ]

    def _rewritten(
        self,
        task: BarTask,
        before: DecoderState,
        sampler: Sampler,
        group: npt.NDArray[np.int64],
        chosen: npt.NDArray[np.int64],
    ) -> dict[int, tuple[WrittenBar, DecoderState, float]]:
        """Some of the rows of a task written once more, by their index in `group`."""
        leaner = replace(
            task,
            context=task.context[chosen],
            leans=tuple(task.leans[index] for index in chosen.tolist()),
            usable=task.usable[chosen],
        )
        found, after, gained = self._writer.write(leaner, before.of(chosen), sampler, group[chosen])
        return {
            index: (own, after.of(np.array([at])), float(gained[at]))
            for at, (index, own) in enumerate(zip(chosen.tolist(), found, strict=True))
        }

    def _bar(
        self,
        request: DrumRequest,
        scene: Scene,
        plan: Plan,
        bar: int,
        written: Array | None,
        before: list[Array],
    ) -> Array:
        """The hits of one bar of a take, bar 0."""
        own = plan[bar]
        if scene.given[bar]:
            return _in_bar(scene.grid, bar)
        if own.kind is BarKind.STOP:
            return np.zeros(0, HIT)
        if written is None:
            written = before[bar - own.repeats].copy()
            written = written[written["position"] < end_of(int(scene.frames[bar]))]
        written = _with_crash(written, own)
        free = written[~scene.standing_pieces[written["piece"]]]
        standing = _in_bar(scene.standing, bar - scene.primed)
        if not request.any_hands and len(standing) == 0:
            free = playable(free)
        return np.sort(np.concatenate([free, standing]), order=("position", "piece"))

    def _context(
        self,
        memory: Memory,
        bar: int,
        read: Floats,
        last: Floats,
        style: Floats,
        controls: npt.NDArray[np.int64],
    ) -> tuple[Floats, Floats]:
        first = max(0, bar - PAST_BARS)
        past = memory.bars[first:bar]
        if first == 0:
            past = np.concatenate([zeros(1, memory.bars.shape[1]), past])
        known = np.ones(len(past), np.float32)
        if first == 0:
            known[0] = 0
        earlier = read[:, -(len(past) - 1) :] if len(past) > 1 else read[:, :0]
        context, last_read = self._look_back(
            memory.frames[bar], memory.bars[bar], past, earlier, last, known, style, controls
        )
        return context, last_read

    def _usable(
        self,
        usable: npt.NDArray[np.bool_],
        writing: npt.NDArray[np.int64],
        plans: Sequence[Plan],
        scene: Scene,
        bar: int,
    ) -> npt.NDArray[np.bool_]:
        found = usable[writing]
        found &= self._grammar.last_position < end_of(int(scene.frames[bar]))
        for index, row in enumerate(writing.tolist()):
            own = plans[row][bar]
            if own.cymbal is not Cymbal.CRASH and own.kind is not BarKind.FILL:
                found[index] &= ~self._crashes  # the one on the downbeat comes from the plan
        return found

    def _fill_lean(self, scene: Scene, bar: int, own: Floats, threshold: float, strength: float) -> Lean:
        """Draws a fill towards what is expected in its first half, and towards toms in its second.

        What it plays there is open, where it happens is not.
        """
        frames = int(scene.frames[bar])
        likely = np.clip(own, 1e-4, 1 - 1e-4)
        nats = strength * (np.log(likely / (1 - likely)) - np.log(threshold / (1 - threshold)))
        nats[frames // 2 :] = 0
        nats[frames // 2 : frames, _IS_TOM & ~scene.standing_pieces] = FILL_NATS
        return self._guidance.lean(1 / (1 + np.exp(-nats)), 0.5, 1.0)

    def _lean(
        self,
        request: DrumRequest,
        scene: Scene,
        expected: Floats,
        plan: BarPlan,
        bar: int,
        busier: float,
    ) -> Lean | None:
        """How far what is expected of a bar draws its tokens: to `busier` times as many hits as are expected."""
        strength = (VARIED_STRENGTH if plan.kind is BarKind.VARIATION else STRENGTH) * request.follow
        if strength == 0:
            return None
        own = expected.copy()
        own[int(scene.frames[bar]) :] = 0
        own[:, scene.standing_pieces] = 0
        ordered = np.sort(own, axis=None)[::-1]
        index = min(max(round(float(own.sum()) * busier), 1), len(ordered) - 1)
        between = (ordered[index - 1] + ordered[index]) / 2
        threshold = float(np.clip(between, LEAST_THRESHOLD, MOST_THRESHOLD))
        if plan.kind is BarKind.FILL:
            return self._fill_lean(scene, bar, own, threshold, FILL_STRENGTH * request.follow)
        return self._guidance.lean(own, threshold, strength)


def _opened(temperature: float) -> float:
    return max(temperature, 1.0) if temperature > 0 else 0.0


def _is_again(hits: Array, before: Sequence[Array]) -> bool:
    """Whether a bar that was to be new plays what one of the last two played, but for its downbeat's crash."""
    own = {(int(hit["position"]), int(hit["piece"])) for hit in hits if not _IS_CRASH[hit["piece"]]}
    return any(
        own == {(int(hit["position"]), int(hit["piece"])) for hit in earlier if not _IS_CRASH[hit["piece"]]}
        for earlier in before[-AGAIN_BARS:]
    )


def _in_bar(hits: Array, bar: int) -> Array:
    """The hits of one bar, as bar 0."""
    own = hits[hits["bar"] == bar].copy()
    own["bar"] = 0
    return own


def _with_crash(hits: Array, plan: BarPlan) -> Array:
    """The hits of a bar with a crash on the downbeat where the plan has one, and none where it has not."""
    downbeat = hits["position"] < LEAD_POSITIONS + POSITIONS_PER_FRAME // 2
    is_crash = downbeat & _IS_CRASH[hits["piece"]]
    if plan.crash:
        if is_crash.any():
            return hits
        return np.concatenate([hits, np.array([(0, LEAD_POSITIONS, _CRASH, WRITTEN_LEVEL)], HIT)])
    return hits[~is_crash] if plan.cymbal is not Cymbal.CRASH else hits


def _joined(bars: Sequence[Array], scene: Scene) -> Array:
    """The hits of the bars asked for that are not given and do not stand."""
    found: list[Array] = [np.zeros(0, HIT)]
    for bar in range(scene.primed, len(bars)):
        if not scene.given[bar]:
            own = bars[bar].copy()
            own = own[~scene.standing_pieces[own["piece"]]]
            own["bar"] = bar - scene.primed
            found.append(own)
    return np.concatenate(found)
