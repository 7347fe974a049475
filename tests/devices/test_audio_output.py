"""Due times become samples, whatever the driver's times do; what is missing is told in a sentence."""

import builtins
import time
from types import SimpleNamespace

import numpy as np
import pytest

from musegen_daw.devices import audio_output
from musegen_daw.devices.audio_output import BLOCK_SAMPLES, KitOutput, SamplePlayer, StreamTimes
from musegen_daw.devices.sound_devices import output_devices
from musegen_daw.errors import AudioError

RATE_HZ = 48_000
BLOCK_SECONDS = BLOCK_SAMPLES / RATE_HZ
CLICK = np.ones((1, 2), np.float32)


class FakePortAudioError(Exception):
    pass


class FakeSoundDevice:
    """The module: keeps the callback of the stream, which a test calls."""

    PortAudioError = FakePortAudioError

    def __init__(self, devices=1, fails=False) -> None:
        device = {"name": "out", "hostapi": 0, "max_output_channels": 2, "default_samplerate": 44100.0}
        mic = {**device, "name": "mic", "max_output_channels": 0}
        self.devices = [{**each, "index": index} for index, each in enumerate([mic, *[device] * devices])]
        self.default = SimpleNamespace(device=(0, 1))
        self.fails = fails
        self.calls = []

    def query_hostapis(self):
        return [{"name": "Fake Audio"}]

    def query_devices(self):
        return self.devices

    def OutputStream(self, **options):  # noqa: N802
        if self.fails:
            raise self.PortAudioError("Invalid sample rate")
        self.options = options
        calls = self.calls
        return SimpleNamespace(
            latency=0.01, start=lambda: calls.append("start"), close=lambda: calls.append("close")
        )

    def block(self, dac_seconds_ahead, underflow=False):
        """One block, of which the driver says that it is heard that much later than now."""
        out = np.full((BLOCK_SAMPLES, 2), np.nan, np.float32)
        times = SimpleNamespace(outputBufferDacTime=100 + dac_seconds_ahead, currentTime=100.0)
        self.options["callback"](out, BLOCK_SAMPLES, times, SimpleNamespace(output_underflow=underflow))
        return out[:, 0]


@pytest.fixture
def now(monkeypatch):
    """The time of `time.perf_counter`, which only moves when told."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(audio_output.time, "perf_counter", lambda: clock.seconds)
    return clock


def play(library, now, blocks, told=lambda block: 0.01):
    """Samples of so many blocks; the first is heard 10 ms after the time at the call."""
    heard = []
    for block in range(blocks):
        heard.append(library.block(told(block)))
        now.seconds += BLOCK_SECONDS
    return np.concatenate(heard)


def test_each_piece_is_heard_at_the_sample_it_is_due(now):
    library = FakeSoundDevice()
    player = SamplePlayer({"click": CLICK}, RATE_HZ, library=library)
    assert library.calls == ["start"]
    first_seconds = now.seconds + 0.01
    wanted = [0, 1, 255, 256, 1000, 1001, 5000]
    for sample in reversed(wanted):
        player.play("click", 0.5, first_seconds + sample / RATE_HZ)
    heard = play(library, now, 24)
    assert list(np.flatnonzero(heard)) == wanted
    assert set(heard[wanted]) == {0.5}
    assert player.late == 0
    with pytest.raises(KeyError):
        player.play("gong", 1.0, now.seconds)


def test_what_is_late_is_heard_at_once_and_counted(now):
    library = FakeSoundDevice()
    player = SamplePlayer({"click": CLICK}, RATE_HZ, library=library)
    player.play("click", 1.0, now.seconds - 1)
    assert list(np.flatnonzero(play(library, now, 2))) == [0]
    library.block(0.01, underflow=True)
    assert (player.late, player.underflows) == (1, 1)


def test_silence_forgets_what_is_yet_to_come(now):
    library = FakeSoundDevice()
    player = SamplePlayer({"click": CLICK}, RATE_HZ, library=library)
    player.play("click", 1.0, now.seconds + 0.05)
    play(library, now, 1)
    player.play("click", 1.0, now.seconds + 0.05)
    player.silence()
    player.play("click", 0.25, now.seconds + 0.06)
    heard = play(library, now, 20)
    assert list(heard[heard != 0]) == [0.25]


def test_jittering_times_of_the_driver_are_smoothed_and_its_true_rate_found():
    jitter = np.random.default_rng(1).uniform(-2e-3, 2e-3, 4000)
    times = StreamTimes(RATE_HZ)
    true_rate_hz = 47_990
    starts = [
        times.block(BLOCK_SAMPLES, 5 + block * BLOCK_SAMPLES / true_rate_hz + jitter[block])
        for block in range(len(jitter))
    ]
    errors = np.array(starts) - 5 - np.arange(len(starts)) * BLOCK_SAMPLES / true_rate_hz
    settled = errors[1000:]
    assert np.std(settled) < 0.2e-3  # of 1.15e-3
    assert abs(np.mean(settled)) < 0.05e-3
    assert 1 / times.sample_seconds == pytest.approx(true_rate_hz, abs=30)


def test_after_a_gap_the_times_begin_anew():
    times = StreamTimes(RATE_HZ)
    times.block(BLOCK_SAMPLES, 5.0)
    assert times.block(BLOCK_SAMPLES, 7.5) == 7.5


def test_a_kit_plays_notes_after_the_same_short_time(now):
    library = FakeSoundDevice()
    kit = KitOutput(SamplePlayer({36: CLICK}, RATE_HZ, library=library), frozenset({36}))
    kit.send(b"\x99\x24\x7f")
    for ignored in (b"\x99\x24\x00", b"\x89\x24\x40", b"\x99\x25\x7f", b"\xf8", b"\xb9\x07\x40"):
        kit.send(ignored)
    heard = play(library, now, 8)
    assert list(np.flatnonzero(heard)) == [2 * BLOCK_SAMPLES]
    assert np.max(heard) == 1
    kit.send(b"\x99\x24\x40")
    kit.send(b"\xb9\x7b\x00")
    assert not np.any(play(library, now, 8))
    kit.close()
    assert library.calls == ["start", "close"]


def test_the_devices_that_can_play_are_listed():
    (device,) = output_devices(FakeSoundDevice())
    assert (device.name, device.host, device.sample_rate_hz, device.is_default) == (
        "out",
        "Fake Audio",
        44_100,
        True,
    )


def test_without_portaudio_it_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(AudioError, match="PortAudio is missing: .*apt-get install -y libportaudio2"):
        output_devices()


def test_without_a_device_or_with_one_that_refuses_it_is_one_sentence():
    with pytest.raises(AudioError, match="No audio device available"):
        SamplePlayer({}, RATE_HZ, library=FakeSoundDevice(devices=0))
    with pytest.raises(AudioError, match="the sound device: Invalid sample rate"):
        SamplePlayer({}, RATE_HZ, library=FakeSoundDevice(fails=True))


def test_the_real_clock_is_the_one_that_ports_stamp_with():
    library = FakeSoundDevice()
    player = SamplePlayer({"click": CLICK}, RATE_HZ, library=library)
    player.play("click", 1.0, time.perf_counter() - 10)
    assert library.block(0.0)[0] == 1
