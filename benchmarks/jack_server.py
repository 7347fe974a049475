"""A private JACK server: real MIDI ports and a sound device on a machine without sound hardware."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from musegen_daw.errors import PortError

INSTALL = "Real MIDI ports need JACK: install jackd (Debian and Ubuntu: sudo apt-get install -y jackd2)."
START_SECONDS, END_SECONDS = 60.0, 60.0
POLL_SECONDS = 0.05
SAMPLE_RATE_HZ = 48_000
PERIOD_SAMPLES = 256
PRIORITY = 20
PATIENCE_SECONDS = 5.0
TIMEOUTS = 10
"""A server that waits for all programs waits so many of its timeouts for each."""
STARTS = 3
LIST = Path("/dev/shm/jack-shm-registry")

THERE_SECONDS = 60.0

Server = subprocess.Popen[bytes]
T = TypeVar("T")


@contextmanager
def jack_server(
    name: str, *, in_real_time: bool = False, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[Server]:
    """A running server of a private name, which `JACK_DEFAULT_SERVER` must be set to; ends with the context.

    It waits `patience_seconds` for a program that is late; one that is killed holds all others up for some five times
    that. Raises RuntimeError where it cannot be started.
    """
    # Where that is not allowed the server would begin, but not one of its programs.
    is_urgent = in_real_time and _may_be_urgent()
    priority = ("--realtime", "--realtime-priority", str(PRIORITY)) if is_urgent else ("--no-realtime",)
    timeout_ms = max(1, round(1000 * patience_seconds / TIMEOUTS))
    server = _start(name, *priority, "--timeout", str(timeout_ms))
    try:
        yield server
    finally:
        is_killed = server.poll() == -signal.SIGKILL  # by who began it, and may begin another of its name
        _end(server)
        if server.returncode and not is_killed:
            _forget(name)


def once_there(open_port: Callable[[], T]) -> T:
    """What `open_port` gives as soon as it finds its port: on a busy computer a list of ports may be empty at first."""
    end = time.monotonic() + THERE_SECONDS
    while True:
        try:
            return open_port()
        except PortError:
            if time.monotonic() > end:
                raise
        time.sleep(POLL_SECONDS)


def _may_be_urgent() -> bool:
    """Whether this user may run programs with real-time priority."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError:
        return False
    os.sched_setscheduler(0, *before)
    return True


def _start(name: str, *options: str) -> Server:
    """A server that listens.

    JACK keeps a list of at most eight servers, in which one that was killed stays until another of its name begins:
    where no place may be left, those are begun and ended.
    """
    words = ""
    for _ in range(STARTS):
        # A file, not a pipe: what it says of every period that came late would fill one, and hold it up for good.
        with tempfile.TemporaryFile() as said:
            server = _begin(name, said, *options)
            if _listens_before(time.monotonic() + START_SECONDS, server, name):
                return server
            said.seek(0)
            words = said.read().decode(errors="replace")
        for killed in _killed_servers():
            _forget(killed)
    raise RuntimeError(f"jackd does not start, and says: {words}")


def _begin(name: str, said: IO[bytes] | int, *options: str) -> Server:
    program = shutil.which("jackd")
    if program is None:
        raise RuntimeError(INSTALL)
    return subprocess.Popen(
        # The server goes with this process, however that ends.
        # It waits for all programs in every period: one that is late on a busy computer would lose its messages.
        ["setpriv", "--pdeathsig", "TERM", program, "--sync", *options,
         "-d", "dummy", "-r", str(SAMPLE_RATE_HZ), "-p", str(PERIOD_SAMPLES)],
        env={**os.environ, "JACK_DEFAULT_SERVER": name},
        stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _listens_before(end: float, server: Server, name: str) -> bool:
    """Whether it listens by then; else it has ended."""
    while not _listens(name):
        if server.poll() is not None:
            return False
        if time.monotonic() > end:
            _end(server)
            return False
        time.sleep(POLL_SECONDS)
    return True


def _listens(name: str) -> bool:
    return f"/jack_{name}_" in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")


def _end(server: Server) -> None:
    server.terminate()
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _killed_servers() -> list[str]:
    """The servers of this module that are on JACK's list and do not listen."""
    listed = LIST.read_bytes() if LIST.exists() else b""
    names = re.findall(rb"jack-%d:(musegen-[\w-]+):" % os.getuid(), listed)
    return [name for name in map(bytes.decode, names) if not _listens(name)]


def _forget(name: str) -> None:
    """Remove a killed server from the list of JACK."""
    server = _begin(name, subprocess.DEVNULL, "--no-realtime")
    _listens_before(time.monotonic() + START_SECONDS, server, name)
    _end(server)
