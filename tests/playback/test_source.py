"""Audio comes to the rate of the deck once, in memory or beside it."""

import numpy as np
import pytest
import soxr

from musegen_daw.playback.source import AudioSpool, resampled

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("rate_hz", "to_rate_hz"), [(12_000, 48_000), (44_100, 48_000), (48_000, 44_100)])
def test_it_is_resampled_as_a_whole_whatever_its_blocks(channels, rate_hz, to_rate_hz):
    audio = RNG.uniform(-1, 1, (30_000, channels)).astype(np.float32)
    tape = AudioSpool(rate_hz, to_rate_hz, channels)
    at = 0
    while at < len(audio):
        size = int(RNG.integers(1, 9_000))
        tape.add(audio[at : at + size])
        at += size
    made = tape.finish()
    expected = soxr.resample(audio, rate_hz, to_rate_hz).reshape(-1, channels)
    assert made.shape == expected.shape
    assert np.abs(made - expected).max() < 1e-5
    assert np.abs(resampled(audio, rate_hz, to_rate_hz) - expected).max() < 1e-5


def test_at_the_same_rate_it_is_kept_as_it_is():
    audio = RNG.uniform(-1, 1, 5_000).astype(np.float32)
    made = resampled(audio, 48_000, 48_000)
    assert made.shape == (5_000, 1)
    assert np.array_equal(made[:, 0], audio)
    assert resampled(np.zeros(0, np.float32), 12_000, 48_000).shape == (0, 1)


def test_what_is_long_lies_in_a_file_and_is_the_same():
    audio = RNG.uniform(-1, 1, (50_000, 2)).astype(np.float32)
    tape = AudioSpool(48_000, 48_000, 2, in_memory_bytes=100_000)
    for at in range(0, len(audio), 7_000):
        block = audio[at : at + 7_000].copy()
        tape.add(block)
        block[:] = 0  # the tape keeps what it was given
    made = tape.finish()
    assert isinstance(made, np.memmap)
    assert np.array_equal(made, audio)
    with pytest.raises(ValueError, match="read-only"):
        made[0] = 1
