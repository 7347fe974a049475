"""The editor of drum maps, which learns a sampler's notes from the pads that are pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from musegen_daw import sampler_maps
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import PIECE_NAMES, DrumMap
from musegen_daw.music.note_names import note_name
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.widgets.basic import Button, Card, button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import PlainLabel, plain_tip, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.work import JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import MidiInput

NONE = ""
NO_NOTE = -1
COLUMNS = 3
ROW_HEIGHT = 36
SOURCE = "made in the drum map editor"
NOTE_ON, STATUS = 0x90, 0xF0


class MapEditor(QWidget):
    """`message` carries a sentence about what cannot be done, `saved` the name of a map that is new or changed."""

    message = Signal(str)
    saved = Signal(str)

    _heard = Signal(int)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._workers = Workers(self)
        self._input: MidiInput | None = None
        self._titles: dict[str, str] = {}
        self._base = _choice("Start from", "The map whose notes are shown and changed")
        self._port = _choice("Listen to", "The MIDI input whose pads are heard")
        self._port.addItem("no MIDI input", NONE)
        self._name = QLineEdit()
        set_name(self._name, "Name of the map")
        self._name.setToolTip("The name by which Clips, the jam and the command line list the map")
        self._name.setPlaceholderText("for example My kit")
        self._name.setMinimumHeight(ROW_HEIGHT)
        self._save = button(
            "Save map", "Keep the map, to be chosen in Clips, in the jam and on the command line"
        )
        self._save.setMinimumHeight(ROW_HEIGHT)
        self._told = PlainLabel("Choose a piece, then press its pad.")
        self._told.setObjectName("told")
        self._pieces = QButtonGroup(self)
        self._notes: dict[str, QSpinBox] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(MEDIUM)
        column.addWidget(self._choices())
        column.addWidget(self._kit())
        column.addStretch(1)
        self._heard.connect(self._take)
        self._base.activated.connect(lambda: self._show_base(self._base.currentData()))
        self._port.activated.connect(lambda: self._listen(self._port.currentData()))
        self._save.clicked.connect(self._keep)
        self._context.settings.changed.connect(self._show_names)
        self._list_maps("General MIDI")

    def refresh(self) -> None:
        """List the MIDI inputs."""

        def names(_task: JobContext) -> list[str]:
            from musegen_daw.devices.drivers import Direction

            return list(dict.fromkeys(port.name for port in self._context.ports().ports(Direction.INPUT)))

        self._workers.start(names, succeeded=self._show_inputs, failed=self.message.emit)

    def rest(self) -> None:
        """Hear nothing more until an input is chosen again."""
        self._port.choose_data(NONE)
        if self._input is not None:
            self._listen(NONE)

    def close_work(self) -> None:
        self._workers.close()
        self._close_input()

    def _choices(self) -> Card:
        card = Card("Drum map of your sampler")
        rows = QGridLayout()
        rows.setHorizontalSpacing(MEDIUM)
        rows.setVerticalSpacing(SMALL)
        rows.setColumnStretch(1, 1)
        naming = QHBoxLayout()
        naming.setSpacing(SMALL)
        naming.addWidget(self._name, 1)
        naming.addWidget(self._save)
        for row, (text, field) in enumerate(
            (("Start from", self._base), ("Listen to", self._port), ("Save as", self._name))
        ):
            words = label(text)
            words.setBuddy(field)
            words.setMinimumHeight(ROW_HEIGHT)
            rows.addWidget(words, row, 0)
            if field is self._name:
                rows.addLayout(naming, row, 1)
            else:
                rows.addWidget(field, row, 1)
        card.body.addLayout(rows)
        return card

    def _kit(self) -> Card:
        card = Card("Notes")
        card.body.addWidget(self._told)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SMALL)
        grid.setVerticalSpacing(SMALL)
        in_column = -(-len(PIECE_NAMES) // COLUMNS)
        for index, piece in enumerate(PIECE_NAMES):
            chooser = Button(piece)
            set_name(chooser, f"Learn {piece}")
            chooser.setToolTip(plain_tip(f"Learn the note of the {piece}: then press its pad"))
            chooser.setCheckable(True)
            chooser.setMinimumHeight(ROW_HEIGHT)
            chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._pieces.addButton(chooser, index)
            note = _NoteField()
            set_name(note, f"Note of {piece}")
            note.setToolTip(
                plain_tip(f"The MIDI note of the {piece}, 0 to 127; lowest value: the map has none")
            )
            note.valueChanged.connect(lambda _value, piece=piece: self._name_note(piece))
            self._notes[piece] = note
            row, place = index % in_column, index // in_column
            grid.addWidget(chooser, row, 2 * place)
            grid.addWidget(note, row, 2 * place + 1)
            grid.setColumnStretch(2 * place + 1, 1)
        self._pieces.idClicked.connect(
            lambda index: self._tell(f"Press the pad of the {PIECE_NAMES[index]}.")
        )
        card.body.addLayout(grid)
        folder = sampler_maps.user_maps_folder()
        card.body.addWidget(
            label(f"A piece without a note sounds as another of its kind. Maps: {folder}", "dim")
        )
        return card

    def _list_maps(self, chosen: str) -> None:
        self._titles = sampler_maps.titles()
        with QSignalBlocker(self._base):
            self._base.clear()
            for title, name in self._titles.items():
                self._base.addItem(title, name)
        if chosen in self._titles:
            self._base.choose_data(self._titles[chosen])
            self._show_base(self._titles[chosen])

    def _show_base(self, name: str) -> None:
        try:
            base = sampler_maps.load_drum_map(name)
        except MusegenError as error:
            self.message.emit(str(error))
            return
        for piece, field in self._notes.items():
            field.setValue(base.pitches.get(piece, NO_NOTE))
        self._name.setText(base.name if name in sampler_maps.user_map_names() else "")

    def _show_names(self) -> None:
        for piece in self._notes:
            self._name_note(piece)

    def _name_note(self, piece: str) -> None:
        field = self._notes[piece]
        names = self._context.settings.current.note_names
        field.setSuffix(f"  {note_name(field.value(), names)}" if field.value() >= 0 else "")

    def _show_inputs(self, names: list[str]) -> None:
        self._port.fill([("no MIDI input", NONE), *((name, name) for name in names)], NONE)

    def _listen(self, name: str) -> None:
        """Open another input, or none; one worker does so in order."""

        def received(_seconds: float, data: bytes) -> None:
            if len(data) == 3 and data[0] & STATUS == NOTE_ON and data[2] > 0:
                self._heard.emit(data[1])

        def switch(_task: JobContext) -> None:
            self._close_input()
            if name:
                self._input = self._context.ports().open_input(name, received)

        def failed(sentence: str) -> None:
            self._port.choose_data(NONE)
            self.message.emit(sentence)

        self._workers.start(switch, failed=failed)

    def _close_input(self) -> None:
        port, self._input = self._input, None
        if port is not None:
            port.close()

    def _take(self, pitch: int) -> None:
        """Store a note that was heard for the chosen piece, and choose the next."""
        index = self._pieces.checkedId()
        if index < 0:
            self._tell(f"Heard note {pitch}: choose its piece first.")
            return
        self._notes[PIECE_NAMES[index]].setValue(pitch)
        following = self._pieces.button(index + 1)
        if following is None:
            self._pieces.setExclusive(False)
            self._pieces.button(index).setChecked(False)
            self._pieces.setExclusive(True)
            self._tell(f"The {PIECE_NAMES[index]} is note {pitch}; that was the last piece.")
        else:
            following.setChecked(True)
            self._tell(f"The {PIECE_NAMES[index]} is note {pitch}. Next, the {PIECE_NAMES[index + 1]}.")

    def _keep(self) -> None:
        pitches = {piece: field.value() for piece, field in self._notes.items() if field.value() >= 0}
        try:
            made = DrumMap(self._name.text().strip(), pitches, SOURCE)
            name = sampler_maps.save_drum_map(made)
        except MusegenError as error:
            self.message.emit(str(error))
            return
        self._list_maps(made.name)
        self._tell(f"Saved {made.name}: it is in Clips, in Settings for the jam, and on the command line.")
        self.saved.emit(name)

    def _tell(self, words: str) -> None:
        self._told.setText(words)


class _NoteField(QSpinBox):
    """Is left alone by the wheel, which scrolls the page."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(NO_NOTE, 127)
        self.setSpecialValueText("no note")
        self.setMinimumHeight(ROW_HEIGHT)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _choice(name: str, tip: str) -> Choice:
    made = Choice(name, tip)
    made.setMinimumHeight(ROW_HEIGHT)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made
