"""The trained vocoder: log-mels to audio with an ONNX graph, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from musegen_daw.errors import ModelError
from musegen_daw.models.session import Graph, OnnxGraph
from musegen_daw.models.signature import Signature
from musegen_daw.models.spec import ModelSpec, load_spec
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.imposing import impose, step_samples
from musegen_daw.vocoder.mel import Floats, MelConfig

KIND, ROLE = "vocoder", "vocode"
CHUNK_FRAMES = 1024
MAX_CONTEXT_FRAMES = 4096
MAX_IMPOSED_ROUNDS = 16


class Vocoder(MelDecoder):
    """A generator of audio from log-mels, without state between calls.

    Each chunk is decoded with the frames of context that its samples depend on, and only its centre is used, so that
    the chunks equal one pass over the whole mel. At both ends of the mel no frames are added: there the network pads
    its layers with zeros, as in training. Frames of silence would be another input.
    """

    def __init__(self, spec: ModelSpec, graph: Graph, chunk_frames: int = CHUNK_FRAMES) -> None:
        super().__init__(spec.name, read_mel_config(spec))
        self._graph = graph
        self._chunk_frames = chunk_frames
        self.context_frames = _count(spec, "context_frames", MAX_CONTEXT_FRAMES)
        self._imposed_rounds = _count(spec, "imposed_rounds", MAX_IMPOSED_ROUNDS, 0)
        if self._imposed_rounds:
            try:
                step_samples(self.mel)
            except ValueError as error:
                raise _damaged(spec) from error

    @classmethod
    def open(cls, folder: Path, threads: int = 1, chunk_frames: int = CHUNK_FRAMES) -> Vocoder:
        """Open the model in `folder`; raises ModelError where it is missing, damaged or of another kind."""
        spec = load_spec(folder, KIND)
        bands = read_mel_config(spec).n_mels
        signature = Signature((("batch", bands, "frames"),), (("batch", "samples"),))
        return cls(spec, OnnxGraph(folder, spec, ROLE, threads, signature), chunk_frames)

    def _decode(self, mel: Floats) -> Iterator[Floats]:
        frames = mel.shape[1]
        for start in range(0, frames, self._chunk_frames):
            end = min(frames, start + self._chunk_frames)
            first = max(0, start - self.context_frames)
            last = min(frames, end + self.context_frames)
            audio = self._run(mel[:, first:last])
            hop = self.mel.hop_length
            yield audio[(start - first) * hop : (end - first) * hop].copy()

    def _run(self, mel: Floats) -> Floats:
        audio = self._graph(np.ascontiguousarray(mel[np.newaxis], np.float32))[0]
        expected = (1, mel.shape[1] * self.mel.hop_length)
        if audio.shape != expected or not np.isfinite(audio).all():
            raise ModelError(
                f"The model {self.name} gave {audio.shape} samples in place of {expected}, or no numbers; "
                "install it again."
            )
        return impose(audio[0], mel, self.mel, self._imposed_rounds)


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
