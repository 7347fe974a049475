"""Writing takes: the strip, the seeds, locks, cancelling, and a model that is not there."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from musegen_daw.clips import edits
from musegen_daw.errors import ModelError
from musegen_daw.progress import Cancelled
from tests.cli.doubles import Drummer
from tests.ui.doubles import PATIENCE_SECONDS, make_context


class SlowDrummer(Drummer):
    """Writes until it is cancelled."""

    def __init__(self):
        super().__init__()
        self.began, self._never = threading.Event(), threading.Event()

    def generate(self, request, *, progress=None, cancelled=None):
        self.began.set()
        progress(1, len(request.bars))
        while not cancelled():
            self._never.wait(0.01)
        raise Cancelled


def test_takes_are_shown_with_their_seed_the_likeliest_first(hands):
    hands.panel.view.generation.seed.setText("77")
    hands.generate()
    cards = hands.panel.view.takes.cards
    assert [card.take.seed for card in cards] == [77, 77, 77, 77]
    likelihoods = [card.take.log_likelihood for card in cards]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert [card.isChecked() for card in cards] == [True, False, False, False]
    assert cards[0].caption() == "seed 77"
    assert hands.messages[-1] == ("good", "Wrote 4 takes with seed 77, the best fitting first.")
    assert len(hands.grid.hits) == len(hands.notes) > 0
    hands.generate()
    assert [card.take.number for card in hands.panel.view.takes.cards] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_another_question_comes_before_the_last_one(hands):
    hands.generate()
    hands.generate()
    assert [card.take.number for card in hands.panel.view.takes.cards] == [5, 6, 7, 8, 1, 2, 3, 4]
    seeds = {card.take.seed for card in hands.panel.view.takes.cards}
    assert len(seeds) == 2


def test_a_click_picks_a_take_and_its_edits_stay(hands):
    hands.generate()
    hands.click(2, 960)
    cards = hands.panel.view.takes.cards
    assert cards[0].accessibleName().endswith("edited")
    cards[1].click()
    assert hands.clip.picked == 2
    assert hands.notes == hands.clip.takes[1].written.notes
    cards[0].click()
    assert hands.clip.take.is_edited
    cards[0].revert_requested.emit(1)
    assert not hands.clip.take.is_edited


def test_a_take_can_be_forgotten_and_its_seed_used_again(hands):
    hands.generate()
    card = hands.panel.view.takes.cards[2]
    hands.key(Qt.Key.Key_Delete, widget=card)
    assert [take.number for take in hands.clip.takes] == [1, 2, 4]
    hands.panel.view.takes.cards[1].seed_requested.emit(2)
    assert hands.panel.view.generation.chosen_seed() == hands.clip.takes[1].seed


def test_the_menu_of_a_take_has_what_can_be_done(hands):
    hands.generate()
    card = hands.panel.view.takes.cards[0]
    middle = card.rect().center()
    mouse = QContextMenuEvent.Reason.Mouse
    card.contextMenuEvent(QContextMenuEvent(mouse, middle, card.mapToGlobal(middle)))
    (menu,) = card.findChildren(QMenu)
    texts = [(action.text(), action.isEnabled()) for action in menu.actions()]
    assert texts == [("As it was written", False), ("Use its seed again", True), ("Forget this take", True)]
    menu.close()


def test_what_is_locked_is_kept_and_asked_to_be(hands):
    hands.generate()
    hands.click(1, 960)
    hands.panel.edit("lock", lambda clip: edits.lock_bar(edits.lock_voice(clip, "snare", True), 1, True))
    assert hands.panel.view.actions.generate.text() == "Regenerate the rest"
    kept = [note for note, held in zip(hands.notes, hands.clip.locks(hands.notes), strict=True) if held]
    hands.generate()
    request = hands.panel._context.drum_generator().requests[-1]
    assert request.kept_voices == {"snare"}
    assert request.kept_bars == {1}
    assert [
        note for note, held in zip(hands.notes, hands.clip.locks(hands.notes), strict=True) if held
    ] == kept


def test_a_choice_of_tracks_and_wishes_reaches_the_model(hands):
    view = hands.panel.view
    view.generation.density.setValue(80)
    view.generation.takes.setValue(2)
    view.side.tracks.item(0).setCheckState(Qt.CheckState.Unchecked)
    hands.generate()
    request = hands.panel._context.drum_generator().requests[-1]
    assert request.density == pytest.approx(0.8)
    assert [part.name for part in request.parts] == ["Bass"]
    assert len(hands.clip.takes) == 2


def test_writing_can_be_cancelled_and_closed_while_it_runs(make_hands, tmp_path, clip_path):
    slow = SlowDrummer()
    hands = make_hands(make_context(tmp_path, drum_generator=lambda: slow))
    hands.open(clip_path)
    hands.panel.generate()
    hands.until(slow.began.is_set)
    assert hands.panel.view.actions.progress.isVisible()
    assert not hands.panel.view.actions.generate.isEnabled()
    assert hands.panel.escape_pressed()
    hands.until(lambda: not hands.panel.writer.is_writing)
    assert not hands.panel.view.actions.progress.isVisible()
    assert hands.clip.takes == ()
    slow.began.clear()
    hands.panel.generate()
    hands.until(slow.began.is_set)
    assert hands.panel.writer.is_writing
    hands.panel.close_work()
    QApplication.processEvents()
    assert not hands.panel.writer.is_writing
    assert hands.clip.takes == ()


class HeldDrummer(Drummer):
    """Writes when it is let go."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def generate(self, request, *, progress=None, cancelled=None):
        assert self.go.wait(PATIENCE_SECONDS)
        return super().generate(request, progress=progress, cancelled=cancelled)


def test_takes_for_a_clip_that_was_left_come_to_that_clip(make_hands, tmp_path, clip_path):
    held = HeldDrummer()
    hands = make_hands(make_context(tmp_path, drum_generator=lambda: held))
    hands.open(clip_path)
    first = hands.clip.identity
    hands.panel.generate()
    hands.open(clip_path)
    held.go.set()
    hands.until(lambda: not hands.panel.writer.is_writing)
    assert hands.clip.identity != first
    assert hands.clip.takes == ()
    assert len(hands.panel.editor.project.find(first).takes) == 4


def test_without_a_model_it_is_said(make_hands, tmp_path, clip_path):
    def missing():
        raise ModelError("The model drums is not there; install it again.")

    hands = make_hands(make_context(tmp_path, drum_generator=missing))
    hands.open(clip_path)
    hands.generate()
    assert hands.messages[-1] == ("bad", "The model drums is not there; install it again.")
    assert hands.panel.view.actions.generate.isEnabled()


def test_what_makes_no_sense_is_said(hands):
    for row in range(3):
        hands.panel.view.side.tracks.item(row).setCheckState(Qt.CheckState.Unchecked)
    hands.panel.generate()
    assert hands.messages[-1] == ("warn", "Choose at least one track for the drums to follow.")
