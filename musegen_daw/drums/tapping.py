"""Finds styles by a tapped rhythm: kick, snare and hats over two bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.style import STYLE_BARS, Floats, StyleBook
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import Bar

TAPPED = ("kick", "snare", "hat")
"""What can be tapped."""
_PIECES = {
    "kick": ("kick",),
    "snare": ("snare", "side stick", "clap"),
    "hat": ("closed hat", "pedal hat", "open hat", "ride", "ride bell"),
}
_UNSURE = 0.1  # how likely a tap too many or too few is; chosen on validation songs
_STEPS = STYLE_BARS * FRAMES_PER_BAR


@dataclass(frozen=True, slots=True)
class Taps:
    """Taps as pairs of an index into TAPPED and a sixteenth of two bars, 0 to 31, in the order they came."""

    taps: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.taps)

    def tapped(self, voice: int, ticks: float, bars: Sequence[Bar]) -> Taps:
        """With a tap at `ticks`, which counts as the nearest sixteenth of its bar."""
        index = max(0, sum(bar.start_ticks <= ticks for bar in bars) - 1)
        own = bars[index]
        step = round((ticks - own.start_ticks) * FRAMES_PER_BAR / own.length_ticks)
        return Taps((*self.taps, (voice, (index * FRAMES_PER_BAR + step) % _STEPS)))

    def heard(self) -> npt.NDArray[np.bool_]:
        """Which sixteenths have come by since the first tap, tapped or not: (2, 16); all once the loop came round."""
        steps = [step for _, step in self.taps]
        found = np.ones(_STEPS, bool)
        if steps == sorted(steps):
            found[:] = False
            found[steps[0] : steps[-1] + 1] = True
        return found.reshape(STYLE_BARS, FRAMES_PER_BAR)

    def pattern(self) -> npt.NDArray[np.float64]:
        """How often each sixteenth was tapped, of the times that the rhythm came round: (2, 16, TAPPED)."""
        counts = Counter(self.taps)
        rounds = max(counts.values(), default=1)
        found = np.zeros((_STEPS, len(TAPPED)))
        for (voice, step), count in counts.items():
            found[step, voice] = count / rounds
        return found.reshape(STYLE_BARS, FRAMES_PER_BAR, len(TAPPED))


def kind_of_piece(piece: int) -> int | None:
    """The index into TAPPED of a piece of the kit, by its index; None for what cannot be tapped."""
    name = PIECES[piece].name
    return next((index for index, kind in enumerate(TAPPED) if name in _PIECES[kind]), None)


def tap_fits(book: StyleBook, taps: Taps, part_fits: Sequence[float]) -> tuple[float, ...]:
    """The probability of each style given the taps and the part: (styles,), 0 where that of the part is 0.

    `part_fits` are the probabilities given the part alone. A style plays each sixteenth as often as in its pattern,
    independently of the others (naive Bayes); either bar can be the first. What was never tapped and what
    has not come by yet do not count.
    """
    prior = np.array(part_fits, float)
    if not len(taps) or prior.sum() <= 0:
        return tuple(prior.tolist())
    tapped = taps.pattern()
    own = [voice for voice in range(len(TAPPED)) if tapped[..., voice].any()]
    likely = np.clip(_folded(book.patterns)[..., own], _UNSURE, 1 - _UNSURE)
    heard = taps.heard()
    turns = ((np.roll(tapped, turn, 0)[..., own], np.roll(heard, turn, 0)) for turn in (0, 1))
    nats = np.maximum(*(_log_likelihood(played, known, likely) for played, known in turns))
    nats = np.where(prior > 0, nats + np.log(np.maximum(prior, 1e-9)), -np.inf)
    found = np.exp(nats - nats.max())
    return tuple((found / found.sum()).tolist())


def _folded(patterns: Floats) -> npt.NDArray[np.float64]:
    """The probability that any piece of each tapped kind plays: (styles, 2, 16, TAPPED)."""
    names = [piece.name for piece in PIECES]
    groups = ([names.index(name) for name in _PIECES[kind]] for kind in TAPPED)
    return np.stack(
        [1 - np.prod(1 - patterns[..., group].astype(float), axis=-1) for group in groups], axis=-1
    )


def _log_likelihood(
    tapped: npt.NDArray[np.float64], heard: npt.NDArray[np.bool_], likely: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Of the taps (2, 16, kinds) where `heard` (2, 16), for styles `likely` (styles, 2, 16, kinds): (styles,)."""
    nats = tapped * np.log(likely) + (1 - tapped) * np.log(1 - likely)
    return (nats * heard[..., None]).sum(axis=(1, 2, 3))
