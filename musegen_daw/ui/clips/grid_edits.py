"""Requests of grid, bar numbers and velocity lane as edits of the clip, each one undo step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from musegen_daw.clips import edits, group_edits
from musegen_daw.clips.clipboard import MIME_TYPE, CopiedHits, copy_bars, copy_hits, decode, encode
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.editor import Change
from musegen_daw.clips.group_edits import Pasted
from musegen_daw.clips.voice_mix import MIXED
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.clips.bar_ruler import BarRuler
from musegen_daw.ui.clips.grid import EditingGrid
from musegen_daw.ui.clips.velocity_lane import VelocityLane
from musegen_daw.ui.widgets.drum_grid import Cell, Hit


class Edit(Protocol):
    """Edits the current clip; `label` names the undo step, and `joined` edits are one step."""

    def __call__(self, label: str, change: Change, *, joined: bool = False) -> None: ...


class GridEdits:
    """Turns requests into edits; `clip` returns the current clip, `say` shows a sentence.

    What is selected stays selected through an edit, and what was pasted is selected.
    """

    def __init__(
        self,
        grid: EditingGrid,
        ruler: BarRuler,
        lane: VelocityLane,
        edit: Edit,
        clip: Callable[[], ClipDocument | None],
        say: Callable[[str], None],
    ) -> None:
        self._grid, self._edit, self._clip, self._say = grid, edit, clip, say
        grid.add_requested.connect(self.add)
        grid.remove_requested.connect(self.remove)
        grid.velocities_requested.connect(self.set_velocities)
        lane.velocities_requested.connect(self.set_velocities)
        grid.offsets_requested.connect(self.shift_offsets)
        grid.move_requested.connect(self.move)
        grid.copy_requested.connect(self.copy)
        grid.paste_requested.connect(self.paste)
        grid.duplicate_requested.connect(self.duplicate)
        grid.lock_voice_requested.connect(self.lock_voice)
        grid.lock_bar_requested.connect(self.lock_bar)
        grid.mute_requested.connect(self.mute)
        grid.solo_requested.connect(self.solo)
        grid.level_requested.connect(self.set_level)
        grid.cursor_described.connect(say)
        lane.described.connect(say)
        ruler.bars_chosen.connect(grid.select_bars)
        ruler.menu_requested.connect(grid.show_bar_menu)

    # Hits

    def add(self, cell: Cell) -> None:
        if cell.row >= len(VOICES):
            self._say("Percussion outside the kit can be edited here, but not added.")
            return
        self._edit(f"add {VOICES[cell.row]}", lambda clip: edits.add_hit(clip, cell.row, cell.start_ticks))

    def remove(self, hits: Sequence[Hit]) -> None:
        label = "remove hit" if len(hits) == 1 else f"remove {len(hits)} hits"
        self._of_hits(label, hits, group_edits.remove_free)

    def set_velocities(self, velocities: Mapping[Hit, int]) -> None:
        by_place = {(hit.tag, hit.start_ticks): velocity for hit, velocity in velocities.items()}

        def change(clip: ClipDocument, notes: Sequence[Note]) -> ClipDocument:
            return group_edits.set_velocities(
                clip, {note: by_place[note.pitch, note.start_ticks] for note in notes}
            )

        self._of_hits("velocity", tuple(velocities), change)

    def shift_offsets(self, hits: Sequence[Hit], ticks: int) -> None:
        self._of_hits("micro-timing", hits, lambda clip, notes: group_edits.shift_offsets(clip, notes, ticks))

    def move(self, hits: Sequence[Hit], ticks: int, rows: int) -> None:
        label = "move hit" if len(hits) == 1 else f"move {len(hits)} hits"
        self._of_hits(label, hits, lambda clip, notes: group_edits.move_hits(clip, notes, ticks, rows))

    # Clipboard

    def copy(self, is_cut: bool) -> None:
        """Copy the selected bars, else the selected hits or the one under the cursor."""
        clip = self._clip()
        if clip is None:
            return
        targets = self._grid.targets
        notes = _notes(clip, targets)
        bars = self._grid.selected_bars
        if bars is None and not notes:
            return
        copied = copy_hits(clip, notes) if bars is None else copy_bars(clip, *bars)
        mime = QMimeData()
        mime.setData(MIME_TYPE, encode(copied))
        QGuiApplication.clipboard().setMimeData(mime)
        what = _named(copied)
        if is_cut:
            if notes:
                self._of_hits(f"cut {what}", targets, group_edits.remove_free)
        else:
            self._say(f"Copied {what}.")

    def paste(self, on_voice: bool) -> None:
        """Paste at the cursor, or on its voice at the time that the hits were copied from.

        Hits of one voice go to that of the cursor; whole bars replace those from the cursor on.
        """
        clip, cell = self._clip(), self._grid.cursor_cell
        data = QGuiApplication.clipboard().mimeData().data(MIME_TYPE).data()
        copied = decode(bytes(data))
        if clip is None:
            return
        if copied is None or cell is None:
            self._say("There are no copied hits on the clipboard.")
            return
        voice = VOICES[cell.row] if cell.row < len(VOICES) else None
        if on_voice:
            self._paste(copied, group_edits.paste_hits(clip, copied, self._origin(clip, copied), voice))
        elif copied.bar_count:
            self._put_bars(clip, copied, self._grid.axis.bar_at(cell.start_ticks), "paste")
        else:
            target = voice if len(copied.voices) == 1 and copied.voices <= set(VOICES) else None
            self._put_hits(clip, copied, cell.start_ticks, target, "paste")

    def duplicate(self) -> None:
        """Put the selected bars or hits once more behind themselves."""
        clip, bars = self._clip(), self._grid.selected_bars
        if clip is None:
            return
        if bars is not None:
            if bars[1] >= len(clip.bars):
                self._say("There is no bar after the selected ones.")
                return
            self._put_bars(clip, copy_bars(clip, *bars), bars[1], "duplicate")
            return
        notes = _notes(clip, self._grid.targets)
        if notes:
            copied = copy_hits(clip, notes)
            at_ticks = copied.origin_ticks + group_edits.cycle_ticks(clip, copied)
            self._put_hits(clip, copied, at_ticks, None, "duplicate")

    # Locks and mix

    def lock_voice(self, row: int) -> None:
        clip = self._clip()
        if clip is not None and row < len(VOICES):
            voice = VOICES[row]
            lock = voice not in clip.locked_voices
            label = f"{'lock' if lock else 'unlock'} {voice}"
            self._edit(label, lambda clip: edits.lock_voice(clip, voice, lock))

    def lock_bar(self, bar: int) -> None:
        clip = self._clip()
        if clip is not None:
            lock = bar not in clip.locked_bars
            label = f"{'lock' if lock else 'unlock'} bar {bar + 1}"
            self._edit(label, lambda clip: edits.lock_bar(clip, bar, lock))

    def mute(self, row: int) -> None:
        clip = self._clip()
        if clip is not None:
            voice, is_on = MIXED[row], MIXED[row] not in clip.voice_mix.muted
            label = f"{'mute' if is_on else 'unmute'} {voice}"
            self._edit(label, lambda clip: edits.set_mute(clip, voice, is_on))

    def solo(self, row: int) -> None:
        clip = self._clip()
        if clip is not None:
            voice, is_on = MIXED[row], MIXED[row] not in clip.voice_mix.soloed
            label = f"{'solo' if is_on else 'no solo of'} {voice}"
            self._edit(label, lambda clip: edits.set_solo(clip, voice, is_on))

    def set_level(self, row: int, percent: int, goes_on: bool) -> None:
        voice = MIXED[row]
        self._edit(f"level of {voice}", lambda clip: edits.set_level(clip, voice, percent), joined=goes_on)

    def _origin(self, clip: ClipDocument, copied: CopiedHits) -> int:
        return copied.scaled(copied.origin_ticks, clip.ppq)

    def _put_hits(
        self, clip: ClipDocument, copied: CopiedHits, at_ticks: int, voice: str | None, verb: str
    ) -> None:
        pasted = group_edits.paste_hits(clip, copied, at_ticks, voice)
        self._paste(copied, pasted, verb)
        self._go_to(clip, at_ticks + copied.scaled(copied.span_ticks, clip.ppq))

    def _put_bars(self, clip: ClipDocument, copied: CopiedHits, first: int, verb: str) -> None:
        pasted = group_edits.paste_bars(clip, copied, first)
        end = min(len(clip.bars), first + copied.bar_count)
        self._paste(copied, pasted, verb, (first, end))
        self._go_to(clip, clip.bars[end - 1].end_ticks)

    def _paste(
        self, copied: CopiedHits, pasted: Pasted, verb: str = "paste", bars: tuple[int, int] | None = None
    ) -> None:
        self._edit(f"{verb} {_named(copied)}", lambda _: pasted.document)
        places = {(note.pitch, note.start_ticks) for note in pasted.hits}
        self._grid.select((hit for hit in self._grid.hits if (hit.tag, hit.start_ticks) in places), bars)
        self._say(pasted.sentence)

    def _go_to(self, clip: ClipDocument, ticks: int) -> None:
        """Move the cursor behind what was pasted, so that another paste goes on there."""
        cell = self._grid.cursor_cell
        if cell is not None:
            last_ticks = clip.end_ticks - 1
            self._grid.set_cursor(Cell(cell.row, self._grid.step_at(min(ticks, last_ticks))))

    def _of_hits(
        self,
        label: str,
        hits: Sequence[Hit],
        change: Callable[[ClipDocument, Sequence[Note]], ClipDocument],
    ) -> None:
        clip = self._clip()
        notes = _notes(clip, hits) if clip else []
        if clip is None or not notes:
            return
        kept = {id(note) for note in clip.drums.notes}
        selected = {(hit.tag, hit.start_ticks) for hit in self._grid.selected}
        self._edit(label, lambda clip: change(clip, notes))
        after = self._clip()
        if not selected or after is None or after is clip:
            return
        # An edit keeps the other Note objects, so that those it made are known.
        self._grid.select_places(
            frozenset(
                place
                for note in after.drums.notes
                if (place := (note.pitch, note.start_ticks)) in selected or id(note) not in kept
            )
        )
        left = len(notes) - sum(id(note) not in kept for note in after.drums.notes)
        self._tell_locked(clip, notes, left)

    def _tell_locked(self, clip: ClipDocument, notes: Sequence[Note], unchanged: int) -> None:
        locked = sum(clip.locks(notes)) if unchanged else 0
        if locked:
            self._say(f"{locked} of {len(notes)} hits are locked and stay as they are.")


def _notes(clip: ClipDocument, hits: Sequence[Hit]) -> list[Note]:
    places = {(hit.tag, hit.start_ticks) for hit in hits}
    return [note for note in clip.drums.notes if (note.pitch, note.start_ticks) in places]


def _named(copied: CopiedHits) -> str:
    if copied.bar_count:
        return "one bar" if copied.bar_count == 1 else f"{copied.bar_count} bars"
    return "one hit" if len(copied.hits) == 1 else f"{len(copied.hits)} hits"
