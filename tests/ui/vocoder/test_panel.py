"""The Vocoder panel: drop, compare at one position, change, save, drag out."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFileDialog

from musegen_daw.cli.main import main
from musegen_daw.music.clip import Song
from musegen_daw.ui.vocoder.panel import VocoderPanel
from musegen_daw.ui.vocoder.source_row import SCALE_NAMES
from musegen_daw.ui.vocoder.workbench import CHOICES
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.mel_scales import PRESETS, SCALES
from musegen_daw.workers.worker import Worker
from tests.cli.doubles import TIME_MAP, kit, part
from tests.pages.page import drag, drag_out
from tests.pages.vocoder import VocoderPage
from tests.ui.doubles import make_context
from tests.vocoder.tiny_vocoder import write_tiny_vocoder


def test_a_dropped_file_is_resynthesised_and_the_result_is_heard(page, source):
    assert page.text("model-facts").startswith("12 kHz, up to 6 kHz. Trained on nothing.")
    assert page.drop(source("clip.wav"))
    assert not page.is_visible("drop-overlay")
    page.wait_for_results()
    assert page.audible == {"Original", "Vocoder", "Griffin-Lim"}
    assert page.choice == "Vocoder"
    above, below = page.view.rows
    assert (above.title, above.picture.db.shape[0]) == ("Source", 96)
    assert "Vocoder   12 kHz, up to 6 kHz" in below.title
    assert below.is_heard
    assert below.picture.seconds == pytest.approx(above.picture.seconds, abs=0.05)
    assert "clip.wav: Audio, 0:01.5, mono" in page.source
    assert page.error == ""


def test_the_source_is_switched_at_the_same_position_by_key(ready, player, library):
    ready.click("play")
    player.wait()
    deck = player.deck
    (stream,) = library.streams
    for _ in range(20):
        stream.block()
    for key, name in ((Qt.Key.Key_1, "Original"), (Qt.Key.Key_3, "Griffin-Lim"), (Qt.Key.Key_2, "Vocoder")):
        before = deck.position_seconds
        ready.key(key, widget=ready.view)
        assert ready.choice == name
        assert deck.position_seconds == before
        heard = np.concatenate([stream.block() for _ in range(3)])
        made = {each.name: each for each in deck.sources}[name]
        at = round((before + deck.latency_seconds) * 48_000)
        assert np.array_equal(heard[512:, 0], np.clip(made.audio[at + 512 : at + 1536, 0], -1, 1))
    assert ready.view.rows[1].title.startswith("Vocoder")
    ready.click("play")
    assert not deck.is_playing
    ready.until(lambda: ready.seconds == pytest.approx(deck.position_seconds))
    assert ready.text("level") != "−∞"


def test_digits_typed_in_a_field_do_not_switch_the_source(ready):
    ready.type("stretch", "1.5")
    assert ready.panel.saved_state()["stretch"] == 1.5
    assert ready.choice == "Vocoder"


def test_stretch_and_pitch_are_what_the_command_makes(ready, tmp_path, models):
    make = ready.find("resynthesise")
    assert make.property("look") == ""
    ready.find("stretch").setValue(1.5)
    ready.find("pitch").setValue(-2)
    assert make.property("look") == "main"
    make.click()
    ready.until(lambda: not ready.is_busy and make.property("look") == "")
    assert ready.view.rows[1].stretch == 1.5
    assert "× 1.5, −2 st" in ready.view.rows[1].title
    assert ready.text("position").endswith("/ 0:01.5")
    ready.panel.save_to(tmp_path / "window")
    ready.until(lambda: any("Saved" in sentence for sentence, _ in ready.messages))
    command = ["vocode", tmp_path / "clip.wav", "-o", tmp_path / "command.wav", "--model", models / "tiny"]
    assert main([*map(str, command), "--stretch", "1.5", "--pitch", "-2"]) == 0
    assert (tmp_path / "window.wav").read_bytes() == (tmp_path / "command.wav").read_bytes()
    ready.find("keep-formants").click()
    assert make.property("look") == "main"
    make.click()
    ready.until(lambda: not ready.is_busy and make.property("look") == "")
    assert "−2 st, formants kept" in ready.view.rows[1].title
    ready.panel.save_to(tmp_path / "kept")
    ready.until(lambda: (tmp_path / "kept.wav").exists())
    assert main([*map(str, command), "--stretch", "1.5", "--pitch", "-2", "--keep-formants"]) == 0
    assert (tmp_path / "kept.wav").read_bytes() == (tmp_path / "command.wav").read_bytes()
    assert (tmp_path / "kept.wav").read_bytes() != (tmp_path / "window.wav").read_bytes()


def test_formants_are_kept_only_under_another_pitch(ready):
    box = ready.find("keep-formants")
    assert not box.isEnabled()
    ready.find("pitch").setValue(5)
    assert box.isEnabled()
    box.click()
    assert ready.panel.saved_state()["keep_formants"]
    ready.find("pitch").setValue(0)
    assert not box.isEnabled()
    assert not ready.panel.saved_state()["keep_formants"]


def test_the_difference_is_shown_on_demand(ready):
    assert not ready.view.rows[1].is_difference
    ready.key(Qt.Key.Key_D, widget=ready.view)
    ready.until(lambda: ready.view.rows[1].is_difference)
    assert "minus its mel" in ready.view.rows[1].title
    ready.key(Qt.Key.Key_D, widget=ready.view)
    ready.until(lambda: not ready.view.rows[1].is_difference)


def test_a_click_seeks_and_a_drag_loops(ready):
    def is_at(seconds):
        return lambda: ready.seconds == pytest.approx(seconds, abs=0.01)

    ready.seek(1.0)
    ready.until(is_at(1.0))
    drag(ready.view, ready.at(0.9), ready.at(0.3))
    ready.until(is_at(0.3))
    assert ready.view.loop == (pytest.approx(0.3, abs=0.01), pytest.approx(0.9, abs=0.01))
    assert ready.is_checked("loop")
    assert ready.panel.escape_pressed()
    assert ready.view.loop is None
    assert not ready.is_checked("loop")
    assert not ready.panel.escape_pressed()
    ready.key(Qt.Key.Key_L, widget=ready.view)
    ready.until(lambda: ready.view.loop == (0.0, pytest.approx(1.5, abs=1e-3)))
    ready.key(Qt.Key.Key_Home, widget=ready.view)
    ready.until(is_at(0.0))
    ready.key(Qt.Key.Key_Right, widget=ready.view)
    ready.until(is_at(1.0))


@pytest.mark.parametrize(
    ("name", "said"),
    [("text.wav", "text.wav is not audio that can be read"), ("empty.wav", "empty.wav is empty"),
     ("text.npy", "is no .npy file")],
)  # fmt: skip
def test_an_unreadable_file_is_one_sentence_in_the_panel(page, source, name, said):
    page.drop(source(name))
    page.until(lambda: page.error)
    assert said in page.error
    assert not page.is_busy
    page.panel.open_file(source("clip.wav"))
    assert page.error == ""
    page.until(lambda: page.source.startswith("clip.wav"))


def test_a_bad_file_keeps_the_previous_source(ready, source):
    ready.drop(source("text.wav"))
    ready.until(lambda: ready.error)
    assert ready.audible == {"Original", "Vocoder", "Griffin-Lim"}
    ready.drop(source("clip.wav").with_suffix(".xyz"))
    assert "cannot be used here" in ready.error


def test_a_mel_has_no_original_and_its_scale_can_be_named(page, source):
    page.panel.open_file(source("mel.npy"))
    page.wait_for_results()
    assert page.audible == {"Vocoder", "Griffin-Lim"}
    assert any(
        "was read as the natural logarithm of power; the menu Scale" in said for said, _ in page.messages
    )
    first = page.view.rows[0].picture
    page.choose("scale-of-the-mel", "Scale: dB")
    page.until(lambda: page.view.rows[0].picture is not first)
    page.wait_for_results()
    assert not np.array_equal(page.view.rows[0].picture.db, first.db)


def test_a_mel_of_another_tool_can_be_named_after_it_was_refused(page, tmp_path):
    values = np.full((80, 60), np.log(1e-5), np.float32)
    values[20] = -1
    np.save(tmp_path / "other.npy", values)
    page.panel.open_file(tmp_path / "other.npy")
    page.until(lambda: page.error)
    assert "name that with the menu Scale: hifi-gan" in page.error
    page.choose("scale-of-the-mel", "Scale: HiFi-GAN")
    page.wait_for_results()
    assert page.error == ""
    assert page.view.rows[0].picture.db.shape[0] == 96
    assert any("was read as the mel of hifi-gan" in said for said, _ in page.messages)
    assert page.panel.saved_state()["scale"] == "hifi-gan"


@pytest.mark.parametrize("name", ["clip.wav", "mel.npy"])
def test_files_are_read_and_made_in_another_process_as_in_the_program(qtbot, context, models, source, name):
    """`compute` is that of the program here; in the other tests it is a plain call."""
    worker = Worker("computes audio", is_patient=True)
    panel = VocoderPanel(replace(context, compute=worker.call))
    qtbot.addWidget(panel)
    page = VocoderPage(panel, qtbot)
    panel.show()
    panel.activated()
    panel.open_file(source(name))
    page.wait_for_results()
    assert page.audible == ({"Vocoder", "Griffin-Lim"} if name == "mel.npy" else {*CHOICES})
    assert page.error == ""
    panel.close_work()
    worker.close()


def test_every_scale_has_a_name_in_the_menu():
    assert tuple(SCALE_NAMES) == ("", *SCALES, *PRESETS)


def test_the_clip_is_rendered_and_taken(page, songs):
    page.click("take-the-clip")
    assert "no clip to take" in page.error
    songs.current = ("my song", Song((part(bars=1), kit(0, 960)), TIME_MAP))
    page.click("take-the-clip")
    page.wait_for_results()
    assert "my song: The clip, rendered" in page.source
    assert ", stereo, " in page.source
    page.click("save-wav")
    (dialog,) = page.root.findChildren(QFileDialog)
    assert Path(dialog.selectedFiles()[0]).name == "my song Vocoder.wav"
    dialog.reject()


def test_work_shows_how_far_it_is_and_can_be_cancelled(page, source):
    told = set()
    bar = page.progress_bar
    bar.valueChanged.connect(lambda value: told.add((bar.accessibleName().partition("  ")[0], value)))
    page.panel.open_file(source("clip.wav"))
    assert page.is_visible("progress")
    assert page.panel.escape_pressed()
    page.until(lambda: not page.is_busy)
    assert page.audible == set()
    page.panel.open_file(source("clip.wav"))
    page.wait_for_results()
    assert {text for text, _ in told} == {"Reading", "Vocoder"}
    assert ("Vocoder", 1000) in told


class EndlessDecoder(MelDecoder):
    """Decodes until it is cancelled, in blocks of nothing."""

    def __init__(self):
        super().__init__("endless", MelConfig())
        self.began, self.ended, self.never = threading.Event(), threading.Event(), threading.Event()

    def _decode(self, mel):
        try:
            while True:
                self.began.set()
                self.never.wait(0.01)
                yield np.zeros(0, np.float32)
        finally:
            self.ended.set()


def test_closing_during_work_is_safe(page, source, decoders):
    decoder = EndlessDecoder()
    decoders.open = lambda folder: decoder
    page.panel.open_file(source("clip.wav"))
    page.until(decoder.began.is_set)
    assert page.is_busy
    page.panel.close_work()
    assert decoder.ended.is_set()
    QApplication.processEvents()
    assert not page.is_busy  # nothing that waited behind it was begun
    assert page.audible == {"Griffin-Lim"}  # which could still be made
    assert page.error == ""


def test_the_result_is_dragged_out_as_a_written_file(ready, drags, player):
    handle = ready.find("drag-me")
    assert handle.accessibleName() == "Drag Vocoder"
    drag_out(handle)
    ready.until(lambda: drags.paths)
    ((path,),) = drags.paths
    assert path.name == "clip Vocoder.wav"
    assert soundfile.info(path).samplerate == 12_000
    assert any("Dragged out" in said for said, _ in ready.messages)
    drag_out(handle)
    assert drags.paths[1] == [path]
    ready.listen_to("Griffin-Lim")
    drags.taken = False
    drag_out(handle)
    ready.until(lambda: len(drags.paths) == 3)
    assert drags.paths[2][0].name == "clip Griffin-Lim.wav"


def test_a_click_on_the_handle_drags_nothing(ready, drags, tmp_path):
    ready.qtbot.mouseClick(ready.find("drag-me"), Qt.MouseButton.LeftButton)
    ready.until(lambda: list((tmp_path / "data").glob("vocoded/*.wav")))
    assert drags.paths == []


def test_saving_asks_where_without_stopping_anything(ready, tmp_path):
    ready.click("save-wav")
    (dialog,) = ready.root.findChildren(QFileDialog)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    ready.answer(tmp_path / "mine.wav")
    ready.until(lambda: (f"Saved {tmp_path / 'mine.wav'}.", "good") in ready.messages)
    assert soundfile.info(tmp_path / "mine.wav").subtype == "PCM_24"
    ready.panel.save_to(tmp_path / "none" / "x.wav")
    ready.until(lambda: "does not exist" in ready.error)


def test_without_a_model_griffin_lim_works_and_it_says_what_is_missing(qtbot, tmp_path, monkeypatch, source):
    empty = tmp_path / "none"
    monkeypatch.setattr("musegen_daw.ui.vocoder.jobs.models_dir", lambda: empty)
    (tmp_path / "data").mkdir()
    panel = VocoderPanel(make_context(tmp_path / "data"))
    qtbot.addWidget(panel)
    page = VocoderPage(panel, qtbot)
    panel.show()
    panel.activated()
    page.until(lambda: "No vocoder model was found" in page.text("model-facts"))
    panel.open_file(source("clip.wav"))
    page.until(lambda: page.is_enabled("resynthesise") and not page.is_busy)
    assert "Resynthesise to see" in page.view.rows[1].empty_text  # nothing so slow is begun unasked
    page.click("resynthesise")
    page.until(lambda: page.view.rows[1].picture is not None and not page.is_busy)
    assert page.audible == {"Original", "Griffin-Lim"}
    page.click("play")
    assert "no sound device" in page.error
    panel.close_work()


def test_a_missing_device_is_reported_in_the_panel(ready, library, player):
    library.refuses = "Device unavailable"
    ready.click("play")
    player.wait()
    ready.until(lambda: "Device unavailable" in ready.error)
    assert ready.text("play") == "Play"


def test_another_model_reads_its_own_mels(ready, context, models, tmp_path):
    write_tiny_vocoder(models / "wide", MelConfig(n_mels=64))
    (models / "broken").mkdir()
    (models / "broken" / "model.json").write_text("{}")
    context.settings.change(models_dir=str(tmp_path / "data"))
    box = ready.find("vocoder-model")
    ready.until(lambda: box.count() == 3)
    assert "is damaged" in ready.text("model-facts")
    assert ready.panel.saved_state()["vocoder"] == ""
    assert box.currentText() == "Automatic"
    alike = f"12 kHz, up to 6 kHz: tiny in {models / 'wide'}"
    assert box.itemText(2) == alike
    ready.choose("vocoder-model", alike)
    ready.until(lambda: ready.view.rows[0].picture.db.shape[0] == 64)
    ready.wait_for_results()
    assert ready.panel.saved_state()["vocoder"] == str(models / "wide")


def test_the_session_comes_back(ready, qtbot, context):
    ready.find("stretch").setValue(1.25)
    ready.find("pitch").setValue(3)
    ready.find("keep-formants").setChecked(True)
    ready.listen_to("Griffin-Lim")
    state = ready.panel.saved_state()
    panel = VocoderPanel(context)
    qtbot.addWidget(panel)
    panel.restore_state(state)
    again = VocoderPage(panel, qtbot)
    panel.show()
    panel.activated()
    again.wait_for_results()
    assert again.choice == "Vocoder"  # Griffin-Lim is made when it is chosen again
    assert {**panel.saved_state(), "choice": "Griffin-Lim"} == state
    assert again.view.rows[1].stretch == 1.25
    panel.close_work()


def test_a_session_of_an_earlier_version_opens(page, source, models):
    page.panel.restore_state(
        {"path": str(source("clip.wav")), "model": str(models / "tiny"), "choice": "GAN"}
    )
    page.panel.activated()
    page.panel.open_file(source("clip.wav"))
    page.wait_for_results()
    assert page.choice == "Vocoder"
    assert page.panel.saved_state()["vocoder"] == ""
    assert page.messages == []


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"path": 3, "stretch": "x", "vocoder": None, "choice": []},
        {"path": "/nowhere/a.wav"},
        {"stretch": 1e9},
    ],
)
def test_invalid_state_is_ignored(page, state):
    page.panel.restore_state(state)
    restored = page.panel.saved_state()
    assert restored["path"] == ""
    assert 0.25 <= restored["stretch"] <= 4
    said = [sentence for sentence, _ in page.messages]
    assert (len(said) == 1 and "no longer there" in said[0]) == (state.get("path") == "/nowhere/a.wav")


def test_nothing_loaded_leaves_the_space_bar_to_the_jam(page):
    assert not page.panel.play_pressed()
    assert not page.panel.escape_pressed()
    page.panel.deactivated()


def test_it_is_drawn_in_both_themes_and_everything_has_a_name(ready, qapp):
    pictures = []
    for name in ("dark", "light"):
        apply_theme(qapp, name)
        QApplication.processEvents()
        pictures.append(ready.view.grab().toImage())
    middle = ready.view.area(0).center().toPoint() + QPoint(3, 3)
    assert pictures[0].pixelColor(middle) != pictures[1].pixelColor(middle)
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
        for each in ready.root.findChildren(kind):
            if each.isVisible():
                assert each.accessibleName() or getattr(each, "text", str)(), each
                assert each.toolTip(), each
