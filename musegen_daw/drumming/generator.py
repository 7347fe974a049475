"""DrumGenerator: a request in, drums out; seeded, bar-exact, with ranked variations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegen_daw.core.clip import Clip, Note
from musegen_daw.core.drums import PIECES, VOICES
from musegen_daw.core.groove import humanise
from musegen_daw.core.time import Bar
from musegen_daw.drumming.events import (
    FRAMES_PER_BAR,
    POSITIONS_PER_BAR,
    Array,
    bar_starts,
    clip_hits,
    clip_onsets,
    hits_to_notes,
    to_positions,
)
from musegen_daw.drumming.features import (
    CONTROL_SIZES,
    DENSITY,
    DENSITY_LEVELS,
    DRUM_FEATURES,
    DYNAMICS,
    FILL,
    LOUDNESS,
    LOUDNESS_LEVELS,
    PLAYS,
    TEMPO,
    TIMING,
    drum_frames,
    part_frames,
    tempo_level,
)
from musegen_daw.drumming.grammar import Grammar
from musegen_daw.drumming.guidance import Guidance, Lean, repeated
from musegen_daw.drumming.keeping import free_hits, kept_hits, kept_notes
from musegen_daw.drumming.ranking import agreement
from musegen_daw.drumming.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.drumming.sampler import Sampler
from musegen_daw.drumming.spans import model_bars
from musegen_daw.drumming.tokens import DrumTokenizer, DrumVocabulary
from musegen_daw.drumming.writer import BarTask, BarWriter, State, WrittenBar
from musegen_daw.errors import ModelError
from musegen_daw.models.session import Graph, OnnxGraph, zeros
from musegen_daw.models.spec import ModelSpec, load_spec

Floats = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

WINDOW_BARS = 16
OVERLAP_BARS = 4
PAST_BARS = 24
MAX_FOLLOW = 4.0
PRIMED_FOLLOW = 0.25
GROOVE_SHARE = 0.6  # of what is expected where a groove is given: it leads, and the parts colour it
THRESHOLD = 0.15  # of an expected hit; this and the strength were chosen on the validation split
STRENGTH = 8.0
DENSITY_ODDS = 3.0
PLAYED_LOOSENESS = 0.4  # of a hand that plays what was written on the grid


class Cancelled(Exception):
    """The caller asked to stop."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the encoder says of the parts: (bars, 16, width), (bars, width), which bars were heard (bars,), and the
    probability of each hit (bars, 16, pieces)."""

    frames: Floats
    bars: Floats
    heard: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class DrumGraphs:
    """The three functions of the model, arrays to arrays, as the export describes them.

    `step` comes as an exact graph and as one with 8-bit weights, about twice as fast.
    """

    encode: Graph
    look_back: Graph
    step: Graph


class DrumGenerator:
    """Drums from the model; keeps no state between requests."""

    def __init__(self, spec: ModelSpec, graphs: DrumGraphs, tokenizer_path: Path) -> None:
        self.name = spec.name
        try:
            self.vocabulary = DrumVocabulary.from_runs(spec.facts["vocabulary"])
            sizes = spec.facts["sizes"]
            self._density_edges = np.array(spec.facts["control_scale"]["density_edges"], float)
            self._width, self._history = int(sizes["context_width"]), int(sizes["history_width"])
            state_shape = int(sizes["decoder_layers"]), int(sizes["decoder_width"])
            grammar = Grammar(self.vocabulary)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise ModelError(
                f"The description of the model {spec.name} is damaged; install it again."
            ) from error
        self._tokenizer_path = tokenizer_path
        self._tokenizer: DrumTokenizer | None = None
        self._encode, self._look_back = graphs.encode, graphs.look_back
        self._guidance = Guidance(self.vocabulary, grammar)
        self._writer = BarWriter(graphs.step, grammar, self._guidance, self.vocabulary, state_shape)

    @classmethod
    def open(cls, folder: Path, threads: int = 1, *, exact: bool = False) -> DrumGenerator:
        """Open the model in `folder`, with 8-bit weights where it has them or `exact`.

        Raises ModelError where it is missing, damaged or of another kind.
        """
        spec = load_spec(folder, "drums")
        step = "step" if exact or "step_8bit" not in spec.graphs else "step_8bit"
        graphs = DrumGraphs(
            *(OnnxGraph(folder, spec, role, threads) for role in ("encode", "look_back", step))
        )
        return cls(spec, graphs, folder / "tokenizer.json")

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> DrumResult:
        """Write the drums of `request`; the same request gives the same notes.

        `progress` is told bars done and bars in all; where `cancelled` answers true, Cancelled is
        raised. Raises ValueError where the request makes no sense.
        """
        _check(request)
        before, _ = model_bars(request.primer_bars, request.ppq)
        asked, owners = model_bars(request.bars, request.ppq)
        every, primed = (*before, *asked), len(before)
        rows = max(request.candidates, request.variations)
        memory = self._read_parts(request, every, primed)
        if request.primer is not None:
            groove = drum_frames(clip_hits(request.primer, before), primed).reshape(
                primed, FRAMES_PER_BAR, -1
            )
            going_on = repeated(groove[..., : len(PIECES)], len(asked))
            memory.expected[primed:] += GROOVE_SHARE * (going_on - memory.expected[primed:])
        sampler = Sampler(request.seed, rows, request.temperature, request.top_p)
        controls = _controls(request, rows)
        forced = self._forced_bars(request, before, asked, owners)
        standing, kept_pieces = kept_hits(request, asked)
        standing_notes = kept_notes(request, asked, owners, kept_pieces)

        state: State | None = None
        last_drums = zeros(rows, FRAMES_PER_BAR, DRUM_FEATURES)
        read = zeros(rows, 0, FRAMES_PER_BAR, self._history)
        written: list[list[WrittenBar]] = [[] for _ in range(rows)]
        likelihood = np.zeros(rows)
        for bar, span in enumerate(every):
            if cancelled is not None and cancelled():
                raise Cancelled
            if request.density is None and request.parts:
                hits = memory.expected[bar].sum()
                controls[:, DENSITY] = 3 + np.searchsorted(self._density_edges, hits, side="right")
            context, read = self._context(memory, bar, read, last_drums, controls)
            end_position = min(POSITIONS_PER_BAR, int(to_positions(span.length_ticks, request.ppq)))
            task = BarTask(
                context=context,
                forced=forced.get(bar),
                kept=standing[standing["bar"] == bar - primed] if bar >= primed else standing[:0],
                kept_pieces=kept_pieces,
                end_position=end_position,
                on_grid=True,  # off it a hit has twelve places, each too unlikely beside a leap to the next beat
                must_play=end_position == POSITIONS_PER_BAR and not kept_pieces.any(),
                lean=self._lean(request, memory, bar),
            )
            state = self._writer.start(context) if state is None else state
            bars, state, gained = self._writer.write(task, state, sampler)
            last_drums = np.stack([drum_frames(each.hits, 1) for each in bars])
            if bar >= primed:
                if bar not in forced:
                    likelihood += gained
                for row, each in enumerate(bars):
                    each.hits["bar"] = bar - primed
                    written[row].append(each)
                if progress is not None:
                    progress(owners[bar - primed] + 1, len(request.bars))
        free_bars = max(1, sum(bar not in forced for bar in range(primed, len(every))))
        takes = [
            DrumTake(
                _clip(free_hits(bars, request, owners, kept_pieces), standing_notes, asked, request),
                float(likelihood[row] / free_bars),
                tuple(token for bar in bars for token in bar.tokens),
            )
            for row, bars in enumerate(written)
        ]
        if rows > request.variations:
            value = agreement([np.concatenate([bar.hits for bar in bars]) for bars in written], len(asked))
        else:
            value = np.array([take.log_likelihood for take in takes])
        best = np.argsort(-value, kind="stable")[: request.variations]
        return DrumResult(tuple(takes[row] for row in best), request.seed)

    def _lean(self, request: DrumRequest, memory: _Memory, bar: int) -> Lean | None:
        """How far the expectations of a bar draw its tokens; not at all where nothing was heard."""
        strength = STRENGTH * request.follow * (1.0 if request.primer is None else PRIMED_FOLLOW)
        if strength == 0 or not memory.heard[bar]:
            return None
        density = 0.5 if request.density is None else request.density
        odds = np.log(THRESHOLD / (1 - THRESHOLD)) + (0.5 - density) * DENSITY_ODDS
        return self._guidance.lean(memory.expected[bar], float(1 / (1 + np.exp(-odds))), strength)

    def _read_parts(self, request: DrumRequest, every: tuple[Bar, ...], primed: int) -> _Memory:
        heard_parts = _heard_parts(request)
        onsets = clip_onsets(heard_parts, every)
        parts = part_frames(onsets, len(every)).reshape(len(every), FRAMES_PER_BAR, -1)
        starts = bar_starts(every)
        known_until = max((part.end_ticks for part in heard_parts), default=0)
        if request.heard_until_ticks is not None:
            known_until = min(known_until, request.heard_until_ticks)
        heard = (starts < known_until).astype(np.float32)
        first = min((note.start_ticks for part in heard_parts for note in part.notes[:1]), default=0)
        for bar in range(primed):
            heard[bar] *= every[bar].end_ticks > first
        frames: list[Floats] = []
        hits: list[Floats] = []
        bars: list[Floats] = []
        for start in range(0, len(every), WINDOW_BARS):
            end = min(len(every), start + WINDOW_BARS)
            before, after = max(0, start - OVERLAP_BARS), min(len(every), end + OVERLAP_BARS)
            memory, vectors, expected = self._encode(parts[before:after], heard[before:after])
            frames.append(memory[start - before : end - before])
            hits.append(expected[start - before : end - before])
            bars.append(vectors[start - before : end - before])
        return _Memory(np.concatenate(frames), np.concatenate(bars), heard, np.concatenate(hits))

    def _context(
        self, memory: _Memory, bar: int, read: Floats, last_drums: Floats, controls: npt.NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        first = max(0, bar - PAST_BARS)
        past = (
            np.concatenate([zeros(1, self._width), memory.bars[first:bar]])
            if first == 0
            else memory.bars[first:bar]
        )
        known = np.ones(len(past), np.float32)
        if first == 0:
            known[0] = 0
        context, last_read = self._look_back(
            memory.frames[bar],
            memory.bars[bar],
            past,
            read[:, -(len(past) - 1) :] if len(past) > 1 else read[:, :0],
            last_drums,
            known,
            controls,
        )
        return context, np.concatenate([read, last_read[:, None]], axis=1)

    def _forced_bars(
        self, request: DrumRequest, before: tuple[Bar, ...], asked: tuple[Bar, ...], owners: tuple[int, ...]
    ) -> dict[int, list[int]]:
        """The tokens of the model bars that are given: those of the primer and the kept ones."""
        forced: dict[int, list[int]] = {}
        if before and request.primer is not None:
            forced |= dict(enumerate(self._encode_bars(clip_hits(request.primer, before), len(before))))
        if request.kept_bars and request.kept is not None:
            encoded = self._encode_bars(clip_hits(request.kept, asked), len(asked))
            forced |= {
                len(before) + bar: encoded[bar]
                for bar, owner in enumerate(owners)
                if owner in request.kept_bars
            }
        return forced

    def _encode_bars(self, hits: Array, bars: int) -> list[list[int]]:
        if self._tokenizer is None:
            try:
                self._tokenizer = DrumTokenizer.load(self._tokenizer_path)
            except Exception as error:  # the tokenizer library raises what its parser raises
                raise ModelError(
                    f"The tokenizer {self._tokenizer_path} cannot be read; install the model again."
                ) from error
            if self._tokenizer.vocabulary().to_runs() != self.vocabulary.to_runs():
                raise ModelError(
                    f"The tokenizer {self._tokenizer_path} is of another model; install the model again."
                )
        return self._tokenizer.encode_bars(hits, bars)


def _heard_parts(request: DrumRequest) -> tuple[Clip, ...]:
    """The parts up to where they are heard."""
    until_ticks = request.heard_until_ticks
    if until_ticks is None:
        return request.parts

    def heard(note: Note) -> Note | None:
        if note.start_ticks >= until_ticks:
            return None
        return replace(note, duration_ticks=min(note.duration_ticks, until_ticks - note.start_ticks))

    return tuple(part.map_notes(heard) for part in request.parts)


def _clip(hits: Array, kept: tuple[Note, ...], bars: tuple[Bar, ...], request: DrumRequest) -> Clip:
    written = Clip(hits_to_notes(hits, bars, request.ppq), bars[-1].end_ticks, request.ppq, is_drum=True)
    if request.human_timing is not False:
        played = humanise(
            written,
            PLAYED_LOOSENESS,
            seed=request.seed * (request.temperature > 0),
            bar_ticks=bars[0].length_ticks,
        )
        last_ticks = bars[-1].end_ticks - 1
        written = played.map_notes(
            lambda note: replace(
                note, start_ticks=min(max(bars[0].start_ticks, note.start_ticks), last_ticks)
            )
        )
    notes = (*written.notes, *kept)
    return Clip(notes, bars[-1].end_ticks, request.ppq, name="musegen drums", is_drum=True)


def _check(request: DrumRequest) -> None:
    if not request.bars:
        raise ValueError("a request needs at least one bar")
    if request.variations < 1 or request.candidates < 1:
        asked = min(request.variations, request.candidates)
        raise ValueError(f"at least one variation and one candidate must be asked for, got {asked}")
    if not 0 <= request.follow <= MAX_FOLLOW:
        raise ValueError(f"follow must be within 0..{MAX_FOLLOW:g}, got {request.follow}")
    for name in ("density", "loudness", "fill"):
        value = getattr(request, name)
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name} must be within 0..1, got {value}")
    unknown = request.kept_voices - set(VOICES)
    if unknown:
        raise ValueError(f"unknown voices: {', '.join(sorted(unknown))}")
    if request.ppq <= 0:
        raise ValueError(f"ppq must be positive, got {request.ppq}")
    every = (*request.primer_bars, *request.bars)
    if any(bar.length_ticks <= 0 for bar in every):
        raise ValueError("a bar must have a length")
    if any(bar.end_ticks != following.start_ticks for bar, following in pairwise(every)):
        raise ValueError("each bar must begin where the one before it ends, those of the primer first")
    if (request.primer is None) != (not request.primer_bars):
        raise ValueError("a primer needs its bars, and primer bars a primer")
    if request.kept is None and (request.kept_voices or request.kept_bars):
        raise ValueError("voices or bars are to be kept, but there are no drums to keep them of")
    if any(not 0 <= bar < len(request.bars) for bar in request.kept_bars):
        raise ValueError("a kept bar lies outside the bars asked for")
    for clip in (*request.parts, *(each for each in (request.primer, request.kept) if each is not None)):
        if clip.ppq != request.ppq:
            raise ValueError(f"clip {clip.name!r} has {clip.ppq} PPQ, the request {request.ppq}")


def _controls(request: DrumRequest, rows: int) -> npt.NDArray[np.int64]:
    """The control levels of every row: (rows, 6); asked to play, it plays, as much as the parts let expect."""
    level = np.zeros(len(CONTROL_SIZES), np.int64)
    level[DENSITY] = PLAYS if request.density is None else 3 + _share(request.density, DENSITY_LEVELS)
    if request.loudness is not None:
        level[LOUDNESS] = 1 + _share(request.loudness, LOUDNESS_LEVELS)
    if request.fill is not None:
        level[FILL] = 1 + int(request.fill >= 0.5)
    if request.expressive is not None:
        level[DYNAMICS] = 1 + int(request.expressive)
    if request.human_timing is not None:
        level[TIMING] = 1 + int(request.human_timing)
    level[TEMPO] = tempo_level(request.bpm)
    return np.repeat(level[None], rows, axis=0)


def _share(value: float, levels: int) -> int:
    return min(levels - 1, int(value * levels))
