"""The status line at the bottom: one sentence, and earlier ones in the tooltip."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from musegen_daw.ui.panel import BAD, INFO, WARN
from musegen_daw.ui.widgets.plain import PlainLabel, plain_tip, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL, SMALL_TEXT, TEXT, font, theme

HEIGHT = 36
PASSING_MILLISECONDS = 8000
REMEMBERED = 12


class StatusLine(QWidget):
    """Warnings stay until they are clicked or replaced; other sentences disappear after a while."""

    def __init__(self) -> None:
        super().__init__()
        self._level = INFO
        self._earlier: deque[str] = deque(maxlen=REMEMBERED)
        self._words = PlainLabel()
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        set_name(self, "Status")
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.setInterval(PASSING_MILLISECONDS)
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

    def say(self, sentence: str, level: str = INFO) -> None:
        """Show a sentence; an empty one clears the line."""
        if sentence == self.sentence and level == self._level:
            return
        self._level = level if sentence else INFO
        self._words.setText(sentence)
        self._words.setAccessibleName(sentence)
        self._fit()
        self._passing.stop()
        if sentence:
            self._earlier.append(sentence)
            self.setToolTip(plain_tip("\n".join(self._earlier)))
            if level not in (WARN, BAD):
                self._passing.start()
        self.update()

    def clear(self) -> None:
        self.say("")

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
