"""Griffin-Lim gives back what was heard, of the same length as the vocoder would, in bounded pieces."""

import numpy as np
import pytest

from musegen_daw.progress import Cancelled
from musegen_daw.vocoder.griffin_lim import FADE_FRAMES, GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel

CONFIG = MelConfig()


def sine_mel(hz, seconds=1.0):
    samples = np.arange(round(seconds * CONFIG.sample_rate_hz))
    return log_mel(
        (0.3 * np.sin(2 * np.pi * hz * samples / CONFIG.sample_rate_hz)).astype(np.float32), CONFIG
    )


def peak_hz(audio):
    return float(np.argmax(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))))) * 12_000 / len(audio)


@pytest.mark.parametrize("inversion", ["pinv", "nnls"])
@pytest.mark.parametrize("hz", [440, 2_500])
def test_a_sine_comes_back_within_a_band(inversion, hz):
    mel = sine_mel(hz)
    audio = GriffinLim(CONFIG, 8, inversion).vocode(mel)
    assert audio.shape == (mel.shape[1] * CONFIG.hop_length,)
    assert audio.dtype == np.float32
    assert abs(peak_hz(audio) - hz) < 0.04 * hz
    again = log_mel(audio, CONFIG)[:, 5:40]
    assert np.all(np.abs(np.argmax(again, axis=0) - np.argmax(mel[:, 5:40], axis=0)) <= 1)


@pytest.mark.parametrize("frames", [1, 2, 8, 9, 10])
def test_even_the_shortest_mel_gives_its_samples(frames):
    audio = GriffinLim(CONFIG, 2).vocode(sine_mel(440)[:, :frames])
    assert audio.shape == (frames * CONFIG.hop_length,)
    assert np.isfinite(audio).all()


def test_silence_stays_silent():
    silence = np.full((CONFIG.n_mels, 50), CONFIG.floor, np.float32)
    for inversion in ("pinv", "nnls"):
        assert np.max(np.abs(GriffinLim(CONFIG, 4, inversion).vocode(silence))) < 1e-4


def test_the_seed_decides():
    mel = sine_mel(440, 0.5)
    first, same, other = (GriffinLim(CONFIG, 2, seed=seed).vocode(mel) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.allclose(first, other, atol=0.01)


def test_more_iterations_come_closer_to_the_mel():
    rng = np.random.default_rng(0)
    mel = log_mel(
        rng.normal(0, 0.1, 24_000).astype(np.float32) * np.linspace(0, 1, 24_000, dtype=np.float32), CONFIG
    )
    errors = [
        np.mean(np.abs(log_mel(GriffinLim(CONFIG, count).vocode(mel)[:24_000], CONFIG) - mel))
        for count in (1, 32)
    ]
    assert errors[1] < 0.7 * errors[0]


def test_a_long_mel_is_done_in_segments_without_a_hole():
    rng = np.random.default_rng(0)
    mel = log_mel(rng.normal(0, 0.1, 48_000).astype(np.float32), CONFIG)
    seen = []
    griffin_lim = GriffinLim(CONFIG, 8, segment_frames=60)
    blocks = [*griffin_lim.stream(mel, lambda done, total: seen.append((done, total)))]
    assert len(blocks) == 4
    assert max(map(len, blocks)) <= 60 * CONFIG.hop_length
    assert seen[-1] == (mel.shape[1], mel.shape[1])
    audio = np.concatenate(blocks)
    assert len(audio) == mel.shape[1] * CONFIG.hop_length
    for number in range(1, 4):
        seam = number * (60 - FADE_FRAMES) * CONFIG.hop_length
        faded = audio[seam : seam + FADE_FRAMES * CONFIG.hop_length]
        assert abs(20 * np.log10(np.std(faded) / np.std(audio))) < 1.5
        # Nothing clicks where a fade begins or ends.
        assert np.max(np.abs(np.diff(audio[seam - 200 : seam + 200]))) < 6 * np.std(np.diff(audio))


def test_it_can_be_cancelled_between_segments():
    mel, seen = np.tile(sine_mel(440), (1, 4)), []
    griffin_lim = GriffinLim(CONFIG, 1, segment_frames=64)
    with pytest.raises(Cancelled):
        griffin_lim.vocode(mel, lambda done, total: seen.append(done), lambda: len(seen) == 2)
    assert seen == [48, 96]


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="iterations"):
        GriffinLim(CONFIG, 0)
    with pytest.raises(ValueError, match="segment_frames"):
        GriffinLim(CONFIG, segment_frames=FADE_FRAMES)
