"""`musegen-daw doctor` on real JACK ports, on computers made up, and with things missing."""

import json

import pytest

from musegen_daw.cli.main import main
from musegen_daw.devices.drivers import open_drivers
from musegen_daw.devices.findings import Level
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.errors import AudioError, ModelError
from musegen_daw.jam.checkup import speed
from tests.devices.doubles import FakeRtMidi

TAKES = 5
SPEAKER = AudioDevice("Speaker", "ALSA", 48_000, True)


def windows(*names):
    library = FakeRtMidi("API_WINDOWS_MM", inputs=names, outputs=names)
    return lambda only=None: PortDirectory(open_drivers(library, only=only))


@pytest.fixture
def doctor(capfd, drummer):
    def run(*args, **parts):
        given = {"list_devices": lambda: (SPEAKER,), "open_generator": drummer.open, **parts}
        code = main(["doctor", "--listen", "0", *args], **given)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_on_a_computer_with_jack_one_can_play(doctor, jack):
    code, out, err = doctor("--api", "jack")
    assert (code, err) == (0, "")
    assert out.endswith("All that is needed to play is there.\n")
    assert "ok      ports    The ports 'musegen in' and 'musegen drums' can be created on JACK." in out
    assert "ok      model    fake drummer writes a bar of drums in " in out
    assert "ok      sound    Drums can be heard on 'Speaker'" in out
    assert "note    clock    No MIDI clock is heard" in out
    facts = json.loads(doctor("--api", "jack", "--json")[1])
    assert facts["usable"] is True
    assert {finding["level"] for finding in facts["findings"]} == {"ok", "note"}
    assert (facts["created_on"], facts["clock_bpm"], facts["feedback"]) == ("jack", {}, [])


def test_feedback_between_real_ports_is_found(doctor, jack):
    with PortDirectory.open("jack") as daw:
        thru = daw.create_output("echo out")
        daw.create_input("echo in", lambda seconds, data: thru.send(data))
        for _ in range(TAKES):  # a busy computer may answer after the time that a survey takes
            facts = json.loads(doctor("--api", "jack", "--json")[1])
            if facts["feedback"]:
                break
    assert facts["feedback"] == [["echo in:echo in", "echo out:echo out"]]
    assert facts["usable"] is True


def test_without_a_midi_system_one_cannot_play_and_is_told_what_to_do(doctor, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "musegen-nobody")
    code, out, err = doctor("--api", "jack")
    assert (code, err) == (1, "")
    assert "PROBLEM MIDI     No MIDI system runs on this computer. No JACK server" in out
    assert out.endswith("Playing live will not work yet.\n")


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        (("Keys 0",), 1, "-> "),
        (("loopMIDI Port 0",), 1, "There is only one loopback port, 'loopMIDI Port'"),
        (("loopMIDI Port 0", "loopMIDI Port 1 1"), 0, "-> In the DAW send the part to 'loopMIDI Port'"),
    ],
)
def test_windows_needs_loopback_ports(doctor, names, code, said):
    found, out, _ = doctor(open_ports=windows(*names))
    assert found == code
    assert said in out


def test_a_missing_model_is_a_problem_and_missing_sound_is_none(doctor, jack, monkeypatch, tmp_path):
    def no_model(folder):
        raise ModelError(f"There is no model in {folder}: model.json is missing.")

    def no_sound():
        raise AudioError("Nothing can be played here, PortAudio is missing.")

    monkeypatch.setenv("MUSEGEN_SOUNDFONT", str(tmp_path / "none.sf2"))
    args = ("--api", "jack", "--model", str(tmp_path))
    code, out, _ = doctor(*args, list_devices=no_sound, open_generator=no_model)
    assert code == 1
    assert f"PROBLEM model    There is no model in {tmp_path}: model.json is missing." in out
    assert "note    sound    Nothing can be played here, PortAudio is missing." in out
    assert "none.sf2" in out
    code, out, _ = doctor("--api", "jack", list_devices=no_sound)
    assert code == 0


def test_a_model_that_is_too_slow_is_told_with_the_tempo_it_is_good_for():
    assert speed("lstm", 0.5).level is Level.OK
    slow = speed("lstm", 2.0)
    assert slow.level is Level.NOTE
    assert slow.what == "lstm writes a bar of drums in 2.00 s."
    assert "plans come late above 120 BPM" in slow.advice


def test_it_listens_as_long_as_asked_within_reason(doctor, jack):
    assert doctor("--api", "jack", "--listen", "0.5")[0] == 0
    assert doctor("--listen", "-1")[0] == 2
