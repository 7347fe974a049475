"""The drums that a take goes on from: a loop dropped here, or one of the bundled grooves."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from musegen_daw import resource_paths as resources
from musegen_daw.clips.document import ClipDocument
from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.widgets.drops import FileDrop
from musegen_daw.ui.widgets.fitting import Choice

_NONE = ""


class PrimerField(Choice):
    """Says what the drums go on from; the signals carry what a person chose or dropped."""

    path_chosen = Signal(object)
    """The Path of a .mid."""
    cleared = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Primer", "The drums continue this groove: choose one, or drop a drum loop here", parent
        )
        self._show_choices(_NONE)
        self.activated.connect(self._chosen)
        drop = FileDrop(self, MIDI_SUFFIXES, "a drum loop as a MIDI file")
        drop.dropped.connect(lambda paths: self.path_chosen.emit(paths[0]))
        drop.refused.connect(self.refused)

    def show_primer(self, document: ClipDocument | None) -> None:
        """Show the primer of a document."""
        source = document.primer_source if document else None
        name = _NONE if source is None else source.name.removesuffix(".mid")
        with QSignalBlocker(self):
            self._show_choices(name)
            self.setCurrentIndex(self.findData(name))
        self.setEnabled(document is not None)

    def _show_choices(self, name: str) -> None:
        names = resources.style_names()
        expected = 1 + len(names) + (name not in (_NONE, *names))
        if self.count() == expected and self.findData(name) >= 0:
            return
        self.clear()
        self.addItem("no primer", _NONE)
        if name not in (_NONE, *names):
            self.addItem(name, name)
        for style in names:
            self.addItem(style.replace("-", " "), style)

    def _chosen(self, index: int) -> None:
        name = self.itemData(index)
        if name == _NONE:
            self.cleared.emit()
        elif name in resources.style_names():
            self.path_chosen.emit(resources.style_path(name))
