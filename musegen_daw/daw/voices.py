"""Drums as one track for each piece of the kit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.drum_maps import place_in_kit


def split_song(song: Song, names: Mapping[int, str]) -> Song:
    """The song with each drum clip as one clip for each piece that it plays; see `split_drums`."""
    clips = (each for clip in song.clips for each in (split_drums(clip, names) if clip.is_drum else (clip,)))
    return replace(song, clips=tuple(clips))


def split_drums(drums: Clip, names: Mapping[int, str]) -> tuple[Clip, ...]:
    """One clip for each piece of `names` (by pitch), in the order of the kit, then one for each other pitch.

    Pitches stay as they are, so that every track plays on the same drum instrument.
    """
    tracks: dict[str, list[int]] = {}
    for index, note in enumerate(drums.notes):
        tracks.setdefault(names.get(note.pitch) or f"note {note.pitch}", []).append(index)
    return tuple(
        replace(drums.with_notes(drums.notes[index] for index in indices), name=name.capitalize())
        for name, indices in sorted(tracks.items(), key=lambda each: place_in_kit(each[0]))
    )
