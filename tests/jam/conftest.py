"""Jams on ports in memory and a clock that stands until it is told to go on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from musegen_daw.devices import drivers
from musegen_daw.devices.drivers import open_drivers
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.errors import PortError
from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.planning.modes import PlanSettings
from musegen_daw.jam.rig import JamRig
from musegen_daw.jam.settings import JamMode, JamSettings, RigSettings
from tests.devices.doubles import FakeRtMidi
from tests.jam.clock.link_session import FakeLink
from tests.jam.doubles import Drummer
from tests.jam.jam import Jam
from tests.jam.wires import Wire

PLAIN = JamSettings(planning=PlanSettings(fill_every_bars=0))
ALONE = JamSettings(mode=JamMode.ACCOMPANY, planning=PlanSettings(fill_every_bars=0))


def absent(api):
    raise PortError(f"{api.label} is not there.")


class Kit:
    """A sound device that keeps what it is sent."""

    name = "sound device"
    latency_seconds = 0.05
    is_lost = False

    def __init__(self, wire):
        self.wire = wire
        self.is_closed = False

    def send(self, data):
        self.wire.hear(data)

    def close(self):
        self.is_closed = True


class OpenRig:
    """A rig, its computer and its clock."""

    def __init__(self, manual_clock, library, config_dir, present, jam=PLAIN, **settings):
        self.clock, self.library = manual_clock, library
        self.directory = PortDirectory(open_drivers(library, present))
        self.drummer = Drummer()
        self.sound = Wire(manual_clock)
        self.kits = []
        self.links: list[FakeLink] = []
        settings = RigSettings(jam=jam, **{"sends_apart": False, **settings})
        try:
            self.rig = JamRig(
                settings,
                self.drummer,
                self.directory,
                clock=manual_clock,
                config_dir=config_dir,
                open_kit=self._open_kit,
                open_link=self._open_link,
            )
        except Exception:
            self.directory.close()
            raise
        manual_clock.advance()

    def _open_kit(self, drum_map, soundfont, device):
        self.kits.append(Kit(self.sound))
        return self.kits[-1]

    def _open_link(self, tempo_bpm, beats_per_bar):
        self.links.append(FakeLink(self.clock, tempo_bpm, beats_per_bar))
        return self.links[-1]

    def arrive(self, data, name="musegen in"):
        self.library.arrive(name, *data)

    def port(self, name="musegen drums"):
        """The driver's port that was opened under that name to send."""
        return next(
            each for each in self.library.open if each.peer == name and each.listed is self.library.outputs
        )

    def hears(self, name="musegen drums"):
        """What is at the other end of an output, from now on."""
        wire, port = Wire(self.clock), self.port(name)
        send = port.send_message

        def send_message(data):
            send(data)
            wire.hear(bytes(data))

        port.send_message = send_message
        return wire

    def close(self):
        self.rig.close()
        self.rig.close()
        in_use = self.directory.in_use
        self.directory.close()
        assert in_use == ()


@pytest.fixture
def clock(monkeypatch):
    clock = ManualClock(1000.0)
    # What comes in is stamped with the time of the tests.
    monkeypatch.setattr(
        drivers, "time", SimpleNamespace(perf_counter=clock.now_seconds, sleep=lambda seconds: None)
    )
    return clock


@pytest.fixture
def rigs(clock, tmp_path):
    """Opens rigs on a Linux computer in memory, or another; all are closed at the end, and nothing is left."""
    opened = []

    def open_jam(*, library=None, present=lambda api: api.key, **settings):
        library = library or FakeRtMidi("API_LINUX_ALSA")
        opened.append(OpenRig(clock, library, tmp_path / "config", present, **settings))
        return opened[-1]

    yield open_jam
    for jam in opened:
        jam.close()
    assert clock.worker_names == ()


@pytest.fixture
def jams():
    """Makes sessions, and sees to it that each is closed with all its notes ended once."""
    made: list[Jam] = []

    def make(*args, **given) -> Jam:
        made.append(Jam(*args, **given))
        return made[-1]

    yield make
    for jam in made:
        jam.close()
        jam.port.check_notes_end_once()
