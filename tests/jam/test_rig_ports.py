"""A jam gets its ports by name, by creating them, or from a loopback driver, and never one that leads back."""

import pytest

from musegen_daw.errors import PortError
from musegen_daw.jam.settings import ClockSource
from tests.devices.doubles import FakeRtMidi
from tests.jam.conftest import absent


def windows(*ports):
    return FakeRtMidi("API_WINDOWS_MM", inputs=["Keys 0", *ports], outputs=["Wavetable 0", *ports])


def test_loopback_ports_stand_for_own_ones_that_cannot_be_created(rigs):
    jam = rigs(library=windows("loopMIDI Port 1", "loopMIDI Port 1 2"))
    status = jam.rig.status
    assert (status.inputs[0].name, status.outputs[0].name) == ("loopMIDI Port", "loopMIDI Port 1")
    assert jam.rig.advice.startswith("In the DAW send the part to 'loopMIDI Port'")


def test_without_a_loopback_it_says_what_to_install(rigs, monkeypatch):
    monkeypatch.setattr("musegen_daw.devices.loopback.sys.platform", "win32")
    with pytest.raises(PortError, match="load ALSA|install loopMIDI"):
        rigs(library=windows())


def test_without_any_midi_system_it_says_why(rigs):
    with pytest.raises(PortError, match="No MIDI system runs on this computer. ALSA is not there."):
        rigs(present=absent)


def test_named_ports_are_opened_where_none_can_be_created(rigs):
    jam = rigs(library=windows(), input_names=("keys",), output_name="wave")
    assert [port.name for port in (*jam.rig.status.inputs, *jam.rig.status.outputs)] == ["Keys", "Wavetable"]


def test_where_the_drums_are_heard_no_output_is_needed(rigs):
    jam = rigs(library=windows(), input_names=("keys",), audio=True)
    assert [port.name for port in jam.rig.status.outputs] == ["sound device"]
    assert "on the sound device alone" in jam.rig.advice


def test_several_inputs_are_heard_each_under_its_name(rigs):
    library = FakeRtMidi("API_LINUX_ALSA", inputs=["Bass:Bass 1 20:0", "Keys:Keys 1 24:0"])
    jam = rigs(library=library, input_names=("bass", "keys", "musegen in"))
    jam.rig.start()
    jam.clock.advance(0.5)
    for name in ("Bass:Bass 1 20:0", "Keys:Keys 1 24:0", "musegen in"):
        jam.arrive(b"\x90\x30\x50", name)
    jam.clock.advance(2.5)
    assert {part.name for part in jam.drummer.requests[-1].parts} == {
        "Bass:Bass 1",
        "Keys:Keys 1",
        "musegen in",
    }
    assert all(port.active_seconds is not None for port in jam.rig.status.inputs)


def test_one_input_twice_is_refused(rigs):
    library = FakeRtMidi("API_LINUX_ALSA", inputs=["Bass:Bass 1 20:0"])
    with pytest.raises(PortError, match="named twice"):
        rigs(library=library, input_names=("bass", "Bass:Bass 1"))
    assert library.open == []


def test_an_output_that_leads_back_by_its_name_is_refused(rigs):
    library = windows("loopMIDI Port 1")
    with pytest.raises(PortError, match="the drums would answer themselves"):
        rigs(library=library, input_names=("loopMIDI Port",), output_name="loopMIDI Port")
    assert library.open == []


def test_an_output_that_leads_back_by_any_way_is_refused(rigs):
    library = FakeRtMidi("API_LINUX_ALSA", inputs=["Keys 20:0"], outputs=["Synth 24:0"])
    library.leads_to["Synth 24:0"] = "Keys 20:0"
    with pytest.raises(PortError, match="'Synth' comes back at 'Keys'"):
        rigs(library=library, input_names=("keys",), output_name="synth")
    assert library.open == []


def test_clock_is_let_through_only_where_it_is_followed(rigs):
    def ignored(jam):
        port = next(each for each in jam.library.open if each.peer == "musegen in")
        return "timing" in port.ignored

    assert ignored(rigs())
    assert not ignored(rigs(clock=ClockSource.MIDI))
