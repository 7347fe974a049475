"""Edits of one clip's drums: each takes a document and returns a new one. Locked hits never change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median_low

from musegen_daw.clips.document import PITCH_OF_VOICE, ClipDocument, Take, voice_name
from musegen_daw.drums.plan import BarKind, Plan
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import ProjectError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES

DEFAULT_VELOCITY = 96
MAX_SWING = 0.75
MIN_BPM, MAX_BPM = 20.0, 400.0
BY_HAND = "by hand"
# Share of a cell to either side; beyond it a hit would be nearer to another cell.
MAX_OFFSET_SHARE = 5 / 12


class LockedError(ProjectError):
    """The voice or bar is locked."""


def add_hit(document: ClipDocument, voice: int, ticks: int, velocity: int | None = None) -> ClipDocument:
    """Add a hit of a voice (index into `music.kit.VOICES`) at `ticks`, by default at the voice's usual velocity.

    Replaces a hit at the same place. Raises LockedError, and ValueError outside the bars.
    """
    if not 0 <= ticks < document.end_ticks:
        raise ValueError(f"tick {ticks} is outside the bars")
    if velocity is None:
        velocity = usual_velocity(document, voice)
    hit = Note(PITCH_OF_VOICE[voice], velocity, ticks, document.cell_ticks)
    check_free(document, [hit])
    return replace_hits(document, (*document.drums.notes, hit))


def remove_hits(document: ClipDocument, hits: Iterable[Note]) -> ClipDocument:
    """Raises LockedError."""
    return change_hits(document, dict.fromkeys(hits))


def set_velocity(document: ClipDocument, hits: Iterable[Note], velocity: int) -> ClipDocument:
    """Set the velocity of `hits`, clamped to 1..127; raises LockedError."""
    held = min(127, max(1, velocity))
    return change_hits(document, {hit: replace(hit, velocity=held) for hit in hits})


def set_offset(document: ClipDocument, hits: Iterable[Note], offset_ticks: int) -> ClipDocument:
    """Move `hits` to `offset_ticks` from the start of their cells, clamped to the cell; raises LockedError."""
    return change_hits(document, {hit: with_offset(document, hit, offset_ticks) for hit in hits})


def with_offset(document: ClipDocument, hit: Note, offset_ticks: int) -> Note:
    """A hit at an offset from the start of its cell, clamped to the cell and the bars."""
    limit_ticks = int(document.cell_ticks * MAX_OFFSET_SHARE)
    start_ticks = document.cell_start(hit.start_ticks) + min(limit_ticks, max(-limit_ticks, offset_ticks))
    return replace(hit, start_ticks=min(document.end_ticks - 1, max(0, start_ticks)))


def move_hit(document: ClipDocument, hit: Note, voice: int, cell_ticks: int) -> ClipDocument:
    """Move a hit to another cell or voice, keeping its offset; raises LockedError."""
    offset_ticks = hit.start_ticks - document.cell_start(hit.start_ticks)
    pitch = hit.pitch if voice_name(hit.pitch) == VOICES[voice] else PITCH_OF_VOICE[voice]
    there = replace(hit, pitch=pitch, start_ticks=max(0, min(cell_ticks, document.end_ticks - 1)))
    return change_hits(document, {hit: with_offset(document, there, offset_ticks)})


def usual_velocity(document: ClipDocument, voice: int) -> int:
    """The median velocity of a voice in the picked take."""
    velocities = [note.velocity for note in document.drums.notes if VOICE_OF_PITCH.get(note.pitch) == voice]
    return median_low(velocities) if velocities else DEFAULT_VELOCITY


def lock_voice(document: ClipDocument, voice: str, locked: bool) -> ClipDocument:
    """Lock or unlock a voice; raises ValueError for an unknown one."""
    if voice not in VOICES:
        raise ValueError(f"{voice!r} is not a voice")
    voices = document.locked_voices | {voice} if locked else document.locked_voices - {voice}
    return replace(document, locked_voices=voices)


def lock_bar(document: ClipDocument, bar: int, locked: bool) -> ClipDocument:
    """Lock or unlock a bar by index; raises ValueError for an unknown one."""
    if not 0 <= bar < len(document.bars):
        raise ValueError(f"there is no bar {bar}")
    bars = document.locked_bars | {bar} if locked else document.locked_bars - {bar}
    return replace(document, locked_bars=bars)


def unlock_all(document: ClipDocument) -> ClipDocument:
    return replace(document, locked_voices=frozenset(), locked_bars=frozenset())


def add_takes(document: ClipDocument, added: Sequence[Take]) -> ClipDocument:
    """Append takes, which get new numbers, and pick the first.

    Locked hits of the picked take are copied into each.
    """
    number = max((take.number for take in document.takes), default=0)
    takes = list(document.takes)
    for new, take in enumerate(added, number + 1):
        written = document.empty_drums.with_notes(_around_locks(document, take.drums))
        takes.append(replace(take, number=new, written=written, drums=written, written_plan=take.plan))
    return replace(document, takes=tuple(takes), picked=number + 1 if added else document.picked)


def rewrite_bars(
    document: ClipDocument, number: int, bars: Collection[int], drums: Clip, plan: Plan
) -> ClipDocument:
    """Replace some bars of a take by those of `drums`, and its plan; locked hits stay."""
    if document.picked != number:
        document = pick_take(document, number)
    kept = _in_bars(document, document.drums.notes, bars, is_in=False)
    notes = (*kept, *_in_bars(document, drums.notes, bars, is_in=True))
    return set_plan(
        replace_hits(document, _around_locks(document, document.empty_drums.with_notes(_unique(notes)))), plan
    )


def copy_bars(document: ClipDocument, source: range, there: range) -> ClipDocument:
    """Copy the hits and the plan of the bars `source` over those of `there`, again and again as far as they reach.

    Hits beyond the end of a shorter bar are left out, and locked hits stay.
    """
    take = document.take
    if take is None:
        return document
    copied: list[Note] = []
    plan = list(take.plan)
    own = _in_bars(document, document.drums.notes, source, is_in=True)
    for index, bar in enumerate(there):
        first = source[index % len(source)]
        start, target = document.bars[first], document.bars[bar]
        move = target.start_ticks - start.start_ticks
        copied += (
            replace(note, start_ticks=max(0, note.start_ticks + move))
            for note in _in_bars(document, own, (first,), is_in=True)
            if note.start_ticks + move < target.end_ticks
        )
        if plan:
            copy = replace(plan[first], section=plan[bar].section)
            plan[bar] = replace(copy, kind=BarKind.GROOVE, repeats=0) if copy.repeats else copy
    kept = _in_bars(document, document.drums.notes, there, is_in=False)
    drums = document.empty_drums.with_notes(_unique((*kept, *copied)))
    return set_plan(replace_hits(document, _around_locks(document, drums)), Plan(tuple(plan)))


def set_plan(document: ClipDocument, plan: Plan) -> ClipDocument:
    """Replace the plan of the picked take; its hits stay."""
    takes = (replace(each, plan=plan) if each.number == document.picked else each for each in document.takes)
    return replace(document, takes=tuple(takes))


def pick_take(document: ClipDocument, number: int) -> ClipDocument:
    """Switch to another take; locked hits are copied into it."""
    take = next(take for take in document.takes if take.number == number)
    notes = _around_locks(document, take.drums)
    return replace_hits(replace(document, picked=number), notes)


def revert_take(document: ClipDocument) -> ClipDocument:
    """Undo all edits of the picked take, except where locked."""
    take = document.take
    if take is None:
        return document
    return set_plan(replace_hits(document, _around_locks(document, take.written)), take.written_plan)


def forget_take(document: ClipDocument, number: int) -> ClipDocument:
    """Delete a take; the one before it is picked in its place."""
    index = next(index for index, take in enumerate(document.takes) if take.number == number)
    takes = (*document.takes[:index], *document.takes[index + 1 :])
    if number != document.picked:
        return replace(document, takes=takes)
    return replace(document, takes=takes, picked=takes[max(0, index - 1)].number if takes else None)


def follow_parts(document: ClipDocument, followed: Iterable[int]) -> ClipDocument:
    """Choose the parts to follow by index into the song's clips; raises ValueError for an unknown one."""
    chosen = frozenset(followed)
    if not chosen <= set(range(len(document.song.clips))):
        raise ValueError(f"the song has {len(document.song.clips)} parts, got {sorted(chosen)}")
    return replace(document, followed=chosen)


def set_settings(document: ClipDocument, settings: DrumSettings) -> ClipDocument:
    return replace(document, settings=settings)


def set_style(document: ClipDocument, style: str | None) -> ClipDocument:
    """The style of the next takes by name, None for automatic."""
    return set_settings(document, replace(document.settings, style=style, within_style=False))


def set_drum_map(document: ClipDocument, drum_map: DrumMap) -> ClipDocument:
    return replace(document, drum_map=drum_map)


def set_swing(document: ClipDocument, ratio: float) -> ClipDocument:
    """Set the swing ratio, clamped to 0.5 (straight)..0.75."""
    return replace(document, swing_ratio=min(MAX_SWING, max(STRAIGHT, ratio)))


def set_humanise(document: ClipDocument, amount: float) -> ClipDocument:
    """Set the amount, clamped to 0..1."""
    return replace(document, humanise_amount=min(1.0, max(0.0, amount)))


def set_mute(document: ClipDocument, voice: str, is_on: bool) -> ClipDocument:
    """Mute a name of `voice_mix.MIXED`, or no longer; raises ValueError for another, as the next two do."""
    return replace(document, voice_mix=document.voice_mix.with_mute(voice, is_on))


def set_solo(document: ClipDocument, voice: str, is_on: bool) -> ClipDocument:
    return replace(document, voice_mix=document.voice_mix.with_solo(voice, is_on))


def set_level(document: ClipDocument, voice: str, percent: int) -> ClipDocument:
    """Set the level, clamped to 0..200 percent of the velocity."""
    return replace(document, voice_mix=document.voice_mix.with_level(voice, percent))


def set_tempo(document: ClipDocument, bpm: float | None) -> ClipDocument:
    """Override the tempo, clamped to 20..400 BPM; None restores that of the files."""
    return replace(document, bpm=None if bpm is None else min(MAX_BPM, max(MIN_BPM, bpm)))


def _around_locks(document: ClipDocument, drums: Clip) -> tuple[Note, ...]:
    """The hits of `drums` where nothing is locked, and of the picked take where something is."""
    end_ticks = document.end_ticks
    notes = [note for note in drums.notes if note.start_ticks < end_ticks]
    own = document.drums.notes
    locked = (note for note, is_locked in zip(own, document.locks(own), strict=True) if is_locked)
    free = (note for note, is_locked in zip(notes, document.locks(notes), strict=True) if not is_locked)
    return _unique((*free, *locked))


def _in_bars(
    document: ClipDocument, notes: Iterable[Note], bars: Collection[int], *, is_in: bool
) -> list[Note]:
    """The notes that belong to some bars, or that do not."""
    every = tuple(notes)
    return [note for note, bar in zip(every, document.bars_of(every), strict=True) if (bar in bars) == is_in]


def change_hits(document: ClipDocument, changes: Mapping[Note, Note | None]) -> ClipDocument:
    """Put another hit, or none, in the place of each; raises LockedError."""
    before = [note for note in document.drums.notes if note in changes]
    after = [changed for note in before if (changed := changes[note]) is not None]
    check_free(document, [*before, *after])
    kept = (note for note in document.drums.notes if note not in changes)
    return replace_hits(document, (*kept, *after))


def check_free(document: ClipDocument, notes: Sequence[Note]) -> None:
    """Raises LockedError, naming the voice or bar, if one of the notes is locked."""
    for note, is_locked in zip(notes, document.locks(notes), strict=True):
        if not is_locked:
            continue
        voice = voice_name(note.pitch)
        if voice in document.locked_voices:
            raise LockedError(f"The {voice} is locked: press L in its row to unlock it.")
        bar = document.bar_of(note.start_ticks) + 1
        raise LockedError(f"Bar {bar} is locked: press B in it to unlock it.")


def _unique(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple({(note.pitch, note.start_ticks): note for note in notes}.values())


def replace_hits(document: ClipDocument, notes: Iterable[Note]) -> ClipDocument:
    """Replace the hits of the picked take; of two at one place the last wins. Without a take, add one by hand."""
    drums = document.empty_drums.with_notes(_unique(notes))
    take = document.take
    if take is None:
        by_hand = Take(
            max((each.number for each in document.takes), default=0) + 1, document.empty_drums, drums, BY_HAND
        )
        return replace(document, takes=(*document.takes, by_hand), picked=by_hand.number)
    if take.drums.notes == drums.notes:
        return document
    edited = replace(take, drums=drums)
    return replace(
        document, takes=tuple(edited if each.number == take.number else each for each in document.takes)
    )
