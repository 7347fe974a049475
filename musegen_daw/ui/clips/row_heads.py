"""The heads of the drum grid's rows: name, level, mute, solo and lock of each voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QToolTip, QWidget

from musegen_daw.clips.voice_mix import FULL_PERCENT, MAX_PERCENT
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.clips.grid_commands import Do, key_of
from musegen_daw.ui.widgets.drum_grid import paint_lock
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import SMALL_TEXT, font, mixed, theme

HEADS_WIDTH = 190
ROW_HEIGHT = 22
"""What a row wants, with buttons of 20 pixels; in a low window it is less."""
_BUTTON_WIDTH, _LEVEL_WIDTH, _GAP = 22, 34, 2
_WHEEL_PERCENT = 5
_WHEEL_STEP = 120
_PERCENT_PER_PIXEL = 2
_LEAST_HEIGHT_WITH_BAR = 17


@dataclass(frozen=True, slots=True)
class RowState:
    """A row of the grid; `can_lock` is false for what is outside the kit."""

    name: str
    level_percent: int = FULL_PERCENT
    is_muted: bool = False
    is_soloed: bool = False
    is_locked: bool = False
    is_heard: bool = True
    can_lock: bool = True


class RowButton(QAbstractButton):
    """A small switch with one letter, or with a padlock."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.setText(letter)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the grid has keys for the row of its cursor

    def sizeHint(self) -> QSize:
        return QSize(_BUTTON_WIDTH, ROW_HEIGHT - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        is_on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        letter = self.text()
        painter.setPen(QColor(skin.dim if self.underMouse() else skin.line))
        painter.setBrush(QColor(skin.fill if is_on and letter else skin.raised))
        painter.drawRoundedRect(area, 3, 3)
        if letter:
            painter.setFont(font(SMALL_TEXT, bold=is_on))
            painter.setPen(QColor(skin.on_fill if is_on else skin.dim))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), letter)
        else:
            paint_lock(painter, area.center(), skin.accent if is_on else skin.dim, is_open=not is_on)
        painter.end()


class LevelBar(QAbstractSlider):
    """A level in percent, as a bar with its number: drag it, turn the wheel, or double-click for 100.

    `chosen` carries a level, and whether it goes on from the one before, as the steps of a wheel do.
    """

    chosen = Signal(int, bool)

    def __init__(self, colour_row: int) -> None:
        super().__init__()
        self._row = colour_row
        self._pressed: tuple[QPointF, int] | None = None
        self.valueChanged.connect(self.update)
        self.setRange(0, MAX_PERCENT)
        self.setValue(FULL_PERCENT)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_level(self, percent: int) -> None:
        if self._pressed is None:
            self.setValue(percent)

    def sizeHint(self) -> QSize:
        return QSize(_LEVEL_WIDTH, ROW_HEIGHT - 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position(), self.value()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            way = event.position() - self._pressed[0]
            self.setValue(self._pressed[1] + round((way.x() - way.y()) * _PERCENT_PER_PIXEL))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self.value() != pressed[1]:
            self.chosen.emit(self.value(), False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self.value() != FULL_PERCENT:
            self.chosen.emit(FULL_PERCENT, False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        steps = event.angleDelta().y() / _WHEEL_STEP
        held = min(MAX_PERCENT, max(0, round(self.value() + steps * _WHEEL_PERCENT)))
        if held != self.value():
            self.chosen.emit(held, True)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(skin.dim if self.underMouse() else skin.line))
        painter.setBrush(QColor(skin.raised))
        painter.drawRect(area)
        if area.height() >= _LEAST_HEIGHT_WITH_BAR:
            width = (area.width() - 2) * self.value() / MAX_PERCENT
            painter.fillRect(
                QRectF(area.left() + 1, area.bottom() - 3, width, 3), QColor(skin.voice(self._row))
            )
            area.adjust(0, -1, 0, -3)
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim if self.value() == FULL_PERCENT else skin.text))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), str(self.value()))
        painter.end()


class RowHeads(QWidget):
    """Lies over the left of the grid; the signals carry a row."""

    mute_requested = Signal(int)
    solo_requested = Signal(int)
    lock_requested = Signal(int)
    level_requested = Signal(int, int, bool)
    """The row, the level in percent, and whether it goes on from the one before."""
    chosen = Signal(int)
    """Its name was clicked."""
    voice_chosen = Signal(int)
    """Its name was double-clicked."""
    menu_requested = Signal(int, object)
    """The row, and a global point."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: tuple[RowState, ...] = ()
        self._widgets: list[tuple[LevelBar, RowButton, RowButton, RowButton]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        set_name(self, "Voices")

    @property
    def rows(self) -> tuple[RowState, ...]:
        return self._rows

    def show_rows(self, rows: Sequence[RowState]) -> None:
        shown = tuple(rows)
        names = [row.name for row in self._rows]
        self._rows = shown
        if [row.name for row in shown] != names:
            self._make_rows()
        for row, (level, mute, solo, lock) in zip(shown, self._widgets, strict=True):
            level.show_level(row.level_percent)
            mute.setChecked(row.is_muted)
            solo.setChecked(row.is_soloed)
            lock.setChecked(row.is_locked)
            lock.setVisible(row.can_lock)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.voice_chosen.emit(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self._row_at(event.pos().y())
        if row is not None:
            self.menu_requested.emit(row, event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_rows()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._row_at(event.pos().y())
            if row is not None:
                name = self._rows[row].name
                words = f"{name.capitalize()}: double-click to select its hits ({key_of(Do.SELECT_VOICE)})"
                QToolTip.showText(event.globalPos(), plain_tip(f"{words}; right-click for more"), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(skin.ground))
        height = self._row_height
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for index, row in enumerate(self._rows):
            top = index * height
            colour = skin.voice(_colour_row(row.name))
            painter.fillRect(
                QRectF(0, top + 3, 3, height - 6),
                QColor(colour if row.is_heard else mixed(colour, skin.ground, 0.3)),
            )
            made = font(SMALL_TEXT)
            made.setStrikeOut(row.is_muted)
            painter.setFont(made)
            painter.setPen(QColor(skin.text if row.is_heard else skin.dim))
            painter.drawText(QRectF(8, top, self._names_end - 8, height), left, row.name)
        painter.end()

    @property
    def _row_height(self) -> float:
        return self.height() / max(1, len(self._rows))

    @property
    def _names_end(self) -> int:
        return self.width() - _LEVEL_WIDTH - 3 * _BUTTON_WIDTH - 4 * _GAP - 2

    def _row_at(self, y: float) -> int | None:
        row = int(y // self._row_height)
        return row if 0 <= row < len(self._rows) else None

    def _make_rows(self) -> None:
        for widgets in self._widgets:
            for widget in widgets:
                widget.hide()
                widget.deleteLater()
        self._widgets = []
        for index, row in enumerate(self._rows):
            level, mute, solo, lock = (
                LevelBar(_colour_row(row.name)),
                RowButton("M"),
                RowButton("S"),
                RowButton(""),
            )
            mute.clicked.connect(lambda _, row=index: self.mute_requested.emit(row))
            solo.clicked.connect(lambda _, row=index: self.solo_requested.emit(row))
            lock.clicked.connect(lambda _, row=index: self.lock_requested.emit(row))
            level.chosen.connect(lambda percent, on, row=index: self.level_requested.emit(row, percent, on))
            keys = f"{key_of(Do.LEVEL_UP)}, {key_of(Do.LEVEL_DOWN)}"
            for widget, name, words in (
                (
                    level,
                    f"Level of the {row.name}",
                    f"percent of the velocity; double-click for 100 ({keys})",
                ),
                (mute, f"Mute the {row.name}", f"in playback, bounce and export ({key_of(Do.MUTE)})"),
                (solo, f"Solo the {row.name}", f"in playback, bounce and export ({key_of(Do.SOLO)})"),
                (lock, f"Lock the {row.name}", f"against edits and new takes ({key_of(Do.LOCK_VOICE)})"),
            ):
                set_name(widget, name)
                widget.setToolTip(plain_tip(f"{name}: {words}"))
                widget.setParent(self)
                widget.show()
            self._widgets.append((level, mute, solo, lock))
        self._place_rows()

    def _place_rows(self) -> None:
        height = self._row_height
        for index, widgets in enumerate(self._widgets):
            top, bottom = round(index * height), round((index + 1) * height) - 1
            x = self._names_end
            for widget, width in zip(widgets, (_LEVEL_WIDTH, *3 * (_BUTTON_WIDTH,)), strict=True):
                widget.setGeometry(QRect(x, top, width, max(1, bottom - top)))
                x += width + _GAP


def _colour_row(name: str) -> int:
    return VOICES.index(name) if name in VOICES else -1
