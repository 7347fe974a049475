"""The row of choices over the jam: which ports, whose clock, whether the sound device plays, the count-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource
from musegen_daw.ui.bridge import Pulse
from musegen_daw.ui.jam.choices import NO_PORT, JamChoices
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.work import Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import PortDirectory

LOOK_MILLISECONDS = 2000
Names = tuple[bool, tuple[str, ...], tuple[str, ...]]


class JamPickers(QWidget):
    """Lists the ports anew every two seconds while it can be seen; the signals carry what a person chose.

    `input_chosen` and `output_chosen` carry a name, empty for the program's own port, `NO_PORT` for none.
    """

    input_chosen = Signal(str)
    output_chosen = Signal(str)
    clock_chosen = Signal(str)
    sound_chosen = Signal(bool)
    count_in_chosen = Signal(int)
    changed = Signal()
    """Other ports are there than before."""
    said = Signal(str)

    def __init__(self, ports: Callable[[], PortDirectory], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._workers = Workers(self)
        self._names: Names = (True, (), ())
        self._input = Choice("MIDI input", "Where your playing comes from", large=True)
        self._output = Choice("MIDI output", "Where the drums go", large=True)
        self._clock = Choice(
            "Clock",
            "Tempo and position: from this program, or from the DAW's MIDI clock",
            large=True,
        )
        self._clock.addItem("Own tempo", ClockSource.INTERNAL.value)
        self._clock.addItem("MIDI clock", ClockSource.MIDI.value)
        self._sound = QCheckBox("Sound device")
        self._sound.setToolTip("Also play the drums through the sound device")
        self._count_in = QCheckBox("Count-in")
        self._count_in.setToolTip("Count one bar before the drums start")
        for box in (self._sound, self._count_in):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.setMinimumHeight(44)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for text, widget, stretch in (
            ("In", self._input, 4),
            ("Clock", self._clock, 3),
            ("Out", self._output, 4),
        ):
            words = label(text, "dim")
            words.setWordWrap(False)
            words.setBuddy(widget)
            row.addWidget(words)
            row.addWidget(widget, stretch)
            row.addSpacing(SMALL)
        row.addWidget(self._sound)
        row.addSpacing(MEDIUM - SMALL)
        row.addWidget(self._count_in)
        self._fill()
        self._input.activated.connect(lambda: self.input_chosen.emit(self._input.currentData()))
        self._output.activated.connect(lambda: self.output_chosen.emit(self._output.currentData()))
        self._clock.activated.connect(lambda: self.clock_chosen.emit(self._clock.currentData()))
        self._sound.clicked.connect(self.sound_chosen)
        self._count_in.clicked.connect(lambda on: self.count_in_chosen.emit(int(on)))
        self._looking = Pulse(self, LOOK_MILLISECONDS)
        self._looking.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """List the ports anew, in the background."""
        if not self._workers.is_busy:
            self._workers.start(
                lambda task: _names(self._ports()), succeeded=self._show, failed=self.said.emit
            )

    def show_choices(self, choices: JamChoices, settings: AppSettings) -> None:
        """Show what is chosen, a port that is not there included."""
        for box, name in ((self._input, settings.input_port), (self._output, settings.output_port)):
            with QSignalBlocker(box):
                if box.findData(name) < 0:
                    box.addItem(f"{name} (not there)", name)
                box.setCurrentIndex(box.findData(name))
        self._clock.setCurrentIndex(self._clock.findData(choices.clock.value))
        self._sound.setChecked(choices.sound)
        self._count_in.setChecked(choices.count_in_bars > 0)
        self._count_in.setEnabled(choices.clock is ClockSource.INTERNAL)

    def close_work(self) -> None:
        """Stop looking."""
        self._looking.stop()
        self._workers.close()

    def _show(self, names: Names) -> None:
        if names != self._names and not any(box.view().isVisible() for box in (self._input, self._output)):
            self._names = names
            self._fill()
            self.changed.emit()

    def _fill(self) -> None:
        can_create, inputs, outputs = self._names
        own = "created here" if can_create else "loopback"
        _fill(self._input, f"{OWN_INPUT} ({own})", inputs, "no MIDI input")
        _fill(self._output, f"{OWN_OUTPUT} ({own})", outputs, "no MIDI output")


def _fill(box: QComboBox, own: str, names: Sequence[str], none: str) -> None:
    chosen = box.currentData() or ""
    with QSignalBlocker(box):
        box.clear()
        box.addItem(own, "")
        for name in names:
            box.addItem(name, name)
        box.addItem(none, NO_PORT)
        if box.findData(chosen) < 0:
            box.addItem(f"{chosen} (not there)", chosen)
        box.setCurrentIndex(box.findData(chosen))


def _names(directory: PortDirectory) -> Names:
    from musegen_daw.devices.drivers import Direction

    inputs, outputs = (directory.ports(way) for way in (Direction.INPUT, Direction.OUTPUT))
    return (
        directory.creates_ports,
        tuple(dict.fromkeys(port.name for port in inputs)),
        tuple(dict.fromkeys(port.name for port in outputs)),
    )
