"""How much of the vocoder's training the loader costs: real crops beside random tensors of the same shapes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from tqdm import tqdm

from training.common.config import load_config
from training.common.loop import Share, TrainingState
from training.common.prepared import write_json
from training.drums.benchmark import machine
from training.vocoder.benchmark_open import benchmark_open, print_open
from training.vocoder.dataset import AudioBatch, AudioCorpus, AudioCrop, VocoderDataset, collate
from training.vocoder.generator import Generator
from training.vocoder.train import Duel, VocoderTraining, to_device

WARM_UP_STEPS = 1


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.vocoder benchmark", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder written by prepare")
    parser.add_argument("--config", type=Path, required=True, help="TOML file, see training/vocoder/configs")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves them as they are")
    parser.add_argument("--adversarial", action="store_true", help="the second stage, against discriminators")
    parser.add_argument("--open", type=float, metavar="HOURS", help="time opening data of so many hours")
    parser.add_argument("--json", type=Path, help="file to write as well")
    options = parser.parse_args(argv)
    if options.threads:
        torch.set_num_threads(options.threads)
    config = load_config(VocoderTraining, options.config)
    if options.open:
        found = benchmark_open(config, options.data, options.open)
    else:
        found = benchmark(config, options.data, options.steps, adversarial=options.adversarial)
    found["machine"] = machine()
    (print_open if options.open else _print)(found)
    if options.json:
        write_json(options.json, found)
    return 0


def benchmark(
    config: VocoderTraining, data: Path, steps: int, *, adversarial: bool = False
) -> dict[str, Any]:
    """Take `steps` steps of each kind, in turn, so that whatever else the machine does falls on both alike."""
    fabric = Fabric(devices=1)
    torch.manual_seed(config.loop.seed)
    dataset = VocoderDataset(AudioCorpus(data, "train"), config.mel, config.data, config.loop.seed)
    plan = dataset.batches(0, config.loop.batch_size)
    if not plan:
        raise ValueError(f"{data} has no audio in the training split")
    seconds = {"load": 0.0}
    random: list[AudioBatch] = []

    def draw(crops: Sequence[AudioCrop], progress: TrainingState) -> AudioBatch:
        started = time.perf_counter()
        batch = collate([dataset.draw(crop, 0) for crop in crops])
        seconds["load"] += time.perf_counter() - started
        random[:] = [AudioBatch(torch.rand_like(batch.mel), 0.1 * torch.randn_like(batch.audio))]
        return to_device(batch, fabric.device)

    def bare(crops: Sequence[AudioCrop], progress: TrainingState) -> AudioBatch:
        return to_device(random[0], fabric.device)

    progress = TrainingState(step=config.adversarial_from if adversarial else 0)
    ways = {name: _Way(config, way, fabric) for name, way in (("real", draw), ("bare", bare))}
    samples = 0
    for step in tqdm(range(steps + WARM_UP_STEPS), "steps", disable=not sys.stderr.isatty()):
        if step == WARM_UP_STEPS:
            seconds["load"] = 0.0
            for way in ways.values():
                way.seconds = 0.0
        crops = plan[step % len(plan)]
        for way in ways.values():
            way.step(crops, progress)
        samples += len(crops) * dataset.crop_samples if step >= WARM_UP_STEPS else 0
    audio = samples / config.mel.sample_rate_hz
    real, bare_seconds = ways["real"].seconds, ways["bare"].seconds
    return {
        "steps": steps,
        "batch_size": config.loop.batch_size,
        "stage": 2 if adversarial else 1,
        "device": str(fabric.device),
        "threads": torch.get_num_threads(),
        "real_seconds_of_audio_a_second": audio / real,
        "bare_seconds_of_audio_a_second": audio / bare_seconds,
        "loader_share": seconds["load"] / real,
        "real_over_bare": bare_seconds / real,
    }


class _Way:
    """A network of its own that is trained on what it is given, and the seconds that this took."""

    def __init__(self, config: VocoderTraining, draw: Any, fabric: Fabric) -> None:
        self._model = Generator(config.model, config.mel).to(fabric.device).train()
        self._duel = Duel(config, draw, fabric)
        self._duel.critic.to(fabric.device)
        sides: list[nn.Module] = [self._model, self._duel.critic]
        self._sides = [
            (side, torch.optim.AdamW(side.parameters(), config.loop.learning_rate)) for side in sides
        ]
        self._clip_norm = config.loop.clip_norm
        self.seconds = 0.0

    def step(self, crops: list[AudioCrop], progress: TrainingState) -> None:
        started = time.perf_counter()
        share = Share(crops, crops)
        for (side, optimizer), loss in zip(
            self._sides, (self._duel.generator_loss, self._duel.critic_loss), strict=True
        ):
            found = loss(side, share, progress)
            if found is None:
                continue
            found[0].backward()
            nn.utils.clip_grad_norm_(side.parameters(), self._clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            float(found[0].detach())  # waits for the device
        self.seconds += time.perf_counter() - started


def _print(found: dict[str, Any]) -> None:
    place = found["machine"]
    print(
        f"{found['steps']} steps of {found['batch_size']} crops, stage {found['stage']}, {found['device']},"
        f" {found['threads']} threads; {place['processor']}, {place['cores']} cores, load {place['load']}"
    )
    print(f"real loader and model  {found['real_seconds_of_audio_a_second']:10.2f} s of audio/s")
    print(f"bare loop, random      {found['bare_seconds_of_audio_a_second']:10.2f} s of audio/s")
    print(f"real over bare         {found['real_over_bare']:10.3f}")
    print(f"time in the loader     {found['loader_share']:10.1%}")
