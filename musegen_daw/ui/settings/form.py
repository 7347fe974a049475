"""The settings: theme, note names, sound device, SoundFont and folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from musegen_daw import files
from musegen_daw.music.note_names import NoteNames, note_name
from musegen_daw.sampler_maps import titles
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.widgets.basic import Card, button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL, THEMES
from musegen_daw.ui.work import Workers

if TYPE_CHECKING:
    from musegen_daw.devices.sound_devices import AudioDevice

FIELD_WIDTH = 420
OPEN_KEY, USUAL = "open", ""
USUAL_MAP = "general-midi"


class SettingsForm(QWidget):
    """Changes apply at once; `message` carries a sentence about what cannot be used."""

    message = Signal(str)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._store = context.settings
        self._workers = Workers(self)
        self._theme = _choice("Theme", "Colours of the window")
        for name in THEMES:
            self._theme.addItem(name.capitalize(), name)
        self._names = _choice("Note names", "How notes are named")
        for names in NoteNames:
            self._names.addItem(
                f"{names.value}: middle C is {note_name(60, names)}, A is {note_name(69, names)}", names.value
            )
        self._device = _choice("Sound device", "Plays drums and clips without a DAW")
        self._device.addItem("System default", USUAL)
        self._soundfont = _PathField("SoundFont", "the usual one", self._choose_soundfont)
        self._models = _PathField("Models folder", "the bundled models", self._choose_models)
        self._watched = _PathField("Watched folder", "none", self._choose_watched)
        self._writes_back = QCheckBox("and write drums back")
        set_name(self._writes_back, "Write drums back")
        self._writes_back.setToolTip(
            plain_tip(
                "Every MIDI file that comes into the folder gets drums, in the folder answers within it"
            )
        )
        self._writes_back.setMinimumHeight(36)
        self._map = _choice("Drum map of the jam", "The notes of your sampler, for the drums of the jam")
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(MEDIUM)
        column.addWidget(_card("Look", ("Theme", self._theme), ("Note names", self._names)))
        column.addWidget(
            _card("Sound", ("Sound device", self._device), ("SoundFont (.sf2)", self._soundfont))
        )
        column.addWidget(
            _card(
                "Folders",
                ("Models", self._models),
                ("Watched for new clips", self._watched),
                ("", self._writes_back),
            )
        )
        column.addWidget(_card("Jam", ("Drum map", self._map)))
        column.addWidget(label("MIDI ports are chosen in Jam; they are remembered by name.", "dim"))
        column.addStretch(1)
        self._theme.activated.connect(lambda: self._store.change(theme=self._theme.currentData()))
        self._names.activated.connect(lambda: self._store.change(note_names=self._names.currentData()))
        self._device.activated.connect(lambda: self._store.change(audio_device=self._device.currentData()))
        self._writes_back.clicked.connect(lambda on: self._store.change(watched_writes_back=on))
        self._map.activated.connect(lambda: self._store.change(drum_map=self._map.currentData()))
        for field, name in (
            (self._soundfont, "soundfont"),
            (self._models, "models_dir"),
            (self._watched, "watched_dir"),
        ):
            field.chosen.connect(lambda path, name=name: self._take_path(name, path))
        self._store.changed.connect(self._show)
        self.refresh_maps()
        self._show(self._store.current)

    def refresh_maps(self) -> None:
        """List the drum maps again, with those that were made meanwhile."""
        self._map.fill(
            [(title, "" if name == USUAL_MAP else name) for title, name in titles().items()], USUAL
        )
        self._map.choose_data(self._store.current.drum_map)

    def refresh(self) -> None:
        self.refresh_maps()
        self._workers.start(_devices, succeeded=self._show_devices, failed=self.message.emit)
        self._workers.start(_usual_soundfont, succeeded=self._soundfont.show_usual)

    def close_work(self) -> None:
        self._workers.close()

    def _show(self, settings: AppSettings) -> None:
        for box, value in (
            (self._theme, settings.theme), (self._names, settings.note_names), (self._device, settings.audio_device),
        ):  # fmt: skip
            box.choose_data(value)
        self._soundfont.show_path(settings.soundfont)
        self._models.show_path(settings.models_dir)
        self._watched.show_path(settings.watched_dir)
        self._writes_back.setChecked(settings.watched_writes_back)
        self._writes_back.setEnabled(bool(settings.watched_dir))
        self._map.choose_data(settings.drum_map)

    def _show_devices(self, devices: tuple[AudioDevice, ...]) -> None:
        found = [
            (f"{device.name} ({device.host}, {device.sample_rate_hz} Hz)", device.name) for device in devices
        ]
        self._device.fill([("System default", USUAL), *found], USUAL)

    def _take_path(self, name: str, text: str) -> None:
        path = Path(text).expanduser() if text else None
        if path is not None and not (files.is_file(path) if name == "soundfont" else files.is_folder(path)):
            what = "SoundFont file" if name == "soundfont" else "folder"
            self.message.emit(f"There is no {what} {path}; the setting is unchanged.")
            self._show(self._store.current)
            return
        self._store.change(**{name: "" if path is None else str(path)})

    def _choose_soundfont(self) -> None:
        dialog = _dialog(self, "Choose a SoundFont", self._soundfont)
        dialog.setNameFilter("SoundFonts (*.sf2 *.SF2)")
        dialog.open()

    def _choose_models(self) -> None:
        _folder_dialog(self, "Choose the folder of models", self._models).open()

    def _choose_watched(self) -> None:
        _folder_dialog(self, "Choose a folder to watch for clips", self._watched).open()


class _PathField(QWidget):
    chosen = Signal(str)

    def __init__(self, name: str, usual: str, browse: Callable[[], None]) -> None:
        super().__init__()
        self._line = QLineEdit()
        self._line.setPlaceholderText(usual)
        set_name(self._line, name)
        self._line.setMinimumHeight(36)
        self._line.editingFinished.connect(self._finished)
        browser = button("Browse…", f"Choose: {name}")
        set_name(browser, f"Browse: {name}")
        browser.clicked.connect(browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._line, 1)
        row.addWidget(browser)
        self._shown = ""

    def show_path(self, path: str) -> None:
        self._shown = path
        self._line.setText(path)

    def show_usual(self, words: str) -> None:
        """Say what is used where nothing is chosen."""
        self._line.setPlaceholderText(words)

    def take(self, path: str) -> None:
        self._line.setText(path)
        self._finished()

    def _finished(self) -> None:
        text = self._line.text().strip()
        if text != self._shown:
            self._shown = text
            self.chosen.emit(text)


def _choice(name: str, tip: str) -> Choice:
    made = Choice(name, tip)
    made.setMinimumHeight(36)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def _card(title: str, *rows: tuple[str, QWidget]) -> Card:
    card = Card(title)
    form = QFormLayout()
    form.setSpacing(SMALL)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    for text, field in rows:
        words = label(text)
        words.setMinimumWidth(180)
        words.setMinimumHeight(36)
        words.setBuddy(field)
        field.setMinimumWidth(FIELD_WIDTH)
        field.setMaximumWidth(FIELD_WIDTH)
        form.addRow(words, field)
    card.body.addLayout(form)
    return card


def _dialog(parent: QWidget, title: str, field: _PathField) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(field.take)
    return dialog


def _folder_dialog(parent: QWidget, title: str, field: _PathField) -> QFileDialog:
    dialog = _dialog(parent, title, field)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog


def _devices(_task: object) -> tuple[AudioDevice, ...]:
    from musegen_daw.devices.sound_devices import output_devices

    return output_devices()


def _usual_soundfont(_task: object) -> str:
    from musegen_daw.playback.synth.soundfont import find_soundfont

    return find_soundfont().in_words
