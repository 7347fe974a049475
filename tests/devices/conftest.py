"""Computers of several kinds, with the ports that their drivers show."""

import pytest

from musegen_daw.devices.drivers import open_drivers
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.errors import PortError
from tests.devices.doubles import FakeRtMidi


def present(api):
    return api.key


def absent(api):
    raise PortError(f"{api.label} is not there.")


@pytest.fixture
def windows():
    return FakeRtMidi(
        "API_WINDOWS_MM",
        inputs=["Keystation 0", "loopMIDI Port 1", "loopMIDI Port 1 2"],
        outputs=["Microsoft GS Wavetable Synth 0", "loopMIDI Port 1", "loopMIDI Port 1 2"],
    )


@pytest.fixture
def linux():
    return FakeRtMidi(
        "API_LINUX_ALSA",
        inputs=["Keys:Keys MIDI 1 20:0", "Midi Through:Midi Through Port-0 14:0"],
        outputs=["Keys:Keys MIDI 1 20:0", "Midi Through:Midi Through Port-0 14:0"],
    )


@pytest.fixture
def directory_of():
    """The directory of a computer, closed at the end."""
    opened = []

    def open_directory(library, present=present):
        opened.append(PortDirectory(open_drivers(library, present)))
        return opened[-1]

    yield open_directory
    for directory in opened:
        directory.close()
