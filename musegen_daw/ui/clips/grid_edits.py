"""From what the hands do in the grid and on the bar numbers to edits of the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from musegen_daw.clips import edits
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.editor import Change
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.clips.bar_ruler import BarRuler
from musegen_daw.ui.clips.editing_grid import EditingGrid
from musegen_daw.ui.widgets.drum_grid import Cell, Hit


class Edit(Protocol):
    """Makes an edit of the clip in sight, or says why not."""

    def __call__(self, label: str, change: Change, *, joined: bool = False) -> None:
        """An edit that can be undone by its label."""
        ...


class GridEdits:
    """Asks `edit` for what the grid and the ruler tell; `clip` gives the clip in sight, `say` takes a sentence."""

    def __init__(
        self,
        grid: EditingGrid,
        ruler: BarRuler,
        edit: Edit,
        clip: Callable[[], ClipDocument | None],
        say: Callable[[str], None],
    ) -> None:
        self._edit, self._clip, self._say = edit, clip, say
        grid.add_asked.connect(self.add)
        grid.remove_asked.connect(self.remove)
        grid.velocity_asked.connect(self.set_velocity)
        grid.offset_asked.connect(self.set_offset)
        grid.move_asked.connect(self.move)
        grid.lock_voice_asked.connect(self.lock_voice)
        grid.lock_bar_asked.connect(self.lock_bar)
        grid.looked_at.connect(say)
        ruler.lock_bar_asked.connect(self.lock_bar)

    def add(self, cell: Cell) -> None:
        """A hit in a cell."""
        if cell.row >= len(VOICES):
            self._say("Percussion that is no voice of the kit can be changed here, but not added.")
            return
        self._edit(f"add {VOICES[cell.row]}", lambda clip: edits.add_hit(clip, cell.row, cell.start_ticks))

    def remove(self, hit: Hit) -> None:
        """The hit is gone."""
        self._of_hit("remove hit", hit, lambda clip, note: edits.remove_hits(clip, [note]))

    def set_velocity(self, hit: Hit, velocity: int) -> None:
        """The hit louder or softer."""
        self._of_hit("velocity", hit, lambda clip, note: edits.set_velocity(clip, [note], velocity))

    def set_offset(self, hit: Hit, offset_ticks: int) -> None:
        """The hit early or late in its cell."""
        self._of_hit("micro-timing", hit, lambda clip, note: edits.set_offset(clip, [note], offset_ticks))

    def move(self, hit: Hit, cell: Cell) -> None:
        """The hit in another cell of its row."""
        if hit.row < len(VOICES):
            self._of_hit(
                "move hit", hit, lambda clip, note: edits.move_hit(clip, note, cell.row, cell.start_ticks)
            )

    def lock_voice(self, row: int) -> None:
        """The voice of a row locked, or unlocked again."""
        clip = self._clip()
        if clip is not None and row < len(VOICES):
            voice = VOICES[row]
            lock = voice not in clip.locked_voices
            label = f"{'lock' if lock else 'unlock'} {voice}"
            self._edit(label, lambda clip: edits.lock_voice(clip, voice, lock))

    def lock_bar(self, bar: int) -> None:
        """A bar locked, or unlocked again."""
        clip = self._clip()
        if clip is not None:
            lock = bar not in clip.locked_bars
            label = f"{'lock' if lock else 'unlock'} bar {bar + 1}"
            self._edit(label, lambda clip: edits.lock_bar(clip, bar, lock))

    def _of_hit(self, label: str, hit: Hit, change: Callable[[ClipDocument, Note], ClipDocument]) -> None:
        clip = self._clip()
        place = hit.tag, hit.start_ticks
        notes = clip.drums.notes if clip else ()
        note = next((note for note in notes if (note.pitch, note.start_ticks) == place), None)
        if note is not None:
            self._edit(label, lambda clip: change(clip, note))
