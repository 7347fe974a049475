"""What of drums that are given stands as it is, and what is written around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import HIT, Array, bar_starts, clip_hits, place
from musegen_daw.drums.request import DrumRequest
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES, VOICE_OF_PIECE, VOICES
from musegen_daw.music.time import Bar


def kept_hits(request: DrumRequest, bars: tuple[Bar, ...]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The hits of the kept voices, and which pieces those voices have."""
    kept = np.array([voice is not None and VOICES[voice] in request.kept_voices for voice in VOICE_OF_PIECE])
    if request.kept is None or not kept.any():
        return np.zeros(0, HIT), np.zeros(len(PIECES), bool)
    hits = clip_hits(request.kept, bars)
    return hits[kept[hits["piece"]]], kept


def kept_notes(
    request: DrumRequest,
    bars: tuple[Bar, ...],
    owners: tuple[int, ...],
    kept_pieces: npt.NDArray[np.bool_],
) -> tuple[Note, ...]:
    """The notes that stand as they are.

    A note up to half a sixteenth ahead of a bar line belongs to the bar that it leads into.
    """
    if request.kept is None:
        return ()
    notes = [note for note in request.kept.notes if note.start_ticks < bars[-1].end_ticks]
    kept: list[Note] = []
    for note, bar in zip(notes, bars_of(notes, request.ppq, bars), strict=True):
        piece = PIECE_OF_PITCH.get(note.pitch)
        if bar >= 0 and (owners[bar] in request.kept_bars or (piece is not None and kept_pieces[piece])):
            kept.append(replace(note, start_ticks=max(note.start_ticks, bars[0].start_ticks)))
    return tuple(kept)


def bars_of(notes: Sequence[Note], ppq: int, bars: Sequence[Bar]) -> list[int]:
    """The index of the bar that each note belongs to: up to half a sixteenth ahead of a bar line the bar it leads into.

    -1 ahead of the first bar.
    """
    found, _ = place([note.start_ticks for note in notes], ppq, bar_starts(bars))
    return found.tolist()
