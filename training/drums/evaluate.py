"""Print the whole table of measures of a drum model, beside every baseline."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from musegen_daw.core.clip import Clip, Note
from musegen_daw.core.time import Bar
from musegen_daw.drumming.events import (
    FAMILIES,
    LEAD_POSITIONS,
    POSITIONS_PER_BAR,
    POSITIONS_PER_BEAT,
    Array,
    clip_hits,
    hits_to_notes,
    velocity_of_level,
)
from musegen_daw.drumming.generator import DrumGenerator
from musegen_daw.drumming.grammar import Grammar
from musegen_daw.drumming.request import DrumRequest
from musegen_daw.drumming.tokens import BOS, EOS
from training.drums.baselines import Markov, mean_beat, random_notes
from training.drums.dataset import Corpus, Crop, DataConfig, DrumConditionalDataset, collate
from training.drums.grid import (
    WINDOW_BARS,
    Grid,
    Overlap,
    drum_grid,
    interval,
    overlap,
    pooled_f1,
    rock_beat,
    scored_windows,
    self_similarity,
)
from training.drums.train import bits_per_bar, load_model, other_songs, with_other_parts

PROGRAM_OF_FAMILY = (0, 27, 33)


@dataclass(frozen=True, slots=True)
class Song:
    """One song of a split that has windows that count."""

    index: int
    other: int
    bars: int
    windows: Any  # (windows,) first bars


@dataclass(frozen=True, slots=True)
class Settings:
    """How drums are asked for while measuring."""

    model: Path
    data: Path
    split: str
    temperature: float
    top_p: float
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One generation compared with the human drums."""

    overlap: Overlap
    similarity: tuple[float, ...]
    valid: bool


def main(argv: list[str] | None = None) -> int:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    parser.add_argument("--checkpoint", type=Path, help="for bits per bar; without it they are left out")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--temperature", type=float, default=DrumRequest((), (), 1).temperature)
    parser.add_argument("--top-p", type=float, default=DrumRequest((), (), 1).top_p)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--songs", type=int, default=0, help="only so many songs, evenly spread (0: all)")
    parser.add_argument(
        "--only", nargs="*", default=[], help="rows to make: own other primed rolling feel markov bits"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(argv)
    settings = Settings(
        options.model, options.data, options.split, options.temperature, options.top_p, options.seed
    )
    figures = evaluate(settings, options.checkpoint, options.songs, frozenset(options.only), options.workers)
    print_table(figures)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def evaluate(
    settings: Settings, checkpoint: Path | None, count: int, only: frozenset[str], workers: int
) -> dict[str, Any]:
    """All figures of the table, as plain values; `only` (empty: all) restricts which generations are made."""
    corpus = Corpus(settings.data, settings.split)
    songs = measured_songs(corpus)
    if count:
        songs = songs[:: max(1, len(songs) // count)][:count]
    human = {
        song.index: drum_grid(corpus.between("hits", song.index, 0, song.bars), song.bars) for song in songs
    }
    wanted = only or frozenset(("own", "other", "primed", "rolling", "feel", "markov", "bits"))
    rows: dict[str, Any] = {}
    with ProcessPoolExecutor(max_workers=workers, initializer=_open, initargs=(settings,)) as pool:
        for name, work in (("own", _own), ("other", _other), ("primed", _primed), ("rolling", _rolling)):
            if name in wanted:
                rows[name] = _row(_each(pool, work, songs, name))
        feel = _feel(list(_each(pool, _groove, _groove_songs(corpus), "feel"))) if "feel" in wanted else {}
    rows |= _plain_rows(settings, corpus, songs, human, "markov" in wanted)
    bits = {}
    if checkpoint is not None and "bits" in wanted:
        bits = _bits(settings, checkpoint, corpus, [song.index for song in songs])
    return {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "settings": {name: str(value) for name, value in asdict(settings).items()},
        "songs": len(songs),
        "windows": int(sum(len(song.windows) for song in songs)),
        "human_similarity": float(
            np.mean([value for song in songs for value in self_similarity(human[song.index], song.windows)])
        ),
        "rows": rows,
        "bits_per_bar": bits,
        "feel": feel,
    }


def measured_songs(corpus: Corpus) -> list[Song]:
    """The songs with at least one window that counts, each with the other song whose parts it is given."""
    found: list[tuple[int, int, Any]] = []
    for index, song in enumerate(corpus.songs):
        bars = song["bars"]
        if song["tracks"]:
            hits, onsets = (corpus.between(name, index, 0, bars) for name in ("hits", "onsets"))
            windows = scored_windows(hits, onsets, bars)
            if len(windows):
                found.append((index, int(windows[-1]) + WINDOW_BARS, windows))
    other = other_songs(len(found))
    return [
        Song(index, found[other[at]][0], bars, windows) for at, (index, bars, windows) in enumerate(found)
    ]


def parts_of(corpus: Corpus, song: int, first_bar: int, bars: int) -> tuple[Clip, ...]:
    """The listed instruments of some bars as clips at 48 PPQ, one per family."""
    return clips_of(corpus.between("onsets", song, first_bar, bars), bars)


def clips_of(onsets: Array, bars: int) -> tuple[Clip, ...]:
    """ONSET as clips at 48 PPQ, one per family."""
    length = bars * POSITIONS_PER_BAR
    clips: list[Clip] = []
    for family in range(len(FAMILIES)):
        own = onsets[onsets["family"] == family]
        start = np.maximum(0, own["bar"].astype(int) * POSITIONS_PER_BAR + own["position"] - LEAD_POSITIONS)
        velocity = velocity_of_level(own["level"])
        notes = tuple(
            Note(int(pitch), int(loud), int(at), int(duration))
            for pitch, loud, at, duration in zip(own["pitch"], velocity, start, own["duration"], strict=True)
        )
        if notes:
            clips.append(Clip(notes, length, POSITIONS_PER_BEAT, FAMILIES[family], PROGRAM_OF_FAMILY[family]))
    return tuple(clips)


def bars_of(first: int, bars: int) -> tuple[Bar, ...]:
    """Bars of 4/4 at 48 PPQ."""
    return tuple(Bar(bar * POSITIONS_PER_BAR, POSITIONS_PER_BAR) for bar in range(first, first + bars))


def drums_clip(hits: Array, bars: int) -> Clip:
    """HIT as a clip at 48 PPQ."""
    notes = hits_to_notes(hits, bars_of(0, bars), POSITIONS_PER_BEAT)
    return Clip(notes, bars * POSITIONS_PER_BAR, POSITIONS_PER_BEAT, is_drum=True)


class _Worker:
    """What a worker process keeps open."""

    settings: Settings
    corpus: Corpus
    generator: DrumGenerator


def _open(settings: Settings) -> None:
    _Worker.settings = settings
    _Worker.corpus = Corpus(settings.data, settings.split)
    _Worker.generator = DrumGenerator.open(settings.model)


def _each(pool: ProcessPoolExecutor, work: Callable[[Any], Any], items: list[Any], label: str) -> list[Any]:
    return list(tqdm(pool.map(work, items), total=len(items), desc=label, disable=not sys.stderr.isatty()))


def _request(parts: tuple[Clip, ...], bars: tuple[Bar, ...], song: int) -> DrumRequest:
    settings = _Worker.settings
    return DrumRequest(
        parts,
        bars,
        POSITIONS_PER_BEAT,
        bpm=_Worker.corpus.songs[song]["bpm"],
        seed=settings.seed + song,
        temperature=settings.temperature,
        top_p=settings.top_p,
    )


def _generate(request: DrumRequest) -> tuple[Array, bool]:
    take = _Worker.generator.generate(request).takes[0]
    try:
        _, bars = _Worker.generator.vocabulary.decode(take.tokens)
        valid = bars == len(request.bars)
    except ValueError:
        valid = False
    return clip_hits(take.drums, request.bars), valid


def _human(song: Song) -> Array:
    return _Worker.corpus.between("hits", song.index, 0, song.bars)


def _compare(generated: Grid, song: Song, windows: Any, valid: bool) -> Outcome:
    human = drum_grid(_human(song), song.bars)
    return Outcome(overlap(generated, human, windows), tuple(self_similarity(generated, windows)), valid)


def _own(song: Song) -> Outcome:
    parts = parts_of(_Worker.corpus, song.index, 0, song.bars)
    hits, valid = _generate(_request(parts, bars_of(0, song.bars), song.index))
    return _compare(drum_grid(hits, song.bars), song, song.windows, valid)


def _other(song: Song) -> Outcome:
    parts = clips_of(other_onsets(_Worker.corpus, song.other, 0, song.bars), song.bars)
    hits, valid = _generate(_request(parts, bars_of(0, song.bars), song.index))
    return _compare(drum_grid(hits, song.bars), song, song.windows, valid)


def _primed(song: Song) -> Outcome:
    """The first two bars that count are given, all that follows is written."""
    first = int(song.windows[0])
    rest = song.bars - first - WINDOW_BARS
    windows = song.windows[song.windows >= first + WINDOW_BARS]
    if not len(windows):
        return Outcome(Overlap(0, 0, 0), (), True)
    human = _human(song)
    primer = drums_clip(human[(human["bar"] >= first) & (human["bar"] < first + WINDOW_BARS)], song.bars)
    request = replace(
        _request(
            parts_of(_Worker.corpus, song.index, 0, song.bars), bars_of(first + WINDOW_BARS, rest), song.index
        ),
        primer=primer,
        primer_bars=bars_of(first, WINDOW_BARS),
    )
    hits, valid = _generate(request)
    hits["bar"] += first + WINDOW_BARS
    return _compare(drum_grid(hits, song.bars), song, windows, valid)


def _rolling(song: Song) -> Outcome:
    """Every window from the two human bars before it."""
    human = _human(song)
    parts = parts_of(_Worker.corpus, song.index, 0, song.bars)
    drums = drums_clip(human, song.bars)
    grid = np.zeros((song.bars, *drum_grid(human, 1).shape[1:]), bool)
    windows = song.windows[song.windows >= WINDOW_BARS]
    valid = True
    for start in windows.tolist():
        request = replace(
            _request(parts, bars_of(start, WINDOW_BARS), song.index),
            primer=drums,
            primer_bars=bars_of(start - WINDOW_BARS, WINDOW_BARS),
        )
        hits, ok = _generate(request)
        grid[start : start + WINDOW_BARS] = drum_grid(hits, WINDOW_BARS)
        valid &= ok
    return _compare(grid, song, windows, valid)


def other_onsets(corpus: Corpus, other: int, first_bar: int, bars: int) -> Array:
    """The parts of another song over as many bars, round again where it is too short."""
    length = corpus.songs[other]["bars"]
    pieces: list[Any] = []
    at = 0
    while at < bars:
        start = (first_bar + at) % length
        room = min(bars - at, length - start)
        onsets = corpus.between("onsets", other, start, room)
        onsets["bar"] += at
        pieces.append(onsets)
        at += room
    return np.concatenate(pieces)


def _row(outcomes: list[Outcome]) -> dict[str, Any]:
    overlaps = [each.overlap for each in outcomes if each.overlap.human]
    low, high = interval(overlaps)
    similarity = [value for each in outcomes for value in each.similarity]
    return {
        "f1": pooled_f1(overlaps),
        "f1_low": low,
        "f1_high": high,
        "f1_songs": float(np.mean([each.f1 for each in overlaps])),
        "density": sum(each.generated for each in overlaps) / max(1, sum(each.human for each in overlaps)),
        "similarity": float(np.mean(similarity)) if similarity else 0.0,
        "valid": float(np.mean([each.valid for each in outcomes])),
    }


def _plain_rows(
    settings: Settings, corpus: Corpus, songs: list[Song], human: dict[int, Grid], with_markov: bool
) -> dict[str, Any]:
    training = Corpus(settings.data, "train")
    mean = mean_beat(training, Corpus(settings.data, "validation"))
    density = sum(int(human[song.index].sum()) for song in songs) / sum(song.bars for song in songs)
    random = np.random.default_rng(settings.seed)

    def repeated(beat: Grid) -> Callable[[Song], Grid]:
        return lambda song: np.repeat(beat, song.bars, axis=0)

    def copied(song: Song) -> Grid:
        return np.concatenate(
            [np.zeros_like(human[song.index][:WINDOW_BARS]), human[song.index][:-WINDOW_BARS]]
        )

    def looped(song: Song) -> Grid:
        first = int(song.windows[0])
        loop = human[song.index][first : first + WINDOW_BARS]
        return np.concatenate([np.zeros_like(human[song.index][:first]), *[loop] * song.bars])[: song.bars]

    makers: dict[str, tuple[Callable[[Song], Grid], int]] = {
        "constant rock beat": (repeated(rock_beat()), 0),
        "thresholded mean beat": (repeated(mean), 0),
        "random notes": (lambda song: random_notes(song.bars, density, random), 0),
        "copy previous 2 bars": (copied, 1),
        "loop the first 2 bars": (looped, 1),
    }
    if with_markov:
        model, vocabulary = _markov(training, settings)
        grammar = Grammar(vocabulary)
        makers["Markov"] = (
            lambda song: drum_grid(model.sample(vocabulary, grammar, song.bars, random), song.bars),
            0,
        )
    rows: dict[str, Any] = {}
    for name, (make, skipped) in makers.items():
        outcomes: list[Outcome] = []
        for song in songs:
            windows = (
                song.windows[skipped:]
                if name != "copy previous 2 bars"
                else song.windows[song.windows >= WINDOW_BARS]
            )
            grid = make(song)
            outcomes.append(
                Outcome(
                    overlap(grid, human[song.index], windows), tuple(self_similarity(grid, windows)), True
                )
            )
        rows[name] = _row(outcomes)
    return rows


def _markov(training: Corpus, settings: Settings) -> tuple[Markov, Any]:
    generator = DrumGenerator.open(settings.model)
    sequences = [
        np.concatenate(([BOS], training.between("tokens", song, 0, facts["bars"]).astype(np.int64), [EOS]))
        for song, facts in enumerate(training.songs)
    ]
    return Markov.learn(sequences, len(generator.vocabulary)), generator.vocabulary


def _bits(settings: Settings, checkpoint: Path, corpus: Corpus, songs: list[int]) -> dict[str, float]:
    model, tokenizer, _ = load_model(checkpoint)
    dataset = DrumConditionalDataset(corpus, tokenizer, DataConfig(), 0)
    chosen = set(songs)
    crops = sorted((crop for crop in dataset.crops(0) if crop.song in chosen), key=lambda crop: crop.tokens)
    other = dict(zip(songs, (songs[at] for at in other_songs(len(songs))), strict=True))
    ways: dict[str, Callable[[Crop], Any]] = {
        "own instruments": dataset.plain,
        "another song's instruments": lambda crop: with_other_parts(dataset, crop, other[crop.song]),
        "same network without condition": lambda crop: dataset.plain(crop, heard=False),
    }
    found: dict[str, float] = {}
    with torch.no_grad():
        for name, way in ways.items():
            batches = (
                collate([way(crop) for crop in crops[at : at + 12]]) for at in range(0, len(crops), 12)
            )
            found[name] = bits_per_bar(model, batches, torch.device("cpu"))
    markov, _ = _markov(Corpus(settings.data, "train"), settings)
    alone = pairs = bars = 0.0
    tokens = 0
    for crop in crops:
        sequence = corpus.between("tokens", crop.song, crop.first_bar, crop.bars).astype(np.int64)
        sequence = np.concatenate(([BOS], sequence, [EOS]))
        one, two = markov.bits(sequence)
        alone, pairs, bars, tokens = alone + one, pairs + two, bars + crop.bars, tokens + len(sequence) - 1
    found["unigram"], found["Markov"] = alone / bars, pairs / bars
    found["tokens per bar"] = tokens / bars
    return found


def _groove_songs(corpus: Corpus) -> list[int]:
    return [
        index
        for index, song in enumerate(corpus.songs)
        if not song["tracks"] and song["bars"] >= 2 * WINDOW_BARS and song["timing"] == 2
    ]


def _groove(song: int) -> tuple[Array, Array, float]:
    """Human bars after the first two, and what the model writes after the same two bars, asked for human timing."""
    facts = _Worker.corpus.songs[song]
    bars = min(facts["bars"], 16)
    human = _Worker.corpus.between("hits", song, 0, bars)
    request = replace(
        _request((), bars_of(WINDOW_BARS, bars - WINDOW_BARS), song),
        primer=drums_clip(human[human["bar"] < WINDOW_BARS], WINDOW_BARS),
        primer_bars=bars_of(0, WINDOW_BARS),
        human_timing=True,
    )
    hits, _ = _generate(request)
    return human[human["bar"] >= WINDOW_BARS], hits, float(facts["bpm"])


def _feel(pairs: list[tuple[Array, Array, float]]) -> dict[str, float]:
    def spread(hits: Array) -> float:
        level = [hits["level"][hits["piece"] == piece].astype(float) for piece in np.unique(hits["piece"])]
        kept = [values for values in level if len(values) >= 4]
        return (
            float(np.average([values.std() for values in kept], weights=[len(values) for values in kept])) * 8
            if kept
            else 0.0
        )

    def timing(hits: Array, bpm: float) -> float:
        offset = hits["position"].astype(int) % 12 - LEAD_POSITIONS
        return float((offset * 60_000 / bpm / POSITIONS_PER_BEAT).std()) if len(hits) else 0.0

    human_velocity = float(np.mean([spread(human) for human, _, _ in pairs]))
    human_timing = float(np.mean([timing(human, bpm) for human, _, bpm in pairs]))
    velocity = float(np.mean([spread(made) for _, made, _ in pairs]))
    offset = float(np.mean([timing(made, bpm) for _, made, bpm in pairs]))
    return {
        "performances": len(pairs),
        "human velocity spread": human_velocity,
        "velocity spread ratio": velocity / max(1e-9, human_velocity),
        "human timing spread ms": human_timing,
        "timing spread ratio": offset / max(1e-9, human_timing),
    }


def print_table(figures: dict[str, Any]) -> None:
    """Print the figures for a person."""
    settings = figures["settings"]
    print(
        f"{settings['split']}: {figures['songs']} songs, {figures['windows']} windows of 2 bars; "
        f"temperature {settings['temperature']}, top-p {settings['top_p']}, "
        f"seed {settings['seed']}; {figures['machine']}"
    )
    labels = {
        "own": "this model",
        "other": "this model, another song's instruments",
        "primed": "this model, primed with the first 2 bars",
        "rolling": "this model, primed with the previous 2 bars",
    }
    print(f"{'':44} {'F1':>6} {'95 %':>13} {'per song':>9} {'density':>8} {'Jaccard':>8} {'valid':>6}")
    for name, row in figures["rows"].items():
        print(
            f"{labels.get(name, name):44} {row['f1']:6.3f}  {row['f1_low']:.3f}–{row['f1_high']:.3f} "
            f"{row['f1_songs']:9.3f} {row['density']:8.2f} {row['similarity']:8.2f} {row['valid']:6.3f}"
        )
    print(f"{'human drums':44} {'':6} {'':>13} {'':>9} {1.0:8.2f} {figures['human_similarity']:8.2f}")
    if {"own", "other"} <= set(figures["rows"]):
        print(f"conditioning gain: F1 {figures['rows']['own']['f1'] - figures['rows']['other']['f1']:+.3f}")
    bits = figures["bits_per_bar"]
    if bits:
        print("bits per bar: " + ", ".join(f"{name} {value:.2f}" for name, value in bits.items()))
        gain = bits["another song's instruments"] - bits["own instruments"]
        print(f"conditioning gain: {gain:+.2f} bits per bar")
    if figures["feel"]:
        print(
            "feel (Groove MIDI): "
            + ", ".join(f"{name} {value:.2f}" for name, value in figures["feel"].items())
        )
