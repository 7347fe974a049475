"""Mel spectrograms in .npy files: reads the scales of other tools, writes natural logarithms of power."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path, check_readable, reason
from musegen_daw.vocoder.decoder import check_mel, check_seconds
from musegen_daw.vocoder.foreign_mel import log_mel_of
from musegen_daw.vocoder.mel import Floats, MelConfig, mel_basis
from musegen_daw.vocoder.mel_scales import PRESETS, SCALES, MelForm, mel_form

MAX_BYTES = 1 << 29
OPTION = "--mel-scale"
LOUDEST_DBFS = -12.0
"""The level given to the loudest band of a mel in dB relative to it; usual for music."""

# Natural logarithms of the power of sound lie well within this range; dB do not.
_LOWEST_LOG, _HIGHEST_LOG = -30.0, 15.0
# Power has smaller or larger values; a logarithm that is never negative does not.
_LOW_POWER, _HIGH_POWER = 1e-3, 60.0
_MAGNITUDE_FLOORS = (1e-5, 1e-7)
"""What HiFi-GAN and its kin, and Vocos, put in place of silence."""
_FLOOR_CELLS = 2


def load_mel(
    path: Path,
    config: MelConfig,
    note: Callable[[str], None],
    scale: str | None = None,
    option: str = OPTION,
) -> Floats:
    """The mel in a .npy file as a log-mel (n_mels, frames); `note` receives a sentence on how it was read.

    The file holds floats in the shape (bands, frames) or (frames, bands), with or without a first axis of length 1.
    `scale` is a name that `mel_form` knows, recognised from the values unless given; `option` is how the user can give
    it. Raises AudioError, naming the file, for any other file and for an ambiguous scale.
    """
    form = mel_form(scale) if scale else None
    bands = config.n_mels if form is None or form.bands is None else form.bands.n_mels
    check_readable(path, MAX_BYTES, AudioError)
    try:
        with path.open("rb") as file:
            values = _read_array(file, path)
    except OSError as error:
        raise AudioError(f"Cannot read {path}: {reason(error)}.") from error
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2 or bands not in values.shape:
        raise AudioError(_misshapen(path, values.shape, bands, form, option))
    turned = values.shape[0] != bands
    if turned:
        values = values.T
    if values.size == 0:
        raise AudioError(f"{path} holds no frames.")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(values).all():
        raise AudioError(f"{path} has values that are not finite numbers.")
    guess = _Guess(form) if form is not None else _guessed(values, config, path, option)
    form = guess.form
    if form.scale.nats is None and values.min() < 0:
        raise AudioError(f"{path} has values below zero, which {form.scale.words} has not.")
    try:
        mel = _to_log(values, form, config)
        check_mel(mel, config)
    except AudioError as error:
        raise AudioError(f"{path}, taken for {form.words}, is no mel of sound: {error}") from None
    note(
        f"{path} was read as {form.words}"
        + (", frame by frame" if turned else "")
        + (
            f", its loudest band (0 dB) as loud as a sine of {LOUDEST_DBFS:g} dBFS"
            if _is_relative(values, form)
            else ""
        )
        + _silent_above(form, config)
        + ("." if scale else f"{guess.why}; {option} names another.")
    )
    return mel


def save_mel(mel: Floats, path: Path) -> None:
    """Write a log-mel (n_mels, frames) as float32 to a .npy file, whole or not at all."""
    with atomic_path(path, AudioError) as beside, beside.open("wb") as file:
        np.save(file, mel.astype(np.float32, copy=False), allow_pickle=False)


def shape_in(path: Path) -> tuple[int, ...]:
    """The shape that the header of a .npy file tells; raises AudioError, naming the file, for any other file."""
    check_readable(path, MAX_BYTES, AudioError)
    try:
        with path.open("rb") as file:
            return _read_header(file, path)[0]
    except OSError as error:
        raise AudioError(f"Cannot read {path}: {reason(error)}.") from error


def _read_header(file: IO[bytes], path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape, whether columns come first, and the type."""
    try:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        return readers[version](file)
    except OSError:
        raise
    except Exception as error:  # a damaged header raises different errors by numpy version
        raise AudioError(f"{path} is no .npy file that can be read.") from error


def _read_array(file: IO[bytes], path: Path) -> np.ndarray[Any, Any]:
    """The floats in an open .npy file, whose header must match the file size."""
    shape, by_column, dtype = _read_header(file, path)
    if dtype.kind != "f":
        raise AudioError(f"{path} holds values of the type {dtype}; a mel holds floating-point numbers.")
    start = file.tell()
    data_bytes = file.seek(0, 2) - start
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != data_bytes:
        raise AudioError(f"{path} is damaged: its {data_bytes} bytes do not make the shape {shape}.")
    file.seek(start)
    values = np.frombuffer(file.read(data_bytes), dtype)
    try:
        return values.reshape(shape, order="F" if by_column else "C")
    except (ValueError, OverflowError) as error:
        raise AudioError(f"{path} is damaged: there are no arrays of the shape {shape}.") from error


@dataclass(frozen=True, slots=True)
class _Guess:
    """A form, and what says that it is one; the name of the form was given where that is empty."""

    form: MelForm
    why: str = ""


def _guessed(values: Floats, config: MelConfig, path: Path, option: str) -> _Guess:
    """The scale that the values tell; raises AudioError where they could be of several."""
    low, high = float(values.min()), float(values.max())
    if low < 0:
        if low < _LOWEST_LOG or high > _HIGHEST_LOG:
            return _Guess(mel_form("db"))
        lowest = int(np.count_nonzero(values - low < 1e-3))
        if lowest >= _FLOOR_CELLS:
            for floor in _MAGNITUDE_FLOORS:
                if abs(low - math.log(floor)) < 1e-3:
                    return _Guess(mel_form("ln-magnitude"), f", by its floor of {floor:g}")
            if abs(low + 10) < 1e-3:
                raise AudioError(
                    f"The lowest values of {path}, -10, tell logarithms to base 10, of power or of magnitude: name the "
                    f"scale with {option}."
                )
            if abs(low - config.floor) < 1e-3:
                return _Guess(mel_form("log"))
        return _Guess(
            mel_form("log"), ", which is a guess (HiFi-GAN, BigVGAN and Vocos have that of magnitude)"
        )
    if low < _LOW_POWER and (high > _HIGH_POWER or abs(low / config.floor_power - 1) < 1e-3):
        return _Guess(mel_form("power"))
    if high > _HIGH_POWER:
        return _Guess(mel_form("power"))
    could = "power or magnitude" if low < _LOW_POWER else "power, magnitude or a logarithm"
    raise AudioError(
        f"The values of {path}, {low:g} to {high:g}, could be {could}: name the scale with {option}."
    )


def _misshapen(path: Path, shape: tuple[int, ...], bands: int, form: MelForm | None, option: str) -> str:
    """What to say of a shape that does not fit."""
    said = (
        f"{path} holds an array of the shape {shape}; a mel of {bands} bands has the shape ({bands}, frames)."
    )
    fitting = [
        name for name, each in PRESETS.items() if each.bands is not None and each.bands.n_mels in shape[-2:]
    ]
    if form is not None or not fitting:
        return said
    return f"{said} If it is of another tool, name that with {option}: {', '.join(fitting)}."


def _silent_above(form: MelForm, config: MelConfig) -> str:
    if form.bands is None or form.bands.fmax_hz >= 0.95 * config.fmax_hz:
        return ""
    return f", silent above its {form.bands.fmax_hz / 1000:g} kHz"


def _to_log(values: Floats, form: MelForm, config: MelConfig) -> Floats:
    if form.bands is not None:
        check_seconds(values.shape[1] * form.bands.hop_length / form.bands.sample_rate_hz)
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number in the end is refused
        mel = log_mel_of(values, form, config)
    if _is_relative(values, form):
        mel = mel + np.float32(_loudest_log_power(config) - float(mel.max()))
    return np.maximum(mel, np.float32(config.floor))


def _is_relative(values: Floats, form: MelForm) -> bool:
    """Whether the values are dB and the loudest is 0, as from librosa.power_to_db(ref=numpy.max)."""
    is_db = form.scale in (SCALES["db"], SCALES["db-magnitude"])
    return is_db and abs(float(values.max())) < 1e-3


def _loudest_log_power(config: MelConfig) -> float:
    """The highest band of the log-mel of a sine at `LOUDEST_DBFS`."""
    amplitude = 10 ** (LOUDEST_DBFS / 20)
    return math.log((amplitude * config.n_fft / 4) ** 2 * float(mel_basis(config).max()))
