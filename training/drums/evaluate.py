"""Print the whole table of measures of a drum model, beside every baseline."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from musegen_daw.drumming.events import LEAD_POSITIONS, POSITIONS_PER_BEAT, Array
from musegen_daw.drumming.grammar import Grammar
from musegen_daw.drumming.request import (
    DEFAULT_CANDIDATES,
    DEFAULT_FOLLOW,
    DEFAULT_TEMPERATURE,
    DEFAULT_TOP_P,
)
from musegen_daw.drumming.tokens import BOS, EOS, DrumTokenizer, DrumVocabulary
from training.drums.baselines import Markov, mean_beat, random_notes
from training.drums.corpus import Corpus
from training.drums.crops import Crop
from training.drums.dataset import DataConfig, DrumConditionalDataset, collate
from training.drums.grid import (
    WINDOW_BARS,
    Grid,
    drum_grid,
    interval,
    overlap,
    pooled_f1,
    rock_beat,
    self_similarity,
)
from training.drums.listening import (
    WAYS,
    Listener,
    Outcome,
    Settings,
    Song,
    groove_songs,
    measure,
    measure_grooves,
    measured_songs,
)
from training.drums.train import bits_per_bar, load_model, other_songs, with_other_parts

CHUNK_SONGS = 16


def main(argv: list[str] | None = None) -> int:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    parser.add_argument("--checkpoint", type=Path, help="for bits per bar; without it they are left out")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--temperature", type=float, default=DEFAULT_TEMPERATURE)
    parser.add_argument("--top-p", type=float, default=DEFAULT_TOP_P)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--songs", type=int, default=0, help="only so many songs, evenly spread (0: all)")
    parser.add_argument(
        "--only", nargs="*", default=[], help="rows to make: own other primed rolling feel markov bits"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--follow", type=float, default=DEFAULT_FOLLOW)
    parser.add_argument(
        "--candidates",
        type=int,
        default=DEFAULT_CANDIDATES,
        help="takes drawn, of which the most typical counts",
    )
    parser.add_argument("--variations", type=int, default=1, help="takes of which the likeliest is measured")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument(
        "--pictures", type=Path, help="folder for pictures of three songs beside the human drums"
    )
    options = parser.parse_args(argv)
    settings = Settings(
        options.model,
        options.data,
        options.split,
        options.temperature,
        options.top_p,
        options.seed,
        options.variations,
        options.follow,
        options.candidates,
    )
    if options.pictures is not None:
        draw_examples(settings, options.pictures)
    figures = evaluate(settings, options.checkpoint, options.songs, frozenset(options.only), options.workers)
    print_table(figures)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def draw_examples(settings: Settings, folder: Path, count: int = 3) -> None:
    """Pictures of `count` songs, evenly spread over the split, ours beside the human drums."""
    listener = Listener(settings)
    songs = measured_songs(listener.corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for song in songs[len(songs) // (2 * count) :: max(1, len(songs) // count)][:count]:
        path = folder / f"{settings.split}-{song.index}.png"
        listener.draw(song, path)
        print(path)


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
    wanted = only or frozenset((*WAYS, "feel", "markov", "bits"))
    rows: dict[str, Any] = {}
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for way in WAYS:
            if way in wanted:
                rows[way] = _row(_each(pool, partial(measure, settings, way), songs, way))
        grooves = groove_songs(corpus) if "feel" in wanted else []
        feel = _feel(_each(pool, partial(measure_grooves, settings), grooves, "feel")) if grooves else {}
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


def _each(
    pool: ProcessPoolExecutor, work: Callable[[list[Any]], list[Any]], items: list[Any], label: str
) -> list[Any]:
    chunks = [items[at : at + CHUNK_SONGS] for at in range(0, len(items), CHUNK_SONGS)]
    bar = tqdm(total=len(items), desc=label, unit="song", disable=not sys.stderr.isatty())
    found: list[Any] = []
    with bar:
        for outcomes in pool.map(work, chunks):
            found.extend(outcomes)
            bar.update(len(outcomes))
    return found


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


def _markov(training: Corpus, settings: Settings) -> tuple[Markov, DrumVocabulary]:
    vocabulary = DrumTokenizer.load(settings.data / "tokenizer.json").vocabulary()
    sequences = [
        np.concatenate(([BOS], training.between("tokens", song, 0, facts["bars"]).astype(np.int64), [EOS]))
        for song, facts in enumerate(training.songs)
    ]
    return Markov.learn(sequences, len(vocabulary)), vocabulary


def _bits(settings: Settings, checkpoint: Path, corpus: Corpus, songs: list[int]) -> dict[str, float]:
    model, tokenizer, _ = load_model(checkpoint)
    prepared = DrumTokenizer.load(settings.data / "tokenizer.json")
    if prepared.vocabulary().to_runs() != tokenizer.vocabulary().to_runs():
        raise ValueError(
            f"{settings.data} was prepared with another tokenizer than that of {checkpoint}: "
            "prepare it with --tokenizer"
        )
    dataset = DrumConditionalDataset(corpus, tokenizer, DataConfig(), 0)
    crops = sorted(dataset.crops(0, np.array(songs, np.int64)), key=lambda crop: crop.tokens)
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
