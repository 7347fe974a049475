"""A mel of another tool comes in whatever scale and order it is in, and anything else is refused unread."""

import io

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.errors import AudioError
from musegen_daw.vocoder import mel_file
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.mel_file import load_mel, save_mel
from musegen_daw.vocoder.mel_scales import SCALES

CONFIG = MelConfig()


@pytest.fixture(scope="module")
def mel():
    """Two seconds of a decaying chord over faint noise, then silence."""
    seconds = np.arange(24_000) / 12_000
    chord = sum(np.sin(2 * np.pi * hz * seconds) for hz in (220, 330, 1_760)) * np.exp(-2 * seconds) / 5
    noise = np.random.default_rng(0).normal(0, 1e-3, 24_000)
    return log_mel(np.concatenate([chord + noise, np.zeros(12_000)]).astype(np.float32), CONFIG)


def in_scale(mel, scale):
    power = np.exp(mel)
    return {
        "log": mel,
        "log10": np.log10(power),
        "power": power,
        "db": librosa.power_to_db(power, amin=CONFIG.floor_power, top_db=None),
    }[scale]


def load(path, values, scale=None, config=CONFIG):
    np.save(path, values)
    notes = []
    return load_mel(path, config, notes.append, scale), notes


@pytest.mark.parametrize("scale", ["log", "power", "db"])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.dtype(">f4")])
def test_a_scale_is_recognised_and_said(tmp_path, mel, scale, kind):
    loaded, (note,) = load(tmp_path / "m.npy", in_scale(mel, scale).astype(kind))
    assert loaded.dtype == np.float32
    assert np.max(np.abs(loaded - mel)) < 1e-4
    assert note == f"{tmp_path / 'm.npy'} was read as {SCALES[scale].words}; --mel-scale names another."


@pytest.mark.parametrize("scale", ["log", "log10", "power", "db"])
def test_a_named_scale_is_taken_at_its_word(tmp_path, mel, scale):
    loaded, (note,) = load(tmp_path / "m.npy", in_scale(mel, scale), scale)
    assert np.max(np.abs(loaded - mel)) < 1e-4
    assert note.endswith(f"was read as {SCALES[scale].words}.")


def test_music_without_silence_is_recognised_too_but_steady_noise_is_asked_about(tmp_path, mel):
    for scale in ("log", "power", "db"):
        loaded, _ = load(tmp_path / "m.npy", in_scale(mel[:, :60], scale))
        assert np.max(np.abs(loaded - mel[:, :60])) < 1e-4
    noise = log_mel(np.random.default_rng(0).normal(0, 0.1, 30_000).astype(np.float32), CONFIG)
    with pytest.raises(AudioError, match="could be power, magnitude or a logarithm: name the scale"):
        load(tmp_path / "m.npy", in_scale(noise, "power"))
    loaded, _ = load(tmp_path / "m.npy", in_scale(noise, "power"), "power")
    assert np.max(np.abs(loaded - noise)) < 1e-4


def test_db_below_the_loudest_band_are_put_at_a_common_level(tmp_path, mel):
    relative = librosa.power_to_db(np.exp(mel), ref=np.max)
    loaded, (note,) = load(tmp_path / "m.npy", relative)
    assert "its loudest band (0 dB) as loud as a sine of -12 dBFS" in note
    sine = 10 ** (-12 / 20) * np.sin(2 * np.pi * 200 * np.arange(12_000) / 12_000)
    assert abs(loaded.max() - log_mel(sine.astype(np.float32), CONFIG).max()) < 1.0
    shift = loaded.max() - mel.max()
    heard = mel > mel.max() - 18  # power_to_db leaves 80 dB, 18.4 in the natural logarithm
    assert np.max(np.abs((loaded - mel - shift)[heard])) < 1e-3


@pytest.mark.parametrize("shaped", [lambda m: m.T, lambda m: m[None], lambda m: m.T[None], np.asfortranarray])
def test_every_order_of_axes_is_understood(tmp_path, mel, shaped):
    loaded, (note,) = load(tmp_path / "m.npy", shaped(mel))
    assert np.array_equal(loaded, mel)
    assert ("frame by frame" in note) == (shaped(mel).shape[-1] == 96)


def test_float16_is_read(tmp_path, mel):
    loaded, _ = load(tmp_path / "m.npy", mel.astype(np.float16))
    assert np.max(np.abs(loaded - mel)) < 0.02


@given(low=st.floats(-20, -1), high=st.floats(0, 9), frames=st.integers(1, 40))
def test_what_is_saved_comes_back(tmp_path_factory, low, high, frames):
    path = tmp_path_factory.getbasetemp() / "saved.npy"
    mel = np.random.default_rng(frames).uniform(low, high, (96, frames)).astype(np.float32)
    save_mel(mel, path)
    assert np.array_equal(load_mel(path, CONFIG, lambda note: None), mel)
    assert np.load(path, allow_pickle=False).dtype == np.float32


def test_saving_is_whole_or_not_at_all(tmp_path, mel):
    with pytest.raises(AudioError, match="the folder .* does not exist"):
        save_mel(mel, tmp_path / "none" / "m.npy")
    save_mel(mel, tmp_path / "m.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["m.npy"]


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def header(shape, descr="<f4"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


GOOD = np.full((96, 5), -3, np.float32)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no .npy file"),
        (b"some text in a file", "is no .npy file"),
        (npy(GOOD)[:50], "is no .npy file"),
        (b"\x93NUMPY\x09\x00" + npy(GOOD)[8:], "is no .npy file"),
        (npy(GOOD)[:-7], "is damaged"),
        (npy(GOOD) + b"more", "is damaged"),
        (header((96, 1 << 60)), "is damaged"),
        (header((-96, -5)) + bytes(96 * 5 * 4), "is damaged"),
        (npy(np.array([{"a": 1}], dtype=object)), "type object"),
        (npy(np.zeros((96, 5), np.complex64)), "type complex64"),
        (npy(np.zeros((96, 5), np.int16)), "type int16"),
        (npy(np.zeros((96, 5), [("a", "f4")])), "a mel holds floating-point numbers"),
        (npy(np.zeros((80, 5), np.float32)), r"shape \(80, 5\); a mel of 96 bands"),
        (npy(np.zeros(96, np.float32)), r"shape \(96,\)"),
        (npy(np.zeros((2, 96, 5), np.float32)), r"shape \(2, 96, 5\)"),
        (npy(np.float32(3)), r"shape \(\)"),
        (npy(np.zeros((96, 0), np.float32)), "holds no frames"),
        (npy(np.full((96, 5), np.nan, np.float32)), "not finite"),
        (npy(np.full((96, 5), 1e200)), "not finite"),
        (npy(np.full((96, 5), 3, np.float32)), "could be power, magnitude or a logarithm: name the scale"),
        (npy(np.full((96, 5), 1e30, np.float32)), "taken for power, is no mel of sound"),
    ],
)
def test_what_is_no_mel_is_refused_by_name(tmp_path, data, said):
    path = tmp_path / "bad.npy"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=said) as caught:
        load_mel(path, CONFIG, lambda note: None)
    assert str(path) in str(caught.value)


def test_what_cannot_be_in_a_scale_is_refused(tmp_path, mel):
    for scale in ("power", "magnitude"):
        with pytest.raises(AudioError, match="values below zero"):
            load(tmp_path / "m.npy", mel, scale)
    with pytest.raises(AudioError, match="far above full scale"):
        load(tmp_path / "m.npy", np.full((96, 5), 50, np.float32), "log")


def test_a_file_that_is_too_large_is_not_read(tmp_path, mel, monkeypatch):
    monkeypatch.setattr(mel_file, "MAX_BYTES", 100)
    with pytest.raises(AudioError, match="too large"):
        load(tmp_path / "m.npy", mel)
    with pytest.raises(AudioError, match="does not exist"):
        load_mel(tmp_path / "none.npy", CONFIG, lambda note: None)
    with pytest.raises(AudioError, match="is a folder"):
        load_mel(tmp_path, CONFIG, lambda note: None)
