"""How the hand plays the hits of human performances, beside how they were played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import LEAD_POSITIONS, POSITIONS_PER_FRAME
from musegen_daw.drums.hand import Hand, Noise, PlayedHits
from musegen_daw.models.session import Graph
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES
from training.drums.hand_data import DrumPerformance, EnergyScale
from training.drums.hand_model import HandNetwork, graph_of

Floats = npt.NDArray[np.float64]
ENERGIES = (0.0, 0.25, 0.5, 0.6, 0.75, 1.0)
_VOICE = np.array([-1 if voice is None else voice for voice in VOICE_OF_PIECE])
_CARRIES_ENERGY = np.array([piece.name in ("kick", "snare") for piece in PIECES])
_SNARE = next(index for index, piece in enumerate(PIECES) if piece.name == "snare")
_HATS = VOICES.index("closed hat")
_SOFT = 50


def played(
    graph: Graph,
    performances: Sequence[DrumPerformance],
    scale: EnergyScale,
    *,
    spread: float = 1.0,
    energy: float | None = None,
) -> tuple[Floats, Floats]:
    """Velocity and offset in ms of all hits, at `energy` or at that of each bar."""
    hand = Hand(graph)
    velocity: list[Floats] = []
    offset_ms: list[Floats] = []
    for seed, each in enumerate(performances):
        own = scale.energy_of(each.level) if energy is None else np.full(each.bars, energy)
        touch = hand.play(each.hits, bars=each.bars, energy=own, bpm=each.bpm, seed=seed, spread=spread)
        velocity.append(touch.velocity.astype(np.float64))
        offset_ms.append(touch.offset_beats * 60_000 / each.bpm)
    return np.concatenate(velocity), np.concatenate(offset_ms)


def evaluate(
    network: HandNetwork, performances: Sequence[DrumPerformance], scale: EnergyScale
) -> dict[str, Any]:
    """Tables of `performances`, human and played: voices, accents, what energy does, and how repeats differ."""
    graph = graph_of(network)
    hits = np.concatenate([each.hits for each in performances])
    human = np.concatenate([each.velocity for each in performances])
    timing = np.concatenate([each.offset_ms for each in performances])
    level = np.concatenate([each.level[each.hits["bar"]] for each in performances])
    loudness, offset_ms = played(graph, performances, scale)
    middle, _ = played(graph, performances, scale, spread=0.0)
    voice = _VOICE[hits["piece"]]
    known = ~np.isnan(timing)
    frame = (hits["position"].astype(np.int64) - LEAD_POSITIONS) // POSITIONS_PER_FRAME
    return {
        "hits": len(hits),
        "voices": {
            name: _voice_row(voice == index, known, human, loudness, middle, level, timing, offset_ms)
            for index, name in enumerate(VOICES)
            if (voice == index).sum() >= 20
        },
        "within a step, ms": {
            "human": _apart(performances, timing, known),
            "played": _apart(performances, offset_ms, known),
        },
        "saturated": {"human": _share(human >= 126), "played": _share(loudness >= 126)},
        "hats by sixteenth of the beat": {
            "human": _by_place(human, voice == _HATS, frame % 4, 4),
            "played": _by_place(loudness, voice == _HATS, frame % 4, 4),
        },
        "snare by sixteenth of the bar": {
            "human": _by_place(human, hits["piece"] == _SNARE, frame, 16),
            "played": _by_place(loudness, hits["piece"] == _SNARE, frame, 16),
        },
        "soft snares": {
            "human": _share(human[hits["piece"] == _SNARE] < _SOFT),
            "played": _share(loudness[hits["piece"] == _SNARE] < _SOFT),
        },
        "energy": {str(energy): _at_energy(graph, performances, scale, energy, hits) for energy in ENERGIES},
        "noise": dict(zip(Noise._fields, np.round(network.noise.numpy(), 3).tolist(), strict=True)),
        "repeats": _repeats(graph, performances, scale),
        "swells": _swells(graph, performances, scale),
    }


def _voice_row(
    own: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    human: Floats,
    loudness: Floats,
    middle: Floats,
    level: Floats,
    timing: Floats,
    offset_ms: Floats,
) -> dict[str, float]:
    there = own & known
    slope, base = np.polyfit(level[own], human[own], 1)
    variance = max(float(human[own].var()), 1e-6)
    row = {
        "hits": int(own.sum()),
        "human mean": human[own].mean(),
        "played mean": loudness[own].mean(),
        "human spread": human[own].std(),
        "played spread": loudness[own].std(),
        "human saturated": (human[own] >= 126).mean(),
        "played saturated": (loudness[own] >= 126).mean(),
        "explained": 1 - np.square(human[own] - middle[own]).mean() / variance,
        "explained by level": 1 - np.square(human[own] - slope * level[own] - base).mean() / variance,
        "human spread ms": timing[there].std(),
        "played spread ms": offset_ms[there].std(),
    }
    return {name: round(float(value), 3) for name, value in row.items()}


def _share(values: npt.NDArray[np.bool_]) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def _by_place(
    values: Floats, own: npt.NDArray[np.bool_], place: npt.NDArray[np.int64], places: int
) -> list[float]:
    place = np.clip(place[own], 0, places - 1)
    count = np.bincount(place, minlength=places)
    return (np.bincount(place, values[own], places) / np.maximum(count, 1)).round(1).tolist()


def _apart(
    performances: Sequence[DrumPerformance], offset_ms: Floats, known: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """How far the hits of a step are from their common time: median and 95th percentile."""
    song = np.repeat(np.arange(len(performances)), [len(each.hits) for each in performances])
    hits = np.concatenate([each.hits for each in performances])
    key = (song * 100_000 + hits["bar"]) * 192 + hits["position"]
    _, key = np.unique(key[known], return_inverse=True)
    values = offset_ms[known]
    count = np.bincount(key)
    distance = np.abs(values - (np.bincount(key, values) / count)[key])[count[key] > 1]
    return {
        "median": round(float(np.median(distance)), 2),
        "95 %": round(float(np.quantile(distance, 0.95)), 2),
    }


def _at_energy(
    graph: Graph,
    performances: Sequence[DrumPerformance],
    scale: EnergyScale,
    energy: float,
    hits: npt.NDArray[np.void],
) -> dict[str, float]:
    loudness, _ = played(graph, performances, scale, energy=energy)
    loud, voice = _CARRIES_ENERGY[hits["piece"]], _VOICE[hits["piece"]]
    row = {
        "kick and snare": loudness[loud].mean(),
        "hats": loudness[voice == _HATS].mean(),
        "saturated": (loudness >= 126).mean(),
        "soft snares": (loudness[hits["piece"] == _SNARE] < _SOFT).mean(),
    }
    return {name: round(float(value), 3) for name, value in row.items()}


def _touches(
    graph: Graph, performances: Sequence[DrumPerformance], scale: EnergyScale
) -> Iterator[tuple[DrumPerformance, PlayedHits]]:
    hand = Hand(graph)
    for seed, each in enumerate(performances):
        own = scale.energy_of(each.level)
        yield each, hand.play(each.hits, bars=each.bars, energy=own, bpm=each.bpm, seed=seed)


def _repeats(graph: Graph, performances: Sequence[DrumPerformance], scale: EnergyScale) -> dict[str, float]:
    """Bars of a performance with equal hits, one after the other: how velocities differ, how alike accents are."""
    pairs: dict[str, list[Floats]] = {"human": [], "played": []}
    for each, touch in _touches(graph, performances, scale):
        starts = np.searchsorted(each.hits["bar"], np.arange(each.bars + 1))
        for bar in np.flatnonzero(each.repeats):
            one, two = slice(starts[bar - 1], starts[bar]), slice(starts[bar], starts[bar + 1])
            if starts[bar + 1] - starts[bar] >= 6:
                pairs["human"].append(np.stack([each.velocity[one], each.velocity[two]]))
                pairs["played"].append(
                    np.stack([touch.velocity[one], touch.velocity[two]]).astype(np.float64)
                )
    found: dict[str, float] = {"pairs": len(pairs["human"])}
    for name, own in pairs.items():
        if own:
            both = np.concatenate(own, axis=1)
            found[f"{name} difference"] = round(float(np.abs(both[0] - both[1]).mean()), 2)
            alike = [float(np.corrcoef(each[0], each[1])[0][1]) for each in own if each.std(axis=1).min() > 0]
            found[f"{name} accents alike"] = round(float(sum(alike) / max(1, len(alike))), 3)
    return found


def _swells(graph: Graph, performances: Sequence[DrumPerformance], scale: EnergyScale) -> dict[str, float]:
    """Fills (bars with three toms or more): toms and snares of the last beat less those of the first two."""
    rises: dict[str, list[float]] = {"human": [], "played": []}
    for each, touch in _touches(graph, performances, scale):
        voice = _VOICE[each.hits["piece"]]
        toms = np.isin(voice, [VOICES.index(f"{height} tom") for height in ("low", "mid", "high")])
        beat = (each.hits["position"].astype(np.int64) - LEAD_POSITIONS) // 48
        drums = toms | (voice == VOICES.index("snare"))
        for bar in np.flatnonzero(np.bincount(each.hits["bar"][toms], minlength=each.bars) >= 3):
            within = drums & (each.hits["bar"] == bar)
            early, late = within & (beat <= 1), within & (beat == 3)
            if early.any() and late.any():
                for name, values in (("human", each.velocity), ("played", touch.velocity)):
                    rises[name].append(float(values[late].mean() - values[early].mean()))
    fills = len(rises["human"])
    return {"fills": fills, **{name: round(float(np.mean(own)), 2) for name, own in rises.items() if own}}
