"""The trained vocoder: log-mels to audio with an ONNX graph, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegen_daw.errors import ModelError
from musegen_daw.models.session import Graph, OnnxGraph
from musegen_daw.models.signature import Shape, Signature
from musegen_daw.models.spec import ModelSpec, load_spec
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.imposing import impose, step_samples
from musegen_daw.vocoder.mel import Floats, MelConfig
from musegen_daw.vocoder.white_noise import MAX_PARTS, white_noise

KIND, ROLE = "vocoder", "vocode"
CHUNK_FRAMES = 1024
MAX_CONTEXT_FRAMES = 4096
MAX_IMPOSED_ROUNDS = 16
MAX_NOISE_STEPS = 64
MAX_NOISE_VALUES = 1 << 13
"""A frame; with the longest context a chunk then takes 300 MB of noise."""


class Vocoder(MelDecoder):
    """A generator of audio from log-mels, without state between calls.

    Each chunk is decoded with the frames of context that its samples depend on, and only its centre is used, so that
    the chunks equal one pass over the whole mel. At both ends of the mel no frames are added: there the network pads
    its layers with zeros, as in training. Frames of silence would be another input. A graph that asks for white noise
    gets that of its frames' places in the mel.
    """

    def __init__(self, spec: ModelSpec, graph: Graph, chunk_frames: int = CHUNK_FRAMES) -> None:
        super().__init__(spec.name, read_mel_config(spec))
        self._graph = graph
        self._chunk_frames = chunk_frames
        self.context_frames = _count(spec, "context_frames", MAX_CONTEXT_FRAMES)
        self._imposed_rounds = _count(spec, "imposed_rounds", MAX_IMPOSED_ROUNDS, 0)
        self._noise = NoiseInput.of(spec)
        if self._imposed_rounds:
            try:
                step_samples(self.mel)
            except ValueError as error:
                raise _damaged(spec) from error

    @classmethod
    def open(cls, folder: Path, threads: int = 1, chunk_frames: int = CHUNK_FRAMES) -> Vocoder:
        """Open the model in `folder`; raises ModelError where it is missing, damaged or of another kind."""
        spec = load_spec(folder, KIND)
        inputs: tuple[Shape, ...] = (("batch", read_mel_config(spec).n_mels, "frames"),)
        noise = NoiseInput.of(spec)
        if noise is not None:
            inputs += (("batch", noise.parts, "steps"),)
        signature = Signature(inputs, (("batch", "samples"),))
        return cls(spec, OnnxGraph(folder, spec, ROLE, threads, signature), chunk_frames)

    def _decode(self, mel: Floats) -> Iterator[Floats]:
        frames = mel.shape[1]
        for start in range(0, frames, self._chunk_frames):
            end = min(frames, start + self._chunk_frames)
            first = max(0, start - self.context_frames)
            last = min(frames, end + self.context_frames)
            audio = self._run(mel[:, first:last], first)
            hop = self.mel.hop_length
            yield audio[(start - first) * hop : (end - first) * hop].copy()

    def _run(self, mel: Floats, first: int) -> Floats:
        inputs = [np.ascontiguousarray(mel[np.newaxis], np.float32)]
        if self._noise is not None:
            inputs.append(self._noise.values(first, mel.shape[1])[np.newaxis])
        audio = self._graph(*inputs)[0]
        expected = (1, mel.shape[1] * self.mel.hop_length)
        if audio.shape != expected or not np.isfinite(audio).all():
            raise ModelError(
                f"The model {self.name} gave {audio.shape} samples in place of {expected}, or no numbers; "
                "install it again."
            )
        return impose(audio[0], mel, self.mel, self._imposed_rounds)


@dataclass(frozen=True, slots=True)
class NoiseInput:
    """The white noise that a graph asks for: `parts` values at `steps` a frame and in `edge_frames` at both ends."""

    parts: int
    steps: int
    edge_frames: int

    @classmethod
    def of(cls, spec: ModelSpec) -> NoiseInput | None:
        """None for a graph that asks for none; raises ModelError for a damaged description."""
        inputs = spec.graphs[ROLE].inputs
        if len(inputs) < 2:
            return None
        shape = inputs[1].shape
        parts = shape[1] if len(shape) == 3 else 0
        if not isinstance(parts, int) or not 0 < parts <= MAX_PARTS:
            raise _damaged(spec)
        steps, edge = (_count(spec, name, MAX_NOISE_STEPS) for name in ("noise_steps", "noise_edge_frames"))
        if not 0 < steps * parts <= MAX_NOISE_VALUES:
            raise _damaged(spec)
        return cls(parts, steps, edge)

    def values(self, first_frame: int, frames: int) -> Floats:
        """Noise (parts, steps of the frames and both edges)."""
        first_step = (first_frame - self.edge_frames) * self.steps
        return white_noise(first_step, (frames + 2 * self.edge_frames) * self.steps, self.parts)


def read_mel_config(spec: ModelSpec) -> MelConfig:
    """The configuration of the mels that a vocoder reads; raises ModelError for a damaged description."""
    try:
        config = MelConfig.from_dict(spec.facts["mel"])
        bands = spec.graphs[ROLE].inputs[0].shape[1]
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise _damaged(spec) from error
    if bands != config.n_mels:
        raise _damaged(spec)
    return config


def _count(spec: ModelSpec, name: str, most: int, default: int | None = None) -> int:
    value = spec.facts.get(name, default)
    if type(value) is not int or not 0 <= value <= most:
        raise _damaged(spec)
    return value


def _damaged(spec: ModelSpec) -> ModelError:
    return ModelError(f"The description of the model {spec.name} is damaged; install it again.")
