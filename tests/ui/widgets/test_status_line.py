"""What the status line says is about the page that is shown, or about everything, and holds."""

import pytest

from musegen_daw.ui.widgets import status_line
from musegen_daw.ui.widgets.status_line import PASSING_MILLISECONDS, WARNING_MILLISECONDS, StatusLine


class Time:
    """Stands in for the module `time`: it stands still until it is told to go on."""

    def __init__(self):
        self.seconds = 100.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def now(monkeypatch):
    clock = Time()
    monkeypatch.setattr(status_line, "time", clock)
    return clock


@pytest.fixture
def line(qtbot):
    made = StatusLine()
    qtbot.addWidget(made)
    made.show()
    made.show_page("jam")
    return made


@pytest.fixture
def waiting(line):
    """The pages where something waits, at each time that it was told."""
    told = []
    line.waiting.connect(told.append)
    return told


def test_a_sentence_of_a_page_leaves_with_it_and_comes_back_with_it(line, waiting):
    line.say("The jam has no clock.", "warn", "jam")
    line.show_page("clips")
    assert (line.sentence, waiting[-1]) == ("", {"jam"})
    line.show_page("jam")
    assert (line.sentence, line.level, waiting[-1]) == ("The jam has no clock.", "warn", set())


def test_a_sentence_about_another_page_waits_there(line, waiting):
    line.say("The clip could not be read.", "bad", "clips")
    assert (line.sentence, waiting[-1]) == ("", {"clips"})
    line.show_page("vocoder")
    assert line.sentence == ""
    line.show_page("clips")
    assert (line.sentence, line.level) == ("The clip could not be read.", "bad")
    assert "The clip could not be read." in line.toolTip()


def test_what_is_about_everything_is_said_on_every_page(line):
    line.say("The session cannot be saved.", "bad")
    for page in ("clips", "settings", "jam"):
        line.show_page(page)
        assert line.sentence == "The session cannot be saved."


@pytest.mark.parametrize(
    ("level", "milliseconds"), [("good", PASSING_MILLISECONDS), ("warn", WARNING_MILLISECONDS)]
)
def test_what_has_passed_while_it_waited_is_not_said(line, now, level, milliseconds):
    line.say("Bounced.", level, "clips")
    now.seconds += milliseconds / 1000 - 1
    line.show_page("clips")
    assert line.sentence == "Bounced."
    line.show_page("jam")
    now.seconds += 2
    line.show_page("clips")
    assert line.sentence == ""


def test_a_warning_that_waited_is_said_over_what_is_shown_and_news_is_not(line):
    line.say("All notes off.")
    line.say("Wrote 4 takes.", "good", "clips")
    line.show_page("clips")
    assert line.sentence == "All notes off."
    line.say("The drums were late.", "warn", "jam")
    line.show_page("jam")
    assert line.sentence == "The drums were late."


def test_what_no_longer_holds_is_withdrawn_shown_or_waiting(line, waiting):
    line.say("Move a knob.")
    line.say("No MIDI system runs.", "bad", "clips")
    line.withdraw("Something else.")
    assert line.sentence == "Move a knob."
    line.withdraw("Move a knob.")
    assert line.sentence == ""
    line.withdraw("No MIDI system runs.")
    assert waiting[-1] == set()
    line.show_page("clips")
    assert line.sentence == ""
