"""A real worker process: the same notes as here; cancelled, lost, and gone with the program."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumRequest
from musegen_daw.errors import ModelError, MusegenError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.parts import clip_bars
from musegen_daw.progress import Cancelled
from musegen_daw.workers import messages
from musegen_daw.workers.process import serve
from musegen_daw.workers.remote import RemoteDrummer
from musegen_daw.workers.tasks import Tasks
from musegen_daw.workers.worker import Worker
from tests.workers.asked import process_number, product, rest

PATIENCE_SECONDS = 120


@pytest.fixture
def worker():
    worker = Worker("writes the drums")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def request_of_clip():
    song = read_midi(resources.clips_dir() / "funk-bass.mid")
    bars = clip_bars(song.time_map, song.parts)
    return DrumRequest(song.parts, bars, song.time_map.ppq, seed=3, variations=2)


def long(request: DrumRequest) -> DrumRequest:
    return replace(request, variations=16)


def test_a_function_that_has_some_arguments_beforehand_is_called_too(worker):
    told = []
    assert worker.call(partial(product, other=7), 6, progress=lambda *said: told.append(said)) == 42
    assert told == [(1, 2)]


def drummer_of(worker: Worker) -> RemoteDrummer:
    drummer = RemoteDrummer(worker, resources.drum_model_dir)
    assert drummer.name
    return drummer


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return "(" not in (stat := _stat(process_id)) or stat.rpartition(")")[2].split()[0] != "Z"


def _stat(process_id: int) -> str:
    try:
        return Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def is_gone(process_id: int) -> bool:
    until_seconds = time.monotonic() + PATIENCE_SECONDS
    while is_alive(process_id):
        if time.monotonic() > until_seconds:
            return False
        time.sleep(0.02)
    return True


def test_it_writes_the_same_drums_and_tells_how_far_it_is(worker, request_of_clip):
    told: list[tuple[int, int]] = []
    drummer = drummer_of(worker)
    result = drummer.generate(request_of_clip, progress=lambda done, total: told.append((done, total)))
    direct = DrumGenerator.open(resources.drum_model_dir())
    assert result == direct.generate(request_of_clip)
    assert drummer.name == direct.name
    assert drummer.styles.names == direct.styles.names
    bars = len(request_of_clip.bars)
    assert told == [(done + 1, bars) for done in range(bars)]


def test_several_ask_at_once(worker, request_of_clip):
    drummer = drummer_of(worker)
    found: dict[int, object] = {}

    def ask(seed: int) -> None:
        found[seed] = drummer.generate(replace(request_of_clip, seed=seed))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {seed: drummer.generate(replace(request_of_clip, seed=seed)) for seed in range(3)}


def test_what_is_cancelled_ends_and_the_process_goes_on(worker, request_of_clip):
    drummer = drummer_of(worker)
    process_id = worker.process_id
    told: list[int] = []
    with pytest.raises(Cancelled):
        drummer.generate(
            long(request_of_clip), progress=lambda done, _: told.append(done), cancelled=lambda: bool(told)
        )
    assert told
    assert told[-1] < len(request_of_clip.bars)
    assert drummer.generate(request_of_clip).takes
    assert worker.process_id == process_id


def test_what_progress_raises_gives_up_and_is_raised(worker, request_of_clip):
    class GivenUp(Exception):
        pass

    def progress(done: int, total: int) -> None:
        raise GivenUp

    drummer = drummer_of(worker)
    with pytest.raises(GivenUp):
        drummer.generate(long(request_of_clip), progress=progress)
    assert drummer.generate(request_of_clip).takes


def test_a_missing_model_is_said_in_the_same_words(worker, tmp_path):
    with pytest.raises(ModelError) as there:
        _ = RemoteDrummer(worker, lambda: tmp_path / "nothing").styles
    with pytest.raises(ModelError) as here:
        DrumGenerator.open(tmp_path / "nothing")
    assert str(there.value) == str(here.value)


def test_a_request_without_sense_is_a_value_error(worker, request_of_clip):
    with pytest.raises(ValueError, match="at least one bar"):
        drummer_of(worker).generate(replace(request_of_clip, bars=()))


class Killer:
    """Kills the process that is at work as soon as it tells how far it is, so many times."""

    def __init__(self, worker: Worker, times: int) -> None:
        self._worker, self._times = worker, times
        self.killed: list[int] = []

    def __call__(self, done: int, total: int) -> None:
        process_id = self._worker.process_id
        if len(self.killed) < self._times and process_id is not None and process_id not in self.killed:
            self.killed.append(process_id)
            os.kill(process_id, signal.SIGKILL)


def test_another_process_writes_what_one_was_killed_over(worker, request_of_clip):
    drummer = drummer_of(worker)
    kill = Killer(worker, 1)
    result = drummer.generate(long(request_of_clip), progress=kill)
    assert len(kill.killed) == 1
    assert result == drummer.generate(long(request_of_clip))
    assert worker.process_id not in (None, *kill.killed)
    assert _stat(kill.killed[0]) == ""  # not even a zombie


def test_what_kills_two_processes_is_one_sentence_and_the_next_request_starts_another(
    worker, request_of_clip
):
    drummer = drummer_of(worker)
    kill = Killer(worker, 2)
    with pytest.raises(MusegenError, match="that writes the drums has ended unexpectedly"):
        drummer.generate(long(request_of_clip), progress=kill)
    assert len(kill.killed) == 2
    assert drummer.generate(request_of_clip).takes
    assert worker.process_id not in (None, *kill.killed)


def test_all_who_asked_are_answered_by_the_process_after_the_one_that_was_killed(worker, request_of_clip):
    drummer = drummer_of(worker)
    kill = Killer(worker, 1)
    found: dict[int, object] = {}

    def ask(seed: int) -> None:
        found[seed] = drummer.generate(replace(request_of_clip, seed=seed), progress=kill)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kill.killed) == 1
    assert found == {seed: drummer.generate(replace(request_of_clip, seed=seed)) for seed in range(3)}


def test_what_is_given_up_is_not_begun_again(worker, request_of_clip):
    drummer = drummer_of(worker)
    kill = Killer(worker, 1)
    with pytest.raises(Cancelled):
        drummer.generate(long(request_of_clip), progress=kill, cancelled=lambda: bool(kill.killed))


def test_closing_ends_the_process_and_what_it_does(worker, request_of_clip):
    drummer = drummer_of(worker)
    process_id = worker.process_id
    begun = threading.Event()
    said: list[str] = []

    def ask() -> None:
        try:
            drummer.generate(long(request_of_clip), progress=lambda done, total: begun.set())
        except MusegenError as error:
            said.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(PATIENCE_SECONDS)
    worker.close()
    thread.join(PATIENCE_SECONDS)
    assert len(said) == 1
    assert not is_alive(process_id)
    with pytest.raises(MusegenError, match="closed"):
        drummer.generate(request_of_clip)


def test_it_ends_with_a_program_that_is_killed(worker, request_of_clip):
    program = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout:
        process_id = int(program.stdout.readline())
        assert is_alive(process_id)
        program.kill()
        program.wait()
    assert is_gone(process_id)


_PROGRAM = """
import time
from musegen_daw import resource_paths as resources
from musegen_daw.workers.remote import RemoteDrummer
from musegen_daw.workers.worker import Worker
worker = Worker("writes the drums")
RemoteDrummer(worker, resources.drum_model_dir).name
print(worker.process_id, flush=True)
time.sleep(600)
"""


def test_an_unknown_task_and_an_unexpected_error_are_raised(worker):
    with pytest.raises(ValueError, match="no task 'dance'"):
        worker.call("dance")


def whole(*message: Any) -> bytes:
    return b"".join(messages.packed(*message))


def test_messages_come_as_they_went():
    value = {"audio": np.arange(1 << 20, dtype=np.float32)[:, None], "words": ("a", 1, None)}
    pipe = BytesIO(whole("returned", 7, value) + whole("progress", 8, (1, 2)))
    word, number, came = messages.read(pipe)
    assert (word, number, came["words"]) == ("returned", 7, value["words"])
    assert np.array_equal(came["audio"], value["audio"])
    assert messages.read(pipe) == ("progress", 8, (1, 2))
    assert messages.read(pipe) is None
    assert messages.read(BytesIO(whole("progress", 8)[:-1])) is None


def test_what_is_at_work_when_the_pipe_ends_is_asked_to_end():
    ended = threading.Event()

    class Endless(Tasks):
        def of_name(self, name):
            return self._wait

        def _wait(self, *, progress, cancelled):
            while not cancelled():
                time.sleep(0.01)
            ended.set()

    serve(BytesIO(whole("call", 0, ("anything", ()))), BytesIO(), Endless())
    assert ended.wait(PATIENCE_SECONDS)


def test_a_process_that_gives_no_sign_is_ended_and_the_next_call_starts_another():
    worker = Worker("writes the drums", silent_seconds=5)
    try:
        worker.call(process_number)
        first = worker.process_id
        began_seconds = time.monotonic()
        with pytest.raises(
            MusegenError, match=r"^The process that writes the drums gave no sign for 5 s and was ended\.$"
        ):
            worker.call(rest)
        assert time.monotonic() - began_seconds < PATIENCE_SECONDS
        assert worker.call(process_number) != first
    finally:
        worker.close()
