"""A log-mel as something to look at: reduced to what fits on a screen, in steps of level, with its axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from musegen_daw.ui.vocoder.colours import STEPS, difference_table, level_table
from musegen_daw.vocoder.mel import Floats, MelConfig, band_frequencies

MAX_COLUMNS = 3072
RANGE_DB = 80.0
DIFFERENCE_DB = 24.0
_DB_PER_NEPER = 10 / np.log(10)


@dataclass(frozen=True, slots=True, eq=False)
class MelPicture:
    """Levels in dB of power (n_mels, columns), the time they span, and the frequency in the middle of each band."""

    db: Floats
    seconds: float
    band_hz: NDArray[np.float64]

    @property
    def top_db(self) -> float:
        """The loudest level in it."""
        return float(self.db.max(initial=-200.0))

    def band_at(self, hz: float) -> float:
        """The band, fractional, of a frequency."""
        return float(np.interp(hz, self.band_hz, np.arange(len(self.band_hz))))


def picture_of(mel: Floats, config: MelConfig) -> MelPicture:
    """The picture of a log-mel (n_mels, frames)."""
    return MelPicture(
        _reduced(mel) * np.float32(_DB_PER_NEPER),
        mel.shape[1] / config.frames_per_second,
        band_frequencies(config),
    )


def difference_of(mel: Floats, wanted: Floats, config: MelConfig) -> MelPicture:
    """How much louder `mel` is than `wanted`, both (n_mels, frames); what only one of them has is left out.

    Below `RANGE_DB` under the loudest nothing is heard, so nothing counts there.
    """
    frames = min(mel.shape[1], wanted.shape[1])
    if frames == 0:
        return picture_of(mel[:, :0], config)
    floor = max(float(mel.max()), float(wanted.max())) - RANGE_DB / _DB_PER_NEPER
    made, asked = (np.maximum(each[:, :frames], np.float32(floor)) for each in (mel, wanted))
    return picture_of(made - asked, config)


def level_image(picture: MelPicture, top_db: float, is_dark: bool) -> QImage:
    """The levels from `RANGE_DB` below `top_db` up to it, the lowest band at the bottom."""
    shares = (picture.db - np.float32(top_db - RANGE_DB)) / np.float32(RANGE_DB)
    return _image(shares, level_table(is_dark))


def difference_image(picture: MelPicture, is_dark: bool) -> QImage:
    """Differences up to `DIFFERENCE_DB` to both sides."""
    return _image(picture.db / np.float32(2 * DIFFERENCE_DB) + np.float32(0.5), difference_table(is_dark))


def _reduced(mel: Floats) -> Floats:
    """At most `MAX_COLUMNS` columns, each the mean of its frames."""
    frames = mel.shape[1]
    if frames <= MAX_COLUMNS:
        return mel
    edges = np.linspace(0, frames, MAX_COLUMNS + 1).astype(np.intp)[:-1]
    counts = np.diff(np.append(edges, frames)).astype(np.float32)
    return (np.add.reduceat(mel, edges, axis=1) / counts).astype(np.float32, copy=False)


def _image(shares: Floats, table: tuple[int, ...]) -> QImage:
    steps = np.clip(shares * STEPS, 0, STEPS - 1).astype(np.uint8)[::-1]
    bands, columns = steps.shape
    padded = np.zeros((bands, max(4, -columns % 4 + columns)), np.uint8)
    padded[:, :columns] = steps
    image = QImage(padded.tobytes(), columns, bands, padded.shape[1], QImage.Format.Format_Indexed8)
    image.setColorTable(list(table))
    # A copy of its own: the bytes go with this function.
    return image.convertToFormat(QImage.Format.Format_RGB32)
