"""The plan of the take as a strip above the grid: sections, energy, fills, stops and crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QSizePolicy

from musegen_daw.clips.plan_edits import section_at, section_name, sections_of
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.widgets.plain import caption, set_name
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, mixed, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import TimeStrip

LEAST_HEIGHT, HEIGHT = 26, 46
EDGE_PIXELS = 6
_TEXT_HEIGHT = 17
_HEIGHT_WITH_TEXT = 38  # below it the names stand on the bars
_LEAST_FOR_TEXT = 22
_HUES = ("ride", "low tom", "closed hat", "snare", "crash", "kick")
"""Sections take turns with the colours of these voices."""

FILL_KEY, CRASH_KEY, STOP_KEY, AGAIN_KEY = "F", "C", "X", "G"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the menu: its text, its key, and what it does for a bar; a line without either is a separator."""

    text: str = ""
    key: str = ""
    wanted: Callable[[int], None] | None = None
    is_possible: bool = True


class PlanStrip(TimeStrip):
    """Click: select a section. Double-click: add or remove a fill. Drag an edge: move it. Right-click: all else.

    Signals carry indices of bars; `edge_moved` those of the start of a section and of where it was moved to, and
    `copy_wanted` those of any bar of the section to copy and of the one to copy it to.
    """

    section_chosen = Signal(int)
    """A bar of the section, -1 for the whole take."""
    fill_wanted = Signal(int, bool)
    stop_wanted = Signal(int, bool)
    crash_wanted = Signal(int, bool)
    edge_moved = Signal(int, int)
    section_begun = Signal(int)
    section_joined = Signal(int)
    again_wanted = Signal(int)
    style_wanted = Signal(int)
    copy_wanted = Signal(int, int)
    described = Signal(str)

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis)
        self._plan = Plan()
        self._cursor = 0
        self._chosen: range | None = None
        self._edge: int | None = None
        self._edge_there: int | None = None
        self._names: tuple[str, ...] = ()
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setMaximumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_name(self, "Plan")
        self.hide()
        self.setToolTip(
            "Click: select a section. Double-click: add or remove a fill. Drag an edge to move it. "
            "Right-click: styles, crashes, stops and more"
        )

    @property
    def chosen(self) -> range | None:
        """The bars of the selected section, None for the whole take."""
        return self._chosen

    @property
    def cursor_bar(self) -> int:
        return self._cursor

    def show_plan(self, plan: Plan, chosen: range | None, names: tuple[str, ...] = ()) -> None:
        """Show another plan or selection; `names` are those of the sections, by default letters."""
        if (plan, chosen, names) == (self._plan, self._chosen, self._names):
            return
        self._plan, self._chosen, self._names = plan, chosen, names
        self._cursor = min(self._cursor, max(0, len(plan) - 1))
        self.setVisible(len(plan) > 0)
        self.setAccessibleDescription(_summary(plan))
        self.redraw()

    def name_at(self, bar: int) -> str:
        """The name of the section of a bar."""
        number = next(index for index, bars in enumerate(sections_of(self._plan)) if bar in bars)
        return self._names[number] if number < len(self._names) else section_name(self._plan, bar)

    def sizeHint(self) -> QSize:
        return QSize(640, HEIGHT)

    @property
    def bars_top(self) -> int:
        """Where the bars begin, below the names of sections."""
        return _TEXT_HEIGHT if self.height() >= _HEIGHT_WITH_TEXT else 0

    def bar_rect(self, bar: int) -> QRectF:
        own = self.axis.bars[bar]
        left, right = self.x_at(own.start_ticks), self.x_at(own.end_ticks)
        return QRectF(left, 0, right - left, self.height())

    # Painting

    def paint_music(self, painter: QPainter) -> None:
        skin = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        start, end = self.axis.shown_ticks
        if len(self._plan) == len(self.axis.bars):
            for number, bars in enumerate(sections_of(self._plan)):
                first, last = self.axis.bars[bars.start], self.axis.bars[bars.stop - 1]
                if first.start_ticks < end and last.end_ticks > start:
                    self._paint_section(painter, number, bars)
        painter.fillRect(0, 0, self.head_width, self.height(), QColor(skin.ground))
        painter.setPen(QColor(skin.dim))
        painter.setFont(font(SMALL_TEXT))
        head = QRectF(0, 4, self.head_width - 8, self.height() - 8)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), "plan")

    def _paint_section(self, painter: QPainter, number: int, bars: range) -> None:
        skin = theme()
        colour = skin.hits[VOICES.index(_HUES[number % len(_HUES)])]
        is_chosen = self._chosen is None or bars == self._chosen
        for bar in bars:
            self._paint_bar(painter, bar, colour if is_chosen else mixed(colour, skin.panel, 0.45))
        area = self.bar_rect(bars.start).united(self.bar_rect(bars.stop - 1))
        left = max(area.left(), float(self.head_width))
        painter.setPen(QPen(QColor(skin.dim), 1.5))
        if area.left() >= self.head_width:
            painter.drawLine(QPointF(area.left() + 0.5, 0), QPointF(area.left() + 0.5, self.height()))
        words = self.name_at(bars.start)
        styles = {self._plan[bar].style for bar in bars} - {""}
        if styles:
            words += f"  {min(styles)}"
        if area.right() - left > _LEAST_FOR_TEXT:
            painter.setFont(font(SMALL_TEXT, bold=True))
            painter.setPen(QColor(skin.text))
            room = QRectF(left + 5, 1, area.right() - left - 8, _TEXT_HEIGHT)
            shown = painter.fontMetrics().elidedText(
                words, Qt.TextElideMode.ElideRight, max(0, round(room.width()))
            )
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def _paint_bar(self, painter: QPainter, bar: int, colour: str) -> None:
        skin = theme()
        own, area = self._plan[bar], self.bar_rect(bar)
        if area.right() < self.head_width or area.left() > self.width():
            return
        top = self.bars_top
        inner = QRectF(area.left() + 1, top + 1, area.width() - 2, self.height() - top - 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(colour, skin.panel, 0.18)))
        painter.drawRect(inner)
        if own.kind is BarKind.STOP:
            painter.setPen(QPen(QColor(skin.dim), 1.5))
            middle = inner.center().y()
            painter.drawLine(QPointF(inner.left() + 4, middle), QPointF(inner.right() - 4, middle))
            return
        height = max(3.0, inner.height() * own.energy)
        painter.setBrush(QColor(mixed(colour, skin.panel, 0.35 + 0.55 * own.density)))
        painter.drawRect(QRectF(inner.left(), inner.bottom() - height, inner.width(), height))
        painter.setBrush(QColor(skin.text))
        if own.kind is BarKind.FILL:
            top, foot = inner.top() + 3, inner.bottom() - 2
            left = max(inner.left() + 2, inner.right() - 26)
            painter.drawPolygon(
                QPolygonF(
                    [QPointF(left, foot), QPointF(inner.right() - 3, top), QPointF(inner.right() - 3, foot)]
                )
            )
        if own.crash:
            at = QPointF(inner.left() + 7, inner.top() + 8)
            painter.setPen(QPen(QColor(skin.text), 1.6))
            for x, y in ((5, 0), (0, 5), (3.5, 3.5), (3.5, -3.5)):
                painter.drawLine(at - QPointF(x, y), at + QPointF(x, y))

    def paint_live(self, painter: QPainter, rect: QRect) -> None:
        skin = theme()
        if len(self._plan) != len(self.axis.bars):
            return
        painter.setClipRect(rect.intersected(QRect(self.head_width, 0, self.width(), self.height())))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._chosen is not None:
            area = self.bar_rect(self._chosen.start).united(self.bar_rect(self._chosen.stop - 1))
            painter.setPen(QPen(QColor(skin.accent), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(QColor(skin.text), 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.bar_rect(self._cursor).adjusted(2, self.bars_top, -2, -2))
        if self._edge_there is not None:
            x = self.x_at(self.axis.bars[self._edge_there].start_ticks)
            painter.setPen(QPen(QColor(skin.accent), 3))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or event.position().x() < self.head_width:
            if event.button() == Qt.MouseButton.LeftButton:
                self.section_chosen.emit(-1)
            return
        edge = self._edge_at(event.position().x())
        if edge is not None:
            self._edge = self._edge_there = edge
            return
        bar = self._bar_at(event.position())
        self._go(bar)
        self.section_chosen.emit(-1 if self._chosen is not None and bar in self._chosen else bar)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._edge is not None:
            before, after = section_at(self._plan, self._edge - 1), section_at(self._plan, self._edge)
            ticks = self.ticks_at(event.position().x())
            near = self.axis.bar_at(ticks)
            own = self.axis.bars[near]
            there = near + (ticks - own.start_ticks > own.length_ticks / 2)
            self._edge_there = min(max(there, before.start + 1), after.stop - 1)
            self.update()
            return
        on_edge = self._edge_at(event.position().x()) is not None
        self.setCursor(Qt.CursorShape.SplitHCursor if on_edge else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        edge, there = self._edge, self._edge_there
        self._edge = self._edge_there = None
        if edge is not None and there is not None and there != edge:
            self.edge_moved.emit(edge, there)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() >= self.head_width:
            self._toggle_fill(self._bar_at(event.position()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not len(self._plan):
            return
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        bar = self._bar_at(QPointF(event.pos())) if by_mouse else self._cursor
        self._go(bar)
        menu = self.menu_of(bar)
        menu.popup(event.globalPos() if by_mouse else self.mapToGlobal(self.bar_rect(bar).center().toPoint()))

    def menu_of(self, bar: int) -> QMenu:
        """What can be done with a bar and its section."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for entry in self._entries(bar):
            if not entry.text:
                menu.addSeparator()
                continue
            action = QAction(caption(entry.text), menu)
            if entry.key:
                action.setShortcut(QKeySequence(entry.key))
                action.setShortcutVisibleInContextMenu(True)
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setEnabled(entry.is_possible)
            action.triggered.connect(lambda _checked=False, entry=entry: entry.wanted and entry.wanted(bar))
            menu.addAction(action)
        own = section_at(self._plan, bar)
        others = [bars for bars in sections_of(self._plan) if bars != own]
        copies = menu.addMenu(f"Copy section {caption(self.name_at(bar))} to")
        copies.setEnabled(bool(others))
        for bars in others:
            copies.addAction(
                f"Section {caption(self.name_at(bars.start))}",
                lambda there=bars.start: self.copy_wanted.emit(bar, there),
            )
        return menu

    def _entries(self, bar: int) -> list[_Entry]:
        own, section = self._plan[bar], section_at(self._plan, bar)
        name = self.name_at(bar)
        is_fill, is_stop = own.kind is BarKind.FILL, own.kind is BarKind.STOP
        return [
            _Entry(f"{'Remove' if is_fill else 'Add'} fill in bar {bar + 1}", FILL_KEY, self._toggle_fill),
            _Entry(
                f"{'Remove' if own.crash else 'Add'} crash on bar {bar + 1}",
                CRASH_KEY,
                self._toggle_crash,
                not is_stop,
            ),
            _Entry(f"{'Play' if is_stop else 'Stop in'} bar {bar + 1}", STOP_KEY, self._toggle_stop),
            _Entry(),
            _Entry(f"Style of section {name}…", "", self.style_wanted.emit),
            _Entry(f"Write section {name} again", AGAIN_KEY, self.again_wanted.emit),
            _Entry(),
            _Entry(f"Begin a section at bar {bar + 1}", "", self.section_begun.emit, bar != section.start),
            _Entry(
                f"Join section {name} with the one before", "", self.section_joined.emit, section.start > 0
            ),
        ]

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, bar = Qt.Key(event.key()), self._cursor
        plain = not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        keys: dict[Qt.Key, Callable[[int], None]] = {
            Qt.Key.Key_F: self._toggle_fill,
            Qt.Key.Key_C: self._toggle_crash,
            Qt.Key.Key_X: self._toggle_stop,
            Qt.Key.Key_G: self.again_wanted.emit,
        }
        if not len(self._plan) or not plain:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._go(bar + (1 if key == Qt.Key.Key_Right else -1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else len(self._plan) - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.section_chosen.emit(-1 if self._chosen is not None and bar in self._chosen else bar)
        elif key in keys:
            keys[key](bar)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _toggle_fill(self, bar: int) -> None:
        self.fill_wanted.emit(bar, self._plan[bar].kind is not BarKind.FILL)

    def _toggle_stop(self, bar: int) -> None:
        self.stop_wanted.emit(bar, self._plan[bar].kind is not BarKind.STOP)

    def _toggle_crash(self, bar: int) -> None:
        self.crash_wanted.emit(bar, not self._plan[bar].crash)

    def _go(self, bar: int) -> None:
        self._cursor = min(len(self._plan) - 1, max(0, bar))
        self.axis.reveal(self.axis.bars[self._cursor].start_ticks)
        self.described.emit(
            f"Section {self.name_at(self._cursor)}, bar {self._cursor + 1}: {words_for(self._plan[self._cursor])}"
        )
        self.update()

    def _bar_at(self, position: QPointF | QPoint) -> int:
        return min(len(self._plan) - 1, self.axis.bar_at(self.ticks_at(position.x())))

    def _edge_at(self, x: float) -> int | None:
        """The first bar of the section whose edge is near `x`; the first section has none."""
        if x < self.head_width:
            return None
        for bars in sections_of(self._plan)[1:]:
            if abs(self.x_at(self.axis.bars[bars.start].start_ticks) - x) <= EDGE_PIXELS:
                return bars.start
        return None


def words_for(own: BarPlan) -> str:
    """A bar of a plan in words, such as "fill with a crash, energy 60 %, density 40 %"."""
    if own.kind is BarKind.STOP:
        return "the drums stop"
    crash = " with a crash" if own.crash else ""
    kind = (
        f"as {own.repeats} {'bar' if own.repeats == 1 else 'bars'} before" if own.repeats else own.kind.value
    )
    return f"{kind}{crash}, energy {own.energy:.0%}, density {own.density:.0%}"


def _summary(plan: Plan) -> str:
    sections, fills = len(sections_of(plan)), sum(bar.kind is BarKind.FILL for bar in plan)
    return f"{sections} {'section' if sections == 1 else 'sections'}, {fills} {'fill' if fills == 1 else 'fills'}"
