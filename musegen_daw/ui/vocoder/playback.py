"""Playback of the Vocoder panel: the sources on one deck, the row that controls it, the level meter."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from musegen_daw.errors import MusegenError
from musegen_daw.playback.deck import MIN_LOOP_SECONDS, Deck
from musegen_daw.playback.levels import FLOOR_DB, Levels, decibels
from musegen_daw.playback.source import Source
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.vocoder.mel_view import clock
from musegen_daw.ui.vocoder.workbench import CHOICES, GRIFFIN_LIM, VOCODER
from musegen_daw.ui.widgets.basic import Segments, button, label
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL, SMALL_TEXT, TITLE_TEXT, font, theme

HOT_DB, FULL_DB = -6.0, 0.0
_SWITCH_TIP = "Switch to this source at the same position"
_SWITCH_TIPS = {GRIFFIN_LIM: f"{_SWITCH_TIP}; it is made when it is chosen"}
_SCALE_DB = (0, -6, -12, -24, -36, -48)
_SCALE_WIDTH, _NUMBER_HEIGHT = 28, 22


class LevelMeter(QWidget):
    """Bars show the RMS level, lines the peak, both in dB full scale."""

    def __init__(self) -> None:
        super().__init__()
        self._levels = Levels()
        self.setFixedWidth(60)
        self.setMinimumHeight(120)
        set_name(self, "Level")
        self.setToolTip("Level: peak (line and number) and average (bar) in dBFS")

    def show_levels(self, levels: Levels) -> None:
        """Repaints only if the levels look different."""
        if _shown(levels) != _shown(self._levels):
            self._levels = levels
            self.setAccessibleDescription(self.text())
            self.update()

    def text(self) -> str:
        peak_db = decibels(max(self._levels.peak))
        return "−∞" if peak_db <= FLOOR_DB else f"{peak_db:.1f}".replace("-", "−")

    def sizeHint(self) -> QSize:
        return QSize(60, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        area = QRectF(_SCALE_WIDTH, 8, self.width() - _SCALE_WIDTH, self.height() - 16 - _NUMBER_HEIGHT)
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for db in _SCALE_DB:
            y = _y_of(float(db), area)
            painter.drawText(QRectF(0, y - 8, _SCALE_WIDTH - 6, 16), right, str(-db))
        width = (area.width() - 4) / 2
        for channel in range(2):
            left = area.left() + channel * (width + 4)
            painter.fillRect(QRectF(left, area.top(), width, area.height()), QColor(skin.raised))
            rms_db = decibels(self._levels.rms[channel])
            for low, high, colour in (
                (FLOOR_DB, HOT_DB, skin.good),
                (HOT_DB, FULL_DB, skin.warn),
            ):
                top = _y_of(min(rms_db, high), area)
                bottom = _y_of(low, area)
                if rms_db > low and bottom > top:
                    painter.fillRect(QRectF(left, top, width, bottom - top), QColor(colour))
            peak_db = decibels(self._levels.peak[channel])
            if peak_db > FLOOR_DB:
                colour = skin.bad if peak_db > FULL_DB else skin.warn if peak_db > HOT_DB else skin.text
                painter.fillRect(
                    QRectF(left, _y_of(min(peak_db, FULL_DB), area) - 1, width, 2), QColor(colour)
                )
        painter.setPen(QColor(skin.bad if decibels(max(self._levels.peak)) > FULL_DB else skin.text))
        number = QRectF(0, self.height() - _NUMBER_HEIGHT, self.width(), _NUMBER_HEIGHT)
        painter.drawText(number, right, f"{self.text()} dB")
        painter.end()


def _y_of(db: float, area: QRectF) -> float:
    share = (min(FULL_DB, max(FLOOR_DB, db)) - FLOOR_DB) / (FULL_DB - FLOOR_DB)
    return area.bottom() - share * area.height()


def _shown(levels: Levels) -> tuple[float, ...]:
    return tuple(round(decibels(each), 1) for each in (*levels.peak, *levels.rms))


class VocoderPlayback:
    """For the window's thread; nothing waits for the sound device or fails without one."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._deck: Deck | None = None
        self._choice, self._wanted = "", VOCODER
        self._loop: tuple[float, float] | None = None
        self._trouble = ""

    @property
    def names(self) -> frozenset[str]:
        """The sources that can be chosen."""
        return frozenset(source.name for source in self._deck.sources) if self._deck else frozenset()

    @property
    def choice(self) -> str:
        """The source that is heard."""
        return self._choice

    @property
    def is_playing(self) -> bool:
        return self._deck is not None and self._deck.is_playing

    @property
    def position_seconds(self) -> float:
        return self._deck.position_seconds if self._deck else 0.0

    @property
    def length_seconds(self) -> float:
        return self._deck.length_seconds if self._deck else 0.0

    @property
    def levels(self) -> Levels:
        return self._deck.levels if self._deck else Levels()

    @property
    def loop(self) -> tuple[float, float] | None:
        return self._loop

    @property
    def trouble(self) -> str:
        """Why nothing can be heard, as a sentence."""
        if self._trouble or self._deck is None:
            return self._trouble
        try:
            player = self._context.player()
        except MusegenError:
            return ""
        return (player.trouble or "") if player.deck is self._deck else ""

    def load(self, sources: Iterable[Source], sample_rate_hz: int, seconds: float) -> None:
        """Play these sources; the position stays unless `clear` was called before."""
        if self._deck is None or self._deck.sample_rate_hz != sample_rate_hz:
            self.clear()
            self._deck = Deck(sample_rate_hz)
        self._deck.load(sources, seconds)
        names = [source.name for source in self._deck.sources]
        self._choice = next((name for name in (self._wanted, VOCODER, *names) if name in names), "")
        if self._choice:
            self._deck.select(self._choice)

    def clear(self) -> None:
        if self._deck is not None:
            self._deck.pause()
        self._deck, self._loop, self._choice = None, None, ""

    def prefer(self, name: str) -> None:
        """Choose this source when it is loaded."""
        self._wanted = name

    def choose(self, name: str) -> None:
        """Switch to another source at the same position."""
        if self._deck is not None and name in self.names:
            self._choice = self._wanted = name
            self._deck.select(name)

    def toggle(self) -> None:
        if self._deck is None or not self.names:
            return
        if self._deck.is_playing:
            self._deck.pause()
            return
        try:
            self._context.player().play(self._deck)
            self._trouble = ""
        except MusegenError as error:
            self._trouble = str(error)

    def pause(self) -> None:
        if self._deck is not None:
            self._deck.pause()

    def seek(self, seconds: float) -> None:
        if self._deck is not None:
            self._deck.seek(seconds)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Loop over a span; a span that is too short ends the loop."""
        if self._deck is None:
            return
        if loop is not None:
            loop = (max(0.0, loop[0]), min(loop[1], self._deck.length_seconds))
            if loop[1] - loop[0] < 2 * MIN_LOOP_SECONDS:
                loop = None
        self._loop = loop
        self._deck.set_loop(loop)


class VocoderPlaybackRow(QWidget):
    """Play, position, the choice of source, loop and difference."""

    play_requested = Signal()
    chosen = Signal(str)
    loop_switched = Signal(bool)
    difference_switched = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._play = button("Play", "Play or pause (Space)", large=True)
        self._play.setMinimumWidth(88)
        self._play.clicked.connect(self.play_requested)
        self._clock = label("0:00.0 / 0:00.0")
        self._clock.setFont(font(TITLE_TEXT))
        self._clock.setMinimumWidth(144)
        set_name(self._clock, "Position")
        self._segments = Segments(
            "Heard",
            [(name, f"{index}  {name}", f"{_SWITCH_TIPS.get(name, _SWITCH_TIP)} ({index})")
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
        self._difference.setMinimumWidth(108)  # bold while it is checked
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
        self.show_available(frozenset(), frozenset())
        self.show_playing(False)

    def show_available(self, names: frozenset[str], can_be_made: frozenset[str]) -> None:
        """`names` can be heard; what `can_be_made` can be chosen, too."""
        self._available = names | can_be_made
        for name in CHOICES:
            self._segments.set_available(name, name in self._available)
        self._play.setEnabled(bool(names))
        self._loop.setEnabled(bool(names))
        self._difference.setEnabled(bool(names - {CHOICES[0]}))

    def show_choice(self, name: str) -> None:
        self._segments.choose(name)

    def show_playing(self, is_playing: bool) -> None:
        text = "Pause" if is_playing else "Play"
        if self._play.text() != text or self._play.icon().isNull():
            self._play.setText(text)
            self._play.set_icon("pause" if is_playing else "play")
            self._play.setAccessibleName(text)

    def show_position(self, seconds: float, length_seconds: float) -> None:
        text = f"{clock(seconds)} / {clock(length_seconds)}"
        if text != self._clock.text():
            self._clock.setText(text)

    def show_loop(self, is_on: bool) -> None:
        self._loop.setChecked(is_on)

    @property
    def is_difference(self) -> bool:
        return self._difference.isChecked()

    def _key(self, name: str) -> None:
        if name in self._available:
            self.chosen.emit(name)
