"""The transport at the top: lights, tempo, position, start and stop, mode, panic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM, ClockState
from musegen_daw.jam.settings import JamMode
from musegen_daw.jam.status import JamStatus
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.widgets.basic import OFF, Segments, StatusLight, button
from musegen_daw.ui.widgets.plain import PlainLabel, set_name
from musegen_daw.ui.widgets.theme import LARGE_TEXT, MEDIUM, SMALL, TITLE_TEXT, font, theme

if TYPE_CHECKING:
    from musegen_daw.jam.status import PortStatus, RigStatus

HEIGHT = 72
ACTIVE_SECONDS = 0.35
UNKNOWN_BPM = 0.0
"""Of a DAW clock that has not been received yet; shown as a dash."""

PANIC_KEY = "Ctrl+."
_LIGHT_WIDTHS = 92, 176
_CLOCKS = {
    ClockState.NO_CLOCK: ("bad", "no DAW clock"),
    ClockState.LOCKING: ("warn", "clock: locking"),
    ClockState.LOCKED: ("good", "clock: locked"),
    ClockState.STOPPED: ("warn", "DAW stopped"),
    ClockState.STALLED: ("bad", "clock lost"),
}
_MODES = (
    (JamMode.FOLLOW.value, "Follow", "Plays while you play, rests when you rest"),
    (JamMode.LOOP.value, "Loop", "Record a loop, then get drums for it"),
    (JamMode.ACCOMPANY.value, "Accompany", "Keeps playing when you rest"),
)


class TransportBar(QWidget):
    """Shows the status of the jam and controls it.

    Tempo, position and mode are those of the jam: they are shown where the jam is, beside a clip's own they would be
    twins. So is a clock that is missing. Start, stop, panic and the ports are in reach everywhere.
    """

    def __init__(self, control: JamControl) -> None:
        super().__init__()
        self.setObjectName("transport")
        self._control = control
        self._is_in_jam = True
        self._is_playing = False
        self._clock_state: tuple[str, str] = (OFF, "")
        self._input, self._clock, self._output = (
            StatusLight("MIDI input"),
            StatusLight("Clock"),
            StatusLight("Output"),
        )
        self._tempo = QDoubleSpinBox()
        self._tempo.setRange(MIN_BPM, MAX_BPM)
        self._tempo.setDecimals(1)
        self._tempo.setValue(120.0)
        self._tempo.setFont(font(TITLE_TEXT))
        self._tempo.setFixedWidth(92)
        self._tempo.setProperty("large", True)
        self._tempo.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self._tempo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._tempo.setKeyboardTracking(False)
        self._tempo.lineEdit().setAcceptDrops(False)  # it would take the name of a file
        set_name(self._tempo, "Tempo")
        self._tempo.setToolTip("Tempo of the jam in beats per minute; wheel or arrow keys change it")
        self._tempo.valueChanged.connect(self._set_tempo)
        self._tap = button(
            "Tap", "Tap the tempo of the jam; with MIDI clock: mark the start of a bar", "T", large=True
        )
        self._tap.setMinimumWidth(44)
        self._tap.clicked.connect(self._tapped)
        self._place = PlainLabel("–")
        self._place.setFont(font(LARGE_TEXT))
        self._place.setMinimumWidth(96)
        self._place.setMaximumWidth(124)
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_name(self._place, "Position")
        self._place.setToolTip("Bar . beat . sixteenth")
        self._start = button("Start", "Start or stop", "", large=True)
        self._start.setToolTip("Start or stop the jam (Space)")
        self._start.set_icon("play")
        self._start.setIconSize(QSize(18, 18))
        self._start.setMinimumWidth(84)
        self._start.clicked.connect(control.toggle)
        self._modes = Segments("Mode", _MODES)
        self._modes.choose(JamMode.FOLLOW.value)
        self._modes.chosen.connect(self._set_mode)
        panic = button("PANIC", "All notes off", PANIC_KEY, "danger", large=True)
        panic.clicked.connect(control.panic)
        self._lay_out(panic)
        control.polled.connect(self._show)
        control.unavailable.connect(self._show_absence)
        self.setFixedHeight(HEIGHT)

    def show_in_jam(self, is_in_jam: bool) -> None:
        """Whether the jam's page is shown, or another."""
        self._is_in_jam = is_in_jam
        for each in (self._tempo, self._tap, self._place, self._modes):
            each.setVisible(is_in_jam)
        self._start.setToolTip("Start or stop the jam (Space)" if is_in_jam else "Start or stop the jam")
        self._show_playing(self._is_playing)
        self._show_clock(*self._clock_state)

    def set_tempo(self, tempo_bpm: float) -> None:
        """Show a tempo without setting it."""
        with QSignalBlocker(self._tempo):
            self._tempo.setValue(tempo_bpm)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme().panel))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(theme().line))
        painter.end()

    def _lay_out(self, panic: QWidget) -> None:
        lights = QVBoxLayout()
        lights.setSpacing(0)
        lights.addStretch(1)
        for light in (self._input, self._clock):
            _bound(light)
            lights.addWidget(light)
        lights.addStretch(1)
        _bound(self._output)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(SMALL)
        row.addLayout(lights, 2)
        row.addWidget(self._tempo)
        row.addWidget(self._tap)
        row.addStretch(1)
        row.addWidget(self._place)
        row.addWidget(self._start)
        row.addStretch(1)
        row.addWidget(self._modes)
        row.addStretch(1)
        row.addWidget(self._output, 2)
        row.addWidget(panic)

    def _set_tempo(self, tempo_bpm: float) -> None:
        rig = self._control.rig
        if rig is not None and not rig.time.is_led:
            rig.time.set_tempo(tempo_bpm)

    def _tapped(self) -> None:
        if self._control.rig is not None:
            self._control.rig.time.tap()

    def _set_mode(self, mode: str) -> None:
        if self._control.rig is not None:
            self._control.rig.session.set_mode(JamMode(mode))

    def _show_absence(self, sentence: str) -> None:
        self._input.show_state(OFF, "no input")
        self._show_clock(OFF, "no jam")
        self._output.show_state(OFF, "no output")
        self._place.setText("–")
        self._show_playing(False)
        self._start.setEnabled(False)

    def _show_playing(self, is_playing: bool) -> None:
        self._is_playing = is_playing
        text = ("Stop" if is_playing else "Start") + ("" if self._is_in_jam else " jam")
        if text != self._start.text():
            self._start.setText(text)
            self._start.set_icon("stop" if is_playing else "play")

    def _show_clock(self, level: str, text: str) -> None:
        self._clock_state = level, text
        is_missing = level in ("warn", "bad")
        if is_missing and not self._is_in_jam:
            self._clock.show_state(OFF, "MIDI clock")
        else:
            self._clock.show_state(level, text)

    def _show(self, status: RigStatus) -> None:
        jam = status.jam
        self._show_ports(status)
        self._show_clock(*_clock_words(status))
        is_led = status.clock is not None
        if self._tempo.isReadOnly() != is_led:
            self._tempo.setReadOnly(is_led)
            with QSignalBlocker(self._tempo):
                self._tempo.setMinimum(UNKNOWN_BPM if is_led else MIN_BPM)
                self._tempo.setSpecialValueText("–" if is_led else "")
        if jam.bpm is None and is_led:
            self.set_tempo(UNKNOWN_BPM)
        elif jam.bpm is not None and not self._tempo.hasFocus() and round(jam.bpm, 1) != self._tempo.value():
            self.set_tempo(jam.bpm)
        text = place_text(jam, self._sixteenth(status)) if jam.is_playing else "–"
        if text != self._place.text():
            self._place.setText(text)
        self._modes.choose(jam.mode.value)
        self._show_playing(jam.is_playing)
        self._start.setEnabled(not is_led)

    def _sixteenth(self, status: RigStatus) -> int:
        rig = self._control.rig
        return 1 if rig is None else 1 + int(rig.beats_now() % 1.0 * 4)

    def _show_ports(self, status: RigStatus) -> None:
        now_seconds = time.perf_counter()
        lost = next((port for port in status.inputs if port.is_lost), None)
        if not status.inputs:
            self._input.show_state(OFF, "no input")
        elif lost is not None:
            self._input.show_state("bad", f"{lost.name} is gone")
        elif any(_is_active(port, now_seconds) for port in status.inputs):
            self._input.show_state("good", "receiving")
        else:
            self._input.show_state(OFF, " + ".join(port.name for port in status.inputs))
        lost = next((port for port in status.outputs if port.is_lost), None)
        if lost is not None:
            self._output.show_state("bad", f"{lost.name} is gone")
        elif not status.is_ready:
            self._output.show_state("warn", "model is loading")
        else:
            names = " + ".join(port.name for port in status.outputs)
            self._output.show_state("good" if status.outputs else OFF, names or "no output")


def _clock_words(status: RigStatus) -> tuple[str, str]:
    """The level of the clock's light and its words."""
    peers = status.link_peers
    if peers is not None:
        words = f"{peers} peer{'' if peers == 1 else 's'}" if peers else "no peers"
        return ("good" if peers else OFF), f"Link: {words}"
    if status.clock is None:
        return ("good" if status.jam.is_playing else OFF), "own clock"
    return _CLOCKS[status.clock]


def _bound(light: StatusLight) -> None:
    light.setMinimumWidth(_LIGHT_WIDTHS[0])
    light.setMaximumWidth(_LIGHT_WIDTHS[1])
    light.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def place_text(jam: JamStatus, sixteenth: int) -> str:
    """Bar, beat and sixteenth, counted from 1; a count-in is below 1."""
    return f"{jam.song_bar + 1}.{jam.beat + 1}.{sixteenth}"


def _is_active(port: PortStatus, now_seconds: float) -> bool:
    return port.active_seconds is not None and now_seconds - port.active_seconds < ACTIVE_SECONDS
