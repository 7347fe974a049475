"""From the tables of a SoundFont to zones: one sample each, with everything that shapes it, modulators included.

Source of numbers and curves: SoundFont Technical Specification 2.04, sections 8 and 9.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musegen_daw.playback.synth.riff import Tables

# Generators whose preset value is not added to the instrument's (section 8.5 of the specification).
_NOT_ADDITIVE = frozenset({0, 1, 2, 3, 4, 12, 41, 43, 44, 45, 46, 47, 50, 53, 54, 57, 58})
_DEFAULT_AMOUNTS = {
    8: 13_500, 21: -12_000, 23: -12_000, 33: -12_000, 34: -12_000, 35: -12_000, 36: -12_000, 38: -12_000,
    46: -1, 47: -1, 56: 100, 58: -1,
}  # fmt: skip
_MODULATED = frozenset({8, 9, 11, 13, 21, 22, 23, 24, 33, 34, 35, 36, 37, 38})
_FULL_RANGE = (0, 127)
_MAX_ZONES = 32_768
_LAST_GENERATOR = 60
"""Of section 8.1.3; higher numbers are ignored."""
_MAX_ZONE_SAMPLES = 2**25
_SAMPLE_RATES_HZ = range(400, 200_001)
_ATTENUATION_SCALE = 0.4
"""Applied to initialAttenuation by hardware and software players, which SoundFonts are balanced for."""
FULL_FALL_DB = 96.0
"""The range of a volume envelope: the 100 % of generators 36 to 38 (section 8.1.2) are 96 dB in players."""
_OPEN_CENTS, _DARKEST_CENTS = 13_500, 1_500
_CUTOFF_STEP_CENTS = 100
"""The step in which modulators move the filter; every step is a filtered recording of its own."""

Generators = dict[int, int]
Range = tuple[int, int]
NO_CONTROLLER, VELOCITY, KEY, KEY_PRESSURE, CHANNEL_PRESSURE, WHEEL, WHEEL_RANGE = 0, 2, 3, 10, 13, 14, 16
MOD_LFO_TO_PITCH, VIB_LFO_TO_PITCH, FILTER_CUTOFF, MOD_LFO_TO_VOLUME = 5, 6, 8, 13
PAN, ATTENUATION, COARSE_TUNE, FINE_TUNE, PITCH = 17, 48, 51, 52, 59

MOVING = frozenset(
    {MOD_LFO_TO_PITCH, VIB_LFO_TO_PITCH, PAN, ATTENUATION, COARSE_TUNE, FINE_TUNE, PITCH},
)
"""Destinations that modulators change while a note sounds."""

AT_START = frozenset({FILTER_CUTOFF, 9, MOD_LFO_TO_VOLUME, 21, 22, 23, 24, 33, 34, 35, 36, 37, 38})
"""Destinations that are read once when a note starts: filter, volume envelope, rate of the LFOs."""

MAX_PER_ZONE = 64
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a modulator: a controller, or a general source by its number."""

    number: int
    is_controller: bool


_OF_NOTE = frozenset({VELOCITY, KEY})
_GENERAL = _OF_NOTE | {NO_CONTROLLER, KEY_PRESSURE, CHANNEL_PRESSURE, WHEEL, WHEEL_RANGE}
_NO_SOURCE = frozenset({0, 6, 32, 38, *range(98, 102), *range(120, 128)})
_DIFFER_BY_NOTE = frozenset(Origin(number, False) for number in (VELOCITY, KEY, KEY_PRESSURE))
_LINEAR, _CONCAVE, _CONVEX, _SWITCH = range(4)
_ABSOLUTE = 2
_VELOCITY_TO_CUTOFF = (0x0102, FILTER_CUTOFF, 0x0C02)
"""Section 8.4.2 of version 2.01: players ignore it, and files are made for players."""


@dataclass(frozen=True, slots=True)
class Modulator:
    """One record of `pmod` or `imod`, its sources coded as in the file (section 8.2)."""

    source: int
    destination: int
    amount: int
    amount_source: int
    transform: int

    @property
    def origins(self) -> tuple[Origin, Origin]:
        return _origin(self.source), _origin(self.amount_source)

    @property
    def is_of_note(self) -> bool:
        """Whether it depends on key and velocity alone."""
        return all(
            not origin.is_controller and origin.number in _OF_NOTE | {NO_CONTROLLER}
            for origin in self.origins
        )

    def of(self, first: Values, second: Values) -> Values:
        """The amount added to its destination, in the unit of that generator, for these MIDI values of its sources."""
        value = self.amount * _curved(self.source, first) * _curved(self.amount_source, second)
        return np.abs(value) if self.transform == _ABSOLUTE else value


@dataclass(frozen=True, eq=False, slots=True)
class Modulation:
    """The modulators of a zone by when they act; zones with the same modulators share one object.

    `of_note` depend on the note alone, `moving` act while it sounds, `at_start` read the channel once when it starts.
    `shapes_notes`: whether any acts on filter, envelope or LFOs. `differs_by_note`: whether any moving one depends on
    the note, too.
    """

    of_note: tuple[Modulator, ...]
    moving: tuple[Modulator, ...]
    at_start: tuple[Modulator, ...]
    shapes_notes: bool
    differs_by_note: bool

    @staticmethod
    def of(modulators: Iterable[Modulator]) -> Modulation:
        played = [each for each in modulators if each.amount]
        settled = tuple(each for each in played if each.is_of_note)
        others = [each for each in played if not each.is_of_note]
        moving = tuple(each for each in others if each.destination in MOVING)
        at_start = tuple(each for each in others if each.destination in AT_START)
        return Modulation(
            settled,
            moving,
            at_start,
            bool(at_start) or any(each.destination in AT_START for each in settled),
            any(origin in _DIFFER_BY_NOTE for each in moving for origin in each.origins),
        )


DEFAULT_MODULATORS = (
    Modulator(0x0502, ATTENUATION, 960, 0, 0),
    Modulator(0x000D, VIB_LFO_TO_PITCH, 50, 0, 0),
    Modulator(0x0081, VIB_LFO_TO_PITCH, 50, 0, 0),
    Modulator(0x0587, ATTENUATION, 960, 0, 0),
    Modulator(0x028A, PAN, 500, 0, 0),
    Modulator(0x058B, ATTENUATION, 960, 0, 0),
    Modulator(0x020E, PITCH, 12_700, 0x0010, 0),
)
"""Section 8.4, apart from velocity to cutoff (8.4.2, see above), reverb and chorus (8.4.8, 8.4.9).

Pan has half the amount of 8.4.6, so that only the ends of the controller are hard left and hard right.
"""


def is_playable(modulator: Modulator) -> bool:
    """Whether its sources and destination are supported; amount 0 counts, because it overrides another modulator."""
    return (
        modulator.destination in MOVING | AT_START
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
    """`base` with `others`, which replace those that differ in the amount alone (section 9.5.1)."""
    by_identity = {_identity(each): each for each in (*base, *others)}
    return tuple(by_identity.values())


def _identity(modulator: Modulator) -> tuple[int, int, int, int]:
    return modulator.source, modulator.destination, modulator.amount_source, modulator.transform


@cache
def _origin(code: int) -> Origin:
    return Origin(code & 0x7F, bool(code & 0x80))


def _curved(code: int, values: Values) -> Values:
    """MIDI values through the curve of a source: 0 to 1, or -1 to 1 with an exact centre."""
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
    """The concave curve of section 9.5.3, full at 96 dB."""
    return np.minimum(1.0, -(40 / 96) * np.log10(np.maximum(1 - values, 1e-9)))


def cents_to_hz(cents: float) -> float:
    """Absolute cents (section 8.1.1) in Hz."""
    return 8.176 * math.exp2(min(20_000.0, max(-20_000.0, cents)) / 1200)


@dataclass(frozen=True, slots=True)
class LfoSettings:
    """A low-frequency triangle that starts after a delay, and its depth in cents of pitch."""

    delay_seconds: float
    rate_hz: float
    pitch_cents: float


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """The part of a zone that modulators can change at the start of a note: filter, envelope and LFOs.

    `tremolo_db` is the depth of `mod_lfo` on the volume.
    """

    cutoff_hz: float
    resonance_db: float
    delay_seconds: float
    attack_seconds: float
    hold_seconds: float
    decay_seconds: float
    sustain_db: float
    release_seconds: float
    vib_lfo: LfoSettings
    mod_lfo: LfoSettings
    tremolo_db: float


@dataclass(frozen=True, eq=False, slots=True)
class Zone:
    """One sample with everything that shapes it; `loop` is relative to the start of the sample.

    `amounts` are the generators behind `shape` as in the file, empty where no modulator changes them.
    """

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

    def shape_with(self, added: Mapping[int, float]) -> ZoneShape:
        """Its shape with these amounts added to the generators, the filter in steps of a semitone."""
        amounts: dict[int, float] = {
            number: self.amounts[number] + added.get(number, 0.0) for number in self.amounts
        }
        if 8 in added:
            amounts[8] = round(amounts[8] / _CUTOFF_STEP_CENTS) * _CUTOFF_STEP_CENTS
        return _shape(amounts, self.shape.vib_lfo.pitch_cents, self.shape.mod_lfo.pitch_cents)


def read_presets(tables: Tables) -> dict[tuple[int, int], tuple[Zone, ...]]:
    """The zones of every preset by (bank, program); raises ValueError for damaged tables."""
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
    # Counted before they are made, because few records can make very many zones.
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
    """The header of one sample in the file."""

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
    """Joins the zones of presets and instruments."""

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
        """The zones of one preset or instrument; generator `last` ends each, a first zone without it is global."""
        generators, modulators = tables
        zones: list[_Bag] = []
        shared = _Bag({}, ())
        first, end = (int(own) for own in owners["bag"][index : index + 2])
        if end >= len(bags):
            raise ValueError(f"zone {end} does not exist; there are {len(bags) - 1}")
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
        """A playable zone, or None."""
        header = self._headers[inner.generators[53] & 0xFFFF]
        key = outer.modulators, inner.modulators
        if key not in self._modulations:
            # The modulators of a preset add to those of its instrument (section 9.5.1).
            self._modulations[key] = Modulation.of(
                (*overridden(DEFAULT_MODULATORS, inner.modulators), *outer.modulators)
            )
        return _zone(outer.generators, inner.generators, header, self._samples, self._modulations[key])


def _check_named(bags: Sequence[_Bag], generator: int, count: int, kind: str) -> None:
    """Raises ValueError where a zone refers to a missing instrument or sample."""
    for bag in bags:
        index = bag.generators[generator] & 0xFFFF
        if index >= count:
            raise ValueError(f"{kind} {index} does not exist; there are {count}")


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
    """A playable zone, or None when its ranges are empty or its sample is not within the `samples` of the file."""

    def value(number: int) -> int:
        base = inner.get(number, _DEFAULT_AMOUNTS.get(number, 0))
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
    # Loops that reach past the sample are common; players clip them.
    loop_start = max(0, header.loop_start + value(2) + 32_768 * value(45) - start)
    loop_end = min(end - start, header.loop_end + value(3) + 32_768 * value(50) - start)
    mode = value(54) & 3
    root_key = optional(58)
    amounts = {number: value(number) for number in _MODULATED}
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
        vib_lfo=LfoSettings(seconds(23), _lfo_hz(amounts[24]), vibrato_cents),
        mod_lfo=LfoSettings(seconds(21), _lfo_hz(amounts[22]), wobble_cents),
        tremolo_db=min(96.0, max(-96.0, amounts[13] / 10)),
    )


def _lfo_hz(cents: float) -> float:
    return cents_to_hz(min(4_500, max(-16_000, cents)))
