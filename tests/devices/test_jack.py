"""Real ports: a JACK server routes what this program and another one, played by the test, send each other."""

import random
import threading
import time
from contextlib import contextmanager
from itertools import pairwise

import pytest

from musegen_daw.devices import loopback
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import PortDirectory, PortWatcher
from musegen_daw.devices.survey import listen
from musegen_daw.errors import PortError
from tests.apart import run_apart
from tests.jack_server import once_there

WAIT_SECONDS = 60
TAKES = 5


class Heard:
    """What came in, and the wait for it."""

    def __init__(self) -> None:
        self.events = []
        self._changed = threading.Condition()

    def __call__(self, seconds, data):
        with self._changed:
            self.events.append((seconds, data))
            self._changed.notify_all()

    @property
    def data(self):
        return [data for _, data in self.events]

    def has(self, messages, wait_seconds):
        with self._changed:
            return self._changed.wait_for(lambda: messages == self.data, wait_seconds)

    def wait_for(self, *messages):
        with self._changed:
            assert self._changed.wait_for(
                lambda: list(messages) == self.data[-len(messages) :], WAIT_SECONDS
            ), self.data


@pytest.fixture
def app(jack):
    with PortDirectory.open("jack") as directory:
        yield directory


@pytest.fixture
def daw(jack):
    with PortDirectory.open("jack") as directory:
        yield directory


def connect(sender, heard, marker=b"\xbf\x03\x01"):
    """Send until the first message comes through: a new connection takes effect in a later period."""
    end = time.monotonic() + WAIT_SECONDS
    while marker not in heard.data:
        assert time.monotonic() < end, "nothing came through"
        sender.send(marker)
        time.sleep(0.02)
    time.sleep(0.1)
    heard.events.clear()


def arrives(output, heard, sent, expected):
    """Whether `expected` is heard when `sent` is sent; said again where a busy computer's server drops some."""
    for _ in range(10):
        heard.events.clear()
        # A period of JACK has room for some eighty messages.
        for first in range(0, len(sent), 16):
            for message in sent[first : first + 16]:
                output.send(message)
            time.sleep(0.02)
        if heard.has(expected, 2):
            return True
    return False


@contextmanager
def sending(output, *messages):
    """Another program that sends without end."""
    ended = threading.Event()

    def send():
        while not ended.is_set():
            for message in messages:
                output.send(message)
            ended.wait(0.002)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_notes_go_through_in_both_directions_with_the_time_of_their_arrival(app, daw):
    heard, drummed = Heard(), Heard()
    app.create_input("musegen in", heard)
    drums = app.create_output("musegen drums")
    assert [port.name for port in daw.ports(Direction.OUTPUT)] == ["musegen in:musegen in"]
    assert [port.name for port in daw.ports(Direction.INPUT)] == ["musegen drums:musegen drums"]
    assert app.ports(Direction.INPUT) == app.ports(Direction.OUTPUT) == ()
    keys = once_there(lambda: daw.open_output("musegen in"))
    once_there(lambda: daw.open_input("musegen drums", drummed))
    connect(keys, heard)
    connect(drums, drummed)
    before = time.perf_counter()
    notes = [bytes((0x90, pitch, 100)) for pitch in range(40, 80)]
    assert arrives(keys, heard, notes, notes)
    assert arrives(drums, drummed, notes, notes)
    stamps = [seconds for seconds, _ in heard.events]
    assert before < stamps[0]
    assert stamps == sorted(stamps)
    assert stamps[-1] < time.perf_counter()


def test_floods_are_left_out_and_a_clock_comes_only_where_it_is_wanted(app, daw):
    played, timed = Heard(), Heard()
    app.create_input("musegen in", played)
    app.create_input("musegen clock", timed, clock=True)
    names = "musegen in", "musegen clock"
    outputs = [once_there(lambda name=name: daw.open_output(name)) for name in names]
    connect(outputs[0], played)
    connect(outputs[1], timed)
    end = b"\x90\x3c\x64"
    clock = [b"\xfa", *[b"\xf8"] * 24, b"\xfc", b"\xf2\x01\x02", b"\xfb"]
    flood = [*[b"\xfe"] * 300, *clock, b"\xf0\x01\x02\xf7", b"\xf1\x10", b"\xff", end]
    assert arrives(outputs[0], played, flood, [end])
    assert arrives(outputs[1], timed, flood, [*clock, end])


BEGINNINGS = b"\xf0\x01\x02\x03", b"\xf0", b"\xf0\x7e\x90\x24", b"\xf0\x01\xf0"
PLAYED = [b"\xfa", *[b"\xf8"] * 6, b"\x90\x3c\x64", b"\xf8", b"\x80\x3c\x00", b"\xfc"]


@pytest.mark.parametrize("cut", BEGINNINGS, ids=bytes.hex)
def test_after_a_sysex_without_its_end_all_else_is_heard(app, daw, cut):
    heard = Heard()
    app.create_input("musegen in", heard, clock=True)
    keys = once_there(lambda: daw.open_output("musegen in"))
    connect(keys, heard)
    assert arrives(keys, heard, [cut, *PLAYED], PLAYED)


def test_an_input_of_another_program_is_healed_of_a_cut_sysex_too(app, daw):
    heard = Heard()
    keys = daw.create_output("keys")
    once_there(lambda: app.open_input("keys", heard, clock=True))
    connect(keys, heard)
    assert arrives(keys, heard, [BEGINNINGS[0], *PLAYED], PLAYED)


def test_after_random_bytes_a_start_is_heard(app, daw):
    chance = random.Random(7)
    heard = Heard()
    app.create_input("musegen in", heard, clock=True)
    keys = once_there(lambda: daw.open_output("musegen in"))
    connect(keys, heard)
    for _ in range(20):
        # Whatever it is, the driver sends it as a SysEx.
        keys.send(b"\xf0" + bytes(chance.randrange(256) for _ in range(chance.randrange(40))))
        time.sleep(0.005)
    keys.send(BEGINNINGS[0])
    assert arrives(keys, heard, PLAYED, PLAYED)


def test_a_sysex_that_was_cut_moves_no_later_time(app, daw):
    heard = Heard()
    app.create_input("musegen in", heard, clock=True)
    keys = once_there(lambda: daw.open_output("musegen in"))
    connect(keys, heard)
    for _ in range(10):
        keys.send(BEGINNINGS[0])
        for _ in range(3):
            time.sleep(0.004)
            keys.send(b"\xf8")
    time.sleep(0.1)
    for _ in range(TAKES):
        heard.events.clear()
        before = time.perf_counter()
        keys.send(b"\xfa")
        if heard.has([b"\xfa"], 2):
            break
    assert before < heard.events[0][0] < time.perf_counter()


def test_a_port_that_vanishes_comes_back_by_name(app, daw):
    heard = Heard()
    changes = Heard()
    instrument = daw.create_output("synth")
    once_there(lambda: app.open_input("synth", heard))
    connect(instrument, heard)
    with PortWatcher(app, lambda change: changes(0, change.present)):
        instrument.close()
        changes.wait_for(False)
        instrument = daw.create_output("synth")
        changes.wait_for(False, True)
        connect(instrument, heard)


def test_an_output_whose_port_has_vanished_refuses_until_it_is_back(app, daw):
    changes = Heard()
    sampler = daw.create_input("sampler", print)
    out = once_there(lambda: app.open_output("sampler"))
    with PortWatcher(app, lambda change: changes(0, change.present)):
        sampler.close()
        changes.wait_for(False)
        with pytest.raises(PortError, match="'sampler:sampler' is gone"):
            out.send(b"\x90\x24\x64")
        back = Heard()
        daw.create_input("sampler", back)
        changes.wait_for(False, True)
        connect(out, back)


def test_a_daw_that_sends_back_what_it_gets_is_heard(app, daw):
    way_in = app.create_input("musegen in", Heard())
    drums = app.create_output("musegen drums")
    loopback.refuse_feedback(drums, [way_in])
    thru = once_there(lambda: daw.open_output("musegen in"))
    once_there(lambda: daw.open_input("musegen drums", lambda seconds, data: thru.send(data)))
    with pytest.raises(PortError, match="'musegen drums' comes back at 'musegen in'"):
        loopback.refuse_feedback(drums, [way_in], wait_seconds=WAIT_SECONDS)


def test_a_second_musegen_takes_names_of_its_own(app, daw):
    assert app.create_output("musegen drums").name == "musegen drums"
    assert daw.create_output("musegen drums").name == "musegen drums 2"


def test_closing_in_the_middle_of_a_flood_neither_hangs_nor_lets_anything_through(app, daw):
    for _ in range(5):
        heard = Heard()
        port = app.create_input("musegen in", heard)
        keys = once_there(lambda: daw.open_output("musegen in"))
        connect(keys, heard)
        with sending(keys, *[b"\x90\x3c\x64"] * 20):
            heard.wait_for(b"\x90\x3c\x64")
            port.close()
            count = len(heard.events)
            time.sleep(0.02)
            assert len(heard.events) == count
        keys.close()


def test_a_survey_hears_clocks_and_feedback(app, daw):
    clock = daw.create_output("metronome")
    thru = daw.create_output("echo out")
    daw.create_input("echo in", lambda seconds, data: thru.send(data))
    with sending(clock, b"\xf8"):
        for _ in range(TAKES):  # a busy computer may answer after the time that a survey takes
            tempos, feedback = listen(app)
            if tempos and feedback:
                break
    assert list(tempos) == ["metronome:metronome"]
    assert tempos["metronome:metronome"] > 0
    assert feedback == (("echo in:echo in", "echo out:echo out"),)
    assert app.in_use == ()


def test_ports_survive_the_end_of_the_server_and_the_drivers_keep_silent():
    said, stderr = run_apart("tests.devices.jack_restart")
    assert said["without a server"].startswith("No MIDI system runs on this computer. ")
    assert said["changes"] == [False, False, True, True]
    assert said["sent while away"] == "The MIDI output 'musegen drums' is gone."
    assert said["heard after"] == [[0x90, 60, 100]]
    assert stderr == ""


def test_clicks_are_heard_from_the_sound_device_when_they_are_due(jack):
    for _ in range(TAKES):
        said, stderr = run_apart("tests.devices.jack_sound")
        assert stderr == ""
        # The driver's times jitter with what else the computer does; a block more or less is heard as in time.
        slack = (2 + said["underflows"]) * 256
        errors = [abs(later - earlier - said["spacing"]) for earlier, later in pairwise(said["at"])]
        if said["clicks"] == said["wanted clicks"] and max(errors) < slack:
            break
    assert said["clicks"] == said["wanted clicks"]
    assert max(errors) < slack


def test_a_program_that_looked_for_sound_devices_outlives_the_server():
    assert run_apart("tests.devices.jack_outlived") == (["JACK Audio Connection Kit"], "")
