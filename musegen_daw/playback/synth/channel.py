"""The MIDI channel of a clip over time: controllers, pedals, and the curves that a zone's modulators make of them.

Source of meanings and defaults: MIDI 1.0, the General MIDI specifications and recommended practice RP-015.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from musegen_daw.music.clip import Note
from musegen_daw.music.messages import BEND_CENTRE, ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.zones import (
    ATTENUATION,
    CHANNEL_PRESSURE,
    COARSE_TUNE,
    FINE_TUNE,
    KEY,
    KEY_PRESSURE,
    MOD_LFO_TO_PITCH,
    NO_CONTROLLER,
    PAN,
    PITCH,
    VELOCITY,
    VIB_LFO_TO_PITCH,
    WHEEL,
    WHEEL_RANGE,
    Modulation,
    Modulator,
    Origin,
)

Values = NDArray[np.float64]
Moments = tuple[list[int], list[float]]

RAMP_SAMPLES = 128
"""Changes begin this early, so that they are complete when a note at their time starts."""
DEFAULT_VOLUME = 100
SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67
_MODULATION, _DATA_ENTRY, _VOLUME, _BALANCE, _PAN, _EXPRESSION, _DATA_ENTRY_FINE = 1, 6, 7, 8, 10, 11, 38
_PORTAMENTO = 65
_INCREMENT, _DECREMENT, _NRPN_LOW, _NRPN_HIGH, _RPN_LOW, _RPN_HIGH = range(96, 102)
_ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 120, 121, 123
_LAST_MODE = 127
_PEDAL_DOWN = 64
_SOFT_VELOCITY = 0.85
"""The factor of the velocity with the soft pedal down: nearly 3 dB softer, and the sample of a softer stroke."""

_DEFAULTS = {_VOLUME: DEFAULT_VOLUME, _BALANCE: 64, _PAN: 64, _EXPRESSION: 127}
_RESET_VALUES = {_MODULATION: 0, _EXPRESSION: 127, SUSTAIN: 0, _PORTAMENTO: 0, SOSTENUTO: 0, SOFT: 0}
_BEND_RANGE, _FINE_TUNING, _COARSE_TUNING = 0, 1, 2
_DEFAULT_RANGE_SEMITONES = 2.0

_PARAMETERS = {_BEND_RANGE: (2, 0), _FINE_TUNING: (64, 0), _COARSE_TUNING: (64, 0)}
_NULL = 127
_WHEEL, _RANGE, _PRESSURE = Origin(WHEEL, False), Origin(WHEEL_RANGE, False), Origin(CHANNEL_PRESSURE, False)
_SILENT_CENTIBELS = 959.0
"""The attenuation of a controller at 0, which silences the sound."""
_UNITY_CENTIBELS = 400 * np.log10(127 / DEFAULT_VOLUME)
"""At the default volume of a channel sounds have the level of the SoundFont."""
_MAX_CACHED_MOMENTS, _MAX_SETTLED = 1 << 20, 65_536
_CENTS = {PITCH: 1.0, FINE_TUNE: 1.0, COARSE_TUNE: 100.0}


class StepCurve:
    """A step function: `values` hold from `samples` (ascending) on, the first from the start."""

    def __init__(self, samples: Sequence[int] | NDArray[np.int64], values: Sequence[float] | Values) -> None:
        at, held = np.asarray(samples, np.int64), np.asarray(values, np.float64)
        is_last_there = np.r_[at[1:] != at[:-1], True]
        at, held = at[is_last_there], held[is_last_there]
        is_new = np.r_[True, held[1:] != held[:-1]]
        self.samples: NDArray[np.int64] = at[is_new]
        self.values: Values = held[is_new]

    @property
    def constant(self) -> float | None:
        """Its value, None where it changes."""
        return float(self.values[0]) if len(self.values) == 1 else None

    def at(self, samples: NDArray[np.int64]) -> Values:
        return self.values[np.maximum(0, np.searchsorted(self.samples, samples, side="right") - 1)]


_NOTHING = StepCurve([0], [0.0])


def joined(parts: Sequence[StepCurve], join: Callable[..., Values]) -> StepCurve:
    """The result of `join` for the values of all parts, at every change of one of them."""
    samples = np.unique(np.concatenate([part.samples for part in parts]))
    return StepCurve(samples, join(*(part.at(samples) for part in parts)))


class Curve:
    """A step function with short ramps that end at each step.

    The last range is cached, because the voices of a channel ask for the same one in turn.
    """

    def __init__(self, steps: StepCurve, kind: DTypeLike = np.float64) -> None:
        samples, values = steps.samples, steps.values
        self.constant = steps.constant
        self._steps = samples[1:].tolist()
        self._first_value = float(values[0])
        self._values = values
        begins = np.maximum(samples[1:] - RAMP_SAMPLES, np.r_[np.iinfo(np.int64).min, samples[1:-1]])
        self._knots: Values = np.stack([begins, samples[1:]], axis=1).ravel().astype(np.float64)
        self._levels: Values = np.stack([values[:-1], values[1:]], axis=1).ravel()
        self._kind = kind
        self._cached: tuple[int, int, NDArray[np.floating]] | None = None

    def __len__(self) -> int:
        return len(self._values)

    def at(self, sample: int) -> float:
        """Its value at a sample of the song outside ramps."""
        return float(self._values[bisect_right(self._steps, sample)])

    def rests(self, first: int, last: int) -> bool:
        """Whether it is constant over [first, last)."""
        if self.constant is not None:
            return True
        following = bisect_right(self._steps, first)
        return following == len(self._steps) or self._steps[following] - RAMP_SAMPLES >= last - 1

    def over(self, first: int, last: int) -> NDArray[np.floating]:
        """Its values over samples [first, last) of the song, (last - first,)."""
        if self._cached is None or not self._cached[0] <= first <= last <= self._cached[1]:
            self._cached = first, last, self._read(first, last)
        start = self._cached[0]
        return self._cached[2][first - start : last - start]

    def _read(self, first: int, last: int) -> NDArray[np.floating]:
        low, high = 2 * bisect_left(self._steps, first), 2 * bisect_right(self._steps, last + RAMP_SAMPLES)
        if low >= high:
            return np.full(last - first, self.at(first), self._kind)
        knots, levels = self._knots[low:high], self._levels[low:high]
        if len(knots) % 2 == 0 and np.all(knots[1::2] - knots[::2] == RAMP_SAMPLES):
            return self._between_ramps(first, last, knots.astype(np.int64), levels)
        return np.interp(np.arange(first, last), knots, levels).astype(self._kind, copy=False)

    def _between_ramps(
        self, first: int, last: int, knots: NDArray[np.int64], levels: Values
    ) -> NDArray[np.floating]:
        """The same where no ramps overlap, at a fraction of the cost."""
        begins, rise = knots[::2], np.arange(RAMP_SAMPLES) / RAMP_SAMPLES
        out = np.repeat(
            np.r_[levels[0], levels[1::2]].astype(self._kind),
            np.diff(np.clip(np.r_[first, knots[1::2], last], first, last)),
        )
        places = np.add.outer(begins - first, np.arange(RAMP_SAMPLES))
        ramps = levels[::2, np.newaxis] + np.multiply.outer(levels[1::2] - levels[::2], rise)
        inside = (places >= 0) & (places < last - first)
        out[places[inside]] = ramps[inside]
        return out


@dataclass(frozen=True, slots=True)
class NoteSpan:
    """When a note starts, when key and pedals release it, and when it is cut off, in samples of the song."""

    start_samples: int
    gate_samples: float
    cut_samples: float
    velocity: int


class Channel:
    """The state of one MIDI channel by modulator source and time."""

    def __init__(self, messages: Sequence[ChannelMessage], time_map: TimeMap, sample_rate_hz: int) -> None:
        listener = _MessageReader()
        for message in messages:
            listener.hear(message, round(time_map.seconds_at(message.start_ticks) * sample_rate_hz))
        self._steps = {origin: StepCurve(*moments) for origin, moments in listener.moments.items()}
        self._key_steps = {key: StepCurve(*moments) for key, moments in listener.key_pressures.items()}
        self.tuning_cents = StepCurve(*listener.tunings)
        self._sustain, self._sostenuto = _Pedal(listener.pedal(SUSTAIN)), _Pedal(listener.pedal(SOSTENUTO))
        self._keys_up, self._silences = listener.keys_up, listener.silences

    def of(self, origin: Origin, key: int = 0) -> StepCurve:
        """The MIDI values of a source (for key pressure that of `key`), the range of the wheel in semitones."""
        if not origin.is_controller and origin.number == KEY_PRESSURE:
            return self._key_steps.get(key, _NOTHING)
        if origin in self._steps:
            return self._steps[origin]
        return StepCurve([0], [_default(origin)])

    def stretches(self, notes: Sequence[Note], time_map: TimeMap, sample_rate_hz: int) -> list[NoteSpan]:
        """How long each note, in order of start, is held by its key and then by the pedals.

        A pedal releases a note when its key is struck again. Messages at the tick of a note apply to it.
        """
        starts = [round(time_map.seconds_at(note.start_ticks) * sample_rate_hz) for note in notes]
        soft = self.of(Origin(SOFT, True))
        velocities: Sequence[int] = [note.velocity for note in notes]
        if soft.constant != 0:
            downs = soft.at(np.array(starts, np.int64)) >= _PEDAL_DOWN
            velocities = [
                max(1, round(_SOFT_VELOCITY * velocity)) if is_down else velocity
                for velocity, is_down in zip(velocities, downs, strict=True)
            ]
        struck: dict[int, list[int]] = defaultdict(list)
        for note, start in zip(notes, starts, strict=True):
            struck[note.pitch].append(start)
        stretches: list[NoteSpan] = []
        for note, start, velocity in zip(notes, starts, velocities, strict=True):
            end = max(start + 1, round(time_map.seconds_at(note.end_ticks) * sample_rate_hz))
            end = min(end, _next(self._keys_up, start))
            gate = self._held_until(start, end)
            if gate > end:
                again = bisect_left(struck[note.pitch], max(end, start + 1))
                if again < len(struck[note.pitch]):
                    gate = max(end, min(gate, struck[note.pitch][again]))
            stretches.append(NoteSpan(start, gate, _next(self._silences, start), velocity))
        return stretches

    def _held_until(self, start: int, end: float) -> float:
        until = self._sustain.up_after(end)
        caught = self._sostenuto.over(end)
        if caught is not None and start < caught[0]:
            until = max(until, caught[1])
            # The sustain pedal can have come down meanwhile.
            other = self._sustain.over(until)
            if other is not None and other[0] < until:
                until = other[1]
        return until


class _Pedal:
    """The intervals in which a pedal is down, sorted; the last can be open."""

    def __init__(self, intervals: Sequence[tuple[int, float]]) -> None:
        self._downs = [down for down, _ in intervals]
        self._ups = [up for _, up in intervals]

    def over(self, sample: float) -> tuple[int, float] | None:
        """The interval around a sample, None where the pedal is up."""
        index = bisect_right(self._downs, sample) - 1
        return (self._downs[index], self._ups[index]) if index >= 0 and sample < self._ups[index] else None

    def up_after(self, sample: float) -> float:
        """When the pedal releases a note that ends at `sample`: at once where it is up."""
        held = self.over(sample)
        return sample if held is None else held[1]


class _MessageReader:
    """Reads the messages of a channel in order into steps by source."""

    def __init__(self) -> None:
        self.moments: dict[Origin, Moments] = {}
        self.key_pressures: dict[int, Moments] = {}
        self.tunings: Moments = ([0], [0.0])
        self.keys_up: list[int] = []
        self.silences: list[int] = []
        self._pedals: dict[int, list[tuple[int, float]]] = {SUSTAIN: [], SOSTENUTO: []}
        self._parameter: list[int] = [_NULL, _NULL]
        self._is_registered = True
        self._data = {number: list(data) for number, data in _PARAMETERS.items()}

    def pedal(self, number: int) -> list[tuple[int, float]]:
        return self._pedals[number]

    def hear(self, message: ChannelMessage, sample: int) -> None:
        if message.kind is MessageKind.PITCH_BEND:
            self._set(_WHEEL, sample, message.value)
        elif message.kind is MessageKind.CHANNEL_PRESSURE:
            self._set(_PRESSURE, sample, message.value)
        elif message.kind is MessageKind.KEY_PRESSURE:
            _add(self.key_pressures.setdefault(message.number, ([0], [0.0])), sample, message.value)
        else:
            self._control(message.number, sample, message.value)

    def _control(self, number: int, sample: int, value: int) -> None:
        if number == _ALL_SOUND_OFF:
            self.silences.append(sample)
        elif number == _RESET:
            self._reset(sample)
        elif _ALL_NOTES_OFF <= number <= _LAST_MODE:
            self.keys_up.append(sample)
        elif number in (_NRPN_LOW, _NRPN_HIGH, _RPN_LOW, _RPN_HIGH):
            self._is_registered = number in (_RPN_LOW, _RPN_HIGH)
            self._parameter[number in (_NRPN_HIGH, _RPN_HIGH)] = value
        elif number in (_DATA_ENTRY, _DATA_ENTRY_FINE, _INCREMENT, _DECREMENT):
            self._enter(number, sample, value)
        else:
            self._set(Origin(number, True), sample, value)

    def _set(self, origin: Origin, sample: int, value: float) -> None:
        _add(self.moments.setdefault(origin, ([0], [_default(origin)])), sample, value)
        if origin.is_controller and origin.number in self._pedals:
            intervals = self._pedals[origin.number]
            is_down = bool(intervals) and intervals[-1][1] == math.inf
            if value >= _PEDAL_DOWN and not is_down:
                intervals.append((sample, math.inf))
            elif value < _PEDAL_DOWN and is_down:
                intervals[-1] = intervals[-1][0], sample

    def _enter(self, number: int, sample: int, value: int) -> None:
        high, low = self._parameter[1], self._parameter[0]
        if not self._is_registered or high != 0 or low not in self._data:
            return
        data = self._data[low]
        if number in (_INCREMENT, _DECREMENT):
            data[0] = min(127, max(0, data[0] + (1 if number == _INCREMENT else -1)))
        else:
            data[number == _DATA_ENTRY_FINE] = value
        if low == _BEND_RANGE:
            self._set(_RANGE, sample, data[0] + min(99, data[1]) / 100)
        else:
            fine, coarse = self._data[_FINE_TUNING], self._data[_COARSE_TUNING]
            cents = 100 * (coarse[0] - 64) + ((fine[0] << 7 | fine[1]) - 8_192) / 81.92
            _add(self.tunings, sample, cents)

    def _reset(self, sample: int) -> None:
        """Recommended practice RP-015: volume, pan, bank and program stay as they are."""
        for number, value in _RESET_VALUES.items():
            if Origin(number, True) in self.moments:
                self._set(Origin(number, True), sample, value)
        for origin in (_WHEEL, _PRESSURE):
            if origin in self.moments:
                self._set(origin, sample, _default(origin))
        for moments in self.key_pressures.values():
            _add(moments, sample, 0)
        self._parameter = [_NULL, _NULL]


def _add(moments: Moments, sample: int, value: float) -> None:
    moments[0].append(sample)
    moments[1].append(value)


def _default(origin: Origin) -> float:
    if origin.is_controller:
        return _DEFAULTS.get(origin.number, 0)
    if origin.number == WHEEL:
        return BEND_CENTRE
    if origin.number == WHEEL_RANGE:
        return _DEFAULT_RANGE_SEMITONES
    assert origin.number in (NO_CONTROLLER, CHANNEL_PRESSURE)
    return 0


def _next(moments: Sequence[int], sample: int) -> float:
    """The first of `moments` after a sample, infinity if none."""
    index = bisect_right(moments, sample)
    return moments[index] if index < len(moments) else math.inf


@dataclass(frozen=True, slots=True)
class KeyVelocity:
    """The key and velocity that modulators read."""

    key: int
    velocity: int


class ChannelControls:
    """The curves of a channel for the modulators of zones, cached for notes that share them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._cached: dict[tuple[object, ...], tuple[Curve, ...]] = {}
        self._cached_moments = 0
        self._settled: dict[tuple[Modulation, KeyVelocity], Mapping[int, float]] = {}

    def settled(self, modulation: Modulation, struck: KeyVelocity) -> Mapping[int, float]:
        """The amounts from key and velocity, by destination, in the unit of each generator."""
        key = modulation, struck
        if key not in self._settled:
            if len(self._settled) >= _MAX_SETTLED:
                self._settled.clear()
            self._settled[key] = self._read(modulation.of_note, struck, 0)
        return self._settled[key]

    def at_start(self, modulation: Modulation, struck: KeyVelocity, sample: int) -> dict[int, float]:
        """The amounts from the channel for a note that starts at a sample of the song, by destination."""
        return self._read(modulation.at_start, struck, sample)

    def gains(self, modulation: Modulation, struck: KeyVelocity, pan: float) -> tuple[Curve, Curve]:
        """Equal-power amplitudes left and right of a zone at `pan`, -0.5 to 0.5; one object if they are equal."""

        def make() -> tuple[Curve, ...]:
            def gain(side: Callable[[Values], Values]) -> Callable[[Values, Values], Values]:
                def of(centibels: Values, moved: Values) -> Values:
                    amplitude = 10 ** ((_UNITY_CENTIBELS - centibels) / 200)
                    amplitude = np.where(centibels >= _SILENT_CENTIBELS, 0.0, amplitude)
                    angle = np.pi / 4 * (1 + 2 * np.clip(pan + moved / 1000, -0.5, 0.5))
                    # Rounded, so that a hard pan is silent on the far side and the centre equal on both.
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

    def cents(self, modulation: Modulation, struck: KeyVelocity) -> Curve:
        """The pitch change in cents."""

        def make() -> tuple[Curve, ...]:
            moved = self._moving(modulation, struck, tuple(_CENTS))
            return (Curve(joined((moved, self._channel.tuning_cents), np.add)),)

        return self._once(("cents",), modulation, struck, make)[0]

    def depths(
        self, modulation: Modulation, struck: KeyVelocity, own: tuple[float, float]
    ) -> tuple[Curve, Curve]:
        """The depths of vibrato LFO and modulation LFO in cents, where zone and note have `own` of each."""

        def make() -> tuple[Curve, ...]:
            return tuple(
                Curve(
                    StepCurve(
                        (moved := self._moving(modulation, struck, (place,))).samples, moved.values + cents
                    )
                )
                for place, cents in zip((VIB_LFO_TO_PITCH, MOD_LFO_TO_PITCH), own, strict=True)
            )

        vib_lfo, mod_lfo = self._once(("depths", own), modulation, struck, make)
        return vib_lfo, mod_lfo

    def _once(
        self,
        what: tuple[object, ...],
        modulation: Modulation,
        struck: KeyVelocity,
        make: Callable[[], tuple[Curve, ...]],
    ) -> tuple[Curve, ...]:
        key = (what, modulation, struck if modulation.differs_by_note else None)
        if key not in self._cached:
            made = make()
            self._cached_moments += sum(len(curve) for curve in made)
            if self._cached_moments > _MAX_CACHED_MOMENTS:
                self._cached.clear()
                self._cached_moments = sum(len(curve) for curve in made)
            self._cached[key] = made
        return self._cached[key]

    def _moving(self, modulation: Modulation, struck: KeyVelocity, places: tuple[int, ...]) -> StepCurve:
        modulators = [each for each in modulation.moving if each.destination in places]
        if not modulators:
            return StepCurve([0], [0.0])
        pairs = [[self._source(origin, struck) for origin in each.origins] for each in modulators]
        samples = np.unique(np.concatenate([source.samples for pair in pairs for source in pair]))
        total = np.zeros(len(samples))
        for each, (first, second) in zip(modulators, pairs, strict=True):
            total += _CENTS.get(each.destination, 1.0) * each.of(first.at(samples), second.at(samples))
        return StepCurve(samples, total)

    def _read(self, modulators: tuple[Modulator, ...], struck: KeyVelocity, sample: int) -> dict[int, float]:
        total: dict[int, float] = {}
        here = np.array([sample], np.int64)
        for each in modulators:
            first, second = (self._source(origin, struck).at(here) for origin in each.origins)
            total[each.destination] = total.get(each.destination, 0.0) + float(each.of(first, second)[0])
        return total

    def _source(self, origin: Origin, struck: KeyVelocity) -> StepCurve:
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
