"""Small widgets by mouse, keyboard and accessible names."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QProgressBar, QPushButton, QWidget

from musegen_daw.resource_paths import resources_dir
from musegen_daw.ui.widgets.basic import OFF, ProgressLine, Segments, StatusLight, press_by_key
from musegen_daw.ui.widgets.drops import FileDrop
from musegen_daw.ui.widgets.icons import app_icon, icon
from musegen_daw.ui.widgets.status_line import PASSING_MILLISECONDS, WARNING_MILLISECONDS, StatusLine
from musegen_daw.ui.widgets.value_slider import ValueSlider


@pytest.fixture
def slider(qtbot):
    made = ValueSlider("Density", 0.5, "auto")
    qtbot.addWidget(made)
    made.resize(204, 44)
    made.show()
    made.told = []
    made.changed.connect(made.told.append)
    return made


def test_a_slider_is_set_where_it_is_pressed_and_dragged(qtbot, slider):
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(52, 20))
    qtbot.mouseMove(slider, QPoint(152, 20))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert slider.told[0] == 0.25
    assert slider.text() == f"{slider.value()} %"


def test_keys_move_a_slider_and_set_it_to_automatic(qtbot, slider):
    assert slider.amount is None
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    qtbot.keyClick(slider, Qt.Key.Key_A)
    assert slider.told == [0.51, 0.61, 0.0, None]
    assert slider.text() == "auto"
    assert slider.accessibleDescription() == "auto"
    slider.set_amount(0.3)
    assert slider.text() == "30 %"
    assert len(slider.told) == 4


def test_a_double_click_sets_the_default(qtbot):
    slider = ValueSlider("Energy", 0.5)
    qtbot.addWidget(slider)
    slider.set_amount(0.9)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton)
    assert slider.amount == 0.5


def test_a_light_has_a_text_for_its_colour(qtbot):
    light = StatusLight("Clock")
    qtbot.addWidget(light)
    assert light.level == OFF
    light.show_state("bad", "clock lost")
    assert (light.accessibleName(), light.accessibleDescription()) == ("Clock", "clock lost")
    assert light.sizeHint().width() > light.fontMetrics().horizontalAdvance("clock lost")


def test_progress_shows_itself_only_while_there_is_work(qtbot):
    line, cancelled = ProgressLine(), []
    qtbot.addWidget(line)
    line.cancelled.connect(lambda: cancelled.append(1))
    assert line.isHidden()
    line.begin("rendering")
    line.resize(400, 44)
    line.advance(0.4, "rendering")
    assert line.findChild(QProgressBar).format() == "rendering  40%"
    qtbot.mouseClick(line.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert cancelled == [1]
    line.end()
    assert line.isHidden()


def test_an_error_stays_a_warning_passes_and_other_sentences_sooner(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    line.say("saved")
    (timer,) = line.findChildren(QTimer)
    assert timer.isActive()
    assert timer.interval() == PASSING_MILLISECONDS
    line.say("The port is gone.", "warn")
    assert timer.interval() == WARNING_MILLISECONDS
    line.say("The session cannot be saved.", "bad")
    assert not timer.isActive()
    assert "saved" in line.toolTip()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert line.sentence == ""


def test_only_a_click_on_a_segment_emits_chosen(qtbot):
    segments, chosen = Segments("Way", (("a", "A", ""), ("b", "B", ""))), []
    qtbot.addWidget(segments)
    segments.chosen.connect(chosen.append)
    segments.choose("b")
    assert segments.key == "b"
    assert chosen == []
    segments.findChildren(QPushButton)[0].click()
    assert chosen == ["a"]
    assert segments.key == "a"


def test_a_key_presses_a_visible_button_at_once(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    made, pressed = QPushButton("Tap", window), []
    made.clicked.connect(lambda: pressed.append(1))
    press_by_key(made, "T")
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert pressed == [1]
    made.setText("Other")
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert pressed == [1, 1]
    made.setEnabled(False)
    qtbot.keyClick(window, Qt.Key.Key_T)
    made.hide()
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert pressed == [1, 1]


def drop(widget, *paths, kind=QDropEvent):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    point = QPointF(5, 5) if kind is QDropEvent else QPoint(5, 5)
    keys = Qt.KeyboardModifier.NoModifier
    event = kind(point, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_files_are_dropped_several_at_once_and_wrong_ones_named(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    files, taken, refused, hovered = FileDrop(widget, (".mid", ".midi"), "MIDI files"), [], [], []
    files.dropped.connect(taken.extend)
    files.refused.connect(refused.append)
    files.hovered.connect(hovered.append)
    assert drop(widget, "/a/one.mid", kind=QDragEnterEvent)
    assert drop(widget, "/a/one.MID", "/a/two.midi", "/a/photo.jpg")
    assert taken == [Path("/a/one.MID"), Path("/a/two.midi")]
    assert refused == ["photo.jpg cannot be used here: drop MIDI files (.mid, .midi)."]
    assert hovered == [True, False]
    drop(widget, "/a/song.wav", kind=QDragEnterEvent)
    drop(widget, "/a/song.wav")
    assert len(taken) == 2
    assert len(refused) == 2


def test_every_icon_draws_something_and_an_unknown_one_nothing(qapp):
    names = [path.stem for path in (resources_dir() / "icons").glob("*.svg")]
    assert {"musegen", "jam", "clips", "vocoder", "settings", "play", "stop"} <= set(names)

    def inked(made):
        image = made.pixmap(24, 24).toImage()
        return any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24))

    assert all(inked(icon(name)) for name in names)
    assert inked(app_icon())
    assert not inked(icon("no such icon"))
