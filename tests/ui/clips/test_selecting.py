"""Several hits at once: selected, changed together, copied and pasted; each gesture is one undo step."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtWidgets import QApplication

from musegen_daw.clips import edits
from musegen_daw.clips.clipboard import MIME_TYPE
from musegen_daw.clips.document import Take
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Note, Song
from musegen_daw.music.kit import VOICES
from musegen_daw.music.time import Tempo, TimeMap
from tests.cli.doubles import part
from tests.pages.page import drag

KICK, SNARE, HAT, CRASH = (VOICES.index(voice) for voice in ("kick", "snare", "closed hat", "crash"))
BEAT, CELL, BAR = 960, 240, 3840
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
HITS = ((36, 100, 0), (38, 60, BEAT), (36, 80, 2 * BEAT), (42, 40, BAR + BEAT))


@pytest.fixture
def clips(clips):
    """With a kick, a snare and a kick in the first bar, and a hat in the second."""
    drums = clips.clip.empty_drums.with_notes(Note(*hit, CELL) for hit in HITS)
    clips.panel.edit("takes", lambda clip: edits.add_takes(clip, [Take.new(drums, "written")]))
    clips.grid.setFocus()
    return clips


def places(clips):
    return [(note.pitch, note.velocity, note.start_ticks) for note in clips.notes]


def selected(clips):
    return [(hit.tag, hit.start_ticks) for hit in clips.grid.selected]


def frame(clips, first, last, keys=Qt.KeyboardModifier.NoModifier):
    """Drag over the ground, from the empty end of a cell (row, ticks) to the middle of another."""
    start = clips.grid.cell_rect(clips.cell(*first)).topLeft() + QPointF(1, 1)
    drag(clips.grid, start, clips.at(*last).toPointF(), keys)


def test_a_frame_selects_and_adds_nothing(clips):
    frame(clips, (KICK, 3 * CELL), (SNARE, 3 * BEAT))
    assert selected(clips) == [(38, BEAT), (36, 2 * BEAT)]
    assert places(clips) == list(HITS)
    frame(clips, (HAT, BAR), (HAT, BAR + 2 * BEAT), SHIFT)
    assert len(selected(clips)) == 3
    assert clips.messages[-1] == ("info", "3 hits selected")


def test_a_click_with_shift_or_ctrl_selects_and_one_on_the_ground_still_adds(clips):
    clips.click_cell(KICK, 0, keys=SHIFT)
    clips.click_cell(SNARE, BEAT, keys=CTRL)
    assert selected(clips) == [(36, 0), (38, BEAT)]
    clips.click_cell(KICK, 0, keys=CTRL)
    assert selected(clips) == [(38, BEAT)]
    clips.click_cell(CRASH, BEAT, keys=SHIFT)
    assert places(clips) == list(HITS)
    clips.click_cell(CRASH, 0)
    assert len(clips.notes) == 5
    assert selected(clips) == []


def test_what_is_selected_gets_louder_together_in_one_step(clips):
    clips.click_cell(KICK, 0, keys=SHIFT)
    clips.click_cell(SNARE, BEAT, keys=SHIFT)
    clips.drag_cell(SNARE, BEAT, (0, -25))
    assert [note.velocity for note in clips.notes] == [120, 80, 80, 40]
    clips.key(Qt.Key.Key_Minus)
    assert [note.velocity for note in clips.notes] == [116, 76, 80, 40]
    clips.editor.undo()
    clips.editor.undo()
    assert places(clips) == list(HITS)


def test_what_is_selected_moves_together_and_stays_selected(clips):
    clips.key(Qt.Key.Key_A, CTRL)
    way = clips.at(KICK, 2 * CELL) - clips.at(KICK, 0)
    clips.drag_cell(KICK, 0, (way.x(), way.y()))
    assert [note.start_ticks for note in clips.notes] == [start + 2 * CELL for _, _, start in HITS]
    clips.key(Qt.Key.Key_Left, CTRL)
    clips.key(Qt.Key.Key_Right, ALT)
    assert [note.start_ticks for note in clips.notes] == [start + CELL + CELL // 12 for _, _, start in HITS]
    assert len(selected(clips)) == 4
    clips.key(Qt.Key.Key_Down, CTRL)
    assert [note.pitch for note in clips.notes] == [38, 42, 38, 46]
    clips.key(Qt.Key.Key_Delete)
    assert clips.notes == ()
    assert clips.editor.undo_label == "remove 4 hits"
    for _ in range(5):
        clips.editor.undo()
    assert places(clips) == list(HITS)


def test_an_abandoned_drag_of_many_changes_nothing(clips):
    clips.key(Qt.Key.Key_A, CTRL)
    start = clips.at(KICK, 0)
    clips.qtbot.mousePress(clips.grid, Qt.MouseButton.LeftButton, pos=start)
    clips.qtbot.mouseMove(clips.grid, start + QPoint(0, 40))
    assert {hit.velocity for hit in clips.grid.hits} != {100, 60, 80, 40}
    clips.key(Qt.Key.Key_Escape)
    assert [hit.velocity for hit in clips.grid.hits] == [100, 60, 80, 40]
    assert len(selected(clips)) == 4
    clips.key(Qt.Key.Key_Escape)
    assert selected(clips) == []
    assert places(clips) == list(HITS)


def test_shift_and_arrows_select_from_cell_to_cell(clips):
    clips.key(Qt.Key.Key_Home)
    for _ in range(4):
        clips.key(Qt.Key.Key_Right, SHIFT)
    assert selected(clips) == [(36, 0)]
    clips.key(Qt.Key.Key_Down, SHIFT)
    assert selected(clips) == [(36, 0), (38, BEAT)]
    clips.key(Qt.Key.Key_V)
    assert selected(clips) == [(38, BEAT)]


def test_a_double_click_on_a_name_selects_its_hits(clips):
    clips.qtbot.mouseDClick(
        clips.find("voices"), Qt.MouseButton.LeftButton, pos=QPoint(20, clips.at(KICK, 0).y())
    )
    assert selected(clips) == [(36, 0), (36, 2 * BEAT)]
    assert clips.messages[-1] == ("info", "2 hits selected, kick")


def test_locked_hits_of_a_group_stay_and_it_is_said(clips):
    clips.press_head("lock", KICK)
    clips.key(Qt.Key.Key_A, CTRL)
    clips.key(Qt.Key.Key_Plus)
    assert [note.velocity for note in clips.notes] == [100, 64, 80, 44]
    assert clips.messages[-1] == ("info", "2 of 4 hits are locked and stay as they are.")


def test_hits_are_copied_and_pasted_at_the_cursor_again_and_again(clips):
    clips.key(Qt.Key.Key_Home)
    for _ in range(4):
        clips.key(Qt.Key.Key_Right, SHIFT)
    clips.key(Qt.Key.Key_Down, SHIFT)
    clips.key(Qt.Key.Key_C, CTRL)
    assert clips.messages[-1] == ("info", "Copied 2 hits.")
    clips.key(Qt.Key.Key_End)
    clips.key(Qt.Key.Key_Left, CTRL)
    clips.key(Qt.Key.Key_Escape)
    clips.key(Qt.Key.Key_Home)
    for _ in range(2):
        clips.key(Qt.Key.Key_Right, CTRL)
    clips.key(Qt.Key.Key_V, CTRL)
    assert places(clips)[4:] == [(36, 100, 2 * BAR), (38, 60, 2 * BAR + BEAT)]
    clips.key(Qt.Key.Key_V, CTRL)
    assert places(clips)[6:] == [(36, 100, 2 * BAR + BEAT + CELL), (38, 60, 2 * BAR + 2 * BEAT + CELL)]
    clips.editor.undo()
    clips.editor.undo()
    assert places(clips) == list(HITS)


def test_hits_of_one_voice_are_pasted_on_the_voice_of_the_cursor(clips):
    clips.key(Qt.Key.Key_V)
    clips.key(Qt.Key.Key_X, CTRL)
    assert clips.editor.undo_label == "cut 2 hits"
    clips.key(Qt.Key.Key_Home)
    clips.key(Qt.Key.Key_Down)
    clips.key(Qt.Key.Key_Down)
    clips.key(Qt.Key.Key_V, CTRL)
    assert places(clips)[:3] == [(42, 100, 0), (38, 60, BEAT), (42, 80, 2 * BEAT)]


def test_a_copied_voice_is_pasted_on_another_head_at_the_same_time(clips):
    heads = clips.find("voices")
    clips.choose_in_menu(heads, QPoint(20, clips.at(KICK, 0).y()), "Copy")
    clips.choose_in_menu(heads, QPoint(20, clips.at(CRASH, 0).y()), "Paste on the crash, at the same time")
    assert [each for each in places(clips) if each[0] == 49] == [(49, 100, 0), (49, 80, 2 * BEAT)]


def test_bars_are_selected_copied_and_pasted_and_a_locked_voice_stays(clips):
    clips.select_bars(0, 1)
    assert clips.messages[-1] == ("info", "Bar 1 selected, with 3 hits")
    clips.key(Qt.Key.Key_C, CTRL)
    assert clips.messages[-1] == ("info", "Copied one bar.")
    clips.press_head("lock", SNARE)
    clips.click_ruler_menu(BAR, "Paste")
    assert places(clips)[3:] == [(36, 100, BAR), (36, 80, BAR + 2 * BEAT)]
    assert clips.messages[-1] == ("info", "Pasted 2 hits; one hit left out: the snare is locked.")
    assert clips.editor.undo_label == "paste one bar"


def test_a_duplicate_follows_its_original(clips):
    clips.select_bars(0, 2)
    clips.key(Qt.Key.Key_R, CTRL)
    assert places(clips)[4:] == [(pitch, velocity, start + 2 * BAR) for pitch, velocity, start in HITS]
    clips.key(Qt.Key.Key_R, CTRL)
    assert clips.messages[-1] == ("info", "There is no bar after the selected ones.")
    clips.key(Qt.Key.Key_Escape)
    clips.click_cell(HAT, BAR + BEAT, keys=SHIFT)
    clips.key(Qt.Key.Key_R, CTRL)
    assert (42, 40, BAR + BEAT + CELL) in places(clips)


def test_a_copy_is_pasted_into_a_clip_of_another_resolution(clips, tmp_path):
    clips.key(Qt.Key.Key_A, CTRL)
    clips.key(Qt.Key.Key_C, CTRL)
    path = tmp_path / "other.mid"
    write_midi(Song((part(bars=2, ppq=480),), TimeMap(480, (Tempo(0, 500_000),))), path)
    clips.open(path)
    clips.grid.setFocus()
    clips.key(Qt.Key.Key_Home)
    clips.key(Qt.Key.Key_V, CTRL)
    assert places(clips) == [(pitch, velocity, start // 2) for pitch, velocity, start in HITS]


def test_copied_files_are_opened_and_copied_hits_are_not_files(clips, clip_path):
    clips.key(Qt.Key.Key_V)
    clips.key(Qt.Key.Key_C, CTRL)
    assert QApplication.clipboard().mimeData().hasFormat(MIME_TYPE)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(clip_path))])
    QApplication.clipboard().setMimeData(mime)
    clips.key(Qt.Key.Key_V, CTRL)
    clips.until(lambda: len(clips.editor.project.clips) == 2)


def test_the_menu_shows_keys_and_offers_only_what_can_be_done(clips):
    entries = {each.text().partition("\t")[0]: each for each in clips.menu(clips.grid, clips.at(CRASH, 0))}
    assert entries["Duplicate"].text() == "Duplicate\tCtrl+R"
    assert not entries["Copy"].isEnabled()
    assert not entries["Paste"].isEnabled()
    assert list(entries)[:2] == ["Lock bar 1", "Lock the crash"]
    assert not entries["Velocity lane"].isChecked()
    clips.close_menu()
    clips.choose_in_menu(clips.grid, clips.at(SNARE, BEAT), "Delete")
    assert len(clips.notes) == 3


def test_a_screen_reader_hears_cursor_and_selection(clips):
    clips.key(Qt.Key.Key_Home)
    assert clips.grid.accessibleDescription() == "4 hits in 4 bars. Kick, 1.1.1: velocity 100"
    clips.key(Qt.Key.Key_V)
    assert clips.grid.accessibleDescription().endswith("velocity 100. 2 hits selected, kick")
    clips.key(Qt.Key.Key_B, SHIFT)
    assert clips.grid.accessibleDescription().endswith("Bar 1 selected, with 3 hits")


def test_another_clip_begins_without_a_selection(clips, clip_path):
    clips.key(Qt.Key.Key_A, CTRL)
    clips.open(clip_path)
    assert selected(clips) == []
