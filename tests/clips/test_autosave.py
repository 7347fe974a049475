"""Sessions after a kill, damage or a full disk."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from musegen_daw import files
from musegen_daw.clips import edits
from musegen_daw.clips.autosave import StateWriter, restored
from musegen_daw.clips.document import Project
from musegen_daw.clips.editor import Editor
from musegen_daw.clips.project_file import encode, save_project

ROOT = Path(__file__).parents[2]


def test_after_a_kill_the_last_finished_edit_is_restored(document, tmp_path):
    path = tmp_path / "session.musegen"
    done = 0
    for kills in range(1, 4):
        save_project(Project((document,), 1), path)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.clips.worker", str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        for line in process.stdout:
            done = int(line)
            if done >= 5 * kills:
                break
        # The next edit is on its way now, half made, half written or whole.
        os.kill(process.pid, signal.SIGKILL)
        done = max([done, *(int(line) for line in process.stdout if line.strip())])
        process.wait()
        process.stdout.close()
        project, sentence = restored(path)
        assert sentence == ""
        # The worker says of an edit that it is made after it is written.
        assert done <= len(project.clip.drums.notes) <= done + 1


def test_a_state_can_be_restored_before_it_is_flushed(document, tmp_path, monkeypatch):
    path = tmp_path / "session.musegen"
    save_project(Project((document,), 1), path)
    reached, go_on = threading.Event(), threading.Event()

    def slow_disk(source, target, error_type):
        reached.set()
        go_on.wait(60)
        return flush_to(source, target, error_type)

    flush_to = files.flush_to
    monkeypatch.setattr(files, "flush_to", slow_disk)
    autosave = StateWriter(path, lambda sentence: None)
    edited = Project((edits.add_hit(document, 0, 0),), 1)
    autosave.keep(edited)
    assert reached.wait(60)
    assert restored(path)[0] == edited
    go_on.set()
    autosave.close()
    assert restored(path)[0] == edited
    assert [each.name for each in tmp_path.iterdir()] == ["session.musegen"]


def test_a_damaged_newest_state_is_ignored(document, tmp_path):
    path = tmp_path / "session.musegen"
    save_project(Project((document,), 1), path)
    (tmp_path / "session-newest.musegen").write_bytes(bytes(500))
    assert restored(path) == (Project((document,), 1), "")


def test_a_damaged_session_is_set_aside(document, tmp_path):
    path = tmp_path / "session.musegen"
    path.write_bytes(encode(Project((document,), 1))[:-20])
    project, sentence = restored(path)
    assert project == Project()
    assert sentence.startswith("The last session could not be restored. ")
    assert sentence.endswith("session-damaged-1.musegen.")
    assert not path.exists()
    assert (tmp_path / "session-damaged-1.musegen").exists()
    assert restored(path) == (Project(), "")


def test_a_damaged_clip_leaves_the_others(document, tmp_path):
    path = tmp_path / "session.musegen"
    clips = tuple(replace(document, identity=identity) for identity in (1, 2, 3))
    values = json.loads(encode(Project(clips, 2)))
    del values["clips"][1]["takes"]
    data = json.dumps(values).encode()
    path.write_bytes(data)
    project, sentence = restored(path)
    assert project == Project((clips[0], clips[2]), 1)
    assert sentence.startswith(
        "1 of the 3 clips of the last session could not be restored: Object missing required field `takes`. "
    )
    assert (tmp_path / "session-damaged-1.musegen").read_bytes() == data


def test_of_two_damaged_states_the_fuller_one_is_restored(document, tmp_path):
    path = tmp_path / "session.musegen"
    path.write_bytes(b"{}")
    newest = json.loads(encode(Project((document, replace(document, identity=2)), 1)))
    newest["clips"].append(3)
    (tmp_path / "session-newest.musegen").write_text(json.dumps(newest))
    project, sentence = restored(path)
    assert len(project.clips) == 2
    assert "session-newest-damaged-1.musegen and " in sentence
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "session-damaged-1.musegen",
        "session-newest-damaged-1.musegen",
    ]


def test_every_state_is_saved_and_the_newest_wins(document, tmp_path):
    path = tmp_path / "session.musegen"
    autosave = StateWriter(path, lambda sentence: None)
    editor = Editor(Project((document,), 1), lambda: None, autosave)
    for beat in range(16):
        editor.edit("add", lambda clip, beat=beat: edits.add_hit(clip, 0, beat * clip.ppq))
    autosave.flush()
    assert restored(path)[0] == editor.project
    editor.undo()
    autosave.close()
    assert restored(path)[0] == editor.project
    assert len(editor.clip.drums.notes) == 15
    assert not any(thread.name == "autosave" for thread in threading.enumerate())
    assert [each.name for each in tmp_path.iterdir()] == ["session.musegen"]


def test_a_failed_save_is_reported_once(document, tmp_path):
    sentences = []
    autosave = StateWriter(tmp_path / "gone" / "session.musegen", sentences.append)
    for number in range(3):
        autosave.keep(Project((edits.add_hit(document, 0, number),), 1))
        autosave.flush()
    (tmp_path / "gone").mkdir()
    autosave.keep(Project((document,), 1))
    autosave.close()
    assert len(sentences) == 1
    assert sentences[0].startswith("The session is not being saved. Cannot write")
    assert restored(autosave.path)[0].clip == document
