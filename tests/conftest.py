"""What holds for every test: one thread a library, no screen, no sound server, repeatable random examples."""

from __future__ import annotations

import os
import signal
import sys

# Started under nohup or in the background of a script, this process and those that it starts would be deaf to these.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before numpy, torch or Qt are imported, which read these only once.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["MPLBACKEND"] = "agg"
# Qt warns of a locale without UTF-8, or that is not installed.
if sys.platform == "linux":
    os.environ["LC_ALL"] = "C.UTF-8"
# What whoever runs the tests has chosen for themselves.
for variable in ("COLUMNS", "MUSEGEN_SOUNDFONT", "QT_FONT_DPI", "QT_SCALE_FACTOR", "QT_STYLE_OVERRIDE"):
    os.environ.pop(variable, None)
# A server of this name runs only while the `jack` fixture lives.
os.environ["JACK_DEFAULT_SERVER"] = JACK_NAME = f"musegen-tests-{os.getpid()}"

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from tests.jack_server import jack_server  # noqa: E402

# A slow machine is no failure.
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", **SLOW)
settings.register_profile("ci", **SLOW, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def jack():
    """A JACK server for this process and those that it starts: real MIDI ports and a sound device."""
    with jack_server(JACK_NAME):
        yield JACK_NAME


@pytest.fixture(scope="session")
def tiny_vocoder(tmp_path_factory):
    """The folder of a vocoder of two convolutions that reads the usual mels; to be read, not written."""
    from musegen_daw.vocoder.mel import MelConfig
    from tests.vocoder.tiny_vocoder import write_tiny_vocoder

    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_tiny_vocoder(folder, MelConfig())
    return folder
