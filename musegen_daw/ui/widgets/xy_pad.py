"""A pad with two axes: from simple to complex, and from soft to loud."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import RADIUS, SMALL_TEXT, font, mixed, theme

_DOT, _INSET = 7.0, 12.0
_CAPTION_HEIGHT = 17
_STEP, _FINE_STEP = 0.1, 0.02
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}


class XYPad(QWidget):
    """Both values are 0 to 1, x from simple to complex, y from soft to loud.

    `moved` carries them at every move of a drag or key, `pressed` announces a new gesture, `reset` the wish to leave
    them to the model (double-click, Delete or A).
    """

    moved = Signal(float, float)
    pressed = Signal()
    released = Signal()
    reset = Signal()

    def __init__(self, name: str = "Feel") -> None:
        super().__init__()
        self._point: tuple[float, float] | None = None
        self._caption = ""
        self._is_dragged = False
        set_name(self, name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._tell()

    @property
    def point(self) -> tuple[float, float] | None:
        """Complexity and energy, None where they are not known."""
        return self._point

    @property
    def is_dragged(self) -> bool:
        return self._is_dragged

    def set_point(self, point: tuple[float, float] | None) -> None:
        """Show values without emitting `moved`; a pad that is dragged stays where the hand is."""
        if not self._is_dragged and point != self._point:
            self._point = point
            self._tell()

    def set_caption(self, text: str) -> None:
        """What the pad changes, such as "Section B"."""
        if text != self._caption:
            self._caption = text
            self._tell()

    def sizeHint(self) -> QSize:
        return QSize(168, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(132, 90)

    def place_of(self, point: tuple[float, float]) -> QPointF:
        """Where on the widget a point is."""
        area = self._area()
        return QPointF(area.left() + point[0] * area.width(), area.bottom() - point[1] * area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self._frame()
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(skin.accent if focused else skin.line), 1.5 if focused else 1))
        painter.setBrush(QColor(skin.raised))
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        area = self._area()
        painter.setPen(QPen(QColor(skin.line), 1))
        for share in (0.25, 0.5, 0.75):
            x, y = area.left() + share * area.width(), area.top() + share * area.height()
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if self._point is not None and self.isEnabled():
            at = self.place_of(self._point)
            painter.setPen(QPen(QColor(mixed(skin.fill, skin.raised, 0.5)), 1))
            painter.drawLine(QPointF(area.left(), at.y()), QPointF(area.right(), at.y()))
            painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
            painter.setPen(QPen(QColor(skin.raised), 2))
            painter.setBrush(QColor(skin.fill))
            painter.drawEllipse(at, _DOT, _DOT)
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        for text, where in (
            ("loud", Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter),
            ("soft", Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter),
            ("simple", Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
            ("complex", Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(frame.adjusted(6, 3, -6, -3), int(where), text)
        if self._caption:
            painter.setFont(font(SMALL_TEXT, bold=True))
            painter.setPen(QColor(skin.text if self.isEnabled() else skin.dim))
            painter.drawText(
                QRectF(0, 0, self.width(), _CAPTION_HEIGHT - 2),
                int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft),
                painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, self.width()),
            )
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._is_dragged = True
            self.pressed.emit()
            self._take(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_dragged:
            self._take(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_dragged:
            self._is_dragged = False
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _KEYS:
            step = _FINE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
            x, y = self._point or (0.5, 0.5)
            self.pressed.emit()
            self._move(x + step * _KEYS[key][0], y + step * _KEYS[key][1])
            self.released.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_A):
            self.reset.emit()
        else:
            super().keyPressEvent(event)

    def _frame(self) -> QRectF:
        top = _CAPTION_HEIGHT if self._caption else 0
        return QRectF(self.rect()).adjusted(0.5, top + 0.5, -0.5, -0.5)

    def _area(self) -> QRectF:
        return self._frame().adjusted(_INSET, _INSET, -_INSET, -_INSET)

    def _take(self, position: QPointF) -> None:
        area = self._area()
        self._move(
            (position.x() - area.left()) / max(1.0, area.width()),
            (area.bottom() - position.y()) / max(1.0, area.height()),
        )

    def _move(self, x: float, y: float) -> None:
        point = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        if point != self._point:
            self._point = point
            self._tell()
            self.moved.emit(*point)

    def _tell(self) -> None:
        words = "automatic"
        if self._point is not None:
            words = f"complexity {self._point[0]:.0%}, energy {self._point[1]:.0%}"
        what = f"{self._caption}: " if self._caption else ""
        self.setAccessibleDescription(f"{what}{words}")
        self.setToolTip(
            plain_tip(
                f"{what}{words}\nRight: more hits. Up: harder strokes. Arrow keys move it; double-click or A: automatic"
            )
        )
        self.update()
