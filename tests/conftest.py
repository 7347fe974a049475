"""What holds for every test: one thread a library, no screen, no sound server, repeatable random examples."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

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

ROOT = Path(__file__).resolve().parent.parent

# A slow machine is no failure.
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", **SLOW)
settings.register_profile("ci", **SLOW, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


# What needs a JACK server, a screen, a DAW or an environment of its own; and what takes seconds.
SYSTEM_FIXTURES = {"jack", "desktop", "installed", "wheel"}
SYSTEM = (
    "tests/benchmarks/",
    "tests/ardour/",
    "tests/desktop/",
    "tests/jam/output/process/",
    "tests/jam/test_killed_sender.py",
    "tests/test_wheel.py",
)
SLOW_PLACES = (
    "tests/cli/", "tests/clips/", "tests/devices/test_jack.py", "tests/export/", "tests/jam/test_session_fuzz.py",
    "tests/jam/test_stuck_notes.py", "tests/test_hostile.py", "tests/test_model_in_the_box.py", "tests/test_package.py",
    "tests/test_part_files.py", "tests/training/", "tests/ui/", "tests/workers/",
    "tests/jam/clock/test_two_clocks.py", "tests/jam/recording/test_played_tempo.py", "tests/test_api.py",
)  # fmt: skip
SLOW_TESTS = (
    "tests/drums/test_planner.py::test_density_and_energy_move_over_the_range",
    "tests/drums/test_planner.py::test_no_seed_repeats_far_more_than_another",
    "tests/jam/clock/test_midi_clock.py::test_a_steady_clock_is_followed_from_the_second_beat_on",
    "tests/jam/clock/test_transport.py::test_whoever_follows_the_master_is_where_it_is",
    "tests/jam/output/test_scheduler.py::TestJamming::runTest",
    "tests/jam/test_session.py::test_the_bundled_model_plays_live_what_it_plays_offline",
    "tests/midi/test_clips.py::test_a_million_messages_are_held_once_however_many_clips_share_them",
    "tests/playback/test_bounce.py::test_a_loop_is_as_long_as_its_bars_and_rings_on_in_its_beginning",
    "tests/playback/test_resynthesis.py::test_griffin_lim_stands_beside_it",
)


FAST = "not system and not slow"
"""The marks that `make test-fast` asks for."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import nothing from places that `make test-fast` leaves out, above all torch and Qt."""
    if config.option.markexpr != FAST or not collection_path.is_relative_to(ROOT):
        return None
    place = collection_path.relative_to(ROOT).as_posix() + ("/" if collection_path.is_dir() else "")
    return True if place.startswith((*SYSTEM, *SLOW_PLACES)) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests `system` or `slow`, so that `make test-fast` leaves them out."""
    for item in items:
        place = item.path.relative_to(ROOT).as_posix()
        if SYSTEM_FIXTURES & set(getattr(item, "fixturenames", ())) or place.startswith(SYSTEM):
            item.add_marker(pytest.mark.system)
        if place.startswith(SLOW_PLACES) or item.nodeid.startswith(SLOW_TESTS):
            item.add_marker(pytest.mark.slow)


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
