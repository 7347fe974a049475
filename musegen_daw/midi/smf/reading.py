"""Read the tracks of a Standard MIDI File, even where its lengths and counts are wrong."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from musegen_daw.midi.smf.events import (
    INSTRUMENT_NAME,
    MAX_QUARTERS,
    META,
    PORT,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    MidiData,
    Track,
)
from musegen_daw.midi.smf.repairs import Fault, Repairs
from musegen_daw.midi.smf.track_events import EventRun, read_events

MAX_TRACKS = 0x4000
"""A quarter of what a header can count."""
_ANYTHING = re.compile(rb"[^\0]")
_SEQUENCE_NUMBER, _CHANNEL_PREFIX = 0x00, 0x20
_BEGINS_A_TRACK = (_SEQUENCE_NUMBER, TRACK_NAME, INSTRUMENT_NAME, PORT, _CHANNEL_PREFIX)
_HEADER_BYTES, _CHUNK_HEAD_BYTES = 14, 8
_MAX_LEADING_BYTES = 4096
_TRACK_HEAD = re.compile(rb"MTrk[\x00-\x03]")  # files are at most 64 MiB
_DEFAULT_TEMPO = (500_000).to_bytes(3)
_DEFAULT_METER = bytes((4, 2, 24, 8))
_DROP_FRAME = 29  # stands for 30 frames with some numbers dropped: 30,000 / 1001 a second


def parse(data: bytes) -> MidiData:
    """All events of a file of any type, bare or in a RIFF wrapper, in ticks of a quarter note.

    Wrong lengths and counts are ignored; the patterns of a type 2 file follow one another. Raises ValueError with the
    end of a sentence that starts with the file name. Follows the Standard MIDI Files 1.0 specification.
    """
    if not data:
        raise ValueError("is empty")
    repairs = Repairs()
    data = _unwrapped(data, repairs)
    header = _header(data, repairs)
    found = _Tracks(data, repairs)
    tracks = tuple(islice(found.read(header.end), MAX_TRACKS + 1))
    if len(tracks) > MAX_TRACKS:
        raise ValueError(f"has more than {MAX_TRACKS:,} tracks")
    if not tracks:
        if header.track_count:
            raise ValueError(f"is cut short: 0 of {header.track_count} tracks are there")
        raise ValueError("has no tracks")
    if not found.note_count and (found.is_cut_short or len(tracks) < header.track_count):
        raise ValueError("is cut short before its first note")
    if header.track_count != len(tracks) - found.split_off:
        there = "track is" if len(tracks) == 1 else "tracks are"
        repairs.add(f"its header counts {header.track_count} tracks and {len(tracks)} {there} there")
    ppq = header.division
    if _is_smpte(ppq):
        time = _smpte_time(ppq)
        repairs.add(f"its {time.words} are read as quarter notes at {time.bpm:g} BPM")
        tracks, ppq = _in_quarters(tracks, time), time.ppq
    if header.file_type == 2 and len(tracks) > 1:
        repairs.add(f"its {len(tracks)} patterns (type 2) were put in sequence")
        tracks = _in_sequence(tracks, ppq)
    if max(track.end_ticks for track in tracks) > MAX_QUARTERS * ppq:
        raise ValueError(f"is longer than {MAX_QUARTERS:,} quarter notes")
    return MidiData(tracks, ppq, repairs.clauses())


@dataclass(slots=True)
class _Tracks:
    """Reads the tracks of a file in order, in linear time."""

    data: bytes
    repairs: Repairs
    note_count: int = 0
    event_count: int = 0
    split_off: int = 0
    ends: int = 0
    is_cut_short: bool = False

    def read(self, position: int) -> Iterator[Track]:
        """The tracks from `position` on; raises ValueError where there are too many events."""
        data = self.data
        while position + _CHUNK_HEAD_BYTES <= len(data):
            if data[position : position + 4] == b"MTrk":
                tracks, position = self._chunk(position)
                yield from tracks
                continue
            end = _foreign_chunk_end(data, position)
            if end is None:
                end = _next_track(data, position)
                if end < len(data):
                    self.repairs.count(Fault.PADDING, end - position)
            position = end

    def _chunk(self, position: int) -> tuple[list[Track], int]:
        """The tracks of the chunk at `position`, and where it ends."""
        data = self.data
        start = position + _CHUNK_HEAD_BYTES
        declared = start + int.from_bytes(data[position + 4 : start])
        following = _next_track(data, start)
        end = min(declared, following)
        run = read_events(data, start, end, self.note_count, event_count=self.event_count)
        is_cut_short = declared > len(data) == following and not run.has_ended
        if is_cut_short:
            self.is_cut_short = True
            missing = declared - len(data)
            self.repairs.add(f"its last track is cut short by {missing} byte{'s' if missing > 1 else ''}")
        elif declared > following:
            self.repairs.count(Fault.LENGTH)
        elif not run.has_ended and self._goes_on(declared, following):
            longer = read_events(data, start, following, self.note_count, event_count=self.event_count)
            if longer.has_ended or declared == start:
                run, end = longer, following
                self.repairs.count(Fault.LENGTH)
        if run.is_torn and not is_cut_short:
            self.repairs.count(Fault.TORN)
        self._accept(run)
        is_whole = run.has_ended and run.position == declared and not run.repairs
        ends = [(run.events, run.ticks, data[start:declared] if is_whole else b"")]
        while run.has_ended and _ANYTHING.search(data, run.position, end):
            more = self._after_end(run, end) if self.ends < MAX_TRACKS else None
            if more is None:
                self.repairs.count(Fault.LEFT_OUT, end - run.position)
                break
            run, is_track = more
            self.ends += 1
            if is_track:
                self.split_off += 1
                ends.append((run.events, run.ticks, b""))
            else:
                events = ends[-1][0]
                events += run.events
                ends[-1] = (events, run.ticks, b"")
        return [Track(tuple(events), ticks, chunk) for events, ticks, chunk in ends], end

    def _goes_on(self, declared: int, following: int) -> bool:
        """Whether a track without an end within its declared length may continue behind it."""
        behind = self.data[declared:following]
        return any(behind) and _foreign_chunk_end(self.data, declared) is None

    def _accept(self, run: EventRun) -> None:
        self.note_count = run.note_count
        self.event_count += len(run.events)
        self.repairs.extend(run.repairs)

    def _after_end(self, before: EventRun, end: int) -> tuple[EventRun, bool] | None:
        """The events behind an End of Track, and whether they are another track; None where unreadable."""
        data, position = self.data, before.position
        head = data[position : min(position + 3, end)]
        is_track = len(head) == 3 and head[:2] == bytes((0, META)) and head[2] in _BEGINS_A_TRACK
        ticks, running_status = (0, 0) if is_track else (before.ticks, before.running_status)
        run = read_events(data, position, end, self.note_count, ticks, running_status, self.event_count)
        if run.repairs or run.is_torn or not run.events:
            return None
        self.repairs.count(Fault.SECOND_TRACK if is_track else Fault.AFTER_END)
        self._accept(run)
        return run, is_track


@dataclass(frozen=True, slots=True)
class _Header:
    """The fields of MThd, and where the first chunk begins."""

    file_type: int
    track_count: int
    division: int
    end: int


def _unwrapped(data: bytes, repairs: Repairs) -> bytes:
    """The bytes from MThd on, without a RIFF wrapper (RMID, MMA RP-29) or leading bytes.

    Raises ValueError where there is no MThd.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        position = 12
        while position + _CHUNK_HEAD_BYTES <= len(data):
            kind, length = struct.unpack_from("<4sI", data, position)
            if kind == b"data":
                if position > 12:
                    repairs.add("other RIFF chunks were skipped")
                start = position + _CHUNK_HEAD_BYTES
                fits = _HEADER_BYTES <= length <= len(data) - start
                data = data[start : start + length] if fits else data[start:]
                break
            position += _CHUNK_HEAD_BYTES + length + (length & 1)
    start = data.find(b"MThd", 0, _MAX_LEADING_BYTES)
    if start < 0:
        raise ValueError("is not a MIDI file")
    if start:
        repairs.add(f"{start} bytes before the header were skipped")
    return data[start:] if start else data


def _header(data: bytes, repairs: Repairs) -> _Header:
    """Raises ValueError where the header is unusable."""
    if len(data) < _HEADER_BYTES:
        raise ValueError("is cut short within its header")
    length, file_type, track_count, division = struct.unpack_from(">IHHH", data, 4)
    end = _CHUNK_HEAD_BYTES + length
    if length < _HEADER_BYTES - _CHUNK_HEAD_BYTES or end > len(data):
        if data[_HEADER_BYTES : _HEADER_BYTES + 4] != b"MTrk":
            raise ValueError("has a damaged header")
        repairs.add("the length of the header was wrong")
        end = _HEADER_BYTES
    if division == 0:
        raise ValueError("has 0 ticks per quarter note")
    if file_type > 2:
        repairs.add(f"its type, {file_type}, is unknown and it was read as type 1")
    return _Header(file_type, track_count, division, end)


def _next_track(data: bytes, position: int) -> int:
    """The position of the next track chunk, or the end of `data`."""
    found = _TRACK_HEAD.search(data, position)
    return found.start() if found else len(data)


def _foreign_chunk_end(data: bytes, position: int) -> int | None:
    """Where a chunk of another kind at `position` ends; None where there is none."""
    head = data[position : position + _CHUNK_HEAD_BYTES]
    kind = head[:4]
    if (
        len(head) < _CHUNK_HEAD_BYTES
        or kind == b"MTrk"
        or not (kind.isascii() and kind.decode().isprintable())
    ):
        return None
    end = position + _CHUNK_HEAD_BYTES + int.from_bytes(head[4:])
    if end > len(data):
        return None
    return end


@dataclass(frozen=True, slots=True)
class _SmpteTime:
    """SMPTE frames as quarter notes: a tick counts `factor`, `ppq` of them last `quarter_microseconds`."""

    words: str
    ppq: int
    factor: int
    quarter_microseconds: int

    @property
    def bpm(self) -> float:
        return round(60e6 / self.quarter_microseconds, 2)


def _is_smpte(division: int) -> bool:
    return bool(division & 0x8000)


def _smpte_time(division: int) -> _SmpteTime:
    """The time of an SMPTE division, exact to the tick; raises ValueError for 0 ticks in a frame.

    The high byte is the negative frame rate, the low byte the ticks in a frame.
    """
    frames, ticks = 256 - (division >> 8), division & 0xFF
    if not ticks:
        raise ValueError("counts 0 ticks in a frame of SMPTE time")
    if frames == _DROP_FRAME:
        return _SmpteTime("frames (29.97 a second)", 15 * ticks, 1, 500_500)
    factor = 1 + (frames * ticks) % 2
    return _SmpteTime(f"frames ({frames} a second)", frames * ticks * factor // 2, factor, 500_000)


def _in_quarters(tracks: Iterable[Track], time: _SmpteTime) -> tuple[Track, ...]:
    """The tracks in that time; tempo events do not apply to SMPTE time and are replaced."""
    tempo: list[Event] = [(0, META, TEMPO, 0, time.quarter_microseconds.to_bytes(3))]
    found: list[Track] = []
    for track in tracks:
        kept = [event for event in track.events if event[1] != META or event[2] != TEMPO]
        if time.factor == 1 and len(kept) == len(track.events) and not tempo:
            found.append(track)
            continue
        scaled = (
            (ticks * time.factor, status, first, second, payload)
            for ticks, status, first, second, payload in kept
        )
        found.append(Track((*tempo, *scaled), track.end_ticks * time.factor))
        tempo = []
    return tuple(found)


def _in_sequence(tracks: Iterable[Track], ppq: int) -> tuple[Track, ...]:
    """The patterns in sequence, each from a bar line on, with its own tempo and meter."""
    found: list[Track] = []
    start_ticks = 0
    for track in tracks:
        at_start = {event[2] for event in track.events if event[0] == 0 and event[1] == META}
        head: list[Event] = [
            (start_ticks, META, kind, 0, payload)
            for kind, payload in ((TEMPO, _DEFAULT_TEMPO), (TIME_SIGNATURE, _DEFAULT_METER))
            if found and kind not in at_start
        ]
        moved = (
            (ticks + start_ticks, status, first, second, payload)
            for ticks, status, first, second, payload in track.events
        )
        found.append(Track((*head, *moved), start_ticks + track.end_ticks) if found else track)
        start_ticks += _whole_bars(track, ppq)
    return tuple(found)


def _whole_bars(track: Track, ppq: int) -> int:
    """The length of a pattern, rounded up to a bar line of its last meter."""
    line_ticks, bar_ticks = 0, 4 * ppq
    for ticks, status, kind, _, payload in track.events:
        if status == META and kind == TIME_SIGNATURE:
            line_ticks, bar_ticks = ticks, max(1, 4 * ppq * payload[0] >> payload[1])
    return line_ticks + -(-(track.end_ticks - line_ticks) // bar_ticks) * bar_ticks
