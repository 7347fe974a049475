"""Train the network that plans drum tracks, bar by bar."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from musegen_daw.drums.events import FRAMES_PER_BAR, quantise
from musegen_daw.drums.part import AHEAD, CONTENT, PLACE, bar_features
from musegen_daw.drums.plan_reading import (
    CYMBALS,
    KINDS,
    LEVELS,
    STOP,
    PlanScale,
    bar_measures,
    level_of,
    read_plan,
)
from musegen_daw.drums.planner_inputs import (
    BEFORE,
    HISTORY,
    STYLE_INPUT,
    TEMPO_INPUT,
    WINDOW,
    WINDOW_INPUT,
    PlanHistory,
    style_input,
    tempo_input,
)
from musegen_daw.drums.style import StyleBook
from training.common.checkpoint import read_tensors, write_tensors
from training.common.loop import cosine, update_average
from training.common.prepared import mapped, write_json
from training.drums.corpus import Corpus
from training.drums.styles import read_styles


@dataclass(frozen=True, slots=True)
class PlannerConfig:
    width: int = 208
    entry: int = 160
    part: int = 96
    style: int = 48
    head: int = 96
    dropout: float = 0.1


class PlannerOutput(NamedTuple):
    """Logits, all but the first for each kind that the bar may be.

    `kind` (..., 8), `crash` (..., 8), `cymbal` (..., 8, 5), `density` and `energy` (..., 8, 10).
    """

    kind: Tensor
    crash: Tensor
    cymbal: Tensor
    density: Tensor
    energy: Tensor


class PlannerLSTM(nn.Module):
    """An LSTM over bars: reads the part around a bar, its place, the style, the tempo and the plan so far."""

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        self.config = config
        self.part = nn.Linear(WINDOW_INPUT, config.part)
        self.style = nn.Linear(STYLE_INPUT, config.style)
        self.entry = nn.Linear(
            config.part + config.style + PLACE + AHEAD + TEMPO_INPUT + HISTORY, config.entry
        )
        self.lstm = nn.LSTM(config.entry, config.width, batch_first=True)
        self.drop = nn.Dropout(config.dropout)
        self.kind = nn.Sequential(
            nn.Linear(config.width + config.entry, config.head), nn.GELU(), nn.Linear(config.head, KINDS)
        )
        self.given = nn.Linear(config.width + config.entry, config.head)
        self.of_kind = nn.Parameter(torch.randn(KINDS, config.head) * 0.1)
        self.sizes = (1, len(CYMBALS), LEVELS, LEVELS)
        self.rest = nn.Linear(config.head, sum(self.sizes))

    def read(self, window: Tensor, place: Tensor, style: Tensor, history: Tensor) -> Tensor:
        """What the LSTM reads: `window` (..., WINDOW_INPUT), `place` (..., PLACE + AHEAD + TEMPO_INPUT),
        `style` (..., STYLE_INPUT), `history` (..., HISTORY)."""
        parts = functional.gelu(self.part(window))
        styles = functional.gelu(self.style(style))
        return functional.gelu(self.entry(torch.cat([parts, styles, place, history], dim=-1)))

    def heads(self, hidden: Tensor, entry: Tensor) -> PlannerOutput:
        """Logits of bars, from the state of the LSTM and what it read."""
        both = torch.cat([self.drop(hidden), entry], dim=-1)
        rest = self.rest(functional.gelu(self.given(both).unsqueeze(-2) + self.of_kind))
        crash, cymbal, density, energy = rest.split(self.sizes, dim=-1)
        return PlannerOutput(self.kind(both), crash.squeeze(-1), cymbal, density, energy)

    def forward(self, window: Tensor, place: Tensor, style: Tensor, history: Tensor) -> PlannerOutput:
        """Logits of every bar, teacher forced; inputs (songs, bars, ...)."""
        entry = self.drop(self.read(window, place, style, history))
        hidden, _ = self.lstm(entry)
        return self.heads(hidden, entry)


MAX_BARS = 128
MOST_BARS_OF_A_SONG = 512
EXPRESSIVE = 2
SCALE_FILE = "scale.json"
_BATCH = 256

CHUNK = np.dtype(
    [
        ("first", np.int64),
        ("bars", np.int32),
        ("song", np.int32),
        ("bpm", np.float32),
        ("code", np.int32),
        ("parts", "?"),
        ("expressive", "?"),
    ]
)


@dataclass(frozen=True, eq=False)
class PlannerData:
    """A split as the planner reads it, songs of up to 128 bars end to end.

    `chunks` (chunks,) is CHUNK; per bar: `labels` LABEL, `content`, `place`, `ahead`, `history` (bars, features).
    """

    chunks: npt.NDArray[np.void]
    labels: npt.NDArray[np.void]
    content: npt.NDArray[np.float16]
    place: npt.NDArray[np.float16]
    ahead: npt.NDArray[np.float16]
    history: npt.NDArray[np.float16]

    @classmethod
    def load(cls, folder: Path) -> PlannerData:
        names = ("chunks", "labels", "content", "place", "ahead", "history")
        return cls(*(mapped(folder / f"{name}.npy", axes=1 + (name in names[2:])) for name in names))


def song_meter(runs: list[list[int]], bars: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The sixteenths of every bar of a prepared song, and whether its beats are dotted: (bars,) each."""
    frames, compound = np.full(bars, FRAMES_PER_BAR, np.int64), np.zeros(bars, bool)
    for first, length, is_compound in runs:
        frames[first:], compound[first:] = length, bool(is_compound)
    return frames, compound


def learn_scale(corpus: Corpus, songs: int = 4000) -> PlanScale:
    """The scale of density (of all songs) and energy (of those whose velocities are played)."""
    chosen = np.linspace(0, len(corpus.index) - 1, min(songs, len(corpus.index))).astype(int)
    hits: list[npt.NDArray[np.float64]] = []
    levels: list[npt.NDArray[np.float64]] = []
    for song in np.unique(chosen).tolist():
        bars = int(corpus.index["bars"][song])
        grid = quantise(corpus.between("hits", song, 0, bars))
        frames, _ = song_meter(corpus.songs[song]["meters"], bars)
        per_bar, level = bar_measures(grid, bars, frames)
        hits.append(per_bar[per_bar > 0])
        if corpus.index["dynamics"][song] == EXPRESSIVE:
            levels.append(level[per_bar > 0])
    return PlanScale.learn(np.concatenate(hits), np.concatenate(levels or [np.full(1, 12.0)]))


def write_planner_data(data: Path, split: str, scale: PlanScale, out: Path, limit: int | None = None) -> None:
    """Read the plans and features of a split of the prepared folder `data` and write them to `out`."""
    corpus = Corpus(data, split)
    codes = np.load(data / split / "grooves.npz")["codes"]
    out.mkdir(parents=True, exist_ok=True)
    chunks: list[tuple[int, int, int, float, int, bool, bool]] = []
    streams: dict[str, list[npt.NDArray[Any]]] = {
        name: [] for name in ("labels", "content", "place", "ahead")
    }
    total = 0
    songs = len(corpus.index) if limit is None else min(limit, len(corpus.index))
    for song in tqdm(range(songs), desc=f"plans of {split}", leave=False):
        row = corpus.index[song]
        bars = min(int(row["bars"]), MOST_BARS_OF_A_SONG)
        frames, compound = song_meter(corpus.songs[song]["meters"], bars)
        grid = quantise(corpus.between("hits", song, 0, bars))
        part = bar_features(corpus.between("onsets", song, 0, bars), bars, frames=frames, compound=compound)
        streams["labels"].append(read_plan(grid, bars, scale, frames))
        for name in ("content", "place", "ahead"):
            streams[name].append(getattr(part, name).astype(np.float16))
        has_parts, expressive = bool(row["tracks"] > 0), bool(row["dynamics"] == EXPRESSIVE)
        for first in range(0, bars, MAX_BARS):
            size = min(MAX_BARS, bars - first)
            if size >= 4:
                chunks.append(
                    (total + first, size, song, row["bpm"], int(codes[song]), has_parts, expressive)
                )
        total += bars
    for name, arrays in streams.items():
        np.save(out / f"{name}.npy", np.concatenate(arrays))
    table = np.array(chunks, CHUNK)
    np.save(out / "chunks.npy", table)
    np.save(out / "history.npy", histories(table, np.concatenate(streams["labels"])))


def histories(chunks: npt.NDArray[np.void], labels: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """What the planner reads of the plan before each bar: (bars, HISTORY); repeats of what lies before a chunk are
    as grooves."""
    found = np.zeros((len(labels), HISTORY), np.float16)
    order = np.argsort(-chunks["bars"], kind="stable")
    for start in range(0, len(order), _BATCH):
        own = chunks[order[start : start + _BATCH]]
        bars = int(own["bars"].max())
        plans = PlanHistory.empty(len(own), bars)
        for bar in range(bars):
            there = np.minimum(own["first"] + bar, len(labels) - 1)
            inside = bar < own["bars"]
            found[there[inside]] = plans.features(bar)[inside]
            label = labels[there]
            energy = np.where(own["expressive"], level_of(label["energy"]), LEVELS)
            kind = label["kind"].astype(np.int64)
            _, usable = plans.source(bar)
            known = np.concatenate([np.ones((len(own), 4), bool), usable], axis=1)
            kind = np.where(known[np.arange(len(own)), kind], kind, 0)
            plans.settle(
                bar,
                kind,
                label["crash"],
                label["cymbal"].astype(np.int64),
                level_of(label["density"]),
                energy,
            )
    return found


def prepare_planner(data: Path, cache: Path) -> PlanScale:
    """Make sure that `cache` holds training and validation data of `data`; returns the scale."""
    path = cache / SCALE_FILE
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        scale = learn_scale(Corpus(data, "train"))
        for split in ("train", "validation"):
            write_planner_data(data, split, scale, cache / split)
        write_json(path, asdict(scale))  # last: it says that all is there
    return PlanScale.from_dict(json.loads(path.read_text(encoding="utf-8")))


def batches(data: PlannerData, size: int, random: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """The chunks of an epoch in batches of about `size` bars, of like length together, in random order."""
    bars = data.chunks["bars"]
    order = np.argsort(bars + random.random(len(bars)) * 8, kind="stable")
    cuts = np.flatnonzero(np.diff(np.cumsum(bars[order]) // size)) + 1
    found = np.split(order, cuts)
    for index in random.permutation(len(found)):
        yield found[index]


BATCH_BARS = 2048
PEAK_RATE = 2e-3
AVERAGE = 0.998
WARM_SHARE = 0.03
LOSS_WEIGHTS = (0.6, 0.3, 0.4, 0.4)  # weights of crash, cymbal, density and energy beside the kind
# how often the part is heard only up to the bar before, until some bar, or not at all; and the style is left open
ONLY_PAST, CUT_SHORT, NO_PARTS, NO_STYLE = 0.12, 0.06, 0.08, 0.1


class PlanBatch(NamedTuple):
    """Songs side by side: inputs (songs, bars, ...), targets (songs, bars), and which bars there are."""

    window: Tensor
    place: Tensor
    style: Tensor
    history: Tensor
    kind: Tensor
    crash: Tensor
    cymbal: Tensor
    density: Tensor
    energy: Tensor
    there: Tensor
    expressive: Tensor


class Loader:
    """Draws batches of a split; with `hides`, parts, the future and styles are hidden at random."""

    def __init__(self, data: PlannerData, book: StyleBook, *, hides: bool = True) -> None:
        self.data, self.hides = data, hides
        self.styles = np.stack(
            [style_input(pattern, share) for pattern, share in zip(book.patterns, book.triplets, strict=True)]
        )

    def draw(self, chosen: npt.NDArray[np.int64], random: np.random.Generator) -> PlanBatch:
        data, own = self.data, self.data.chunks[chosen]
        bars = int(own["bars"].max())
        index = np.minimum(own["first"][:, None] + np.arange(bars), len(data.labels) - 1)
        there = np.arange(bars) < own["bars"][:, None]
        content = np.asarray(data.content[index], np.float32)
        place, ahead = np.asarray(data.place[index], np.float32), np.asarray(data.ahead[index], np.float32)
        known, foresees = self._known(own, bars, random)
        window = _windows(content, there[:, None] & known)
        ahead = ahead * foresees[:, None, None]
        tempo = np.stack([tempo_input(float(bpm)) for bpm in own["bpm"]])
        places = [place, ahead, np.broadcast_to(tempo[:, None], (*place.shape[:2], tempo.shape[1]))]
        hidden = (own["code"] < 0) | (self.hides & (random.random(len(own)) < NO_STYLE))
        style = np.where(hidden[:, None], 0, self.styles[np.maximum(own["code"], 0)])
        labels = data.labels[index]
        arrays: dict[str, npt.NDArray[Any]] = {
            "window": window,
            "place": np.concatenate(places, axis=2, dtype=np.float32),
            "style": np.broadcast_to(style[:, None], (*place.shape[:2], style.shape[1])).astype(np.float32),
            "history": np.asarray(data.history[index], np.float32),
            "kind": labels["kind"].astype(np.int64),
            "crash": labels["crash"].astype(np.float32),
            "cymbal": labels["cymbal"].astype(np.int64),
            "density": level_of(labels["density"]),
            "energy": level_of(labels["energy"]),
            "there": there,
            "expressive": own["expressive"],
        }
        return PlanBatch(
            **{name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in arrays.items()}
        )

    def _known(
        self, own: npt.NDArray[np.void], bars: int, random: np.random.Generator
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which bars of the window of each bar are heard (songs, WINDOW, bars), and whether all to come is known."""
        songs = len(own)
        known = np.broadcast_to(own["parts"][:, None, None], (songs, WINDOW, bars)).copy()
        foresees = own["parts"].copy()
        if self.hides:
            draw = random.random(songs)
            live, until = draw < ONLY_PAST, (draw >= ONLY_PAST) & (draw < ONLY_PAST + CUT_SHORT)
            deaf = (draw >= ONLY_PAST + CUT_SHORT) & (draw < ONLY_PAST + CUT_SHORT + NO_PARTS)
            known[live, BEFORE:] = False
            end = random.integers(1, np.maximum(own["bars"], 2))
            bar = np.arange(bars) + np.arange(WINDOW)[:, None] - BEFORE
            known[until] &= bar[None] < end[until, None, None]
            known[deaf] = False
            foresees &= ~(live | until | deaf)
        return known, foresees


def _windows(content: npt.NDArray[np.float32], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    songs, bars, _ = content.shape
    padded = np.zeros((songs, bars + WINDOW - 1, CONTENT + 1), np.float32)
    padded[:, BEFORE : BEFORE + bars, :-1] = content
    padded[:, BEFORE : BEFORE + bars, -1] = 1
    steps = [padded[:, step : step + bars] * known[:, step, :, None] for step in range(WINDOW)]
    return np.concatenate(steps, axis=2)


def losses(output: PlannerOutput, batch: PlanBatch) -> dict[str, Tensor]:
    """Mean nats a bar of the kind, and of the others a bar in which they are chosen."""
    there = batch.there
    written = there & (batch.kind < STOP)
    loud = there & (batch.kind != STOP) & batch.expressive[:, None]
    kind = functional.cross_entropy(output.kind[there], batch.kind[there])

    def of_kind(values: Tensor, where: Tensor) -> Tensor:
        chosen = batch.kind[where]
        return values[where][torch.arange(len(chosen)), chosen]

    found = {"kind": kind}
    found["crash"] = functional.binary_cross_entropy_with_logits(
        of_kind(output.crash, written), batch.crash[written]
    )
    for name, where in (("cymbal", written), ("density", written), ("energy", loud)):
        values = of_kind(getattr(output, name), where)
        target = getattr(batch, name)[where]
        found[name] = functional.cross_entropy(values, target) if len(target) else values.sum()
    return found


def train(
    data: PlannerData,
    held: PlannerData,
    book: StyleBook,
    config: PlannerConfig,
    out: Path,
    seconds: float,
    seed: int,
    scale: PlanScale,
) -> dict[str, Any]:
    """Train for `seconds`; writes the averaged weights to `out` and returns what was measured on the held songs."""
    facts = {"seed": seed, "scale": asdict(scale)}
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = PlannerLSTM(config)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    loader, watched = Loader(data, book), Loader(held, book, hides=False)
    start, step, last = time.monotonic(), 0, 0.0
    report: dict[str, Any] = {}
    while True:
        for chosen in batches(data, BATCH_BARS, random):
            spent = (time.monotonic() - start) / seconds
            if spent >= 1:
                return report | _finish(model, average, watched, out, config, step, facts)
            rate = min(1.0, spent / WARM_SHARE + 0.02) * cosine(spent, 0.02)
            optimizer.param_groups[0]["lr"] = PEAK_RATE * rate
            batch = loader.draw(chosen, random)
            parts = losses(model(batch.window, batch.place, batch.style, batch.history), batch)
            loss = parts["kind"] + sum(
                weight * parts[name]
                for weight, name in zip(LOSS_WEIGHTS, ("crash", "cymbal", "density", "energy"), strict=True)
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            update_average(average, model, AVERAGE, step)
            if spent - last >= 0.1:
                last = spent
                report = _finish(model, average, watched, out, config, step, facts)
                print(f"{100 * spent:.0f} %, step {step}: {report['validation']}", flush=True)


def _finish(
    model: PlannerLSTM,
    average: dict[str, Tensor],
    watched: Loader,
    out: Path,
    config: PlannerConfig,
    step: int,
    facts: dict[str, Any],
) -> dict[str, Any]:
    smooth = PlannerLSTM(config).eval()
    smooth.load_state_dict(average)
    measured = measure(smooth, watched)
    values = {"config": asdict(config), "progress": {"step": step}, "validation": measured} | facts
    out.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(
        out,
        {f"average/{name}": value.contiguous() for name, value in average.items()},
        {"values": json.dumps(values)},
    )
    model.train()
    return {"step": step, "validation": measured}


def measure(model: PlannerLSTM, loader: Loader) -> dict[str, float]:
    """Mean nats of each symbol on a split, all of the parts heard."""
    random = np.random.default_rng(0)
    total: dict[str, float] = {}
    count = 0
    with torch.no_grad():
        for chosen in batches(loader.data, 4 * BATCH_BARS, random):
            batch = loader.draw(chosen, random)
            found = losses(model(batch.window, batch.place, batch.style, batch.history), batch)
            bars = int(batch.there.sum())
            count += bars
            for name, value in found.items():
                total[name] = total.get(name, 0.0) + bars * float(value)
    return {name: round(value / max(1, count), 4) for name, value in total.items()}


def load_planner(checkpoint: Path) -> tuple[PlannerLSTM, dict[str, Any]]:
    """The averaged network of a checkpoint, and the plain values beside it."""
    tensors, values = read_tensors(checkpoint)
    model = PlannerLSTM(PlannerConfig(**values["config"]))
    model.load_state_dict({name.removeprefix("average/"): value for name, value in tensors.items()})
    return model.eval(), values


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.drums planner", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared folder, with styles")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what is read off the corpus")
    parser.add_argument("-o", "--out", type=Path, required=True, help="checkpoint to write")
    parser.add_argument("--seconds", type=float, default=1500, help="how long to train (default: 1500)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    scale = prepare_planner(options.data, options.cache)
    data, held = (PlannerData.load(options.cache / split) for split in ("train", "validation"))
    book = read_styles(options.data)
    report = train(data, held, book, PlannerConfig(), options.out, options.seconds, options.seed, scale)
    print(json.dumps(report))
    return 0
