"""The parts of a song that the drums follow, and the bars they fill."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.programs import PROGRAM_NAMES
from musegen_daw.music.time import Bar, TimeMap

# Acoustic grand piano, the steel, jazz, clean, muted, overdriven and distortion guitars, the acoustic,
# fingered and picked basses: the General MIDI programs, from 0, that the drum model was trained to follow.
LISTED_PROGRAMS = frozenset({0, *range(25, 31), *range(32, 35)})

TRAILING_SILENCE_BARS = 4
MAX_BARS = 4_096
"""For which drums are generated at once: more than two hours of 4/4 at 120 BPM."""
MAX_LOOP_BARS = 64
"""That a jam records and repeats."""
MAX_EMPTY_BARS = 64
"""Between notes of one piece of music; notes after a longer gap are strays."""


@dataclass(frozen=True, slots=True)
class Music:
    """Clips without stray notes far behind the music, and the number of those."""

    clips: tuple[Clip, ...]
    strays: int = 0


def listed_parts(song: Song) -> tuple[Clip, ...]:
    return tuple(clip for clip in song.parts if clip.program in LISTED_PROGRAMS)


def find_parts(song: Song, selector: str) -> tuple[Clip, ...]:
    """The parts named `selector`, else the one of that number (from 1), else those whose name contains it.

    Ignores case. Raises ValueError, naming all parts, when there is none.
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


def take_as_drums(song: Song, selectors: Sequence[str]) -> Song:
    """Mark the parts that `find_parts` finds for `selectors` as drums; drums may be named too.

    Numbers refer to the parts before any change. Raises ValueError, naming all parts, for an unknown one.
    """
    already = {clip.name.strip().casefold() for clip in song.drums}
    chosen = {
        id(part)
        for selector in selectors
        if selector.strip().casefold() not in already
        for part in find_parts(song, selector)
    }
    if not chosen:
        return song
    clips = (replace(clip, is_drum=True) if id(clip) in chosen else clip for clip in song.clips)
    return replace(song, clips=tuple(clips))


def describe_parts(song: Song) -> str:
    """The parts by number, name, channel and instrument."""
    return ", ".join(f"{number} {describe_clip(clip)}" for number, clip in enumerate(song.parts, 1)) or "none"


def describe_clip(clip: Clip) -> str:
    """Name, channel and instrument, to tell clips of one name apart."""
    sound = "drums" if clip.is_drum else PROGRAM_NAMES[clip.program]
    channel = "" if clip.channel is None else f"channel {clip.channel}, "
    return f"{clip.name!r} ({channel}{sound})"


def clip_bars(time_map: TimeMap, clips: Sequence[Clip]) -> tuple[Bar, ...]:
    """The bars from 0 that `clips` fill, as a musician counts them.

    A note that ends less than a 16th after a bar line adds no bar, one that starts there does. Up to four bars of
    silence at the end count; more is the length of a project, not of a clip. Strays (see `drop_strays`) add no bars.
    """
    clips = drop_strays(time_map, clips).clips
    onset_ticks = max((note.start_ticks for clip in clips for note in clip.notes), default=-1)
    sound_ticks = max((note.end_ticks for clip in clips for note in clip.notes), default=0)
    length_ticks = max((clip.end_ticks for clip in clips), default=0)
    slack_ticks = time_map.ppq // 4
    end_ticks = max(onset_ticks + 1, sound_ticks - slack_ticks)
    # Bounded, because the track may end millions of bars later.
    furthest_ticks = end_ticks + (TRAILING_SILENCE_BARS + 2) * max(_bar_lengths(time_map))
    bars = time_map.bars(max(end_ticks, min(length_ticks - slack_ticks, furthest_ticks)))
    sounding = sum(bar.start_ticks < end_ticks for bar in bars)
    return bars if len(bars) <= sounding + TRAILING_SILENCE_BARS else bars[:sounding]


def drop_strays(time_map: TimeMap, clips: Sequence[Clip]) -> Music:
    """The clips up to the first gap of more than 64 empty bars that at least half of the notes precede."""
    notes = sorted((note for clip in clips for note in clip.notes), key=lambda note: note.start_ticks)
    for before, note in _gaps(time_map, notes):
        if 2 * before >= len(notes):
            end_ticks = note.start_ticks
            cut = (
                clip.with_notes(each for each in clip.notes if each.start_ticks < end_ticks) for clip in clips
            )
            return Music(tuple(cut), len(notes) - before)
    return Music(tuple(clips))


def without_strays(song: Song) -> tuple[Song, int]:
    """The song up to the end of its music, and the number of stray notes dropped; itself where there are none."""
    music = drop_strays(song.time_map, song.clips)
    if not music.strays:
        return song, 0
    end_ticks = clip_bars(song.time_map, music.clips)[-1].end_ticks
    clips = tuple(
        replace(
            clip,
            length_ticks=min(clip.length_ticks, end_ticks),
            messages=tuple(each for each in clip.messages if each.start_ticks < end_ticks),
        )
        for clip in music.clips
    )
    return replace(song, clips=clips), music.strays


def describe_strays(strays: int) -> str:
    notes = "1 note" if strays == 1 else f"{strays} notes"
    return f"{notes} more than {MAX_EMPTY_BARS} bars later left out"


def check_bar_count(count: int) -> None:
    """Raises ValueError, with the end of a sentence, above `MAX_BARS`."""
    if count > MAX_BARS:
        raise ValueError(f"fills {count:,} bars; drums are written for at most {MAX_BARS:,}, so cut it")


def _gaps(time_map: TimeMap, notes: Sequence[Note]) -> Iterator[tuple[int, Note]]:
    """The notes that follow too many empty bars, each with the number of notes before it."""
    lengths = _bar_lengths(time_map)
    shortest_ticks, longest_ticks = min(lengths), max(lengths)
    end_ticks = notes[0].end_ticks if notes else 0
    for index, note in enumerate(notes):
        if note.start_ticks - end_ticks > MAX_EMPTY_BARS * shortest_ticks:
            begun = time_map.bar_count(end_ticks)
            # Bounded, because a stray may be millions of bars away.
            until_ticks = min(note.start_ticks, end_ticks + (MAX_EMPTY_BARS + 2) * longest_ticks)
            empty = time_map.bar_count(until_ticks + 1) - begun - 1
            if empty > MAX_EMPTY_BARS:
                yield index, note
        end_ticks = max(end_ticks, note.end_ticks)


def _bar_lengths(time_map: TimeMap) -> list[int]:
    meters = [(4, 4), *((meter.numerator, meter.denominator) for meter in time_map.time_signatures)]
    return [time_map.bar_ticks(*meter) for meter in meters]


def section_bars(markers: Sequence[Marker], bars: Sequence[Bar]) -> tuple[int, ...]:
    """The indices of the bars nearest to the markers; markers beyond the bars are ignored."""
    starts = [bar.start_ticks for bar in bars]
    found: set[int] = set()
    for marker in markers:
        index = max(0, bisect_right(starts, marker.start_ticks) - 1)
        bar = bars[index]
        is_next = 2 * (marker.start_ticks - bar.start_ticks) >= bar.length_ticks
        found.add(index + is_next)
    return tuple(sorted(index for index in found if index < len(bars)))


def continued_bars(time_map: TimeMap, count: int) -> tuple[Bar, ...]:
    """The first `count` bars of the time map, however long the music is; raises ValueError below 1."""
    if count < 1:
        raise ValueError(f"the number of bars must be at least 1, got {count}")
    end_ticks = count * 4 * time_map.ppq
    while len(bars := time_map.bars(end_ticks)) < count:
        end_ticks *= 2
    return bars[:count]
