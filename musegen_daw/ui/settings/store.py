"""The settings a person makes once: one frozen value, told to whoever wants to know when it changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from musegen_daw.fields import Fields
from musegen_daw.music.note_names import NoteNames

FORMER = frozenset({"midi_api"})
"""Settings of earlier versions, which are passed over in silence."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Empty names mean the usual one: the default device, virtual ports, the bundled SoundFont and models."""

    theme: str = "dark"
    audio_device: str = ""
    input_port: str = ""
    output_port: str = ""
    soundfont: str = ""
    models_dir: str = ""
    watched_dir: str = ""
    note_names: str = NoteNames.C4.value
    is_first_run: bool = True

    def changed_by(self, values: dict[str, Any]) -> tuple[AppSettings, tuple[str, ...]]:
        """These settings with `values` of the right kind, and the names of those that were passed over."""
        values = {name: value for name, value in values.items() if name not in FORMER}
        read, names = Fields(values), [field.name for field in fields(self)]
        found = {
            name: read.text(name, usual) if isinstance(usual, str) else read.flag(name, usual)
            for name, usual in self.as_dict().items()
        }
        found["note_names"] = read.one_of("note_names", [each.value for each in NoteNames], self.note_names)
        read.others(names)
        return replace(self, **found), tuple(sorted(read.passed_over))

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold of them."""
        return asdict(self)


class SettingsStore(QObject):
    """Holds the settings; `changed` carries the new ones. For the window's thread."""

    changed = Signal(object)

    def __init__(self, settings: AppSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings or AppSettings()

    @property
    def current(self) -> AppSettings:
        """The settings now; the value is immutable, so it can be handed to a worker."""
        return self._settings

    def change(self, **values: Any) -> None:
        """Set some of them, by the names of `AppSettings`."""
        settings = replace(self._settings, **values)
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)
