"""Whether a file keeps everything else when drums are put into it, over a corpus of MIDI files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen_daw.errors import MidiFileError
from musegen_daw.midi import smf
from musegen_daw.midi.file import MidiSong, midi_song_from_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.parts import clip_bars
from training.drums.gigamidi import find_units, read_unit

SHOWN = 20
EVENTS = "an event of a kept track differs"
BYTES = "the bytes of a track without drums differ"
TEMPOS, METERS, PARTS = "tempos differ", "time signatures differ", "a part differs"
DRUMS = "the written drums differ"
END = "the drum track does not end at its bar line"
KEPT_DRUMS = "kept drums differ"
KINDS = (EVENTS, BYTES, TEMPOS, METERS, PARTS, DRUMS, END, KEPT_DRUMS)


def benchmark(roots: Iterable[Path]) -> tuple[list[dict[str, Any]], int]:
    """Put drums into every file, write it and read it again; prints counts, and the first files that differ.

    The status is 1 where any does.
    """
    counts = Counter[str]()
    rows: list[dict[str, Any]] = []
    for name, data in _files(roots):
        counts["files"] += 1
        try:
            given = midi_song_from_bytes(data, name)
        except MidiFileError as error:
            counts["refused"] += 1
            rows.append({"file": name, "refused": str(error)})
            continue
        counts["mended"] += any("was repaired" in remark for remark in given.song.remarks)
        counts["with drums of their own"] += any(clip.notes for clip in given.song.drums)
        found = differences(data, given)
        counts.update(found)
        if found:
            counts["that differ"] += 1
            rows.append({"file": name, "differences": found})
    for row in rows[:SHOWN]:
        print(row)
    for what in ("files", "refused", "mended", "with drums of their own", "that differ"):
        print(f"{counts[what]:6} {what}")
    for kind in KINDS:
        print(f"{counts[kind]:10} {kind}")
    return rows, int(counts["that differ"] > 0)


def differences(data: bytes, given: MidiSong) -> list[str]:
    """Which of `KINDS` one file has, with its drums replaced and, where it has any, kept."""
    before = smf.parse(data)
    drums = _made(given.song)
    written = given.with_drums(drums)
    after, song = smf.parse(written), midi_song_from_bytes(written, "written").song
    kept, added = after.tracks[:-1], after.tracks[-1]
    drum_channels = {clip.channel for clip in given.song.drums} | {10}
    pairs = list(_paired(before.tracks, kept, drum_channels))
    found = {
        EVENTS: len(kept) != sum(pair.after is not None for pair in pairs)
        or not all(pair.is_kept(drum_channels) for pair in pairs),
        BYTES: any(pair.has_other_bytes for pair in pairs),
        TEMPOS: song.time_map.tempos != given.song.time_map.tempos,
        METERS: song.time_map.time_signatures != given.song.time_map.time_signatures,
        PARTS: song.parts != given.song.parts,
        DRUMS: [clip.notes for clip in song.drums if clip.notes] != [drums.notes],
        END: added.end_ticks != drums.length_ticks,
        KEPT_DRUMS: any(clip.notes for clip in given.song.drums) and not _keeps_drums(before, given, drums),
    }
    return [kind for kind, is_found in found.items() if is_found]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A track before and after, which is None where it was left out."""

    before: smf.Track
    after: smf.Track | None

    def is_kept(self, drum_channels: set[int | None]) -> bool:
        """Whether only events of drums are missing, and the others are as they were, in their order."""
        kept = self.after.events if self.after else ()
        rest = iter(kept)
        wanted = next(rest, None)
        for event in self.before.events:
            if event == wanted:
                wanted = next(rest, None)
                continue
            if event[1] >= smf.SYSEX:
                if self.after is not None:
                    return False
            elif (event[1] & 0x0F) + 1 not in drum_channels:
                return False
        return wanted is None and (self.after is None or self.after.end_ticks == self.before.end_ticks)

    @property
    def has_other_bytes(self) -> bool:
        """Whether the events are the same and their bytes, as they came, are not."""
        after = self.after
        if after is None or not self.before.chunk or after.events != self.before.events:
            return False
        return after.chunk != self.before.chunk


def _paired(
    before: Iterable[smf.Track], after: Iterable[smf.Track], drum_channels: set[int | None]
) -> Iterator[_Pair]:
    """Every track with the next one that it can have become, or with none."""
    rest = list(after)
    for track in before:
        pair = _Pair(track, rest[0] if rest else None)
        if pair.after is not None and pair.is_kept(drum_channels):
            rest.pop(0)
            yield pair
        else:
            yield _Pair(track, None)


def _keeps_drums(before: smf.MidiData, given: MidiSong, drums: Clip) -> bool:
    """Whether every event of the file is still there with drums put in beside its own, and no more than those."""
    after = smf.parse(given.with_more_drums(drums))
    if len(after.tracks) not in (len(before.tracks), len(before.tracks) + 1):
        return False
    for old, new in zip(before.tracks, after.tracks, strict=False):
        added = Counter(new.events) - Counter(old.events)
        if Counter(old.events) - Counter(new.events) or not all(map(_is_hit_or_sound, added)):
            return False
    return True


def _is_hit_or_sound(event: smf.Event) -> bool:
    ticks, status, number, _, _ = event
    if status < smf.KEY_PRESSURE:
        return True
    kind = status & 0xF0
    return ticks == 0 and (kind == smf.PROGRAM_CHANGE or (kind == smf.CONTROL_CHANGE and number in (0, 32)))


def _made(song: Song) -> Clip:
    """A kick at the start of every bar and a snare in its middle."""
    bars = clip_bars(song.time_map, [clip for clip in song.clips if clip.notes])
    notes = [Note(36, 100, bar.start_ticks, 1) for bar in bars]
    notes += [
        Note(38, 90, bar.start_ticks + bar.length_ticks // 2, 1) for bar in bars if bar.length_ticks > 3
    ]
    end_ticks = bars[-1].end_ticks if bars else 0
    return Clip(tuple(notes), end_ticks, song.time_map.ppq, "Drums", is_drum=True)


def _files(roots: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for root in roots:
        for unit in find_units(root):
            for source in read_unit(unit):
                yield source.key, source.data
