"""What holds for every test: one thread a library, no screen, no sound server, repeatable random examples."""

from __future__ import annotations

import os
import signal

# Started under nohup or in the background of a script, this process and those that it starts would be deaf to these.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before numpy, torch or Qt are imported, which read these only once.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "agg")
# A server of this name runs only while the `jack` fixture lives.
os.environ["JACK_DEFAULT_SERVER"] = JACK_NAME = f"musegen-tests-{os.getpid()}"

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.jack_server import jack_server  # noqa: E402

# No deadline: a slow machine is no failure.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def jack():
    """A JACK server for this process and those that it starts: real MIDI ports and a sound device."""
    with jack_server(JACK_NAME):
        yield JACK_NAME
