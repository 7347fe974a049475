"""The piano roll: notes, names at the left, and the text of an empty roll."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor

from musegen_daw.music.clip import Note
from musegen_daw.music.note_names import NoteNames
from musegen_daw.music.time import Bar
from musegen_daw.ui.widgets.piano_roll import FEWEST_PITCHES, PianoRoll
from musegen_daw.ui.widgets.theme import theme
from musegen_daw.ui.widgets.time_axis import TimeAxis


@pytest.fixture
def roll(qtbot):
    made = PianoRoll(TimeAxis(), title="heard")
    made.axis.setParent(made)
    qtbot.addWidget(made)
    made.axis.set_bars([Bar(0, 1920)], 480)
    made.resize(made.head_width + 480, FEWEST_PITCHES * 10)
    return made


def test_a_note_is_drawn_at_its_pitch_for_as_long_as_it_sounds(roll):
    roll.set_parts([(Note(60, 127, 480, 480),)])
    image = roll.grab().toImage()
    colour = QColor(roll.part_colour(0))
    column = [y for y in range(image.height()) if image.pixelColor(roll.head_width + 200, y) == colour]
    row = [x for x in range(image.width()) if image.pixelColor(x, column[0]) == colour]
    assert len(column) in (8, 9, 10)
    assert row[0] == pytest.approx(roll.head_width + 120, abs=1)
    assert row[-1] == pytest.approx(roll.head_width + 239, abs=2)


def test_parts_have_colours_of_their_own_and_soft_notes_are_fainter(roll):
    roll.set_parts([(Note(60, 127, 0, 480), Note(60, 10, 960, 480)), (Note(70, 127, 0, 480),)])
    image = roll.grab().toImage()
    colours = {
        image.pixelColor(QPoint(x, y)).name().upper() for x in (150, 400) for y in range(image.height())
    }
    assert {roll.part_colour(0), roll.part_colour(1)} <= colours
    assert roll.part_colour(0) != roll.part_colour(1)
    assert roll.accessibleDescription() == "3 notes"


def test_a_long_note_that_began_before_the_view_is_still_seen(roll):
    roll.axis.set_bars([Bar(index * 1920, 1920) for index in range(4)], 480)
    roll.set_parts([(Note(60, 127, 0, 4 * 1920), Note(62, 127, 480, 10))])
    roll.axis.show(2 * 1920, 3 * 1920)
    image = roll.grab().toImage()
    column = {image.pixelColor(roll.width() // 2, y).name().upper() for y in range(image.height())}
    assert roll.part_colour(0) in column


def test_an_empty_roll_shows_a_text(roll):
    roll.set_empty_text("nothing yet")
    worded = roll.grab().toImage()
    roll.set_parts([(Note(60, 100, 0, 10),)])
    assert roll.grab().toImage() != worded
    assert theme().panel


def test_the_names_of_notes_follow_the_setting(roll):
    roll.set_parts([(Note(60, 100, 0, 10),)])
    english = roll.grab().toImage()
    roll.set_note_names(NoteNames.C3)
    assert roll.grab().toImage() != english
