"""Names, filters, errors and hot-plug, on drivers in memory."""

import time

import pytest

from musegen_daw.devices.drivers import Direction, open_drivers
from musegen_daw.devices.loopback import Loopback
from musegen_daw.devices.ports import PortChange, PortDirectory, PortWatcher, attend
from musegen_daw.errors import PortError
from tests.devices.conftest import absent
from tests.devices.doubles import FakeRtMidi, FakeRtMidiError

WAIT_SECONDS = 30


def test_names_stay_the_same_when_other_ports_come_and_go(directory_of, windows, linux):
    names = [port.name for port in directory_of(windows).ports(Direction.INPUT)]
    assert names == ["Keystation", "loopMIDI Port", "loopMIDI Port 1"]
    names = [port.name for port in directory_of(linux).ports(Direction.OUTPUT)]
    assert names == ["Keys:Keys MIDI 1", "Midi Through:Midi Through Port-0"]
    del windows.inputs[0]
    windows.inputs[:] = ["loopMIDI Port 0"]
    assert directory_of(windows).ports(Direction.INPUT)[0].name == "loopMIDI Port"


def test_twins_are_numbered_and_loopbacks_recognised(directory_of, linux):
    linux.inputs.append("Keys:Keys MIDI 1 24:0")
    ports = directory_of(linux).ports(Direction.INPUT)
    assert [port.name for port in ports][-1] == "Keys:Keys MIDI 1 #2"
    assert [port.loopback for port in ports] == [None, Loopback.MIDI_THROUGH, None]
    assert {port.api for port in ports} == {"alsa"}


def test_a_port_is_found_by_name_or_by_a_part_of_it(directory_of, windows):
    directory = directory_of(windows)
    for name in ("Keystation", "keystation", "KEYS"):
        assert directory.open_input(name, print).name == "Keystation"
    assert directory.open_output("loopMIDI Port").name == "loopMIDI Port"
    with pytest.raises(PortError, match=r"no MIDI input 'Moog'; there are: Keystation, loopMIDI Port"):
        directory.open_input("Moog", print)
    with pytest.raises(PortError, match="Several MIDI inputs .* give more of the name"):
        directory.open_input("loop", print)


def test_messages_are_stamped_on_arrival_and_filtered_before_they_are_queued(directory_of, windows):
    directory = directory_of(windows)
    played, timed = [], []
    directory.open_input("Keystation", lambda seconds, data: played.append((seconds, data)))
    directory.open_input("loopMIDI Port 1", lambda seconds, data: timed.append(data), clock=True)
    before = time.perf_counter()
    clock = [(0xF8,), (0xFA,), (0xFB,), (0xFC,), (0xF2, 1, 2)]
    for message in [
        (0x90, 60, 100), (0xF0, 1, 0xF7), (0xFE,), (0xF1, 3), (0xFF,), *clock, (0x80, 60, 0), (0xC0, 5),
    ]:  # fmt: skip
        windows.arrive("Keystation 0", *message)
        windows.arrive("loopMIDI Port 1 2", *message)
    after = time.perf_counter()
    assert [data for _, data in played] == [b"\x90\x3c\x64", b"\x80\x3c\x00", b"\xc0\x05"]
    assert all(before <= seconds <= after for seconds, _ in played)
    assert timed == [b"\x90\x3c\x64", *(bytes(each) for each in clock), b"\x80\x3c\x00", b"\xc0\x05"]


def test_nothing_is_received_after_closing_and_the_callback_goes_first(directory_of, windows):
    directory = directory_of(windows)
    received = []
    port = directory.open_input("Keystation", lambda seconds, data: received.append(data))
    driver_port = windows.open[-1]
    arrived = driver_port.callback
    port.close()
    port.close()
    assert windows.log == ["cancel", "close", "delete"]
    arrived(([0x90, 60, 100], 0.0), None)  # was on its way
    assert received == []
    assert directory.in_use == ()


def test_what_alsa_joins_to_a_sysex_that_was_cut_is_heard(directory_of, linux):
    heard, overheard = [], []
    directory = directory_of(linux)
    port = directory.open_input("Keys", lambda seconds, data: heard.append(data), clock=True)
    cut, played = (0xF0, 1, 2, 3), ((0xFA,), (0x90, 60, 100))
    for message in played:
        # As long as SysEx is left out by the driver it waits for no end of one.
        linux.arrive("Keys:Keys MIDI 1 20:0", *cut)
        linux.arrive("Keys:Keys MIDI 1 20:0", *message)
    with port.overheard(overheard.append):
        for message in played:
            linux.arrive("Keys:Keys MIDI 1 20:0", *cut, *message)
    assert heard == [bytes(message) for message in played] * 2
    assert overheard == [bytes(message) for message in played]


def test_a_client_that_a_driver_refuses_at_first_is_asked_for_again(directory_of, linux, monkeypatch):
    refusals = [FakeRtMidiError("not now")] * 2
    make = linux.MidiIn

    def refuse_at_first(*arguments):
        if refusals:
            raise refusals.pop()
        return make(*arguments)

    monkeypatch.setattr(linux, "MidiIn", refuse_at_first)
    assert directory_of(linux).open_input("Keys", lambda seconds, data: None).name == "Keys:Keys MIDI 1"
    refusals += [FakeRtMidiError("not ever")] * 100
    with pytest.raises(PortError, match="cannot be used: not ever"):
        directory_of(linux).create_input("musegen in", lambda seconds, data: None)


def test_a_created_port_takes_a_free_name_and_is_not_listed(directory_of, linux):
    linux.inputs.append("musegen drums:musegen drums 130:0")
    linux.outputs.append("musegen in:musegen in 129:0")
    directory = directory_of(linux)
    assert directory.creates_ports
    assert directory.created_on() == "alsa"
    port = directory.create_input("musegen in", print)
    assert port.name == linux.open[-1].client == linux.open[-1].peer == "musegen in 2"
    linux.outputs += ["musegen in 2:musegen in 2 131:0", "musegen-daw:Keys 132:0", "musegen-daw-01:x 133:0"]
    names = [each.name for each in directory.ports(Direction.OUTPUT)]
    assert names == ["Keys:Keys MIDI 1", "Midi Through:Midi Through Port-0", "musegen in:musegen in"]


def test_where_no_port_can_be_created_it_says_what_to_install(directory_of, windows, monkeypatch):
    directory = directory_of(windows)
    assert not directory.creates_ports
    assert directory.problem() is None
    with pytest.raises(PortError, match="can be created"):
        directory.create_output("musegen drums")


def test_without_any_midi_system_it_opens_and_says_so_in_one_sentence(directory_of):
    directory = directory_of(FakeRtMidi("API_LINUX_ALSA", "API_UNIX_JACK"), absent)
    assert directory.ports(Direction.INPUT) == ()
    sentence = "No MIDI system runs on this computer. ALSA is not there. JACK is not there."
    assert directory.problem() == sentence
    for use in (lambda: directory.create_output("x"), lambda: directory.open_input("x", print)):
        with pytest.raises(PortError) as error:
            use()
        assert str(error.value) == sentence


def test_another_system_than_the_first_can_be_asked_for():
    library = FakeRtMidi("API_LINUX_ALSA", "API_UNIX_JACK")
    assert PortDirectory(open_drivers(library, lambda api: api.key)).created_on() == "alsa"
    assert PortDirectory(open_drivers(library, lambda api: api.key, "jack")).created_on() == "jack"
    with pytest.raises(PortError, match="no MIDI system 'winmm' here; python-rtmidi knows alsa, jack"):
        open_drivers(library, lambda api: api.key, "winmm")


def test_a_port_that_another_program_holds_is_told(directory_of, windows):
    windows.taken.add("Keystation 0")
    directory = directory_of(windows)
    with pytest.raises(PortError, match="'Keystation' cannot be opened; another program may hold it"):
        directory.open_input("Keystation", print)
    assert directory.in_use == ()
    assert windows.open == []


def test_a_vanished_port_comes_back_by_name_under_another_number(directory_of, linux):
    directory = directory_of(linux)
    received = []
    way_in = directory.open_input("Keys", lambda seconds, data: received.append(data))
    way_out = directory.open_output("Keys")
    assert attend(directory) == ()
    linux.inputs.pop(0)
    linux.outputs.pop(0)
    lost = [PortChange("Keys:Keys MIDI 1", way, False) for way in (Direction.INPUT, Direction.OUTPUT)]
    assert list(attend(directory)) == lost
    assert way_in.is_lost
    assert attend(directory) == ()
    with pytest.raises(PortError, match="'Keys:Keys MIDI 1' is gone"):
        way_out.send(b"\x90\x24\x64")
    linux.inputs.append("Keys:Keys MIDI 1 28:0")
    linux.outputs.append("Keys:Keys MIDI 1 28:0")
    assert [change.present for change in attend(directory)] == [True, True]
    linux.arrive("Keys:Keys MIDI 1 28:0", 0x90, 60, 100)
    assert received == [b"\x90\x3c\x64"]
    way_out.send(b"\x90\x24\x64")
    assert linux.open[-1].sent == [b"\x90\x24\x64"]


def test_a_port_replaced_between_two_looks_is_opened_anew(directory_of, linux):
    directory = directory_of(linux)
    port = directory.open_input("Keys", print)
    linux.inputs[0] = "Keys:Keys MIDI 1 99:0"
    assert [change.present for change in (*attend(directory), *attend(directory))] == [False, True]
    assert not port.is_lost
    assert linux.open[-1].peer == "Keys:Keys MIDI 1 99:0"


def test_when_the_midi_system_starts_anew_all_is_closed_before_anything_is_opened(directory_of):
    library = FakeRtMidi("API_UNIX_JACK", outputs=["synth:in"])
    server = ["first"]
    directory = directory_of(library, lambda api: server[0] if server[0] else absent(api))
    drums, synth = directory.create_output("musegen drums"), directory.open_output("synth")
    server[0] = ""
    assert [change.present for change in attend(directory)] == [False, False]
    assert library.open == []
    server[0] = "second"
    assert [change.present for change in attend(directory)] == [True, True]
    old = list(library.open)
    server[0] = "third"
    directory.ports(Direction.OUTPUT)
    assert library.open == []
    assert drums.is_lost
    assert [change.present for change in (*attend(directory), *attend(directory))] == [
        False,
        False,
        True,
        True,
    ]
    assert not {*map(id, old)} & {*map(id, library.open)}
    for port in (drums, synth):
        port.send(b"\x90\x24\x64")


def test_the_watcher_notices_by_itself_and_leaves_no_thread(directory_of, linux):
    import threading

    before = set(threading.enumerate())
    directory = directory_of(linux)
    directory.open_input("Keys", print)
    changed = threading.Condition()
    changes = []

    def note(change):
        with changed:
            changes.append(change.present)
            changed.notify_all()

    with PortWatcher(directory, note, poll_seconds=0.01) as watcher:
        name = linux.inputs.pop(0)
        with changed:
            assert changed.wait_for(lambda: changes == [False], WAIT_SECONDS)
        linux.inputs.append(name)
        with changed:
            assert changed.wait_for(lambda: changes == [False, True], WAIT_SECONDS)
        watcher.close()
        assert set(threading.enumerate()) <= before
    directory.close()
    assert linux.open == []


def test_an_overheard_port_hears_all_and_only_as_long_as_asked(directory_of, windows):
    received, heard = [], []
    port = directory_of(windows).open_input("Keystation", lambda seconds, data: received.append(data))
    with port.overheard(heard.append):
        windows.arrive("Keystation 0", 0xF0, 1, 2, 0xF7)
        windows.arrive("Keystation 0", 0x90, 1, 2)
    windows.arrive("Keystation 0", 0xF0, 1, 2, 0xF7)
    assert heard == [b"\xf0\x01\x02\xf7", b"\x90\x01\x02"]
    assert received == [b"\x90\x01\x02"]
    assert windows.open[-1].ignored == {"sysex", "timing", "active_sense"}
