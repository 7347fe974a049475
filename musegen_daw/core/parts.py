"""Which clips of a song the drums follow, and how many bars they fill."""

from __future__ import annotations

from collections.abc import Sequence

from musegen_daw.core.clip import Clip, Song
from musegen_daw.core.time import Bar, TimeMap

# Acoustic grand piano, the steel, jazz, clean, muted, overdriven and distortion guitars, the acoustic,
# fingered and picked basses: the General MIDI programs, from 0, that the drum model was trained to follow.
LISTED_PROGRAMS = frozenset({0, *range(25, 31), *range(32, 35)})

TRAILING_SILENCE_BARS = 4


def listed_parts(song: Song) -> tuple[Clip, ...]:
    """The parts whose program is one of `LISTED_PROGRAMS`."""
    return tuple(clip for clip in song.parts if clip.program in LISTED_PROGRAMS)


def find_parts(song: Song, selector: str) -> tuple[Clip, ...]:
    """The parts named `selector`, else the one of that number (from 1), else those whose name holds it.

    Case does not count. Raises ValueError, naming all parts, when there is none.
    """
    wanted = selector.strip().casefold()
    named = tuple(clip for clip in song.parts if clip.name.strip().casefold() == wanted)
    if named:
        return named
    if wanted.isdecimal() and 1 <= int(wanted) <= len(song.parts):
        return (song.parts[int(wanted) - 1],)
    holding = tuple(clip for clip in song.parts if wanted and wanted in clip.name.casefold())
    if not holding:
        raise ValueError(f"there is no track {selector!r}; there are {describe_parts(song)}")
    return holding


def describe_parts(song: Song) -> str:
    """The parts by number and name, for a person."""
    return ", ".join(f"{number} {clip.name!r}" for number, clip in enumerate(song.parts, 1)) or "none"


def clip_bars(time_map: TimeMap, clips: Sequence[Clip]) -> tuple[Bar, ...]:
    """The bars from 0 that `clips` fill, as a musician counts them.

    A release that hangs less than a 16th over a bar line opens no new bar, an onset does. Silence at
    the end of a clip counts up to four bars; more is the length of a project, not of a clip.
    """
    onset_ticks = max((note.start_ticks for clip in clips for note in clip.notes), default=-1)
    sound_ticks = max((note.end_ticks for clip in clips for note in clip.notes), default=0)
    length_ticks = max((clip.end_ticks for clip in clips), default=0)
    slack_ticks = time_map.ppq // 4
    end_ticks = max(onset_ticks + 1, sound_ticks - slack_ticks)
    bars = time_map.bars(max(end_ticks, length_ticks - slack_ticks))
    sounding = sum(bar.start_ticks < end_ticks for bar in bars)
    return bars if len(bars) <= sounding + TRAILING_SILENCE_BARS else bars[:sounding]


def continued_bars(time_map: TimeMap, count: int) -> tuple[Bar, ...]:
    """The first `count` bars of the timeline, however long the music is; raises ValueError below 1."""
    if count < 1:
        raise ValueError(f"the number of bars must be at least 1, got {count}")
    end_ticks = count * 4 * time_map.ppq
    while len(bars := time_map.bars(end_ticks)) < count:
        end_ticks *= 2
    return bars[:count]
