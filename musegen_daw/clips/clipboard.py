"""Copied hits: immutable, in ticks relative to where they begin, so that they fit into any clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.voice_mix import mixed_name
from musegen_daw.errors import ProjectError
from musegen_daw.music.clip import Note

MIME_TYPE = "application/x-musegen-hits+json"
MAX_BYTES = 16 * 2**20
MAX_TICKS = 2**40

_Byte = Annotated[int, Meta(ge=0, le=127)]
_Velocity = Annotated[int, Meta(ge=1, le=127)]
_Ticks = Annotated[int, Meta(ge=0, le=MAX_TICKS)]
_Way = Annotated[int, Meta(ge=-MAX_TICKS, le=MAX_TICKS)]


@dataclass(frozen=True, slots=True)
class CopiedHit:
    """`start_ticks` count from where the copy begins; a hit ahead of its cell or bar may be before that.

    `bar` is the index of the copied bar, and `start_ticks` count from its start, where whole bars were copied.
    """

    pitch: _Byte
    velocity: _Velocity
    start_ticks: _Way
    duration_ticks: _Ticks
    bar: _Ticks = 0


@dataclass(frozen=True, slots=True)
class CopiedHits:
    """Hits, or the content of `bar_count` whole bars, which may be empty.

    `origin_ticks` is where the copy began in its own clip; `span_ticks` its length in whole cells or bars.
    """

    hits: tuple[CopiedHit, ...]
    ppq: Annotated[int, Meta(ge=1, le=2**15)]
    origin_ticks: _Ticks
    span_ticks: _Ticks
    bar_count: _Ticks = 0

    @property
    def voices(self) -> frozenset[str]:
        """Names of `clips.voice_mix.MIXED`."""
        return frozenset(mixed_name(hit.pitch) for hit in self.hits)

    def scaled(self, ticks: int, ppq: int) -> int:
        """Ticks of this copy in another PPQ, rounded."""
        return ticks if ppq == self.ppq else round(ticks * ppq / self.ppq)


def copy_hits(document: ClipDocument, notes: Sequence[Note]) -> CopiedHits:
    """Copy hits from the cell of the first to that of the last; raises ProjectError where there are none."""
    if not notes:
        raise ProjectError("Nothing is selected: select hits first.")
    cells = [document.cell_start(note.start_ticks) for note in notes]
    origin_ticks = min(cells)
    hits = tuple(
        CopiedHit(note.pitch, note.velocity, note.start_ticks - origin_ticks, note.duration_ticks)
        for note in notes
    )
    return CopiedHits(hits, document.ppq, origin_ticks, max(cells) + document.cell_ticks - origin_ticks)


def copy_bars(document: ClipDocument, first: int, end: int) -> CopiedHits:
    """Copy what is in the bars from index `first` up to `end`, not included."""
    bars = document.bars[first:end]
    hits = tuple(
        CopiedHit(
            note.pitch,
            note.velocity,
            note.start_ticks - document.bars[bar].start_ticks,
            note.duration_ticks,
            bar - first,
        )
        for note, bar in zip(document.drums.notes, document.bars_of(document.drums.notes), strict=True)
        if first <= bar < end
    )
    span_ticks = bars[-1].end_ticks - bars[0].start_ticks
    return CopiedHits(hits, document.ppq, bars[0].start_ticks, span_ticks, len(bars))


def encode(copied: CopiedHits) -> bytes:
    return msgspec.json.encode(copied)


def decode(data: bytes) -> CopiedHits | None:
    """What `encode` wrote; None for anything else."""
    if len(data) > MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(data, type=CopiedHits)
    except (msgspec.MsgspecError, ValueError):
        return None
