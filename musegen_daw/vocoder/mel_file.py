"""Mel spectrograms in .npy files: reads the scales of other tools, writes natural logarithms of power."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path, check_readable, reason
from musegen_daw.vocoder.decoder import check_mel
from musegen_daw.vocoder.mel import Floats, MelConfig, mel_basis

MAX_BYTES = 1 << 29
SCALES = {
    "log": "the natural logarithm of power",
    "power": "power",
    "db": "dB of power",
    "magnitude": "magnitude",
}
LOUDEST_DBFS = -12.0
"""The level given to the loudest band of a mel in dB relative to it; usual for music."""

_DB_PER_NEPER = 10 / math.log(10)
# Natural logarithms of the power of sound lie well within this range; dB do not.
_LOWEST_LOG, _HIGHEST_LOG = -30.0, 15.0
# Power has smaller or larger values; a logarithm that is never negative does not.
_LOW_POWER, _HIGH_POWER = 1e-3, 30.0


def load_mel(
    path: Path,
    config: MelConfig,
    note: Callable[[str], None],
    scale: str | None = None,
    option: str = "--mel-scale",
) -> Floats:
    """The mel in a .npy file as a log-mel (n_mels, frames); `note` receives a sentence on how it was read.

    The file holds floats in the shape (n_mels, frames) or (frames, n_mels), with or without a first axis of length 1.
    `scale` is a key of `SCALES`, recognised from the values unless given; `option` is how the user can give it. Raises
    AudioError, naming the file, for any other file and for an ambiguous scale.
    """
    check_readable(path, MAX_BYTES, AudioError)
    try:
        with path.open("rb") as file:
            values = _read_array(file, path)
    except OSError as error:
        raise AudioError(f"Cannot read {path}: {reason(error)}.") from error
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2 or config.n_mels not in values.shape:
        raise AudioError(
            f"{path} holds an array of the shape {values.shape}; a mel of {config.n_mels} bands has the shape "
            f"({config.n_mels}, frames)."
        )
    turned = values.shape[0] != config.n_mels
    if turned:
        values = values.T
    if values.size == 0:
        raise AudioError(f"{path} holds no frames.")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(values).all():
        raise AudioError(f"{path} has values that are not finite numbers.")
    recognised = scale or _recognised_scale(values, path, option)
    mel = _to_log(values, recognised, config, path)
    try:
        check_mel(mel, config)
    except AudioError as error:
        raise AudioError(f"{path}, taken for {SCALES[recognised]}, is no mel of sound: {error}") from None
    relative = recognised == "db" and _is_relative(values)
    note(
        f"{path} was read as {SCALES[recognised]}"
        + (", frame by frame" if turned else "")
        + (f", its loudest band (0 dB) as loud as a sine of {LOUDEST_DBFS:g} dBFS" if relative else "")
        + ("." if scale else f"; {option} names another.")
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


def _recognised_scale(values: Floats, path: Path, option: str) -> str:
    low, high = float(values.min()), float(values.max())
    if low < 0:
        return "log" if low >= _LOWEST_LOG and high <= _HIGHEST_LOG else "db"
    if low < _LOW_POWER or high > _HIGH_POWER:
        return "power"
    raise AudioError(
        f"The values of {path}, {low:g} to {high:g}, could be power or a logarithm: name the scale with "
        f"{option}."
    )


def _to_log(values: Floats, scale: str, config: MelConfig, path: Path) -> Floats:
    if scale in ("power", "magnitude"):
        if values.min() < 0:
            raise AudioError(f"{path} has values below zero, which {SCALES[scale]} has not.")
        logarithms = np.log(np.maximum(values, np.finfo(np.float32).tiny))
        mel = 2 * logarithms if scale == "magnitude" else logarithms
    elif scale == "db":
        mel = values / np.float32(_DB_PER_NEPER)
        if _is_relative(values):
            mel += np.float32(_loudest_log_power(config))
    else:
        mel = values
    return np.maximum(mel, np.float32(config.floor))


def _is_relative(db: Floats) -> bool:
    """Whether the loudest value is 0 dB, as from librosa.power_to_db(ref=numpy.max)."""
    return abs(float(db.max())) < 1e-3


def _loudest_log_power(config: MelConfig) -> float:
    """The highest band of the log-mel of a sine at `LOUDEST_DBFS`."""
    amplitude = 10 ** (LOUDEST_DBFS / 20)
    return math.log((amplitude * config.n_fft / 4) ** 2 * float(mel_basis(config).max()))
