"""The row below the pictures: play, where it is, which of the three is heard, loop and difference."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from musegen_daw.ui.vocoder.span import clock
from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.segments import Segments
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL, TITLE_TEXT, font

CHOICES = ("Original", "GAN", "Griffin-Lim")


class VocoderPlaybackRow(QWidget):
    """`play_wanted`, `chosen` (which is to be heard), `loop_switched` and `difference_switched` tell what is asked."""

    play_wanted = Signal()
    chosen = Signal(str)
    loop_switched = Signal(bool)
    difference_switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._play = button("Play", "Play or pause (Space)", large=True)
        self._play.setMinimumWidth(88)
        self._play.clicked.connect(self.play_wanted)
        self._clock = label("0:00.0 / 0:00.0")
        self._clock.setFont(font(TITLE_TEXT))
        self._clock.setMinimumWidth(144)
        self._clock.setAccessibleName("Position")
        self._segments = Segments(
            "Heard",
            [(name, f"{index}  {name}", f"Hear this one at the same place ({index})")
             for index, name in enumerate(CHOICES, 1)],
        )  # fmt: skip
        self._segments.chosen.connect(self.chosen)
        self._loop = button("Loop", "Loop the selection, or everything", "L", large=True, checkable=True)
        self._loop.clicked.connect(self.loop_switched)
        self._difference = button(
            "Difference",
            "Show the difference between the result and its mel",
            "D",
            large=True,
            checkable=True,
        )
        self._difference.setMinimumWidth(108)  # it is written bold while it is on
        self._difference.clicked.connect(self.difference_switched)
        for index, name in enumerate(CHOICES, 1):
            QShortcut(QKeySequence(str(index)), self).activated.connect(lambda name=name: self._key(name))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        for each in (self._play, self._clock, self._segments):
            row.addWidget(each)
        row.addStretch(1)
        row.setSpacing(SMALL)
        row.addWidget(self._loop)
        row.addWidget(self._difference)
        self._available: frozenset[str] = frozenset()
        self.show_available(frozenset())
        self.show_playing(False)

    def show_available(self, names: frozenset[str]) -> None:
        """Which of the three there are."""
        self._available = names
        for name in CHOICES:
            self._segments.set_available(name, name in names)
        self._play.setEnabled(bool(names))
        self._loop.setEnabled(bool(names))
        self._difference.setEnabled(bool(names - {CHOICES[0]}))

    def show_choice(self, name: str) -> None:
        """Which is heard."""
        self._segments.choose(name)

    def show_playing(self, is_playing: bool) -> None:
        """What a press of the button does."""
        text = "Pause" if is_playing else "Play"
        if self._play.text() != text or self._play.icon().isNull():
            self._play.setText(text)
            self._play.setIcon(icon("pause" if is_playing else "play"))
            self._play.setAccessibleName(text)

    def show_position(self, seconds: float, length_seconds: float) -> None:
        """Where the music is."""
        text = f"{clock(seconds)} / {clock(length_seconds)}"
        if text != self._clock.text():
            self._clock.setText(text)

    def show_loop(self, is_on: bool) -> None:
        """Whether it goes round."""
        self._loop.setChecked(is_on)

    @property
    def is_difference(self) -> bool:
        """Whether the difference is to be shown."""
        return self._difference.isChecked()

    def recolour(self) -> None:
        """Draw the icon in the colours of the theme."""
        self._play.setIcon(icon("pause" if self._play.text() == "Pause" else "play"))

    def _key(self, name: str) -> None:
        if name in self._available:
            self.chosen.emit(name)
