"""The actions in the order of use: generate, play, drag out, bounce; and how far work is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import Bounce, Profile
from musegen_daw.ui.clips.drag_handle import DragHandle
from musegen_daw.ui.widgets.basic import ProgressLine, button
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.theme import SMALL


class ActionRow(QWidget):
    """Buttons and menus; the signals carry what a person asks for."""

    bounce_asked = Signal(object)
    """A Bounce."""
    save_project_asked = Signal()
    save_drums_asked = Signal()
    save_all_asked = Signal()
    profile_changed = Signal()

    def __init__(self, write_for_drag: Callable[[], Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = ProgressLine()
        self.save = button("Save", "Save the project, or the drums as a MIDI file", large=True)
        self.profile = Choice("Written for", "The program that the MIDI file is written for", large=True)
        for profile in Profile:
            self.profile.addItem(profile.value, profile.name)
        self.generate = button("Generate", "Write new takes of the drums", "Ctrl+G", "main", large=True)
        self.play = button("Play", "Hear the clip with its drums, or stop (Space)", large=True)
        self.drag = DragHandle(write_for_drag)
        self.bounce = button("Bounce", "Render to a WAV file", large=True)
        self._lay_out()
        self._make_menus()
        self._is_playing = False
        self.draw_icons()
        self.profile.activated.connect(self.profile_changed)

    @property
    def chosen_profile(self) -> Profile:
        """The program that the MIDI file is written for."""
        return Profile[self.profile.currentData()]

    def choose_profile(self, name: str) -> None:
        """Show a profile by the name of its member; an unknown one is passed over."""
        index = self.profile.findData(name)
        if index >= 0:
            self.profile.setCurrentIndex(index)

    def show_document(self, document: ClipDocument | None, *, is_generating: bool) -> None:
        """Offer what can be done with a document."""
        has_drums = document is not None and bool(document.drums.notes)
        is_locked = document is not None and bool(document.locked_voices or document.locked_bars)
        self.generate.setText("Regenerate the rest" if is_locked else "Generate")
        self.generate.setEnabled(document is not None and not is_generating)
        self.play.setEnabled(document is not None)
        self.drag.setEnabled(has_drums)
        for widget in (self.bounce, self.save):
            widget.setEnabled(document is not None)
        for action in self._of_drums:
            action.setEnabled(has_drums)

    def show_playing(self, is_playing: bool, rendered: float) -> None:
        """Show whether it plays, and how far it is rendered, 0 to 1."""
        text = "Play" if not is_playing else "Stop" if rendered >= 1 else f"Stop {rendered:4.0%}"
        if self.play.text() != text:
            self.play.setText(text)
        if is_playing != self._is_playing:
            self._is_playing = is_playing
            self.draw_icons()

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the theme."""
        self.play.setIcon(icon("stop" if self._is_playing else "play"))
        self.drag.setIcon(icon("drag"))

    def _make_menus(self) -> None:
        bounces, saves = QMenu(self.bounce), QMenu(self.save)
        self._of_drums: list[QAction] = []
        for what in Bounce:
            action = bounces.addAction(f"{what.value}…", lambda what=what: self.bounce_asked.emit(what))
            self._of_drums.append(action)
        self._of_drums[0].setShortcut("Ctrl+B")
        project = saves.addAction("Project…", self.save_project_asked.emit)
        project.setShortcut("Ctrl+S")
        self._of_drums.append(saves.addAction("Drums as MIDI…", self.save_drums_asked.emit))
        self._of_drums.append(saves.addAction("Parts and drums as MIDI…", self.save_all_asked.emit))
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
        for widget in (self.generate, self.play, self.profile, self.drag, self.bounce):
            row.addWidget(widget)
        self.play.setMinimumWidth(96)
        self.generate.setMinimumWidth(120)
