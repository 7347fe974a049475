"""Drums from a process of its own: the same notes, told progress, cancelled, and what happens when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from musegen_daw import resources
from musegen_daw.computing import starting
from musegen_daw.computing.remote import GONE, RemoteGenerator
from musegen_daw.core.parts import clip_bars
from musegen_daw.drumming.generator import DrumGenerator
from musegen_daw.drumming.request import Cancelled, DrumRequest
from musegen_daw.errors import ModelError
from musegen_daw.midi_file import read_midi

PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def generator():
    made = RemoteGenerator(resources.drum_model_dir())
    yield made
    made.close()


def _request(bars: int = 4, **asked) -> DrumRequest:
    song = read_midi(resources.clips_dir() / "funk-bass.mid")
    every = clip_bars(song.time_map, song.parts)
    return DrumRequest(song.parts, every[:bars], song.time_map.ppq, **asked)


def _long() -> DrumRequest:
    return _request(bars=100, variations=64)


def _wait(is_so, what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def _is_there(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_notes_are_those_of_the_generator_here(generator):
    here = DrumGenerator.open(resources.drum_model_dir())
    request = _request(seed=7, variations=2)
    assert generator.generate(request) == here.generate(request)
    assert generator.name == here.name


def test_nothing_is_started_before_it_is_needed(monkeypatch):
    begun = []
    monkeypatch.setattr("musegen_daw.computing.remote.started", lambda: begun.append(1) or starting.started())
    generator = RemoteGenerator(resources.drum_model_dir())
    assert not begun
    generator.open()
    generator.open()
    assert begun == [1]
    process_id = generator.process_id
    generator.close()
    generator.close()
    assert not _is_there(process_id)
    with pytest.raises(ModelError):
        generator.generate(_request())


def test_progress_is_told_to_whoever_asked(generator):
    told = []
    here = threading.get_ident()
    generator.generate(
        _request(), progress=lambda done, total: told.append((done, total, threading.get_ident()))
    )
    assert [each[:2] for each in told] == [(bar, 4) for bar in range(1, 5)]
    assert {each[2] for each in told} == {here}


def test_a_cancelled_request_ends_soon_and_the_process_goes_on(generator):
    process_id = generator.process_id
    asked = iter([False, True])
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        generator.generate(_long(), cancelled=lambda: next(asked))
    assert time.monotonic() - begun < PATIENCE_SECONDS / 10
    assert generator.generate(_request(1)).takes
    assert generator.process_id == process_id


def test_what_progress_raises_gives_the_request_up(generator):
    def refuse(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        generator.generate(_long(), progress=refuse)
    assert generator.generate(_request(1)).takes


def test_two_requests_are_written_at_once(generator):
    took_long = threading.Event()
    is_over = threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled):
            generator.generate(
                _long(), progress=lambda done, total: took_long.set(), cancelled=is_over.is_set
            )

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert took_long.wait(PATIENCE_SECONDS)
        assert generator.generate(_request(1)).takes
        assert worker.is_alive()
    finally:
        is_over.set()
        worker.join()


def test_a_request_that_makes_no_sense_is_the_same_error(generator):
    with pytest.raises(ValueError, match="at least one bar"):
        generator.generate(_request(0))


def test_a_missing_model_is_the_same_sentence(tmp_path):
    with pytest.raises(ModelError) as here:
        DrumGenerator.open(tmp_path)
    generator = RemoteGenerator(tmp_path)
    with pytest.raises(ModelError) as there:
        generator.open()
    assert str(there.value) == str(here.value)
    generator.close()


def test_a_process_that_dies_is_one_sentence_and_the_next_request_starts_another():
    generator = RemoteGenerator(resources.drum_model_dir())
    try:
        process_id = generator.process_id

        def kill(done: int, total: int) -> None:
            os.kill(process_id, getattr(signal, "SIGKILL", signal.SIGTERM))

        with pytest.raises(ModelError, match="has ended") as told:
            generator.generate(_long(), progress=kill)
        assert str(told.value) == GONE
        assert generator.generate(_request(1)).takes
        assert generator.process_id != process_id
    finally:
        generator.close()


@pytest.mark.skipif(sys.platform == "win32", reason="asks the system for processes as POSIX does")
def test_it_ends_with_a_program_that_is_killed():
    program = subprocess.Popen(
        (sys.executable, str(Path(__file__).with_name("killed.py")), str(resources.drum_model_dir())),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    with program:
        assert program.stdout is not None
        process_id = int(program.stdout.readline())
        assert _is_there(process_id)
        program.kill()
        program.wait()
        _wait(lambda: not _is_alive(process_id), "the process outlived the program")


def _is_alive(process_id: int) -> bool:
    """Whether it runs; one that waits to be taken off the list of processes does not."""
    state = subprocess.run(
        ("ps", "-o", "stat=", "-p", str(process_id)), capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")
