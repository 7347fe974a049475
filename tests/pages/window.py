"""Page object of the main window."""

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

    def key(self, key, keys=NO_KEYS, widget=None) -> None:
        super().key(key, keys, widget or QApplication.focusWidget() or self.root)


PAGES = ("jam", "clips", "notes", "vocoder", "settings")
