"""How a person wants mels turned into audio; imports nothing large, for the command line reads it as it starts."""

from __future__ import annotations

from dataclasses import dataclass

GAN, GRIFFIN_LIM = "gan", "griffin-lim"


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """The method and what belongs to it; `model` None is the bundled one."""

    method: str = GAN
    model: str | None = None
    iterations: int | None = None
    inversion: str | None = None
    threads: int = 1
    seed: int = 0
