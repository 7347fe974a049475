"""What pages with a style browser have in common."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tests.pages.page import Page


class StylesPage(Page):
    """A page with a style button, which opens the browser."""

    @property
    def styles(self) -> QWidget:
        """The style browser."""
        return self.find("styles")

    def open_styles(self) -> None:
        """Open the style browser, with the styles of the model in it."""
        self.click("style")
        self.until(lambda: len(self.styles.names) > 1)

    def choose_style(self, name: str) -> None:
        self.open_styles()
        self.styles.select(name)
        self.key(Qt.Key.Key_Return, widget=self.styles.search)
