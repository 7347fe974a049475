"""Page object of the main window."""

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QScrollArea

from tests.pages.page import NO_KEYS, Page


class WindowPage(Page):
    """Transport, navigation, status line and the pages."""

    def wait_for_panels(self) -> None:
        """Until every page has its panel."""
        names = [name for name in (f"{key}-page" for key in PAGES) if self.root.findChild(QScrollArea, name)]
        self.until(lambda: all(self.find(name).widget() is not None for name in names))

    def is_scrolled(self, key: str) -> bool:
        """Whether a page has scroll bars."""
        page = self.find(f"{key}-page")
        return page.verticalScrollBar().isVisible() or page.horizontalScrollBar().isVisible()

    def light(self, name: str) -> tuple[str, str]:
        """Level and words of a light of the transport."""
        light = self.find(name)
        return light.level, light.text

    def drag_over(self, widget, path, while_over=lambda: None) -> None:
        """Drop a file on a widget as a person does: the nearest widget around that takes it gets it."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        while widget is not None:
            enter = QDragEnterEvent(widget.rect().center(), copy, mime, left, NO_KEYS)
            if widget.acceptDrops() and QApplication.sendEvent(widget, enter) and enter.isAccepted():
                while_over()
                middle = QPointF(widget.rect().center())
                QApplication.sendEvent(widget, QDropEvent(middle, copy, mime, left, NO_KEYS))
                return
            widget = widget.parentWidget()
        raise AssertionError(f"nothing takes {path}")

    def key(self, key, keys=NO_KEYS, widget=None) -> None:
        super().key(key, keys, widget or QApplication.focusWidget() or self.root)


PAGES = ("jam", "clips", "notes", "vocoder", "settings")
