"""Train the critic, which tells drums that belong to a part from others, on a prepared folder.

Written to `--out`: `critic.safetensors`, and `table.json` with the figures of the validation split."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.drums.critic import VOICE_FEATURES, WINDOW_BARS, WINDOW_FRAMES, Critic, voice_frames
from musegen_daw.drums.events import ONSET, Array, quantise
from musegen_daw.drums.features import PART_FEATURES, part_frames
from training.common.checkpoint import read_tensors, save_network
from training.common.loop import cosine, update_average
from training.common.prepared import write_json
from training.drums.corpus import Corpus

FRAMES_A_STEP = 4
MAX_SHARPNESS = 4.0


@dataclass(frozen=True, slots=True)
class CriticConfig:
    """Sizes of the network; `local` and `whole` are the widths of what it says of each beat and of the window."""

    width: int = 64
    hidden: int = 96
    local: int = 16
    whole: int = 128
    dropout: float = 0.1


class Side(nn.Module):
    """One of the two: frames (n, 128, features) to a vector of length 1 (n, 32·local + whole).

    Beats by convolution, a bidirectional LSTM over them; what it says beat by beat, so that hits must lie where the
    part wants them, and what it says of all beats together.
    """

    def __init__(self, features: int, config: CriticConfig) -> None:
        super().__init__()
        self.entry = nn.Linear(features, config.width)
        self.near = nn.Conv1d(config.width, config.width, 5, padding=2)
        self.beats = nn.Conv1d(config.width, config.hidden, FRAMES_A_STEP, stride=FRAMES_A_STEP)
        self.lstm = nn.LSTM(config.hidden, config.hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(config.dropout)
        self.local = nn.Linear(2 * config.hidden + config.hidden, config.local)
        self.whole = nn.Linear(6 * config.hidden, config.whole)

    def forward(self, frames: Tensor) -> Tensor:
        entered = functional.gelu(self.entry(frames)).transpose(1, 2)
        near = functional.gelu(entered + self.near(entered))
        beats = functional.gelu(self.beats(near)).transpose(1, 2)
        read, _ = self.lstm(beats)
        read = self.dropout(torch.cat([read, beats], dim=2))
        local = functional.normalize(self.local(read).flatten(1), dim=1)
        whole = functional.normalize(
            self.whole(torch.cat([read.mean(dim=1), read.amax(dim=1)], dim=1)), dim=1
        )
        return functional.normalize(torch.cat([local, whole], dim=1), dim=1)


class CriticNetwork(nn.Module):
    """Windows of parts and of drums to vectors whose product is cosine over temperature."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__()
        self.config = config
        self.part = Side(PART_FEATURES, config)
        self.drums = Side(VOICE_FEATURES, config)
        self.sharpness = nn.Parameter(torch.tensor(2.7))  # the logarithm of one over the temperature

    def forward(self, parts: Tensor, drums: Tensor) -> tuple[Tensor, Tensor]:
        return self.part(parts) * self.sharpness.clamp(max=MAX_SHARPNESS).exp(), self.drums(drums)


def contrast(parts: Tensor, drums: Tensor) -> Tensor:
    """InfoNCE in nats, both ways: each of the vectors (n, width) is to find its own among n."""
    scores = drums @ parts.T
    own = torch.arange(len(scores))
    return (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2


def graph_of(network: CriticNetwork) -> Callable[..., list[npt.NDArray[Any]]]:
    """The network with the interface of its ONNX graph."""

    def run(*arrays: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        with torch.no_grad():
            parts, drums = (torch.from_numpy(np.ascontiguousarray(each)) for each in arrays)
            return [each.numpy() for each in network(parts, drums)]

    return run


def save_critic(network: CriticNetwork, path: Path, facts: dict[str, object]) -> None:
    """Write weights as float16, sizes and `facts` as safetensors."""
    save_network(path, network, {"config": asdict(network.config), **facts}, torch.float16)


def load_critic(path: Path) -> tuple[CriticNetwork, dict[str, object]]:
    """The network of `save_critic` in evaluation mode, and its plain values."""
    tensors, values = read_tensors(path)
    network = CriticNetwork(CriticConfig(**values["config"]))
    network.load_state_dict({name: value.float() for name, value in tensors.items()})
    return network.eval(), values


BATCH = 64
AMONG = 16
MIN_HITS, MIN_ONSETS = 16, 12
LEARNING_RATE = 2e-3
TRANSPOSE_SEMITONES = 6
FEWER_FAMILIES_SHARE = 0.35
SHORT_SHARE = 0.1
VALIDATIONS = 10
_TRIES = 8
_AVERAGE = 0.998

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CriticPair:
    """A window of a part (128, PART_FEATURES) and the drums that belong to it (128, VOICE_FEATURES)."""

    part: Floats
    drums: Floats


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums critic", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, default=20.0, help="at most (default: 20)")
    parser.add_argument("--steps", type=int, default=20000, help="at most (default: 20000)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    network, log = train(
        Corpus(options.data, "train"),
        Corpus(options.data, "validation"),
        seconds=60 * options.minutes,
        steps=options.steps,
        seed=options.seed,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    save_critic(network, options.out / "critic.safetensors", {"log": log, "seed": options.seed})
    write_json(options.out / "table.json", log)
    print(f"own part found among {AMONG} (validation): {log[-1]['top1']:.3f}")
    return 0


def train(
    training: Corpus,
    validation: Corpus,
    *,
    seconds: float,
    steps: int,
    seed: int = 0,
    config: CriticConfig | None = None,
    batch: int = BATCH,
) -> tuple[CriticNetwork, list[dict[str, float]]]:
    """The network with averaged weights, and the log of its validation."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = CriticNetwork(config or CriticConfig())
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.02)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    songs = np.flatnonzero(training.index["tracks"])
    held = held_pairs(validation)
    log: list[dict[str, float]] = []
    begun, done, missed = time.monotonic(), 0.0, 0.0
    step = next_validation = 0
    while done < 1:
        rate = LEARNING_RATE * min(1, (step + 1) / 100) * cosine(done, 0.02)
        for group in optimiser.param_groups:
            group["lr"] = rate
        pairs = drawn_pairs(training, songs, batch, random)
        optimiser.zero_grad()
        loss = contrast(
            *network(_stack([each.part for each in pairs]), _stack([each.drums for each in pairs]))
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        update_average(average, network, _AVERAGE, step)
        missed += (float(loss.detach()) - missed) / min(step + 1, 100)
        step += 1
        done = min(1.0, max(step / steps, (time.monotonic() - begun) / seconds))
        next_validation = _maybe_log(network, average, held, log, step, done, missed, next_validation)
    network.load_state_dict(average)
    return network.eval(), log


def _maybe_log(
    network: CriticNetwork,
    average: dict[str, torch.Tensor],
    held: Sequence[CriticPair],
    log: list[dict[str, float]],
    step: int,
    done: float,
    missed: float,
    due: int,
) -> int:
    if done * VALIDATIONS < due + 1:
        return due
    judge = CriticNetwork(network.config)
    judge.load_state_dict(average)
    log.append({"step": step, "loss": missed, "top1": top_one(Critic(graph_of(judge.eval())), held)})
    return int(done * VALIDATIONS)


def drawn_pairs(
    corpus: Corpus, songs: npt.NDArray[np.int64], count: int, random: np.random.Generator
) -> list[CriticPair]:
    """Windows of different songs, the parts transposed, at times fewer of them, at times fewer bars.

    Raises ValueError where no window of any song has enough hits and notes.
    """
    found: list[CriticPair] = []
    for song in random.permutation(songs).tolist():
        pair = _drawn(corpus, song, random)
        if pair is not None:
            found.append(pair)
        if len(found) == count:
            return found
    if len(found) < 2:
        raise ValueError(f"{corpus.folder} has no two songs of which parts and drums play together")
    return found


def _drawn(corpus: Corpus, song: int, random: np.random.Generator) -> CriticPair | None:
    bars = int(corpus.index["bars"][song])
    length = WINDOW_BARS if random.random() >= SHORT_SHARE else int(random.integers(2, WINDOW_BARS))
    length = min(length, bars)
    for _ in range(_TRIES):
        first = int(random.integers(0, bars - length + 1))
        hits, onsets = (corpus.between(name, song, first, length) for name in ("hits", "onsets"))
        families = np.unique(onsets["family"])
        if len(families) > 1 and random.random() < FEWER_FAMILIES_SHARE:
            kept = random.permutation(families)[: random.integers(1, len(families))]
            onsets = onsets[np.isin(onsets["family"], kept)]
        if enough(hits, onsets, length):
            onsets["pitch"] = transposed(
                onsets, int(random.integers(-TRANSPOSE_SEMITONES, TRANSPOSE_SEMITONES))
            )
            return pair_of(hits, onsets, length)
    return None


def enough(hits: Array, onsets: Array, bars: int) -> bool:
    """Whether drums and parts have enough hits and notes in `bars` to be compared."""
    share = bars / WINDOW_BARS
    return len(hits) >= MIN_HITS * share and len(onsets) >= MIN_ONSETS * share


def transposed(onsets: Array, semitones: int) -> npt.NDArray[np.uint8]:
    """The pitches of ONSET transposed, clipped to 0..127."""
    return np.clip(onsets["pitch"].astype(np.int64) + semitones, 0, 127).astype(np.uint8)


def pair_of(hits: Array, onsets: Array, bars: int) -> CriticPair:
    """Raw HIT and ONSET of at most eight bars as a pair, padded with silence."""
    short = ((0, WINDOW_FRAMES - 16 * bars), (0, 0))
    return CriticPair(
        np.pad(part_frames(onsets.astype(ONSET), bars), short),
        np.pad(voice_frames(quantise(hits), bars), short),
    )


def held_pairs(corpus: Corpus, most: int = 320) -> list[CriticPair]:
    """One window of each of up to `most` songs, from its middle or wherever after it there is enough to hear."""
    songs = np.flatnonzero(corpus.index["tracks"])
    found: list[CriticPair] = []
    for song in songs[:: max(1, len(songs) // most)].tolist():
        bars = int(corpus.index["bars"][song])
        length = min(bars, WINDOW_BARS)
        for first in range((bars - length) // 2, bars - length + 1, WINDOW_BARS):
            hits, onsets = (corpus.between(name, song, first, length) for name in ("hits", "onsets"))
            if enough(hits, onsets, length):
                found.append(pair_of(hits, onsets, length))
                break
    return found


def top_one(critic: Critic, pairs: Sequence[CriticPair], among: int = AMONG) -> float:
    """The share of drums that score higher with their own part than with the parts of the next 15 songs."""
    if len(pairs) < 2:
        return 1.0
    scores = critic.compare(np.stack([each.part for each in pairs]), np.stack([each.drums for each in pairs]))
    rows = np.arange(len(pairs))[:, None]
    found = scores[rows, (rows + np.arange(min(among, len(pairs)))) % len(pairs)]
    return float((found[:, 0] > found[:, 1:].max(axis=1)).mean())


def _stack(arrays: list[Any]) -> torch.Tensor:
    return torch.from_numpy(np.stack(arrays))
