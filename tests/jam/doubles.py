"""Stand-ins for what a session is given, and a few ways to play."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.jam.events import MidiEvent, note_off, note_on
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.music.clip import Clip, Note
from tests.style_book import BOOK

KICK, SNARE, CLOSED_HAT, HIGH_TOM = 36, 38, 42, 50


class Drummer:
    """Writes bars that tell what they were asked with; kept bars stand as they are.

    A hat on every beat, toms in the last beat where a fill is asked for, a kick where the bar of the parts, as far
    as heard, has a note, and a snare whose velocity depends on the seed, the take and all that was heard.
    """

    styles = BOOK

    def __init__(self) -> None:
        self.requests: list[DrumRequest] = []
        self.error: Exception | None = None

    def generate(self, request: DrumRequest, *, progress=None, cancelled=None) -> DrumResult:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return drums_for(request)


def drums_for(request: DrumRequest) -> DrumResult:
    """What the stand-in writes, whoever asks."""
    until = float("inf") if request.heard_until_ticks is None else request.heard_until_ticks
    heard = sorted(
        (note.start_ticks, note.pitch, note.velocity)
        for part in request.parts
        for note in part.notes
        if note.start_ticks < until
    )
    takes = []
    for take in range(request.variations):
        hits: set[Note] = set()
        for index, bar in enumerate(request.bars):
            if index in request.locked_bars:
                continue
            end = bar.end_ticks
            mood = crc32(repr((request.seed, take, index, heard, request.density)).encode()) % 100
            hits |= {Note(CLOSED_HAT, 60, tick, 120) for tick in range(bar.start_ticks, end, LIVE_PPQ)}
            hits |= {Note(KICK, 100, on, 120) for on, _, _ in heard if bar.start_ticks <= on < end}
            hits.add(Note(SNARE, 20 + mood, bar.start_ticks + bar.length_ticks // 2, 120))
            if index in request.fill_bars:
                hits |= {Note(HIGH_TOM, 90, end - LIVE_PPQ + step, 60) for step in range(0, LIVE_PPQ, 120)}
        if request.locked is not None:
            kept = [request.bars[index] for index in request.locked_bars]
            hits |= {
                note
                for note in request.locked.notes
                if any(bar.start_ticks <= note.start_ticks < bar.end_ticks for bar in kept)
            }
        drums = Clip(tuple(hits), request.bars[-1].end_ticks, request.ppq, is_drum=True)
        takes.append(DrumTake(drums, -float(take), style=request.style or BOOK[0]))
    return DrumResult(tuple(takes), request.seed)


def struck(pitch: int, beats: float, length_beats: float = 0.5, velocity: int = 80):
    """One note as (beat, message) pairs."""
    return [(beats, note_on(0, pitch, velocity)), (beats + length_beats, note_off(0, pitch))]


def riff(bars: Iterable[int], root: int = 48):
    """Quavers of a bass line, another figure in every other bar, as (beat, message) pairs in order of time."""
    events = []
    for bar in bars:
        places = (0.0, 1.5, 2.0, 3.5) if bar % 2 else (0.0, 0.5, 2.5, 3.0)
        for index, place in enumerate(places):
            events += struck(root + 2 * index, 4 * bar + place, 0.4, 70 + 5 * index)
    return sorted(events, key=lambda event: event[0])


def at(seconds: float, data: bytes) -> MidiEvent:
    return MidiEvent(seconds, data)
