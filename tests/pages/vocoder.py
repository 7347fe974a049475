"""Page object of the Vocoder panel."""

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QProgressBar, QWidget

from tests.pages.page import Page, drop, mouse

SOURCES = ("Original", "Vocoder", "Griffin-Lim")


class VocoderPage(Page):
    """`messages` are the sentences of the status line, with their levels."""

    def __init__(self, panel: QWidget, qtbot) -> None:
        super().__init__(panel, qtbot)
        self.panel = panel
        self.messages: list[tuple[str, str]] = []
        panel.message.connect(lambda sentence, level: self.messages.append((sentence, level)))

    @property
    def view(self) -> QWidget:
        return self.find("mel-spectrograms")

    @property
    def audible(self) -> set[str]:
        """The sources that can be chosen."""
        return {name for name in SOURCES if self.is_enabled(_segment(name))}

    @property
    def choice(self) -> str:
        """The source that is heard."""
        return next((name for name in SOURCES if self.is_checked(_segment(name))), "")

    @property
    def error(self) -> str:
        return self.text("error") if self.is_visible("error") else ""

    @property
    def source(self) -> str:
        """What is said about the source."""
        return f"{self.text('source-name')}: {self.text('source-facts')}"

    @property
    def is_busy(self) -> bool:
        return not self.find("progress").isHidden()

    @property
    def progress_bar(self) -> QProgressBar:
        return self.find("progress").findChild(QProgressBar)

    @property
    def seconds(self) -> float:
        """The position of the playhead."""
        return self.view.playhead_seconds

    def listen_to(self, name: str) -> None:
        self.click(_segment(name))

    def wait_for_results(self, *names: str) -> None:
        """Until the results are there and nothing runs."""
        wanted = set(names or SOURCES[1:2])
        self.until(lambda: wanted <= self.audible and not self.is_busy)

    def drop(self, path) -> bool:
        """Drop a file on the panel; whether it said where the file goes."""
        offered: list[bool] = []
        assert drop(self.root, path, while_over=lambda: offered.append(self.is_visible("drop-overlay")))
        return offered == [True]

    def at(self, seconds: float) -> QPointF:
        """Where a time is in the upper picture."""
        return QPointF(self.view.x_of(seconds, self.view.rows[0]), self.view.area(0).center().y())

    def seek(self, seconds: float) -> None:
        """Click into the picture."""
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            mouse(self.view, kind, self.at(seconds))


def _segment(name: str) -> str:
    return f"heard-{name.lower()}"
