"""The page that connects a DAW: the ports of this computer, and the steps for the chosen DAW."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from musegen_daw import reaper_script
from musegen_daw.devices import loopback
from musegen_daw.devices.loopback import Loopback, Wiring
from musegen_daw.errors import PortError
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.help_pages import page_column, selectable_words
from musegen_daw.ui.widgets.basic import Card, Segments, button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import PlainLabel
from musegen_daw.ui.widgets.theme import SMALL


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps for one DAW, in the words of its manual."""

    daw: str
    steps: tuple[str, ...]


LINUX_DAWS = ("Ardour", "REAPER", "Bitwig")
"""DAWs with a recipe that run on Linux, the likeliest first."""
SCRIPTED = "REAPER"
"""The DAW for which there is a script."""


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
                "Add a second MIDI track without an instrument, because a track with an instrument has no MIDI To: "
                f"MIDI From the part's track, Monitor In, MIDI To {to}.",
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
                f"Settings → Synchronization: under MIDI clock Out turn on {to}.",
                "Add an instrument track that takes its notes from the part's track, and on it the device HW "
                f"Instrument with the MIDI output {to}. On the part's own track it stands before the instrument or in "
                "place of it, never behind it: an instrument passes no notes on.",
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
                "Preferences → Transport → Generate: tick Enable Mclk generator.",
                "Window → MIDI Connections: connect Ardour's MIDI Clock out, and the output of the part's MIDI "
                f"track, to {to}.",
                f"Add a MIDI track with a drum instrument and connect its input to {back}; arm it, Monitor In.",
                "In Jam choose Clock: MIDI clock. Roll in Ardour.",
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class PortsHere:
    """The port a DAW sends to, the port it records from, a sentence, and the loopback ports that can be chosen."""

    to_program: str
    from_program: str
    sentence: str
    loops: tuple[Wiring, ...] = ()


class RoutingPage(QWidget):
    """The ports of this computer, and the steps for the chosen DAW."""

    begin_requested = Signal()
    daw_chosen = Signal()
    ports_chosen = Signal(str, str)
    """The names of an input and an output for this program."""
    script_requested = Signal()
    """To install the script of the DAW."""

    def __init__(self) -> None:
        super().__init__()
        self._is_chosen = False
        self._loops: tuple[Wiring, ...] = ()
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
        column = page_column(self)
        column.addWidget(self._intro())
        routing = Card("Connect your DAW")
        picker = QHBoxLayout()
        picker.addWidget(self._daws)
        picker.addStretch(1)
        routing.body.addLayout(picker)
        routing.body.addWidget(self._steps)
        column.addWidget(routing)
        self._script = self._script_card()
        column.addWidget(self._script)
        column.addWidget(
            label(
                "Without any port: choose a watched folder in Settings and tick “and write drums back”. Every MIDI "
                "file that you put into it is answered by drums in its folder answers.",
                "dim",
            )
        )
        column.addStretch(1)
        self._show_steps()

    def show_ports(
        self, to_program: str, from_program: str, sentence: str, loops: Sequence[Wiring] = ()
    ) -> None:
        """Name these ports in the steps; offer those of `loops`."""
        self._to, self._back = to_program, from_program
        self._ports.setText(sentence)
        self._loops = tuple(loops)
        self._loop.fill([(_title(wiring), str(index)) for index, wiring in enumerate(self._loops)], "0")
        self._offer.setVisible(bool(self._loops))
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

    def _intro(self) -> Card:
        card = Card("Drums for your playing")
        card.body.addWidget(
            selectable_words(
                "Send notes from your DAW or keyboard; the drums come back as MIDI, to play and record in the DAW. "
                "Without a DAW, turn on Sound device in Jam, or drop MIDI files in Clips."
            )
        )
        card.body.addWidget(self._ports)
        self._loop = Choice("Loopback ports", "The loopback ports that were found on this computer")
        self._loop.setMinimumHeight(36)
        use = button("Use these ports", "Take them as MIDI input and output of the jam")
        use.setMinimumHeight(36)
        use.clicked.connect(self._use_loop)
        self._loop.activated.connect(self._show_loop)
        self._offer = QWidget()
        offer = QHBoxLayout(self._offer)
        offer.setContentsMargins(0, 0, 0, 0)
        offer.setSpacing(SMALL)
        offer.addWidget(self._loop, 1)
        offer.addWidget(use)
        self._offer.hide()
        card.body.addWidget(self._offer)
        begin = button("Go to Jam", "Open the Jam page", "", "main", large=True)
        begin.clicked.connect(self.begin_requested)
        row = QHBoxLayout()
        row.addWidget(begin)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _script_card(self) -> Card:
        card = Card("Drums for selected items")
        card.body.addWidget(
            selectable_words(
                "A script sends the selected MIDI items of REAPER to this program and puts the drums on a track below "
                "them, with no port at all. After it is installed: Actions → Show action list → New action → Load "
                f"ReaScript → Scripts → {reaper_script.NAME}. Then select MIDI items and run it."
            )
        )
        install = button(
            "Install the REAPER script", "Put it into REAPER's Scripts folder, and watch its folder"
        )
        install.setMinimumHeight(36)
        install.clicked.connect(self.script_requested)
        row = QHBoxLayout()
        row.addWidget(install)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _chosen_loop(self) -> Wiring:
        return self._loops[int(self._loop.currentData())]

    def _show_loop(self) -> None:
        wiring = self._chosen_loop()
        self._to, self._back = wiring.to_program, wiring.from_program
        self._ports.setText(wiring.advice)
        self._show_steps()

    def _use_loop(self) -> None:
        wiring = self._chosen_loop()
        self._show_loop()
        self.ports_chosen.emit(wiring.input_name, wiring.output_name)

    def _choose(self, _daw: str) -> None:
        self._is_chosen = True
        self._show_steps()
        self.daw_chosen.emit()

    def _show_steps(self) -> None:
        chosen = self._daws.key
        recipe = next(each for each in recipes(self._to, self._back) if each.daw == chosen)
        self._steps.setText("\n\n".join(f"{number}.  {step}" for number, step in enumerate(recipe.steps, 1)))
        self._script.setVisible(chosen == SCRIPTED)


def _title(wiring: Wiring) -> str:
    names = (
        wiring.input_name
        if wiring.input_name == wiring.output_name
        else (f"{wiring.input_name} and {wiring.output_name}")
    )
    driver = loopback.kind(wiring.input_name)
    return f"{driver}: {names}" if driver else names


def likely_daw_of(context: AppContext) -> str:
    """`likely_daw` by the ports that exist; for a worker."""
    from musegen_daw.devices.drivers import Direction

    ports = context.ports()
    return likely_daw(sys.platform, (port.name for way in Direction for port in ports.ports(way)))


def loops_of(input_names: Sequence[str], output_names: Sequence[str]) -> tuple[Wiring, ...]:
    """The ways through the loopback ports of each driver that has enough of them."""
    found: list[Wiring] = []
    for driver in Loopback:
        own = [
            [name for name in names if loopback.kind(name) is driver] for names in (input_names, output_names)
        ]
        try:
            found.append(loopback.wiring(own[0], own[1]))
        except PortError:
            continue
    return tuple(found)


def ports_here(context: AppContext) -> PortsHere:
    """What is there, and what to install where nothing is; for a worker."""
    from musegen_daw.devices.drivers import Direction
    from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT

    directory = context.ports()
    problem = directory.problem()
    if problem is not None:
        return PortsHere(OWN_INPUT, OWN_OUTPUT, problem)
    if directory.creates_ports:
        sentence = f"The ports “{OWN_INPUT}” and “{OWN_OUTPUT}” exist while the program runs."
        return PortsHere(OWN_INPUT, OWN_OUTPUT, sentence)
    names = [[port.name for port in directory.ports(way)] for way in (Direction.INPUT, Direction.OUTPUT)]
    try:
        usual = loopback.wiring(names[0], names[1], sys.platform)
    except PortError as error:
        return PortsHere(OWN_INPUT, OWN_OUTPUT, str(error))
    loops = (usual, *(each for each in loops_of(names[0], names[1]) if each != usual))
    settings = context.settings.current
    chosen = settings.input_port, settings.output_port
    loops = tuple(sorted(loops, key=lambda each: (each.input_name, each.output_name) != chosen))
    return PortsHere(loops[0].to_program, loops[0].from_program, loops[0].advice, loops)
