"""A jam logs what it decides about clock, transport, plans and ports, in order."""

from musegen_daw import logs
from musegen_daw.devices import ports
from musegen_daw.jam.events import CLOCK, START, STOP
from musegen_daw.jam.settings import ClockSource
from tests.devices.doubles import FakeRtMidi
from tests.jam.conftest import ALONE
from tests.test_logs import lines_of

KEYS = "Keys:Keys MIDI 1 20:0"


def tick(jam, count):
    for _ in range(count):
        jam.arrive(bytes((CLOCK,)), KEYS)
        jam.clock.advance(0.5 / 24)


def test_a_jam_that_follows_a_clock_logs_its_decisions(rigs, tmp_path):
    path = tmp_path / "jam.log"
    library = FakeRtMidi("API_LINUX_ALSA", inputs=[KEYS])
    with logs.logging_to(path):
        jam = rigs(input_names=("keys",), library=library, clock=ClockSource.MIDI, jam=ALONE)
        jam.arrive(bytes((START,)), KEYS)
        tick(jam, 5 * 96)
        library.inputs.clear()
        for change in ports.attend(jam.directory):
            jam.rig._port_changed(change)
        jam.clock.advance(1.0)
        library.inputs.append(KEYS)
        for change in ports.attend(jam.directory):
            jam.rig._port_changed(change)
        tick(jam, 24)
        jam.arrive(bytes((STOP,)), KEYS)
        jam.clock.advance(0.1)
        jam.close()
    messages = [message for *_, message in lines_of(path)]
    expected = [
        "MIDI input 'Keys:Keys MIDI 1' opened on ALSA",
        "Clock source: 'Keys:Keys MIDI 1'",
        "Clock locked",
        "MIDI input 'Keys:Keys MIDI 1' lost",
        "Clock of 'Keys:Keys MIDI 1' lost with its port: its beat goes on for 4 s",
        "MIDI input 'Keys:Keys MIDI 1' reopened",
        "Clock stopped",
        "MIDI input 'Keys:Keys MIDI 1' closed",
    ]
    assert [message for message in messages if message in expected] == expected
    assert any(message.startswith("Transport started at beat ") for message in messages)
    assert any(message.startswith("Transport stopped at beat 2") for message in messages)
    assert [message for message in messages if message.startswith("Tempo ")] == ["Tempo 120.0 BPM"]
    assert any(message.startswith("Plan 2 asked: bars 0 to ") for message in messages)
    assert any(message.startswith("Plan 2 ready after ") for message in messages)


def test_a_jam_without_a_log_writes_nothing(rigs, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jam = rigs(jam=ALONE)
    jam.rig.start()
    jam.clock.advance(4.0)
    jam.close()
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
