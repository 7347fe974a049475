"""The left column: open clips, tracks to follow, tempo and drum map."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from musegen_daw import sampler_maps
from musegen_daw.clips.document import ClipDocument, Project
from musegen_daw.clips.edits import MAX_BPM, MIN_BPM
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.parts import LISTED_PROGRAMS
from musegen_daw.music.programs import PROGRAM_NAMES
from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import SMALL, theme

_DOT = 12
_ROW_HEIGHT = 46


class TrackList(QListWidget):
    """A row for each part; its dot has the colour of its notes in the piano roll, hollow if it is not followed."""

    follow_requested = Signal(object)
    """A frozenset of indices into the song's clips."""

    def __init__(self) -> None:
        super().__init__()
        self._colours: dict[int, str] = {}
        set_name(self, "Tracks to follow")
        self.setIconSize(QSize(_DOT, _DOT))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemChanged.connect(self._tell)

    def show_parts(self, document: ClipDocument | None, colours: dict[int, str]) -> None:
        parts = document.song.clips if document else ()
        followed = document.followed if document else frozenset[int]()
        with QSignalBlocker(self):
            while self.count() > len(parts):
                self.takeItem(self.count() - 1)
            while self.count() < len(parts):
                item = QListWidgetItem()
                item.setFlags(
                    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
                )
                item.setSizeHint(QSize(0, _ROW_HEIGHT))
                self.addItem(item)
            for index, part in enumerate(parts):
                item = self.item(index)
                channel = "" if part.channel is None else f", channel {part.channel}"
                program = f"{PROGRAM_NAMES[part.program]}{channel}"
                item.setText(f"{part.name}\n{program}" if part.name.strip() else program)
                known = "" if part.program in LISTED_PROGRAMS else "; the model was not trained on this sound"
                item.setToolTip(
                    plain_tip(f"{item.text().replace(chr(10), ', ')}: {len(part.notes)} notes{known}")
                )
                item.setCheckState(Qt.CheckState.Checked if index in followed else Qt.CheckState.Unchecked)
                item.setIcon(_dot(colours.get(index)))

    def _tell(self) -> None:
        checked = (
            index for index in range(self.count()) if self.item(index).checkState() == Qt.CheckState.Checked
        )
        self.follow_requested.emit(frozenset(checked))


def _dot(colour: str | None) -> QIcon:
    picture = QPixmap(2 * _DOT, 2 * _DOT)
    picture.setDevicePixelRatio(2)
    picture.fill(QColor(Qt.GlobalColor.transparent))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if colour is None:
        painter.setPen(QColor(theme().dim))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
    painter.drawEllipse(2, 2, _DOT - 4, _DOT - 4)
    painter.end()
    return QIcon(picture)


WIDTH, LEAST_WIDTH = 236, 188


class SideColumn(QWidget):
    """Shows a project and its current clip; the signals carry what the user requests."""

    show_requested = Signal(int)
    """The identity of a clip."""
    close_requested = Signal(int)
    tempo_requested = Signal(object)
    """Beats per minute, None for the tempo of the file."""
    map_requested = Signal(str)
    """The name of a drum map, for `sampler_maps.load_drum_map`."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._maps = sampler_maps.titles()
        self.open = button("Open…", "Open MIDI files or a project", "Ctrl+O", large=True)
        self.clips = Choice("Clip", "The clips of this session")
        self.clips.setPlaceholderText("no clip is open")
        self.close_clip = button("×", "Close this clip", "Ctrl+W", "quiet")
        set_name(self.close_clip, "Close this clip")
        self.close_clip.setFixedWidth(34)
        self.tracks = TrackList()
        self.tempo = QDoubleSpinBox()
        self.tempo.setRange(MIN_BPM - 1, MAX_BPM)
        self.tempo.setDecimals(1)
        self.tempo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tempo.setKeyboardTracking(False)
        set_name(self.tempo, "Tempo")
        self.tempo.setToolTip("Tempo of playback and export; lowest value: the tempo of the file")
        self.kit = Choice("Drum map", "Drum map of your sampler, for exported MIDI")
        self.kit.setPlaceholderText(GENERAL_MIDI.name)
        self._lay_out()
        self.clips.activated.connect(lambda: self.show_requested.emit(self.clips.currentData()))
        self.close_clip.clicked.connect(lambda: self.close_requested.emit(self.clips.currentData()))
        self.tempo.valueChanged.connect(self._tempo_changed)
        self.kit.activated.connect(lambda: self.map_requested.emit(self.kit.currentData()))

    def show_project(self, project: Project, colours: dict[int, str]) -> None:
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
        self._show_sound(clip)

    def refresh_maps(self, clip: ClipDocument | None) -> None:
        """List the drum maps again, with those that were made meanwhile."""
        self._maps = sampler_maps.titles()
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
        self.tempo_requested.emit(bpm if bpm >= MIN_BPM else None)

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
        for row, (text, widget) in enumerate((("Tempo", self.tempo), ("Drum map", self.kit))):
            fields.addWidget(_heading(text, widget), row, 0, Qt.AlignmentFlag.AlignVCenter)
            fields.addWidget(widget, row, 1)
        fields.setColumnStretch(1, 1)
        column.addLayout(fields)


def _heading(text: str, of: QWidget) -> QLabel:
    # Wrapping would make the panel's height depend on its width, and the scroll area would make it too high.
    made = label(text, "dim")
    made.setWordWrap(False)
    made.setBuddy(of)
    return made
