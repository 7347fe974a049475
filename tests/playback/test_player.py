"""One stream for all that is auditioned: opened when it is needed, handed on without a click, given back when asked."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

from musegen_daw.playback import player as player_module
from musegen_daw.playback.deck import Deck
from musegen_daw.playback.player import LOST, Player
from musegen_daw.playback.source import Source
from tests.playback.doubles import RATE_HZ, FakeSoundDevice

LEVEL = 0.25


@pytest.fixture
def library():
    return FakeSoundDevice(devices=2)


@pytest.fixture
def player(library, monkeypatch):
    monkeypatch.setattr(player_module, "FADE_OUT_SECONDS", 0.0)
    made = Player(library=library)
    yield made
    made.close()


def deck_at(level, rate_hz=RATE_HZ):
    deck = Deck(rate_hz)
    deck.load([Source("a", np.full((rate_hz, 1), level, np.float32))])
    return deck


def test_the_device_is_opened_by_the_first_thing_that_plays(player, library):
    assert player.sample_rate_hz == RATE_HZ
    deck = deck_at(LEVEL)
    assert not library.streams
    player.play(deck)
    player.wait()
    (stream,) = library.streams
    assert (stream.options["samplerate"], stream.options["device"]) == (RATE_HZ, None)
    assert set(stream.block()[:, 0]) == {LEVEL}
    assert deck.latency_seconds == stream.latency
    player.pause()
    stream.block()
    assert not np.any(stream.block())
    player.play(deck)
    player.wait()
    assert library.streams == [stream]
    stream.block(underflow=True)
    assert player.underflows == 1


def test_one_deck_at_a_time_and_the_change_does_not_click(player, library):
    first, second = deck_at(LEVEL), deck_at(-LEVEL)
    second.seek(0.5)
    player.play(first)
    player.wait()
    (stream,) = library.streams
    heard = [stream.block()]
    player.play(second)
    player.wait()
    heard += [stream.block(), stream.block()]
    together = np.concatenate(heard)[:, 0]
    assert np.abs(np.diff(together)).max() < 0.01
    assert (together[0], together[-1]) == (LEVEL, -LEVEL)
    assert not first.is_playing
    assert second.is_playing
    assert player.deck is second
    player.play(first)
    player.wait()
    together = np.concatenate([stream.block(), stream.block()])[:, 0]
    assert together[-1] == LEVEL
    assert np.abs(np.diff(together)).max() < 0.01


def test_a_deck_of_another_rate_gets_a_stream_of_its_own(player, library):
    player.play(deck_at(LEVEL))
    player.play(deck_at(-LEVEL, 44_100))
    player.wait()
    first, second = library.streams
    assert (first.active, second.active) == (False, True)
    assert second.options["samplerate"] == 44_100
    assert second.block()[0, 0] == -LEVEL
    assert player.trouble is None


def test_released_it_is_free_for_others_and_comes_back_with_the_next_play(player, library):
    deck = deck_at(LEVEL)
    player.play(deck)
    player.release()
    player.wait()
    assert not library.streams[0].active
    assert not deck.is_playing
    player.play(deck)
    player.wait()
    assert library.streams[1].active
    player.set_device("out 1")
    player.wait()
    assert not library.streams[1].active
    assert player.sample_rate_hz == RATE_HZ + 1000
    player.play(deck)
    player.wait()
    assert library.streams[2].options["device"] == "out 1"
    player.close()
    player.close()
    assert not library.streams[2].active
    assert not any(thread.name.startswith("sound device") for thread in threading.enumerate())
    player.play(deck)
    assert len(library.streams) == 3


def test_without_a_device_it_is_one_sentence_and_nothing_is_raised(monkeypatch):
    library = FakeSoundDevice(devices=0)
    player = Player(library=library)
    assert player.sample_rate_hz == 48_000
    deck = deck_at(LEVEL)
    player.play(deck)
    player.wait()
    assert "No audio device available" in player.trouble
    assert not deck.is_playing
    library.devices = FakeSoundDevice().devices
    library.refuses = "Invalid sample rate"
    player.play(deck)
    player.wait()
    assert "Nothing can be played on the sound device: Invalid sample rate" in player.trouble
    library.refuses = None
    player.play(deck)
    player.wait()
    assert player.trouble is None
    assert deck.is_playing
    player.close()


def test_without_portaudio_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    player = Player()
    player.play(deck_at(LEVEL))
    player.wait()
    player.close()
    assert "PortAudio is missing: install it" in player.trouble


def test_a_device_that_goes_is_told_and_the_position_stays(player, library):
    deck = deck_at(LEVEL)
    player.play(deck)
    player.wait()
    (stream,) = library.streams
    for _ in range(10):
        stream.block()
    stream.active = False
    stream.options["finished_callback"]()
    assert player.trouble == LOST
    assert not deck.is_playing
    assert deck.position_seconds > 0.05
    player.play(deck)
    player.wait()
    assert library.streams[1].active
    assert player.trouble is None


def test_a_real_stream_plays_switches_and_loops_to_the_sample(jack):
    """Recorded from the sound device of a JACK server by another process, as a listener hears it."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.playback.jack_player"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["trouble"] is None
    assert told["heard"] > 2 * told["rate_hz"]
    assert told["switches"] == 4
    # Where the server or the machine missed a period nothing can be said; everywhere else every sample is in place.
    assert told["jumps"] <= 2 * (told["underflows"] + told["overflows"])
    assert told["positions are within"]
