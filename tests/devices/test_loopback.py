"""Loopback drivers: known by name, used without feedback, and heard when a probe comes back."""

from contextlib import contextmanager

import pytest

from musegen_daw.devices import loopback
from musegen_daw.devices.loopback import Loopback
from musegen_daw.errors import PortError

A, B = "Default App Loopback (A)", "Default App Loopback (B)"
THROUGH = "Midi Through:Midi Through Port-0"


class Cable:
    """An output and an input, with what the way between them does to a message."""

    name = "cable"

    def __init__(self, change) -> None:
        self.change = change
        self.sent = []
        self.listeners = []

    def send(self, data):
        self.sent.append(data)
        changed = self.change(data)
        if changed is not None:
            for listener in self.listeners:
                listener(changed)

    @contextmanager
    def overheard(self, listener):
        self.listeners.append(listener)
        yield
        self.listeners.remove(listener)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("loopMIDI Port", Loopback.LOOPMIDI),
        ("LoopBe Internal MIDI", Loopback.LOOPBE),
        (A, Loopback.WINDOWS),
        ("My Loopback (b)", Loopback.WINDOWS),
        ("IAC Driver Bus 1", Loopback.IAC),
        ("Gestionnaire IAC Bus 1", Loopback.IAC),
        (THROUGH, Loopback.MIDI_THROUGH),
        ("a2j:Midi Through [14] (capture): Midi Through Port-0", Loopback.MIDI_THROUGH),
        ("Keystation (A)", None),
        ("MANIAC", None),
        ("Scarlett 2i2 Loopback 1", None),
    ],
)
def test_loopback_drivers_are_known_by_name(name, kind):
    assert loopback.kind(name) is kind


@pytest.mark.parametrize(
    ("output", "heard_at", "leads"),
    [
        ("loopMIDI Port", "loopMIDI Port", True),
        ("loopMIDI Port", "loopMIDI Port 1", False),
        (A, B, True),
        (B, A, True),
        (A, A, False),
        (A, "Another Loopback (B)", False),
        ("IAC Driver Bus 1", "IAC Driver Bus 1", True),
        ("IAC Driver Bus 1", "IAC Driver Bus 2", False),
        (THROUGH, THROUGH, True),
        ("a2j:Midi Through [14] (playback): Port-0", "a2j:Midi Through [14] (capture): Port-0", True),
        ("Keystation", "Keystation", False),
    ],
)
def test_what_comes_back_is_known_by_name(output, heard_at, leads):
    assert loopback.leads_to(output, heard_at) is leads
    if leads:
        with pytest.raises(PortError, match="the drums would answer themselves"):
            loopback.refuse_same_loop([output], ["Keystation", heard_at])
    else:
        loopback.refuse_same_loop([output], ["Keystation", heard_at])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        lambda data: data if data[0] == 0xF0 else None,
        lambda data: None if data[0] == 0xF0 else data,
        lambda data: None if data[0] == 0xF0 else bytes((0xB0, *data[1:])),
    ],
    ids=["all", "only system exclusive", "no system exclusive", "another channel"],
)
def test_a_probe_that_comes_back_is_heard(change):
    cable = Cable(change)
    assert loopback.probe(cable, [cable]) == "cable"
    assert cable.listeners == []
    with pytest.raises(PortError, match="'cable' comes back at 'cable'"):
        loopback.refuse_feedback(cable, [cable])


def test_a_probe_plays_nothing_and_is_another_each_time():
    cable = Cable(lambda data: None)
    assert loopback.probe(cable, [cable], 0) is None
    assert all(data[0] == 0xF0 or data[:2] == b"\xbf\x77" for data in cable.sent)
    first = list(cable.sent)
    loopback.refuse_feedback(cable, [cable], 0)
    assert cable.sent[len(first) :] != first


def test_the_probe_of_another_and_a_turned_knob_are_not_taken_for_it():
    other = Cable(lambda data: data)
    loopback.probe(other, [other], 0)
    cable = Cable(lambda data: other.sent.pop(0) if other.sent else None)
    assert loopback.probe(cable, [cable], 0) is None
    turned = Cable(lambda data: bytes((0xB0, 119, 5)))
    assert loopback.probe(turned, [turned], 0) is None


def test_one_windows_pair_is_enough_for_both_ways():
    wiring = loopback.wiring(["Keystation", A, B], ["Synth", A, B])
    assert (wiring.input_name, wiring.output_name) == (B, B)
    assert f"choose {A!r} both" in wiring.advice
    assert (wiring.to_program, wiring.from_program) == (A, A)
    assert not loopback.leads_to(wiring.output_name, wiring.input_name)


def test_two_loops_are_one_for_each_way():
    names = ["IAC Driver Bus 1", "IAC Driver Bus 2"]
    wiring = loopback.wiring(["Keystation", *names], names)
    assert (wiring.input_name, wiring.output_name) == ("IAC Driver Bus 1", "IAC Driver Bus 2")
    assert (wiring.to_program, wiring.from_program) == ("IAC Driver Bus 1", "IAC Driver Bus 2")
    assert "send the part to 'IAC Driver Bus 1' and take the drums from 'IAC Driver Bus 2'" in wiring.advice


@pytest.mark.parametrize(
    ("names", "platform", "said"),
    [
        (["loopMIDI Port"], "win32", "add a second port in loopMIDI"),
        (["IAC Driver Bus 1"], "darwin", "add a second bus"),
        ([], "win32", "winget install TobiasErichsen.loopMIDI"),
        ([], "darwin", "Audio MIDI Setup"),
        ([], "linux", "sudo modprobe snd-seq"),
    ],
)
def test_without_enough_loops_it_says_what_to_do(names, platform, said):
    with pytest.raises(PortError, match=said):
        loopback.wiring(names, names, platform)
