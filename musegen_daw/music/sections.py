"""Sections as markers of a song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from musegen_daw.music.clip import Marker, Song

Section = tuple[int, str]
"""The index of the bar that begins it, and its name."""


def with_sections(song: Song, sections: Sequence[Section]) -> Song:
    """The song with a marker for each section, in order of time; a song with markers keeps those.

    Sections beyond the last bar are left out.
    """
    if song.markers or not sections:
        return song
    bars = song.time_map.bars(song.end_ticks)
    markers = [Marker(bars[index].start_ticks, name) for index, name in sections if 0 <= index < len(bars)]
    return replace(song, markers=tuple(sorted(markers, key=lambda marker: (marker.start_ticks, marker.name))))
