"""A handle to drag a file out: it is written while the button is pressed, and dragged once it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from musegen_daw.ui.widgets.drops import drag_out
from musegen_daw.ui.widgets.fitting import Button

DragOut = Callable[[QWidget, Sequence[Path], QPixmap | None], bool]


class DragButton(Button):
    """`wanted` asks for the file; `offer` says where it is. `taken` carries a file that another program took.

    `drag` hands files to another program and says whether one took them.
    """

    wanted = Signal()
    taken = Signal(Path)

    def __init__(self, text: str, drag: DragOut = drag_out, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._drag = drag
        self._path: Path | None = None
        self._pressed: QPointF | None = None
        self._is_due = False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("large", True)
        self.setAccessibleName(text)

    def offer(self, path: Path | None) -> None:
        """The file is written, or None: it is to be written anew when it is next wanted."""
        self._path = path
        if self._is_due and path is not None:
            self._begin()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Have the file written."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            if self._path is None or not self._path.exists():
                self._path = None
                self.wanted.emit()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag it, as soon as it is there."""
        if self._pressed is None or self._is_due:
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._is_due = True
            if self._path is not None:
                self._begin()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """No drag any more."""
        self._pressed, self._is_due = None, False
        super().mouseReleaseEvent(event)

    def _begin(self) -> None:
        path, self._pressed, self._is_due = self._path, None, False
        self.setDown(False)
        if path is not None and self._drag(self, [path], self.icon().pixmap(32)):
            self.taken.emit(path)
