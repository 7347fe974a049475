"""Hands on the grid: what a click, a drag, a key and a right click do, and that each is one step."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from musegen_daw.clips import edits
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES

KICK, SNARE, HAT = (VOICES.index(voice) for voice in ("kick", "snare", "closed hat"))
BEAT, CELL = 960, 240
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def test_a_click_adds_and_a_click_removes(hands):
    hands.click(KICK, BEAT)
    assert hands.notes == (Note(36, 96, BEAT, CELL),)
    hands.click(KICK, BEAT)
    assert hands.notes == ()
    assert hands.panel.editor.undo_label == "remove hit"


def test_undo_and_redo_go_through_everything(hands):
    hands.click(SNARE, BEAT)
    hands.generate()
    states = [hands.clip]
    view = hands.panel.view
    while view.listen.undo.isEnabled():
        view.listen.undo.click()
        states.append(hands.clip)
    assert states[-1] is None
    assert len(states) == 4
    for state in reversed(states[:-1]):
        view.listen.redo.click()
        assert hands.clip == state
    assert not view.listen.redo.isEnabled()


def test_a_vertical_drag_sets_the_velocity_in_one_step(hands):
    hands.click(SNARE, 0)
    hands.drag(SNARE, 0, (1, 30))
    (note,) = hands.notes
    assert note == replace(note, velocity=96 - 24)
    hands.drag(SNARE, 0, (0, -400))
    assert hands.notes[0].velocity == 127
    hands.panel.editor.undo()
    hands.panel.editor.undo()
    assert hands.notes[0].velocity == 96


def test_a_drag_with_alt_shifts_the_hit_in_its_cell(hands):
    hands.click(KICK, 2 * BEAT)
    hands.drag(KICK, 2 * BEAT, (24, 1), ALT)
    assert hands.notes[0].start_ticks == 2 * BEAT + 60
    hands.click_with_alt(KICK, 2 * BEAT)
    assert len(hands.notes) == 1
    hands.drag(KICK, 2 * BEAT, (-400, 0), ALT)
    assert hands.notes[0].start_ticks == 2 * BEAT - CELL * 5 // 12
    assert hands.clip.cell_start(hands.notes[0].start_ticks) == 2 * BEAT


def test_a_sideways_drag_moves_the_hit_to_another_cell(hands):
    hands.click(HAT, BEAT)
    way = hands.at(HAT, 3 * BEAT) - hands.at(HAT, BEAT)
    hands.drag(HAT, BEAT, (way.x(), way.y()))
    assert [note.start_ticks for note in hands.notes] == [3 * BEAT]


def test_a_drag_that_is_given_up_changes_nothing(hands):
    hands.click(HAT, BEAT)
    before = hands.clip
    start = hands.at(HAT, BEAT)
    hands.qtbot.mousePress(hands.grid, Qt.MouseButton.LeftButton, pos=start)
    hands.qtbot.mouseMove(hands.grid, start + QPoint(0, 40))
    hands.key(Qt.Key.Key_Escape)
    hands.qtbot.mouseRelease(hands.grid, Qt.MouseButton.LeftButton, pos=start + QPoint(0, 40))
    assert hands.clip == before
    assert [hit.velocity for hit in hands.grid.hits] == [96]


def test_a_right_click_locks_a_voice_and_says_so_when_it_is_touched(hands):
    hands.click(KICK, 0)
    name = QPoint(20, hands.at(KICK, 0).y())
    hands.qtbot.mouseClick(hands.grid, Qt.MouseButton.RightButton, pos=name)
    assert hands.clip.locked_voices == {"kick"}
    before = hands.clip
    hands.click(KICK, 0)
    hands.click(KICK, BEAT)
    assert hands.clip == before
    assert hands.messages[-1] == ("warn", "The kick is locked: right-click its name to unlock it.")
    hands.qtbot.mouseClick(hands.grid, Qt.MouseButton.RightButton, pos=name)
    assert hands.clip.locked_voices == frozenset()


@pytest.mark.parametrize("where", ["grid", "ruler"])
def test_a_right_click_elsewhere_locks_the_bar(hands, where):
    place = hands.at(HAT, hands.clip.bars[2].start_ticks)
    if where == "grid":
        hands.click(HAT, hands.clip.bars[2].start_ticks, Qt.MouseButton.RightButton)
    else:
        hands.qtbot.mouseClick(hands.panel.view.ruler, Qt.MouseButton.RightButton, pos=QPoint(place.x(), 10))
    assert hands.clip.locked_bars == {2}
    assert hands.panel.editor.undo_label == "lock bar 3"


def test_all_can_be_done_with_the_keyboard(hands):
    hands.grid.setFocus()
    hands.key(Qt.Key.Key_Home)
    hands.key(Qt.Key.Key_Down)
    for _ in range(4):
        hands.key(Qt.Key.Key_Right)
    hands.key(Qt.Key.Key_Return)
    assert [(note.pitch, note.start_ticks) for note in hands.notes] == [(38, BEAT)]
    hands.key(Qt.Key.Key_Minus)
    hands.key(Qt.Key.Key_Right, ALT)
    hands.key(Qt.Key.Key_PageUp)
    assert hands.notes[0].velocity == 96 - 4 + 16
    assert hands.notes[0].start_ticks == BEAT + CELL // 12
    hands.key(Qt.Key.Key_L)
    hands.key(Qt.Key.Key_B)
    assert (hands.clip.locked_voices, hands.clip.locked_bars) == ({"snare"}, {0})
    hands.key(Qt.Key.Key_U, CTRL, hands.panel)
    hands.key(Qt.Key.Key_Delete)
    assert hands.notes == ()
    hands.key(Qt.Key.Key_Right, CTRL)
    hands.key(Qt.Key.Key_Return)
    assert [note.start_ticks for note in hands.notes] == [4 * BEAT]


def test_what_is_under_the_cursor_is_said_in_words(hands):
    hands.click(SNARE, BEAT)
    hands.grid.setFocus()
    hands.key(Qt.Key.Key_Right)
    hands.key(Qt.Key.Key_Left)
    assert hands.messages[-1] == ("info", "Snare, 1.2.1: velocity 96")


def test_percussion_has_a_row_of_its_own_and_is_not_added(hands):
    bells = hands.clip.empty_drums.with_notes([Note(56, 90, 0, CELL), Note(36, 80, 0, CELL)])
    hands.panel.edit("takes", lambda clip: edits.add_takes(clip, [(bells, None)], origin="written"))
    assert hands.grid.rows[-1] == "percussion"
    row = len(VOICES)
    hands.click(row, 0)
    assert [note.pitch for note in hands.notes] == [36]
    hands.panel.editor.undo()
    hands.click(row, BEAT)
    assert len(hands.notes) == 2
    assert "not added" in hands.messages[-1][1]


def test_a_slider_that_is_dragged_is_one_step(hands):
    before = hands.panel.editor.undo_label
    swing = hands.panel.view.generation.swing
    swing.setSliderDown(True)
    for value in (10, 30, 60):
        swing.setValue(value)
    swing.setSliderDown(False)
    assert hands.clip.swing_ratio == pytest.approx(0.65)
    assert swing.text() == "65 %"
    swing.setSliderDown(True)
    swing.setValue(70)
    hands.panel.editor.undo()
    assert hands.clip.swing_ratio == pytest.approx(0.65)
    hands.panel.editor.undo()
    assert hands.clip.swing_ratio == 0.5
    assert hands.panel.editor.undo_label == before


def test_tempo_and_drum_map_are_edits(hands):
    side = hands.panel.view.side
    side.tempo.setValue(96)
    assert hands.clip.bpm == 96
    side.tempo.setValue(side.tempo.minimum())
    assert hands.clip.bpm is None
    index = side.kit.findText("Roland TD")
    side.kit.setCurrentIndex(index if index >= 0 else 1)
    side.kit.activated.emit(side.kit.currentIndex())
    assert hands.clip.drum_map.name == side.kit.currentText() != "General MIDI"


def test_the_panel_fits_into_a_small_window(hands):
    assert not hands.panel.layout().hasHeightForWidth()
    hint = hands.panel.minimumSizeHint()
    assert (hint.width() <= 1196, hint.height() <= 612) == (True, True)
