"""The bottom row of the Clips panel: save, generate, play with its level, drag out, bounce, and progress."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import Bounce, Profile
from musegen_daw.errors import MusegenError
from musegen_daw.ui.clips.level_meter import ClipMeter
from musegen_daw.ui.widgets.basic import ProgressLine, button
from musegen_daw.ui.widgets.drops import DragButton, DragOut
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import SMALL


class DrumsHandle(DragButton):
    """Drag it to hand the drums to another program as a MIDI file; click it to copy that file.

    `write` writes the file. `delivered` carries the path and whether it was dragged, `failed` one sentence.
    """

    delivered = Signal(object, bool)
    failed = Signal(str)

    def __init__(self, write: Callable[[], Path], drag: DragOut) -> None:
        super().__init__("Drag me", drag)
        self._write = write
        self.setShortcut("Ctrl+D")
        set_name(self, "Drums as a MIDI file")
        self.setToolTip("Drag the drums into the DAW as a MIDI file; click to copy the file (Ctrl+D)")
        self.file_requested.connect(lambda: self.offer(self._written()))
        self.taken.connect(lambda path: self.delivered.emit(path, True))
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        path = self._written()
        if path is not None:
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(path))])
            QGuiApplication.clipboard().setMimeData(mime)
            self.delivered.emit(path, False)

    def _written(self) -> Path | None:
        try:
            return self._write()
        except MusegenError as error:
            self.failed.emit(str(error))
            return None


class ActionRow(QWidget):
    """Buttons and menus; the signals carry what the user requests."""

    bounce_requested = Signal(object)
    """A Bounce."""
    save_project_requested = Signal()
    save_drums_requested = Signal(bool)
    """Whether each piece of the kit gets a track."""
    save_loop_requested = Signal()
    save_all_requested = Signal()
    profile_changed = Signal()

    def __init__(self, write_for_drag: Callable[[], Path], drag: DragOut) -> None:
        super().__init__()
        self.progress = ProgressLine()
        self.save = button("Save", "Save the project, or the drums as a MIDI file", large=True)
        self.profile = Choice("Export for", "The program that imports the MIDI file", large=True)
        for profile in Profile:
            self.profile.addItem(f"for {profile.value}", profile.name)
        self.generate = button("Generate", "Write new takes of the drums", "Ctrl+G", "main", large=True)
        self.play = button("Play", "Play or stop the clip (Space)", large=True)
        self.meter = ClipMeter()
        self.drag = DrumsHandle(write_for_drag, drag)
        self.bounce = button("Bounce", "Render to a WAV file", large=True)
        self._lay_out()
        self._make_menus()
        self.play.set_icon("play")
        self.profile.activated.connect(self._profile_chosen)

    @property
    def chosen_profile(self) -> Profile:
        return Profile[self.profile.currentData()]

    def choose_profile(self, name: str) -> None:
        """Choose a profile by the name of its member; unknown names are ignored."""
        index = self.profile.findData(name)
        if index >= 0:
            self.profile.setCurrentIndex(index)

    def show_document(self, document: ClipDocument | None, *, is_generating: bool) -> None:
        has_drums = document is not None and bool(document.drums.notes)
        is_locked = document is not None and bool(document.locked_voices or document.locked_bars)
        self.generate.setText("Regenerate the rest" if is_locked else "Generate")
        self.generate.setEnabled(document is not None and not is_generating)
        self.play.setEnabled(document is not None)
        self.drag.setEnabled(has_drums)
        self.drag.offer(None)
        for widget in (self.bounce, self.save):
            widget.setEnabled(document is not None)
        for action in self._of_drums:
            action.setEnabled(has_drums)

    def show_playing(self, is_playing: bool) -> None:
        text = "Stop" if is_playing else "Play"
        if self.play.text() != text:
            self.play.setText(text)
            self.play.set_icon("stop" if is_playing else "play")

    def _profile_chosen(self) -> None:
        self.drag.offer(None)
        self.profile_changed.emit()

    def _make_menus(self) -> None:
        bounces, saves = QMenu(self.bounce), QMenu(self.save)
        self._of_drums: list[QAction] = []
        for what in Bounce:
            action = bounces.addAction(f"{what.value}…", lambda what=what: self.bounce_requested.emit(what))
            self._of_drums.append(action)
        self._of_drums[0].setShortcut("Ctrl+B")
        project = saves.addAction("Project…", self.save_project_requested.emit)
        project.setShortcut("Ctrl+S")
        for text, split in (("Drums as MIDI…", False), ("Drums as MIDI, one track per voice…", True)):
            action = saves.addAction(text, lambda split=split: self.save_drums_requested.emit(split))
            self._of_drums.append(action)
        self._of_drums.append(saves.addAction("Drums as a MIDI loop…", self.save_loop_requested.emit))
        self._of_drums.append(
            saves.addAction("Parts and drums, or a DAW project…", self.save_all_requested.emit)
        )
        self.bounce.setMenu(bounces)
        self.save.setMenu(saves)
        self.addActions([self._of_drums[0], project])

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.save)
        row.addWidget(self.progress, 1)
        row.addStretch(0)
        for widget in (self.generate, self.play, self.meter, self.profile, self.drag, self.bounce):
            row.addWidget(widget)
        self.play.setMinimumWidth(96)
        self.generate.setMinimumWidth(120)
