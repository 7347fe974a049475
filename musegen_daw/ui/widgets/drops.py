"""Drag and drop of files: drop targets, the overlay shown while dragging, and drag handles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QWidget

from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.widgets.fitting import Button
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, TITLE_TEXT, font, theme


class FileDrop(QObject):
    """Lets a widget accept dropped files with certain suffixes (such as ".mid", lower case).

    `hovered` tells whether acceptable files are over the widget; `dropped` carries the paths; `refused` carries a
    sentence about the files that were left out. MIDI files that it does not take are left to a widget around it.
    """

    hovered = Signal(bool)
    dropped = Signal(list)
    refused = Signal(str)

    def __init__(self, widget: QWidget, suffixes: Sequence[str], what: str) -> None:
        super().__init__(widget)
        self._suffixes, self._what = tuple(suffixes), what
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent):
            if event.mimeData().hasUrls():
                paths = local_paths(event.mimeData())
                if not self._good(paths) and any(path.suffix.lower() in MIDI_SUFFIXES for path in paths):
                    event.ignore()
                    return True
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                self.hovered.emit(bool(self._good(paths)))
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
    """The local files in a drag or on the clipboard."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def drag_out(source: QWidget, paths: Sequence[Path], picture: QPixmap | None = None) -> bool:
    """Drag files to another program; whether one took them. The files stay: a DAW may keep reading them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drag = QDrag(source)
    drag.setMimeData(mime)
    if picture is not None:
        drag.setPixmap(picture)
    return drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction


_SHADE = 0.82
_MARGIN = 4


class DropOverlay(QWidget):
    """Covers its parent with a text while files are dragged over it; transparent for the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop-overlay")
        self._text = ""
        self._over: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        parent.installEventFilter(self)

    def say(self, text: str, over: QWidget | None = None) -> None:
        """Cover `over`, or all, with a text; an empty one hides the overlay."""
        self._text, self._over = text, over
        self.setVisible(bool(text))
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        over = self._over
        area = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        parent = self.parentWidget()
        if over is not None and parent is not None:
            area = QRectF(over.rect()).translated(over.mapTo(parent, over.rect().topLeft()))
        shade = QColor(skin.ground)
        shade.setAlphaF(_SHADE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(skin.accent), 2))
        painter.setBrush(shade)
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.setPen(QColor(skin.text))
        painter.setFont(font(TITLE_TEXT, bold=True))
        words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        painter.drawText(area.adjusted(MEDIUM, 0, -MEDIUM, 0), words, self._text)
        painter.end()


DragOut = Callable[[QWidget, Sequence[Path], QPixmap | None], bool]


class DragButton(Button):
    """A handle to drag a file out. `file_requested` asks for the file, `offer` provides it.

    `drag` hands files to another program; `taken` carries a path that one took.
    """

    file_requested = Signal()
    taken = Signal(Path)

    def __init__(self, text: str, drag: DragOut = drag_out) -> None:
        super().__init__(text)
        self._drag = drag
        self._path: Path | None = None
        self._pressed: QPointF | None = None
        self._is_due = False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("large", True)
        self.set_icon("drag")
        set_name(self, text)

    def offer(self, path: Path | None) -> None:
        """The file to drag; None to request it again at the next press."""
        self._path = path
        if self._is_due and path is not None:
            self._begin()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            if self._path is None or not self._path.exists():
                self._path = None
                self.file_requested.emit()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._is_due:
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._is_due = True
            if self._path is not None:
                self._begin()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed, self._is_due = None, False
        super().mouseReleaseEvent(event)

    def _begin(self) -> None:
        path, self._pressed, self._is_due = self._path, None, False
        self.setDown(False)
        if path is not None and self._drag(self, [path], self.icon().pixmap(32)):
            self.taken.emit(path)
