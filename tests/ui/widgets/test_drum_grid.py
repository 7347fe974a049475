"""The drum grid: drawing, hit testing, repainting."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from musegen_daw.music.time import Bar
from musegen_daw.ui.widgets.drum_grid import Cell, DrumGrid, Hit
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.widgets.theme import LIGHT, theme
from musegen_daw.ui.widgets.time_axis import TimeAxis

HITS = (Hit(0, 0, 127, tag=7), Hit(1, 480 + 30, 20), Hit(2, 960, 64, is_planned=True))


@pytest.fixture
def grid(qtbot):
    made = DrumGrid(TimeAxis())
    made.axis.setParent(made)
    qtbot.addWidget(made)
    made.axis.set_bars([Bar(0, 1920), Bar(1920, 1920)], 480)
    made.resize(made.head_width + 640, 18 * 20)
    made.set_hits(HITS)
    made.show()
    return made


def colour_at(grid, point):
    return grid.grab().toImage().pixelColor(point.toPoint() if isinstance(point, QPointF) else point)


def test_velocity_is_brightness_and_micro_timing_is_visible(grid):
    hard, soft = (grid.hit_rect(hit) for hit in HITS[:2])
    assert colour_at(grid, hard.center()) == QColor(theme().hit(0, 127))
    assert colour_at(grid, soft.center()) == QColor(theme().hit(1, 20))
    assert soft.left() - grid.cell_rect(Cell(1, 480)).left() == pytest.approx(1 + 30 / 6)


def test_swung_hits_and_lines_are_where_they_sound_and_bar_lines_stay(grid):
    off_beat = Hit(3, 240, 90)
    grid.set_hits([off_beat])
    before = grid.hit_rect(off_beat).left(), grid.axis.lines()
    grid.set_swing(2 / 3)
    assert grid.hit_rect(off_beat).left() - before[0] == pytest.approx(80 / 6)
    assert grid.cell_at(grid.hit_rect(off_beat).center()) == Cell(3, 240)
    assert grid.hit_at(grid.hit_rect(off_beat).center()) == off_beat
    bars, beats, steps = grid.axis.lines(grid.sounding)
    assert (bars, beats) == before[1][:2]
    assert steps[1] - before[1][2][1] == pytest.approx(80 / 6)
    grid.set_swing(0.5)
    assert grid.hit_rect(off_beat).left() == before[0]


def test_a_planned_hit_is_an_outline_that_fills_when_it_is_played(grid):
    middle = grid.hit_rect(HITS[2]).center()
    filled = QColor(theme().hit(2, 64))
    assert colour_at(grid, middle) != filled
    grid.set_playhead(1500)
    assert colour_at(grid, middle) == filled
    grid.set_playhead(900)
    assert colour_at(grid, middle) != filled


def test_hit_testing(grid):
    inside = grid.hit_rect(HITS[1]).center()
    assert grid.hit_at(inside) is grid.hits[1]
    assert grid.cell_at(inside) == Cell(1, 480)
    assert grid.hit_at(grid.cell_rect(Cell(5, 480)).center()) is None
    assert grid.cell_at(QPointF(10, 10)) is None
    assert grid.is_head(10)
    assert grid.row_at(-1) is None
    assert grid.row_at(grid.height() + 1) is None
    assert grid.cell_at(QPointF(grid.width() + 50, 10)) is None
    assert grid.hit_at(grid.hit_rect(HITS[0]).center()).tag == 7


def test_steps_are_counted_from_the_bar_line(grid):
    grid.axis.set_bars([Bar(0, 1000), Bar(1000, 1920)], 480)
    assert grid.step_at(990) == 960
    assert grid.step_at(1001) == 1000
    assert grid.step_at(1125) == 1120


def test_a_moving_playhead_repaints_a_narrow_strip(grid, qtbot):
    QApplication.processEvents()
    painted = []
    paint = grid.paint_live
    grid.paint_live = lambda painter, rect: (painted.append(rect), paint(painter, rect))
    grid.set_playhead(100.0)
    QApplication.processEvents()
    grid.set_playhead(110.0)
    QApplication.processEvents()
    assert painted
    assert all(rect.width() <= 12 for rect in painted)


def test_the_picture_is_drawn_once_until_something_changes(grid):
    drawn = []
    paint = grid.paint_music
    grid.paint_music = lambda painter: (drawn.append(1), paint(painter))
    grid.redraw()
    grid.grab()
    grid.grab()
    grid.set_playhead(5.0)
    grid.grab()
    assert len(drawn) == 1
    grid.set_hits(HITS[:1])
    grid.grab()
    grid.axis.zoom(2, 0)
    grid.grab()
    apply_theme(QApplication.instance(), "light")
    assert colour_at(grid, grid.hit_rect(HITS[0]).center()) == QColor(LIGHT.hit(0, 127))
    assert len(drawn) >= 4


def test_locks_and_mutes_show(grid):
    plain = grid.grab().toImage()
    grid.set_locked(frozenset({3}), frozenset({1}))
    locked = grid.grab().toImage()
    head = QPoint(grid.head_width - 14, int(3.5 * grid.row_height) + 2)
    assert locked.pixelColor(head) == QColor(theme().accent)
    assert plain.pixelColor(head) != QColor(theme().accent)
    grid.set_muted(frozenset({0}))
    assert colour_at(grid, grid.hit_rect(HITS[0]).center()) != QColor(theme().hit(0, 127))


def test_shimmer_runs_only_while_bars_are_written_and_seen(grid):
    (timer,) = grid.findChildren(QTimer)
    grid.set_regenerating(frozenset({1}))
    assert timer.isActive()
    grid.hide()
    assert not timer.isActive()
    grid.show()
    assert timer.isActive()
    grid.set_regenerating(frozenset())
    assert not timer.isActive()


def test_the_accessible_description_counts_hits_and_bars(grid):
    assert grid.accessibleName() == "Drum grid"
    assert grid.accessibleDescription() == "3 hits in 2 bars"


def test_the_wheel_zooms_with_ctrl_and_scrolls_when_zoomed(grid, qtbot):
    from PySide6.QtGui import QWheelEvent

    def turn(delta, keys):
        event = QWheelEvent(
            QPointF(300, 50), QPointF(300, 50), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(grid, event)
        return event.isAccepted()

    assert not turn(-120, Qt.KeyboardModifier.NoModifier)  # all is in sight: the page around may scroll
    assert turn(240, Qt.KeyboardModifier.ControlModifier)
    assert not grid.axis.is_fitted
    before = grid.axis.start_ticks
    assert turn(-120, Qt.KeyboardModifier.NoModifier)
    assert grid.axis.start_ticks > before


def test_a_clip_of_300_bars_is_drawn_at_once(grid):
    import time

    grid.axis.set_bars([Bar(index * 1920, 1920) for index in range(300)], 480)
    grid.set_hits([Hit(index % 9, index * 60, 1 + index % 127) for index in range(300 * 32)])
    begun = time.process_time()
    grid.grab()
    assert time.process_time() - begun < 0.5
