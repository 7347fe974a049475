"""A mel of another tool, made as that tool makes it, sounds as loud as the program's own mel of the same sound."""

import re

import librosa
import numpy as np
import pytest

from benchmarks.mels import values_of
from musegen_daw.errors import AudioError
from musegen_daw.vocoder.foreign_mel import log_mel_of
from musegen_daw.vocoder.mel import MelConfig, band_edges, log_mel
from musegen_daw.vocoder.mel_file import load_mel
from musegen_daw.vocoder.mel_scales import PRESETS, SCALES, mel_form, mel_scale_table

NARROW = MelConfig()
FULL = MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)
RATE_HZ = 44_100


@pytest.fixture(scope="module")
def sound():
    """Three seconds of plucked chords over soft noise, without anything below 100 Hz."""
    random = np.random.default_rng(3)
    seconds = np.arange(RATE_HZ) / RATE_HZ
    chords = []
    for root in (110, 147, 98 * 4 / 3):
        voices = [root, root * 1.26, root * 1.5, root * 4]
        chords.append(
            sum(
                np.sin(2 * np.pi * hz * partial * seconds + partial)
                / partial
                * np.exp(-3 * partial * seconds)
                for hz in voices
                for partial in range(1, 12)
            )
        )
    chord = np.concatenate(chords)
    noise = librosa.effects.preemphasis(random.normal(0, 0.05, len(chord)))
    return (0.1 * (chord + noise * np.exp(-2 * (np.arange(len(chord)) % 11_025) / RATE_HZ))).astype(
        np.float32
    )


def made_by(name, sound):
    """The values that the tool makes of the sound: (bands, frames)."""
    return values_of(sound, RATE_HZ, PRESETS[name], NARROW)


def level_db(mel, config, low_hz=0.0, high_hz=np.inf):
    edges = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    inside = (edges[:-2] >= low_hz) & (edges[2:] <= high_hz)
    widths = (edges[2:] - edges[:-2])[inside, None]
    return 10 * np.log10((np.exp(mel[inside].astype(np.float64)) * widths).sum())


def npy(folder, values):
    path = folder / "mel.npy"
    np.save(path, values.astype(np.float32))
    return path


@pytest.mark.parametrize("config", [NARROW, FULL], ids=["12k", "44k"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_as_loud_as_the_mel_of_the_same_sound(tmp_path, sound, name, config):
    own = log_mel(librosa.resample(sound, orig_sr=RATE_HZ, target_sr=config.sample_rate_hz), config)
    notes = []
    mel = load_mel(npy(tmp_path, made_by(name, sound)), config, notes.append, name)
    assert f"was read as the mel of {name}" in notes[0]
    top_hz = PRESETS[name].bands.fmax_hz
    assert ("silent above" in notes[0]) == (top_hz < 0.95 * config.fmax_hz)
    assert abs(mel.shape[1] - own.shape[1]) <= 2
    assert abs(level_db(mel, config, 0, top_hz) - level_db(own, config, 0, top_hz)) < 1
    for low_hz in (250, 500, 1000, 2000):
        ends = (low_hz, 2 * low_hz)
        assert abs(level_db(mel, config, *ends) - level_db(own, config, *ends)) < 2.5
    if top_hz < config.fmax_hz:
        assert level_db(mel, config, 1.2 * top_hz) < level_db(own, config) - 60


@pytest.mark.parametrize("name", ["hifi-gan", "vocos", "librosa"])
def test_frames_stay_where_they_are(tmp_path, sound, name):
    """A second of silence before the sound is a second of silence in the mel."""
    late = np.concatenate([np.zeros(RATE_HZ, np.float32), sound])
    mel = load_mel(npy(tmp_path, made_by(name, late)), FULL, lambda note: None, name)
    power = np.exp(mel.astype(np.float64)).sum(axis=0)
    begins = np.flatnonzero(power > power.max() / 20)[0] / FULL.frames_per_second
    assert begins == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("config", [NARROW, FULL], ids=["12k", "44k"])
@pytest.mark.parametrize("scale", [each for each in SCALES if not SCALES[each].is_power])
def test_magnitudes_in_the_bands_of_the_model_are_as_loud_as_powers(tmp_path, sound, scale, config):
    audio = librosa.resample(sound, orig_sr=RATE_HZ, target_sr=config.sample_rate_hz)
    values = librosa.feature.melspectrogram(
        y=audio, sr=config.sample_rate_hz, n_fft=config.n_fft, hop_length=config.hop_length,
        n_mels=config.n_mels, fmax=config.fmax_hz, power=1.0, pad_mode="constant",
    )  # fmt: skip
    unit = SCALES[scale].nats
    mel = load_mel(
        npy(tmp_path, values if unit is None else np.log(values + 1e-5) / unit),
        config,
        lambda note: None,
        scale,
    )
    own = log_mel(audio, config)
    assert abs(level_db(mel, config) - level_db(own, config)) < 1
    twice = 2 * np.log(
        values_of(sound, RATE_HZ, mel_form("magnitude"), config)
    )  # without what bands of several bins do to a square of sums
    assert abs(level_db(twice, config) - level_db(own, config)) > 5


@pytest.mark.parametrize("name", ["ln-magnitude", "hifi-gan", "vocos"])
@pytest.mark.parametrize("config", [NARROW, FULL], ids=["12k", "44k"])
@pytest.mark.parametrize("kind", ["tone", "noise"])
def test_neither_tones_nor_noise_change_their_level(tmp_path, name, config, kind):
    """The two ends: all in one bin of a band, and evenly in all of them."""
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    sound = (
        0.3 * np.sin(2 * np.pi * 311 * seconds)
        if kind == "tone"
        else np.random.default_rng(1).normal(0, 0.1, len(seconds))
    ).astype(np.float32)
    form = mel_form(name)
    own = log_mel(librosa.resample(sound, orig_sr=RATE_HZ, target_sr=config.sample_rate_hz), config)[:, 5:-5]
    path = npy(tmp_path, values_of(sound, RATE_HZ, form, config))
    mel = load_mel(path, config, lambda note: None, name)[:, 5:-5]
    top_hz = config.fmax_hz if form.bands is None else min(form.bands.fmax_hz, config.fmax_hz)
    off = level_db(mel, config, 0, top_hz) - level_db(own, config, 0, top_hz)
    assert abs(off + 10 * np.log10(own.shape[1] / mel.shape[1])) < 1


def test_bands_of_htk_that_are_not_normalised(tmp_path, sound):
    audio = librosa.resample(sound, orig_sr=RATE_HZ, target_sr=NARROW.sample_rate_hz)
    values = librosa.feature.melspectrogram(
        y=audio, sr=12_000, n_fft=2048, hop_length=256, n_mels=96, fmax=6000, htk=True, norm=None, pad_mode="constant"
    )  # fmt: skip
    own = log_mel(audio, NARROW)
    path = npy(tmp_path, np.log(np.maximum(values, 1e-10)))
    mel = load_mel(path, NARROW, lambda note: None, "log:htk")
    assert abs(level_db(mel, NARROW) - level_db(own, NARROW)) < 0.2
    for low_hz in (250, 500, 1000, 2000):
        ends = (low_hz, 2 * low_hz)
        assert abs(level_db(mel, NARROW, *ends) - level_db(own, NARROW, *ends)) < 0.6
    plain = load_mel(path, NARROW, lambda note: None, "log")
    assert abs(level_db(plain, NARROW) - level_db(own, NARROW)) > 6


def test_a_floor_tells_magnitudes_and_anything_else_is_called_a_guess(tmp_path):
    random = np.random.default_rng(0)
    values = random.uniform(-14, 2, (96, 50))
    for floor in (1e-5, 1e-7):
        notes = []
        mel = load_mel(npy(tmp_path, np.maximum(values, np.log(floor))), NARROW, notes.append)
        if floor > 1e-6:
            assert notes[0].endswith(
                "was read as the natural logarithm of magnitude, by its floor of 1e-05; --mel-scale names another."
            )
            wanted = log_mel_of(
                np.maximum(values, np.log(floor)).astype(np.float32), mel_form("ln-magnitude"), NARROW
            )
            assert np.array_equal(mel, np.maximum(wanted, np.float32(NARROW.floor)))
        else:  # nothing lies at that floor
            assert "which is a guess (HiFi-GAN, BigVGAN and Vocos have that of magnitude)" in notes[0]
            assert np.allclose(mel, values, atol=1e-5)
    with pytest.raises(AudioError, match=r"-10, tell logarithms to base 10.*name the scale with --mel-scale"):
        load_mel(npy(tmp_path, np.maximum(values, -10)), NARROW, lambda note: None)
    with pytest.raises(AudioError, match=r"could be power or magnitude: name the scale with --mel-scale"):
        load_mel(npy(tmp_path, np.exp(values)), NARROW, lambda note: None)


def test_a_mel_of_other_bands_is_refused_with_the_tools_that_have_them(tmp_path):
    path = npy(tmp_path, np.full((80, 5), -3.0))
    with pytest.raises(
        AudioError,
        match=r"a mel of 96 bands .*If it is of another tool, name that with --mel-scale: hifi-gan, ",
    ) as refused:
        load_mel(path, NARROW, lambda note: None)
    assert "vocos" not in str(refused.value)
    with pytest.raises(AudioError, match="a mel of 100 bands has the shape"):
        load_mel(path, NARROW, lambda note: None, "vocos")
    with pytest.raises(AudioError, match=r"has the shape \(96, frames\)\.$"):
        load_mel(npy(tmp_path, np.ones((7, 5))), NARROW, lambda note: None)


def test_every_name_is_known_and_listed():
    table = mel_scale_table()
    for name in (*SCALES, *PRESETS):
        assert mel_form(name).name == name
        assert re.search(rf"^  {re.escape(name)} ", table, re.MULTILINE)
    assert mel_form("db:htk").is_htk
    for wrong in ("", "hifi-gan:htk", "ln", "log:slaney"):
        with pytest.raises(AudioError, match="There is no mel scale .*ln-magnitude.*vocos"):
            mel_form(wrong)


@pytest.mark.parametrize("name", ["hifi-gan", "librosa", "torchaudio", "ln-magnitude", "db-magnitude:htk"])
@pytest.mark.parametrize("value", [1e22, 1e30])
def test_numbers_that_are_no_sound_are_refused_without_a_warning(tmp_path, name, value):
    form = mel_form(name)
    values = np.full((NARROW.n_mels if form.bands is None else form.bands.n_mels, 8), value)
    with pytest.raises(AudioError, match=r"taken for .*, is no mel of sound: The mel "):
        load_mel(npy(tmp_path, values), NARROW, lambda note: None, name)


def test_a_mel_that_lasts_too_long_is_refused_before_it_is_converted(tmp_path, monkeypatch):
    def converted(*_):
        raise AssertionError

    monkeypatch.setattr("musegen_daw.vocoder.mel_file.log_mel_of", converted)
    frames = 2 * 3600 * 22_050 // 256 + 1000
    path = tmp_path / "long.npy"
    np.save(path, np.zeros((80, frames), np.float16))
    with pytest.raises(AudioError, match=r"The mel lasts 2\.0 hours; at most 2"):
        load_mel(path, NARROW, lambda note: None, "hifi-gan")
