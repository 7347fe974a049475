"""The status line at the bottom: one sentence that holds here and now, and earlier ones in the tooltip."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from musegen_daw.ui.panel import BAD, INFO, WARN
from musegen_daw.ui.widgets.plain import PlainLabel, plain_tip, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL, SMALL_TEXT, TEXT, font, theme

HEIGHT = 36
PASSING_MILLISECONDS, WARNING_MILLISECONDS = 8000, 30_000
REMEMBERED = 12
EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """`until_seconds` is when it has passed (None: not by itself), of `time.monotonic`."""

    sentence: str
    level: str
    until_seconds: float | None

    @property
    def left_milliseconds(self) -> int | None:
        if self.until_seconds is None:
            return None
        return max(0, round(1000 * (self.until_seconds - time.monotonic())))


class StatusLine(QWidget):
    """Shows a sentence while it holds: on its page, until it has passed, is clicked, replaced or withdrawn.

    A sentence is about a page, by its key, or about everything. That of another page waits there until the page is
    shown, if it has not passed by then. Errors stay, warnings pass after half a minute, others sooner. `waiting`
    carries the keys of pages where a warning or an error waits.
    """

    waiting = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._level = INFO
        self._page = EVERYWHERE
        self._about = EVERYWHERE
        self._kept: dict[str, _Said] = {}
        self._earlier: deque[str] = deque(maxlen=REMEMBERED)
        self._words = PlainLabel()
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        set_name(self, "Status")
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.timeout.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM + 16, 0, MEDIUM, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._words, 1)
        self.setFixedHeight(HEIGHT)

    @property
    def sentence(self) -> str:
        return self._words.text()

    @property
    def level(self) -> str:
        return self._level

    def say(self, sentence: str, level: str = INFO, about: str = EVERYWHERE) -> None:
        """Show a sentence, at once or with the page that it is about; an empty one clears the line."""
        if not sentence:
            self.clear()
            return
        seconds = {BAD: None, WARN: WARNING_MILLISECONDS / 1000}.get(level, PASSING_MILLISECONDS / 1000)
        said = _Said(sentence, level, None if seconds is None else time.monotonic() + seconds)
        if about not in (EVERYWHERE, self._page):
            self._kept[about] = said
            self._tell_waiting()
            return
        if sentence == self.sentence and level == self._level and about == self._about:
            return
        self._show(said, about)
        self._remember(sentence)

    def show_page(self, key: str) -> None:
        """Another page is shown: what the line says of the old one waits there, and what waits here is said."""
        if key == self._page:
            return
        if self.sentence and self._about != EVERYWHERE:
            left = self._passing.remainingTime() if self._passing.isActive() else None
            until_seconds = None if left is None else time.monotonic() + left / 1000
            self._kept[self._about] = _Said(self.sentence, self._level, until_seconds)
            self._show(None, EVERYWHERE)
        self._page = key
        said = self._kept.pop(key, None)
        is_due = said is not None and (not self.sentence or said.level in (WARN, BAD))
        if said is not None and is_due and said.left_milliseconds != 0:
            self._show(said, key)
            self._remember(said.sentence)
        self._tell_waiting()

    def withdraw(self, sentence: str) -> None:
        """A sentence no longer holds, whether it is shown or waits."""
        if sentence and sentence == self.sentence:
            self.clear()
        self._kept = {key: said for key, said in self._kept.items() if said.sentence != sentence}
        self._tell_waiting()

    def clear(self) -> None:
        """Show nothing."""
        self._show(None, EVERYWHERE)

    def _remember(self, sentence: str) -> None:
        if not self._earlier or self._earlier[-1] != sentence:
            self._earlier.append(sentence)
            self.setToolTip(plain_tip("\n".join(self._earlier)))

    def _tell_waiting(self) -> None:
        self.waiting.emit(frozenset(key for key, said in self._kept.items() if said.level in (WARN, BAD)))

    def _show(self, said: _Said | None, about: str) -> None:
        sentence = "" if said is None else said.sentence
        self._level, self._about = INFO if said is None else said.level, about
        self._words.setText(sentence)
        self._words.setAccessibleName(sentence)
        self._fit()
        self._passing.stop()
        if said is not None and said.left_milliseconds is not None:
            self._passing.start(said.left_milliseconds)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clear()

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(skin.panel))
        painter.fillRect(0, 0, self.width(), 1, QColor(skin.line))
        if self.sentence:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.dim if self._level == INFO else skin.level(self._level)))
            painter.drawEllipse(QRectF(MEDIUM, self.height() / 2 - 4, 8, 8))
        painter.end()

    def _fit(self) -> None:
        """Wrap a sentence that is too long into two small lines: what to do is at its end."""
        left, right = MEDIUM + 16, MEDIUM
        fits = QFontMetrics(font(TEXT)).horizontalAdvance(self.sentence) <= self.width() - left - right
        self._words.setFont(font(TEXT if fits else SMALL_TEXT))
        self._words.setWordWrap(not fits)
