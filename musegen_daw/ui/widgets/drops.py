"""Files dragged in and out: what may be dropped where, and a written file handed to another program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent, QPixmap
from PySide6.QtWidgets import QWidget


class FileDrop(QObject):
    """Lets a widget take dropped files of some suffixes (as ".mid", lower case).

    `hovered` says that a drag that would be taken is over the widget, or no longer; `dropped` carries the paths;
    `refused` one sentence about what was left out.
    """

    hovered = Signal(bool)
    dropped = Signal(list)
    refused = Signal(str)

    def __init__(self, widget: QWidget, suffixes: Sequence[str], what: str) -> None:
        super().__init__(widget)
        self._suffixes, self._what = tuple(suffixes), what
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take the drag events of the widget."""
        if isinstance(event, QDragEnterEvent):
            if event.mimeData().hasUrls():
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                self.hovered.emit(bool(self._good(local_paths(event.mimeData()))))
                return True
        elif event.type() == QEvent.Type.DragLeave:
            self.hovered.emit(False)
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.hovered.emit(False)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.take(local_paths(event.mimeData()))
            return True
        return False

    def take(self, paths: Sequence[Path]) -> None:
        """Take files as if they were dropped."""
        good = self._good(paths)
        if len(good) < len(paths) or not paths:
            bad = ", ".join(path.name for path in paths if path not in good) or "that"
            self.refused.emit(f"{bad} cannot be used here: drop {self._what} ({', '.join(self._suffixes)}).")
        if good:
            self.dropped.emit(good)

    def _good(self, paths: Sequence[Path]) -> list[Path]:
        return [path for path in paths if path.suffix.lower() in self._suffixes]


def local_paths(mime: QMimeData) -> list[Path]:
    """The files of this computer that a drag or a clipboard holds."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def drag_out(source: QWidget, paths: Sequence[Path], picture: QPixmap | None = None) -> bool:
    """Drag written files to another program; returns whether one took them. The files are left where they are,
    for a DAW may go on reading them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drag = QDrag(source)
    drag.setMimeData(mime)
    if picture is not None:
        drag.setPixmap(picture)
    return drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction
