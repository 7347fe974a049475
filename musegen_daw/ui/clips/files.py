"""Files in and out of the Clips panel: open, save, bounce, paste, drop and the watched folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QFileSystemWatcher, QObject, QStandardPaths, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from musegen_daw import files
from musegen_daw.clips.document import ClipDocument, Project
from musegen_daw.clips.editor import DEFAULT_SETTINGS
from musegen_daw.clips.exchange import is_request
from musegen_daw.clips.export import (
    Bounce,
    Profile,
    bounce_document,
    drums_as_midi,
    file_name,
    with_drums,
)
from musegen_daw.clips.opening import open_clip, read_source
from musegen_daw.clips.project_file import SUFFIX, recover_project, save_project
from musegen_daw.daw import dawproject, reaper
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import MidiFileError, MusegenError
from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.clips.panel_view import PanelView
from musegen_daw.ui.context import in_this_process
from musegen_daw.ui.panel import BAD, GOOD, INFO, WARN
from musegen_daw.ui.settings.store import SettingsStore
from musegen_daw.ui.widgets.basic import ProgressLine
from musegen_daw.ui.widgets.drops import FileDrop, local_paths
from musegen_daw.ui.work import Job, JobContext, Workers

T = TypeVar("T")

SONG_FILES = {
    "MIDI files (*.mid)": ".mid",
    f"DAWproject for Bitwig, Studio One, Cubase (*{dawproject.SUFFIX})": dawproject.SUFFIX,
    f"REAPER project (*{reaper.PROJECT_SUFFIX})": reaper.PROJECT_SUFFIX,
    f"REAPER track template (*{reaper.TEMPLATE_SUFFIX})": reaper.TEMPLATE_SUFFIX,
}
"""The files that parts and drums can be saved as, by the entry of the file dialog."""
OPENED_SUFFIXES = (*MIDI_SUFFIXES, SUFFIX)


class FileWork(QObject):
    """Opens, saves and bounces on a worker; `message` carries a sentence and its level."""

    message = Signal(str, str)
    opened = Signal(object)
    """A ClipDocument."""
    project_opened = Signal(object, str)
    """A Project and the name of its file."""

    def __init__(
        self, progress: ProgressLine, parent: QWidget, compute: Callable[..., Any] = in_this_process
    ) -> None:
        super().__init__(parent)
        self._parent, self._compute = parent, compute
        self._progress = progress
        self._workers = Workers(self)
        self._bouncing: Job | None = None
        self._folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)

    @property
    def is_bouncing(self) -> bool:
        return self._bouncing is not None

    def ask_open(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in OPENED_SUFFIXES)
        dialog = self._dialog("Open clips or a project", f"MIDI files and projects ({patterns})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.open_files([Path(name) for name in names]))
        dialog.open()

    def open_files(self, paths: Sequence[Path], settings: DrumSettings | None = None) -> None:
        """Open each file as a clip of its own; a project replaces the one that is open."""
        wanted = settings or DEFAULT_SETTINGS
        self._workers.start(
            lambda task: _opened(task, paths, wanted), succeeded=self._show_opened, failed=self._failed
        )

    def change(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run a short function that reads or writes files, and pass its result to `done`."""
        self._workers.start(lambda task: work(), succeeded=done, failed=self._failed)

    def ask_save_project(self, project: Project) -> None:
        name = file_name(project.clip) if project.clip else "session"

        def save(path: Path) -> None:
            save_project(project, path)

        self._ask_save("Save the project", f"Projects (*{SUFFIX})", SUFFIX, name, save)

    def ask_save_drums(
        self, document: ClipDocument, profile: Profile, *, split: bool = False, loop: bool = False
    ) -> None:
        def save(path: Path) -> None:
            data = drums_as_midi(document, profile, split=split, loop=loop)
            files.write_bytes(path, data, MidiFileError)

        name = f"{file_name(document)} {'loop' if loop else 'drums'}"
        self._ask_save("Save the drums", "MIDI files (*.mid)", ".mid", name, save)

    def ask_save_all(self, document: ClipDocument) -> None:
        def save(path: Path) -> None:
            files.write_bytes(path, with_drums(document, path), MidiFileError)

        name = f"{file_name(document)} with drums"
        self._ask_save("Save parts and drums", ";;".join(SONG_FILES), ".mid", name, save)

    def ask_bounce(self, document: ClipDocument, what: Bounce, soundfont: Path | None) -> None:
        if self.is_bouncing:
            self.message.emit("A bounce is running: wait for it, or cancel it.", WARN)
            return
        dialog = self._save_dialog(
            f"Bounce: {what.value.lower()}", "WAV files (*.wav)", ".wav", file_name(document)
        )
        dialog.fileSelected.connect(lambda name: self.bounce(document, what, Path(name), soundfont))
        dialog.open()

    def bounce(self, document: ClipDocument, what: Bounce, path: Path, soundfont: Path | None) -> None:
        self._folder = str(path.parent)

        def render(task: JobContext) -> str:
            report = self._compute(
                bounce_document,
                document,
                what,
                path,
                soundfont,
                progress=task.progress(f"Bouncing {path.name}"),
                cancelled=task.is_cancelled,
            )
            stems = f" and {len(report.stems)} stems" if report.stems else ""
            return f"Bounced {report.seconds:.1f} s to {path}{stems}."

        self._progress.begin(f"Bouncing {path.name}")
        self._bouncing = self._workers.start(
            render,
            succeeded=lambda sentence: self.message.emit(sentence, GOOD),
            failed=self._failed,
            progressed=self._progress.advance,
            ended=self._bounce_ended,
        )

    def cancel(self) -> None:
        """Cancel the bounce; nothing of it is left on disk."""
        if self._bouncing is not None:
            self._bouncing.cancel()
            self.message.emit("The bounce was cancelled; nothing was written.", WARN)

    def close(self) -> None:
        self._workers.close()

    def _bounce_ended(self) -> None:
        self._bouncing = None
        self._progress.end()

    def _show_opened(self, result: tuple[list[ClipDocument | tuple[Project, str]], list[str]]) -> None:
        found, sentences = result
        for each in found:
            if isinstance(each, ClipDocument):
                self.opened.emit(each)
            else:
                self.project_opened.emit(*each)
        remarks = [remark for each in found if isinstance(each, ClipDocument) for remark in each.song.remarks]
        if sentences or remarks:
            self.message.emit(" ".join([*sentences, *remarks]), BAD if sentences else WARN)

    def _failed(self, sentence: str) -> None:
        self.message.emit(sentence, BAD)

    def _ask_save(
        self, title: str, pattern: str, suffix: str, name: str, save: Callable[[Path], None]
    ) -> None:
        dialog = self._save_dialog(title, pattern, suffix, name)

        def chosen(text: str) -> None:
            path = Path(text)
            self._folder = str(path.parent)

            def saved(_: object) -> None:
                self.message.emit(f"Saved {path}.", GOOD)

            self.change(lambda: save(path), saved)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _save_dialog(self, title: str, pattern: str, suffix: str, name: str) -> QFileDialog:
        dialog = self._dialog(title, pattern)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(f"{name}{suffix}")

        def chosen(pattern: str) -> None:
            """A file type that is chosen changes the suffix of the name."""
            own = SONG_FILES.get(pattern)
            if own is not None:
                dialog.setDefaultSuffix(own.removeprefix("."))
                dialog.selectFile(Path(dialog.selectedFiles()[0]).with_suffix(own).name)

        dialog.filterSelected.connect(chosen)
        return dialog

    def _dialog(self, title: str, pattern: str) -> QFileDialog:
        dialog = QFileDialog(self._parent, title, self._folder, pattern)
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _opened(
    task: JobContext, paths: Sequence[Path], settings: DrumSettings
) -> tuple[list[ClipDocument | tuple[Project, str]], list[str]]:
    """The content of the files, and a sentence for each that cannot be used."""
    found: list[ClipDocument | tuple[Project, str]] = []
    sentences: list[str] = []
    for path in paths:
        task.check()
        try:
            if path.suffix.lower() == SUFFIX:
                project, troubles = recover_project(path)
                found.append((project, path.stem))
                sentences += [f"A damaged clip of {path} was left out: {each}." for each in troubles]
            else:
                found.append(open_clip([read_source(path)], 0, settings))
        except MusegenError as error:
            sentences.append(str(error))
    return found, sentences


SETTLE_MILLISECONDS = 300


class WatchedFolder(QObject):
    """`found` carries new or changed files with one of the suffixes, once they have stopped growing."""

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
        """Watch another folder, or none; files that are already there are not reported."""
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._timer.stop()
        self._growing = {}
        self._folder = folder if folder is not None and files.is_folder(folder) else None
        self._known = self._files()
        if self._folder is not None:
            self._watcher.addPath(str(self._folder))

    def look(self) -> None:
        """Report new files whose size has not changed since the last look; look again while some grow."""
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


class ClipInputs(QObject):
    """Takes dropped and pasted files, and those of the watched folder; the signals carry paths or a message."""

    opened = Signal(list)
    """Files to open, each as a clip."""
    added = Signal(list)
    """Files to add to the current clip."""
    asked = Signal(list)
    """Files of the watched folder to write drums for, into a folder within it."""
    message = Signal(str, str)

    def __init__(self, page: QWidget, view: PanelView, settings: SettingsStore) -> None:
        super().__init__(page)
        self._settings = settings
        self._folder = ""
        self._watched = WatchedFolder(MIDI_SUFFIXES, self)
        self._watched.found.connect(self._found)
        self._take(
            FileDrop(page, OPENED_SUFFIXES, "MIDI clips or a project"), view, "Drop to open each as a clip"
        )
        tracks = view.side.tracks
        self._take(FileDrop(tracks, MIDI_SUFFIXES, "MIDI clips"), view, "Add to this clip", tracks)
        settings.changed.connect(self._watch)
        self._watch()

    def paste(self) -> None:
        paths = local_paths(QGuiApplication.clipboard().mimeData())
        good = [path for path in paths if path.suffix.lower() in OPENED_SUFFIXES]
        if good:
            self.opened.emit(good)
        else:
            self.message.emit("There is no MIDI file on the clipboard.", INFO)

    def close(self) -> None:
        self._settings.changed.disconnect(self._watch)
        self._watched.watch(None)

    def _take(self, drop: FileDrop, view: PanelView, words: str, over: QWidget | None = None) -> None:
        drop.hovered.connect(lambda on: view.veil.say(words if on else "", over))
        drop.dropped.connect(self.opened if over is None else self.added)
        drop.refused.connect(lambda sentence: self.message.emit(sentence, WARN))

    def _found(self, paths: list[Path]) -> None:
        """Those that a script left are not opened as clips."""
        if self._settings.current.watched_writes_back:
            self.asked.emit([path for path in paths if not path.is_symlink()])
            paths = [path for path in paths if not is_request(path)]
        if paths:
            self.opened.emit(paths)

    def _watch(self) -> None:
        folder = self._settings.current.watched_dir
        if folder != self._folder:
            self._folder = folder
            self._watched.watch(Path(folder) if folder else None)
