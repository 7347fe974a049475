"""What the channel of a clip is told, in samples: how every controller stands when, and how long pedals hold notes.

Source of meanings and defaults: MIDI 1.0, the General MIDI specifications and recommended practice RP-015.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musegen_daw.music.clip import Note
from musegen_daw.music.messages import BEND_CENTRE, ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.curves import StepCurve
from musegen_daw.playback.synth.modulators import (
    CHANNEL_PRESSURE,
    KEY_PRESSURE,
    NO_CONTROLLER,
    WHEEL,
    WHEEL_RANGE,
    Origin,
)

DEFAULT_VOLUME = 100
SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67
_MODULATION, _DATA_ENTRY, _VOLUME, _BALANCE, _PAN, _EXPRESSION, _DATA_ENTRY_FINE = 1, 6, 7, 8, 10, 11, 38
_PORTAMENTO = 65
_INCREMENT, _DECREMENT, _NRPN_LOW, _NRPN_HIGH, _RPN_LOW, _RPN_HIGH = range(96, 102)
_ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 120, 121, 123
_LAST_MODE = 127
_PEDAL_DOWN = 64
_SOFT_VELOCITY = 0.85
"""Of the velocity as played, with the soft pedal down: close to 3 dB less, and the layer of a softer stroke."""

_DEFAULTS = {_VOLUME: DEFAULT_VOLUME, _BALANCE: 64, _PAN: 64, _EXPRESSION: 127}
_RESET_VALUES = {_MODULATION: 0, _EXPRESSION: 127, SUSTAIN: 0, _PORTAMENTO: 0, SOSTENUTO: 0, SOFT: 0}
_BEND_RANGE, _FINE_TUNING, _COARSE_TUNING = 0, 1, 2
_DEFAULT_RANGE_SEMITONES = 2.0

_PARAMETERS = {_BEND_RANGE: (2, 0), _FINE_TUNING: (64, 0), _COARSE_TUNING: (64, 0)}
_NULL = 127
_WHEEL, _RANGE, _PRESSURE = Origin(WHEEL, False), Origin(WHEEL_RANGE, False), Origin(CHANNEL_PRESSURE, False)
_NOTHING = StepCurve([0], [0.0])


@dataclass(frozen=True, slots=True)
class NoteStretch:
    """When a note starts, when its key and pedals let it go, and when it is cut off, in samples of the song."""

    start_samples: int
    gate_samples: float
    cut_samples: float
    velocity: int


class Channel:
    """The messages of one channel, made ready to be asked for by source and by time."""

    def __init__(self, messages: Sequence[ChannelMessage], time_map: TimeMap, sample_rate_hz: int) -> None:
        listener = _Listener()
        for message in messages:
            listener.hear(message, round(time_map.seconds_at(message.start_ticks) * sample_rate_hz))
        self._steps = {origin: StepCurve(*moments) for origin, moments in listener.moments.items()}
        self._key_steps = {key: StepCurve(*moments) for key, moments in listener.key_pressures.items()}
        self.tuning_cents = StepCurve(*listener.tunings)
        self._sustain, self._sostenuto = _Pedal(listener.pedal(SUSTAIN)), _Pedal(listener.pedal(SOSTENUTO))
        self._keys_up, self._silences = listener.keys_up, listener.silences

    def of(self, origin: Origin, key: int = 0) -> StepCurve:
        """How a source stands, as MIDI counts it, the range of the wheel in semitones; key pressure that of `key`."""
        if not origin.is_controller and origin.number == KEY_PRESSURE:
            return self._key_steps.get(key, _NOTHING)
        if origin in self._steps:
            return self._steps[origin]
        return StepCurve([0], [_default(origin)])

    def stretches(self, notes: Sequence[Note], time_map: TimeMap, sample_rate_hz: int) -> list[NoteStretch]:
        """Of each note, in order of start, how long it is held: by its key, then by the pedals.

        A pedal lets go of a key that is struck again. Messages at the tick of a note come before it.
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
        stretches: list[NoteStretch] = []
        for note, start, velocity in zip(notes, starts, velocities, strict=True):
            end = max(start + 1, round(time_map.seconds_at(note.end_ticks) * sample_rate_hz))
            end = min(end, _next(self._keys_up, start))
            gate = self._held_until(start, end)
            if gate > end:
                again = bisect_left(struck[note.pitch], max(end, start + 1))
                if again < len(struck[note.pitch]):
                    gate = max(end, min(gate, struck[note.pitch][again]))
            stretches.append(NoteStretch(start, gate, _next(self._silences, start), velocity))
        return stretches

    def _held_until(self, start: int, end: float) -> float:
        until = self._sustain.up_after(end)
        caught = self._sostenuto.over(end)
        if caught is not None and start < caught[0]:
            until = max(until, caught[1])
            # The other pedal may have come down meanwhile.
            other = self._sustain.over(until)
            if other is not None and other[0] < until:
                until = other[1]
        return until


class _Pedal:
    """When a pedal is down: intervals in order, the last perhaps without an end."""

    def __init__(self, intervals: Sequence[tuple[int, float]]) -> None:
        self._downs = [down for down, _ in intervals]
        self._ups = [up for _, up in intervals]

    def over(self, sample: float) -> tuple[int, float] | None:
        """The interval in which the pedal is down at a sample."""
        index = bisect_right(self._downs, sample) - 1
        return (self._downs[index], self._ups[index]) if index >= 0 and sample < self._ups[index] else None

    def up_after(self, sample: float) -> float:
        """When a note that ends at `sample` is let go by the pedal: at once where it is not down."""
        held = self.over(sample)
        return sample if held is None else held[1]


Moments = tuple[list[int], list[float]]


class _Listener:
    """Hears the messages of a channel in order and keeps at which sample what came to stand how."""

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
        """When it was down."""
        return self._pedals[number]

    def hear(self, message: ChannelMessage, sample: int) -> None:
        """One message."""
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
    """The first moment after a sample."""
    index = bisect_right(moments, sample)
    return moments[index] if index < len(moments) else math.inf
