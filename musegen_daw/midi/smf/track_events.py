"""Parse and repair the events of one track."""

from __future__ import annotations

from dataclasses import dataclass

from musegen_daw.midi.smf.events import (
    END_OF_TRACK,
    MAX_DENOMINATOR_POWER,
    MAX_EVENTS,
    MAX_METAS,
    META,
    NOTE_ON,
    SYSEX,
    SYSEX_ESCAPE,
    TEMPO,
    TIME_SIGNATURE,
    Event,
)
from musegen_daw.midi.smf.repairs import Fault, Repairs

_FIRST_REAL_TIME = 0xF8
_TOO_MANY_METAS = f"has more than {MAX_METAS:,} tempi, meters, markers and texts"
_TOO_MANY = f"has more than {MAX_EVENTS:,} events"
_SYSTEM_COMMON_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # MIDI 1.0; the others have none


@dataclass(slots=True)
class EventRun:
    """Events up to an End of Track, or as far as they can be read.

    `position` is where reading stopped, `has_ended` whether that was at an End of Track, `is_torn` whether it was
    within an event. `note_count` continues the given one.
    """

    events: list[Event]
    ticks: int
    position: int
    has_ended: bool
    is_torn: bool
    running_status: int
    note_count: int
    repairs: Repairs


def read_events(
    data: bytes,
    position: int,
    end: int,
    note_count: int,
    start_ticks: int = 0,
    running_status: int = 0,
    event_count: int = 0,
) -> EventRun:
    """The events of `data` in [position, end), counted from `start_ticks`.

    Unreadable bytes end the run; all repairs are in its `repairs`. Running status is kept across meta events and
    SysEx, as many programs write it. Raises ValueError above `MAX_EVENTS`, counting from `event_count`.
    """
    room = MAX_EVENTS - event_count
    repairs = Repairs()
    events: list[Event] = []
    append = events.append
    ticks = start_ticks
    has_ended = is_torn = False
    meta_count = 0
    try:
        while position < end:
            delta = data[position]
            position += 1
            if delta & 0x80:
                delta, position = _number(data, position - 1)
            ticks += delta
            status = data[position]
            if status & 0x80:
                position += 1
            else:
                status = running_status
            if 0x80 <= status < SYSEX:
                running_status = status
                first = data[position]
                if 0xC0 <= status < 0xE0:
                    second = 0
                    position += 1
                else:
                    second = data[position + 1]
                    position += 2
                    if second and status & 0xF0 == NOTE_ON:
                        note_count += 1
                if (first | second) & 0x80:
                    first, second, position = _seven_bits(data, position, status, repairs)
                append((ticks, status, first, second, b""))
                if len(events) > room:
                    raise ValueError(_TOO_MANY)
                continue
            if status not in (META, SYSEX, SYSEX_ESCAPE):
                position = _skipped(data, position, end, status, repairs)
                continue
            kind = 0
            if status == META:
                kind = data[position]
                position += 1
            length, position = _number(data, position)
            if position + length > end:
                raise IndexError
            payload = data[position : position + length]
            position += length
            if status == META:
                if kind == END_OF_TRACK:
                    has_ended = True
                    break
                meta_count += 1
                if meta_count > MAX_METAS:
                    raise ValueError(_TOO_MANY_METAS)
                fault = _fault(kind, payload)
                if fault is not None:
                    repairs.count(fault)
                    continue
            append((ticks, status, kind, 0, payload))
            if len(events) > room:
                raise ValueError(_TOO_MANY)
        if position > end:
            is_torn = True
            events.pop()  # only channel messages are read without a check of their end
    except IndexError:
        is_torn = True
    except _UnreadableError:
        repairs.count(Fault.LEFT_OUT, max(1, end - position))
    if not has_ended:
        ticks = events[-1][0] if events else start_ticks
    return EventRun(events, ticks, position, has_ended, is_torn, running_status, note_count, repairs)


class _UnreadableError(Exception):
    """A variable-length number of more than four bytes."""


def _number(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(position, position + 4):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise _UnreadableError


def _seven_bits(data: bytes, end: int, status: int, repairs: Repairs) -> tuple[int, int, int]:
    """Two 7-bit data bytes of a message that ends at `end`, and where it really ends.

    A real-time byte within the message is skipped where the events that follow fit only without it.
    """
    count = 1 if 0xC0 <= status < 0xE0 else 2
    given = data[end - count : end + 1]
    real_time = next((byte for byte in given[:count] if byte >= _FIRST_REAL_TIME), None)
    if real_time is not None and not _is_in_step(data, end) and _is_in_step(data, end + 1):
        repairs.count(Fault.REAL_TIME)
        values = list(given)
        values.remove(real_time)
        end += 1
    else:
        values = list(given[:count])
    odd = sum(value >= 0x80 for value in values)
    if odd:
        repairs.count(Fault.DATA_BYTE, odd)
    values = [value & 0x7F for value in values]
    return values[0], values[1] if count == 2 else 0, end


def _is_in_step(data: bytes, position: int) -> bool:
    """Whether a delta time and a status byte, or the end, are at `position`."""
    for index in range(position, min(position + 4, len(data))):
        if data[index] < 0x80:
            following = data[index + 1 : index + 2]
            return not following or 0x80 <= following[0] <= SYSEX or following[0] in (SYSEX_ESCAPE, META)
    return position >= len(data)


def _skipped(data: bytes, position: int, end: int, status: int, repairs: Repairs) -> int:
    """Where reading continues after bytes that are not an event."""
    if position > end:
        raise IndexError
    if status >= _FIRST_REAL_TIME:
        repairs.count(Fault.REAL_TIME)
        count = 0
    elif status >= 0x80:
        repairs.count(Fault.SYSTEM)
        count = _SYSTEM_COMMON_DATA_BYTES.get(status, 0)
    else:
        repairs.count(Fault.NO_STATUS)
        count = 2
    while count and position < end and data[position] < 0x80:
        position += 1
        count -= 1
    return position


def _fault(kind: int, payload: bytes) -> Fault | None:
    if kind == TEMPO and (len(payload) != 3 or not any(payload)):
        return Fault.TEMPO
    if kind == TIME_SIGNATURE and (len(payload) < 2 or not payload[0] or payload[1] > MAX_DENOMINATOR_POWER):
        return Fault.METER
    return None
