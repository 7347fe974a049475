"""MIDI learn for any control of the window: its menu, a mark while a knob moves it, and the knob in its tooltip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from musegen_daw.ui.widgets.plain import caption, plain_tip
from musegen_daw.ui.widgets.theme import theme

if TYPE_CHECKING:
    from musegen_daw.jam.control.control_map import Knob

LEARN = "MIDI learn: move a knob or hit a pad"
_MARK, _INSET = QSize(8, 8), 3


class Learnable(QObject):
    """Gives `widget` a menu; `learn_wanted` carries the target, `forget_wanted` the Knob that is to move it no more."""

    learn_wanted = Signal(str)
    forget_wanted = Signal(object)

    def __init__(self, widget: QWidget, target: str) -> None:
        super().__init__(widget)
        self.target = target
        self._widget = widget
        self._tip = widget.toolTip()
        self._mark = _Mark(widget)
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        widget.installEventFilter(self)
        self.show_knobs(())

    @property
    def is_marked(self) -> bool:
        """Whether it is shown that a knob moves it."""
        return not self._mark.isHidden()

    def show_knobs(self, knobs: Sequence[Knob]) -> None:
        """Say which knobs and pads move it, and offer to forget each."""
        for action in self._widget.actions():
            self._widget.removeAction(action)
            action.deleteLater()
        self._offer(LEARN, lambda _checked=False: self.learn_wanted.emit(self.target))
        for knob in knobs:
            self._offer(f"Forget {knob}", lambda _checked=False, knob=knob: self.forget_wanted.emit(knob))
        moved_by = " and ".join(map(str, knobs))
        self._widget.setToolTip(plain_tip(f"{self._tip}\nMoved by {moved_by}" if knobs else self._tip))
        self._mark.setVisible(bool(knobs))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The mark stays in its corner."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _offer(self, text: str, chosen: object) -> None:
        action = QAction(caption(text), self._widget)
        action.triggered.connect(chosen)
        self._widget.addAction(action)

    def _place(self) -> None:
        self._mark.move(self._widget.width() - _MARK.width() - _INSET, _INSET)


class _Mark(QWidget):
    """A dot over a corner of a widget, which the mouse does not feel."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(_MARK)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().good))
        painter.drawEllipse(QPointF(4, 4), 3, 3)
        painter.end()
