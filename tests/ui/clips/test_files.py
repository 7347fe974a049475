"""Files in and out: drops, refusals, the session, projects, what is dragged out, bounces."""

import threading
import wave

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from musegen_daw.clips.autosave import restored
from musegen_daw.clips.delivering import Bounce, bounce_document
from musegen_daw.clips.performing import Profile
from musegen_daw.clips.project_file import load_project
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import TimeMap
from musegen_daw.ui.clips import drag_handle, file_work
from musegen_daw.ui.clips.panel import SESSION
from tests.cli.doubles import kit, part

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def drop(widget, *paths):
    """Drag files over a widget and let them go there."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle = widget.rect().center()
    left = Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(widget, QDragEnterEvent(middle, copy, mime, left, NO_MODIFIER))
    QApplication.sendEvent(widget, QDropEvent(QPointF(middle), copy, mime, left, NO_MODIFIER))


@pytest.fixture
def loop_path(tmp_path):
    path = tmp_path / "loop.mid"
    write_midi(Song((kit(0, 960, 1920, length_ticks=3840),), TimeMap(960)), path)
    return path


def test_every_dropped_file_becomes_a_clip(hands, clip_path, tmp_path):
    other = tmp_path / "chorus.mid"
    other.write_bytes(clip_path.read_bytes())
    drop(hands.panel, clip_path, other)
    hands.until(lambda: len(hands.panel.editor.project.clips) == 3)
    clips = hands.panel.view.side.clips
    assert [clips.itemText(index) for index in range(3)] == ["verse", "verse", "chorus"]
    assert clips.currentText() == "chorus"
    clips.activated.emit(0)
    hands.panel.view.side.close_clip.click()
    assert len(hands.panel.editor.project.clips) == 2


def test_tracks_are_shown_by_name_and_program_and_the_usable_ones_are_chosen(hands):
    tracks = hands.panel.view.side.tracks
    rows = [
        (tracks.item(at).text(), tracks.item(at).checkState() == Qt.CheckState.Checked) for at in range(3)
    ]
    assert rows == [
        ("Keys\nAcoustic Grand Piano, channel 1", True),
        ("Strings\nString Ensemble 1, channel 2", False),
        ("Bass\nFingered Bass, channel 3", True),
    ]


def test_what_was_mended_in_a_file_is_said(hands, clip_path, tmp_path):
    cut = tmp_path / "cut.mid"
    cut.write_bytes(clip_path.read_bytes()[:-30])
    drop(hands.panel, cut)
    hands.until(lambda: len(hands.panel.editor.project.clips) == 2)
    level, sentence = hands.messages[-1]
    assert level == "warn"
    assert "cut.mid was mended: its last track is cut short by 30 bytes" in sentence


def test_a_file_on_the_track_list_is_added_to_the_clip(hands, tmp_path):
    path = tmp_path / "guitar.mid"
    write_midi(Song((part("Guitar", 27),), TimeMap(960)), path)
    drop(hands.panel.view.side.tracks.viewport().parentWidget(), path)
    hands.until(lambda: hands.panel.view.side.tracks.count() == 4)
    assert len(hands.panel.editor.project.clips) == 1
    assert [each.name for each in hands.clip.parts] == ["Keys", "Bass", "Guitar"]


def test_what_cannot_be_used_is_said_in_one_sentence(hands, tmp_path, loop_path):
    text = tmp_path / "notes.txt"
    text.write_text("no music")
    drop(hands.panel, text)
    assert hands.messages[-1][0] == "warn"
    assert hands.messages[-1][1].startswith("notes.txt cannot be used here")
    renamed = tmp_path / "text.mid"
    renamed.write_text("no music")
    drop(hands.panel, renamed, loop_path)
    hands.until(lambda: "bad" in [level for level, _ in hands.messages])
    assert "text.mid" in hands.messages[-1][1]
    assert "loop.mid has no instrument track" in hands.messages[-1][1]
    assert len(hands.panel.editor.project.clips) == 1


def test_a_primer_is_dropped_or_chosen(hands, loop_path, clip_path):
    primer = hands.panel.view.side.primer
    drop(primer, loop_path)
    hands.until(lambda: hands.clip.primer is not None)
    assert primer.currentText() == "loop"
    primer.activated.emit(primer.findText("funk"))
    hands.until(lambda: hands.clip.primer_source.name == "funk.mid")
    hands.generate()
    assert hands.panel._context.drum_generator().requests[-1].primer is not None
    primer.activated.emit(0)
    assert hands.clip.primer is None
    drop(primer, clip_path)
    hands.until(lambda: "bad" in [level for level, _ in hands.messages])
    assert "verse.mid has no drums" in hands.messages[-1][1]


def test_the_session_comes_back(make_hands, hands, context):
    hands.click(0, 960)
    hands.panel.view.actions.choose_profile("OTHERS")
    project, state = hands.panel.editor.project, hands.panel.saved_state()
    hands.panel.close_work()
    again = make_hands(context)
    again.panel.restore_state(state)
    assert again.panel.editor.project == project
    assert len(again.grid.hits) == 1
    assert again.panel.view.actions.chosen_profile is Profile.OTHERS


def test_an_edit_is_on_disk_without_being_saved(hands, context):
    hands.click(0, 960)
    hands.until(lambda: restored(context.data_dir / SESSION)[0] == hands.panel.editor.project)


def test_a_damaged_session_is_set_aside_and_said(make_hands, context):
    (context.data_dir / SESSION).write_text("{")
    hands = make_hands(context)
    assert hands.messages[-1][0] == "warn"
    assert "set aside" in hands.messages[-1][1]
    assert hands.clip is None


def test_a_state_that_makes_no_sense_is_passed_over(hands):
    hands.panel.restore_state({"profile": 3, "hears": None, "output": ["x"]})
    assert hands.panel.view.actions.chosen_profile is Profile.LIVE


def test_a_project_is_saved_and_opened_again(hands, tmp_path):
    hands.click(0, 960)
    path = tmp_path / "song.musegen"
    hands.panel.view.actions.save_project_requested.emit()
    choose(hands, path)
    hands.until(lambda: ("good", f"Saved {path}.") in hands.messages)
    project = hands.panel.editor.project
    assert load_project(path) == project
    hands.panel.editor.close_clip(hands.clip.identity)
    hands.panel.open_files([path])
    hands.until(lambda: hands.panel.editor.project == project)
    hands.panel.editor.undo()
    assert hands.clip is None


def test_drums_are_saved_as_midi_alone_and_with_the_parts(hands, tmp_path):
    hands.click(0, 960)
    actions = hands.panel.view.actions
    for signal, name, count in (
        (actions.save_drums_requested, "drums.mid", 1),
        (actions.save_all_requested, "all.mid", 4),
    ):
        signal.emit()
        choose(hands, tmp_path / name)
        hands.until(lambda name=name: ("good", f"Saved {tmp_path / name}.") in hands.messages)
        assert len(read_midi(tmp_path / name).clips) == count


def choose(hands, path):
    """Answer the dialog that is open."""
    (dialog,) = [each for each in hands.panel.findChildren(QFileDialog) if each.isVisible()]
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    hands.qtbot.wait(1)


def test_what_is_dragged_out_is_a_real_file_with_these_drums(hands, monkeypatch):
    taken = []
    monkeypatch.setattr(drag_handle, "drag_out", lambda widget, paths, picture: taken.extend(paths) or True)
    hands.click(0, 960)
    handle = hands.panel.view.actions.drag
    middle = handle.rect().center()
    hands.qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    hands.qtbot.mouseMove(handle, middle + QPoint(40, 0))
    hands.qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 0))
    (path,) = taken
    (drums,) = read_midi(path).clips
    assert [(note.pitch, note.start_ticks) for note in drums.notes] == [(36, 960)]
    assert drums.length_ticks == hands.clip.end_ticks
    assert hands.messages[-1] == ("good", f"Dragged out {path.name}.")
    hands.click(1, 960)
    handle.click()
    pasted = [url.toLocalFile() for url in QGuiApplication.clipboard().mimeData().urls()]
    assert pasted != [str(path)]
    assert len(read_midi(path).clips[0].notes) == 1
    handle.click()
    assert [url.toLocalFile() for url in QGuiApplication.clipboard().mimeData().urls()] == pasted


def test_without_drums_there_is_nothing_to_drag(hands):
    assert not hands.panel.view.actions.drag.isEnabled()
    assert hands.panel.view.takes.cards == ()


@pytest.mark.parametrize("what", list(Bounce))
def test_a_bounce_is_written(hands, tmp_path, what):
    hands.click(0, 960)
    path = tmp_path / "out.wav"
    hands.panel.files.bounce(hands.clip, what, path, None)
    hands.until(lambda: not hands.panel.files.is_bouncing)
    assert hands.messages[-1][0] == "good", hands.messages[-1]
    with wave.open(str(path)) as file:
        assert (
            file.getnframes() / file.getframerate()
            > hands.clip.time_map.seconds_at(hands.clip.end_ticks) - 0.01
        )
    stems = sorted(each.name for each in tmp_path.glob("out stems/*.wav"))
    assert stems == (
        ["01 Keys.wav", "02 Strings.wav", "03 Bass.wav", "04 Drums.wav"] if what is Bounce.STEMS else []
    )


def test_a_bounce_that_is_cancelled_leaves_nothing(hands, tmp_path, monkeypatch):
    began, never = threading.Event(), threading.Event()

    def bounce_until_cancelled(*what, progress, cancelled, **options):
        def told(done, total):
            began.set()
            while not cancelled():
                never.wait(0.01)
            progress(done, total)

        return bounce_document(*what, progress=told, cancelled=cancelled, **options)

    monkeypatch.setattr(file_work, "bounce_document", bounce_until_cancelled)
    hands.click(0, 960)
    path = tmp_path / "out.wav"
    hands.panel.files.bounce(hands.clip, Bounce.STEMS, path, None)
    hands.until(began.is_set)
    hands.panel.escape_pressed()
    hands.until(lambda: not hands.panel.files.is_bouncing)
    assert not path.exists()
    assert not (tmp_path / "out stems").exists()
    assert hands.messages[-1][1].startswith("The bounce was cancelled")


def test_the_current_song_is_what_would_be_bounced(hands):
    assert len(hands.panel.current_song().clips) == 3
    hands.click(0, 960)
    assert hands.panel.current_song().clips[-1].is_drum


def test_a_file_on_the_clipboard_is_pasted(hands, clip_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(clip_path))])
    QGuiApplication.clipboard().setMimeData(mime)
    hands.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, hands.panel)
    hands.until(lambda: len(hands.panel.editor.project.clips) == 2)


def test_a_watched_folder_gives_new_clips(hands, context, tmp_path, clip_path):
    folder = tmp_path / "from the daw"
    folder.mkdir()
    (folder / "old.mid").write_bytes(clip_path.read_bytes())
    context.settings.change(watched_dir=str(folder))
    (folder / "new.mid").write_bytes(clip_path.read_bytes())
    (folder / "other.txt").write_text("x")
    hands.until(lambda: len(hands.panel.editor.project.clips) == 2)
    assert hands.clip.name == "new"


def test_the_panel_can_be_closed_before_anything_is_done(make_hands, context):
    hands = make_hands(context)
    hands.panel.close_work()
    hands.panel.close_work()
    assert not any(thread.name == "autosave" for thread in threading.enumerate())
