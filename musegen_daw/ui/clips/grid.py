"""The drum grid of the Clips panel, with mouse and keyboard editing; it requests edits and makes none."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
)

from musegen_daw.clips.clipboard import MIME_TYPE
from musegen_daw.ui.clips.grid_commands import Do, command_of
from musegen_daw.ui.clips.grid_drag import DRAG_PIXELS, Changes, HitDrag, Marquee
from musegen_daw.ui.clips.grid_menu import BAR_MENU, GROUND_MENU, VOICE_MENU, MenuState, pop_up
from musegen_daw.ui.clips.row_heads import ROW_HEIGHT, RowHeads, RowState
from musegen_daw.ui.widgets.drum_grid import Cell, DrumGrid, Hit
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis

VELOCITY_KEY_STEP, VELOCITY_KEY_LEAP = 4, 16
OFFSET_KEY_SHARE = 1 / 12
LEVEL_KEY_PERCENT = 5
SCROLL_PIXELS = 24

_LOUDER = {
    Do.LOUDER: VELOCITY_KEY_STEP,
    Do.SOFTER: -VELOCITY_KEY_STEP,
    Do.MUCH_LOUDER: VELOCITY_KEY_LEAP,
    Do.MUCH_SOFTER: -VELOCITY_KEY_LEAP,
}
_NUDGES = {Do.EARLIER: -1, Do.LATER: 1}
_MOVES = {Do.CELL_LEFT: (-1, 0), Do.CELL_RIGHT: (1, 0), Do.VOICE_UP: (0, -1), Do.VOICE_DOWN: (0, 1)}
_OF_HITS = frozenset({Do.CUT, Do.COPY, Do.DUPLICATE, Do.DELETE, *_LOUDER, *_NUDGES, *_MOVES})
_STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier

Place = tuple[int, int]
"""The tag and the ticks of a hit, by which it is found again after an edit."""


class EditingGrid(DrumGrid):
    """Turns mouse and keyboard into requests by signals; a drag is shown live and requested once.

    A click adds and removes a hit. Dragging a hit up and down sets its velocity, sideways its cell, with Alt its
    timing; dragging empty ground selects, and Shift or Ctrl adds to the selection. What is selected changes together.
    `grid_commands` has the keys, a right-click shows them.
    """

    add_requested = Signal(object)
    """A Cell."""
    remove_requested = Signal(object)
    """The Hits."""
    velocities_requested = Signal(object)
    """A velocity for each Hit."""
    offsets_requested = Signal(object, int)
    """The Hits, and the ticks by which they move within their cells."""
    move_requested = Signal(object, int, int)
    """The Hits, and the ticks and rows by which they move."""
    copy_requested = Signal(bool)
    """Copy the selected bars, else the hits; whether they are cut."""
    paste_requested = Signal(bool)
    """Paste at the cursor; whether only on its row, at the time they were copied from."""
    duplicate_requested = Signal()
    lock_voice_requested = Signal(int)
    """A row."""
    lock_bar_requested = Signal(int)
    """The index of a bar."""
    mute_requested = Signal(int)
    solo_requested = Signal(int)
    level_requested = Signal(int, int, bool)
    """A row, a level in percent, and whether it goes on from the one before."""
    lane_toggled = Signal()
    cursor_described = Signal(str)
    """A description of what is under the cursor or being dragged, or of the selection."""
    looks_changed = Signal()
    """Hits, cursor or selection are others."""

    def __init__(self, axis: TimeAxis) -> None:
        self._drag: HitDrag | Marquee | None = None
        self._before: tuple[Hit, ...] = ()
        self._places: frozenset[Place] = frozenset()
        self._bars: tuple[int, int] | None = None
        self._anchor: Cell | None = None
        self._label = ""
        self._has_lane = True
        super().__init__(axis)
        self.heads = RowHeads(self)
        self.cell_of: Callable[[int], int] = self.step_at
        """The start of the cell that a hit at some ticks belongs to."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setToolTip(
            plain_tip(
                "Click: add or remove a hit. Drag a hit: velocity, sideways another cell, with Alt its timing. "
                "Drag the ground, or click with Shift: select. Right-click: all commands and keys"
            )
        )
        self.heads.mute_requested.connect(self.mute_requested)
        self.heads.solo_requested.connect(self.solo_requested)
        self.heads.lock_requested.connect(self.lock_voice_requested)
        self.heads.level_requested.connect(self.level_requested)
        self.heads.chosen.connect(self._choose_row)
        self.heads.voice_chosen.connect(self.select_row)
        self.heads.menu_requested.connect(self._show_voice_menu)

    # Content

    def set_hits(self, hits: Sequence[Hit]) -> None:
        if isinstance(self._drag, HitDrag):
            self._drag, self._label = None, ""  # what was dragged may be gone
        super().set_hits(hits)
        if self._places:
            self._select_again()
        self._describe_all()
        self.looks_changed.emit()

    def set_cursor(self, cell: Cell | None) -> None:
        super().set_cursor(cell)
        self._anchor = None
        self._describe_all()
        self.looks_changed.emit()

    def show_rows(self, rows: Sequence[RowState]) -> None:
        """Show mutes, solos, levels and locks of the rows, and others where the names are others."""
        names = tuple(row.name for row in rows)
        if names != self.rows:
            self.set_rows(names)
        self.heads.show_rows(rows)
        self.set_muted(frozenset(index for index, row in enumerate(rows) if not row.is_heard))

    def set_muted(self, rows: frozenset[int]) -> None:
        if rows != self._muted_rows:
            super().set_muted(rows)

    def set_has_lane(self, is_shown: bool) -> None:
        """Whether the velocity lane is shown, for the menu."""
        self._has_lane = is_shown

    # Selection

    @property
    def selected_bars(self) -> tuple[int, int] | None:
        """The first selected bar and the first after them, where whole bars were selected."""
        return self._bars

    @property
    def targets(self) -> tuple[Hit, ...]:
        """What a command is about: the selected hits, else the one under the cursor."""
        if self.selected or self._cursor is None:
            return self.selected
        hit = self.hit_in(self._cursor)
        return (hit,) if hit is not None else ()

    def select(self, hits: Iterable[Hit], bars: tuple[int, int] | None = None) -> None:
        """Select hits in place of those before, and say how many."""
        self._bars = bars
        self.select_places(frozenset((hit.tag, hit.start_ticks) for hit in hits))
        self.cursor_described.emit(self.describe_selection())

    def select_places(self, places: frozenset[Place]) -> None:
        """Select the hits at some places, without a word; whole bars stay selected."""
        self._places = places
        self._select_again()
        self._describe_all()
        self.looks_changed.emit()

    def select_row(self, row: int) -> None:
        self.select(hit for hit in self.hits if hit.row == row)

    def select_bars(self, first: int, end: int) -> None:
        """Select the bars from index `first` up to `end`, not included, with the hits in them."""
        bars = self.axis.bars[first:end]
        start, stop = bars[0].start_ticks, bars[-1].end_ticks
        self.set_cursor(Cell(self._cursor.row if self._cursor else 0, start))
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.select((hit for hit in self.hits if start <= self.cell_of(hit.start_ticks) < stop), (first, end))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if event.button() != Qt.MouseButton.LeftButton or self.is_head(position.x()):
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        hit, cell = self.hit_at(position), self.cell_at(position)
        is_adding = bool(event.modifiers() & (_SHIFT | _CTRL))
        if hit is not None:
            cell = Cell(hit.row, self.cell_of(hit.start_ticks))
            is_selected = (hit.tag, hit.start_ticks) in self._places
            self._drag = HitDrag(position, hit, self.selected if is_selected else (hit,))
            self._before = self.hits
        else:
            ticks = self.ticks_at(position.x())
            before = self.selected if is_adding else ()
            self._drag = Marquee(ticks, position.y(), before, ticks, position.y())
        self.set_cursor(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None:
            over = self.hit_at(event.position())
            self.setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)
        elif isinstance(drag, Marquee):
            self._draw_marquee(drag, event.position())
        else:
            way = event.position() - drag.start
            if drag.begin(way, with_alt=bool(event.modifiers() & _ALT)):
                drag.drag_to(way, self.axis, self.cell_of)
                self._show_drag(drag)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._drag is None:
            return
        drag, self._drag, self._label = self._drag, None, ""
        modifiers = event.modifiers()
        if isinstance(drag, Marquee):
            cell = self.cursor_cell
            is_click = not drag.is_drawn and not modifiers & (_SHIFT | _CTRL)
            if is_click and cell is not None and self.cell_at(event.position()) == cell:
                self.select_places(frozenset())
                self._bars = None
                self.add_requested.emit(cell)
        elif drag.changes is not None:
            super().set_hits(self._before)
            self._tell(drag)
        elif modifiers & (_SHIFT | _CTRL):
            self._toggle(drag.lead)
        elif not modifiers & _ALT:  # with Alt, a move that was too short
            self.remove_requested.emit((drag.lead,))
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at, shown_at = QPointF(event.pos()), event.globalPos()
        cell = self.cursor_cell
        if event.reason() == QContextMenuEvent.Reason.Keyboard and cell is not None:
            at = self.cell_rect(cell).center()
            shown_at = self.mapToGlobal(at.toPoint())
        self._abandon()
        hit, cell = self.hit_at(at), self.cell_at(at)
        if cell is None:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.set_cursor(Cell(hit.row, self.cell_of(hit.start_ticks)) if hit is not None else cell)
        if hit is not None and self.selected and (hit.tag, hit.start_ticks) not in self._places:
            self.select(())
        self._pop_up(GROUND_MENU, shown_at)

    def show_bar_menu(self, bar: int, at: QPoint) -> None:
        """The menu of a bar at a global point; it is about the selected bars, if that is one of them."""
        if self._bars is None or not self._bars[0] <= bar < self._bars[1]:
            self.select_bars(bar, bar + 1)
        self.set_cursor(Cell(self._cursor.row if self._cursor else 0, self.axis.bars[bar].start_ticks))
        self._pop_up(BAR_MENU, at)

    # Keyboard

    def event(self, event: QEvent) -> bool:
        # Keys of the grid come before those of the panel, such as Ctrl+V for files, while they mean something here.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            do = command_of(event)
            if do is not None and not (do is Do.PASTE and not has_copied_hits()):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        do = command_of(event)
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if do is Do.SELECT_NONE and self._drag is not None:
            self._abandon()
        elif do is Do.SELECT_NONE and not self.selected and self._bars is None:
            super().keyPressEvent(event)
            return
        elif do in _MOVES and not self.selected:
            self._walk(Qt.Key(event.key()), modifiers)
        elif do is not None:
            self.carry_out(do)
        elif not self._walk(Qt.Key(event.key()), modifiers):
            super().keyPressEvent(event)
            return
        event.accept()

    def carry_out(self, do: Do) -> None:
        """Do what a key or the menu says, about the cursor and the selection."""
        cell = self.cursor_cell or Cell(0, self.axis.first_ticks)
        targets = self.targets
        if do in _OF_HITS and not targets and self._bars is None:
            self.cursor_described.emit("Nothing is selected, and there is no hit under the cursor.")
        elif do in _LOUDER:
            louder = {hit: min(127, max(1, hit.velocity + _LOUDER[do])) for hit in targets}
            self.velocities_requested.emit(louder)
        elif do in _NUDGES:
            step = max(1, round(self.axis.step_ticks * OFFSET_KEY_SHARE))
            self.offsets_requested.emit(targets, _NUDGES[do] * step)
        elif do in _MOVES:
            cells, rows = _MOVES[do]
            self.move_requested.emit(targets, cells * self.axis.step_ticks, rows)
        else:
            self._act(do, cell, targets)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.cursor_cell is None:
            self.set_cursor(Cell(0, self.step_at(max(self.axis.first_ticks, self.axis.shown_ticks[0]))))
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._abandon()
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, ROW_HEIGHT * len(self.rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.heads.setGeometry(0, 0, self.head_width, self.height())

    # Words

    def hit_in(self, cell: Cell) -> Hit | None:
        """The first hit in a cell."""
        reach = self.axis.step_ticks
        first = bisect_left(self._starts, cell.start_ticks - reach)
        near = self.hits[first : bisect_right(self._starts, cell.start_ticks + reach)]
        of_row = (hit for hit in near if hit.row == cell.row)
        return next((hit for hit in of_row if self.cell_of(hit.start_ticks) == cell.start_ticks), None)

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

    def describe_selection(self) -> str:
        hits = self.selected
        count = "no hit" if not hits else "one hit" if len(hits) == 1 else f"{len(hits)} hits"
        if self._bars is not None:
            first, end = self._bars
            bars = f"Bar {end}" if end - first == 1 else f"Bars {first + 1} to {end}"
            return f"{bars} selected, with {count}"
        if not hits:
            return "Nothing selected"
        rows = {hit.row for hit in hits}
        return f"{count.capitalize()} selected" + (f", {self.rows[rows.pop()]}" if len(rows) == 1 else "")

    # Painting

    def paint_heads(self, painter: QPainter) -> None:
        """They are widgets."""

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        super().paint_live(painter, rect)
        drag = self._drag
        if isinstance(drag, Marquee) and drag.is_drawn:
            wash = QColor(theme().accent)
            painter.setPen(QPen(wash, 1))
            wash.setAlphaF(0.15)
            painter.setBrush(wash)
            painter.drawRect(drag.rect(self.x_at))
        elif isinstance(drag, HitDrag) and self._label:
            self._paint_label(painter, drag.shown(drag.lead, self.axis, self.cell_of))

    def _paint_label(self, painter: QPainter, hit: Hit) -> None:
        skin = theme()
        painter.setFont(font(SMALL_TEXT, bold=True))
        width = painter.fontMetrics().horizontalAdvance(self._label) + 12
        at = self.hit_rect(hit)
        left = min(at.right() + 6, self.width() - width - 2.0)
        top = min(max(2.0, at.center().y() - 11), self.height() - 24.0)
        area = QRectF(left, top, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(skin.text))
        painter.drawRoundedRect(area, 4, 4)
        painter.setPen(QColor(skin.ground))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self._label)

    # Drags

    def _show_drag(self, drag: HitDrag) -> None:
        changed = {id(hit): drag.shown(hit, self.axis, self.cell_of) for hit in drag.hits}
        super().set_hits([changed.get(id(hit), hit) for hit in self._before])
        self.set_selected(changed.values())
        lead = drag.shown(drag.lead, self.axis, self.cell_of)
        cell = self.cell_of(lead.start_ticks)
        off = lead.start_ticks - cell
        of_drag = {Changes.VELOCITY: str(lead.velocity), Changes.OFFSET: f"{off:+d}"}
        self._label = of_drag.get(drag.changes, "") if drag.changes is not None else ""
        self.cursor_described.emit(self.describe(lead.row, cell, lead))
        self.looks_changed.emit()

    def _tell(self, drag: HitDrag) -> None:
        self._select_again()
        self.looks_changed.emit()
        if not drag.amount:
            return
        if drag.changes is Changes.VELOCITY:
            shown = {hit: drag.shown(hit, self.axis, self.cell_of).velocity for hit in drag.hits}
            self.velocities_requested.emit(shown)
        elif drag.changes is Changes.OFFSET:
            self.offsets_requested.emit(drag.hits, drag.amount)
        else:
            cell = self.cell_of(drag.lead.start_ticks) + drag.amount
            self.set_cursor(Cell(drag.lead.row, cell))
            self.move_requested.emit(drag.hits, drag.amount, 0)

    def _abandon(self) -> None:
        drag, self._drag, self._label = self._drag, None, ""
        if isinstance(drag, HitDrag) and drag.changes is not None:
            super().set_hits(self._before)
            self._select_again()
            self.looks_changed.emit()
        elif isinstance(drag, Marquee) and drag.is_drawn:
            self.select(drag.before)
        self.update()

    def _draw_marquee(self, drag: Marquee, position: QPointF) -> None:
        if position.x() > self.width():
            self.axis.scroll(SCROLL_PIXELS)
        elif position.x() < self.head_width:
            self.axis.scroll(-SCROLL_PIXELS)
        x = min(max(position.x(), float(self.head_width)), float(self.width()))
        drag.end_ticks, drag.end_y = self.ticks_at(x), position.y()
        rect = drag.rect(self.x_at)
        drag.is_drawn = drag.is_drawn or max(rect.width(), rect.height()) >= DRAG_PIXELS
        if drag.is_drawn:
            near = self._near(rect.left(), rect.right())
            self.select(drag.selected([hit for hit in near if self.hit_rect(hit).intersects(rect)]))

    # Commands

    def _act(self, do: Do, cell: Cell, targets: tuple[Hit, ...]) -> None:
        bar = self.axis.bar_at(cell.start_ticks)
        row = self.heads.rows[cell.row] if cell.row < len(self.heads.rows) else RowState("")
        hit = self.hit_in(cell)
        acts: Mapping[Do, Callable[[], object]] = {
            Do.CUT: lambda: self.copy_requested.emit(True),
            Do.COPY: lambda: self.copy_requested.emit(False),
            Do.PASTE: lambda: self.paste_requested.emit(False),
            Do.PASTE_ON_VOICE: lambda: self.paste_requested.emit(True),
            Do.DUPLICATE: self.duplicate_requested.emit,
            Do.DELETE: lambda: self.remove_requested.emit(targets),
            Do.ADD_OR_REMOVE: lambda: (
                self.add_requested.emit(cell) if hit is None else self.remove_requested.emit((hit,))
            ),
            Do.SELECT_ALL: lambda: self.select(self.hits),
            Do.SELECT_NONE: lambda: self.select(()),
            Do.SELECT_VOICE: lambda: self.select_row(cell.row),
            Do.SELECT_BAR: lambda: self.select_bars(bar, bar + 1),
            Do.SELECT_HIT: lambda: self._toggle(hit) if hit is not None else None,
            Do.LOCK_VOICE: lambda: self.lock_voice_requested.emit(cell.row),
            Do.LOCK_BAR: lambda: self.lock_bar_requested.emit(bar),
            Do.MUTE: lambda: self.mute_requested.emit(cell.row),
            Do.SOLO: lambda: self.solo_requested.emit(cell.row),
            Do.LEVEL_UP: lambda: self._level(cell.row, row.level_percent + LEVEL_KEY_PERCENT),
            Do.LEVEL_DOWN: lambda: self._level(cell.row, row.level_percent - LEVEL_KEY_PERCENT),
            Do.LEVEL_RESET: lambda: self.level_requested.emit(cell.row, 100, False),
            Do.LANE: self.lane_toggled.emit,
        }
        acts[do]()

    def _level(self, row: int, percent: int) -> None:
        self.level_requested.emit(row, percent, True)

    def _pop_up(self, groups: Sequence[Sequence[Do]], at: QPoint) -> None:
        cell = self.cursor_cell or Cell(0, self.axis.first_ticks)
        bar = self.axis.bar_at(cell.start_ticks)
        row = self.heads.rows[cell.row] if cell.row < len(self.heads.rows) else RowState(self.rows[cell.row])
        switches = {
            Do.LOCK_BAR: bar in self._locked_bars,
            Do.LOCK_VOICE: row.is_locked,
            Do.MUTE: row.is_muted,
            Do.SOLO: row.is_soloed,
            Do.LANE: self._has_lane,
        }
        refused: set[Do] = set()
        if not self.targets and self._bars is None:
            refused |= _OF_HITS
        if not self.selected:
            refused |= _MOVES.keys()  # their keys then move the cursor
        if not has_copied_hits():
            refused |= {Do.PASTE, Do.PASTE_ON_VOICE}
        if not row.can_lock:
            refused |= {Do.LOCK_VOICE, Do.PASTE_ON_VOICE}
        done = frozenset(do for do, is_on in switches.items() if is_on)
        pop_up(self, groups, MenuState(row.name, bar, done, frozenset(refused)), self.carry_out, at)

    def _show_voice_menu(self, row: int, at: QPoint) -> None:
        self._choose_row(row)
        if not any(hit.row == row for hit in self.selected) or {hit.row for hit in self.selected} != {row}:
            self.select_row(row)
        self._pop_up(VOICE_MENU, at)

    def _choose_row(self, row: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        ticks = self.cursor_cell.start_ticks if self.cursor_cell else self.axis.first_ticks
        self._go(row, ticks)

    def _toggle(self, hit: Hit) -> None:
        place = hit.tag, hit.start_ticks
        self._bars = None
        self.select_places(self._places ^ {place})
        self.cursor_described.emit(self.describe_selection())

    def _select_again(self) -> None:
        """What of the selection is still there."""
        places = self._places
        hits = [hit for hit in self.hits if (hit.tag, hit.start_ticks) in places] if places else []
        self._places = frozenset((hit.tag, hit.start_ticks) for hit in hits)
        self.set_selected(hits)

    def _describe_all(self) -> None:
        """Let a screen reader say the hits, the cursor and the selection."""
        words = [f"{len(self.hits)} hits in {len(self.axis.bars)} bars"]
        cell = self.cursor_cell
        if cell is not None and cell.row < len(self.rows):
            words.append(self.describe(cell.row, cell.start_ticks, self.hit_in(cell)))
        if self.selected or self._bars is not None:
            words.append(self.describe_selection())
        self.setAccessibleDescription(". ".join(words))

    # Cursor

    def _walk(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Move the cursor by a key, with Shift selecting on the way; whether it was such a key."""
        cell = self.cursor_cell or Cell(0, self.axis.first_ticks)
        last = self.step_at(self.axis.end_ticks - 1)
        if key in _STEPS and not modifiers & _ALT:
            steps, rows = _STEPS[key]
            ticks = (
                self._stepped(cell.start_ticks, steps, by_bar=bool(modifiers & _CTRL))
                if steps
                else cell.start_ticks
            )
            there = Cell(min(len(self.rows) - 1, max(0, cell.row + rows)), ticks)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and not modifiers & _ALT:
            there = Cell(cell.row, self.axis.first_ticks if key == Qt.Key.Key_Home else last)
        else:
            return False
        anchor = self._anchor or cell
        self._go(there.row, there.start_ticks)
        if modifiers & _SHIFT:
            self._anchor = anchor
            self._select_between(anchor, there)
        return True

    def _select_between(self, one: Cell, other: Cell) -> None:
        first, last = sorted((one.start_ticks, other.start_ticks))
        top, bottom = sorted((one.row, other.row))
        reach = self.axis.step_ticks
        near = self.hits[bisect_left(self._starts, first - reach) : bisect_right(self._starts, last + reach)]
        self.select(
            hit for hit in near if top <= hit.row <= bottom and first <= self.cell_of(hit.start_ticks) <= last
        )

    def _go(self, row: int, ticks: int) -> None:
        cell = Cell(row, ticks)
        self.set_cursor(cell)
        self.axis.reveal(ticks)
        self.cursor_described.emit(self.describe(row, ticks, self.hit_in(cell)))

    def _stepped(self, ticks: int, steps: int, *, by_bar: bool) -> int:
        first, last = self.axis.first_ticks, self.axis.end_ticks - 1
        if by_bar:
            index = self.axis.bar_at(ticks) + steps
            return self.axis.bars[min(len(self.axis.bars) - 1, max(0, index))].start_ticks
        there = ticks - 1 if steps < 0 else ticks + self.axis.step_ticks
        return self.step_at(min(last, max(first, there)))


def has_copied_hits() -> bool:
    """Whether hits are what was copied last."""
    mime = QGuiApplication.clipboard().mimeData()
    return mime is not None and mime.hasFormat(MIME_TYPE)
