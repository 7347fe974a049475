"""Options for decoding mels to audio; imports nothing large, because the command line imports it at start."""

from __future__ import annotations

from dataclasses import dataclass

GAN, GRIFFIN_LIM = "gan", "griffin-lim"


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """`model` None is the bundled one; `iterations` and `inversion` are for Griffin-Lim."""

    method: str = GAN
    model: str | None = None
    iterations: int | None = None
    inversion: str | None = None
    threads: int = 1
    seed: int = 0
