"""The handle by which the drums are dragged into a DAW."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from musegen_daw.errors import MusegenError
from musegen_daw.ui.widgets.drops import drag_out
from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.icons import icon


class DragHandle(Button):
    """Dragged, it hands the file that `write` writes to another program; clicked, it copies the file to be pasted.

    `delivered` carries the path and whether it was dragged, `failed` one sentence.
    """

    delivered = Signal(object, bool)
    failed = Signal(str)

    def __init__(self, write: Callable[[], Path], parent: QWidget | None = None) -> None:
        super().__init__("Drag me", parent)
        self._write = write
        self._pressed: QPointF | None = None
        self.setProperty("large", True)
        self.setIcon(icon("drag"))
        self.setShortcut("Ctrl+D")
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Drums as a MIDI file")
        self.setToolTip(
            "Drag the drums into your DAW as a MIDI file; a click copies the file, to be pasted (Ctrl+D)"
        )
        self.clicked.connect(self._copy)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A press may become a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag, once it is far enough to be meant."""
        if self._pressed is not None:
            way = event.position() - self._pressed
            if way.manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
                self.setDown(False)
                path = self._written()
                if path is not None and drag_out(self, [path], self.icon().pixmap(32, 32)):
                    self.delivered.emit(path, True)
                return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """No drag any more."""
        self._pressed = None
        super().mouseReleaseEvent(event)

    def _copy(self) -> None:
        path = self._written()
        if path is not None:
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(path))])
            QGuiApplication.clipboard().setMimeData(mime)
            self.delivered.emit(path, False)

    def _written(self) -> Path | None:
        try:
            return self._write()
        except MusegenError as error:
            self.failed.emit(str(error))
            return None
