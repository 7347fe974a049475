"""Train a vocoder from prepared audio: with spectral losses at first, then with discriminators too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from musegen_daw.vocoder.mel import MelConfig
from training.common.checkpoint import provenance, read_tensors, tensors_below
from training.common.config import from_dict
from training.common.loop import Discriminator, LoopConfig, Share, TrainingState, TrainingTask, fit
from training.common.machine import has_bfloat16
from training.common.train_command import run_training
from training.vocoder.dataset import (
    AudioBatch,
    AudioCorpus,
    AudioCrop,
    AudioDataConfig,
    VocoderDataset,
    collate,
)
from training.vocoder.discriminators import DiscriminatorConfig, Discriminators, Judgement
from training.vocoder.generator import Generator
from training.vocoder.generator_config import GeneratorConfig
from training.vocoder.losses import (
    AttackLevels,
    LossConfig,
    MultiResolutionStft,
    MultiScaleMel,
    NoiseTexture,
    PhaseDifferences,
    ValleyNoise,
    adversarial_loss,
    discriminator_loss,
    matching_loss,
)
from training.vocoder.measures import distances

VALIDATION = {"m_stft": "stft", "log_mel": "log_mel", "lsd_db": "lsd_db", "valley_db": "valley_db"}
FIGURES = (
    *("stft", "mel_scales", "valley", "phase", "attack", "texture"),
    *("adversarial", "matching", "critic"),
)
ADDED = ("attacks.", "head.noise.")
"""Parts of a generator that say little or nothing until they are trained."""


@dataclass(frozen=True, slots=True)
class VocoderTraining:
    """The tables of a training configuration.

    `critic` are the discriminators, which join in after `adversarial_from` steps. With `bfloat16`
    convolutions are computed in it where the device has it (others are several times slower with it than without);
    mels, spectra and losses stay in float32, which `loop.precision` would round.
    """

    mel: MelConfig = field(default_factory=MelConfig)
    model: GeneratorConfig = field(default_factory=GeneratorConfig)
    critic: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    data: AudioDataConfig = field(default_factory=AudioDataConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    adversarial_from: int = 5000
    critic_rate_share: float = 1.0
    bfloat16: bool = True
    validation_crops: int = 48
    validation_frames: int = 96


def main(argv: list[str] | None = None) -> int:
    return run_training(
        argv,
        "vocoder",
        VocoderTraining,
        train,
        lambda progress: (
            f"step {progress.step}: best M-STFT {progress.best:.3f} at step {progress.best_step}"
        ),
    )


def train(
    config: VocoderTraining,
    data: Path,
    out: Path,
    *,
    fabric: Fabric,
    seconds: float = math.inf,
    start: Path | None = None,
) -> TrainingState:
    """Train until done or `seconds` have passed; returns where it stands.

    A run that is new begins with the averaged weights of the checkpoint `start`, which must be of the same
    sizes and mel; it may lack the head for attacks and the noise, which say little at first.
    """
    torch.manual_seed(config.loop.seed)
    model = Generator(config.model, config.mel)
    if start is not None:
        _begin_with(model, load_model(start)[0])
    training = VocoderDataset(AudioCorpus(data, "train"), config.mel, config.data, config.loop.seed)
    watched = validation_batches(data, config)
    if not watched:
        raise ValueError(f"{data} has no audio in the validation split")

    def plan(epoch: int) -> Sequence[list[AudioCrop]]:
        return training.batches(epoch, config.loop.batch_size)

    def draw(crops: Sequence[AudioCrop], progress: TrainingState) -> AudioBatch:
        return to_device(collate([training.draw(crop, progress.epoch) for crop in crops]), fabric.device)

    losses = AdversarialLosses(config, model, draw, fabric)

    def validate(network: nn.Module) -> dict[str, float]:
        found = [
            distances(real.numpy(), generated.float().cpu().numpy(), config.mel)
            for batch in watched
            for real, generated in zip(batch.audio, network(to_device(batch, fabric.device).mel), strict=True)
        ]
        return {
            name: float(np.mean([getattr(each, measure) for each in found]))
            for name, measure in VALIDATION.items()
        }

    task = TrainingTask(
        model,
        plan,
        losses.generator_loss,
        validate,
        watch="m_stft",
        facts={"config": asdict(config)},
        provenance=provenance(data, fabric),
        discriminators={
            "critic": Discriminator(
                losses.discriminators, losses.discriminator_loss, config.critic_rate_share
            )
        },
    )
    return fit(task, config.loop, out, fabric=fabric, seconds=seconds)


def _begin_with(model: Generator, other: Generator) -> None:
    """Take over the weights of another; raises ValueError where sizes differ."""
    try:
        lacking, unknown = model.load_state_dict(other.state_dict(), strict=False)
    except RuntimeError as error:
        raise ValueError(f"the checkpoint to begin with has other sizes: {error}") from error
    lacking = [name for name in lacking if not name.startswith(ADDED)]
    if lacking or unknown:
        raise ValueError(f"the checkpoint to begin with has other layers: {', '.join([*lacking, *unknown])}")


class AdversarialLosses:
    """The losses of generator and discriminators, which judge the very audio that the generator was judged by."""

    def __init__(
        self,
        config: VocoderTraining,
        model: Generator,
        draw: Callable[[Sequence[AudioCrop], TrainingState], AudioBatch],
        fabric: Fabric,
    ) -> None:
        self.discriminators = Discriminators(config.critic)
        self._config, self._model, self._draw, self._device = config, model, draw, fabric.device
        weights, rate_hz = config.losses, config.mel.sample_rate_hz
        offered = {
            "stft": (weights.stft, MultiResolutionStft(weights.stft_scale, weights.resolutions)),
            "mel_scales": (weights.mel, MultiScaleMel(rate_hz, weights.mel_windows, weights.mel_floor)),
            "valley": (weights.valley, ValleyNoise(weights.valley_windows)),
            "phase": (weights.phase, PhaseDifferences(weights.phase_windows)),
            "attack": (weights.attack, AttackLevels(rate_hz)),
            "texture": (weights.texture, NoiseTexture(rate_hz)),
        }
        self._distances: dict[str, tuple[float, nn.Module]] = {
            name: (weight, module.to(fabric.device)) for name, (weight, module) in offered.items() if weight
        }
        self._judged: tuple[Tensor, Tensor] | None = None

    def generator_loss(
        self, network: nn.Module, share: Share[AudioCrop], progress: TrainingState
    ) -> tuple[Tensor, dict[str, float]]:
        """The weighted sum of the spectral distances and, in the second stage, of the adversarial losses."""
        weights = self._config.losses
        batch = self._draw(share.own, progress)
        with self._autocast():
            generated = network(batch.mel, self._noise(batch.mel, progress.step))
        parts: dict[str, Tensor] = {}
        total = torch.zeros((), device=self._device)
        for name, (weight, distance) in self._distances.items():
            parts[name] = distance(generated, batch.audio)
            total = total + weight * parts[name]
        self._judged = None
        if progress.step >= self._config.adversarial_from:
            self._judged = batch.audio, generated.detach()
            self.discriminators.requires_grad_(False)
            with self._autocast():
                with torch.no_grad():
                    real: Judgement = self.discriminators(batch.audio)
                judgement: Judgement = self.discriminators(generated)
            self.discriminators.requires_grad_(True)
            parts["adversarial"] = adversarial_loss(judgement.verdicts)
            parts["matching"] = matching_loss(real.features, judgement.features)
            total = total + weights.adversarial * parts["adversarial"] + weights.matching * parts["matching"]
        return total * share.part, _figures(parts, share.part)

    def discriminator_loss(
        self, network: nn.Module, share: Share[AudioCrop], progress: TrainingState
    ) -> tuple[Tensor, dict[str, float]] | None:
        """How badly the discriminators tell the generator's last audio from the real; None in the first stage."""
        if self._judged is None:
            return None
        real, generated = self._judged
        with self._autocast():
            judgement: Judgement = network(torch.cat([real, generated]))
        pairs = [verdict.float().chunk(2) for verdict in judgement.verdicts]
        loss = share.part * discriminator_loss([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        return loss, {"critic": float(loss.detach())}

    def _noise(self, mel: Tensor, step: int) -> Tensor | None:
        """Other noise at each step: what is known beforehand would be learned."""
        model = self._model
        if not model.config.noise_bands:
            return None
        random = torch.Generator().manual_seed(self._config.loop.seed + step)
        return torch.randn(model.noise_shape(mel), generator=random).to(mel.device)

    def _autocast(self) -> torch.autocast:
        enabled = self._config.bfloat16 and has_bfloat16(self._device)
        return torch.autocast(self._device.type, torch.bfloat16, enabled=enabled)


def _figures(parts: dict[str, Tensor], part: float) -> dict[str, float]:
    """Every column of the log, also before the discriminators join in; `part` of them is the share's."""
    return {name: part * float(parts[name].detach()) if name in parts else 0.0 for name in FIGURES}


def validation_batches(data: Path, config: VocoderTraining) -> list[AudioBatch]:
    """Fixed crops spread over the validation split, as they are."""
    cut = AudioDataConfig(crop_frames=config.validation_frames)
    dataset = VocoderDataset(AudioCorpus(data, "validation"), config.mel, cut)
    crops = dataset.fixed_crops(config.validation_crops)
    groups = [crops[at : at + 12] for at in range(0, len(crops), 12)]
    return [collate([dataset.plain(crop) for crop in group]) for group in groups]


def to_device(batch: AudioBatch, device: torch.device) -> AudioBatch:
    return AudioBatch(*(value.to(device, non_blocking=True) for value in batch))


def load_model(path: Path) -> tuple[Generator, VocoderTraining, dict[str, Any]]:
    """The averaged generator of a checkpoint (of a run, or released) with its configuration and plain values."""
    tensors, values = read_tensors(path)
    config = from_dict(VocoderTraining, values["config"], str(path))
    model = Generator(config.model, config.mel)
    model.load_state_dict(tensors_below(tensors, "average/"))
    return model.eval(), config, values
