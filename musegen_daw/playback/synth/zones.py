"""From the tables of a SoundFont to zones: one sample each, with everything that shapes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.modulators import (
    DEFAULTS,
    MAX_PER_ZONE,
    Modulation,
    Modulator,
    cents_to_hz,
    is_playable,
    overridden,
)
from musegen_daw.playback.synth.riff import Tables

# Generators whose preset value is not added to the instrument's (section 8.5 of the specification).
_NOT_ADDITIVE = frozenset({0, 1, 2, 3, 4, 12, 41, 43, 44, 45, 46, 47, 50, 53, 54, 57, 58})
_DEFAULTS = {
    8: 13_500, 21: -12_000, 23: -12_000, 33: -12_000, 34: -12_000, 35: -12_000, 36: -12_000, 38: -12_000,
    46: -1, 47: -1, 56: 100, 58: -1,
}  # fmt: skip
_KEPT_FOR_MODULATORS = frozenset({8, 9, 11, 13, 21, 22, 23, 24, 33, 34, 35, 36, 37, 38})
_FULL_RANGE = (0, 127)
_MAX_ZONES = 32_768
_LAST_GENERATOR = 60
"""Of section 8.1.3; what has a higher number is to be passed over."""
_MAX_ZONE_SAMPLES = 2**25
_SAMPLE_RATES_HZ = range(400, 200_001)
_ATTENUATION_SCALE = 0.4
"""What hardware and software players apply to initialAttenuation, and SoundFonts are balanced for."""
FULL_FALL_DB = 96.0
"""The whole way of a volume envelope: players have 96 dB for the 100 % of section 8.1.2, generators 36 to 38."""
_OPEN_CENTS, _DARKEST_CENTS = 13_500, 1_500
_CUTOFF_STEP_CENTS = 100
"""How finely modulators move the filter: every step is a filtered recording of its own."""

Generators = dict[int, int]
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Oscillator:
    """A low-frequency triangle that sets in after a delay, and the cents by which it bends the pitch."""

    delay_seconds: float
    rate_hz: float
    pitch_cents: float


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """The part of a zone that modulators may change at the start of a note: filter, envelope and oscillators."""

    cutoff_hz: float
    resonance_db: float
    delay_seconds: float
    attack_seconds: float
    hold_seconds: float
    decay_seconds: float
    sustain_db: float
    release_seconds: float
    vibrato: Oscillator
    wobble: Oscillator
    tremolo_db: float
    """How far `wobble`, the modulation oscillator, moves the volume."""


@dataclass(frozen=True, eq=False, slots=True)
class Zone:
    """One sample with everything that shapes it; times in seconds, `loop` relative to the sample's start."""

    keys: Range
    velocities: Range
    start: int
    end: int
    loop: tuple[int, int] | None
    loops_until_release: bool
    rate_hz: int
    root_key: int
    tune_cents: float
    cents_per_key: float
    fixed_key: int | None
    fixed_velocity: int | None
    attenuation_db: float
    pan: float
    exclusive_class: int
    shape: ZoneShape
    modulation: Modulation
    amounts: Mapping[int, int]
    """The generators behind `shape`, as they stand in the file; none where no modulator goes there."""

    def shape_with(self, added: Mapping[int, float]) -> ZoneShape:
        """Its shape where modulators add to these generators, the filter in steps of a semitone."""
        amounts: dict[int, float] = {
            number: self.amounts[number] + added.get(number, 0.0) for number in self.amounts
        }
        if 8 in added:
            amounts[8] = round(amounts[8] / _CUTOFF_STEP_CENTS) * _CUTOFF_STEP_CENTS
        return _shape(amounts, self.shape.vibrato.pitch_cents, self.shape.wobble.pitch_cents)


def read_presets(tables: Tables) -> dict[tuple[int, int], tuple[Zone, ...]]:
    """The zones of every preset by (bank, program); raises ValueError where the tables are damaged."""
    reader = _Reader(tables)
    inner_lists = tables.instrument_generators, tables.instrument_modulators
    outer_lists = tables.preset_generators, tables.preset_modulators
    instruments = [
        reader.bags(tables.instruments, tables.instrument_bags, inner_lists, index, last=53)
        for index in range(len(tables.instruments) - 1)
    ]
    outers = [
        reader.bags(tables.presets, tables.preset_bags, outer_lists, index, last=41)
        for index in range(len(tables.presets) - 1)
    ]
    for bags in outers:
        _check_named(bags, 41, len(instruments), "instrument")
    for bags in instruments:
        _check_named(bags, 53, len(tables.headers), "sample")
    # Counted before any is made: few records make many zones, also such as are never heard.
    count = sum(len(instruments[outer.generators[41] & 0xFFFF]) for bags in outers for outer in bags)
    if count > _MAX_ZONES:
        raise ValueError(f"more than {_MAX_ZONES:,} zones")
    presets: dict[tuple[int, int], tuple[Zone, ...]] = {}
    for index, bags in enumerate(outers):
        made = (
            reader.zone(outer, inner)
            for outer in bags
            for inner in instruments[outer.generators[41] & 0xFFFF]
        )
        zones = [zone for zone in made if zone is not None]
        if zones:
            record = tables.presets[index]
            presets.setdefault((int(record["bank"]), int(record["program"])), tuple(zones))
    return presets


@dataclass(frozen=True, slots=True)
class _Bag:
    """The generators and modulators of one zone of a preset or instrument, with those of its global zone."""

    generators: Generators
    modulators: tuple[Modulator, ...]


class _Header(NamedTuple):
    """What the file says of one sample."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate_hz: int
    root_key: int
    correction: int
    link: int
    kind: int


class _Reader:
    """Joins the zones of presets and instruments; what they share is made once."""

    def __init__(self, tables: Tables) -> None:
        self._headers: list[_Header] = [_Header(*record[1:10]) for record in tables.headers.tolist()]
        self._samples = len(tables.samples)
        self._modulations: dict[tuple[tuple[Modulator, ...], tuple[Modulator, ...]], Modulation] = {}

    def bags(
        self,
        owners: NDArray[np.void],
        bags: NDArray[np.void],
        tables: tuple[NDArray[np.void], NDArray[np.void]],
        index: int,
        last: int,
    ) -> list[_Bag]:
        """The zones of one preset or instrument; generator `last` ends each, a first one without it is global."""
        generators, modulators = tables
        zones: list[_Bag] = []
        shared = _Bag({}, ())
        first, end = (int(own) for own in owners["bag"][index : index + 2])
        if end >= len(bags):
            raise ValueError(f"zone {end} is named, of which there are {len(bags) - 1}")
        for bag in range(first, end):
            start, stop = int(bags["generator"][bag]), int(bags["generator"][bag + 1])
            own = {
                number: amount
                for number, amount in generators[start:stop].tolist()
                if number <= _LAST_GENERATOR
            }
            start, stop = int(bags["modulator"][bag]), int(bags["modulator"][bag + 1])
            moved = _modulators(modulators[start : min(stop, start + MAX_PER_ZONE)])
            if last in own:
                zones.append(_Bag(shared.generators | own, overridden(shared.modulators, moved)))
            elif bag == first:
                shared = _Bag(own, moved)
        return zones

    def zone(self, outer: _Bag, inner: _Bag) -> Zone | None:
        """One playable zone, or None when it cannot sound."""
        header = self._headers[inner.generators[53] & 0xFFFF]
        key = outer.modulators, inner.modulators
        if key not in self._modulations:
            # What a preset says is added to what its instrument says: section 9.5.1.
            self._modulations[key] = Modulation.of(
                (*overridden(DEFAULTS, inner.modulators), *outer.modulators)
            )
        return _zone(outer.generators, inner.generators, header, self._samples, self._modulations[key])


def _check_named(bags: Sequence[_Bag], generator: int, count: int, kind: str) -> None:
    """Raises ValueError where a zone names an instrument or a sample that is not there."""
    for bag in bags:
        index = bag.generators[generator] & 0xFFFF
        if index >= count:
            raise ValueError(f"{kind} {index} is named, of which there are {count}")


def _modulators(records: NDArray[np.void]) -> tuple[Modulator, ...]:
    every = (Modulator(*(int(number) for number in record)) for record in records)
    return tuple(each for each in every if is_playable(each))


_NO_AMOUNTS: Mapping[int, int] = {}


def _range(generators: Generators, number: int) -> Range:
    if number not in generators:
        return _FULL_RANGE
    raw = generators[number] & 0xFFFF
    return raw & 0xFF, raw >> 8


def _zone(
    outer: Generators, inner: Generators, header: _Header, samples: int, modulation: Modulation
) -> Zone | None:
    """One playable zone, or None when its ranges are empty or its sample is not among the `samples` of the file."""

    def value(number: int) -> int:
        base = inner.get(number, _DEFAULTS.get(number, 0))
        return base if number in _NOT_ADDITIVE else base + outer.get(number, 0)

    def optional(number: int) -> int | None:
        amount = value(number)
        return amount if 0 <= amount <= 127 else None

    keys, velocities = (
        (max(a[0], b[0]), min(a[1], b[1]))
        for a, b in ((_range(outer, number), _range(inner, number)) for number in (43, 44))
    )
    start = header.start + value(0) + 32_768 * value(4)
    end = header.end + value(1) + 32_768 * value(12)
    is_read_only_memory = header.kind & 0x8000
    if keys[0] > keys[1] or velocities[0] > velocities[1] or is_read_only_memory:
        return None
    is_inside = 0 <= start < end <= samples and end - start <= _MAX_ZONE_SAMPLES
    if not is_inside or header.rate_hz not in _SAMPLE_RATES_HZ:
        return None
    # Loops that reach past the sample are common; players hold them within it.
    loop_start = max(0, header.loop_start + value(2) + 32_768 * value(45) - start)
    loop_end = min(end - start, header.loop_end + value(3) + 32_768 * value(50) - start)
    mode = value(54) & 3
    root_key = optional(58)
    amounts = {number: value(number) for number in _KEPT_FOR_MODULATORS}
    return Zone(
        keys=keys,
        velocities=velocities,
        start=start,
        end=end,
        loop=(loop_start, loop_end) if mode in (1, 3) and loop_start < loop_end else None,
        loops_until_release=mode == 3,
        rate_hz=header.rate_hz,
        root_key=root_key if root_key is not None else header.root_key if header.root_key <= 127 else 60,
        tune_cents=header.correction + value(52) + 100 * value(51),
        cents_per_key=value(56),
        fixed_key=optional(46),
        fixed_velocity=optional(47),
        attenuation_db=max(0.0, _ATTENUATION_SCALE * value(48) / 10),
        pan=min(0.5, max(-0.5, value(17) / 1000)),
        exclusive_class=value(57),
        shape=_shape(amounts, value(6), value(5)),
        modulation=modulation,
        amounts=amounts if modulation.shapes_notes else _NO_AMOUNTS,
    )


def _shape(amounts: Mapping[int, float], vibrato_cents: float, wobble_cents: float) -> ZoneShape:
    def seconds(number: int) -> float:
        cents = amounts[number]
        return 0.0 if cents <= -12_000 else 2.0 ** (min(cents, 8_000) / 1200)

    cutoff_cents = min(_OPEN_CENTS, max(_DARKEST_CENTS, amounts[8] + max(0, amounts[11])))
    return ZoneShape(
        cutoff_hz=cents_to_hz(cutoff_cents) if cutoff_cents < _OPEN_CENTS else math.inf,
        resonance_db=min(96.0, max(0.0, amounts[9] / 10)),
        delay_seconds=seconds(33),
        attack_seconds=seconds(34),
        hold_seconds=seconds(35),
        decay_seconds=seconds(36),
        sustain_db=FULL_FALL_DB * min(1.0, max(0.0, amounts[37] / 1000)),
        release_seconds=seconds(38),
        vibrato=Oscillator(seconds(23), _lfo_hz(amounts[24]), vibrato_cents),
        wobble=Oscillator(seconds(21), _lfo_hz(amounts[22]), wobble_cents),
        tremolo_db=min(96.0, max(-96.0, amounts[13] / 10)),
    )


def _lfo_hz(cents: float) -> float:
    return cents_to_hz(min(4_500, max(-16_000, cents)))
