"""The column at the left: which clip, which of its tracks the drums follow, its tempo, kit and primer."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from musegen_daw import resource_paths as resources
from musegen_daw.clips.document import ClipDocument, Project
from musegen_daw.clips.edits import MAX_BPM, MIN_BPM
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.ui.clips.primer_field import PrimerField
from musegen_daw.ui.clips.track_list import TrackList
from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.theme import SMALL

WIDTH, LEAST_WIDTH = 236, 188


class SideColumn(QWidget):
    """Shows a project and its current clip; the signals carry what a person asks for."""

    open_asked = Signal()
    show_asked = Signal(int)
    """The identity of a clip."""
    close_asked = Signal(int)
    tempo_asked = Signal(object)
    """Beats per minute, None for the tempo of the file."""
    map_asked = Signal(str)
    """The name of a bundled drum map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._maps = {resources.load_drum_map(name).name: name for name in resources.drum_map_names()}
        self.open = button("Open…", "Open MIDI files or a project", "Ctrl+O", large=True)
        self.clips = Choice("Clip", "The clips of this session")
        self.clips.setPlaceholderText("no clip is open")
        self.close_clip = button("×", "Close this clip", "Ctrl+W", "quiet")
        self.close_clip.setAccessibleName("Close this clip")
        self.close_clip.setFixedWidth(34)
        self.tracks = TrackList()
        self.tempo = QDoubleSpinBox()
        self.tempo.setRange(MIN_BPM - 1, MAX_BPM)
        self.tempo.setDecimals(1)
        self.tempo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tempo.setKeyboardTracking(False)
        self.tempo.setAccessibleName("Tempo")
        self.tempo.setToolTip("Tempo of playback and export; lowest value: the tempo of the file")
        self.kit = Choice("Drum map", "Drum map of your sampler, for exported MIDI")
        self.kit.setPlaceholderText(GENERAL_MIDI.name)
        self.primer = PrimerField()
        self._lay_out()
        self.open.clicked.connect(self.open_asked)
        self.clips.activated.connect(lambda: self.show_asked.emit(self.clips.currentData()))
        self.close_clip.clicked.connect(lambda: self.close_asked.emit(self.clips.currentData()))
        self.tempo.valueChanged.connect(self._tempo_changed)
        self.kit.activated.connect(lambda: self.map_asked.emit(self.kit.currentData()))

    def show_project(self, project: Project, colours: dict[int, str]) -> None:
        """Show the clips that are open and the current one."""
        clip = project.clip
        names = [(each.identity, each.name) for each in project.clips]
        with QSignalBlocker(self.clips):
            if names != [
                (self.clips.itemData(at), self.clips.itemText(at)) for at in range(self.clips.count())
            ]:
                self.clips.clear()
                for identity, name in names:
                    self.clips.addItem(name, identity)
            self.clips.setCurrentIndex(self.clips.findData(project.current))
        for widget in (self.clips, self.close_clip, self.tempo, self.kit, self.tracks):
            widget.setEnabled(clip is not None)
        self.tracks.show_parts(clip, colours)
        self.primer.show_primer(clip)
        self._show_sound(clip)

    def _show_sound(self, clip: ClipDocument | None) -> None:
        with QSignalBlocker(self.tempo), QSignalBlocker(self.kit):
            has_own = clip is not None and len(clip.time_map.tempos) > 1
            self.tempo.setSuffix(" BPM, varies" if has_own else " BPM")
            self.tempo.setValue(clip.time_map.bpm_at(0) if clip else 120.0)
            self._show_kits(clip.drum_map if clip else None)

    def _show_kits(self, kit: DrumMap | None) -> None:
        names = list(self._maps)
        if kit is not None and kit.name not in names:
            names.append(kit.name)
        if names != [self.kit.itemText(at) for at in range(self.kit.count())]:
            self.kit.clear()
            for name in names:
                self.kit.addItem(name, self._maps.get(name, ""))
        self.kit.setCurrentIndex(-1 if kit is None else self.kit.findText(kit.name))

    def _tempo_changed(self, bpm: float) -> None:
        self.tempo_asked.emit(bpm if bpm >= MIN_BPM else None)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.open)
        top = QHBoxLayout()
        top.setSpacing(SMALL)
        top.addWidget(self.clips, 1)
        top.addWidget(self.close_clip)
        column.addLayout(top)
        heading = _heading("Tracks to follow", self.tracks)
        column.addWidget(heading)
        column.addWidget(self.tracks, 1)
        fields = QGridLayout()
        fields.setHorizontalSpacing(SMALL)
        fields.setVerticalSpacing(SMALL)
        for row, (text, widget) in enumerate(
            (("Tempo", self.tempo), ("Drum map", self.kit), ("Primer", self.primer))
        ):
            fields.addWidget(_heading(text, widget), row, 0, Qt.AlignmentFlag.AlignVCenter)
            fields.addWidget(widget, row, 1)
        fields.setColumnStretch(1, 1)
        column.addLayout(fields)


def _heading(text: str, of: QWidget) -> QLabel:
    # What wraps makes the height of the whole panel depend on its width, and a scroll area then gives it too much.
    made = label(text, "dim")
    made.setWordWrap(False)
    made.setBuddy(of)
    return made
