"""The settings of the program: an immutable value, and the store that announces its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from musegen_daw.fields import Text, with_values
from musegen_daw.music.note_names import NoteNames

FORMER = frozenset({"midi_api", "is_first_run"})
"""Settings of earlier versions, which are ignored."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """An empty name stands for the default: the system's audio device, virtual ports, bundled SoundFont and models."""

    theme: Text = "dark"
    audio_device: Text = ""
    input_port: Text = ""
    output_port: Text = ""
    soundfont: Text = ""
    models_dir: Text = ""
    watched_dir: Text = ""
    watched_writes_back: bool = False
    drum_map: Text = ""
    note_names: NoteNames = NoteNames.C4
    favourite_styles: tuple[Text, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> tuple[AppSettings, tuple[str, ...]]:
        """The settings of `as_dict`, with defaults for what does not fit, and the names of that."""
        settings, misfits = with_values(cls(), {key: values[key] for key in values if key not in FORMER})
        return settings, tuple(sorted(misfits))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class SettingsStore(QObject):
    """Holds the settings; `changed` carries the new ones. For the GUI thread."""

    changed = Signal(object)

    def __init__(self, settings: AppSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings or AppSettings()

    @property
    def current(self) -> AppSettings:
        return self._settings

    def change(self, **values: Any) -> None:
        """Set some of the fields of `AppSettings`."""
        settings = replace(self._settings, **values)
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)
