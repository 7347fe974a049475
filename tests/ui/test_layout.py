"""At 900 by 600 no text is cut without a tooltip, and nothing lies outside the window."""

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QProgressBar,
    QSlider,
    QStackedWidget,
    QTabBar,
    QToolTip,
    QWidget,
)

from musegen_daw.ui.clips.panel import ClipsPanel
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.jam.panel import JamPanel
from musegen_daw.ui.panel import Page
from musegen_daw.ui.settings.panel import SettingsPanel
from musegen_daw.ui.vocoder.panel import VocoderPanel
from musegen_daw.ui.widgets.basic import ProgressLine
from musegen_daw.ui.widgets.fitting import Choice, ElidedLabel
from musegen_daw.ui.widgets.value_slider import ValueSlider
from musegen_daw.ui.window import Window
from tests.pages.window import WindowPage
from tests.ui.jam.rig import Rigs

FRAME = 18
"""Pixels of a field beside its text."""

LEAST, USUAL = (900, 600), (1280, 720)
PAGES = ("jam", "clips", "vocoder", "settings")


@pytest.fixture
def window(qtbot, context):
    control = JamControl(Rigs())
    pages = (
        Page("jam", "Jam", "jam", "Ctrl+1", lambda context: JamPanel(context, control)),
        Page("clips", "Clips", "clips", "Ctrl+2", ClipsPanel),
        Page("vocoder", "Vocoder", "vocoder", "Ctrl+3", lambda context: VocoderPanel(context, lambda: None)),
        Page("settings", "Settings", "settings", "Ctrl+4", SettingsPanel),
    )
    made = Window(context, pages, control)
    qtbot.addWidget(made)
    made.show()
    made.begin()
    WindowPage(made, qtbot).wait_for_panels()
    yield made
    made.close()


def is_scrolled(widget):
    """Whether it lies in a list or a page of its own that scrolls."""
    above = widget.parent()
    while above is not None and not isinstance(above, Window):
        if isinstance(above, QAbstractScrollArea) and above.focusPolicy() != Qt.FocusPolicy.NoFocus:
            return True
        above = above.parent()
    return False


def cut(window):
    """What is narrower than its text, or partly outside of what it lies in."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or is_scrolled(widget):
            continue
        if isinstance(widget, QAbstractSpinBox):
            needed = widget.fontMetrics().horizontalAdvance(widget.text()) + FRAME
        elif isinstance(widget, QAbstractButton | Choice):
            needed = widget.minimumSizeHint().width()
        elif isinstance(widget, QLabel) and not (widget.wordWrap() or isinstance(widget, ElidedLabel)):
            needed = max(map(widget.fontMetrics().horizontalAdvance, widget.text().split("\n")))
        elif isinstance(widget, ValueSlider):
            needed = (
                widget.fontMetrics().horizontalAdvance(widget.accessibleName()) if widget.is_stacked() else 0
            )
        else:
            continue
        if widget.width() < needed:
            yield f"{type(widget).__name__} {widget.objectName()} {getattr(widget, 'text', str)()} is cut"
        shown = widget.visibleRegion().boundingRect().size()
        if (shown.width(), shown.height()) != (widget.width(), widget.height()):
            yield f"{type(widget).__name__} {getattr(widget, 'text', str)()} is partly outside: {shown}"


@pytest.mark.parametrize("size", [LEAST, USUAL])
@pytest.mark.parametrize("key", PAGES)
def test_nothing_is_cut(qtbot, window, key, size):
    window.resize(*size)
    window.go_to(key)
    for progress in window.findChildren(ProgressLine, "progress"):
        stack = progress.parentWidget()
        if isinstance(stack, QStackedWidget):
            stack.setCurrentWidget(progress)
        if stack is not window.panel("settings"):
            progress.begin("Loading the drum model")
            progress.advance(1.0, "Loading the drum model")
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    assert not WindowPage(window, qtbot).is_scrolled(key)
    assert list(cut(window)) == []


def tooltip(qtbot, widget):
    QToolTip.hideText()
    middle = widget.rect().center()
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, middle, widget.mapToGlobal(middle)))
    text = QToolTip.text()
    QToolTip.hideText()
    return text


def test_a_choice_that_is_cut_is_in_the_tooltip(qtbot):
    choice = Choice("MIDI input", "Where it comes from")
    qtbot.addWidget(choice)
    choice.addItem("A very long name of a port of a device (created here)")
    choice.resize(600, 44)
    choice.show()
    assert choice.elided_text() == choice.currentText()
    assert tooltip(qtbot, choice) == "Where it comes from"
    choice.resize(390, 44)
    assert choice.elided_text() == "A very long name of a port of a device"
    choice.resize(120, 44)
    assert choice.elided_text().endswith("…")
    assert tooltip(qtbot, choice) == f"{choice.currentText()}\nWhere it comes from"


def test_a_line_that_is_cut_is_in_the_tooltip(qtbot):
    line = ElidedLabel("The whole of a long sentence", "dim")
    qtbot.addWidget(line)
    line.show()
    line.resize(400, 20)
    assert line.elided_text() == line.text()
    line.resize(60, 20)
    assert line.elided_text().endswith("…")
    assert tooltip(qtbot, line) == line.text()


def test_a_narrow_slider_stacks_name_and_value(qtbot):
    slider = ValueSlider("Humanise", 0.5)
    qtbot.addWidget(slider)
    slider.resize(200, 44)
    assert not slider.is_stacked()
    slider.resize(100, 44)
    assert slider.is_stacked()


def test_narrow_progress_shows_only_the_percentage(qtbot):
    line = ProgressLine()
    qtbot.addWidget(line)
    line.begin("Writing drums")
    line.resize(400, 44)
    line.advance(0.4, "Writing drums")
    bar = line.findChild(QProgressBar)
    assert bar.format() == "Writing drums  40%"
    line.resize(160, 44)
    QApplication.processEvents()
    assert bar.format() == "40%"
    assert bar.toolTip() == "Writing drums  40%"


@pytest.mark.parametrize("key", PAGES)
def test_controls_have_object_names_that_are_unique_in_their_page(window, key):
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
    controls = [
        each
        for kind in kinds
        for each in window.panel(key).findChildren(kind)
        if not each.objectName().startswith("qt_") and not isinstance(each.parent(), QTabBar)
    ]
    names = Counter(each.objectName() for each in controls)
    assert {name: count for name, count in names.items() if not name or count > 1} == {}
