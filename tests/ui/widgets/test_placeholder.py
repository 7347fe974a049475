"""The page of an error keeps its buttons under the hand that is about to press one."""

from PySide6.QtWidgets import QAbstractButton, QLabel

from musegen_daw.ui.widgets.placeholder import ErrorPage


def buttons(page):
    return {each.text(): each for each in page.findChildren(QAbstractButton) if each.isVisible()}


def test_the_buttons_of_the_same_actions_stay_when_the_error_comes_again(qtbot):
    page, pressed = ErrorPage(), []
    qtbot.addWidget(page)
    page.show()
    again, alone = (lambda: pressed.append("again")), (lambda: pressed.append("alone"))
    page.show_error("No MIDI", "Start JACK.", [("Try again", again), ("Use sound", alone)])
    before = buttons(page)
    before["Use sound"].setFocus()
    page.show_error("No MIDI", "Start JACK first.", [("Try again", again), ("Use sound", alone)])
    assert buttons(page) == before
    assert "Start JACK first." in page.findChild(QLabel, "error-text").text()
    buttons(page)["Use sound"].click()
    assert pressed == ["alone"]


def test_other_actions_have_other_buttons_at_once(qtbot):
    page, pressed = ErrorPage(), []
    qtbot.addWidget(page)
    page.show()
    page.show_error("No MIDI", "Start JACK.", [("Try again", lambda: pressed.append(1))])
    page.show_error("No MIDI", "Start JACK.", [("Try again", lambda: pressed.append(2)), ("Other", print)])
    assert list(buttons(page)) == ["Try again", "Other"]
    buttons(page)["Try again"].click()
    assert pressed == [2]
    page.show_error("No MIDI", "Start JACK.")
    assert not buttons(page)
