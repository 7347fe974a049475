"""Train the chooser, which rates how likely each style is for a part, on a prepared folder with styles.

Written to `--out`: `chooser.safetensors` (released as it is) and `chooser.json`, the cross-entropy in nats of the
validation split, beside that of the frequencies of the styles alone."""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from musegen_daw.drums.events import VELOCITY_LEVELS, Array
from musegen_daw.drums.part import PART_SUMMARY, part_summary
from training.common.checkpoint import read_tensors, save_network
from training.common.loop import cosine
from training.common.prepared import write_json
from training.drums.corpus import Corpus
from training.drums.styles import Grooves, LearnedGroove, codes_of, meter_levels, read_styles

FURTHEST = 5.0  # spreads from the mean, beyond which a figure counts no more


@dataclass(frozen=True, slots=True)
class ChooserConfig:
    styles: int
    width: int = 384
    layers: int = 2
    dropout: float = 0.5
    hidden_share: float = 0.1  # of the figures of a part, while training


class ChooserNetwork(nn.Module):
    """Parts (batch, PART_SUMMARY) -> logits of the styles (batch, styles)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, config: ChooserConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(PART_SUMMARY))
        self.register_buffer("spread", torch.ones(PART_SUMMARY))
        layers: list[nn.Module] = [nn.Dropout(config.hidden_share)]
        width = PART_SUMMARY
        for _ in range(config.layers):
            layers += [nn.Linear(width, config.width), nn.GELU(), nn.Dropout(config.dropout)]
            width = config.width
        self.choose = nn.Sequential(*layers, nn.Linear(width, config.styles))

    def forward(self, summary: Tensor) -> Tensor:
        found: Tensor = self.choose(((summary - self.mean) / self.spread).clamp(-FURTHEST, FURTHEST))
        return found


def save_chooser(network: ChooserNetwork, path: Path, facts: dict[str, object]) -> None:
    """Write weights, sizes and `facts` as safetensors."""
    save_network(path, network, {"config": asdict(network.config), **facts})


def load_chooser(path: Path) -> tuple[ChooserNetwork, dict[str, object]]:
    """The network of `save_chooser` in evaluation mode, and its plain values."""
    tensors, values = read_tensors(path)
    network = ChooserNetwork(ChooserConfig(**values["config"]))
    network.load_state_dict(tensors)
    return network.eval(), values


WHOLE_BARS = 64
LEAST_ONSETS = 4
LEAST_BARS, MOST_BARS = 4, 48
DEFAULT_PROGRAMS = (0, 27, 33)  # of the families, where a part does not say what plays it
SEMITONES = 5
_SUBSET, _UNNAMED, _TRANSPOSED, _FLAT, _NO_TEMPO = 0.4, 0.25, 0.5, 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Views:
    """Summaries of parts (views, PART_SUMMARY) and the styles of their songs (views,)."""

    summaries: npt.NDArray[np.float32]
    codes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)


def read_views(data: Path, split: str, views: int, seed: int = 0) -> Views:
    """So many views of each song of a prepared split that has parts: the whole song, then pieces of it.

    Every other view is in the style of its song, the rest in that which is nearest to what is played in the same
    bars: both are to be told, and a piece tells its song's better.
    """
    corpus, book = Corpus(data, split), read_styles(data)
    with np.load(data / split / "grooves.npz") as stored:
        codes_of_songs = stored["codes"]
    summaries: list[npt.NDArray[np.float32]] = []
    grooves: list[LearnedGroove] = []
    codes_of_views: list[int] = []
    songs = np.flatnonzero(corpus.index["tracks"] > 0).tolist()
    for song in tqdm(songs, desc=f"parts of {split}", leave=False, mininterval=2):
        for view in range(views):
            found = _view(corpus, song, np.random.default_rng((seed, song, view)) if view else None)
            if found is not None:
                summaries.append(found[0])
                grooves.append(found[1])
                codes_of_views.append(int(codes_of_songs[song]) if view % 2 == 0 else -1)
    if not summaries:
        return Views(np.zeros((0, PART_SUMMARY), np.float32), np.zeros(0, np.int64))
    by_song = np.array(codes_of_views, np.int64)
    codes = np.where(by_song >= 0, by_song, codes_of(Grooves.of(grooves), book))
    told = codes >= 0
    return Views(np.stack(summaries)[told], codes[told])


def whole_view(corpus: Corpus, song: int) -> tuple[npt.NDArray[np.float32], LearnedGroove] | None:
    """The summary of a whole song's parts (PART_SUMMARY,) and its groove; None without parts."""
    return _view(corpus, song, None)


def _view(
    corpus: Corpus, song: int, random: np.random.Generator | None
) -> tuple[npt.NDArray[np.float32], LearnedGroove] | None:
    """The parts and the groove of a song, or of a piece of it that `random` cuts and changes; None without parts."""
    facts: dict[str, Any] = corpus.songs[song]
    length = int(facts["bars"])
    first, bars = 0, min(length, WHOLE_BARS)
    if random is not None:
        bars = min(length, round(LEAST_BARS * (MOST_BARS / LEAST_BARS) ** random.random()))
        first = int(random.integers(0, (length - bars) // 2 + 1)) * 2
    onsets = corpus.between("onsets", song, first, bars)
    programs = [int(track["program"]) for track in facts["tracks"]]
    bpm: float | None = float(facts["bpm"])
    if random is not None:
        onsets, programs = _changed(onsets, programs, random)
        bpm = None if random.random() < _NO_TEMPO else bpm
    if len(onsets) < LEAST_ONSETS:
        return None
    levels = meter_levels(facts["meters"], length)[first : first + bars]
    meter = int(np.bincount(levels).argmax())
    hits = corpus.between("hits", song, first, bars)
    return part_summary(onsets, programs, bars, bpm, meter), LearnedGroove.read(hits, levels)


def _changed(onsets: Array, programs: list[int], random: np.random.Generator) -> tuple[Array, list[int]]:
    """Some of the tracks, perhaps without their programs, in another key, or all equally loud."""
    if len(programs) > 1 and random.random() < _SUBSET:
        kept = random.permutation(len(programs)) < random.integers(1, len(programs))
        onsets = onsets[kept[np.minimum(onsets["track"], len(programs) - 1)]]
    if random.random() < _UNNAMED:
        families = {int(track): int(family) for track, family in onsets[["track", "family"]].tolist()}
        programs = [
            DEFAULT_PROGRAMS[families[track]] if track in families else program
            for track, program in enumerate(programs)
        ]
    if random.random() < _TRANSPOSED:
        moved = onsets["pitch"].astype(np.int64) + random.integers(-SEMITONES, SEMITONES + 1)
        onsets["pitch"] = np.clip(moved, 0, 127)
    if random.random() < _FLAT:
        onsets["level"] = random.integers(VELOCITY_LEVELS // 2, VELOCITY_LEVELS)
    return onsets, programs


VIEWS = 8
BATCH = 256
LEARNING_RATE, WEIGHT_DECAY = 1.5e-3, 0.02
_SMALLEST_SPREAD = 1e-3


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums chooser", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared folder, with styles")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--epochs", type=int, default=10, help="passes over all views (default: 10)")
    parser.add_argument("--views", type=int, default=VIEWS, help=f"of each song (default: {VIEWS})")
    parser.add_argument("--minutes", type=float, default=20.0, help="at most (default: 20)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    book = read_styles(options.data)
    training = read_views(options.data, "train", options.views, options.seed)
    validation = read_views(options.data, "validation", 1)
    if not len(training) or not len(validation):
        raise ValueError(f"{options.data} has no songs with instruments and a style to learn from")
    network, log = train(
        training,
        validation,
        ChooserConfig(len(book)),
        epochs=options.epochs,
        seconds=60 * options.minutes,
        seed=options.seed,
    )
    facts = {"nats": style_nats(network, validation), "nats_of_shares": share_nats(training, validation)}
    save_chooser(network, options.out / "chooser.safetensors", {"seed": options.seed, "log": log, **facts})
    write_json(options.out / "chooser.json", {**facts, "log": log})
    print(f"{facts['nats']:.3f} nats a song; {facts['nats_of_shares']:.3f} by the shares of the styles alone")
    return 0


def train(
    training: Views,
    validation: Views,
    config: ChooserConfig,
    *,
    epochs: int,
    seconds: float = math.inf,
    seed: int = 0,
) -> tuple[ChooserNetwork, list[dict[str, float]]]:
    """The network of the epoch with the best validation, and the log: nats on `training` and on `validation`."""
    torch.manual_seed(seed)
    network = ChooserNetwork(config)
    summaries, codes = torch.from_numpy(training.summaries), torch.from_numpy(training.codes)
    network.mean.copy_(summaries.mean(dim=0))
    network.spread.copy_(summaries.std(dim=0, correction=0).clamp(min=_SMALLEST_SPREAD))
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = math.ceil(len(training) / BATCH)
    log: list[dict[str, float]] = []
    best, kept = math.inf, copy.deepcopy(network.state_dict())
    begun = time.monotonic()
    progress = tqdm(total=epochs * batches, desc="chooser", leave=False, mininterval=2)
    for epoch in range(epochs):
        network.train()
        total = 0.0
        order = torch.randperm(len(training))
        for at in range(batches):
            done = (epoch + at / batches) / epochs
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * cosine(done, 0.01)
            own = order[at * BATCH : (at + 1) * BATCH]
            loss = functional.cross_entropy(network(summaries[own]), codes[own])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(own)
            progress.update()
        held = style_nats(network, validation)
        log.append({"epoch": epoch + 1, "train": total / len(training), "validation": held})
        if held < best:
            best, kept = held, copy.deepcopy(network.state_dict())
        if time.monotonic() - begun > seconds:
            break
    progress.close()
    network.load_state_dict(kept)
    return network.eval(), log


def style_nats(network: ChooserNetwork, views: Views) -> float:
    """Mean cross-entropy in nats of the styles of the songs."""
    network.eval()
    with torch.no_grad():
        logits: Tensor = network(torch.from_numpy(views.summaries))
        return float(functional.cross_entropy(logits, torch.from_numpy(views.codes)))


def share_nats(training: Views, validation: Views) -> float:
    """The same under the frequencies of the styles in training."""
    counts = np.bincount(training.codes, minlength=int(validation.codes.max()) + 1) + 1.0
    return float(-np.log(counts[validation.codes] / counts.sum()).mean())
