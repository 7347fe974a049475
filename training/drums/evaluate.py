"""Print the measures of the drums that the program writes, beside people and beside unconditional beats."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from musegen_daw.drums.critic import Critic
from training.common.machine import machine
from training.common.prepared import write_json
from training.drums import baselines, measures
from training.drums.baselines import fixed_loops, looped, mean_bars, mean_beat, random_notes, rock_beat
from training.drums.bits import bits
from training.drums.corpus import Corpus
from training.drums.critic import graph_of, load_critic
from training.drums.generated import (
    ENERGIES,
    TAKES,
    GenerationSettings,
    Outcome,
    SongPair,
    keep_genres,
    write,
    write_at_energies,
)
from training.drums.genre import GENRES, count_kept
from training.drums.measures import FIGURES
from training.drums.pictures import draw_grids
from training.drums.songs import MeasuredSong, songs_of_corpus, songs_of_files
from training.drums.train import other_songs

MEASURES = ("drummer", "takes", "listening", "playing", "genre", "f1", "bits")
SONGS = 80
CHUNK_SONGS = 4
ENERGY_SONGS = 12
PICTURE_BARS, PICTURES = 4, 3
FEW_LOOPS, MANY_LOOPS = 8, 64
CRITIC = Path("resources/checkpoints/drums-critic.safetensors")

_CONDITIONS = {
    "drummer": ("own",),
    "takes": ("own",),
    "listening": ("own", "other", "styled", "styled other"),
    "playing": ("own",),
    "f1": ("own", "other", "primed"),
}
_HUMAN_TIMING = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, and on what; `songs` 0 are all of the split."""

    data: Path
    split: str
    settings: GenerationSettings
    songs: int = SONGS
    only: frozenset[str] = frozenset(MEASURES)
    workers: int = 1
    files: Path | None = None
    checkpoint: Path | None = None
    critic: Path | None = None
    clips: Path | None = None
    pictures: Path | None = None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    parser.add_argument("--split", choices=["validation", "test"], default="test")
    parser.add_argument(
        "--songs", type=int, default=SONGS, help="the first so many that can be measured (0: all)"
    )
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=MEASURES, help="measures to make")
    parser.add_argument(
        "--files", type=Path, help="the MIDI files themselves, to measure to the end of their parts"
    )
    parser.add_argument("--checkpoint", type=Path, help="for bits per bar; without it they are left out")
    parser.add_argument(
        "--critic", type=Path, default=CRITIC, help="checkpoint; without it its share is left out"
    )
    parser.add_argument(
        "--clips", type=Path, help="folder of the clips with a genre; without it they are left out"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument(
        "--pictures", type=Path, help="folder for pictures of three songs beside the human drums"
    )
    given = parser.parse_args(argv)
    options = Options(
        given.data,
        given.split,
        GenerationSettings(given.model, given.seed),
        given.songs,
        frozenset(given.only),
        given.workers,
        given.files,
        given.checkpoint,
        given.critic if given.critic.exists() else None,
        given.clips,
        given.pictures,
    )
    figures = evaluate(options)
    print_table(figures)
    if given.json is not None:
        write_json(given.json, figures)
    return 0


def evaluate(options: Options) -> dict[str, Any]:
    corpus, training = Corpus(options.data, options.split), Corpus(options.data, "train")
    if options.files is not None:
        songs = songs_of_files(options.files, options.split, options.songs)
    else:
        songs = songs_of_corpus(corpus, options.songs)
    if len(songs) < 2:
        raise ValueError(
            f"{options.files or options.data} has fewer than two songs to measure in {options.split}"
        )
    other = other_songs(len(songs))
    pairs = [SongPair(song, songs[other[at]]) for at, song in enumerate(songs)]
    wanted = dict.fromkeys(
        condition for name in MEASURES if name in options.only for condition in _CONDITIONS.get(name, ())
    )
    written: dict[str, list[Outcome]] = {}
    found: dict[str, Any] = {}
    with ProcessPoolExecutor(max_workers=options.workers) as pool:
        for condition in wanted:
            written[condition] = _each(pool, partial(write, options.settings, condition), pairs, condition)
        if "playing" in options.only:
            work = partial(write_at_energies, options.settings)
            energy = _each(pool, work, songs[:ENERGY_SONGS], "energy")
            found["energy"] = measures.energies(energy, ENERGIES)
        if options.clips is not None and "genre" in options.only:
            paths = sorted(path for path in options.clips.glob("*.mid") if path.stem in GENRES)
            found["genre"] = _genre(
                paths, _each(pool, partial(keep_genres, options.settings), paths, "genre")
            )
    if options.only & {"drummer", "takes"}:
        means = mean_bars(training)
        few = fixed_loops(means, FEW_LOOPS)
        if "drummer" in options.only:
            drums = {"model": [outcome.first for outcome in written["own"]]}
            found["drummer"] = measures.drummer(songs, drums, few)
        if "takes" in options.only:
            found["takes"] = measures.choice(songs, written["own"], few, fixed_loops(means, MANY_LOOPS))
    if "listening" in options.only:
        found["listening"] = _listening(songs, written, options.critic)
    if "playing" in options.only:
        found |= measures.playing(songs, written["own"], _performers(corpus))
    if "f1" in options.only:
        found["f1"] = _f1_rows(songs, written, training, Corpus(options.data, "validation"))
    if options.checkpoint is not None and "bits" in options.only:
        found["bits"] = bits(options.checkpoint, options.data, options.split, options.songs)
    if options.pictures is not None and "own" in written:
        draw_examples(songs, written["own"], options.pictures)
    every = [outcome.valid for outcomes in written.values() for outcome in outcomes]
    return {
        "machine": machine(),
        "model": str(options.settings.model),
        "split": options.split,
        "seed": options.settings.seed,
        "takes_asked": TAKES,
        "songs": len(songs),
        "windows": sum(len(song.windows) for song in songs),
        "valid": float(np.mean(every)) if every else None,
        **found,
    }


def _each(
    pool: ProcessPoolExecutor, work: Callable[[list[Item]], list[Result]], items: list[Item], label: str
) -> list[Result]:
    chunks = [items[at : at + CHUNK_SONGS] for at in range(0, len(items), CHUNK_SONGS)]
    found: list[Result] = []
    with tqdm(total=len(items), desc=label, unit="song", disable=not sys.stderr.isatty()) as bar:
        for outcomes in pool.map(work, chunks):
            found.extend(outcomes)
            bar.update(len(outcomes))
    return found


def _listening(
    songs: Sequence[MeasuredSong], written: dict[str, list[Outcome]], critic: Path | None
) -> dict[str, Any]:
    rows = {
        condition: measures.heard(songs, [outcome.first for outcome in written[condition]])
        for condition in ("own", "other", "styled", "styled other")
    }
    found: dict[str, Any] = {
        "human": measures.heard(songs, [song.grid for song in songs]),
        **rows,
        "gain": measures.gains(rows["own"], rows["other"]),
        "gain, style given": measures.gains(rows["styled"], rows["styled other"]),
    }
    if critic is not None:
        judge = Critic(graph_of(load_critic(critic)[0]))
        hits = {"human": [song.hits for song in songs]}
        hits |= {
            condition: [outcome.hits for outcome in written[condition]]
            for condition in ("own", "other", "styled")
        }
        found["critic"] = {name: measures.critic_top_one(judge, songs, own) for name, own in hits.items()}
    return found


def _f1_rows(
    songs: Sequence[MeasuredSong], written: dict[str, list[Outcome]], training: Corpus, validation: Corpus
) -> dict[str, dict[str, float]]:
    mean = mean_beat(training, validation)
    density = sum(int(song.grid.sum()) for song in songs) / sum(song.bars for song in songs)
    random = np.random.default_rng(0)
    rows = {
        "own parts": measures.f1_row(songs, [outcome.first for outcome in written["own"]]),
        "another song's parts": measures.f1_row(songs, [outcome.first for outcome in written["other"]]),
        "rock beat": measures.f1_row(songs, [looped(rock_beat(), song.bars) for song in songs]),
        "thresholded mean beat": measures.f1_row(songs, [looped(mean, song.bars) for song in songs]),
        "random notes": measures.f1_row(songs, [random_notes(song.bars, density, random) for song in songs]),
    }
    after = {
        "primed with 2 bars": [outcome.first for outcome in written["primed"]],
        "looping those 2 bars": [baselines.repeated(song) for song in songs],
        "copying the 2 bars before": [baselines.copied(song) for song in songs],
    }
    rows |= {name: measures.f1_row(songs, grids, after_first=True) for name, grids in after.items()}
    human = measures.f1_row(songs, [song.grid for song in songs])
    return {**rows, "human": human}


def _performers(corpus: Corpus) -> list[tuple[Any, float]]:
    """Drums alone with human timing, whole: what Groove MIDI has in the split."""
    found: list[tuple[Any, float]] = []
    for index in np.flatnonzero(corpus.index["tracks"] == 0).tolist():
        facts = corpus.songs[index]
        if facts["timing"] == _HUMAN_TIMING and facts["four_four"]:
            found.append((corpus.between("hits", index, 0, int(facts["bars"])), float(facts["bpm"])))
    return found


def _genre(paths: Sequence[Path], kept: Sequence[tuple[list[float], float]]) -> dict[str, Any]:
    any_take, first = count_kept([takes for takes, _ in kept]) if kept else (0, 0)
    _, styled = count_kept([[share] for _, share in kept]) if kept else (0, 0)
    clips = {
        path.stem: {"takes": takes, "style": GENRES[path.stem].style, "styled": share}
        for path, (takes, share) in zip(paths, kept, strict=True)
    }
    return {
        "clips": clips,
        "one of the takes": any_take,
        "first take": first,
        "first take, style given": styled,
    }


def draw_examples(songs: Sequence[MeasuredSong], outcomes: Sequence[Outcome], folder: Path) -> None:
    """Pictures of three songs, evenly spread, ours beside the human drums over the first bars that count."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = np.linspace(0, len(songs) - 1, min(PICTURES, len(songs))).round().astype(int)
    for number, at in enumerate(np.unique(chosen).tolist(), 1):
        song, first = songs[at], int(songs[at].windows[0])
        bars = min(PICTURE_BARS, song.bars - first)
        hits = (song.hits, outcomes[at].hits)
        rows = [
            (name, measures.cut(own, first, bars), bars)
            for name, own in zip(("human", "written"), hits, strict=True)
        ]
        path = folder / f"song-{number}.png"
        onsets = measures.cut(song.onsets, first, bars)
        draw_grids(rows, path, onsets=onsets, title=f"song {at + 1}", first_bar=first)


_LABEL = 34


def print_table(figures: Mapping[str, Any]) -> None:
    print("\n".join(lines_of(figures)))


def lines_of(figures: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{figures['songs']} songs of the {figures['split']} split, {figures['windows']} windows, "
        f"seed {figures['seed']}, take 1 of {figures['takes_asked']}, {figures['machine']}"
    ]
    if figures.get("valid") is not None:
        lines.append(f"valid: {figures['valid']:.3f}")
    makers = {
        "drummer": _drummer_table,
        "takes": _takes_table,
        "listening": _listening_table,
        "playable": _playable_table,
        "touch": _touch_table,
        "energy": _energy_table,
        "genre": _genre_table,
        "f1": _f1_table,
        "bits": _bits_table,
    }
    for name, maker in makers.items():
        if name in figures:
            lines += ["", *maker(figures[name])]
    return lines


def _table(head: Sequence[str], rows: Mapping[str, Sequence[float | None]], places: int = 3) -> list[str]:
    width = max(9, *(len(name) + 1 for name in head[1:]))
    lines = [f"{head[0]:{_LABEL}}" + "".join(f"{name:>{width}}" for name in head[1:])]
    for name, values in rows.items():
        cells = ("–" if value is None else f"{value:.{places}f}" for value in values)
        lines.append(f"{name:{_LABEL}}" + "".join(f"{cell:>{width}}" for cell in cells))
    return lines


def _drummer_table(rows: Mapping[str, Any]) -> list[str]:
    names = [*FIGURES, "distance"]
    return _table(["1. a drummer?", *rows], {name: [row[name] for row in rows.values()] for name in names})


def _takes_table(row: Mapping[str, float]) -> list[str]:
    return _table(["2. takes (F1 per song)", ""], {name: [value] for name, value in row.items()})


def _listening_table(rows: Mapping[str, Any]) -> list[str]:
    told = {name: row for name, row in rows.items() if name != "critic"}
    names = list(next(iter(told.values())))
    lines = _table(
        ["3. listening", *names], {name: [row[each] for each in names] for name, row in told.items()}
    )
    if "critic" in rows:
        told = ", ".join(f"{name} {share:.3f}" for name, share in rows["critic"].items())
        lines.append(f"critic, own part first among 16: {told}")
    return lines


def _playable_table(rows: Mapping[str, Any]) -> list[str]:
    names = ("unplayable", "three hands", "first half", "off-beat eighths")
    own = {name: [row[name] for row in rows.values()] for name in names}
    voices = dict.fromkeys(voice for row in rows.values() for voice in row["voices"])
    own |= {f"first half, {voice}": [row["voices"].get(voice) for row in rows.values()] for voice in voices}
    return _table(["4. playable?", *rows], own)


def _touch_table(rows: Mapping[str, Any]) -> list[str]:
    lines = _table(
        ["5. played", *rows],
        {name: [row[name] for row in rows.values()] for name in ("loudest", "time spread")},
    )
    columns = ("velocity", "spread", "loudest", "time spread")
    voices = dict.fromkeys(voice for row in rows.values() for voice in row["voices"])
    for column in columns:
        values = {
            f"{column}, {voice}": [row["voices"].get(voice, {}).get(column) for row in rows.values()]
            for voice in voices
        }
        lines += _table(["", *rows], values, 2)[1:]
    places = ("on the beat", "on its 2nd sixteenth", "3rd", "4th")
    hats = {
        f"closed hats {place}": [row["hats by sixteenth of the beat"][at] for row in rows.values()]
        for at, place in enumerate(places)
    }
    return lines + _table(["", *rows], hats, 1)[1:]


def _energy_table(rows: Mapping[str, Any]) -> list[str]:
    names = list(next(iter(rows.values())))
    return _table(
        ["mean velocity", *names],
        {f"energy {level}": [row[name] for name in names] for level, row in rows.items()},
        1,
    )


def _genre_table(found: Mapping[str, Any]) -> list[str]:
    lines = ["6. genre: share of bars that keep the rule"]
    for name, clip in found["clips"].items():
        takes = " ".join(f"{share:.2f}" for share in clip["takes"])
        lines.append(f"{name:{_LABEL}}{takes}   {clip['style']}: {clip['styled']:.2f}")
    counts = ", ".join(f"{name} {value}" for name, value in found.items() if name != "clips")
    return [*lines, f"clips of {len(found['clips'])}: {counts}"]


def _f1_table(rows: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{'7. onset F1':{_LABEL}}{'pooled':>8}{'95 %':>14}{'per song':>10}{'95 %':>14}{'density':>9}{'Jaccard':>9}"
    ]
    for name, row in rows.items():
        lines.append(
            f"{name:{_LABEL}}{row['f1']:8.3f}   {row['f1_low']:.3f}–{row['f1_high']:.3f}{row['f1_songs']:10.3f}"
            f"   {row['f1_songs_low']:.3f}–{row['f1_songs_high']:.3f}{row['density']:9.2f}{row['similarity']:9.2f}"
        )
    return lines


def _bits_table(row: Mapping[str, float]) -> list[str]:
    return _table(["bits a written bar", ""], {name: [value] for name, value in row.items()}, 2)
