"""Takes: the strip, styles and seeds, locks, cancelling, and a missing model."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from musegen_daw.clips import edits
from musegen_daw.errors import ModelError
from musegen_daw.progress import Cancelled
from tests.cli.doubles import Drummer
from tests.style_book import NAMES
from tests.ui.doubles import PATIENCE_SECONDS, make_context


class SlowDrummer(Drummer):
    """Writes until it is cancelled."""

    def __init__(self):
        super().__init__()
        self.began, self.never = threading.Event(), threading.Event()

    def generate(self, request, *, progress=None, cancelled=None):
        self.began.set()
        progress(1, len(request.bars))
        while not cancelled():
            self.never.wait(0.01)
        raise Cancelled


def test_takes_are_shown_with_their_styles_the_likeliest_first(clips):
    clips.find("seed").setText("77")
    clips.generate()
    cards = clips.cards
    assert [card.take.seed for card in cards] == [77, 77, 77, 77]
    likelihoods = [card.take.log_likelihood for card in cards]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert [card.isChecked() for card in cards] == [True, False, False, False]
    assert [card.caption() for card in cards[:3]] == list(NAMES)
    assert "Seed 77." in cards[0].toolTip()
    assert cards[0].accessibleName().startswith(f"Take 1, {NAMES[0]}, no fill")
    assert clips.messages[-1] == ("good", "Wrote takes 1 to 4, the best fitting first.")
    assert len(clips.grid.hits) == len(clips.notes) > 0
    clips.generate()
    assert [card.take.number for card in clips.cards] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_newest_generation_comes_first(clips):
    clips.generate()
    clips.generate()
    assert [card.take.number for card in clips.cards] == [5, 6, 7, 8, 1, 2, 3, 4]
    seeds = {card.take.seed for card in clips.cards}
    assert len(seeds) == 2


def test_a_click_picks_a_take_and_its_edits_stay(clips):
    clips.generate()
    clips.click_cell(2, 960)
    cards = clips.cards
    assert cards[0].accessibleName().endswith("edited")
    cards[1].click()
    assert clips.clip.picked == 2
    assert clips.notes == clips.clip.takes[1].written.notes
    cards[0].click()
    assert clips.clip.take.is_edited
    clips.find("takes").revert_requested.emit(1)
    assert not clips.clip.take.is_edited


def test_a_take_can_be_deleted_and_its_seed_reused(clips):
    clips.generate()
    card = clips.cards[2]
    clips.key(Qt.Key.Key_Delete, widget=card)
    assert [take.number for take in clips.clip.takes] == [1, 2, 4]
    clips.find("takes").seed_requested.emit(2)
    assert clips.text("seed") == str(clips.clip.takes[1].seed)


def test_the_context_menu_of_a_take(clips):
    clips.generate()
    card = clips.cards[0]
    middle = card.rect().center()
    mouse = QContextMenuEvent.Reason.Mouse
    card.contextMenuEvent(QContextMenuEvent(mouse, middle, card.mapToGlobal(middle)))
    (menu,) = card.findChildren(QMenu)
    texts = [(action.text(), action.isEnabled()) for action in menu.actions()]
    assert texts == [
        ("More like this", True),
        ("Revert to generated", False),
        (f"Use this seed ({card.take.seed})", True),
        ("Delete this take", True),
    ]
    menu.close()


def test_more_like_a_take_is_written_in_its_style(clips, context):
    clips.generate()
    clips.find("takes").more_requested.emit(2)
    clips.until(lambda: not clips.is_busy)
    request = context.drum_generator().requests[-1]
    assert request.style.name == NAMES[1]
    assert request.within_style
    assert clips.clip.settings.style is None
    assert {take.style_name for take in clips.clip.takes[4:]} == {NAMES[1]}


def test_locked_hits_are_kept_and_part_of_the_request(clips, context):
    clips.generate()
    clips.click_cell(1, 960)
    clips.panel.edit("lock", lambda clip: edits.lock_bar(edits.lock_voice(clip, "snare", True), 1, True))
    assert clips.text("generate") == "Regenerate the rest"
    kept = [note for note, held in zip(clips.notes, clips.clip.locks(clips.notes), strict=True) if held]
    clips.generate()
    request = context.drum_generator().requests[-1]
    assert request.locked_voices == {"snare"}
    assert request.locked_bars == {1}
    assert [
        note for note, held in zip(clips.notes, clips.clip.locks(clips.notes), strict=True) if held
    ] == kept


def test_a_choice_of_tracks_and_settings_reaches_the_model(clips, context):
    clips.find("fills").setValue(80)
    clips.find("number-of-takes").setValue(2)
    clips.find("tracks-to-follow").item(0).setCheckState(Qt.CheckState.Unchecked)
    clips.generate()
    request = context.drum_generator().requests[-1]
    assert request.fills == pytest.approx(0.8)
    assert [part.name for part in request.parts] == ["Bass"]
    assert len(clips.clip.takes) == 2


def test_writing_can_be_cancelled_and_closed_while_it_runs(open_page, tmp_path, clip_path):
    slow = SlowDrummer()
    clips = open_page(make_context(tmp_path, drum_generator=lambda: slow))
    clips.open(clip_path)
    clips.click("generate")
    clips.until(slow.began.is_set)
    assert clips.is_visible("progress")
    assert not clips.is_enabled("generate")
    assert clips.panel.escape_pressed()
    clips.until(lambda: not clips.is_busy)
    assert not clips.is_visible("progress")
    assert clips.clip.takes == ()
    slow.began.clear()
    clips.click("generate")
    clips.until(slow.began.is_set)
    assert clips.is_busy
    clips.panel.close_work()
    QApplication.processEvents()
    assert clips.clip.takes == ()


class HeldDrummer(Drummer):
    """Writes when it is let go."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def generate(self, request, *, progress=None, cancelled=None):
        assert self.go.wait(PATIENCE_SECONDS)
        return super().generate(request, progress=progress, cancelled=cancelled)


def test_takes_go_to_the_clip_they_were_generated_for(open_page, tmp_path, clip_path):
    held = HeldDrummer()
    clips = open_page(make_context(tmp_path, drum_generator=lambda: held))
    clips.open(clip_path)
    first = clips.clip.identity
    clips.click("generate")
    clips.open(clip_path)
    held.go.set()
    clips.until(lambda: not clips.is_busy)
    assert clips.clip.identity != first
    assert clips.clip.takes == ()
    assert len(clips.editor.project.find(first).takes) == 4


def test_a_missing_model_is_reported(open_page, tmp_path, clip_path):
    def missing():
        raise ModelError("The model drums is not there; install it again.")

    clips = open_page(make_context(tmp_path, drum_generator=missing))
    clips.open(clip_path)
    clips.generate()
    assert clips.messages[-1] == ("bad", "The model drums is not there; install it again.")
    assert clips.is_enabled("generate")


def test_a_generation_without_tracks_is_refused(clips):
    for row in range(3):
        clips.find("tracks-to-follow").item(row).setCheckState(Qt.CheckState.Unchecked)
    clips.click("generate")
    assert clips.messages[-1] == ("warn", "Choose at least one track for the drums to follow.")
