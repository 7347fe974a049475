"""`musegen-daw ports` on real JACK ports, on a Windows computer made up, and where there is nothing."""

import json

import pytest

from musegen_daw.cli.main import main
from musegen_daw.devices.drivers import open_drivers
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.errors import AudioError
from tests.cli.doubles import one_sentence
from tests.devices.doubles import FakeRtMidi

SPEAKER = AudioDevice("Speaker", "ALSA", 48_000, True)


def windows(only=None):
    library = FakeRtMidi("API_WINDOWS_MM", inputs=["Keys 0", "loopMIDI Port 1"], outputs=["loopMIDI Port 0"])
    return PortDirectory(open_drivers(library, only=only))


@pytest.fixture
def ports(capfd):  # what the drivers themselves write counts too
    def run(*args, **parts):
        code = main(["ports", *args], **{"list_devices": lambda: (SPEAKER,), **parts})
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_real_ports_are_listed_in_both_directions(ports, jack):
    with PortDirectory.open("jack") as daw:
        daw.create_output("ardour out")
        daw.create_input("ardour in", print)
        code, out, err = ports("--api", "jack")
        assert (code, err) == (0, "")
        assert out.splitlines() == [
            "Inputs, for --in:",
            "  ardour out:ardour out  jack",
            "Outputs, for --out:",
            "  ardour in:ardour in  jack",
            "Sound devices:",
            "  Speaker  ALSA, 48000 Hz  (default)",
            "Ports of its own are created on JACK.",
        ]
        facts = json.loads(ports("--api", "jack", "--json")[1])
    port = {"name": "ardour out:ardour out", "direction": "input", "api": "jack", "loopback": None}
    assert facts["inputs"] == [port]
    assert [each["name"] for each in facts["outputs"]] == ["ardour in:ardour in"]
    assert (facts["creates_ports"], facts["created_on"], facts["systems"]) == (True, "jack", {"JACK": None})
    assert facts["sound_devices"][0]["name"] == "Speaker"


def test_without_a_midi_system_it_lists_nothing_and_says_why_once(ports, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "musegen-nobody")
    code, out, err = ports("--api", "jack")
    assert code == 0
    assert "Inputs, for --in: none" in out
    assert err.count("\n") == 1
    assert err.startswith("Note: No MIDI system runs on this computer. No JACK server 'musegen-nobody' runs")


def test_loopbacks_are_named_where_no_port_can_be_created(ports):
    code, out, _ = ports(open_ports=windows)
    assert code == 0
    assert "  loopMIDI Port  winmm, loopback (loopMIDI)\n" in out
    assert "cannot be created here; 'musegen-daw doctor' tells what to do" in out
    facts = json.loads(ports("--json", open_ports=windows)[1])
    assert [port["loopback"] for port in facts["inputs"]] == [None, "loopMIDI"]
    assert not facts["creates_ports"]


def test_a_missing_portaudio_is_a_note(ports):
    def list_devices():
        raise AudioError("Nothing can be played here, PortAudio is missing.")

    code, out, err = ports(open_ports=windows, list_devices=list_devices)
    assert code == 0
    assert "Sound devices: none" in out
    assert err == "Note: Nothing can be played here, PortAudio is missing.\n"


def test_a_midi_system_of_another_computer_is_one_sentence(ports, jack):
    code, out, err = ports("--api", "winmm")
    assert (code, out) == (1, "")
    assert "no MIDI system 'winmm' here" in one_sentence(err)
