"""Hearing a clip: rendered to the sound device, sent to a MIDI port, looped, alone, and without either."""

import pytest

from musegen_daw.devices import drivers
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import Tempo, TimeMap
from musegen_daw.playback.player import Player
from tests.cli.doubles import part
from tests.devices.doubles import FakeRtMidi
from tests.playback.doubles import FakeSoundDevice
from tests.ui.doubles import make_context


@pytest.fixture
def device():
    return FakeSoundDevice()


@pytest.fixture
def clip_path(tmp_path):
    """Two bars, which are soon rendered."""
    path = tmp_path / "short.mid"
    write_midi(Song((part(bars=2, ppq=480),), TimeMap(480, (Tempo(0, 250_000),))), path)
    return path


@pytest.fixture
def audible(make_hands, tmp_path, clip_path, device):
    """A panel with a sound device, a clip and one kick."""
    player = Player(library=device)
    hands = make_hands(make_context(tmp_path, player=lambda: player))
    hands.open(clip_path)
    hands.click(0, 480)
    yield hands
    hands.panel.close_work()
    player.close()


def play(hands):
    hands.panel.play_pressed()
    listening = hands.panel.listening
    hands.until(lambda: listening._deck is not None and listening._deck.is_playing)
    listening._player.wait()
    return listening


def test_parts_and_drums_are_rendered_and_played(audible, device):
    listening = play(audible)
    assert [source.name for source in listening._deck.sources] == ["part", "drums"]
    for _ in range(60):
        device.streams[-1].block()
    audible.panel.transport.beat()
    ticks = audible.grid.playhead_ticks
    assert ticks is not None
    assert ticks > 0
    assert audible.panel.view.actions.play.text() == "Stop"
    audible.panel.play_pressed()
    assert not listening._deck.is_playing
    assert audible.panel.view.actions.play.text() == "Play"


def test_an_edit_is_rendered_again_while_it_plays_and_the_part_is_not(audible):
    listening = play(audible)
    part, drums = listening._deck.sources
    audible.click(1, 960)
    audible.until(lambda: listening._deck.sources[1] is not drums and listening._job is None)
    assert listening._deck.sources[0].audio is part.audio
    assert listening._deck.is_playing


def test_it_is_heard_alone_from_a_bar_on_and_round_and_round(audible, device):
    listening = play(audible)
    view = audible.panel.view
    view.listen.hears.chosen.emit("drums")
    assert {name: (strip.solo, strip.muted) for name, strip in listening._deck._strips.items()} == {
        "part": (False, True),
        "drums": (True, False),
    }
    audible.panel.transport.loop_bars(1, 2)
    assert view.listen.loop.isChecked()
    start = audible.clip.time_map.seconds_at(audible.clip.bars[1].start_ticks)
    end = audible.clip.time_map.seconds_at(audible.clip.bars[1].end_ticks)
    audible.panel.transport.go_to(audible.clip.bars[1].start_ticks)
    for _ in range(600):
        device.streams[-1].block()
        assert start - 0.1 <= listening._deck.position_seconds <= end
    view.listen.loop.click()
    assert listening._deck._orders.loop is None


def test_at_the_end_it_stops(audible, device):
    listening = play(audible)
    audible.panel.transport.go_to(audible.clip.end_ticks - 10)
    while listening._deck.is_playing:
        device.streams[-1].block()
    audible.panel.transport.beat()
    assert not listening.is_playing


def test_a_device_that_refuses_is_said(audible, device):
    device.refuses = "device busy"
    audible.panel.play_pressed()
    listening = audible.panel.listening
    audible.until(lambda: listening._player is not None and bool(listening._player.trouble))
    audible.until(lambda: listening._job is None)
    audible.panel.transport.beat()
    assert audible.messages[-1][0] == "bad"
    assert "device busy" in audible.messages[-1][1]
    assert not listening.is_playing


def test_without_a_sound_device_it_is_said(hands):
    hands.panel.play_pressed()
    hands.until(lambda: "bad" in [level for level, _ in hands.messages])
    assert hands.messages[-1][1].startswith("Nothing can be played")
    assert hands.panel.view.actions.play.text() == "Play"


def test_another_clip_begins_at_its_start(audible, clip_path):
    listening = play(audible)
    audible.panel.transport.loop_bars(0, 1)
    audible.open(clip_path)
    assert not listening.is_playing
    assert not audible.panel.view.listen.loop.isChecked()
    assert listening.position_ticks == 0


@pytest.fixture
def library():
    return FakeRtMidi("API_LINUX_ALSA", outputs=["Sampler"])


@pytest.fixture
def with_ports(make_hands, tmp_path, clip_path, library):
    directory = PortDirectory(drivers.open_drivers(library, lambda api: api.key))
    hands = make_hands(make_context(tmp_path, ports=lambda: directory))
    hands.open(clip_path)
    hands.click(0, 0)
    yield hands
    hands.panel.close_work()
    directory.close()


def test_through_a_midi_port_the_notes_are_sent_and_ended(with_ports, library):
    hands = with_ports
    hands.panel.view.listen.refresh()
    hands.until(lambda: hands.panel.view.listen.output.findData("Sampler") >= 0)
    hands.panel.view.listen.output_chosen.emit("Sampler")
    hands.panel.view.listen.hears.chosen.emit("drums")
    hands.panel.play_pressed()
    hands.until(lambda: any(port.sent for port in library.open))
    (port,) = library.open
    assert port.sent[0] == bytes((0x99, 36, 96))
    hands.panel.play_pressed()
    assert port.sent[-1][:2] == bytes((0x89, 36))
    hands.panel.view.listen.output_chosen.emit("")
    assert library.open == []
