"""The pad: mouse, keys, limits, and what a screen reader says."""

import pytest
from PySide6.QtCore import QPointF, Qt

from musegen_daw.ui.widgets.xy_pad import XYPad
from tests.pages.page import drag


@pytest.fixture
def pad(qtbot):
    made = XYPad()
    qtbot.addWidget(made)
    made.resize(180, 120)
    made.show()
    return made


def heard(pad):
    points = []
    pad.moved.connect(lambda *point: points.append(point))
    return points


def test_it_follows_the_mouse_and_stays_within(qtbot, pad):
    points = heard(pad)
    drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((1.0, 1.0)) + QPointF(50, -50))
    assert points[0] == pytest.approx((0.5, 0.5))
    assert points[-1] == (1.0, 1.0)
    drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((0.0, 0.0)) + QPointF(-50, 50))
    assert pad.point == (0.0, 0.0)


def test_a_hand_on_it_is_not_moved(qtbot, pad):
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.place_of((0.25, 0.75)).toPoint())
    pad.set_point((0.9, 0.1))
    assert pad.point == pytest.approx((0.25, 0.75), abs=0.01)
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton)
    pad.set_point((0.9, 0.1))
    assert pad.point == (0.9, 0.1)


def test_keys_move_and_reset_it(qtbot, pad):
    points, resets = heard(pad), []
    pad.reset.connect(lambda: resets.append(True))
    qtbot.keyClick(pad, Qt.Key.Key_Up)
    qtbot.keyClick(pad, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert points == [pytest.approx((0.5, 0.6)), pytest.approx((0.48, 0.6))]
    for key in (Qt.Key.Key_A, Qt.Key.Key_Delete):
        qtbot.keyClick(pad, key)
    qtbot.mouseDClick(pad, Qt.MouseButton.LeftButton)
    assert resets == [True] * 3


def test_it_says_what_it_is_at(pad):
    assert pad.accessibleDescription() == "automatic"
    pad.set_caption("Section B")
    pad.set_point((0.25, 0.8))
    assert pad.accessibleDescription() == "Section B: complexity 25%, energy 80%"
