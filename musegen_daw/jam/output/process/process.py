"""The output process: carries out what it reads, and ends every note when the program that started it is gone."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import Any, BinaryIO

from musegen_daw import logs
from musegen_daw.devices.ports import MidiOutput, PortChange, PortDirectory, PortWatcher
from musegen_daw.errors import MusegenError, PortError
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.output.process import messages
from musegen_daw.jam.output.process.messages import OutputAddress, SenderState
from musegen_daw.jam.output.scheduler import Scheduler

REAL_TIME_PRIORITY = 10
"""Above whatever computes, below the threads of sound servers."""
MAX_BUSY_SECONDS = 0.5
AGAIN_SECONDS, AGAIN_STEP_SECONDS = 10.0, 0.05

_log = logging.getLogger(__name__)


def main() -> None:
    """Serve standard input and output until the input ends or a signal asks for the end."""
    for number in _signals():
        signal.signal(number, _end)
    # Libraries may write to the standard output; messages go where they cannot.
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with (
        logs.logging_to(logs.path_of_a_process(), logs.OUTPUT),
        suppress(BrokenPipeError, SystemExit),
    ):
        serve(sys.stdin.buffer, stdout)


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Open the port that the first line asks for and carry out all other lines; nothing sounds at the return."""
    write = _Writer(stdout).write
    try:
        (address, offset_seconds, is_urgent, is_again) = _opening(stdin)
        if is_urgent:
            _log.info("Real-time priority: %s", run_in_real_time())
        with ExitStack() as stack:
            directory = stack.enter_context(PortDirectory.open(address.system))
            output = _opened_again(directory, address) if is_again else _opened(directory, address)
            scheduler = Scheduler(
                SystemClock(),
                output,
                offset_seconds=offset_seconds,
                lost=lambda sentence: write(messages.LOST, sentence),
                is_created=address.created,
            )
            stack.callback(scheduler.close)

            def changed(change: PortChange) -> None:
                if change.present:
                    scheduler.found()
                    write(messages.FOUND)

            stack.enter_context(PortWatcher(directory, changed))
            gc.freeze()
            write(messages.OPENED, output.name)
            _carry_out(stdin, scheduler, write)
    except MusegenError as error:
        write(messages.REFUSED, str(error))
    except (ValueError, TypeError) as error:
        write(messages.ENDED, f"The output process cannot read a message: {error}.")


def run_in_real_time() -> bool:
    """Ask for real-time priority, which takes rights on most systems; returns whether it was granted.

    A real-time process that never waits would stop the computer, as when a driver waits in a loop for a sound server
    that gets no time: after `MAX_BUSY_SECONDS` without a pause the system ends it.
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


class _Writer:
    """Writes messages to the program, from any thread; to one that is gone it writes nothing."""

    def __init__(self, stdout: BinaryIO) -> None:
        self._stdout = stdout
        self._lock = threading.Lock()

    def write(self, word: str, *values: Any) -> None:
        with self._lock, suppress(OSError):
            self._stdout.write(messages.line(word, *values))


def _opened(directory: PortDirectory, address: OutputAddress) -> MidiOutput:
    return directory.create_output(address.name) if address.created else directory.open_output(address.name)


def _opened_again(directory: PortDirectory, address: OutputAddress) -> MidiOutput:
    """The port of a process that died, whose name a sound server keeps for a while; raises PortError."""
    end_seconds = time.monotonic() + AGAIN_SECONDS
    while True:
        try:
            output = _opened(directory, address)
            if not address.created or output.name == address.name:
                return output
            output.close()
            problem = PortError(f"The MIDI output {address.name!r} is still in use.")
        except PortError as error:
            problem = error
        if time.monotonic() > end_seconds:
            raise problem
        time.sleep(AGAIN_STEP_SECONDS)


def _opening(stdin: BinaryIO) -> tuple[OutputAddress, float, bool, bool]:
    data = stdin.readline()
    if not data:
        raise SystemExit
    word, values = messages.read(data)
    if word != messages.OPEN:
        raise ValueError(f"{word!r} before {messages.OPEN!r}")
    name, created, system, offset_seconds, is_urgent, is_again = values
    return OutputAddress(name, created, system), offset_seconds, is_urgent, is_again


def _carry_out(stdin: Iterable[bytes], scheduler: Scheduler, write: Any) -> None:
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
            write(messages.ANSWER, values[0], None)
        elif word == messages.PANIC:
            scheduler.panic()
            write(messages.ANSWER, values[0], None)
        elif word == messages.END:
            scheduler.end_foreign((channel, pitch) for channel, pitch in values[0])
        elif word == messages.TELL:
            state = SenderState(scheduler.sounding, scheduler.lateness)
            write(messages.ANSWER, values[0], messages.state_values(state))
        elif word == messages.CLOSE:
            return
        if scheduler.failure is not None:
            write(messages.ENDED, f"Sending ended: {scheduler.failure}.")
            return


def _signals() -> list[signal.Signals]:
    return [
        signal.Signals[name] for name in ("SIGTERM", "SIGINT", "SIGHUP") if name in signal.Signals.__members__
    ]


def _end(_signal: int, _frame: object) -> None:
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)  # so that the end is not ended
    raise SystemExit
