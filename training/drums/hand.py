"""Train the hand, which plays hits with velocity and timing, on Groove MIDI; evaluate it on the test split.

Written to `--out`: `hand.safetensors` (released as it is) and `table.json` (human and played, voice by voice)."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musegen_daw.drums.events import POSITIONS_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drums.hand import (
    OFFSET_MEAN,
    OFFSET_SPREAD,
    VELOCITY_MEAN,
    VELOCITY_SPREAD,
    Noise,
    read_steps,
)
from musegen_daw.music.kit import PIECES
from training.common.loop import cosine
from training.common.prepared import write_json
from training.drums.hand_data import DrumPerformance, EnergyScale, read_groove, read_songs
from training.drums.hand_evaluation import evaluate, played
from training.drums.hand_model import HandConfig, HandNetwork, graph_of, save_hand

Floats = npt.NDArray[np.float64]
OWN_SHARE = 0.05  # at least so much of the variance is each hit's own
_CUT = 3.0  # spreads: single hits far off say nothing of how others go


class _Mean:
    """A mean of products over many pairs, or their correlation."""

    def __init__(self) -> None:
        self.total, self.pairs = 0.0, 0.0

    def add(self, total: float, pairs: float) -> None:
        self.total += total
        self.pairs += pairs

    @property
    def value(self) -> float:
        return self.total / self.pairs if self.pairs else 0.0


def read_noise(network: HandNetwork, performances: Sequence[DrumPerformance], scale: EnergyScale) -> Noise:
    """The shares of `Noise`, from products of standardised residuals of two hits of a performance."""
    loud_take, loud_place, total = _Mean(), _Mean(), _Mean()
    late_take, late_place, late_step, late_next, late_total = _Mean(), _Mean(), _Mean(), _Mean(), _Mean()
    for each in performances:
        steps = read_steps(each.hits, scale.energy_of(each.level), each.bpm)
        with torch.no_grad():
            found = network(torch.from_numpy(steps.features)[None])[0].numpy()
        means = found[steps.step, :, each.hits["piece"]].astype(np.float64)
        louder = (each.velocity / 127 - means[:, VELOCITY_MEAN]) / means[:, VELOCITY_SPREAD]
        later = (each.offset_ms - means[:, OFFSET_MEAN]) / means[:, OFFSET_SPREAD]
        known = ~np.isnan(later)
        louder, later = np.clip(louder, -_CUT, _CUT), np.clip(later, -_CUT, _CUT)[known]
        piece, position = each.hits["piece"].astype(np.int64), each.hits["position"].astype(np.int64)
        place = piece * POSITIONS_PER_BAR + position
        total.add(float(np.square(louder).sum()), len(louder))
        same, at_place = _pairs(louder, piece), _pairs(louder, place)
        bar, repeats = each.hits["bar"].astype(np.int64), each.repeats
        loud_place.add(*_again(louder, place, bar, repeats))
        loud_take.add(same[0] - at_place[0], same[1] - at_place[1])

        step = steps.step[known]
        late_total.add(float(np.square(later).sum()), len(later))
        late_place.add(*_again(later, place[known], bar[known], repeats))
        in_step, every = _pairs(later, step), _pairs(later, np.zeros(len(later), np.int64))
        late_step.add(*in_step)
        late_take.add(every[0] - in_step[0], every[1] - in_step[1])
        sums = np.bincount(step, later, len(steps.at))
        counts = np.bincount(step, minlength=len(steps.at))
        near = np.diff(steps.at) == 2 * POSITIONS_PER_FRAME
        late_next.add(
            float((sums[1:] * sums[:-1])[near].sum()), float((counts[1:] * counts[:-1])[near].sum())
        )

    def share(part: float, whole: float = 1.0) -> float:
        return float(np.clip(part / max(whole, 1e-6), 0.0, 0.9))

    velocity_take = share(loud_take.value, total.value)
    velocity_place = min(share(loud_place.value - velocity_take), 1 - OWN_SHARE - velocity_take)
    offset_take = share(late_take.value, late_total.value)
    offset_drift = share(late_step.value - late_take.value, late_total.value)
    offset_place = min(
        share(late_place.value - offset_take),
        1 - OWN_SHARE - offset_take - offset_drift,
    )
    remembered = (late_next.value - late_take.value) / max(late_step.value - late_take.value, 1e-6)
    memory = float(np.sqrt(np.clip(remembered, 0.01, 0.9)))
    return Noise(velocity_take, velocity_place, offset_take, max(0.0, offset_place), offset_drift, memory)


def _pairs(values: Floats, key: npt.NDArray[np.int64]) -> tuple[float, float]:
    """The sum of products over ordered pairs of different values with one key, and how many there are."""
    count = np.bincount(key).astype(np.float64)
    total = np.bincount(key, values)
    return float(np.square(total).sum() - np.square(values).sum()), float((count * (count - 1)).sum())


def _again(
    values: Floats, place: npt.NDArray[np.int64], bar: npt.NDArray[np.int64], repeats: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Values at one place in a bar and in the one that repeats it: sum of products, and of what they are at most."""
    order = np.lexsort((bar, place))
    follows = (np.diff(place[order]) == 0) & (np.diff(bar[order]) == 1) & repeats[bar[order][1:]]
    first, second = values[order][:-1][follows], values[order][1:][follows]
    return float((first * second).sum()), float((np.square(first) + np.square(second)).sum() / 2)


BATCH_CROPS = 48
CROP_STEPS = (16, 32, 64)
SONG_SHARE = 0.2
CHANGED_SHARE = (
    0.3  # of the crops are played softer or louder, so that every pattern is known at every energy
)
LEARNING_RATE = 3e-3
LEAN_DECAY = 3e-4


@dataclass(frozen=True, slots=True)
class HandBatch:
    """Some crops: features (crops, steps, STEP_FEATURES), and the hits of all of them (hits,)."""

    features: Tensor
    crop: Tensor
    step: Tensor
    piece: Tensor
    velocity: Tensor
    weight: Tensor
    offset_ms: Tensor


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums hand", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip of the Groove MIDI Dataset")
    parser.add_argument("--songs", type=Path, help="prepared folder, for pieces that Groove MIDI lacks")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, default=10.0, help="at most (default: 10)")
    parser.add_argument("--steps", type=int, default=8000, help="at most (default: 8000)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    groove = read_groove(options.data, "train")
    songs = read_songs(options.songs, "train", 600, options.seed) if options.songs else []
    validation = read_groove(options.data, "validation")
    scale = EnergyScale.learn([groove, songs])
    network, log = train(
        groove,
        songs,
        validation,
        scale,
        seconds=60 * options.minutes,
        steps=options.steps,
        seed=options.seed,
    )
    calibrate(network, [*groove[::4], *validation], scale, noise_from=validation)
    facts: dict[str, object] = {"energy_levels": list(scale.levels), "log": log, "seed": options.seed}
    save_hand(network, options.out / "hand.safetensors", facts)
    table = evaluate(network, read_groove(options.data, "test"), scale)
    write_json(options.out / "table.json", table)
    print(json.dumps(table["voices"], indent=1))
    return 0


def train(
    groove: Sequence[DrumPerformance],
    songs: Sequence[DrumPerformance],
    validation: Sequence[DrumPerformance],
    scale: EnergyScale,
    *,
    seconds: float,
    steps: int,
    seed: int = 0,
    config: HandConfig | None = None,
) -> tuple[HandNetwork, list[dict[str, float]]]:
    """The network with the best validation loss, and the log: loss on training crops and on `validation`."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = HandNetwork(config or HandConfig())
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.01)
    fitting = {count: [_Source.of(each) for each in groove if each.steps >= count] for count in CROP_STEPS}
    others = {count: [_Source.of(each) for each in songs if each.steps >= count] for count in CROP_STEPS}
    held = [collate([each.between(0, 16)], scale) for each in validation if each.hits["bar"][0] < 16]
    log: list[dict[str, float]] = []
    best, kept = math.inf, network.state_dict()
    begun, total = time.monotonic(), 0.0
    every = max(1, steps // 20)
    step = 0
    done = 0.0
    while done < 1:
        done = max((step + 1) / steps, (time.monotonic() - begun) / seconds)
        rate = LEARNING_RATE * min(1, step / 100) * cosine(done, 0.02)
        for group in optimiser.param_groups:
            group["lr"] = rate
        count = int(random.choice([each for each in CROP_STEPS if fitting[each]]))
        crops = _crops(fitting[count], BATCH_CROPS, count, random)
        crops += _crops(others[count], int(SONG_SHARE * BATCH_CROPS), count, random)
        batch = collate(crops, scale)
        network.train()
        loss = nats(network, batch) + LEAN_DECAY * network.lean.weight.square().sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        total += float(loss.detach())
        step += 1
        if step % every == 0 or done >= 1:
            network.eval()
            with torch.no_grad():
                held_loss = float(np.mean([float(nats(network, batch)) for batch in held])) if held else 0.0
            since = (step - 1) % every + 1
            log.append({"step": step, "train": round(total / since, 4), "validation": round(held_loss, 4)})
            total = 0.0
            if held_loss <= best or not held:
                best = held_loss
                kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    return network.eval(), log


@dataclass(frozen=True, slots=True)
class _Source:
    """A performance and where its steps begin in its hits, (steps + 1,)."""

    performance: DrumPerformance
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, performance: DrumPerformance) -> _Source:
        step = performance.step
        return cls(performance, np.searchsorted(step, np.arange(step[-1] + 2)))

    def crop(self, count: int, random: np.random.Generator) -> DrumPerformance:
        first = int(random.integers(0, len(self.starts) - count))
        crop = self.performance.slice(int(self.starts[first]), int(self.starts[first + count]))
        return crop.changed(random) if random.random() < CHANGED_SHARE else crop


def _crops(
    sources: Sequence[_Source], crops: int, count: int, random: np.random.Generator
) -> list[DrumPerformance]:
    if not sources:
        return []
    sizes = np.array([len(each.starts) for each in sources], float) ** 0.75
    chosen = random.choice(len(sources), crops, p=sizes / sizes.sum())
    return [sources[at].crop(count, random) for at in chosen]


def collate(crops: Sequence[DrumPerformance], scale: EnergyScale) -> HandBatch:
    """Crops of equally many steps."""
    read = [read_steps(each.hits, scale.energy_of(each.level), each.bpm) for each in crops]
    counts = [len(each.hits) for each in crops]

    def column(values: list[Any], dtype: torch.dtype) -> Tensor:
        return torch.from_numpy(np.concatenate(values)).to(dtype)

    return HandBatch(
        torch.from_numpy(np.stack([each.features for each in read])),
        torch.repeat_interleave(torch.arange(len(crops)), torch.tensor(counts)),
        column([each.step for each in read], torch.long),
        column([each.hits["piece"] for each in crops], torch.long),
        column([each.velocity / 127 for each in crops], torch.float32),
        column([each.weight for each in crops], torch.float32),
        column([each.offset_ms for each in crops], torch.float32),
    )


def nats(network: HandNetwork, batch: HandBatch) -> Tensor:
    """Nats a hit: velocity and time each as a normal distribution, in units of 32 and of 15 ms."""
    found = network(batch.features)[batch.crop, batch.step, :, batch.piece]
    mean, spread = found[:, VELOCITY_MEAN], found[:, VELOCITY_SPREAD]
    loudness = 0.5 * ((batch.velocity - mean) / spread).square() + (spread * 127 / 32).log()
    known = ~batch.offset_ms.isnan()
    late, width = found[known, OFFSET_MEAN], found[known, OFFSET_SPREAD]
    timing = 0.5 * ((batch.offset_ms[known] - late) / width).square() + (width / 15).log()
    return (loudness * batch.weight).sum() / batch.weight.sum().clamp(min=1) + timing.sum() / max(
        1, len(late)
    )


def calibrate(
    network: HandNetwork,
    performances: Sequence[DrumPerformance],
    scale: EnergyScale,
    *,
    noise_from: Sequence[DrumPerformance] = (),
) -> None:
    """Set what the spread consists of, and widen or narrow it until each piece varies as much as people's do.

    What it consists of is read off `noise_from`, which is best not trained on; off `performances` where empty.
    """
    network.noise.copy_(torch.tensor(read_noise(network, noise_from or performances, scale)))
    pieces = np.concatenate([each.hits["piece"] for each in performances])
    human = [
        np.concatenate([each.velocity for each in performances]),
        np.concatenate([each.offset_ms for each in performances]),
    ]
    network.scale.fill_(1.0)
    for _ in range(4):
        graph = graph_of(network)
        means = played(graph, performances, scale, spread=0.0)
        drawn = played(graph, performances, scale, spread=1.0)
        for piece in range(len(PIECES)):
            own = pieces == piece
            if own.sum() < 200:
                continue
            for row, (target, middle, wide) in enumerate(zip(human, means, drawn, strict=True)):
                there = own & ~np.isnan(target)
                wanted = target[there].var() - middle[there].var()
                given = wide[there].var() - middle[there].var()
                network.scale[row, piece] *= float(
                    np.sqrt(np.clip(wanted, 1, None) / max(given, 1)).clip(0.6, 1.6)
                )
        network.scale.clamp_(0.4, 2.5)
