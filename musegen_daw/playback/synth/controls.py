"""What the modulators of a zone make of a channel: gains, pitch and oscillators, each as a curve over the song."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.channel import DEFAULT_VOLUME, Channel
from musegen_daw.playback.synth.curves import Curve, StepCurve, joined
from musegen_daw.playback.synth.modulators import (
    ATTENUATION,
    COARSE_TUNE,
    FINE_TUNE,
    KEY,
    MOD_LFO_TO_PITCH,
    PAN,
    PITCH,
    VELOCITY,
    VIB_LFO_TO_PITCH,
    Modulation,
    Modulator,
    Origin,
)

_SILENT_CENTIBELS = 959.0
"""What a controller at 0 comes to; nothing is left of a sound then."""
_UNITY_CENTIBELS = 400 * np.log10(127 / DEFAULT_VOLUME)
"""Sounds are at the level of the SoundFont at the volume that a channel has before it is told one."""
_MAX_KEPT_MOMENTS, _MAX_SETTLED = 1 << 20, 65_536
_CENTS = {PITCH: 1.0, FINE_TUNE: 1.0, COARSE_TUNE: 100.0}

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Struck:
    """The key and velocity that modulators see."""

    key: int
    velocity: int


class ChannelControls:
    """A channel as the zones of its clip see it; what notes have in common is made once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._kept: dict[tuple[object, ...], tuple[Curve, ...]] = {}
        self._kept_moments = 0
        self._settled: dict[tuple[Modulation, Struck], Mapping[int, float]] = {}

    def settled(self, modulation: Modulation, struck: Struck) -> Mapping[int, float]:
        """What a note settles once: by destination, in the unit of each generator."""
        key = modulation, struck
        if key not in self._settled:
            if len(self._settled) >= _MAX_SETTLED:
                self._settled.clear()
            self._settled[key] = self._read(modulation.of_the_note, struck, 0)
        return self._settled[key]

    def at_the_start(self, modulation: Modulation, struck: Struck, sample: int) -> dict[int, float]:
        """What the channel settles for a note that starts at a sample of the song."""
        return self._read(modulation.at_the_start, struck, sample)

    def gains(self, modulation: Modulation, struck: Struck, pan: float) -> tuple[Curve, Curve]:
        """Amplitudes left and right, at equal power, of a zone at `pan`, -0.5 to 0.5; one curve if they are alike."""

        def make() -> tuple[Curve, ...]:
            def gain(side: Callable[[Values], Values]) -> Callable[[Values, Values], Values]:
                def of(centibels: Values, moved: Values) -> Values:
                    amplitude = 10 ** ((_UNITY_CENTIBELS - centibels) / 200)
                    amplitude = np.where(centibels >= _SILENT_CENTIBELS, 0.0, amplitude)
                    angle = np.pi / 4 * (1 + 2 * np.clip(pan + moved / 1000, -0.5, 0.5))
                    # Rounded, the far side of a hard pan is silent and the middle the same on both.
                    return amplitude * np.round(side(angle), 12)

                return of

            quieter = self._moving(modulation, struck, (ATTENUATION,))
            moved = self._moving(modulation, struck, (PAN,))
            left, right = (joined((quieter, moved), gain(side)) for side in (np.cos, np.sin))
            one = Curve(left, np.float32)
            is_centred = np.array_equal(left.samples, right.samples) and np.array_equal(
                left.values, right.values
            )
            return one, one if is_centred else Curve(right, np.float32)

        left, right = self._once(("gains", pan), modulation, struck, make)
        return left, right

    def cents(self, modulation: Modulation, struck: Struck) -> Curve:
        """How far the channel moves the pitch."""

        def make() -> tuple[Curve, ...]:
            moved = self._moving(modulation, struck, tuple(_CENTS))
            return (Curve(joined((moved, self._channel.tuning_cents), np.add)),)

        return self._once(("cents",), modulation, struck, make)[0]

    def depths(self, modulation: Modulation, struck: Struck, own: tuple[float, float]) -> tuple[Curve, Curve]:
        """Cents of the vibrato and of the modulation oscillator, where the zone and note have `own` of each."""

        def make() -> tuple[Curve, ...]:
            return tuple(
                Curve(
                    StepCurve(
                        (moved := self._moving(modulation, struck, (place,))).samples, moved.values + cents
                    )
                )
                for place, cents in zip((VIB_LFO_TO_PITCH, MOD_LFO_TO_PITCH), own, strict=True)
            )

        vibrato, wobble = self._once(("depths", own), modulation, struck, make)
        return vibrato, wobble

    def _once(
        self,
        what: tuple[object, ...],
        modulation: Modulation,
        struck: Struck,
        make: Callable[[], tuple[Curve, ...]],
    ) -> tuple[Curve, ...]:
        key = (what, modulation, struck if modulation.differs_by_note else None)
        if key not in self._kept:
            made = make()
            self._kept_moments += sum(len(curve) for curve in made)
            if self._kept_moments > _MAX_KEPT_MOMENTS:
                self._kept.clear()
                self._kept_moments = sum(len(curve) for curve in made)
            self._kept[key] = made
        return self._kept[key]

    def _moving(self, modulation: Modulation, struck: Struck, places: tuple[int, ...]) -> StepCurve:
        modulators = [each for each in modulation.moving if each.destination in places]
        if not modulators:
            return StepCurve([0], [0.0])
        pairs = [[self._source(origin, struck) for origin in each.origins] for each in modulators]
        samples = np.unique(np.concatenate([source.samples for pair in pairs for source in pair]))
        total = np.zeros(len(samples))
        for each, (first, second) in zip(modulators, pairs, strict=True):
            total += _CENTS.get(each.destination, 1.0) * each.of(first.at(samples), second.at(samples))
        return StepCurve(samples, total)

    def _read(self, modulators: tuple[Modulator, ...], struck: Struck, sample: int) -> dict[int, float]:
        total: dict[int, float] = {}
        here = np.array([sample], np.int64)
        for each in modulators:
            first, second = (self._source(origin, struck).at(here) for origin in each.origins)
            total[each.destination] = total.get(each.destination, 0.0) + float(each.of(first, second)[0])
        return total

    def _source(self, origin: Origin, struck: Struck) -> StepCurve:
        if not origin.is_controller and origin.number in (VELOCITY, KEY):
            return StepCurve([0], [struck.velocity if origin.number == VELOCITY else struck.key])
        return self._channel.of(origin, struck.key)


def added(*parts: Mapping[int, float]) -> dict[int, float]:
    """Sums by destination."""
    total: dict[int, float] = {}
    for part in parts:
        for place, amount in part.items():
            total[place] = total.get(place, 0.0) + amount
    return total
