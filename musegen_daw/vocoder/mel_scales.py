"""The mels of other tools: what their numbers mean, which bands they have, and the names to ask for them by.

Imports nothing large, because the command line imports it at start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from musegen_daw.errors import AudioError

HTK_SUFFIX = ":htk"
_LN10 = math.log(10)


@dataclass(frozen=True, slots=True)
class MelScale:
    """What the numbers of a mel are: sums of power over each band, or of magnitude, as they are or as logarithms.

    `nats` are natural logarithms to a unit, None for numbers that are none; `offset_nats` is what 0 stands for.
    """

    words: str
    is_power: bool = True
    nats: float | None = 1.0
    offset_nats: float = 0.0


@dataclass(frozen=True, slots=True)
class MelBands:
    """Where the bands and the frames of a mel lie.

    `is_htk`: the mel scale of HTK, else Slaney's. `is_area`: triangles of equal area, else of equal height.
    `is_centred`: frame t is centred on sample t * hop_length, else half a hop later.
    """

    sample_rate_hz: int
    n_fft: int
    hop_length: int
    n_mels: int
    fmin_hz: float
    fmax_hz: float
    is_htk: bool = False
    is_area: bool = True
    is_centred: bool = True


@dataclass(frozen=True, slots=True)
class MelForm:
    """How to read a mel: its scale, and its bands; None for those of the model, `is_htk` as torchaudio makes them."""

    name: str
    scale: MelScale
    bands: MelBands | None = None
    is_htk: bool = False

    @property
    def words(self) -> str:
        """For a person."""
        if self.bands is not None:
            return f"the mel of {self.name}"
        return self.scale.words + (", bands of HTK" if self.is_htk else "")


SCALES: Mapping[str, MelScale] = {
    "log": MelScale("the natural logarithm of power"),
    "log10": MelScale("the logarithm of power to base 10", nats=_LN10),
    "db": MelScale("dB of power", nats=_LN10 / 10),
    "power": MelScale("power", nats=None),
    "ln-magnitude": MelScale("the natural logarithm of magnitude", is_power=False),
    "log10-magnitude": MelScale("the logarithm of magnitude to base 10", is_power=False, nats=_LN10),
    "db-magnitude": MelScale("dB of magnitude", is_power=False, nats=_LN10 / 20),
    "magnitude": MelScale("magnitude", is_power=False, nats=None),
}

_LN, _LOG10, _DB = SCALES["ln-magnitude"], SCALES["log10-magnitude"], SCALES["db"]
_WHISPER = MelScale("a quarter of log10 of power, plus 1", nats=4 * _LN10, offset_nats=-4 * _LN10)

PRESETS: Mapping[str, MelForm] = {
    name: MelForm(name, scale, bands)
    for name, scale, bands in (
        ("hifi-gan", _LN, MelBands(22_050, 1024, 256, 80, 0, 8000, is_centred=False)),
        ("tacotron-2", _LN, MelBands(22_050, 1024, 256, 80, 0, 8000)),
        ("bigvgan-22k", _LN, MelBands(22_050, 1024, 256, 80, 0, 11_025, is_centred=False)),
        ("bigvgan-24k", _LN, MelBands(24_000, 1024, 256, 100, 0, 12_000, is_centred=False)),
        ("bigvgan-44k", _LN, MelBands(44_100, 2048, 512, 128, 0, 22_050, is_centred=False)),
        ("nsf-hifigan", _LN, MelBands(44_100, 2048, 512, 128, 40, 16_000, is_centred=False)),
        ("vocos", _LN, MelBands(24_000, 1024, 256, 100, 0, 12_000, is_htk=True, is_area=False)),
        ("parallel-wavegan", _LOG10, MelBands(22_050, 1024, 256, 80, 80, 7600)),
        ("whisper", _WHISPER, MelBands(16_000, 400, 160, 80, 0, 8000)),
        ("librosa", _DB, MelBands(22_050, 2048, 512, 128, 0, 11_025)),
        (
            "torchaudio",
            SCALES["power"],
            MelBands(16_000, 400, 200, 128, 0, 8000, is_htk=True, is_area=False),
        ),
    )
}


def mel_form(name: str) -> MelForm:
    """The form of that name: a preset, or a scale with or without `:htk`; raises AudioError for any other."""
    if name in PRESETS:
        return PRESETS[name]
    scale = name.removesuffix(HTK_SUFFIX)
    if scale not in SCALES:
        raise AudioError(
            f"There is no mel scale {name!r:.40}; choose one of {', '.join((*SCALES, *PRESETS))} (--list-mel-scales)."
        )
    return MelForm(name, SCALES[scale], is_htk=scale != name)


def mel_scale_table() -> str:
    """All names with what they stand for, a line each."""
    lines = ["Scales, for a mel with the bands of the model:"]
    lines += [f"  {name:18}{scale.words}" for name, scale in SCALES.items()]
    lines += [
        f"  {'NAME' + HTK_SUFFIX:18}the same with bands of HTK, not normalised, as torchaudio makes them"
    ]
    lines += ["Mels of other tools, whose bands are converted:"]
    for name, form in PRESETS.items():
        bands = form.bands
        if bands is not None:
            lines.append(
                f"  {name:18}{bands.sample_rate_hz} Hz, n_fft {bands.n_fft}, hop {bands.hop_length}, {bands.n_mels} "
                f"bands {bands.fmin_hz:g} to {bands.fmax_hz:g} Hz, {'HTK' if bands.is_htk else 'Slaney'}; "
                f"{form.scale.words}"
            )
    return "\n".join(lines)
