"""Audio files as mono blocks at any rate, and rejection of others."""

import numpy as np
import pytest
import soundfile
import soxr

from musegen_daw.audio import file as audio_file
from musegen_daw.audio.file import read_mono, wav_writer
from musegen_daw.errors import AudioError


def stereo(rate_hz, seconds=1.5):
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.stack([0.4 * np.sin(2 * np.pi * 440 * at), 0.2 * np.sin(2 * np.pi * 1_000 * at)], axis=1)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate_hz", [12_000, 44_100, 48_000])
def test_every_format_and_rate_is_read_as_mono(tmp_path, suffix, rate_hz):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, stereo(rate_hz), rate_hz)
    audio = np.concatenate([*read_mono(path, 12_000)])
    assert audio.dtype == np.float32
    assert abs(len(audio) - 18_000) <= 1
    expected = stereo(12_000).mean(axis=1)
    middle = slice(2_000, 16_000)
    assert np.sqrt(np.mean((audio[middle] - expected[middle]) ** 2)) < 0.01


@pytest.mark.parametrize("block_samples", [64, 1_000, 18_000, 72_000])
def test_the_block_size_does_not_matter(tmp_path, monkeypatch, block_samples):
    soundfile.write(tmp_path / "a.wav", stereo(48_000), 48_000, "FLOAT")
    monkeypatch.setattr(audio_file, "BLOCK_SAMPLES", 2 * block_samples)
    blocks = [*read_mono(tmp_path / "a.wav", 12_000)]
    whole = soxr.resample(stereo(48_000).mean(axis=1).astype(np.float32), 48_000, 12_000)
    assert np.allclose(np.concatenate(blocks), whole, atol=1e-6)
    assert max(map(len, blocks)) < max(block_samples, 4_000)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.wav", b"Dear diary, this is no audio.\n" * 20, "is not audio that can be read"),
        ("text.mp3", b"Dear diary, this is no audio.\n" * 2_000, "is not audio that can be read"),
        ("text.raw", b"Dear diary, this is no audio.\n", "is not audio that can be read"),
        ("empty.wav", b"", "is empty"),
    ],
)
def test_files_that_are_not_audio_are_rejected_at_once(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AudioError, match=said) as caught:
        read_mono(tmp_path / name, 12_000)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "has no audio"),
        ([0.5], "has no audio, or too little"),
        ([0.1] * 999 + [np.nan], "not finite"),
        ([0.1] * 999 + [np.inf], "not finite"),
        ([0.1] * 999 + [1e30], "far above full scale"),
    ],
)
def test_unusable_samples_are_rejected(tmp_path, samples, said):
    soundfile.write(tmp_path / "a.wav", np.asarray(samples, np.float32), 44_100, "FLOAT")
    with pytest.raises(AudioError, match=said):
        [*read_mono(tmp_path / "a.wav", 12_000)]


def test_the_error_of_a_damaged_file_says_where(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.random.default_rng(0).normal(0, 0.1, 300_000), 44_100)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(data[: len(data) // 2])
    with pytest.raises(AudioError, match=r"a\.flac is damaged after \d\.\d seconds"):
        [*read_mono(tmp_path / "a.flac", 12_000)]


def test_limits_of_length_and_rate(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros(5_000), 4_000)
    monkeypatch.setattr(audio_file, "MAX_SECONDS", 1)
    with pytest.raises(AudioError, match="is longer than"):
        [*read_mono(tmp_path / "a.wav", 12_000)]
    soundfile.write(tmp_path / "b.wav", np.zeros(50), 10)
    with pytest.raises(AudioError, match="unsupported sample rate: 10 Hz"):
        read_mono(tmp_path / "b.wav", 12_000)
    with pytest.raises(AudioError, match="does not exist"):
        read_mono(tmp_path / "none.wav", 12_000)
    with pytest.raises(AudioError, match="is a folder"):
        read_mono(tmp_path, 12_000)


def test_a_wav_is_written_in_blocks_and_clipped(tmp_path):
    with wav_writer(tmp_path / "a.wav", 12_000) as write:
        for block in (np.array([0.5, 2.0]), np.array([-2.0]), np.zeros(0)):
            write(block.astype(np.float32))
    audio, rate_hz = soundfile.read(tmp_path / "a.wav")
    assert rate_hz == 12_000
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_24"
    assert np.allclose(audio, [0.5, 1.0, -1.0], atol=1e-6)


def test_a_wav_that_cannot_be_written_raises(tmp_path):
    writer = wav_writer(tmp_path / "none" / "a.wav", 12_000)
    with pytest.raises(FileNotFoundError):
        writer.__enter__()
