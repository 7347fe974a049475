"""The real window; it answers each line on stdin with a line of JSON about what is visible, and where."""

import json
import os
import sys

from PySide6.QtCore import QPoint, QPointF, QRect, QSocketNotifier
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QWidget

from musegen_daw import app
from musegen_daw.ui.clips.grid import EditingGrid
from musegen_daw.ui.clips.takes import TakeCard
from musegen_daw.ui.widgets.drops import DropOverlay
from musegen_daw.ui.widgets.drum_grid import Cell
from musegen_daw.ui.widgets.status_line import StatusLine


def told() -> dict[str, object]:
    """Windows by title, widgets in sight by accessible name or text, the sentence below, hits and free cells."""
    shown = [each for each in QApplication.allWidgets() if each.isVisible() and not each.isHidden()]
    # Of several of one name, as a place and the way to it, the largest is told.
    widgets = sorted((each for each in shown if _name(each)), key=lambda each: each.width() * each.height())
    grid = next((each for each in shown if isinstance(each, EditingGrid)), None)
    focus = QApplication.focusWidget()
    return {
        "windows": [each.windowTitle() for each in QApplication.topLevelWidgets() if each.isVisible()],
        "widgets": {
            _name(each): {
                "at": _place(each, each.rect()),
                "box": [*_corner(each), each.width(), each.height()],
                "head": getattr(each, "head_width", 0),
                "enabled": each.isEnabled(),
                "text": _text(each),
                "says": each.accessibleDescription(),
            }
            for each in widgets
        },
        "sentence": next((each.sentence for each in shown if isinstance(each, StatusLine)), ""),
        "sentences": next((each.toolTip() for each in shown if isinstance(each, StatusLine)), ""),
        "takes": [each.accessibleName() for each in shown if isinstance(each, TakeCard)],
        "undo": next((each.toolTip() for each in shown if each.objectName() == "undo"), ""),
        "takes text": isinstance(focus, QLineEdit),
        "drop offered": any(isinstance(each, DropOverlay) for each in shown),
        **(_hits(grid) if grid else {"hits": [], "cells": [], "rows": []}),
    }


def _hits(grid: EditingGrid) -> dict[str, object]:
    def middle(rect: QRect) -> list[int]:
        return _place(grid, rect)

    start, end = grid.axis.shown_ticks
    steps = [
        ticks
        for bar in grid.axis.bars
        for ticks in range(bar.start_ticks, bar.end_ticks, grid.axis.step_ticks)
        if start <= ticks and ticks + grid.axis.step_ticks <= end
    ]
    cells = [Cell(row, ticks) for row in range(len(grid.rows)) for ticks in steps]
    area = QRect(grid.head_width, 0, grid.width() - grid.head_width, grid.height())
    return {
        "hits": [
            {
                "row": hit.row,
                "ticks": hit.start_ticks,
                "velocity": hit.velocity,
                "pitch": hit.tag,
                "at": middle(rect) if area.contains(rect.center()) else None,
            }
            for hit in grid.hits
            for rect in [grid.hit_rect(hit).toRect()]
        ],
        "cells": [
            {"row": cell.row, "ticks": cell.start_ticks, "at": middle(grid.cell_rect(cell).toRect())}
            for cell in cells
            if grid.hit_at(QPointF(grid.cell_rect(cell).center())) is None
        ],
        "rows": [
            middle(QRect(0, round(row * grid.row_height), grid.head_width, round(grid.row_height)))
            for row in range(len(grid.rows))
        ],
    }


def _place(widget: QWidget, rect: QRect) -> list[int]:
    at = widget.mapToGlobal(rect.center())
    return [at.x(), at.y()]


def _corner(widget: QWidget) -> list[int]:
    at = widget.mapToGlobal(QPoint(0, 0))
    return [at.x(), at.y()]


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def _text(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return widget.text() if isinstance(widget, QAbstractButton | QLineEdit) else ""


def main() -> int:
    """Open the window as the program does."""
    application = QApplication(["musegen-daw"])
    listening = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, application)

    def answer() -> None:
        asked = os.read(sys.stdin.fileno(), 4096)
        if not asked:
            listening.setEnabled(False)
        for _ in range(asked.count(b"\n")):
            print(json.dumps(told()), flush=True)

    listening.activated.connect(answer)
    return app.main()


if __name__ == "__main__":
    sys.exit(main())
