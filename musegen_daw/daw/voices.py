"""Drums as one track for each sound of the kit."""

from __future__ import annotations

from dataclasses import replace

from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES


def split_song(song: Song) -> Song:
    """The song with each drum clip as one clip for each piece of the kit that it plays."""
    clips = (each for clip in song.clips for each in (split_drums(clip) if clip.is_drum else (clip,)))
    return replace(song, clips=tuple(clips))


def split_drums(drums: Clip) -> tuple[Clip, ...]:
    """One clip for each piece of the kit, in the order of the kit, then one for each pitch that is none of it.

    Pitches stay as they are, so that every track plays on the same drum instrument.
    """
    tracks: dict[tuple[int, int], list[int]] = {}
    for index, note in enumerate(drums.notes):
        piece = PIECE_OF_PITCH.get(note.pitch)
        key = (piece, 0) if piece is not None else (len(PIECES), note.pitch)
        tracks.setdefault(key, []).append(index)
    return tuple(
        replace(
            drums.with_notes(drums.notes[index] for index in indices),
            name=PIECES[piece].name.capitalize() if piece < len(PIECES) else f"Pitch {pitch}",
        )
        for (piece, pitch), indices in sorted(tracks.items())
    )
