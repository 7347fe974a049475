"""The jam's settings row: ports, clock, sound device, count-in; and what is saved of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from musegen_daw.devices.link import INSTALL, is_link_installed
from musegen_daw.errors import MusegenError
from musegen_daw.fields import Text, with_values
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM
from musegen_daw.jam.clock.transport import DEFAULT_BPM
from musegen_daw.jam.control.controls import CONTINUOUS, Controls
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode, JamSettings, RigSettings
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.sampler_maps import load_drum_map
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import kebab, plain_tip
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.widgets.visible_timer import VisibleTimer
from musegen_daw.ui.work import Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import PortDirectory

CONTROL_MAP = "window"
"""The name of the window's control map."""

MAX_COUNT_IN_BARS = 4
FORMER_NAMES = {"way": "mode"}
"""Names of earlier versions, by their present names."""
NO_PORT = "-"
"""In place of a port's name: no port."""


@dataclass(frozen=True, slots=True)
class JamChoices:
    """What is saved of the jam panel; `control_channel` counts from 1, 0 is none."""

    clock: ClockSource = ClockSource.INTERNAL
    tempo_bpm: Annotated[float, Meta(ge=MIN_BPM, le=MAX_BPM)] = DEFAULT_BPM
    count_in_bars: Annotated[int, Meta(ge=0, le=MAX_COUNT_IN_BARS)] = 0
    sound: bool = False
    mode: JamMode = JamMode.FOLLOW
    controls: Controls = field(default_factory=Controls)
    style: Text = ""
    control_channel: Annotated[int, Meta(ge=0, le=16)] = 0

    def rig_settings(self, settings: AppSettings) -> RigSettings:
        """The settings of a jam on the ports and devices of `settings`; without any output the sound device plays."""
        output = None if settings.output_port == NO_PORT else settings.output_port or OWN_OUTPUT
        inputs = () if settings.input_port == NO_PORT else (settings.input_port or OWN_INPUT,)
        return RigSettings(
            input_names=inputs,
            output_name=output,
            audio=self.sound or output is None,
            audio_device=settings.audio_device or None,
            soundfont=Path(settings.soundfont) if settings.soundfont else None,
            clock=self.clock,
            tempo_bpm=self.tempo_bpm,
            count_in_bars=self.count_in_bars,
            jam=JamSettings(mode=self.mode, kit=Kit(_drum_map(settings.drum_map))),
            controls=replace(self.controls, hold=False),
            control_map=CONTROL_MAP,
            style=self.style,
            styles=settings.favourite_styles,
            control_channel=self.control_channel - 1 if self.control_channel else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold of them."""
        controls = {name: getattr(self.controls, name) for name in CONTINUOUS}
        return {
            "clock": self.clock.value,
            "tempo_bpm": self.tempo_bpm,
            "count_in_bars": self.count_in_bars,
            "sound": self.sound,
            "mode": self.mode.value,
            "style": self.style,
            "control_channel": self.control_channel,
            "controls": {**controls, "muted": sorted(self.controls.muted)},
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> tuple[JamChoices, tuple[str, ...]]:
        """The choices of `as_dict`, with defaults for what is missing or does not fit, and the names of the latter."""
        choices, misfits = with_values(cls(), {FORMER_NAMES.get(key, key): state[key] for key in state})
        return replace(choices, controls=replace(choices.controls, hold=False)), misfits


def _drum_map(name: str) -> DrumMap:
    """General MIDI where the map is gone."""
    try:
        return load_drum_map(name) if name else GENERAL_MIDI
    except MusegenError:
        return GENERAL_MIDI


def without_link(choices: JamChoices) -> JamChoices:
    """The choices on a computer without Ableton Link."""
    return replace(choices, clock=ClockSource.INTERNAL) if choices.clock is ClockSource.LINK else choices


POLL_MILLISECONDS = 2000
Names = tuple[bool, tuple[str, ...], tuple[str, ...]]


class JamPickers(QWidget):
    """Lists the ports again every two seconds while it is visible.

    `input_chosen` and `output_chosen` carry a name, empty for the program's own port, `NO_PORT` for none.
    """

    input_chosen = Signal(str)
    output_chosen = Signal(str)
    clock_chosen = Signal(str)
    sound_chosen = Signal(bool)
    count_in_chosen = Signal(int)
    changed = Signal()
    """The list of ports has changed."""
    message = Signal(str)

    def __init__(self, ports: Callable[[], PortDirectory]) -> None:
        super().__init__()
        self._ports = ports
        self._workers = Workers(self)
        self._names: Names = (True, (), ())
        self._input = Choice("MIDI input", "Where your playing comes from", large=True)
        self._output = Choice("MIDI output", "Where the drums go", large=True)
        self._clock = Choice(
            "Clock",
            "Tempo and position: from this program, from the DAW's MIDI clock, or shared by Ableton Link",
            large=True,
        )
        self._clock.addItem("Own tempo", ClockSource.INTERNAL.value)
        self._clock.addItem("MIDI clock", ClockSource.MIDI.value)
        self._clock.addItem("Ableton Link", ClockSource.LINK.value)
        if not is_link_installed():
            self._refuse_link()
        self._sound = QCheckBox("Sound device")
        self._sound.setToolTip("Also play the drums through the sound device")
        self._count_in = QCheckBox("Count-in")
        self._count_in.setToolTip("Count one bar before the drums start")
        for box in (self._sound, self._count_in):
            box.setObjectName(kebab(box.text()))
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
        self._timer = VisibleTimer(self, POLL_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)

    def refresh(self) -> None:
        if not self._workers.is_busy:
            self._workers.start(
                lambda task: _names(self._ports()), succeeded=self._show, failed=self.message.emit
            )

    def _refuse_link(self) -> None:
        """Grey it, with the sentence that says how to install it."""
        row = self._clock.findData(ClockSource.LINK.value)
        self._clock.setItemText(row, "Ableton Link (not installed)")
        self._clock.setItemData(row, f"{INSTALL}.", Qt.ItemDataRole.ToolTipRole)
        self._clock.setItemData(row, f"Ableton Link. {INSTALL}.", Qt.ItemDataRole.AccessibleTextRole)
        self._clock.setItemData(row, 0, Qt.ItemDataRole.UserRole - 1)  # the flags of the entry
        self._clock.setToolTip(plain_tip(f"{self._clock.toolTip()}\n{INSTALL}."))

    def show_choices(self, choices: JamChoices, settings: AppSettings) -> None:
        """Show what is chosen, also a port that is not connected."""
        self._input.choose_data(settings.input_port)
        self._output.choose_data(settings.output_port)
        self._clock.setCurrentIndex(self._clock.findData(choices.clock.value))
        self._sound.setChecked(choices.sound)
        self._count_in.setChecked(choices.count_in_bars > 0)
        self._count_in.setEnabled(choices.clock is ClockSource.INTERNAL)

    def close_work(self) -> None:
        self._timer.stop()
        self._workers.close()

    def _show(self, names: Names) -> None:
        if names != self._names and not any(box.view().isVisible() for box in (self._input, self._output)):
            self._names = names
            self._fill()
            self.changed.emit()

    def _fill(self) -> None:
        can_create, inputs, outputs = self._names
        own = "created here" if can_create else "loopback"
        for box, name, names, none in (
            (self._input, OWN_INPUT, inputs, "no MIDI input"),
            (self._output, OWN_OUTPUT, outputs, "no MIDI output"),
        ):
            box.fill([(f"{name} ({own})", ""), *((each, each) for each in names), (none, NO_PORT)])


def _names(directory: PortDirectory) -> Names:
    from musegen_daw.devices.drivers import Direction

    inputs, outputs = (directory.ports(way) for way in (Direction.INPUT, Direction.OUTPUT))
    return (
        directory.creates_ports,
        tuple(dict.fromkeys(port.name for port in inputs)),
        tuple(dict.fromkeys(port.name for port in outputs)),
    )
