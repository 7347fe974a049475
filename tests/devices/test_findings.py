"""What is said about computers of every kind, and when one can play."""

import pytest

from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.findings import Level, diagnose, usable
from musegen_daw.devices.loopback import kind
from musegen_daw.devices.ports import PortInfo
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.devices.survey import Survey

SPEAKER = AudioDevice("Speaker", "ALSA", 48_000, True)


def survey(systems, created_on, names=(), **facts):
    """A survey with these ports, as (api, name), in both directions."""
    inputs, outputs = (
        tuple(PortInfo(name, direction, api, kind(name)) for api, name in names) for direction in Direction
    )
    return Survey(systems, created_on, inputs, outputs, **{"sound_devices": (SPEAKER,), **facts})


def said(findings, level):
    return " ".join(f"{finding.what} {finding.advice}" for finding in findings if finding.level is level)


def test_where_all_is_there_nothing_is_wrong():
    found = diagnose(survey({"ALSA": None}, "alsa", [("alsa", "Live:out")], clock_bpm={"Live:out": 120.0}))
    assert usable(found)
    assert {finding.level for finding in found} == {Level.OK}
    assert "A MIDI clock of about 120 BPM comes from 'Live:out'." in said(found, Level.OK)
    assert "can be created on ALSA" in said(found, Level.OK)


def test_without_any_midi_system_one_cannot_play():
    found = diagnose(survey({"ALSA": "ALSA is not there.", "JACK": "JACK is not there."}, None))
    assert not usable(found)
    problem = said(found, Level.PROBLEM)
    assert "No MIDI system runs on this computer. ALSA is not there. JACK is not there." in problem
    assert "clock" not in said(found, Level.NOTE)


@pytest.mark.parametrize(
    ("names", "works", "advice"),
    [
        ([], False, "install loopMIDI"),
        (["loopMIDI Port"], False, "add a second port in loopMIDI"),
        (["loopMIDI Port", "loopMIDI Port 1"], True, "take the drums from 'loopMIDI Port 1'"),
        (["Default App Loopback (A)", "Default App Loopback (B)"], True, "choose 'Default App Loopback (A)'"),
    ],
)
def test_where_no_port_can_be_created_the_way_to_the_daw_is_told(names, works, advice):
    found = diagnose(survey({"Windows MIDI": None}, None, [("winmm", name) for name in names]), "win32")
    assert usable(found) is works
    assert advice in said(found, Level.OK if works else Level.PROBLEM)


def test_programs_on_the_other_system_alone_are_named():
    names = [
        ("alsa", "Bitwig:in"), ("alsa", "Midi Through:Port-0"), ("alsa", "Keys:1"), ("jack", "ardour:MIDI 1"),
        ("jack", "system:midi_capture_1"), ("jack", "a2j:Bitwig [130] (capture): in"), ("jack", "Keys:1"),
    ]  # fmt: skip
    both = {"ALSA": None, "JACK": None}
    on_alsa = said(diagnose(survey(both, "alsa", names)), Level.NOTE)
    assert "On JACK only: ardour; the ports of this program are created on ALSA." in on_alsa
    assert "--api jack" in on_alsa
    on_jack = said(diagnose(survey(both, "jack", names)), Level.NOTE)
    assert "On ALSA only: Bitwig; the ports of this program are created on JACK." in on_jack
    assert usable(diagnose(survey(both, "alsa", names)))


def test_a_system_that_does_not_run_beside_one_that_does_is_only_noted():
    found = diagnose(survey({"ALSA": "ALSA is not there.", "JACK": None}, "jack"))
    assert usable(found)
    assert "programs and devices that are on ALSA alone" in said(found, Level.NOTE)


def test_feedback_silence_and_a_missing_clock_are_noted():
    facts = {"feedback": (("x", "y"),), "sound_devices": (), "sound_problem": "PortAudio is missing."}
    found = diagnose(survey({"ALSA": None}, "alsa", **facts))
    notes = said(found, Level.NOTE)
    assert "What is sent to 'x' comes back at 'y'." in notes
    assert "PortAudio is missing." in notes
    assert "No MIDI clock is heard" in notes
    assert usable(found)
    assert "No audio device" in said(diagnose(survey({"ALSA": None}, "alsa", sound_devices=())), Level.NOTE)
