"""Playback of a clip through the sound device and a MIDI port, looped, solo, and without either."""

import numpy as np
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
def player(device):
    made = Player(library=device)
    yield made
    made.close()


@pytest.fixture
def audible(open_page, tmp_path, clip_path, player):
    """A page with a sound device, a clip and one kick."""
    page = open_page(make_context(tmp_path, player=lambda: player))
    page.open(clip_path)
    page.click_cell(0, 480)
    yield page
    page.panel.close_work()


def play(page, player):
    page.click("play")
    page.until(lambda: player.deck is not None and player.deck.is_playing)
    player.wait()


def test_parts_and_drums_are_rendered_and_played(audible, player, device):
    play(audible, player)
    assert [source.name for source in player.deck.sources] == ["part", "drums"]
    for _ in range(60):
        device.streams[-1].block()
    audible.until(lambda: (audible.grid.playhead_ticks or 0) > 0)
    assert audible.text("play") == "Stop"
    audible.click("play")
    assert not player.deck.is_playing
    assert audible.text("play") == "Play"


def test_an_edit_is_rendered_again_while_it_plays_and_the_part_is_not(audible, player):
    play(audible, player)
    part, drums = player.deck.sources
    audible.click_cell(1, 960)
    audible.until(lambda: player.deck.sources[1] is not drums and audible.text("play") == "Stop")
    assert player.deck.sources[0].audio is part.audio
    assert player.deck.is_playing


def test_the_drums_are_heard_alone(audible, player, device):
    audible.click("hear-drums")
    play(audible, player)
    before_the_kick = np.concatenate([device.streams[-1].block() for _ in range(15)])
    assert not before_the_kick.any()
    audible.click("hear-both")
    assert np.concatenate([device.streams[-1].block() for _ in range(5)]).any()


def test_bars_are_looped_and_left(audible, player, device):
    play(audible, player)
    audible.loop_bars(1, 2)
    assert audible.is_checked("loop")
    start, end = (
        audible.clip.time_map.seconds_at(ticks)
        for ticks in (audible.clip.bars[1].start_ticks, audible.clip.bars[1].end_ticks)
    )
    audible.click_ruler(audible.clip.bars[1].start_ticks)
    for _ in range(600):
        device.streams[-1].block()
        assert start - 0.1 <= player.deck.position_seconds <= end
    audible.click("loop")
    assert not audible.is_checked("loop")
    while player.deck.is_playing:
        device.streams[-1].block()


def test_at_the_end_it_stops(audible, player, device):
    play(audible, player)
    audible.click_ruler(audible.clip.end_ticks - 10)
    while player.deck.is_playing:
        device.streams[-1].block()
    audible.until(lambda: audible.text("play") == "Play")


def test_a_device_that_cannot_be_opened_is_reported(audible, device):
    device.refuses = "device busy"
    audible.click("play")
    audible.until(lambda: audible.messages and audible.messages[-1][0] == "bad")
    assert "device busy" in audible.messages[-1][1]
    assert audible.text("play") == "Play"


def test_a_missing_sound_device_is_reported(clips):
    clips.click("play")
    clips.until(lambda: "bad" in [level for level, _ in clips.messages])
    assert clips.messages[-1][1].startswith("Nothing can be played")
    assert clips.text("play") == "Play"


def test_another_clip_begins_at_its_start(audible, clip_path, player):
    play(audible, player)
    audible.loop_bars(0, 1)
    audible.open(clip_path)
    assert audible.text("play") == "Play"
    assert not audible.is_checked("loop")
    assert audible.grid.playhead_ticks == 0


@pytest.fixture
def library():
    return FakeRtMidi("API_LINUX_ALSA", outputs=["Sampler"])


@pytest.fixture
def with_ports(open_page, tmp_path, clip_path, library):
    directory = PortDirectory(drivers.open_drivers(library, lambda api: api.key))
    clips = open_page(make_context(tmp_path, ports=lambda: directory))
    clips.open(clip_path)
    clips.click_cell(0, 0)
    yield clips
    clips.panel.close_work()
    directory.close()


def test_through_a_midi_port_the_notes_are_sent_and_ended(with_ports, library):
    clips = with_ports
    clips.panel.activated()
    clips.until(lambda: clips.find("play-through").findData("Sampler") >= 0)
    clips.choose("play-through", "Sampler")
    clips.click("hear-drums")
    clips.click("play")
    clips.until(lambda: any(port.sent for port in library.open))
    (port,) = library.open
    assert port.sent[0] == bytes((0x99, 36, 96))
    clips.click("play")
    assert port.sent[-1][:2] == bytes((0x89, 36))
    clips.choose("play-through", "Sound device")
    assert library.open == []
