"""Edits of several hits at once: each takes a document and returns a new one. Locked hits stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from musegen_daw.clips.clipboard import CopiedHit, CopiedHits
from musegen_daw.clips.document import PITCH_OF_VOICE, ClipDocument, voice_name
from musegen_daw.clips.edits import change_hits, check_free, replace_hits, with_offset
from musegen_daw.clips.voice_mix import MIXED, mixed_name
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES


def free_hits(document: ClipDocument, hits: Sequence[Note]) -> list[Note]:
    """Those of `hits` that are not locked; raises LockedError where all are."""
    locks = document.locks(hits)
    free = [hit for hit, is_locked in zip(hits, locks, strict=True) if not is_locked]
    if not free:
        check_free(document, hits)
    return free


def remove_free(document: ClipDocument, hits: Sequence[Note]) -> ClipDocument:
    """Remove hits; raises LockedError where all are locked, as all of these do."""
    return change_hits(document, dict.fromkeys(free_hits(document, hits)))


def set_velocities(document: ClipDocument, velocities: Mapping[Note, int]) -> ClipDocument:
    """Give each hit a velocity, clamped to 1..127."""
    return _each(document, velocities, lambda hit: replace(hit, velocity=min(127, max(1, velocities[hit]))))


def shift_offsets(document: ClipDocument, hits: Iterable[Note], ticks: int) -> ClipDocument:
    """Move hits within their cells by `ticks`, each as far as its cell goes."""

    def shifted(hit: Note) -> Note:
        return with_offset(document, hit, hit.start_ticks - document.cell_start(hit.start_ticks) + ticks)

    return _each(document, hits, shifted)


def move_hits(document: ClipDocument, hits: Iterable[Note], ticks: int, rows: int = 0) -> ClipDocument:
    """Move hits by whole cells and rows of `music.kit.VOICES`, with their offsets, and their shape kept.

    They go as far as all of them can go. Percussion outside the kit changes no row. Raises LockedError where one
    would come to a locked bar or voice.
    """
    free = free_hits(document, tuple(hits))
    cells = [document.cell_start(hit.start_ticks) for hit in free]
    ticks = min(document.cell_start(document.end_ticks - 1) - max(cells), max(-min(cells), ticks))
    voices = [VOICES.index(voice) for hit in free if (voice := voice_name(hit.pitch)) is not None]
    if voices:
        rows = min(len(VOICES) - 1 - max(voices), max(-min(voices), rows))
    changes: dict[Note, Note | None] = {}
    for hit, cell_ticks in zip(free, cells, strict=True):
        there = replace(_to_row(hit, rows), start_ticks=cell_ticks + ticks)
        changes[hit] = with_offset(document, there, hit.start_ticks - cell_ticks)
    return change_hits(document, changes)


def cycle_ticks(document: ClipDocument, copied: CopiedHits) -> int:
    """How much later a duplicate of hits begins: in whole bars, or a part of a bar by halves."""
    cell_ticks = document.cell_ticks
    bar_ticks = document.bars[document.bar_of(copied.origin_ticks)].length_ticks
    length_ticks = cell_ticks
    while length_ticks < min(copied.span_ticks, bar_ticks):
        length_ticks *= 2
    if length_ticks < bar_ticks:
        return length_ticks
    return -(-copied.span_ticks // bar_ticks) * bar_ticks


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a paste made of a document, and the sentence about it."""

    document: ClipDocument
    hits: tuple[Note, ...]
    sentence: str


def paste_hits(document: ClipDocument, copied: CopiedHits, at_ticks: int, voice: str | None = None) -> Pasted:
    """Add copied hits from the cell at `at_ticks` on, to `voice` if it is given; at one place the pasted one stays.

    What is locked stays as it is, and what would be after the last bar is left out.
    """

    def placed(hit: CopiedHit) -> Note | None:
        start_ticks = at_ticks + copied.scaled(hit.start_ticks, document.ppq)
        if at_ticks <= 0:
            start_ticks = max(0, start_ticks)
        return _note(document, copied, hit, start_ticks, voice)

    return _pasted(document, [placed(hit) for hit in copied.hits], document.drums.notes)


def paste_bars(document: ClipDocument, copied: CopiedHits, first: int) -> Pasted:
    """Replace the bars from index `first` on by copied bars. What is locked stays as it is."""
    end = min(len(document.bars), first + copied.bar_count)

    def placed(hit: CopiedHit) -> Note | None:
        if first + hit.bar >= end:
            return None
        bar = document.bars[first + hit.bar]
        start_ticks = bar.start_ticks + copied.scaled(hit.start_ticks, document.ppq)
        return (
            _note(document, copied, hit, max(0, start_ticks), None) if start_ticks < bar.end_ticks else None
        )

    notes = document.drums.notes
    kept = [
        note
        for note, bar, is_locked in zip(notes, document.bars_of(notes), document.locks(notes), strict=True)
        if is_locked or not first <= bar < end
    ]
    return _pasted(document, [placed(hit) for hit in copied.hits], kept)


def _pasted(document: ClipDocument, placed: Sequence[Note | None], kept: Sequence[Note]) -> Pasted:
    """`kept` and what can be placed; None is what is after the last bar."""
    inside = [note for note in placed if note is not None]
    locks = document.locks(inside)
    free = tuple(note for note, is_locked in zip(inside, locks, strict=True) if not is_locked)
    locked = [note for note, is_locked in zip(inside, locks, strict=True) if is_locked]
    outside = len(placed) - len(inside)
    left_out: list[str] = []
    if locked:
        names = [voice for voice in MIXED if voice in {mixed_name(note.pitch) for note in locked}]
        voices = [name for name in names if name in document.locked_voices]
        bars = sorted({document.bar_of(note.start_ticks) for note in locked} & document.locked_bars)
        what = [f"the {name}" for name in voices] + [f"bar {bar + 1}" for bar in bars]
        verb = "is" if len(what) == 1 else "are"
        left_out.append(f"{_counted(len(locked))} left out: {_joined(what)} {verb} locked")
    if outside:
        left_out.append(f"{_counted(outside)} left out: there is no room in the bars")
    sentence = "; ".join([f"Pasted {_counted(len(free))}", *left_out]) + "."
    return Pasted(replace_hits(document, (*kept, *free)), free, sentence)


def _note(
    document: ClipDocument, copied: CopiedHits, hit: CopiedHit, start_ticks: int, voice: str | None
) -> Note | None:
    if not 0 <= start_ticks < document.end_ticks:
        return None
    duration_ticks = min(document.end_ticks, copied.scaled(hit.duration_ticks, document.ppq))
    is_moved = voice in VOICES and mixed_name(hit.pitch) != voice
    pitch = PITCH_OF_VOICE[VOICES.index(voice)] if is_moved and voice is not None else hit.pitch
    return Note(pitch, hit.velocity, start_ticks, duration_ticks)


def _each(document: ClipDocument, hits: Iterable[Note], change: Callable[[Note], Note]) -> ClipDocument:
    return change_hits(document, {hit: change(hit) for hit in free_hits(document, tuple(hits))})


def _to_row(hit: Note, rows: int) -> Note:
    voice = voice_name(hit.pitch)
    if voice is None or not rows:
        return hit
    return replace(hit, pitch=PITCH_OF_VOICE[VOICES.index(voice) + rows])


def _counted(count: int) -> str:
    return "one hit" if count == 1 else f"{count} hits"


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
