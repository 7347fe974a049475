"""Page object of the Clips panel."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from musegen_daw.ui.clips.panel import ClipsPanel
from musegen_daw.ui.widgets.drum_grid import Cell
from tests.pages.page import NO_KEYS, drag
from tests.pages.styles import StylesPage

LEFT = Qt.MouseButton.LeftButton


class ClipsPage(StylesPage):
    """A panel of its own; `messages` are the levels and sentences of the status line."""

    def __init__(self, qtbot, context, size=(1196, 612), **options) -> None:
        self.panel = ClipsPanel(context, **options)
        super().__init__(self.panel, qtbot)
        self.messages: list[tuple[str, str]] = []
        self.panel.message.connect(lambda sentence, level: self.messages.append((level, sentence)))
        self.panel.resize(*size)
        self.panel.show()
        self.until(lambda: self.panel.is_restored)

    @property
    def editor(self):
        return self.panel.editor

    @property
    def clip(self):
        """The document that is shown."""
        return self.editor.clip

    @property
    def notes(self):
        return self.clip.drums.notes

    @property
    def grid(self) -> QWidget:
        return self.find("drum-grid")

    @property
    def cards(self):
        """The takes from the left."""
        return self.find("takes").cards

    @property
    def is_busy(self) -> bool:
        return not self.find("progress").isHidden()

    def open(self, *paths) -> None:
        count = len(self.editor.project.clips)
        self.panel.open_files(list(paths))
        self.until(lambda: len(self.editor.project.clips) >= count + len(paths))

    def generate(self) -> None:
        self.click("generate")
        self.until(lambda: not self.is_busy)

    def shown_lane(self) -> QWidget:
        """The velocity lane, which is hidden at first."""
        self.click("show-the-velocity-lane")
        self.until(lambda: self.is_visible("velocity-lane"))
        return self.find("velocity-lane")

    def wait_for_rewriting(self) -> None:
        self.until(lambda: not self.panel.plan_work.is_busy)

    def cell(self, row: int, ticks: int) -> Cell:
        return Cell(row, ticks)

    def at(self, row: int, ticks: int) -> QPoint:
        """The middle of a cell of the grid."""
        return self.grid.cell_rect(Cell(row, ticks)).center().toPoint()

    def click_cell(self, row: int, ticks: int, button=LEFT, keys=NO_KEYS) -> None:
        self.qtbot.mouseClick(self.grid, button, keys, self.at(row, ticks))

    def press_head(self, name: str, row: int) -> None:
        """Click "mute", "solo" or "lock" in the head of a row."""
        self.click(f"{name}-the-{self.grid.rows[row].replace(' ', '-')}")

    def choose_in_menu(self, widget: QWidget, at: QPoint, text: str) -> None:
        """Right-click a widget and choose the entry with this text."""
        action = next(each for each in self.menu(widget, at) if each.text().partition("\t")[0] == text)
        assert action.isEnabled(), f"{text!r} cannot be chosen"
        action.trigger()
        self.close_menu()

    def menu(self, widget: QWidget, at: QPoint) -> list:
        """The entries of the menu that a right-click opens."""
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))
        return self.find("grid-menu").actions()

    def close_menu(self) -> None:
        menu = self.find("grid-menu")
        menu.close()
        self.until(lambda: not isValid(menu))

    def drag_cell(self, row: int, ticks: int, way: tuple[int, int], keys=NO_KEYS) -> None:
        start = self.at(row, ticks).toPointF()
        drag(self.grid, start, start + QPoint(*way).toPointF(), keys)

    def click_ruler(self, ticks: int) -> None:
        ruler = self.find("bars")
        self.qtbot.mouseClick(ruler, LEFT, pos=QPoint(round(ruler.x_at(ticks)), 10))

    def loop_bars(self, first: int, end: int) -> None:
        """Drag over the numbers of the bars from `first` up to `end`, not included."""
        ruler, bars = self.find("bars"), self.clip.bars
        x = [ruler.x_at(ticks) for ticks in (bars[first].start_ticks, bars[end - 1].end_ticks)]
        drag(ruler, QPointF(x[0] + 4, 10), QPointF(x[1] - 4, 10))

    def select_bars(self, first: int, end: int) -> None:
        """Drag with Shift over the numbers of the bars from `first` up to `end`, not included."""
        ruler, bars = self.find("bars"), self.clip.bars
        x = [ruler.x_at(ticks) for ticks in (bars[first].start_ticks, bars[end - 1].end_ticks)]
        drag(ruler, QPointF(x[0] + 4, 10), QPointF(x[1] - 4, 10), Qt.KeyboardModifier.ShiftModifier)

    def click_ruler_menu(self, ticks: int, text: str) -> None:
        """Choose an entry in the menu of the bar number at some ticks."""
        ruler = self.find("bars")
        self.choose_in_menu(ruler, QPoint(round(ruler.x_at(ticks)) + 4, 10), text)

    def lane_point(self, x: float, velocity: int) -> QPointF:
        """The point of the velocity lane at an x where a velocity is."""
        lane = self.find("velocity-lane")
        return QPointF(x, min(range(lane.height()), key=lambda y: abs(lane.velocity_at(y) - velocity)))

    def drag_stem(self, index: int, velocity: int) -> None:
        """Drag a stem of the velocity lane up or down to a velocity, as near as a pixel allows."""
        lane = self.find("velocity-lane")
        top = lane.stem_top(lane.shown[index])
        drag(lane, top, self.lane_point(top.x(), velocity))

    def key(self, key, keys=NO_KEYS, widget=None) -> None:
        super().key(key, keys, widget or self.grid)
