"""The program as a whole: parts made once, the window as a process of its own, its end by signal and by kill."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from musegen_daw import app
from musegen_daw import resource_paths as resources
from musegen_daw.errors import ModelError
from musegen_daw.ui.clips.panel import SESSION
from musegen_daw.ui.saved_session import FILE_NAME
from tests.ui.doubles import PATIENCE_SECONDS

OFFSCREEN = {
    **os.environ,
    "QT_QPA_PLATFORM": "offscreen",
    "JACK_DEFAULT_SERVER": "musegen-tests-none",
}  # no port is opened


def test_a_thing_is_made_once_however_many_ask():
    made, start = [], threading.Barrier(8)

    def make():
        made.append(object())
        return made[-1]

    once, got = app.Once(make), []

    def ask():
        start.wait()
        got.append(once())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert set(got) == set(made)
    assert once.made is made[0]


def test_what_could_not_be_made_is_tried_again():
    answers = [ModelError("gone"), "model"]

    def make():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    once = app.Once(make)
    with pytest.raises(ModelError):
        once()
    assert once.made is None
    assert once() == "model"


@pytest.fixture
def program(tmp_path):
    """Starts the window in a process of its own and ends it."""
    started = []

    def start(*files):
        options = "--state", str(tmp_path), "--print-start-time"
        process = subprocess.Popen(
            [sys.executable, "-m", "musegen_daw.app", *options, *map(str, files)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=OFFSCREEN,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("usable after")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _wait_for(condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.05)


def test_the_program_opens_and_ends_by_a_signal_without_a_word(program, tmp_path):
    process = program()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert json.loads((tmp_path / FILE_NAME).read_text())["version"] == 1


def test_after_kill_9_the_session_is_there(program, tmp_path):
    process = program()
    path = tmp_path / FILE_NAME
    _wait_for(path.exists)  # saved by itself, soon after the first panel was shown
    process.kill()
    process.communicate()
    panels = json.loads(path.read_text())["panels"]
    assert panels["app settings"]["is_first_run"]


def test_a_clip_that_it_is_started_with_is_opened_and_kept(program, tmp_path):
    clip = resources.resources_dir() / "clips" / "funk-bass.mid"
    process = program(clip)
    project = tmp_path / SESSION
    _wait_for(lambda: project.exists() and json.loads(project.read_text())["clips"])
    process.kill()
    process.communicate()
    (kept,) = json.loads(project.read_text())["clips"]
    assert kept["name"] == clip.stem


def test_two_windows_at_once_keep_a_session_each(program, tmp_path):
    first, second = program(), program(resources.resources_dir() / "clips" / "funk-bass.mid")
    of_second = tmp_path / "window-2" / SESSION
    _wait_for(lambda: of_second.exists() and json.loads(of_second.read_text())["clips"])
    for process in (second, first):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
    project = tmp_path / SESSION
    assert not project.exists() or not json.loads(project.read_text())["clips"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    result = subprocess.run(
        [sys.executable, "-m", "musegen_daw.app", "--state", str(tmp_path / "file" / "state")],
        capture_output=True, text=True, env=OFFSCREEN, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr.startswith("Error: Cannot make the folder")
    assert result.stderr.count("\n") == 1
