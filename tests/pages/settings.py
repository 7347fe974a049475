"""Page object of the Settings panel."""

from tests.pages.page import Page


class SettingsPage(Page):
    """Fields go by their names, "theme" or "models-folder"."""

    @property
    def daw(self) -> str:
        """The DAW whose steps are shown."""
        return next(name for name in DAWS if self.is_checked(f"daw-{name.lower()}"))

    def choose_daw(self, name: str) -> None:
        self.click(f"daw-{name.lower()}")


DAWS = ("Live", "REAPER", "Bitwig", "Logic", "Ardour")
