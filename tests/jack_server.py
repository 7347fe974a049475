"""The JACK server of the tests is the one of the benchmarks; what is new on it may be told late."""

import time

from benchmarks.jack_server import INSTALL, jack_server
from musegen_daw.errors import PortError

__all__ = ["INSTALL", "jack_server", "once_there"]

WAIT_SECONDS = 60
POLL_SECONDS = 0.05


def once_there(open_port):
    """What `open_port` gives as soon as it finds its port: on a busy computer a list of ports may be empty at first."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return open_port()
        except PortError:
            if time.monotonic() > end:
                raise
        time.sleep(POLL_SECONDS)
