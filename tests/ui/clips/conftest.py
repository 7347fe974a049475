"""The panel with a clip of four bars, and hands to work on it."""

import pytest
from PySide6.QtCore import QPoint, Qt

from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from musegen_daw.ui.clips.panel import ClipsPanel
from musegen_daw.ui.widgets.drum_grid import Cell
from tests.cli.doubles import TIME_MAP, part


class Hands:
    """A panel, what it says, and ways to touch it."""

    def __init__(self, qtbot, context, size=(1196, 612)) -> None:
        self.qtbot = qtbot
        self.panel = ClipsPanel(context)
        self.messages = []
        self.panel.message.connect(lambda sentence, level: self.messages.append((level, sentence)))
        self.panel.resize(*size)
        self.panel.show()
        self.until(lambda: self.panel.is_restored)

    @property
    def clip(self):
        return self.panel.editor.clip

    @property
    def notes(self):
        return self.clip.drums.notes

    @property
    def grid(self):
        return self.panel.view.grid

    def until(self, is_so):
        self.qtbot.waitUntil(lambda: bool(is_so()))

    def open(self, *paths):
        count = len(self.panel.editor.project.clips)
        self.panel.open_files(list(paths))
        self.until(lambda: len(self.panel.editor.project.clips) >= count + len(paths))

    def generate(self):
        self.panel.generate()
        self.until(lambda: not self.panel.writer.is_writing)

    def at(self, row, ticks):
        """The middle of a cell of the grid."""
        return self.grid.cell_rect(Cell(row, ticks)).center().toPoint()

    def click(self, row, ticks, button=Qt.MouseButton.LeftButton):
        self.qtbot.mouseClick(self.grid, button, pos=self.at(row, ticks))

    def click_with_alt(self, row, ticks):
        self.qtbot.mouseClick(
            self.grid, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, self.at(row, ticks)
        )

    def drag(self, row, ticks, way, modifier=Qt.KeyboardModifier.NoModifier):
        start = self.at(row, ticks)
        self.qtbot.mousePress(self.grid, Qt.MouseButton.LeftButton, modifier, start)
        for share in (0.3, 0.7, 1.0):
            there = start + QPoint(round(way[0] * share), round(way[1] * share))
            _move(self.grid, there, modifier)
        self.qtbot.mouseRelease(self.grid, Qt.MouseButton.LeftButton, modifier, start + QPoint(*way))

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier, widget=None):
        self.qtbot.keyClick(widget or self.grid, key, modifier)


def _move(widget, position, modifier):
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left = Qt.MouseButton.LeftButton
    where = QPointF(position)
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, widget.mapToGlobal(where), Qt.MouseButton.NoButton, left, modifier
    )
    QApplication.sendEvent(widget, event)


@pytest.fixture
def clip_path(tmp_path):
    path = tmp_path / "verse.mid"
    write_midi(Song((part(), part("Strings", 48), part("Bass", 33)), TIME_MAP), path)
    return path


@pytest.fixture
def make_hands(qtbot):
    made = []

    def make(context, **options):
        made.append(Hands(qtbot, context, **options))
        return made[-1]

    yield make
    for hands in made:
        hands.panel.close_work()


@pytest.fixture
def hands(make_hands, context, clip_path):
    """With the clip open."""
    hands = make_hands(context)
    hands.open(clip_path)
    return hands
