"""Calibrate the planner: the plans that it writes are to have the statistics of human ones.

A network that is right about each next bar drifts away when it reads its own output. A few numbers, added to the
log-likelihoods of the kinds of bars and of crashes, bring the shares back to those of held-out songs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, quantise
from musegen_daw.drums.part import PartBars, bar_features
from musegen_daw.drums.plan_reading import (
    FILL,
    FIRST_REPEAT,
    KINDS,
    LEVELS,
    STOP,
    PlanScale,
    from_bar_plans,
    level_of,
    read_plan,
)
from musegen_daw.drums.planner import Planner
from musegen_daw.drums.planner_inputs import PlanHistory
from musegen_daw.drums.style import Style
from training.drums.corpus import Corpus
from training.drums.styles import read_styles

KIND_NAMES = ("groove", "variation", "fill", "stop", "repeat 1", "repeat 2", "repeat 4", "repeat 8")


def profile(
    plans: Sequence[npt.NDArray[np.void]], onsets: Sequence[npt.NDArray[np.floating]]
) -> dict[str, float]:
    """Statistics of plans, LABEL (bars,) each, beside the onsets of their parts (bars,) each.

    Shares of kinds; of bars equal to those 1, 2, 4 and 8 before, both played; of fills among played bars, repeated
    ones too; of crashes after a fill and elsewhere; spread of density; its mean correlation with onsets in a song.
    """
    found: dict[str, list[float]] = {}

    def add(name: str, values: npt.ArrayLike) -> None:
        found.setdefault(name, []).extend(np.atleast_1d(np.asarray(values, float)).tolist())

    for labels, notes in zip(plans, onsets, strict=True):
        history = _history(labels)
        kind, origin, pattern = labels["kind"], history.origin[0], history.pattern[0]
        played = origin != STOP
        for number, name in enumerate(KIND_NAMES[:KINDS]):
            add(name, kind == number)
        for lag in (1, 2, 4, 8):
            both = played[lag:] & played[:-lag]
            if both.sum() >= 8:
                add(f"same {lag}", (pattern[lag:] == pattern[:-lag])[both].mean())
        fill = origin == FILL
        add("fills", fill[played])
        after = np.concatenate([[False], fill[:-1]])
        add("crash after fill", labels["crash"][played & after])
        add("crash else", labels["crash"][played & ~after])
        density = labels["density"]
        add("density spread", density[played].std() if played.any() else [])
        add("distinct", len(np.unique(pattern[played])) / played.sum() if played.any() else [])
        there = played & (notes > 0)
        if there.sum() > 16 and min(density[there].std(), notes[there].std()) > 1e-3:
            add("density with onsets", np.corrcoef(density[there], notes[there])[0, 1])
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def _history(labels: npt.NDArray[np.void]) -> PlanHistory:
    history = PlanHistory.empty(1, len(labels))
    for bar, label in enumerate(labels):
        kind = int(label["kind"])
        _, usable = history.source(bar)
        if kind >= FIRST_REPEAT and not usable[0, kind - FIRST_REPEAT]:
            kind = 0
        values = (kind, int(label["crash"]), int(label["cymbal"]), int(level_of(label["density"])), LEVELS)
        history.settle(bar, *(np.full(1, value) for value in values))
    return history


SHARPNESS = (1.15, 1.0)  # of kinds, of all else: what people repeat they repeat more surely than the network
MAX_BARS, MIN_BARS = 64, 16
CRASHES = ("crash else", "crash after fill")
_STEP, _CRASH_STEP, _LEAST = 0.5, 0.6, 0.005


@dataclass(frozen=True, eq=False)
class HeldBackSong:
    """The part of a song that was held back, the plan of its human drums, its style and its tempo."""

    part: PartBars
    labels: npt.NDArray[np.void]
    style: Style
    bpm: float


def read_songs(data: Path, split: str, scale: PlanScale, limit: int) -> list[HeldBackSong]:
    """Up to `limit` songs of a split with parts and drums, in 4/4, their first 64 bars."""
    corpus, book = Corpus(data, split), read_styles(data)
    codes = np.load(data / split / "grooves.npz")["codes"]
    songs: list[HeldBackSong] = []
    for number, row in enumerate(corpus.index):
        bars = min(int(row["bars"]), MAX_BARS)
        if len(songs) == limit:
            break
        if (
            row["tracks"] == 0
            or codes[number] < 0
            or bars < MIN_BARS
            or not corpus.songs[number]["four_four"]
        ):
            continue
        labels = read_plan(quantise(corpus.between("hits", number, 0, bars)), bars, scale, FRAMES_PER_BAR)
        if (labels["kind"] != STOP).sum() >= 4:
            part = bar_features(corpus.between("onsets", number, 0, bars), bars)
            songs.append(HeldBackSong(part, labels, book[int(codes[number])], float(row["bpm"])))
    return songs


def people(songs: Sequence[HeldBackSong]) -> dict[str, float]:
    return profile([song.labels for song in songs], [song.part.onsets for song in songs])


def written(planner: Planner, songs: Sequence[HeldBackSong], seed: int) -> dict[str, float]:
    """The profile of plans that the planner writes for the songs, each with a seed of its own."""
    plans = [
        planner.write(song.part, [song.style], seed=seed * 100_000 + number, bpm=song.bpm)[0]
        for number, song in enumerate(songs)
    ]
    return profile([from_bar_plans(plan.bars) for plan in plans], [song.part.onsets for song in songs])


def calibrate(
    open_planner: Callable[[dict[str, Any]], Planner], songs: Sequence[HeldBackSong], rounds: int = 6
) -> dict[str, Any]:
    """The facts `kind_nats`, `sharpness` and `crash_nats` that bring plans nearest to those of people."""
    wanted = people(songs)
    facts: dict[str, Any] = {
        "kind_nats": [0.0] * KINDS,
        "sharpness": list(SHARPNESS),
        "crash_nats": [0.0, 0.0],
    }
    best, least = facts, np.inf
    for seed in range(rounds):
        found = written(open_planner(facts), songs, seed)
        away = {
            name: float(np.log(max(wanted[name], _LEAST) / max(found.get(name, 0), _LEAST)))
            for name in wanted
        }
        missed = float(np.mean(np.abs(list(away.values()))))
        if missed < least:
            best, least = facts, missed
        nats = np.array(facts["kind_nats"]) + _STEP * np.array([away[name] for name in KIND_NAMES])
        nats[FILL] = facts["kind_nats"][FILL] + _STEP * away["fills"]  # those that are repeated count too
        facts = {
            "kind_nats": (nats - nats[0]).round(3).tolist(),
            "sharpness": list(SHARPNESS),
            "crash_nats": [
                round(nats + _CRASH_STEP * away.get(name, 0.0), 3)
                for nats, name in zip(facts["crash_nats"], CRASHES, strict=True)
            ],
        }
    return best


def table(planner: Planner, songs: Sequence[HeldBackSong], seed: int) -> str:
    """What people and the planner make of the songs, side by side."""
    wanted, found = people(songs), written(planner, songs, seed)
    rows = [f"{'':20s}{'people':>9s}{'plans':>9s}"]
    rows += [f"{name:20s}{value:9.3f}{found.get(name, 0):9.3f}" for name, value in wanted.items()]
    return "\n".join(rows)
