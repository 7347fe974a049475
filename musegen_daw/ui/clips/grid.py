"""The drum grid and the bar numbers of the Clips panel, with mouse and keyboard editing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPolygonF

from musegen_daw.clips import edits
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.editor import Change
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.widgets.drum_grid import Cell, DrumGrid, Hit
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import Ruler

DRAG_PIXELS = 5
VELOCITY_PER_PIXEL = 0.8
OFFSET_PIXELS = 96.0
"""Pixels of a drag for the offset of a whole cell; small cells are not coarser."""
VELOCITY_KEY_STEP, VELOCITY_KEY_LEAP = 4, 16
OFFSET_KEY_SHARE = 1 / 12
# What a drag changes.
VELOCITY, OFFSET, CELL = "velocity", "offset", "cell"

_LOUDER = {
    Qt.Key.Key_Plus: VELOCITY_KEY_STEP,
    Qt.Key.Key_Equal: VELOCITY_KEY_STEP,
    Qt.Key.Key_Minus: -VELOCITY_KEY_STEP,
    Qt.Key.Key_PageUp: VELOCITY_KEY_LEAP,
    Qt.Key.Key_PageDown: -VELOCITY_KEY_LEAP,
}
_SIDEWAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(slots=True)
class _Drag:
    """A press that may become a drag."""

    start: QPointF
    hit: Hit | None
    cell: Cell | None
    changes: str = ""


class EditingGrid(DrumGrid):
    """Turns mouse and keyboard into edits, which are requested by signals; a drag is shown live and requested once.

    Click adds and removes a hit. A vertical drag sets its velocity; a horizontal drag moves it to another cell, or
    with Alt within its cell. Right-click locks: a voice by its name, elsewhere a bar. Keys: arrows, Enter, + and -,
    Alt with arrows, Delete, L and B.
    """

    add_requested = Signal(object)
    """A Cell."""
    remove_requested = Signal(object)
    """A Hit."""
    velocity_requested = Signal(object, int)
    """The Hit before, and the velocity."""
    offset_requested = Signal(object, int)
    """The Hit before, and the ticks from the start of its cell."""
    move_requested = Signal(object, object)
    """The Hit before, and a Cell."""
    lock_voice_requested = Signal(int)
    """A row."""
    lock_bar_requested = Signal(int)
    """The index of a bar."""
    cursor_described = Signal(str)
    """A description of what is under the cursor or being dragged."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._drag: _Drag | None = None
        self._dragged: Hit | None = None
        self._label = ""
        self.cell_of: Callable[[int], int] = self.step_at
        """The start of the cell that a hit at some ticks belongs to."""

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if event.button() == Qt.MouseButton.RightButton:
            self._lock_at(position)
        elif event.button() == Qt.MouseButton.LeftButton and not self.is_head(position.x()):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            hit = self.hit_at(position)
            cell = self.cell_at(position)
            self._drag = _Drag(position, hit, cell)
            self.set_selected(hit)
            if hit is not None:
                cell = Cell(hit.row, self.cell_of(hit.start_ticks))
            self.set_cursor(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None:
            over = self.hit_at(event.position())
            self.setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)
            return
        if drag.hit is None:
            return
        way = event.position() - drag.start
        if not drag.changes and max(abs(way.x()), abs(way.y())) >= DRAG_PIXELS:
            is_sideways = abs(way.x()) > abs(way.y())
            with_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            drag.changes = VELOCITY if not is_sideways else OFFSET if with_alt else CELL
        if drag.changes:
            self._show_drag(drag.hit, self._dragged_to(drag, way))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._drag is None:
            return
        drag, moved = self._drag, self._dragged
        self._drag = self._dragged = None
        self._label = ""
        if drag.changes and drag.hit is not None and moved is not None:
            self._tell(drag.hit, moved, drag.changes)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            pass  # a move that was too short
        elif not drag.changes and drag.hit is not None:
            self.remove_requested.emit(drag.hit)
        elif drag.hit is None and drag.cell is not None and self.cell_at(event.position()) == drag.cell:
            self.add_requested.emit(drag.cell)
        self.update()

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        cell = self.cursor_cell or Cell(0, self.axis.first_ticks)
        hit = self.hit_in(cell)
        with_alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        with_control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if key == Qt.Key.Key_Escape and self._drag is not None:
            self._abandon()
        elif with_alt and key in _SIDEWAYS and hit is not None:
            offset = hit.start_ticks - cell.start_ticks
            step = max(1, round(self.axis.step_ticks * OFFSET_KEY_SHARE))
            self.offset_requested.emit(hit, offset + _SIDEWAYS[key] * step)
        elif key in _SIDEWAYS and not with_alt:
            self._go(cell.row, self._stepped(cell.start_ticks, _SIDEWAYS[key], by_bar=with_control))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not with_alt:
            row = cell.row + (1 if key == Qt.Key.Key_Down else -1)
            self._go(min(len(self.rows) - 1, max(0, row)), cell.start_ticks)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            end = self.axis.end_ticks - 1
            self._go(cell.row, self.axis.first_ticks if key == Qt.Key.Key_Home else self.step_at(end))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.add_requested if hit is None else self.remove_requested).emit(cell if hit is None else hit)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and hit is not None:
            self.remove_requested.emit(hit)
        elif key in _LOUDER and hit is not None:
            self.velocity_requested.emit(hit, min(127, max(1, hit.velocity + _LOUDER[key])))
        elif key == Qt.Key.Key_L and not with_control:
            self.lock_voice_requested.emit(cell.row)
        elif key == Qt.Key.Key_B and not with_control:
            self.lock_bar_requested.emit(self.axis.bar_at(cell.start_ticks))
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.cursor_cell is None:
            self.set_cursor(Cell(0, self.step_at(max(self.axis.first_ticks, self.axis.shown_ticks[0]))))
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._abandon()
        super().focusOutEvent(event)
        self.update()

    # Positions

    def hit_in(self, cell: Cell) -> Hit | None:
        """The first hit in a cell."""
        return next(
            (
                hit
                for hit in self.hits
                if hit.row == cell.row and self.cell_of(hit.start_ticks) == cell.start_ticks
            ),
            None,
        )

    def describe(self, row: int, ticks: int, hit: Hit | None) -> str:
        index = self.axis.bar_at(ticks)
        into = ticks - self.axis.bars[index].start_ticks
        beat, step = into // self.axis.beat_ticks + 1, into % self.axis.beat_ticks // self.axis.step_ticks + 1
        where = f"{self.rows[row].capitalize()}, {index + 1}.{beat}.{step}"
        if hit is None:
            return f"{where}: empty"
        off = hit.start_ticks - self.cell_of(hit.start_ticks)
        shift = f", {abs(off)} ticks {'late' if off > 0 else 'early'}" if off else ""
        return f"{where}: velocity {hit.velocity}{shift}"

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        super().paint_live(painter, rect)
        if self._dragged is None or not self._label:
            return
        skin = theme()
        painter.setFont(font(SMALL_TEXT, bold=True))
        width = painter.fontMetrics().horizontalAdvance(self._label) + 12
        at = self.hit_rect(self._dragged)
        left = min(at.right() + 6, self.width() - width - 2.0)
        top = min(max(2.0, at.center().y() - 11), self.height() - 24.0)
        area = QRectF(left, top, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(skin.text))
        painter.drawRoundedRect(area, 4, 4)
        painter.setPen(QColor(skin.ground))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self._label)

    def _dragged_to(self, drag: _Drag, way: QPointF) -> Hit:
        hit = drag.hit
        assert hit is not None
        if drag.changes == VELOCITY:
            velocity = round(hit.velocity - way.y() * VELOCITY_PER_PIXEL)
            return replace(hit, velocity=min(127, max(1, velocity)))
        ticks = round(way.x() / self.axis.pixels_per_tick)
        cell = self.cell_of(hit.start_ticks)
        offset = hit.start_ticks - cell
        if drag.changes == OFFSET:
            step = self.axis.step_ticks
            limit, scale = step * 5 // 12, max(self.axis.pixels_per_tick, OFFSET_PIXELS / step)
            ticks = round(way.x() / scale)
            return replace(hit, start_ticks=max(0, cell + min(limit, max(-limit, offset + ticks))))
        middle = cell + ticks + self.axis.step_ticks // 2
        there = self.step_at(min(self.axis.end_ticks - 1, max(self.axis.first_ticks, middle)))
        return replace(hit, start_ticks=max(0, there + offset))

    def _show_drag(self, before: Hit, after: Hit) -> None:
        shown = self._dragged or before
        if after == shown:
            return
        self._dragged = after
        self.set_hits([after if hit is shown else hit for hit in self.hits])
        self.set_selected(after)
        cell = self.cell_of(after.start_ticks)
        off = after.start_ticks - cell
        drag = self._drag
        what = drag.changes if drag else ""
        self._label = str(after.velocity) if what == VELOCITY else f"{off:+d}" if what == OFFSET else ""
        self.cursor_described.emit(self.describe(after.row, cell, after))

    def _tell(self, before: Hit, after: Hit, what: str) -> None:
        if after == before:
            return
        cell = self.cell_of(after.start_ticks)
        if what == VELOCITY:
            self.velocity_requested.emit(before, after.velocity)
        elif what == OFFSET:
            self.offset_requested.emit(before, after.start_ticks - self.cell_of(before.start_ticks))
        else:
            self.set_cursor(Cell(after.row, cell))
            self.move_requested.emit(before, Cell(after.row, cell))

    def _abandon(self) -> None:
        drag, dragged = self._drag, self._dragged
        self._drag = self._dragged = None
        self._label = ""
        if drag is not None and drag.hit is not None and dragged is not None:
            self.set_hits([drag.hit if hit is dragged else hit for hit in self.hits])
            self.set_selected(None)

    def _lock_at(self, position: QPointF) -> None:
        row, ticks = self.row_at(position.y()), self.ticks_at(position.x())
        if self.is_head(position.x()):
            if row is not None:
                self.lock_voice_requested.emit(row)
        elif self.axis.first_ticks <= ticks < self.axis.end_ticks:
            self.lock_bar_requested.emit(self.axis.bar_at(ticks))

    def _go(self, row: int, ticks: int) -> None:
        cell = Cell(row, ticks)
        self.set_cursor(cell)
        hit = self.hit_in(cell)
        self.set_selected(hit)
        self.axis.reveal(ticks)
        self.cursor_described.emit(self.describe(row, ticks, hit))

    def _stepped(self, ticks: int, steps: int, *, by_bar: bool) -> int:
        first, last = self.axis.first_ticks, self.axis.end_ticks - 1
        if by_bar:
            index = self.axis.bar_at(ticks) + steps
            return self.axis.bars[min(len(self.axis.bars) - 1, max(0, index))].start_ticks
        there = ticks - 1 if steps < 0 else ticks + self.axis.step_ticks
        return self.step_at(min(last, max(first, there)))


LOOP_DRAG_PIXELS = 6


class BarRuler(Ruler):
    """Bar numbers: click to play from there, drag to loop, right-click to lock a bar."""

    seek_requested = Signal(float)
    """Ticks."""
    loop_requested = Signal(int, int)
    """First bar, and first bar after the loop."""
    lock_bar_requested = Signal(int)

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self._loop: tuple[int, int] | None = None
        self._pressed: QPointF | None = None
        self._drawn: tuple[int, int] | None = None
        self.setToolTip("Click: play from there. Drag: loop these bars. Right-click: lock a bar")

    def set_loop(self, bars: tuple[int, int] | None) -> None:
        """Show bars as looped, from the first up to the second, not included."""
        self._loop = bars
        self.update()

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        loop = self._drawn or self._loop
        skin = theme()
        if loop is not None:
            bars = self.axis.bars
            left = max(float(self.head_width), self.x_at(bars[loop[0]].start_ticks))
            right = self.x_at(bars[min(loop[1], len(bars)) - 1].end_ticks)
            if right > left:
                painter.fillRect(QRectF(left, self.height() - 4, right - left, 4), QColor(skin.accent))
        ticks = self.playhead_ticks
        if ticks is not None and (x := self.x_at(ticks)) >= self.head_width:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.text))
            painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, 7)]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() < self.head_width:
            return
        if event.button() == Qt.MouseButton.RightButton:
            self.lock_bar_requested.emit(self._bar(event.position()))
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and abs(event.position().x() - self._pressed.x()) >= LOOP_DRAG_PIXELS:
            first, last = sorted((self._bar(self._pressed), self._bar(event.position())))
            self._drawn = (first, last + 1)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn, self._drawn, self._pressed = self._drawn, None, None
        if drawn is not None:
            self.loop_requested.emit(*drawn)
        else:
            end = float(self.axis.end_ticks)
            self.seek_requested.emit(min(end, max(0.0, self.ticks_at(event.position().x()))))
        self.update()

    def _bar(self, position: QPointF) -> int:
        return self.axis.bar_at(self.ticks_at(position.x()))


class Edit(Protocol):
    """Edits the current clip; `label` names the undo step, and `joined` edits are one step."""

    def __call__(self, label: str, change: Change, *, joined: bool = False) -> None: ...


class GridEdits:
    """Turns requests of grid and ruler into edits; `clip` returns the current clip, `say` shows a sentence."""

    def __init__(
        self,
        grid: EditingGrid,
        ruler: BarRuler,
        edit: Edit,
        clip: Callable[[], ClipDocument | None],
        say: Callable[[str], None],
    ) -> None:
        self._edit, self._clip, self._say = edit, clip, say
        grid.add_requested.connect(self.add)
        grid.remove_requested.connect(self.remove)
        grid.velocity_requested.connect(self.set_velocity)
        grid.offset_requested.connect(self.set_offset)
        grid.move_requested.connect(self.move)
        grid.lock_voice_requested.connect(self.lock_voice)
        grid.lock_bar_requested.connect(self.lock_bar)
        grid.cursor_described.connect(say)
        ruler.lock_bar_requested.connect(self.lock_bar)

    def add(self, cell: Cell) -> None:
        if cell.row >= len(VOICES):
            self._say("Percussion outside the kit can be edited here, but not added.")
            return
        self._edit(f"add {VOICES[cell.row]}", lambda clip: edits.add_hit(clip, cell.row, cell.start_ticks))

    def remove(self, hit: Hit) -> None:
        self._of_hit("remove hit", hit, lambda clip, note: edits.remove_hits(clip, [note]))

    def set_velocity(self, hit: Hit, velocity: int) -> None:
        self._of_hit("velocity", hit, lambda clip, note: edits.set_velocity(clip, [note], velocity))

    def set_offset(self, hit: Hit, offset_ticks: int) -> None:
        self._of_hit("micro-timing", hit, lambda clip, note: edits.set_offset(clip, [note], offset_ticks))

    def move(self, hit: Hit, cell: Cell) -> None:
        if hit.row < len(VOICES):
            self._of_hit(
                "move hit", hit, lambda clip, note: edits.move_hit(clip, note, cell.row, cell.start_ticks)
            )

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

    def _of_hit(self, label: str, hit: Hit, change: Callable[[ClipDocument, Note], ClipDocument]) -> None:
        clip = self._clip()
        place = hit.tag, hit.start_ticks
        notes = clip.drums.notes if clip else ()
        note = next((note for note in notes if (note.pitch, note.start_ticks) == place), None)
        if note is not None:
            self._edit(label, lambda clip: change(clip, note))
