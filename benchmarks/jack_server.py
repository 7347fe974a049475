"""A JACK server of one's own: real MIDI ports and a sound device on a machine without sound hardware."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "Real MIDI ports need JACK: install jackd (Debian and Ubuntu: sudo apt-get install -y jackd2)."
START_SECONDS = 60.0
POLL_SECONDS = 0.05
SAMPLE_RATE_HZ = 48_000
PERIOD_SAMPLES = 256


@contextmanager
def jack_server(name: str, *, in_real_time: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A running server of a private name, which `JACK_DEFAULT_SERVER` must be set to; ends with the context.

    Raises RuntimeError where it cannot be started.
    """
    program = shutil.which("jackd")
    if program is None:
        raise RuntimeError(INSTALL)
    # Where that is not allowed jackd says so and goes on without.
    priority = ("--realtime", "--realtime-priority", "20") if in_real_time else ("--no-realtime",)
    server = subprocess.Popen(
        # The server goes with this process, however that ends.
        # It waits for all programs in every period: one that is late on a busy computer would lose its messages.
        ["setpriv", "--pdeathsig", "TERM", program, "--sync", *priority, "-d", "dummy",
         "-r", str(SAMPLE_RATE_HZ), "-p", str(PERIOD_SAMPLES)],
        env={**os.environ, "JACK_DEFAULT_SERVER": name},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        _wait_until_it_listens(server, name)
        yield server
    finally:
        server.terminate()
        try:
            server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _wait_until_it_listens(server: subprocess.Popen[str], name: str) -> None:
    end = time.monotonic() + START_SECONDS
    while f"/jack_{name}_" not in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace"):
        if server.poll() is not None:
            raise RuntimeError(f"jackd ended at once, with: {server.communicate()[0]}")
        if time.monotonic() > end:
            raise RuntimeError(f"jackd did not listen within {START_SECONDS:.0f} seconds.")
        time.sleep(POLL_SECONDS)
