"""The plan strip and the pad: what they edit, what is written again, and undo."""

import threading

import pytest
from PySide6.QtCore import QPointF, Qt

from musegen_daw.clips.plan_edits import feel_of, sections_of
from musegen_daw.drums.plan import BarKind
from musegen_daw.errors import ModelError
from tests.cli.doubles import Drummer
from tests.pages.page import drag
from tests.ui.doubles import PATIENCE_SECONDS, make_context


@pytest.fixture
def planned(clips):
    """A clip with takes."""
    clips.generate()
    return clips


def plan_of(clips):
    return clips.clip.take.plan


def double_click_bar(clips, bar):
    strip = clips.find("plan")
    clips.qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=strip.bar_rect(bar).center().toPoint())
    clips.wait_for_rewriting()


def test_without_a_take_there_is_no_plan_to_see(clips):
    assert not clips.is_visible("plan")
    clips.generate()
    assert clips.is_visible("plan")
    assert clips.find("plan").accessibleDescription() == "1 section, 0 fills"


def test_a_double_click_adds_a_fill_and_another_one_removes_it(planned, context):
    double_click_bar(planned, 2)
    assert plan_of(planned)[2].kind is BarKind.FILL
    assert planned.editor.undo_label == "add fill in bar 3"
    request = context.drum_generator().requests[-1]
    assert request.locked_bars == {0, 1, 3}
    assert request.plan[2].kind is BarKind.FILL
    assert request.plan_before[2].kind is not BarKind.FILL
    double_click_bar(planned, 2)
    assert plan_of(planned)[2].kind is BarKind.REPEAT
    planned.click("undo")
    planned.click("undo")
    assert planned.clip.take.plan == planned.clip.take.written_plan


def test_keys_walk_and_change_the_bar_under_the_cursor(planned):
    strip = planned.find("plan")
    for key in (Qt.Key.Key_Right, Qt.Key.Key_C):
        planned.key(key, widget=strip)
    planned.wait_for_rewriting()
    assert plan_of(planned)[1].crash
    planned.key(Qt.Key.Key_X, widget=strip)
    planned.wait_for_rewriting()
    assert plan_of(planned)[1].kind is BarKind.STOP
    assert "bar 2" in planned.messages[-1][1] or planned.editor.undo_label == "add stop in bar 2"


def test_sections_begin_move_and_join(planned):
    strip = planned.find("plan")
    strip.section_begun.emit(2)
    planned.wait_for_rewriting()
    assert sections_of(plan_of(planned)) == (range(2), range(2, 4))
    edge = QPointF(strip.bar_rect(2).left(), 20)
    drag(strip, edge, QPointF(strip.bar_rect(3).left() + 3, 20))
    planned.wait_for_rewriting()
    assert sections_of(plan_of(planned)) == (range(3), range(3, 4))
    strip.section_joined.emit(3)
    planned.wait_for_rewriting()
    assert sections_of(plan_of(planned)) == (range(4),)


def test_the_menu_names_the_section_and_shows_the_keys(planned):
    strip = planned.find("plan")
    strip.section_begun.emit(2)
    planned.wait_for_rewriting()
    menu = strip.menu_of(3)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Add fill in bar 4",
        "Add crash on bar 4",
        "Stop in bar 4",
        "Style of section B…",
        "Write section B again",
        "Begin a section at bar 4",
        "Join section B with the one before",
        "Copy section B to",
    ]
    assert menu.actions()[0].shortcut().toString() == "F"
    menu.close()


def test_the_pad_moves_the_selected_section_in_one_step(planned, context):
    strip, pad = planned.find("plan"), planned.find("feel")
    strip.section_begun.emit(2)
    planned.wait_for_rewriting()
    before = plan_of(planned)
    strip.section_chosen.emit(3)
    assert pad.accessibleDescription().startswith("Section B: ")
    drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((0.9, 0.8)))
    planned.wait_for_rewriting()
    assert feel_of(plan_of(planned), range(2, 4)) == pytest.approx((0.9, 0.8), abs=0.02)
    assert plan_of(planned).bars[:2] == before.bars[:2]
    assert planned.editor.undo_label == "feel of section B"
    assert context.drum_generator().requests[-1].locked_bars == {0, 1}
    assert planned.clip.settings.density is None
    planned.click("undo")
    assert plan_of(planned) == before


def test_the_pad_of_the_whole_take_counts_for_the_next_takes_too(planned, context):
    pad = planned.find("feel")
    drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((0.2, 0.9)))
    planned.wait_for_rewriting()
    assert feel_of(plan_of(planned)) == pytest.approx((0.2, 0.9), abs=0.02)
    settings = planned.clip.settings
    assert (settings.density, settings.energy) == pytest.approx((0.2, 0.9), abs=0.02)
    planned.qtbot.mouseDClick(pad, Qt.MouseButton.LeftButton)
    planned.wait_for_rewriting()
    assert planned.clip.settings.density is None
    assert feel_of(plan_of(planned)) == feel_of(planned.clip.take.written_plan)


def test_before_the_first_take_the_pad_sets_what_is_asked_for(clips, context):
    pad = clips.find("feel")
    drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((0.7, 0.3)))
    clips.generate()
    request = context.drum_generator().requests[-1]
    assert (request.density, request.energy) == pytest.approx((0.7, 0.3), abs=0.02)


def test_a_section_is_copied_and_written_again(planned, context):
    strip = planned.find("plan")
    strip.section_begun.emit(2)
    planned.wait_for_rewriting()
    strip.copy_wanted.emit(0, 3)
    assert planned.editor.undo_label == "copy section A to B"
    seed = planned.clip.take.seed
    strip.again_wanted.emit(0)
    planned.wait_for_rewriting()
    assert context.drum_generator().requests[-1].seed != seed


def test_a_failure_is_said_and_nothing_changes(open_page, tmp_path, clip_path):
    class Failing(Drummer):
        def generate(self, request, **options):
            if request.plan is not None:
                raise ModelError("The model stopped answering.")
            return super().generate(request, **options)

    failing = Failing()
    clips = open_page(make_context(tmp_path, drum_generator=lambda: failing))
    clips.open(clip_path)
    clips.generate()
    before = clips.editor.project
    double_click_bar(clips, 1)
    assert clips.messages[-1] == ("warn", "The model stopped answering.")
    assert clips.editor.project == before


class HeldDrummer(Drummer):
    """Writes takes at once, and bars again when it is let go."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def generate(self, request, **options):
        if request.plan is not None:
            assert self.go.wait(PATIENCE_SECONDS)
        return super().generate(request, **options)


@pytest.fixture
def held():
    return HeldDrummer()


@pytest.fixture
def slow(open_page, tmp_path, clip_path, held):
    """A clip with takes, whose bars are written again when the drummer is let go."""
    page = open_page(make_context(tmp_path, drum_generator=lambda: held))
    page.open(clip_path)
    page.generate()
    return page


def test_edits_that_come_while_another_is_written_are_all_carried_out(slow, held):
    strip = slow.find("plan")
    strip.fill_wanted.emit(1, True)
    strip.crash_wanted.emit(2, True)
    strip.fill_wanted.emit(3, True)
    held.go.set()
    slow.wait_for_rewriting()
    plan = plan_of(slow)
    assert [bar.kind is BarKind.FILL for bar in plan] == [False, True, False, True]
    assert plan[2].crash
    for _ in range(3):
        slow.click("undo")
    assert plan_of(slow) == slow.clip.take.written_plan


def test_of_a_drag_of_the_pad_the_last_move_counts(slow, held):
    pad = slow.find("feel")
    asked = len(held.requests)
    drag(pad, pad.place_of((0.1, 0.1)), pad.place_of((0.9, 0.9)))
    held.go.set()
    slow.wait_for_rewriting()
    assert feel_of(plan_of(slow)) == pytest.approx((0.9, 0.9), abs=0.02)
    assert len(held.requests) - asked <= 2
    slow.click("undo")
    assert plan_of(slow) == slow.clip.take.written_plan


def test_an_edit_does_not_reach_a_clip_or_a_take_that_was_opened_meanwhile(slow, held, clip_path):
    first = slow.clip.identity
    slow.find("plan").fill_wanted.emit(1, True)
    slow.open(clip_path)
    held.go.set()
    slow.wait_for_rewriting()
    assert slow.clip.identity != first
    assert slow.clip.takes == ()
    take = slow.editor.project.find(first).take
    assert take.plan == take.written_plan
