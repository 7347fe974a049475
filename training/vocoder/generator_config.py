"""The sizes of a generator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of a generator.

    Stage i has `widths[i]` channels; between stage i and i + 1 the rate is raised by `upsampling[i]`.
    `istft_n_fft` is the window of the inverse STFT at the end; 0 ends in a convolution at the sample rate.
    `attack_n_fft` is the window of a second, short one beside it, whose audio is added; 0: none.
    With `noise_bands` noise is added to the spectrum, whose level it learns in that many bands; 0: none.
    The network is told the number of the frame modulo `clock_frames`: without it a steady sound
    could hold nothing but multiples of the frame rate. The mel is imposed on the audio in `imposed_rounds`.
    """

    widths: tuple[int, ...] = (256, 192, 128)
    upsampling: tuple[int, ...] = (2, 2)
    kernels: tuple[int, ...] = (3, 5, 7)
    dilations: tuple[int, ...] = (1, 3)
    istft_n_fft: int = 512
    attack_n_fft: int = 0
    noise_bands: int = 0
    clock_frames: int = 8
    snake: bool = True
    rise_limit: float = 3.0
    imposed_rounds: int = 0

    def __post_init__(self) -> None:
        if len(self.upsampling) != len(self.widths) - 1:
            raise ValueError(
                f"{len(self.widths)} widths need one upsampling less, got {len(self.upsampling)}"
            )
        if any(kernel % 2 == 0 for kernel in self.kernels):
            raise ValueError(f"kernels must be odd, got {self.kernels}")
        if any(factor % 2 for factor in self.upsampling):
            raise ValueError(f"upsampling must be even, got {self.upsampling}")
        if self.noise_bands and not self.istft_n_fft:
            raise ValueError(
                "noise is added to the spectrum of an inverse STFT: noise_bands needs istft_n_fft"
            )
