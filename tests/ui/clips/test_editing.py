"""Editing in the grid by mouse and keyboard; each edit is one undo step."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from musegen_daw.clips import edits
from musegen_daw.clips.document import Take
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES

KICK, SNARE, HAT = (VOICES.index(voice) for voice in ("kick", "snare", "closed hat"))
BEAT, CELL = 960, 240
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def test_a_click_adds_and_a_click_removes(clips):
    clips.click_cell(KICK, BEAT)
    assert clips.notes == (Note(36, 96, BEAT, CELL),)
    clips.click_cell(KICK, BEAT)
    assert clips.notes == ()
    assert clips.editor.undo_label == "remove hit"


def test_undo_and_redo_go_through_everything(clips):
    clips.click_cell(SNARE, BEAT)
    clips.generate()
    states = [clips.clip]
    while clips.is_enabled("undo"):
        clips.click("undo")
        states.append(clips.clip)
    assert states[-1] is None
    assert len(states) == 4
    for state in reversed(states[:-1]):
        clips.click("redo")
        assert clips.clip == state
    assert not clips.is_enabled("redo")


def test_a_vertical_drag_sets_the_velocity_in_one_step(clips):
    clips.click_cell(SNARE, 0)
    clips.drag_cell(SNARE, 0, (1, 30))
    (note,) = clips.notes
    assert note == replace(note, velocity=96 - 24)
    clips.drag_cell(SNARE, 0, (0, -400))
    assert clips.notes[0].velocity == 127
    clips.editor.undo()
    clips.editor.undo()
    assert clips.notes[0].velocity == 96


def test_a_drag_with_alt_shifts_the_hit_in_its_cell(clips):
    clips.click_cell(KICK, 2 * BEAT)
    clips.drag_cell(KICK, 2 * BEAT, (24, 1), ALT)
    assert clips.notes[0].start_ticks == 2 * BEAT + 60
    clips.click_cell(KICK, 2 * BEAT, keys=ALT)
    assert len(clips.notes) == 1
    clips.drag_cell(KICK, 2 * BEAT, (-400, 0), ALT)
    assert clips.notes[0].start_ticks == 2 * BEAT - CELL * 5 // 12
    assert clips.clip.cell_start(clips.notes[0].start_ticks) == 2 * BEAT


def test_a_sideways_drag_moves_the_hit_to_another_cell(clips):
    clips.click_cell(HAT, BEAT)
    way = clips.at(HAT, 3 * BEAT) - clips.at(HAT, BEAT)
    clips.drag_cell(HAT, BEAT, (way.x(), way.y()))
    assert [note.start_ticks for note in clips.notes] == [3 * BEAT]


def test_a_cancelled_drag_changes_nothing(clips):
    clips.click_cell(HAT, BEAT)
    before = clips.clip
    start = clips.at(HAT, BEAT)
    clips.qtbot.mousePress(clips.grid, Qt.MouseButton.LeftButton, pos=start)
    clips.qtbot.mouseMove(clips.grid, start + QPoint(0, 40))
    clips.key(Qt.Key.Key_Escape)
    clips.qtbot.mouseRelease(clips.grid, Qt.MouseButton.LeftButton, pos=start + QPoint(0, 40))
    assert clips.clip == before
    assert [hit.velocity for hit in clips.grid.hits] == [96]


def test_editing_a_locked_voice_is_refused_with_a_message(clips):
    clips.click_cell(KICK, 0)
    clips.press_head("lock", KICK)
    assert clips.clip.locked_voices == {"kick"}
    before = clips.clip
    clips.click_cell(KICK, 0)
    clips.click_cell(KICK, BEAT)
    assert clips.clip == before
    assert clips.messages[-1] == ("warn", "The kick is locked: press L in its row to unlock it.")
    clips.press_head("lock", KICK)
    assert clips.clip.locked_voices == frozenset()


@pytest.mark.parametrize("where", ["drum-grid", "bars"])
def test_the_menu_of_grid_and_bar_numbers_locks_the_bar(clips, where):
    place = clips.at(HAT, clips.clip.bars[2].start_ticks)
    at = place if where == "drum-grid" else QPoint(place.x(), 10)
    clips.choose_in_menu(clips.find(where), at, "Lock bar 3")
    assert clips.clip.locked_bars == {2}
    assert clips.editor.undo_label == "lock bar 3"


def test_the_grid_can_be_edited_by_keyboard(clips):
    clips.grid.setFocus()
    clips.key(Qt.Key.Key_Home)
    clips.key(Qt.Key.Key_Down)
    for _ in range(4):
        clips.key(Qt.Key.Key_Right)
    clips.key(Qt.Key.Key_Return)
    assert [(note.pitch, note.start_ticks) for note in clips.notes] == [(38, BEAT)]
    clips.key(Qt.Key.Key_Minus)
    clips.key(Qt.Key.Key_Right, ALT)
    clips.key(Qt.Key.Key_PageUp)
    assert clips.notes[0].velocity == 96 - 4 + 16
    assert clips.notes[0].start_ticks == BEAT + CELL // 12
    clips.key(Qt.Key.Key_L)
    clips.key(Qt.Key.Key_B)
    assert (clips.clip.locked_voices, clips.clip.locked_bars) == ({"snare"}, {0})
    clips.key(Qt.Key.Key_U, CTRL, clips.panel)
    clips.key(Qt.Key.Key_Delete)
    assert clips.notes == ()
    clips.key(Qt.Key.Key_Right, CTRL)
    clips.key(Qt.Key.Key_Return)
    assert [note.start_ticks for note in clips.notes] == [4 * BEAT]


def test_the_cell_under_the_cursor_is_described(clips):
    clips.click_cell(SNARE, BEAT)
    clips.grid.setFocus()
    clips.key(Qt.Key.Key_Right)
    clips.key(Qt.Key.Key_Left)
    assert clips.messages[-1] == ("info", "Snare, 1.2.1: velocity 96")


def test_percussion_has_a_row_of_its_own_and_is_not_added(clips):
    bells = clips.clip.empty_drums.with_notes([Note(56, 90, 0, CELL), Note(36, 80, 0, CELL)])
    clips.panel.edit("takes", lambda clip: edits.add_takes(clip, [Take.new(bells, "written")]))
    assert clips.grid.rows[-1] == "percussion"
    row = len(VOICES)
    clips.click_cell(row, 0)
    assert [note.pitch for note in clips.notes] == [36]
    clips.editor.undo()
    clips.click_cell(row, BEAT)
    assert len(clips.notes) == 2
    assert "not added" in clips.messages[-1][1]


def test_a_slider_that_is_dragged_is_one_step(clips):
    before = clips.editor.undo_label
    swing = clips.find("swing")
    swing.setSliderDown(True)
    for value in (10, 30, 60):
        swing.setValue(value)
    swing.setSliderDown(False)
    assert clips.clip.swing_ratio == pytest.approx(0.65)
    assert swing.text() == "65 %"
    swing.setSliderDown(True)
    swing.setValue(70)
    clips.editor.undo()
    assert clips.clip.swing_ratio == pytest.approx(0.65)
    clips.editor.undo()
    assert clips.clip.swing_ratio == 0.5
    assert clips.editor.undo_label == before


def test_tempo_and_drum_map_are_edits(clips):
    tempo = clips.find("tempo")
    tempo.setValue(96)
    assert clips.clip.bpm == 96
    tempo.setValue(tempo.minimum())
    assert clips.clip.bpm is None
    clips.choose("drum-map", "Roland")
    assert clips.clip.drum_map.name == clips.text("drum-map") != "General MIDI"


def test_the_panel_fits_into_a_small_window(clips):
    assert not clips.panel.layout().hasHeightForWidth()
    hint = clips.panel.minimumSizeHint()
    assert (hint.width() <= 1196, hint.height() <= 612) == (True, True)
