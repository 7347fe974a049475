"""Calibrate the planner: plans that it writes are to be, in the mean, as those of people are.

A network that is right about each next bar drifts away when it reads its own. A few numbers, added to the
likelihood of the kinds of bars and of crashes, bring the shares back to those of songs that were held back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, quantise
from musegen_daw.drums.part import PartBars, bar_features
from musegen_daw.drums.plan_reading import FILL, KINDS, STOP, PlanScale, from_bar_plans, read_plan
from musegen_daw.drums.planner import Planner
from musegen_daw.drums.style import Style
from training.drums.corpus import Corpus
from training.drums.planner_profile import KIND_NAMES, profile
from training.drums.styles import read_styles

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
    """The profile of the human drums."""
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
