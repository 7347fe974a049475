"""From the bytes of a file to its tracks: what is there is read, whatever the lengths and counts in it say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from musegen_daw.midi.smf import container
from musegen_daw.midi.smf.events import INSTRUMENT_NAME, MAX_QUARTERS, META, PORT, TRACK_NAME, MidiData, Track
from musegen_daw.midi.smf.mending import Fault, Mending
from musegen_daw.midi.smf.timing import in_quarters, in_sequence, is_smpte, smpte_time
from musegen_daw.midi.smf.track_events import EventRun, read_events

MAX_TRACKS = 0x4000
"""A quarter of what a header can count, and far more than any song has."""
_ANYTHING = re.compile(rb"[^\0]")
_SEQUENCE_NUMBER, _CHANNEL_PREFIX = 0x00, 0x20
_BEGINS_A_TRACK = (_SEQUENCE_NUMBER, TRACK_NAME, INSTRUMENT_NAME, PORT, _CHANNEL_PREFIX)


def parse(data: bytes) -> MidiData:
    """All events of a file of any type, bare or in a RIFF wrapper, counted in ticks of a quarter note.

    Lengths and counts that do not fit what is there are hints, no more; the patterns of a type 2 file follow one
    another. Raises ValueError with the rest of a sentence that begins with the file's name. Follows the Standard
    MIDI Files 1.0 specification.
    """
    if not data:
        raise ValueError("is empty")
    mending = Mending()
    data = container.unwrapped(data, mending)
    header = container.header(data, mending)
    found = _Tracks(data, mending)
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
        mending.say(f"its header counts {header.track_count} tracks and {len(tracks)} {there} there")
    ppq = header.division
    if is_smpte(ppq):
        time = smpte_time(ppq)
        mending.say(f"its {time.words} are counted as quarter notes at {time.bpm:g} BPM")
        tracks, ppq = in_quarters(tracks, time), time.ppq
    if header.file_type == 2 and len(tracks) > 1:
        mending.say(f"its {len(tracks)} patterns (type 2) are put one after the other")
        tracks = in_sequence(tracks, ppq)
    if max(track.end_ticks for track in tracks) > MAX_QUARTERS * ppq:
        raise ValueError(f"is longer than {MAX_QUARTERS:,} quarter notes")
    return MidiData(tracks, ppq, mending.words())


@dataclass(slots=True)
class _Tracks:
    """Reads the tracks of a file one after the other, in time that grows with its length alone."""

    data: bytes
    mending: Mending
    note_count: int = 0
    event_count: int = 0
    split_off: int = 0
    ends: int = 0
    is_cut_short: bool = False

    def read(self, position: int) -> Iterator[Track]:
        """The tracks from `position` on; raises ValueError where there are too many notes."""
        data = self.data
        while position + container.CHUNK_HEAD_BYTES <= len(data):
            if data[position : position + 4] == b"MTrk":
                tracks, position = self._chunk(position)
                yield from tracks
                continue
            end = container.foreign_chunk_end(data, position)
            if end is None:
                end = container.next_track(data, position)
                if end < len(data):
                    self.mending.count(Fault.PADDING, end - position)
            position = end

    def _chunk(self, position: int) -> tuple[list[Track], int]:
        """The tracks of the chunk at `position`, and where it ends."""
        data = self.data
        start = position + container.CHUNK_HEAD_BYTES
        declared = start + int.from_bytes(data[position + 4 : start])
        following = container.next_track(data, start)
        end = min(declared, following)
        stretch = read_events(data, start, end, self.note_count, event_count=self.event_count)
        is_cut_short = declared > len(data) == following and not stretch.has_ended
        if is_cut_short:
            self.is_cut_short = True
            missing = declared - len(data)
            self.mending.say(f"its last track is cut short by {missing} byte{'s' if missing > 1 else ''}")
        elif declared > following:
            self.mending.count(Fault.LENGTH)
        elif not stretch.has_ended and self._goes_on(declared, following):
            longer = read_events(data, start, following, self.note_count, event_count=self.event_count)
            if longer.has_ended or declared == start:
                stretch, end = longer, following
                self.mending.count(Fault.LENGTH)
        if stretch.is_torn and not is_cut_short:
            self.mending.count(Fault.TORN)
        self._accept(stretch)
        is_whole = stretch.has_ended and stretch.position == declared and not stretch.mending
        ends = [(stretch.events, stretch.ticks, data[start:declared] if is_whole else b"")]
        while stretch.has_ended and _ANYTHING.search(data, stretch.position, end):
            more = self._after_end(stretch, end) if self.ends < MAX_TRACKS else None
            if more is None:
                self.mending.count(Fault.LEFT_OUT, end - stretch.position)
                break
            stretch, is_track = more
            self.ends += 1
            if is_track:
                self.split_off += 1
                ends.append((stretch.events, stretch.ticks, b""))
            else:
                events = ends[-1][0]
                events += stretch.events
                ends[-1] = (events, stretch.ticks, b"")
        return [Track(tuple(events), ticks, chunk) for events, ticks, chunk in ends], end

    def _goes_on(self, declared: int, following: int) -> bool:
        """Whether a track that has no end within its declared length may have one behind it."""
        behind = self.data[declared:following]
        return any(behind) and container.foreign_chunk_end(self.data, declared) is None

    def _accept(self, stretch: EventRun) -> None:
        self.note_count = stretch.note_count
        self.event_count += len(stretch.events)
        self.mending.take(stretch.mending)

    def _after_end(self, before: EventRun, end: int) -> tuple[EventRun, bool] | None:
        """What stands behind an End of Track and whether that is a track of its own; None where it makes no sense."""
        data, position = self.data, before.position
        head = data[position : min(position + 3, end)]
        is_track = len(head) == 3 and head[:2] == bytes((0, META)) and head[2] in _BEGINS_A_TRACK
        ticks, running_status = (0, 0) if is_track else (before.ticks, before.running_status)
        stretch = read_events(data, position, end, self.note_count, ticks, running_status, self.event_count)
        if stretch.mending or stretch.is_torn or not stretch.events:
            return None
        self.mending.count(Fault.SECOND_TRACK if is_track else Fault.AFTER_END)
        self._accept(stretch)
        return stretch, is_track
