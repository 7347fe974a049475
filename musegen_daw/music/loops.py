"""Songs and clips as loops: exactly as long as their bars, so that the end leads into the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature


def wrapped(clip: Clip, length_ticks: int, lead_ticks: int = 0) -> Clip:
    """One turn of a loop: the notes counted from `lead_ticks`, those outside of the turn at its other end.

    A hit ahead of the first bar line is then just before the last one. Raises ValueError for a length below 1.
    """
    if length_ticks < 1:
        raise ValueError(f"a loop must last at least a tick, got {length_ticks}")

    def place(note: Note) -> Note:
        start_ticks = (note.start_ticks - lead_ticks) % length_ticks
        return replace(
            note, start_ticks=start_ticks, duration_ticks=min(note.duration_ticks, length_ticks - start_ticks)
        )

    return replace(clip.map_notes(place), length_ticks=length_ticks)


def cut_to_loop(song: Song, end_ticks: int) -> Song:
    """The song up to `end_ticks`, its last bar line: every clip ends there, held notes too."""
    return replace(
        song,
        clips=tuple(clip.slice(0, end_ticks) for clip in song.clips),
        time_map=song.time_map.until(end_ticks),
        markers=tuple(marker for marker in song.markers if marker.start_ticks < end_ticks),
    )


def repeated(song: Song, end_ticks: int, turns: int) -> Song:
    """The song `turns` times in a row, each turn up to `end_ticks`; notes that are held over it ring on."""
    starts = [turn * end_ticks for turn in range(turns)]
    clips = tuple(_repeated_clip(clip, end_ticks, starts) for clip in song.clips)
    return replace(song, clips=clips, time_map=_repeated_time(song.time_map, end_ticks, starts))


def _repeated_clip(clip: Clip, end_ticks: int, starts: Sequence[int]) -> Clip:
    messages = [message for message in clip.messages if message.start_ticks < end_ticks]
    return replace(
        clip,
        notes=tuple(
            replace(note, start_ticks=note.start_ticks + start)
            for start in starts
            for note in clip.notes
            if note.start_ticks < end_ticks
        ),
        messages=tuple(message.at(message.start_ticks + start) for start in starts for message in messages),
        length_ticks=end_ticks * len(starts),
    )


def _repeated_time(time_map: TimeMap, end_ticks: int, starts: Sequence[int]) -> TimeMap:
    tempos = [Tempo(0, round(60e6 / time_map.bpm_at(0)))]
    tempos += [tempo for tempo in time_map.tempos if 0 < tempo.start_ticks < end_ticks]
    first = TimeSignature(0, 4, 4)
    for meter in time_map.time_signatures:
        if meter.start_ticks <= 0:
            first = TimeSignature(0, meter.numerator, meter.denominator)
    meters = [first, *(each for each in time_map.time_signatures if 0 < each.start_ticks < end_ticks)]
    return replace(
        time_map,
        tempos=tuple(
            replace(tempo, start_ticks=tempo.start_ticks + start) for start in starts for tempo in tempos
        ),
        time_signatures=tuple(
            replace(meter, start_ticks=meter.start_ticks + start) for start in starts for meter in meters
        ),
    )
