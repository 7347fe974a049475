"""A book of three styles that are easily told apart, for stand-ins of the drum generator."""

from __future__ import annotations

import numpy as np

from musegen_daw.drums.style import StyleBook
from musegen_daw.music.kit import PIECES

NAMES = ("straight rock, eighth hats", "four on the floor, open hats", "slow waltz, ride")
_PIECE = {piece.name: index for index, piece in enumerate(PIECES)}


def small_book() -> StyleBook:
    """Rock and house in 4/4, and a waltz."""
    patterns = np.zeros((len(NAMES), 2, 16, len(PIECES)), np.float32)
    patterns[0, :, [0, 8], _PIECE["kick"]] = patterns[0, :, [4, 12], _PIECE["snare"]] = 1
    patterns[0, :, ::2, _PIECE["closed hat"]] = 0.9
    patterns[1, :, ::4, _PIECE["kick"]] = patterns[1, :, 2::4, _PIECE["open hat"]] = 1
    patterns[2, :, 0, _PIECE["kick"]] = patterns[2, :, [4, 8], _PIECE["ride"]] = 1
    zeros = np.zeros(len(NAMES), np.float32)
    return StyleBook(patterns, zeros, NAMES, ("4/4", "4/4", "3/4"), np.array([0.5, 0.3, 0.2], np.float32))


BOOK = small_book()
