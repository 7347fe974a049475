"""The parts of a clip, by name and program: those that are checked are followed by the drums."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from musegen_daw.clips.document import ClipDocument
from musegen_daw.music.parts import LISTED_PROGRAMS
from musegen_daw.music.programs import PROGRAM_NAMES
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import theme

_DOT = 12
_ROW_HEIGHT = 46


class TrackList(QListWidget):
    """A row for each part; the dot has the colour of its notes in the piano roll, a hollow one is not followed."""

    follow_asked = Signal(object)
    """A frozenset of indices into the song's clips."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: dict[int, str] = {}
        self.setAccessibleName("Tracks that the drums follow")
        self.setIconSize(QSize(_DOT, _DOT))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemChanged.connect(self._tell)

    def show_parts(self, document: ClipDocument | None, colours: dict[int, str]) -> None:
        """Show the parts of a document, those that are followed in their colours."""
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
        self.follow_asked.emit(frozenset(checked))


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
