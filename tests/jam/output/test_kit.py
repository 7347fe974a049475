"""The drums of the SoundFont answer at the pitches of the sampler that is asked for, and hi-hats silence each other."""

from types import SimpleNamespace

import numpy as np
import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.devices import audio_output
from musegen_daw.errors import AudioError
from musegen_daw.jam.output.kit import open_kit
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from tests.devices.test_audio_output import FakeSoundDevice

SOUNDFONT = resources.soundfont_dir() / "musegen.sf2"


@pytest.fixture
def now(monkeypatch):
    """The time of `time.perf_counter`, which only moves when told."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(audio_output.time, "perf_counter", lambda: clock.seconds)
    return clock


def heard(device, now, kit, message):
    """The loudest of each block once the message is due."""
    kit.send(message)
    now.seconds += kit.latency_seconds
    return [float(np.abs(device.block(0.0)).max()) for _ in range(20)]


def test_every_drum_sounds_at_the_rate_of_the_device(now):
    device = FakeSoundDevice()
    kit = open_kit(GENERAL_MIDI, SOUNDFONT, library=device)
    assert device.options["samplerate"] == 44_100
    for pitch in (36, 38, 42, 49):
        assert max(heard(device, now, kit, bytes((0x99, pitch, 127)))) > 0.05
    kit.close()


def test_the_pitches_are_those_of_the_drum_map(now):
    device = FakeSoundDevice()
    kit = open_kit(DrumMap("odd", {"kick": 90}), SOUNDFONT, library=device)
    assert max(heard(device, now, kit, bytes((0x99, 36, 127)))) == 0
    assert max(heard(device, now, kit, bytes((0x99, 90, 127)))) > 0.05
    kit.close()


def test_a_missing_soundfont_is_a_sentence(tmp_path):
    with pytest.raises(AudioError, match=r"none\.sf2"):
        open_kit(GENERAL_MIDI, tmp_path / "none.sf2", library=FakeSoundDevice())
