"""The help pages: DAW routing, diagnostics, keys, about."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.about import libraries, version_text
from musegen_daw.ui.widgets.basic import Card, ProgressLine, Segments, StatusLight, button, label
from musegen_daw.ui.widgets.plain import PlainLabel
from musegen_daw.ui.widgets.theme import LARGE, MEDIUM, SMALL
from musegen_daw.ui.work import JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.devices.findings import Finding


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps for one DAW, in the words of its manual."""

    daw: str
    steps: tuple[str, ...]


LINUX_DAWS = ("Ardour", "REAPER", "Bitwig")
"""DAWs with a recipe that run on Linux, the likeliest first."""


def likely_daw(platform: str, port_names: Iterable[str]) -> str:
    """The DAW to show first: on Linux the one whose ports exist, elsewhere Live."""
    if not platform.startswith("linux"):
        return "Live"
    names = [name.casefold() for name in port_names]
    found = (daw for daw in LINUX_DAWS if any(daw.casefold() in name for name in names))
    return next(found, LINUX_DAWS[0])


def recipes(to_program: str, from_program: str) -> tuple[Recipe, ...]:
    """How a DAW sends to the port `to_program` and records from `from_program`.

    After the manuals of the DAWs: MIDI settings, clock, and the input and output of tracks.
    """
    to, back = f"“{to_program}”", f"“{from_program}”"
    return (
        Recipe(
            "Live",
            (
                f"Settings → Link, Tempo & MIDI: for the output {to} turn Track and Sync on; for the input {back} turn "
                "Track on.",
                f"On the instrument's MIDI track set MIDI To to {to}.",
                f"On a MIDI track with a drum rack set MIDI From to {back}, Monitor to In.",
                "In Jam choose Clock: MIDI clock. Press play in Live.",
            ),
        ),
        Recipe(
            "REAPER",
            (
                f"Preferences → MIDI Devices: enable the output {to} and tick Send clock/SPP; enable the input {back}.",
                f"On the instrument's track: Route → MIDI hardware output → {to}.",
                f"On a track with a drum instrument: input MIDI → {back} → all channels, record arm, monitor on.",
                "In Jam choose Clock: MIDI clock. Press play in REAPER.",
            ),
        ),
        Recipe(
            "Bitwig",
            (
                f"Settings → Controllers: add a Generic MIDI Keyboard with the input {back}.",
                f"Settings → Synchronization: send MIDI clock to {to}.",
                f"After the instrument on its track add the device HW Instrument or Note → MIDI Out with {to}.",
                f"On a drum track choose {back} as note input and arm it. In Jam choose Clock: MIDI clock.",
            ),
        ),
        Recipe(
            "Logic",
            (
                f"File → Project Settings → Synchronization → MIDI: send MIDI clock to {to}.",
                f"Make a track of an External Instrument with {to} as MIDI destination and copy the part there.",
                f"Make a track with Drum Kit Designer, in its inspector set the MIDI input port to {back}, arm it.",
                "In Jam choose Clock: MIDI clock. Press play in Logic.",
            ),
        ),
        Recipe(
            "Ardour",
            (
                "Preferences → Transport → Generate: enable MIDI clock.",
                f"Window → MIDI Connections: connect Ardour's MIDI Clock out, and the output of the instrument's MIDI "
                f"track, to {to}.",
                f"Add a MIDI track with a drum instrument and connect its input to {back}; arm it.",
                "In Jam choose Clock: MIDI clock. Roll in Ardour.",
            ),
        ),
    )


KEYS = (
    ("Everywhere", (
        ("Space", "start and stop the jam, or what the current page plays"),
        ("Ctrl+.  or  F12", "panic: all notes off"),
        ("Ctrl+1 … Ctrl+4", "Jam, Clips, Vocoder, Settings"),
        ("T", "tap the tempo; with MIDI clock: mark the start of a bar"),
        ("Tab, Shift+Tab", "next control, previous control"),
        ("Return", "press the focused button"),
        ("Esc", "cancel a job or MIDI learn, dismiss a message"),
        ("F1", "this page"),
        ("Ctrl+Q", "quit; everything is saved"),
    )),
    ("Jam", (
        ("F", "fill in the next bar"),
        ("H", "hold the pattern that plays"),
        ("1 … 9", "mute and unmute a voice, kick to ride"),
        ("← →", "change the focused slider; Page Up and Page Down in larger steps"),
        ("A", "automatic density"),
        ("M, R", "show swing, style, latency and recording; record and stop"),
        ("Right click", "MIDI learn: map a knob or pad to a control, or unmap it"),
    )),
    ("Clips", (
        ("Ctrl+O, Ctrl+S", "open, save"),
        ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
        ("Ctrl+G", "generate drums"),
        ("Ctrl+B", "bounce to WAV"),
        ("Click, drag", "add or remove a hit; up and down its velocity; Alt and sideways its timing"),
        ("Drag the ground, Shift+click", "select hits; Ctrl+A all, V a voice, Shift+B a bar, Esc none"),
        ("Ctrl+C, X, V, R", "copy, cut, paste and duplicate hits or bars; with copied files, Ctrl+V opens them"),
        ("Alt+← →, Ctrl+arrows", "the timing of hits; the selected hits by a cell or a voice"),
        ("+ −, E", "louder and softer; velocity lane"),
        ("M, S, Alt+↑ ↓", "mute, solo and level of the voice under the cursor"),
        ("L, B", "lock the voice, the bar"),
        ("Right click", "all of these for a hit, a voice or a bar"),
    )),
    ("Vocoder", (("1, 2, 3", "Original, GAN, Griffin-Lim at the same position"),)),
)  # fmt: skip


class RoutingPage(QWidget):
    """The ports of this computer, and the steps for the chosen DAW."""

    begin_requested = Signal()
    daw_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._is_chosen = False
        self._ports = label("", "dim")
        self._ports.setObjectName("ports")
        self._steps = PlainLabel()
        self._steps.setObjectName("steps")
        self._steps.setWordWrap(True)
        self._steps.setTextFormat(Qt.TextFormat.PlainText)
        self._steps.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._to, self._back = "musegen in", "musegen drums"
        names = [recipe.daw for recipe in recipes(self._to, self._back)]
        self._daws = Segments("DAW", [(name, name, f"The steps in {name}") for name in names])
        self._daws.chosen.connect(self._choose)
        self._daws.choose(likely_daw(sys.platform, ()))
        begin = button("Go to Jam", "Open the Jam page", "", "main", large=True)
        begin.clicked.connect(self.begin_requested)
        column = _column(self)
        intro = Card("Drums for your playing")
        intro.body.addWidget(
            _words(
                "Send notes from your DAW or keyboard; the drums come back as MIDI, to play and record in the DAW. "
                "Without a DAW, turn on Sound device in Jam, or drop MIDI files in Clips."
            )
        )
        intro.body.addWidget(self._ports)
        row = QHBoxLayout()
        row.addWidget(begin)
        row.addStretch(1)
        intro.body.addLayout(row)
        routing = Card("Connect your DAW")
        picker = QHBoxLayout()
        picker.addWidget(self._daws)
        picker.addStretch(1)
        routing.body.addLayout(picker)
        routing.body.addWidget(self._steps)
        column.addWidget(intro)
        column.addWidget(routing)
        column.addStretch(1)
        self._show_steps()

    def show_ports(self, to_program: str, from_program: str, sentence: str) -> None:
        self._to, self._back = to_program, from_program
        self._ports.setText(sentence)
        self._show_steps()

    @property
    def chosen_daw(self) -> str:
        """The DAW that the user chose, empty before."""
        return self._daws.key if self._is_chosen else ""

    def choose_daw(self, daw: str) -> None:
        """Show a DAW that was chosen before; unknown ones are ignored."""
        self._is_chosen = any(recipe.daw == daw for recipe in recipes(self._to, self._back))
        if self._is_chosen:
            self._daws.choose(daw)
            self._show_steps()

    def suggest_daw(self, daw: str) -> None:
        """Show a DAW unless the user has chosen one."""
        if not self._is_chosen:
            self._daws.choose(daw)
            self._show_steps()

    def _choose(self, _daw: str) -> None:
        self._is_chosen = True
        self._show_steps()
        self.daw_chosen.emit()

    def _show_steps(self) -> None:
        chosen = self._daws.key
        recipe = next(each for each in recipes(self._to, self._back) if each.daw == chosen)
        self._steps.setText("\n\n".join(f"{number}.  {step}" for number, step in enumerate(recipe.steps, 1)))


class HealthPage(QWidget):
    """The diagnostics, which listen to every port for a second, so they run on request."""

    message = Signal(str)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._workers = Workers(self)
        self._examine = button(
            "Run diagnostics",
            "Check ports, sound and models; takes a few seconds",
            "",
            "main",
            large=True,
        )
        self._examine.clicked.connect(self.examine)
        self._progress = ProgressLine()
        self._progress.cancelled.connect(self._cancel)
        self._card = Card("Diagnostics")
        self._card.setObjectName("findings")
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(MEDIUM)
        self._rows.setVerticalSpacing(SMALL)
        self._rows.setColumnStretch(1, 1)
        self._card.body.addLayout(self._rows)
        self._card.hide()
        column = _column(self)
        row = QHBoxLayout()
        row.addWidget(self._examine)
        row.addWidget(self._progress, 1)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(
            label(
                "Listens to every MIDI input for a second, and sends every output a silent message.",
                "dim",
            )
        )
        column.addWidget(self._card)
        column.addStretch(1)

    def examine(self) -> None:
        self._examine.setEnabled(False)
        self._progress.begin("listening …")
        context = self._context
        self._workers.start(
            lambda task: _examined(task, context),
            succeeded=self.show_findings, failed=self.message.emit, ended=self._ended,
        )  # fmt: skip

    def show_findings(self, findings: Sequence[Finding]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, finding in enumerate(findings):
            light = StatusLight(finding.subject)
            level = {"ok": "good", "note": "warn"}.get(finding.level.value, "bad")
            light.show_state(level, finding.subject)
            light.setFixedWidth(110)
            advice = f"\n→ {finding.advice}" if finding.advice else ""
            self._rows.addWidget(light, row, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(_words(f"{finding.what}{advice}"), row, 1)
        self._card.show()

    def close_work(self) -> None:
        self._workers.close()

    def _cancel(self) -> None:
        self._workers.cancel()

    def _ended(self) -> None:
        self._examine.setEnabled(True)
        self._progress.end()


class KeysPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = _column(self)
        for title, keys in KEYS:
            card = Card(title)
            rows = QGridLayout()
            rows.setHorizontalSpacing(LARGE)
            rows.setVerticalSpacing(SMALL)
            rows.setColumnStretch(1, 1)
            for row, (key, what) in enumerate(keys):
                words = label(key)
                words.setMinimumWidth(180)
                rows.addWidget(words, row, 0, Qt.AlignmentFlag.AlignTop)
                rows.addWidget(_words(what), row, 1)
            card.body.addLayout(rows)
            column.addWidget(card)
        column.addStretch(1)


class AboutPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = _column(self)
        card = Card("musegen-daw")
        card.body.addWidget(_words(version_text()))
        card.body.addWidget(label("Made with these libraries, each under its own licence:", "dim"))
        rows = QGridLayout()
        rows.setHorizontalSpacing(LARGE)
        rows.setColumnStretch(2, 1)
        for row, library in enumerate(libraries()):
            for place, text in enumerate((library.name, library.version, library.licence)):
                rows.addWidget(_words(text) if place == 2 else label(text), row, place)
        card.body.addLayout(rows)
        column.addWidget(card)
        column.addStretch(1)


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
    column.setSpacing(MEDIUM)
    return column


def _words(text: str) -> QLabel:
    made = PlainLabel(text)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _examined(task: JobContext, context: AppContext) -> Sequence[Finding]:
    from musegen_daw import resource_paths as resources
    from musegen_daw.devices.sound_devices import output_devices
    from musegen_daw.jam.checkup import examine

    task.check()
    model_dir = resources.drum_model_dir()
    return examine(context.ports(), output_devices, lambda _folder: context.drum_generator(), model_dir)[1]


def likely_daw_of(context: AppContext) -> str:
    """`likely_daw` by the ports that exist; for a worker."""
    from musegen_daw.devices.drivers import Direction

    ports = context.ports()
    return likely_daw(sys.platform, (port.name for way in Direction for port in ports.ports(way)))


def port_names(context: AppContext) -> tuple[str, str, str]:
    """The port a DAW sends to, the port it records from, and a sentence about them; for a worker."""
    from musegen_daw.devices import loopback
    from musegen_daw.devices.drivers import Direction
    from musegen_daw.errors import PortError
    from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT

    directory = context.ports()
    problem = directory.problem()
    if problem is not None:
        return OWN_INPUT, OWN_OUTPUT, problem
    if directory.creates_ports:
        return (
            OWN_INPUT,
            OWN_OUTPUT,
            f"The ports “{OWN_INPUT}” and “{OWN_OUTPUT}” exist while the program runs.",
        )
    names = [[port.name for port in directory.ports(way)] for way in (Direction.INPUT, Direction.OUTPUT)]
    try:
        wiring = loopback.wiring(names[0], names[1], sys.platform)
    except PortError as error:
        return OWN_INPUT, OWN_OUTPUT, str(error)
    return wiring.input_name, wiring.output_name, wiring.advice
