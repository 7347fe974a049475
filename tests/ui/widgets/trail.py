"""Moves a playhead over strips on a screen of the scale in QT_SCALE_FACTOR; prints the pixels it left behind."""

import json
import sys
from collections import Counter
from collections.abc import Sequence

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from musegen_daw.music.clip import Note
from musegen_daw.music.time import Bar
from musegen_daw.ui.clips.bar_ruler import BarRuler
from musegen_daw.ui.clips.grid import EditingGrid
from musegen_daw.ui.clips.velocity_lane import VelocityLane
from musegen_daw.ui.widgets.drum_grid import Hit
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.widgets.piano_roll import PianoRoll
from musegen_daw.ui.widgets.time_axis import TimeAxis

STEPS = [37 * step + step * step / 9 for step in range(60)]
JUMPS = [1200.0, 4.4, 3111.3, 2000.2, 2013.7]


def main() -> int:
    """Whether each picture of the window is the one that it would be if all of it were painted anew."""
    app = QApplication(["trail"])
    apply_theme(app, "dark")
    window = QWidget()
    inner = QWidget(window)
    inner.setGeometry(3, 1, 561, 487)  # pixels of a widget do not begin at whole pixels of the screen
    window.resize(2 * 564, 2 * 488)  # only so many pixels are grabbed, whatever the scale
    axis = TimeAxis(window)
    axis.set_bars([Bar(0, 1920), Bar(1920, 1920)], 480)
    grid = EditingGrid(axis)
    strips = (BarRuler(axis), PianoRoll(axis), grid, VelocityLane(axis, grid))
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    for strip in strips:
        column.addWidget(strip)
    hits = [Hit(index % 9, 97 * index, 1 + 3 * index, tag=36) for index in range(38)]
    grid.set_hits(hits)
    grid.set_swing(0.6)
    strips[1].set_parts([[Note(50 + index, 90, 120 * index, 100) for index in range(20)]])
    grid.select(grid.hits[4:9])
    window.show()
    app.processEvents()

    ratio = window.devicePixelRatioF()

    def screen() -> QImage:
        app.processEvents()
        return window.screen().grabWindow(window.winId()).toImage()

    left: Counter[str] = Counter()
    for ticks in [*STEPS, *JUMPS, None]:
        for strip in strips:
            strip.set_playhead(ticks)
        seen = screen()
        for strip in strips:
            strip.update()
        anew = screen()
        if seen != anew:
            left.update(
                _strip_at(strips, y / ratio - inner.y())
                for y in range(seen.height())
                if _row(seen, y) != _row(anew, y)
            )
    print(json.dumps({"scale": ratio, "size": [seen.width(), seen.height()], "left": left}))
    return 0


def _row(image: QImage, y: int) -> bytes:
    return bytes(image.constScanLine(y))


def _strip_at(strips: Sequence[QWidget], y: float) -> str:
    return next((strip.objectName() for strip in strips if 0 <= y - strip.y() < strip.height()), "between")


if __name__ == "__main__":
    sys.exit(main())
