"""How files come into the Clips panel: dropped on it, pasted, or found in the watched folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.clips.file_work import OPENED_SUFFIXES
from musegen_daw.ui.clips.panel_view import PanelView
from musegen_daw.ui.clips.watched_folder import WatchedFolder
from musegen_daw.ui.panel import INFO, WARN
from musegen_daw.ui.settings.store import SettingsStore
from musegen_daw.ui.widgets.drops import FileDrop, local_paths


class ClipInputs(QObject):
    """Watches `page` and the folder of the settings; the signals carry paths, and a sentence with its level."""

    opened = Signal(list)
    """Files to be opened, each as a clip."""
    added = Signal(list)
    """Files whose parts belong to the clip in sight."""
    said = Signal(str, str)

    def __init__(self, page: QWidget, view: PanelView, settings: SettingsStore) -> None:
        super().__init__(page)
        self._settings = settings
        self._folder = ""
        self._watched = WatchedFolder(MIDI_SUFFIXES, self)
        self._watched.found.connect(self.opened)
        self._take(
            FileDrop(page, OPENED_SUFFIXES, "MIDI clips or a project"), view, "Drop to open each as a clip"
        )
        tracks = view.side.tracks
        self._take(FileDrop(tracks, MIDI_SUFFIXES, "MIDI clips"), view, "Add to this clip", tracks)
        view.side.primer.refused.connect(lambda sentence: self.said.emit(sentence, WARN))
        settings.changed.connect(self._watch)
        self._watch()

    def paste(self) -> None:
        """Open the files on the clipboard."""
        paths = local_paths(QGuiApplication.clipboard().mimeData())
        good = [path for path in paths if path.suffix.lower() in OPENED_SUFFIXES]
        if good:
            self.opened.emit(good)
        else:
            self.said.emit("There is no MIDI file on the clipboard.", INFO)

    def close(self) -> None:
        """Watch no longer."""
        self._settings.changed.disconnect(self._watch)
        self._watched.watch(None)

    def _take(self, drop: FileDrop, view: PanelView, words: str, over: QWidget | None = None) -> None:
        drop.hovered.connect(lambda on: view.veil.say(words if on else "", over))
        drop.dropped.connect(self.opened if over is None else self.added)
        drop.refused.connect(lambda sentence: self.said.emit(sentence, WARN))

    def _watch(self) -> None:
        folder = self._settings.current.watched_dir
        if folder != self._folder:
            self._folder = folder
            self._watched.watch(Path(folder) if folder else None)
