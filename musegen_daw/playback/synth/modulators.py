"""What a SoundFont lets controllers, bend, pressure and velocity do to a sound.

Source of numbers and curves: SoundFont Technical Specification 2.04, sections 8.2 to 8.4 and 9.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

NO_CONTROLLER, VELOCITY, KEY, KEY_PRESSURE, CHANNEL_PRESSURE, WHEEL, WHEEL_RANGE = 0, 2, 3, 10, 13, 14, 16
MOD_LFO_TO_PITCH, VIB_LFO_TO_PITCH, FILTER_CUTOFF, MOD_LFO_TO_VOLUME = 5, 6, 8, 13
PAN, ATTENUATION, COARSE_TUNE, FINE_TUNE, PITCH = 17, 48, 51, 52, 59

MOVING = frozenset(
    {MOD_LFO_TO_PITCH, VIB_LFO_TO_PITCH, PAN, ATTENUATION, COARSE_TUNE, FINE_TUNE, PITCH},
)
"""What is followed while a note sounds."""

AT_THE_START = frozenset({FILTER_CUTOFF, 9, MOD_LFO_TO_VOLUME, 21, 22, 23, 24, 33, 34, 35, 36, 37, 38})
"""What is taken as it is when a note begins: the filter, the envelope of the volume and the oscillators' pace."""

MAX_PER_ZONE = 64
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a modulator listens to: a controller, or one of the general sources."""

    number: int
    is_controller: bool


_OF_THE_NOTE = frozenset({VELOCITY, KEY})
_GENERAL = _OF_THE_NOTE | {NO_CONTROLLER, KEY_PRESSURE, CHANNEL_PRESSURE, WHEEL, WHEEL_RANGE}
_NO_SOURCE = frozenset({0, 6, 32, 38, *range(98, 102), *range(120, 128)})
_DIFFER_BY_NOTE = frozenset(Origin(number, False) for number in (VELOCITY, KEY, KEY_PRESSURE))
_LINEAR, _CONCAVE, _CONVEX, _SWITCH = range(4)
_ABSOLUTE = 2
_VELOCITY_TO_CUTOFF = (0x0102, FILTER_CUTOFF, 0x0C02)
"""Section 8.4.2 as version 2.01 had it: players take no notice of it, and files are made for them."""


@dataclass(frozen=True, slots=True)
class Modulator:
    """One row of `pmod` or `imod`, its sources still as they are coded there (section 8.2)."""

    source: int
    destination: int
    amount: int
    amount_source: int
    transform: int

    @property
    def origins(self) -> tuple[Origin, Origin]:
        """What its two sources listen to."""
        return _origin(self.source), _origin(self.amount_source)

    @property
    def is_of_the_note(self) -> bool:
        """Whether nothing that happens while the note sounds can change it."""
        return all(
            not origin.is_controller and origin.number in _OF_THE_NOTE | {NO_CONTROLLER}
            for origin in self.origins
        )

    def of(self, first: Values, second: Values) -> Values:
        """What it adds to its destination, in that generator's unit, where its sources have these values of MIDI."""
        value = self.amount * _curved(self.source, first) * _curved(self.amount_source, second)
        return np.abs(value) if self.transform == _ABSOLUTE else value


@dataclass(frozen=True, eq=False, slots=True)
class Modulation:
    """The modulators of a zone, apart by when they act; zones that have the same ones share one object.

    `of_the_note` are settled when a note begins, `moving` are followed, `at_the_start` are read once of the channel.
    """

    of_the_note: tuple[Modulator, ...]
    moving: tuple[Modulator, ...]
    at_the_start: tuple[Modulator, ...]
    shapes_notes: bool
    """Whether any of it goes to the filter, the envelope or the oscillators of a note."""
    differs_by_note: bool
    """Whether any of what is followed depends on the note, too."""

    @staticmethod
    def of(modulators: Iterable[Modulator]) -> Modulation:
        """All of `modulators` that change anything."""
        played = [each for each in modulators if each.amount]
        settled = tuple(each for each in played if each.is_of_the_note)
        others = [each for each in played if not each.is_of_the_note]
        moving = tuple(each for each in others if each.destination in MOVING)
        at_the_start = tuple(each for each in others if each.destination in AT_THE_START)
        return Modulation(
            settled,
            moving,
            at_the_start,
            bool(at_the_start) or any(each.destination in AT_THE_START for each in settled),
            any(origin in _DIFFER_BY_NOTE for each in moving for origin in each.origins),
        )


DEFAULTS = (
    Modulator(0x0502, ATTENUATION, 960, 0, 0),
    Modulator(0x000D, VIB_LFO_TO_PITCH, 50, 0, 0),
    Modulator(0x0081, VIB_LFO_TO_PITCH, 50, 0, 0),
    Modulator(0x0587, ATTENUATION, 960, 0, 0),
    Modulator(0x028A, PAN, 500, 0, 0),
    Modulator(0x058B, ATTENUATION, 960, 0, 0),
    Modulator(0x020E, PITCH, 12_700, 0x0010, 0),
)
"""Those of section 8.4 that are played.

Velocity does not darken (8.4.2): see above. Pan has half of the amount
that 8.4.6 names, so that only the ends of the controller are the ends of the stage. Reverb and chorus (8.4.8, 8.4.9)
are not rendered.
"""


def is_playable(modulator: Modulator) -> bool:
    """Whether its sources are known and it goes where it is played; one of amount 0 silences one that it overrides."""
    return (
        modulator.destination in MOVING | AT_THE_START
        and modulator.transform in (0, _ABSOLUTE)
        and (modulator.source, modulator.destination, modulator.amount_source) != _VELOCITY_TO_CUTOFF
        and all(
            code >> 10 <= _SWITCH
            and (origin.number not in _NO_SOURCE if origin.is_controller else origin.number in _GENERAL)
            for code, origin in zip(
                (modulator.source, modulator.amount_source), modulator.origins, strict=True
            )
        )
    )


def overridden(base: Iterable[Modulator], others: Iterable[Modulator]) -> tuple[Modulator, ...]:
    """`base` with `others`, each in the place of one that is the same but for its amount (section 9.5.1)."""
    by_identity = {_identity(each): each for each in (*base, *others)}
    return tuple(by_identity.values())


def _identity(modulator: Modulator) -> tuple[int, int, int, int]:
    return modulator.source, modulator.destination, modulator.amount_source, modulator.transform


@cache
def _origin(code: int) -> Origin:
    return Origin(code & 0x7F, bool(code & 0x80))


def _curved(code: int, values: Values) -> Values:
    """Values of MIDI along the curve that a source is coded with: 0 to 1, or -1 to 1 with an exact centre."""
    if not code & 0xFF:
        return np.ones_like(values)
    kind = code >> 10
    top = 16_383 if code & 0xFF == WHEEL else 127
    is_falling = bool(code & 0x100)
    if not code & 0x200:
        share = np.clip(values / top, 0.0, 1.0)
        return _along(kind, 1 - share if is_falling else share)
    centre = (top + 1) // 2
    around = np.clip((values - centre) / np.where(values < centre, centre, top - centre), -1.0, 1.0)
    if is_falling:
        around = -around
    if kind == _SWITCH:
        return np.where(around >= 0, 1.0, -1.0)
    return np.sign(around) * _along(kind, np.abs(around))


def _along(kind: int, values: Values) -> Values:
    if kind == _LINEAR:
        return values
    if kind == _CONCAVE:
        return _concave(values)
    if kind == _CONVEX:
        return 1 - _concave(1 - values)
    return (values >= 0.5).astype(np.float64)


def _concave(values: Values) -> Values:
    """The square law in dB, full at 96 dB: section 9.5.3."""
    return np.minimum(1.0, -(40 / 96) * np.log10(np.maximum(1 - values, 1e-9)))


def cents_to_hz(cents: float) -> float:
    """An absolute frequency (section 8.1.1)."""
    return 8.176 * math.exp2(min(20_000.0, max(-20_000.0, cents)) / 1200)
