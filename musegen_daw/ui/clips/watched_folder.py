"""A folder whose new MIDI files are taken in: for DAWs whose clips cannot be dragged into another window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from musegen_daw import files

SETTLE_MILLISECONDS = 300


class WatchedFolder(QObject):
    """`found` carries the files of some suffixes that came into the folder or changed, once they no longer grow."""

    found = Signal(list)

    def __init__(self, suffixes: tuple[str, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._suffixes = suffixes
        self._watcher = QFileSystemWatcher(self)
        self._known: dict[Path, tuple[int, int]] = {}
        self._growing: dict[Path, tuple[int, int]] = {}
        self._folder: Path | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self._watcher.directoryChanged.connect(lambda: self._timer.start())

    def watch(self, folder: Path | None) -> None:
        """Watch another folder, or none; what is in it already is not told."""
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._timer.stop()
        self._growing = {}
        self._folder = folder if folder is not None and files.is_folder(folder) else None
        self._known = self._files()
        if self._folder is not None:
            self._watcher.addPath(str(self._folder))

    def look(self) -> None:
        """Tell of files that are new and as large as they were when last looked at; look again while some grow."""
        now = self._files()
        changed = {path: state for path, state in now.items() if self._known.get(path) != state}
        settled = [path for path, state in changed.items() if self._growing.get(path) == state]
        self._growing = {path: state for path, state in changed.items() if path not in settled}
        self._known = {path: state for path, state in now.items() if path not in self._growing}
        if self._growing:
            self._timer.start()
        if settled:
            self.found.emit(sorted(settled))

    def _files(self) -> dict[Path, tuple[int, int]]:
        if self._folder is None:
            return {}
        states: dict[Path, tuple[int, int]] = {}
        try:
            for path in self._folder.iterdir():
                if path.suffix.lower() in self._suffixes and not path.name.startswith("."):
                    state = path.stat()
                    states[path] = state.st_size, state.st_mtime_ns
        except OSError:
            return states
        return states
