"""The base of page objects: widgets are found by object name and used by clicks, keys and drags."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QFileDialog, QLabel, QWidget

NO_KEYS = Qt.KeyboardModifier.NoModifier


class Page:
    """A part of the window below `root`."""

    def __init__(self, root: QWidget, qtbot) -> None:
        self.root, self.qtbot = root, qtbot

    def find(self, name: str) -> QWidget:
        """The widget with this object name."""
        found = self.root.findChild(QWidget, name)
        assert found is not None, f"{type(self).__name__} has no {name!r}"
        return found

    def is_visible(self, name: str) -> bool:
        return self.find(name).isVisible()

    def is_enabled(self, name: str) -> bool:
        return self.find(name).isEnabled()

    def is_checked(self, name: str) -> bool:
        return self.find(name).isChecked()

    def text(self, name: str) -> str:
        """What a button, label or field says; of a menu, what is chosen."""
        widget = self.find(name)
        return widget.currentText() if isinstance(widget, QComboBox) else widget.text()

    def words(self, name: str = "") -> str:
        """All labels below a widget, or of the page."""
        below = self.find(name) if name else self.root
        return "\n".join(each.text() for each in below.findChildren(QLabel))

    def click(self, name: str) -> None:
        self.find(name).click()

    def press(self, text: str) -> None:
        """Click the visible button with this text."""
        buttons = [each for each in self.root.findChildren(QAbstractButton) if each.isVisible()]
        next(each for each in buttons if each.text() == text).click()

    def choose(self, name: str, text: str) -> None:
        """Choose the entry of a menu that begins with this text."""
        box = self.find(name)
        index = next(index for index in range(box.count()) if box.itemText(index).startswith(text))
        box.setCurrentIndex(index)
        box.activated.emit(index)

    def choose_action(self, name: str, text: str) -> None:
        """Choose an entry of the menu of a button."""
        next(each for each in self.find(name).menu().actions() if each.text() == text).trigger()

    def type(self, name: str, text: str) -> None:
        """Replace the text of a field."""
        field = self.find(name)
        field.setFocus()
        field.selectAll()
        if text:
            self.qtbot.keyClicks(field, text)
        else:
            self.qtbot.keyClick(field, Qt.Key.Key_Delete)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEYS, widget: QWidget | None = None) -> None:
        self.qtbot.keyClick(widget or self.root, key, keys)

    def until(self, condition) -> None:
        """Let the window work until `condition()` holds."""
        self.qtbot.waitUntil(lambda: bool(condition()))

    @property
    def dialog(self) -> QFileDialog:
        """The file dialog that is open."""
        (dialog,) = [each for each in self.root.findChildren(QFileDialog) if each.isVisible()]
        return dialog

    def choose_file_type(self, text: str) -> None:
        """Choose an entry of the list of file types in the file dialog."""
        self.dialog.selectNameFilter(text)
        self.dialog.filterSelected.emit(text)

    def answer(self, path: Path) -> None:
        """Choose `path` in the file dialog that is open."""
        dialog = self.dialog
        dialog.fileSelected.emit(str(path))
        dialog.reject()
        self.qtbot.wait(1)


def mouse(widget: QWidget, kind: QEvent.Type, at: QPointF, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """Send an event of the left button, which is down while the mouse moves."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.MouseMove else left
    down = none if kind == QEvent.Type.MouseButtonRelease else left
    QApplication.sendEvent(widget, QMouseEvent(kind, at, widget.mapToGlobal(at), button, down, keys))


def drag(widget: QWidget, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """Press, move and let go."""
    mouse(widget, QEvent.Type.MouseButtonPress, start, keys)
    for share in (0.3, 0.7, 1.0):
        mouse(widget, QEvent.Type.MouseMove, start + share * (end - start), keys)
    mouse(widget, QEvent.Type.MouseButtonRelease, end, keys)


def drag_out(handle: QWidget) -> None:
    """Press a handle and move away from it."""
    start = QPointF(handle.rect().center())
    mouse(handle, QEvent.Type.MouseButtonPress, start)
    mouse(handle, QEvent.Type.MouseMove, start + QPointF(60, 0))


def drop(widget: QWidget, *paths: Path, while_over=lambda: None) -> bool:
    """Drag files over a widget and drop them; whether it takes files. `while_over` is called in between."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle, copy, left = widget.rect().center(), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(middle, copy, mime, left, NO_KEYS)
    QApplication.sendEvent(widget, enter)
    while_over()
    QApplication.sendEvent(widget, QDropEvent(QPointF(middle), copy, mime, left, NO_KEYS))
    return enter.isAccepted()
