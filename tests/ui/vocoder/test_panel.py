"""The panel as a person uses it: drop, hear the three at one place, change, save, drag out."""

import threading

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFileDialog

from musegen_daw.cli.main import main
from musegen_daw.music.clip import Song
from musegen_daw.ui.vocoder.panel import VocoderPanel
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import MelConfig
from tests.cli.doubles import TIME_MAP, kit, part
from tests.ui.doubles import make_context
from tests.vocoder.tiny_vocoder import write_tiny_vocoder


def drop(widget, path):
    """A drag of a file manager that ends in the middle of the widget."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    where, copy = QPointF(widget.rect().center()), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), copy, mime, buttons, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    held = widget._veil.isVisible()
    event = QDropEvent(where, copy, mime, buttons, keys)
    QApplication.sendEvent(widget, event)
    return held


def wrong(panel):
    return panel._wrong.text() if panel._wrong.isVisible() else ""


def test_a_dropped_file_is_resynthesised_and_the_result_is_heard(panel, source, wait):
    assert "Trained on" in panel._source_row.models.text
    assert "nothing above 6 kHz" in panel._source_row.models.text
    assert drop(panel, source("clip.wav"))
    assert not panel._veil.isVisible()
    wait(lambda: len(panel._bench.results) == 2 and not panel._bench.is_busy)
    assert panel._listening.names == {"Original", "GAN", "Griffin-Lim"}
    assert panel._listening.choice == "GAN"
    above, below = panel._view.rows
    assert (above.title, above.picture.db.shape[0]) == ("Source", 96)
    assert "GAN   tiny" in below.title
    assert below.is_heard
    assert below.picture.seconds == pytest.approx(above.picture.seconds, abs=0.05)
    assert "clip.wav: Audio, 0:01.5" in panel._source_row.text
    assert wrong(panel) == ""


def test_what_is_heard_is_switched_at_the_same_place_by_key(ready, qtbot, library, wait):
    listening = ready._listening
    assert ready.play_pressed()
    ready.player.wait()
    (stream,) = library.streams
    for _ in range(20):
        stream.block()
    for key, name in ((Qt.Key.Key_1, "Original"), (Qt.Key.Key_3, "Griffin-Lim"), (Qt.Key.Key_2, "GAN")):
        before = listening.position_seconds
        qtbot.keyClick(ready._view, key)
        assert listening.choice == name
        assert listening.position_seconds == before
        heard = np.concatenate([stream.block() for _ in range(3)])
        made = {each.name: each for each in listening._deck.sources}[name]
        at = round((before + listening._deck.latency_seconds) * 48_000)
        assert np.array_equal(heard[512:, 0], np.clip(made.audio[at + 512 : at + 1536, 0], -1, 1))
    assert ready._view.rows[1].title.startswith("GAN")
    assert ready.play_pressed()
    assert not listening.is_playing
    ready._beat()
    assert ready._view.playhead_seconds == pytest.approx(listening.position_seconds)
    assert ready._meter.text() != "−∞"


def test_keys_go_to_the_number_that_is_typed(ready, qtbot):
    field = ready._shape_row._stretch.field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert ready._shape_row.stretch == 1.5
    assert ready._listening.choice == "GAN"


def test_stretch_and_pitch_are_what_the_command_makes(ready, wait, tmp_path, models):
    assert not ready._bench.is_due(ready._shape(), ready._source_row.models.model)
    ready._shape_row.set_shape(1.5, -2)
    assert ready._shape_row._make.property("look") == "main"
    ready._shape_row._make.click()
    wait(lambda: not ready._bench.is_busy and ready._bench.results["Griffin-Lim"].shape.stretch == 1.5)
    assert ready._shape_row._make.property("look") == ""
    assert ready._view.rows[1].stretch == 1.5
    assert "× 1.5, −2 st" in ready._view.rows[1].title
    assert ready._listening.length_seconds == pytest.approx(1.5)
    ready.save_to(tmp_path / "window")
    wait(lambda: any("Saved" in sentence for sentence, _ in ready.sentences))
    command = ["vocode", tmp_path / "clip.wav", "-o", tmp_path / "command.wav", "--model", models / "tiny"]
    assert main([*map(str, command), "--stretch", "1.5", "--pitch", "-2"]) == 0
    assert (tmp_path / "window.wav").read_bytes() == (tmp_path / "command.wav").read_bytes()


def test_the_difference_is_shown_on_demand(ready, qtbot, wait):
    assert not ready._view.rows[1].is_difference
    qtbot.keyClick(ready._view, Qt.Key.Key_D)
    wait(lambda: ready._view.rows[1].is_difference)
    assert "less what was asked" in ready._view.rows[1].title
    qtbot.keyClick(ready._view, Qt.Key.Key_D)
    wait(lambda: not ready._view.rows[1].is_difference)


def mouse(widget, kind, where, button=Qt.MouseButton.LeftButton):
    buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    QApplication.sendEvent(
        widget,
        QMouseEvent(kind, where, widget.mapToGlobal(where), button, buttons, Qt.KeyboardModifier.NoModifier),
    )


def test_a_click_seeks_and_a_drag_loops(ready, qtbot, wait):
    view, listening = ready._view, ready._listening
    area = view.area(0)

    def at(seconds):
        return QPointF(view.x_of(seconds, view.rows[0]), area.center().y())

    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        mouse(view, kind, at(1.0))
    assert listening.position_seconds == pytest.approx(1.0, abs=0.01)
    mouse(view, QEvent.Type.MouseButtonPress, at(0.9))
    mouse(view, QEvent.Type.MouseMove, at(0.3))
    mouse(view, QEvent.Type.MouseButtonRelease, at(0.3))
    assert listening.loop == (pytest.approx(0.3, abs=0.01), pytest.approx(0.9, abs=0.01))
    assert listening.position_seconds == pytest.approx(0.3, abs=0.01)
    assert ready._listen_row._loop.isChecked()
    assert ready.escape_pressed()
    assert listening.loop is None
    assert not ready._listen_row._loop.isChecked()
    assert not ready.escape_pressed()
    qtbot.keyClick(view, Qt.Key.Key_L)
    wait(lambda: listening.loop == (0.0, pytest.approx(1.5, abs=1e-3)))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert listening.position_seconds == 0
    ready._beat()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert listening.position_seconds == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("text.wav", "text.wav is not audio that can be read"), ("empty.wav", "empty.wav is empty"),
     ("text.npy", "is no .npy file")],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_in_the_panel(panel, source, wait, name, said):
    drop(panel, source(name))
    wait(lambda: bool(wrong(panel)))
    assert said in wrong(panel)
    assert not panel._bench.is_busy
    panel.open_file(source("clip.wav"))
    assert wrong(panel) == ""
    wait(lambda: panel._bench.source is not None)


def test_a_bad_file_leaves_what_was_there(ready, source, wait):
    drop(ready, source("text.wav"))
    wait(lambda: bool(wrong(ready)))
    assert ready._listening.names == {"Original", "GAN", "Griffin-Lim"}
    drop(ready, source("clip.wav").with_suffix(".xyz"))
    assert "cannot be used here" in wrong(ready)


def test_a_mel_has_no_original_and_its_scale_can_be_named(panel, source, wait):
    panel.open_file(source("mel.npy"))
    wait(lambda: len(panel._bench.results) == 2 and not panel._bench.is_busy)
    assert panel._listening.names == {"GAN", "Griffin-Lim"}
    assert not panel._listen_row._segments._buttons["Original"].isEnabled()
    assert panel._source_row._scale.isVisible()
    assert any(
        "was read as the natural logarithm of power; the menu Scale" in said for said, _ in panel.sentences
    )
    first = panel._bench.results["GAN"].rendition.audio
    panel._source_row.scale_chosen.emit("db")
    wait(lambda: panel._bench.source.request.scale == "db" and len(panel._bench.results) == 2)
    assert not np.array_equal(panel._bench.results["GAN"].rendition.audio, first)


def test_the_clip_is_rendered_and_taken(qtbot, panel, wait):
    song = Song((part(bars=1), kit(0, 960)), TIME_MAP)
    panel._current_song = lambda: None
    panel.take_clip()
    assert "no clip to take" in wrong(panel)
    panel._current_song = lambda: ("my song", song)
    panel.take_clip()
    wait(lambda: len(panel._bench.results) == 2 and not panel._bench.is_busy)
    assert "my song: The clip, rendered" in panel._source_row.text
    assert panel._bench.stem("GAN") == "my song GAN"


def test_work_shows_how_far_it_is_and_can_be_cancelled(panel, source, wait):
    told = []
    panel._bench.progressed.connect(lambda share, text: told.append((text, share)))
    panel.open_file(source("clip.wav"))
    assert panel._shape_row.progress.isVisible()
    assert panel.escape_pressed()
    wait(lambda: not panel._bench.is_busy)
    assert panel._bench.source is None
    assert not panel._shape_row.progress.isVisible()
    panel.open_file(source("clip.wav"))
    wait(lambda: len(panel._bench.results) == 2 and not panel._bench.is_busy)
    assert {text for text, _ in told} == {"Reading", "GAN", "Griffin-Lim"}
    assert ("GAN", 1.0) in told


class EndlessDecoder(MelDecoder):
    """Decodes until it is given up, in blocks of nothing."""

    def __init__(self):
        super().__init__("endless", MelConfig())
        self.began, self.ended, self._never = threading.Event(), threading.Event(), threading.Event()

    def _decode(self, mel):
        try:
            while True:
                self.began.set()
                self._never.wait(0.01)
                yield np.zeros(0, np.float32)
        finally:
            self.ended.set()


def test_closing_during_work_is_safe(panel, source, wait, decoders):
    decoder, came = EndlessDecoder(), []
    decoders.open = lambda folder: decoder
    panel.open_file(source("clip.wav"))
    wait(decoder.began.is_set)
    assert panel._bench.is_busy
    for signal in (panel._bench.made, panel._bench.failed, panel._bench.progressed):
        signal.connect(lambda *what: came.append(what))
    panel.close_work()
    assert decoder.ended.is_set()
    assert panel._bench._workers._pool.activeThreadCount() == 0
    QApplication.processEvents()
    assert not panel._bench.is_busy  # nothing that waited behind it was begun
    assert panel._bench.results == {}
    assert came == []


def press_and_drag(button):
    start = QPointF(10, 10)
    mouse(button, QEvent.Type.MouseButtonPress, start)
    mouse(button, QEvent.Type.MouseMove, start + QPointF(60, 0))


def test_the_result_is_dragged_out_as_a_written_file(ready, wait, drags):
    handle = ready._shape_row.drag
    assert handle.text() == "Drag GAN"
    press_and_drag(handle)
    wait(lambda: bool(drags.paths))
    ((path,),) = drags.paths
    assert path.name == "clip GAN.wav"
    audio, rate_hz = soundfile.read(path)
    assert rate_hz == 12_000
    assert np.allclose(audio, np.clip(ready._bench.results["GAN"].rendition.audio, -1, 1), atol=1e-6)
    assert any("took" in said for said, _ in ready.sentences)
    press_and_drag(handle)
    assert drags.paths[1] == [path]
    ready._choose("Griffin-Lim")
    drags.taken = False
    press_and_drag(handle)
    wait(lambda: len(drags.paths) == 3)
    assert drags.paths[2][0].name == "clip Griffin-Lim.wav"


def test_a_click_on_the_handle_drags_nothing(ready, wait, drags):
    handle = ready._shape_row.drag
    written = []
    ready._bench.written.connect(lambda path, is_to_drag: written.append(path))
    mouse(handle, QEvent.Type.MouseButtonPress, QPointF(10, 10))
    mouse(handle, QEvent.Type.MouseButtonRelease, QPointF(10, 10))
    wait(lambda: bool(written))
    assert drags.paths == []


def test_saving_asks_where_without_stopping_anything(ready, qtbot, tmp_path, wait):
    ready._shape_row._save.click()
    (dialog,) = ready.findChildren(QFileDialog)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    dialog.fileSelected.emit(str(tmp_path / "mine.wav"))
    wait(lambda: (f"Saved {tmp_path / 'mine.wav'}.", "good") in ready.sentences)
    assert soundfile.info(tmp_path / "mine.wav").subtype == "PCM_24"
    dialog.reject()
    ready.save_to(tmp_path / "none" / "x.wav")
    wait(lambda: "does not exist" in wrong(ready))


def test_without_a_model_griffin_lim_works_and_it_says_what_is_missing(
    qtbot, tmp_path, library, monkeypatch, source, wait
):
    empty = tmp_path / "none"
    monkeypatch.setattr("musegen_daw.ui.vocoder.jobs.models_dir", lambda: empty)
    (tmp_path / "data").mkdir()
    panel = VocoderPanel(make_context(tmp_path / "data"))
    qtbot.addWidget(panel)
    panel.show()
    panel.activated()
    wait(lambda: "No vocoder model was found" in panel._source_row.models.text)
    panel.open_file(source("clip.wav"))
    wait(lambda: "Griffin-Lim" in panel._bench.results and not panel._bench.is_busy)
    assert panel._listening.names == {"Original", "Griffin-Lim"}
    assert not panel._listen_row._segments._buttons["GAN"].isEnabled()
    panel.play_pressed()
    assert "no sound device" in wrong(panel)
    panel.close_work()


def test_a_device_that_is_missing_is_told_in_the_panel(ready, library, wait):
    library.refuses = "Device unavailable"
    ready.play_pressed()
    ready.player.wait()
    ready._beat()
    assert "Device unavailable" in wrong(ready)
    assert not ready._listening.is_playing


def test_another_model_reads_its_own_mels(ready, models, wait):
    write_tiny_vocoder(models / "wide", MelConfig(n_mels=64))
    (models / "broken").mkdir()
    (models / "broken" / "model.json").write_text("{}")
    ready._models_dir = None
    ready.activated()
    picker = ready._source_row.models
    wait(lambda: picker._combo.count() == 2)
    assert "is damaged" in picker.text
    assert picker.model.folder.name == "tiny"
    assert picker._combo.itemText(1) == f"tiny in {models / 'wide'}"
    picker._combo.setCurrentIndex(1)
    picker._chosen()
    wait(lambda: ready._bench.source.given.config.n_mels == 64 and len(ready._bench.results) == 2)
    assert ready._view.rows[0].picture.db.shape[0] == 64
    assert ready.saved_state()["model"] == str(models / "wide")


def test_the_session_comes_back(ready, qtbot, tmp_path, library, wait):
    ready._shape_row.set_shape(1.25, 3)
    ready._choose("Griffin-Lim")
    state = ready.saved_state()
    again = VocoderPanel(ready._context)
    qtbot.addWidget(again)
    again.restore_state(state)
    again.show()
    again.activated()
    wait(lambda: len(again._bench.results) == 2 and not again._bench.is_busy)
    assert again.saved_state() == state
    assert again._bench.results["GAN"].shape.stretch == 1.25
    again.close_work()


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"path": 3, "stretch": "x", "model": None, "choice": []},
        {"path": "/nowhere/a.wav"},
        {"stretch": 1e9},
    ],
)
def test_a_damaged_state_is_passed_over(panel, state):
    panel.restore_state(state)
    assert panel.saved_state()["path"] == ""
    assert 0.25 <= panel._shape_row.stretch <= 4
    said = [sentence for sentence, _ in panel.sentences]
    assert (len(said) == 1 and "is not there any more" in said[0]) == (state.get("path") == "/nowhere/a.wav")


def test_nothing_loaded_leaves_the_space_bar_to_the_jam(panel):
    assert not panel.play_pressed()
    assert not panel.escape_pressed()
    panel.deactivated()


def test_it_is_drawn_in_both_themes_and_everything_has_a_name(ready, qapp):
    pictures = []
    for name in ("dark", "light"):
        apply_theme(qapp, name)
        QApplication.processEvents()
        pictures.append(ready._view.grab().toImage())
    middle = ready._view.area(0).center().toPoint() + QPoint(3, 3)
    assert pictures[0].pixelColor(middle) != pictures[1].pixelColor(middle)
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
        for each in ready.findChildren(kind):
            if each.isVisible():
                assert each.accessibleName() or getattr(each, "text", str)(), each
                assert each.toolTip(), each
