"""The full band where a source has it: measured in the sound, not read off the header."""

import os

import numpy as np
import pytest
import soundfile
import soxr

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.vocoder.bandwidth import reaches_above
from musegen_daw.vocoder.choosing import choose_for_file
from musegen_daw.vocoder.decoders import find_vocoders
from tests.vocoder.sounds import noise


@pytest.fixture(scope="module")
def bundled():
    models, troubles = find_vocoders([resources.models_dir()])
    assert troubles == ()
    return models


def dull(rate_hz, seconds=2.0):
    """Noise up to 6 kHz in a file of a higher rate."""
    return soxr.resample(noise(round(12_000 * seconds)), 12_000, rate_hz).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_the_header_is_not_believed(rate_hz):
    assert reaches_above([noise(2 * rate_hz)[:, None]], rate_hz, 6_000)
    assert not reaches_above([dull(rate_hz)[:, None]], rate_hz, 6_000)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 12_000])
def test_a_low_rate_has_no_treble(rate_hz):
    assert not reaches_above([noise(2 * rate_hz)[:, None]], rate_hz, 6_000)


def test_rounding_to_16_bits_is_no_treble():
    quiet = 0.02 * dull(44_100)
    assert not reaches_above([(np.round(quiet * 32_767) / 32_767)[:, None]], 44_100, 6_000)


def test_silence_and_nothing_have_no_treble():
    assert not reaches_above([np.zeros((100_000, 2), np.float32)], 44_100, 6_000)
    assert not reaches_above([], 44_100, 6_000)


def test_a_soft_hat_late_in_one_channel_is_found_and_nothing_is_read_after_it():
    read = []

    def blocks():
        for second in range(60):
            read.append(second)
            block = np.stack([np.resize(dull(44_100), 44_100)] * 2, axis=1)
            if second == 25:
                block[:, 1] += 0.02 * noise(44_100)
            yield block

    assert reaches_above(blocks(), 44_100, 6_000)
    assert read[-1] < 32


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_audio_goes_to_the_band_it_has(tmp_path, bundled, subtype):
    for name, audio, model in (
        ("bright", noise(88_200), "vocoder-44k"),
        ("dull", dull(44_100), "vocoder-12k"),
    ):
        soundfile.write(tmp_path / f"{name}.wav", np.stack([audio, audio], axis=1), 44_100, subtype)
        chosen = choose_for_file(tmp_path / f"{name}.wav", bundled)
        assert chosen.model.name == model
        assert chosen.reason.startswith(
            f"{tmp_path / name}.wav has {'' if name == 'bright' else 'no '}sound above 6 kHz"
        )
        assert f"{model} ({chosen.model.band})." in chosen.reason
    assert {each.title for each in bundled} == {"Full band, 44.1 kHz", "12 kHz, up to 6 kHz"}


@pytest.mark.parametrize(
    ("shape", "model"),
    [((96, 704), "vocoder-12k"), ((704, 96), "vocoder-12k"), ((1, 96, 704), "vocoder-12k"), ((128, 90), "vocoder-44k"),
     ((90, 128), "vocoder-44k"), ((96, 128), "vocoder-12k"), ((128, 96), "vocoder-44k"), ((80, 20), "vocoder-12k")],
)  # fmt: skip
def test_a_mel_goes_to_the_model_whose_mel_it_is(tmp_path, bundled, shape, model):
    np.save(tmp_path / "mel.npy", np.full(shape, -3.0, np.float32))
    chosen = choose_for_file(tmp_path / "mel.npy", bundled, "mel.npy")
    assert chosen.model.name == model
    assert ("bands" in chosen.reason) == (80 not in shape)


def test_a_damaged_mel_is_left_to_its_reader(tmp_path, bundled):
    (tmp_path / "text.npy").write_bytes(b"Dear diary")
    assert choose_for_file(tmp_path / "text.npy", bundled).model.name == "vocoder-12k"
    assert choose_for_file(tmp_path / "none.npy", bundled).model.name == "vocoder-12k"
    with pytest.raises(AudioError, match="does not exist"):
        choose_for_file(tmp_path / "none.wav", bundled)


def test_without_a_choice_nothing_is_said(tmp_path, bundled):
    soundfile.write(tmp_path / "bright.wav", noise(44_100), 44_100)
    assert choose_for_file(tmp_path / "bright.wav", ()) is None
    for facts in bundled:
        chosen = choose_for_file(tmp_path / "bright.wav", (facts,))
        assert (chosen.model, chosen.reason) == (facts, "")


def test_a_pipe_that_is_named_like_a_mel_is_not_waited_for(tmp_path, bundled):
    os.mkfifo(tmp_path / "pipe.npy")
    assert choose_for_file(tmp_path / "pipe.npy", bundled).model.name == "vocoder-12k"
