"""Mute, solo, level and lock in the row heads, the velocity lane, and swing in the grid."""

import pytest
from PySide6.QtCore import QPointF, Qt

from musegen_daw.clips import edits
from musegen_daw.clips.document import Take
from musegen_daw.clips.export import performed
from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.clips.row_heads import RowButton
from musegen_daw.ui.widgets.drum_grid import Cell
from tests.pages.page import drag

KICK, SNARE, HAT = (VOICES.index(voice) for voice in ("kick", "snare", "closed hat"))
BEAT, CELL = 960, 240
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def clips(clips):
    """With four hats, and a kick with the first."""
    notes = [Note(36, 100, 0, CELL), *(Note(42, 80, beat * BEAT, CELL) for beat in range(4))]
    drums = clips.clip.empty_drums.with_notes(notes)
    clips.panel.edit("takes", lambda clip: edits.add_takes(clip, [Take.new(drums, "written")]))
    clips.grid.setFocus()
    clips.key(Qt.Key.Key_Home)
    return clips


def colour(clips, row, ticks):
    return clips.grid.grab().toImage().pixelColor(clips.at(row, ticks)).name()


def test_buttons_and_keys_mute_and_solo_and_what_is_silent_is_dim(clips):
    bright = colour(clips, HAT, BEAT)
    clips.press_head("mute", HAT)
    assert clips.clip.voice_mix.muted == {"closed hat"}
    assert {note.pitch for note in performed(clips.clip).notes} == {36}
    assert colour(clips, HAT, BEAT) != bright
    clips.editor.undo()
    assert not clips.is_checked("mute-the-closed-hat")
    assert colour(clips, HAT, BEAT) == bright
    clips.key(Qt.Key.Key_S)
    assert clips.is_checked("solo-the-kick")
    assert clips.editor.undo_label == "solo kick"
    clips.key(Qt.Key.Key_M)
    assert performed(clips.clip).notes == ()
    clips.press_head("solo", KICK)
    clips.key(Qt.Key.Key_M)
    assert len(performed(clips.clip).notes) == 5


def test_a_level_is_dragged_turned_and_set_back(clips):
    level = clips.find("level-of-the-kick")
    drag(level, QPointF(10, 8), QPointF(10, 28))
    assert clips.clip.voice_mix.level_percent("kick") == 60
    assert performed(clips.clip).notes[0].velocity == 60
    clips.key(Qt.Key.Key_Up, ALT)
    clips.key(Qt.Key.Key_Up, ALT)
    assert clips.clip.voice_mix.level_percent("kick") == level.value() == 70
    clips.editor.undo()
    assert level.value() == 60
    clips.qtbot.mouseDClick(level, Qt.MouseButton.LeftButton)
    assert clips.clip.voice_mix.level_percent("kick") == 100


def test_heads_are_named_tell_their_keys_and_are_large_enough(clips):
    buttons = clips.find("voices").findChildren(RowButton)
    assert len(buttons) == 3 * len(VOICES)
    assert all(each.accessibleName() and each.toolTip().endswith(")") for each in buttons)
    assert clips.find("mute-the-kick").toolTip() == "Mute the kick: in playback, bounce and export (M)"
    clips.panel.resize(1196, 720)
    clips.until(lambda: min(min(each.width(), each.height()) for each in buttons) >= 20)


def test_a_stem_is_dragged_and_scales_what_is_selected(clips):
    lane = clips.shown_lane()
    clips.key(Qt.Key.Key_Down)
    clips.key(Qt.Key.Key_Down)
    assert [hit.tag for hit in lane.shown] == 4 * [42]
    clips.drag_stem(1, 40)
    assert [note.velocity for note in clips.notes if note.pitch == 42] == pytest.approx(
        [80, 40, 80, 80], abs=2
    )
    assert clips.editor.undo_label == "velocity"
    clips.key(Qt.Key.Key_V)
    clips.drag_stem(1, 20)
    velocities = [note.velocity for note in clips.notes if note.pitch == 42]
    assert velocities == pytest.approx([40, 20, 40, 40], abs=4)
    assert velocities[0] == velocities[2] == velocities[3]
    clips.editor.undo()
    clips.editor.undo()
    assert {note.velocity for note in clips.notes if note.pitch == 42} == {80}


def test_a_line_is_drawn_over_the_stems(clips):
    lane = clips.shown_lane()
    clips.key(Qt.Key.Key_Down)
    clips.key(Qt.Key.Key_Down)
    first, last = (lane.stem_top(hit).x() for hit in (lane.shown[0], lane.shown[3]))
    ends = clips.lane_point(first, 120), clips.lane_point(last, 30)
    drag(lane, *ends)
    velocities = [note.velocity for note in clips.notes if note.pitch == 42]
    assert velocities == pytest.approx([120, 90, 60, 30], abs=2)
    clips.editor.undo()
    assert {note.velocity for note in clips.notes if note.pitch == 42} == {80}


def test_the_lane_shows_the_voice_the_selection_and_hides(clips):
    lane = clips.shown_lane()
    assert [hit.tag for hit in lane.shown] == [36]
    clips.key(Qt.Key.Key_A, CTRL)
    assert len(lane.shown) == 5
    clips.key(Qt.Key.Key_E)
    assert not clips.is_visible("velocity-lane")
    assert not clips.is_checked("show-the-velocity-lane")
    clips.click("show-the-velocity-lane")
    assert clips.is_visible("velocity-lane")


def test_swing_is_drawn_as_it_is_played_and_cells_are_edited_where_they_are_seen(clips):
    clips.click_cell(SNARE, 2 * CELL)
    clips.panel.edit("swing", lambda clip: edits.set_swing(clip, 0.66))
    grid = clips.grid
    heard = {note.pitch: note.start_ticks for note in performed(clips.clip).notes}
    snare = next(hit for hit in grid.hits if hit.row == SNARE)
    assert grid.hit_rect(snare).left() == pytest.approx(grid.x_at(heard[38]) + 1, abs=1)
    assert grid.hit_at(grid.cell_rect(Cell(SNARE, 2 * CELL)).center()) == snare
    clips.click_cell(SNARE, 3 * CELL)
    clips.click_cell(SNARE, 2 * CELL)
    assert [note.start_ticks for note in clips.notes if note.pitch == 38] == [3 * CELL]
