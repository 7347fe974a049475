"""Rigs whose ports go and come back, whose files cannot be written, or that cannot be opened: nothing hangs."""

from __future__ import annotations

import pytest

from musegen_daw.devices import ports
from musegen_daw.errors import MidiFileError, MusegenError, PortError
from musegen_daw.jam import user_settings
from musegen_daw.jam.control.control_map import ControlMap, save_control_map
from musegen_daw.jam.events import CLOCK, START, note_on
from musegen_daw.jam.settings import ClockSource
from tests.devices.doubles import FakeRtMidi
from tests.jam.conftest import ALONE

BEAT = 0.5  # seconds at 120 BPM


def test_a_damaged_map_is_refused_before_any_port_is_opened(rigs, tmp_path) -> None:
    folder = user_settings.controls_dir(tmp_path / "config")
    save_control_map(ControlMap("bad"), folder).write_text("name = 3 = 4")
    library = FakeRtMidi("API_LINUX_ALSA")
    with pytest.raises(MusegenError, match=r"bad\.toml cannot be used"):
        rigs(control_map="bad", library=library)
    assert library.open == []


def test_a_recording_that_cannot_be_written_fails_after_all_else_is_done(rigs, tmp_path) -> None:
    jam = rigs(record_path=tmp_path / "gone" / "out.mid")
    with pytest.raises(MidiFileError, match="does not exist"):
        jam.rig.close()
    assert jam.directory.in_use == ()


def test_an_input_that_vanishes_lets_go_what_it_held_and_comes_back(rigs) -> None:
    library = FakeRtMidi("API_LINUX_ALSA", inputs=["Keys:Keys MIDI 1 20:0"])
    jam = rigs(input_names=("keys",), library=library, clock=ClockSource.MIDI, jam=ALONE)
    name = "Keys:Keys MIDI 1"

    def tick(count):
        for _ in range(count):
            jam.arrive(bytes((CLOCK,)), "Keys:Keys MIDI 1 20:0")
            jam.arrive(bytes((CLOCK,)), "Keys:Keys MIDI 1 24:0")
            jam.clock.advance(BEAT / 24)

    jam.arrive(bytes((START,)), "Keys:Keys MIDI 1 20:0")
    tick(96 + 12)
    jam.arrive(note_on(0, 48, 80), "Keys:Keys MIDI 1 20:0")
    jam.clock.advance()
    assert jam.rig.status.inputs[0].name == name
    library.inputs.clear()
    ports.attend(jam.directory)
    jam.rig._port_changed(ports.PortChange(name, jam.rig._ports.inputs[0].direction, present=False))
    assert jam.rig.status.inputs[0].is_lost
    assert jam.rig.status.message == f"The MIDI input {name!r} is gone; it reconnects when it is back."
    jam.clock.advance(2 * BEAT)
    # The bars went on without their clock.
    assert (jam.rig.status.jam.song_bar, jam.rig.status.jam.beat) == (1, 2)
    library.inputs.append("Keys:Keys MIDI 1 24:0")
    ports.attend(jam.directory)
    tick(24)
    assert not jam.rig.status.inputs[0].is_lost
    assert (jam.rig.status.jam.song_bar, jam.rig.status.jam.beat) == (1, 3)


def test_an_output_that_vanishes_gets_its_note_offs_when_it_is_back(rigs) -> None:
    library = FakeRtMidi("API_LINUX_ALSA", outputs=["Synth:Synth MIDI 1 20:0"])
    jam = rigs(output_name="synth", library=library, jam=ALONE)
    jam.rig.start()
    wire = jam.hears("Synth:Synth MIDI 1 20:0")
    jam.clock.advance(0.1 + 4 * BEAT + 0.01)
    assert wire.sounding
    library.outputs.clear()
    for change in ports.attend(jam.directory):
        jam.rig._port_changed(change)
    jam.clock.advance(1.0)
    assert jam.rig.status.outputs[0].is_lost
    library.outputs.append("Synth:Synth MIDI 1 22:0")
    for change in ports.attend(jam.directory):
        jam.rig._port_changed(change)
    assert jam.rig.status.message == "The MIDI output 'Synth:Synth MIDI 1' is back."
    back = jam.port("Synth:Synth MIDI 1 22:0")
    ended = {(data[0] & 15, data[1]) for data in back.sent if data[0] & 0xF0 == 0x80}
    assert ended >= wire.sounding
    jam.clock.advance(2.0)
    assert any(data[0] & 0xF0 == 0x90 for data in back.sent)


def test_a_rig_that_cannot_be_opened_leaves_nothing_open(rigs) -> None:
    library = FakeRtMidi("API_LINUX_ALSA")
    with pytest.raises(PortError, match="'synth'|could be opened"):
        rigs(output_name="synth", library=library, audio=True)
    assert library.open == []


def test_drums_that_come_back_later_are_not_listened_to(rigs) -> None:
    jam = rigs(jam=ALONE)
    port = jam.port()
    send = port.send_message
    jam.rig.start()

    def thru(data):
        send(data)
        jam.arrive(data)

    port.send_message = thru
    jam.clock.advance(0.1 + 16 * BEAT)
    assert "come back at 'musegen in'" in jam.rig.status.message
    heard_notes = [note for part in jam.drummer.requests[-1].parts for note in part.notes]
    jam.clock.advance(16 * BEAT)
    later = [note for part in jam.drummer.requests[-1].parts for note in part.notes]
    assert len(heard_notes) < 20
    assert later == []


def test_silence_never_raises(rigs) -> None:
    jam = rigs(jam=ALONE)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(0.12)
    assert wire.sounding
    jam.rig.silence()
    assert not wire.sounding
    jam.close()
    jam.rig.silence()
    jam.rig.start()
    assert not jam.rig.status.jam.is_playing
