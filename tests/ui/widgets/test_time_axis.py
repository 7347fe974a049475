"""The time axis: ticks to pixels and back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musegen_daw.music.time import Bar
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.time_strip import Ruler

BARS = [Bar(index * 1920, 1920) for index in range(8)]


@pytest.fixture
def axis(qapp):
    made = TimeAxis()
    made.set_bars(BARS, 480)
    made.set_width(800)
    return made


def test_a_fitted_axis_shows_all_bars(axis):
    assert axis.shown_ticks == (0, 8 * 1920)
    assert axis.x_at(1920) == pytest.approx(100)
    assert axis.ticks_at(400) == pytest.approx(4 * 1920)
    axis.set_width(400)
    assert axis.x_at(8 * 1920) == pytest.approx(400)


def test_zoom_keeps_what_lies_under_the_pointer(axis):
    under = axis.ticks_at(300)
    axis.zoom(2, 300)
    assert axis.ticks_at(300) == pytest.approx(under)
    assert axis.shown_ticks[1] - axis.shown_ticks[0] == pytest.approx(4 * 1920)
    axis.zoom(0.1, 300)
    assert axis.is_fitted


def test_scrolling_stops_at_both_ends(axis):
    axis.show(1920, 3 * 1920)
    axis.scroll(-10_000)
    assert axis.shown_ticks[0] == 0
    axis.scroll(100_000)
    assert axis.shown_ticks[1] == pytest.approx(8 * 1920)


def test_reveal_scrolls_to_the_bar_line(axis):
    axis.show(0, 1920)
    axis.reveal(1000)
    assert axis.shown_ticks[0] == 0
    axis.reveal(5 * 1920 + 7)
    assert axis.shown_ticks[0] == 5 * 1920


def test_lines_are_thinned_when_there_is_no_room(axis):
    bars, beats, steps = axis.lines()
    assert len(bars) == 8
    assert len(beats) == 8 * 3
    assert steps == []  # 6.25 pixels each
    axis.show(0, 1920)
    bars, beats, steps = axis.lines()
    assert len(steps) == 12
    axis.set_bars([Bar(index * 1920, 1920) for index in range(300)], 480)
    axis.fit()
    bars, beats, steps = axis.lines()
    assert beats == steps == []
    assert all(after - before >= 6 for before, after in pairwise(bars))


def test_bars_of_several_lengths_have_their_beats(axis):
    axis.set_bars([Bar(0, 1440), Bar(1440, 1920)], 480)
    bars, beats, _ = axis.lines()
    assert [axis.ticks_at(x) for x in bars] == pytest.approx([0, 1440])
    assert [axis.ticks_at(x) for x in beats] == pytest.approx([480, 960, 1920, 2400, 2880])


def test_an_axis_needs_a_bar(axis):
    with pytest.raises(ValueError, match="at least one bar"):
        axis.set_bars([], 480)


@given(
    st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 800), st.floats(-2000, 2000)), max_size=8),
    st.floats(-5000, 20_000),
)
def test_ticks_and_pixels_are_inverse(moves, ticks):
    axis = TimeAxis()
    axis.set_bars(BARS, 480)
    axis.set_width(800)
    for factor, x, pixels in moves:
        axis.zoom(factor, x)
        axis.scroll(pixels)
        start, end = axis.shown_ticks
        assert start >= -1e-6
        assert end <= 8 * 1920 + 1e-6
    assert axis.ticks_at(axis.x_at(ticks)) == pytest.approx(ticks, abs=1e-3)


def test_a_hidden_strip_does_not_set_the_width_of_the_others(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    axis = TimeAxis(page)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    shown, hidden = Ruler(axis), Ruler(axis)
    for strip in (shown, hidden):
        column.addWidget(strip)
    hidden.hide()
    page.resize(900, 100)
    page.show()
    page.grab()
    hidden.resize(300, 20)
    assert axis.width == 900 - shown.head_width
    hidden.show()
    qtbot.waitUntil(lambda: hidden.width() == 900)
    assert axis.width == 900 - shown.head_width
