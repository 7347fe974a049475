"""Files in and out: drop, paste, session, projects, drag, bounce."""

import threading
import wave

import pytest
import rpp
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication

from musegen_daw.clips.autosave import restored
from musegen_daw.clips.export import Bounce, Profile, bounce_document
from musegen_daw.clips.project_file import load_project
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import TimeMap
from musegen_daw.ui.clips import files
from musegen_daw.ui.clips.panel import SESSION
from tests.cli.doubles import kit, part
from tests.pages.page import drag_out, drop


@pytest.fixture
def loop_path(tmp_path):
    path = tmp_path / "loop.mid"
    write_midi(Song((kit(0, 960, 1920, length_ticks=3840),), TimeMap(960)), path)
    return path


def test_every_dropped_file_becomes_a_clip(clips, clip_path, tmp_path):
    other = tmp_path / "chorus.mid"
    other.write_bytes(clip_path.read_bytes())
    drop(clips.panel, clip_path, other)
    clips.until(lambda: len(clips.editor.project.clips) == 3)
    box = clips.find("clip")
    assert [box.itemText(index) for index in range(3)] == ["verse", "verse", "chorus"]
    assert clips.text("clip") == "chorus"
    clips.choose("clip", "verse")
    clips.click("close-this-clip")
    assert len(clips.editor.project.clips) == 2


def test_tracks_are_shown_by_name_and_program_and_the_usable_ones_are_chosen(clips):
    tracks = clips.find("tracks-to-follow")
    rows = [
        (tracks.item(at).text(), tracks.item(at).checkState() == Qt.CheckState.Checked) for at in range(3)
    ]
    assert rows == [
        ("Keys\nAcoustic Grand Piano, channel 1", True),
        ("Strings\nString Ensemble 1, channel 2", False),
        ("Bass\nFingered Bass, channel 3", True),
    ]


def test_repairs_of_a_file_are_reported(clips, clip_path, tmp_path):
    cut = tmp_path / "cut.mid"
    cut.write_bytes(clip_path.read_bytes()[:-30])
    drop(clips.panel, cut)
    clips.until(lambda: len(clips.editor.project.clips) == 2)
    level, sentence = clips.messages[-1]
    assert level == "warn"
    assert "cut.mid was repaired: its last track is cut short by 30 bytes" in sentence


def test_a_file_on_the_track_list_is_added_to_the_clip(clips, tmp_path):
    path = tmp_path / "guitar.mid"
    write_midi(Song((part("Guitar", 27),), TimeMap(960)), path)
    drop(clips.find("tracks-to-follow").viewport().parentWidget(), path)
    clips.until(lambda: clips.find("tracks-to-follow").count() == 4)
    assert len(clips.editor.project.clips) == 1
    assert [each.name for each in clips.clip.parts] == ["Keys", "Bass", "Guitar"]


def test_unusable_files_are_reported_in_one_sentence(clips, tmp_path, loop_path):
    text = tmp_path / "notes.txt"
    text.write_text("no music")
    drop(clips.panel, text)
    assert clips.messages[-1][0] == "warn"
    assert clips.messages[-1][1].startswith("notes.txt cannot be used here")
    renamed = tmp_path / "text.mid"
    renamed.write_text("no music")
    drop(clips.panel, renamed, loop_path)
    clips.until(lambda: "bad" in [level for level, _ in clips.messages])
    assert "text.mid" in clips.messages[-1][1]
    assert "loop.mid has no instrument track" in clips.messages[-1][1]
    assert len(clips.editor.project.clips) == 1


def test_a_drum_loop_dropped_on_the_style_is_played_like(clips, context, loop_path, clip_path):
    style = clips.find("style")
    drop(style, loop_path)
    clips.until(lambda: clips.clip.primer is not None)
    assert style.style_name == "like loop"
    clips.generate()
    assert context.drum_generator().requests[-1].primer is not None
    clips.choose_style("Automatic")
    assert clips.clip.primer is None
    assert style.style_name == ""
    drop(style, clip_path)
    clips.until(lambda: "bad" in [level for level, _ in clips.messages])
    assert "verse.mid has no drums" in clips.messages[-1][1]


def test_the_session_comes_back(open_page, clips, context):
    clips.click_cell(0, 960)
    clips.choose("export-for", f"for {Profile.OTHERS.value}")
    project, state = clips.editor.project, clips.panel.saved_state()
    clips.panel.close_work()
    again = open_page(context)
    again.panel.restore_state(state)
    assert again.editor.project == project
    assert len(again.grid.hits) == 1
    assert again.text("export-for") == f"for {Profile.OTHERS.value}"


def test_an_edit_is_saved_automatically(clips, context):
    clips.click_cell(0, 960)
    clips.until(lambda: restored(context.data_dir / SESSION)[0] == clips.editor.project)


def test_a_damaged_session_is_set_aside_and_reported(open_page, context):
    (context.data_dir / SESSION).write_text("{")
    clips = open_page(context)
    assert clips.messages[-1][0] == "warn"
    assert "set aside" in clips.messages[-1][1]
    assert clips.clip is None


def test_invalid_state_is_ignored(clips):
    clips.panel.restore_state({"profile": 3, "hears": None, "output": ["x"]})
    assert clips.text("export-for") == f"for {Profile.LIVE.value}"


def test_a_project_is_saved_and_opened_again(clips, tmp_path):
    clips.click_cell(0, 960)
    path = tmp_path / "song.musegen"
    clips.choose_action("save", "Project…")
    clips.answer(path)
    clips.until(lambda: ("good", f"Saved {path}.") in clips.messages)
    project = clips.editor.project
    assert load_project(path) == project
    clips.click("close-this-clip")
    clips.panel.open_files([path])
    clips.until(lambda: clips.editor.project == project)
    clips.editor.undo()
    assert clips.clip is None


def test_drums_are_saved_as_midi_alone_and_with_the_parts(clips, tmp_path):
    clips.click_cell(0, 960)
    clips.click_cell(1, 0)
    for action, name, count in (
        ("Drums as MIDI…", "drums.mid", 1),
        ("Drums as MIDI, one track per voice…", "split.mid", 2),
        ("Parts and drums, or a DAW project…", "all.mid", 4),
    ):
        clips.choose_action("save", action)
        clips.answer(tmp_path / name)
        clips.until(lambda name=name: ("good", f"Saved {tmp_path / name}.") in clips.messages)
        assert len(read_midi(tmp_path / name).clips) == count


def test_parts_and_drums_are_saved_as_a_project_for_a_daw(clips, tmp_path):
    clips.click_cell(0, 960)
    clips.choose_action("save", "Parts and drums, or a DAW project…")
    clips.choose_file_type("REAPER project (*.rpp)")
    assert clips.dialog.selectedFiles()[0].endswith("with drums.rpp")
    path = tmp_path / "song.rpp"
    clips.answer(path)
    clips.until(lambda: ("good", f"Saved {path}.") in clips.messages)
    tracks = rpp.loads(path.read_text(encoding="utf-8")).findall("TRACK")
    assert tracks[-1].find("NAME")[1] == "Drums"
    assert len(tracks) == 4


def test_the_dragged_file_contains_the_drums(open_page, context, clip_path):
    taken = []
    clips = open_page(context, drag=lambda widget, paths, picture: taken.extend(paths) or True)
    clips.open(clip_path)
    clips.click_cell(0, 960)
    handle = clips.find("drums-as-a-midi-file")
    drag_out(handle)
    (path,) = taken
    (drums,) = read_midi(path).clips
    assert [(note.pitch, note.start_ticks) for note in drums.notes] == [(36, 960)]
    assert drums.length_ticks == clips.clip.end_ticks
    assert clips.messages[-1] == ("good", f"Dragged out {path.name}.")
    clips.click_cell(1, 960)
    handle.click()
    pasted = [url.toLocalFile() for url in QGuiApplication.clipboard().mimeData().urls()]
    assert pasted != [str(path)]
    assert len(read_midi(path).clips[0].notes) == 1
    handle.click()
    assert [url.toLocalFile() for url in QGuiApplication.clipboard().mimeData().urls()] == pasted


def test_without_drums_there_is_nothing_to_drag(clips):
    assert not clips.is_enabled("drums-as-a-midi-file")
    assert clips.cards == ()


@pytest.mark.parametrize("what", list(Bounce))
def test_a_bounce_is_written(clips, tmp_path, what):
    clips.click_cell(0, 960)
    path = tmp_path / "out.wav"
    clips.choose_action("bounce", f"{what.value}…")
    clips.answer(path)
    clips.until(lambda: not clips.is_busy)
    assert clips.messages[-1][0] == "good", clips.messages[-1]
    with wave.open(str(path)) as file:
        assert (
            file.getnframes() / file.getframerate()
            > clips.clip.time_map.seconds_at(clips.clip.end_ticks) - 0.01
        )
    stems = sorted(each.name for each in tmp_path.glob("out stems/*.wav"))
    assert stems == (
        ["01 Keys.wav", "02 Strings.wav", "03 Bass.wav", "04 Drums.wav"] if what is Bounce.STEMS else []
    )


def test_a_bounce_that_is_cancelled_leaves_nothing(clips, tmp_path, monkeypatch):
    began, never = threading.Event(), threading.Event()

    def bounce_until_cancelled(*what, progress, cancelled, **options):
        def told(done, total):
            began.set()
            while not cancelled():
                never.wait(0.01)
            progress(done, total)

        return bounce_document(*what, progress=told, cancelled=cancelled, **options)

    monkeypatch.setattr(files, "bounce_document", bounce_until_cancelled)
    clips.click_cell(0, 960)
    path = tmp_path / "out.wav"
    clips.choose_action("bounce", "Mix and stems…")
    clips.answer(path)
    clips.until(began.is_set)
    clips.panel.escape_pressed()
    clips.until(lambda: not clips.is_busy)
    assert not path.exists()
    assert not (tmp_path / "out stems").exists()
    assert clips.messages[-1][1].startswith("The bounce was cancelled")


def test_the_current_song_is_what_would_be_bounced(clips):
    assert len(clips.panel.current_song().clips) == 3
    clips.click_cell(0, 960)
    assert clips.panel.current_song().clips[-1].is_drum


def test_a_file_on_the_clipboard_is_pasted(clips, clip_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(clip_path))])
    QGuiApplication.clipboard().setMimeData(mime)
    clips.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, clips.panel)
    clips.until(lambda: len(clips.editor.project.clips) == 2)


def test_a_watched_folder_gives_new_clips(clips, context, tmp_path, clip_path):
    folder = tmp_path / "from the daw"
    folder.mkdir()
    (folder / "old.mid").write_bytes(clip_path.read_bytes())
    context.settings.change(watched_dir=str(folder))
    (folder / "new.mid").write_bytes(clip_path.read_bytes())
    (folder / "other.txt").write_text("x")
    clips.until(lambda: len(clips.editor.project.clips) == 2)
    assert clips.clip.name == "new"


def test_drums_are_written_back_into_the_watched_folder(clips, context, tmp_path, clip_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    context.settings.change(watched_dir=str(folder), watched_writes_back=True)
    (folder / "part.json").write_text("{}")
    (folder / "part.mid").write_bytes(clip_path.read_bytes())
    clips.until(lambda: (folder / "answers" / "part.mid").exists())
    clips.until(lambda: any("Wrote the drums for part.mid" in said for _level, said in clips.messages))
    assert len(clips.editor.project.clips) == 1  # a script's request is no clip
    (folder / "dragged.mid").write_bytes(clip_path.read_bytes())
    clips.until(lambda: (folder / "answers" / "dragged.mid").exists())
    clips.until(lambda: len(clips.editor.project.clips) == 2)
    (folder / "bad.mid").write_bytes(b"no MIDI")
    clips.until(lambda: (folder / "answers" / "bad.txt").exists())


def test_the_panel_can_be_closed_before_anything_is_done(open_page, context):
    clips = open_page(context)
    clips.panel.close_work()
    clips.panel.close_work()
    assert not any(thread.name == "autosave" for thread in threading.enumerate())
