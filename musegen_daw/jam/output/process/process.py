"""The sending process: carries out what it reads, and ends every note when the program that started it is gone."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import Any, BinaryIO

from musegen_daw.devices.hotplug import PortWatcher
from musegen_daw.devices.ports import MidiOutput, PortChange, PortDirectory
from musegen_daw.errors import MusegenError, PortError
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.output.process import messages
from musegen_daw.jam.output.process.messages import OutputPlace, SenderState
from musegen_daw.jam.output.scheduler import Scheduler

REAL_TIME_PRIORITY = 10
"""Above whatever computes, below the threads of sound servers."""
MAX_BUSY_SECONDS = 0.5
AGAIN_SECONDS, AGAIN_STEP_SECONDS = 10.0, 0.05


def main() -> None:
    """Speak over standard input and output until the input ends or a signal asks for the end."""
    for number in _signals():
        signal.signal(number, _end)
    # Libraries may write to the standard output; what is said goes where they cannot.
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError, SystemExit):
        serve(sys.stdin.buffer, stdout)


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Open the port that the first line asks for and carry out all other lines; nothing sounds at the return."""
    say = _Voice(stdout).say
    try:
        (place, offset_seconds, is_urgent, is_again) = _opening(stdin)
        if is_urgent:
            run_in_real_time()
        with ExitStack() as stack:
            directory = stack.enter_context(PortDirectory.open(place.system))
            output = _ReopenedOutput(
                _opened_again(directory, place) if is_again else _opened(directory, place)
            )
            scheduler = Scheduler(
                SystemClock(),
                output,
                offset_seconds=offset_seconds,
                lost=lambda sentence: say(messages.LOST, sentence),
            )
            stack.callback(scheduler.close)

            def changed(change: PortChange) -> None:
                if change.present:
                    scheduler.attach(output, ends_again=place.created)
                    say(messages.FOUND)

            stack.enter_context(PortWatcher(directory, changed))
            gc.freeze()
            say(messages.OPENED, output.name)
            _carry_out(stdin, scheduler, say)
    except MusegenError as error:
        say(messages.REFUSED, str(error))
    except (ValueError, TypeError) as error:
        say(messages.ENDED, f"The sending process was told nonsense: {error}.")


def run_in_real_time() -> bool:
    """Ask the system to let this process go first; whether it may, which takes rights on most systems.

    A process that goes first and never waits would stop the computer, as when a driver waits in a loop for a sound
    server that gets no time: after `MAX_BUSY_SECONDS` without a pause the system ends it.
    """
    if sys.platform != "linux":
        return False
    import resource

    limit = round(MAX_BUSY_SECONDS * 1e6)
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (limit, limit))
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))
    except (OSError, ValueError):
        return False
    return True


class _ReopenedOutput:
    """The way out for a scheduler, which closes what fails: that port stays the directory's, to be opened again."""

    def __init__(self, output: MidiOutput) -> None:
        self._output = output

    @property
    def name(self) -> str:
        return self._output.name

    def send(self, data: bytes) -> None:
        self._output.send(data)

    def close(self) -> None:
        """Nothing to do: the directory closes it."""


class _Voice:
    """Says lines to the program, from any thread; to one that is gone it says nothing."""

    def __init__(self, stdout: BinaryIO) -> None:
        self._stdout = stdout
        self._lock = threading.Lock()

    def say(self, word: str, *values: Any) -> None:
        with self._lock, suppress(OSError):
            self._stdout.write(messages.line(word, *values))


def _opened(directory: PortDirectory, place: OutputPlace) -> MidiOutput:
    return directory.create_output(place.name) if place.created else directory.open_output(place.name)


def _opened_again(directory: PortDirectory, place: OutputPlace) -> MidiOutput:
    """The port of a process that died, whose name a sound server keeps for a while; raises PortError."""
    end_seconds = time.monotonic() + AGAIN_SECONDS
    while True:
        try:
            output = _opened(directory, place)
            if not place.created or output.name == place.name:
                return output
            output.close()
            problem = PortError(f"The MIDI output {place.name!r} does not come free.")
        except PortError as error:
            problem = error
        if time.monotonic() > end_seconds:
            raise problem
        time.sleep(AGAIN_STEP_SECONDS)


def _opening(stdin: BinaryIO) -> tuple[OutputPlace, float, bool, bool]:
    data = stdin.readline()
    if not data:
        raise SystemExit
    word, values = messages.read(data)
    if word != messages.OPEN:
        raise ValueError(f"{word!r} before {messages.OPEN!r}")
    name, created, system, offset_seconds, is_urgent, is_again = values
    return OutputPlace(name, created, system), offset_seconds, is_urgent, is_again


def _carry_out(stdin: Iterable[bytes], scheduler: Scheduler, say: Any) -> None:
    for data in stdin:
        word, values = messages.read(data)
        if word == messages.PLAY:
            scheduler.play(*messages.notes_of(values[0]))
        elif word == messages.SEND:
            scheduler.send(*messages.events_of(values[0]))
        elif word == messages.CANCEL:
            scheduler.cancel_after(values[0])
        elif word == messages.OFFSET:
            scheduler.offset_seconds = values[0]
        elif word == messages.RELEASE:
            scheduler.release_all()
            say(messages.ANSWER, values[0], None)
        elif word == messages.PANIC:
            scheduler.panic()
            say(messages.ANSWER, values[0], None)
        elif word == messages.END:
            scheduler.end_foreign((channel, pitch) for channel, pitch in values[0])
        elif word == messages.TELL:
            state = SenderState(scheduler.sounding, scheduler.lateness)
            say(messages.ANSWER, values[0], messages.state_values(state))
        elif word == messages.CLOSE:
            return
        if scheduler.failure is not None:
            say(messages.ENDED, f"Sending ended: {scheduler.failure}.")
            return


def _signals() -> list[signal.Signals]:
    return [
        signal.Signals[name] for name in ("SIGTERM", "SIGINT", "SIGHUP") if name in signal.Signals.__members__
    ]


def _end(_signal: int, _frame: object) -> None:
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)  # so that the end is not ended
    raise SystemExit
