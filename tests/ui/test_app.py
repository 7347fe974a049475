"""The program as a whole: lazy objects, the window as a process, its end by signal and kill."""

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


def test_an_object_is_created_once_by_concurrent_calls():
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


def test_a_failed_creation_is_retried():
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


def test_a_signal_closes_the_program_silently(program, tmp_path):
    process = program()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert json.loads((tmp_path / FILE_NAME).read_text())["version"] == 1


def test_the_session_survives_kill_9(program, tmp_path):
    process = program()
    path = tmp_path / FILE_NAME
    _wait_for(path.exists)  # saved by itself, soon after the first panel was shown
    process.kill()
    process.communicate()
    panels = json.loads(path.read_text())["panels"]
    assert panels["app settings"]["theme"] == "dark"


def test_a_clip_on_the_command_line_is_opened_and_saved(program, tmp_path):
    clip = resources.resources_dir() / "clips" / "funk-bass.mid"
    process = program(clip)
    project = tmp_path / SESSION
    _wait_for(lambda: project.exists() and json.loads(project.read_text())["clips"])
    process.kill()
    process.communicate()
    (kept,) = json.loads(project.read_text())["clips"]
    assert kept["name"] == clip.stem


def test_two_windows_have_separate_sessions(program, tmp_path):
    first, second = program(), program(resources.resources_dir() / "clips" / "funk-bass.mid")
    of_second = tmp_path / "window-2" / SESSION
    _wait_for(lambda: of_second.exists() and json.loads(of_second.read_text())["clips"])
    for process in (second, first):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
    project = tmp_path / SESSION
    assert not project.exists() or not json.loads(project.read_text())["clips"]


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    result = subprocess.run(
        [sys.executable, "-m", "musegen_daw.app", "--state", str(tmp_path / "file" / "state")],
        capture_output=True, text=True, env=OFFSCREEN, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr.startswith("Error: Cannot make the folder")
    assert result.stderr.count("\n") == 1
