"""With formants kept a voice sings another pitch in the same mouth; as on tape the mouth changes with it."""

import numpy as np
import pytest

from musegen_daw.vocoder.decoder_input import DecoderInput, edited_input
from musegen_daw.vocoder.formants import transpose
from musegen_daw.vocoder.mel import MelConfig, band_edges, band_frequencies, log_mel
from musegen_daw.vocoder.mel_input import MelInput, edited
from musegen_daw.vocoder.stereo import StereoImage
from tests.vocoder.sounds import noise, vowel

NARROW, WIDE = MelConfig(), MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)
CONFIGS = pytest.mark.parametrize("config", [NARROW, WIDE], ids=["12k", "44k"])
PITCHES = pytest.mark.parametrize("pitch_hz", [110, 150, 220])
INTERVALS = pytest.mark.parametrize("semitones", [7, -5])


def widths_hz(config):
    edges_hz = band_edges(config.n_mels, config.fmin_hz, config.fmax_hz)
    return (edges_hz[2:] - edges_hz[:-2]) / 2


def inner(audio, config):
    """The mel without what the ends are in."""
    return log_mel(audio, config)[:, 8:-8]


def level_db(mel, config):
    return 10 * np.log10((np.exp(mel) * widths_hz(config)[:, None]).sum(axis=0).mean())


def envelope_db(mel, config, spacing_hz):
    """The power within a harmonic to either side, on average over time, up to 4 kHz."""
    bands_hz = band_frequencies(config)
    shares = np.maximum(0, 1 - abs(bands_hz[:, None] - bands_hz) / spacing_hz) * widths_hz(config)
    power = shares @ np.exp(mel).mean(axis=1) / shares.sum(axis=1)
    return 10 * np.log10(power[(bands_hz > spacing_hz) & (bands_hz < 4_000)])


def apart_db(one, other):
    """How far two envelopes differ in shape."""
    return np.std(one - other)


def harmonics_db(mel, config, pitch_hz):
    """How far the harmonics up to 1 kHz stand out from what lies between them."""
    power, bands_hz = np.exp(mel).mean(axis=1), band_frequencies(config)
    at = [k * pitch_hz for k in range(1, int(1_000 / pitch_hz))]
    on = [power[abs(bands_hz - hz) < pitch_hz / 4].max() for hz in at]
    between = [power[abs(bands_hz - hz - pitch_hz / 2) < pitch_hz / 4].min() for hz in at]
    return np.median(10 * np.log10(np.array(on) / between))


@CONFIGS
@PITCHES
@INTERVALS
def test_a_vowel_keeps_its_envelope_and_changes_its_pitch(config, pitch_hz, semitones):
    moved_hz = pitch_hz * 2 ** (semitones / 12)
    mel = inner(vowel(config.sample_rate_hz, 1.0, pitch_hz), config)
    kept = transpose(mel, semitones, config, keep_formants=True)
    on_tape = transpose(mel, semitones, config)
    spacing_hz = max(pitch_hz, moved_hz)
    wanted = envelope_db(mel, config, spacing_hz)
    error = apart_db(envelope_db(kept, config, spacing_hz), wanted)
    error_on_tape = apart_db(envelope_db(on_tape, config, spacing_hz), wanted)
    assert error < 4.5
    assert error < error_on_tape / 3
    # And so it is the vowel that is sung at that pitch.
    sung = inner(vowel(config.sample_rate_hz, 1.0, moved_hz), config)
    assert apart_db(envelope_db(kept, config, spacing_hz), envelope_db(sung, config, spacing_hz)) < 4.5
    assert harmonics_db(kept, config, moved_hz) > 0.8 * harmonics_db(on_tape, config, moved_hz) > 5
    assert abs(level_db(kept, config) - level_db(mel, config)) < 0.5


@CONFIGS
@INTERVALS
def test_a_high_voice_keeps_most_of_its_envelope(config, semitones):
    moved_hz = 300 * 2 ** (semitones / 12)
    mel = inner(vowel(config.sample_rate_hz, 1.0, 300), config)
    wanted = envelope_db(mel, config, 450)
    kept, on_tape = (transpose(mel, semitones, config, keep) for keep in (True, False))
    error = apart_db(envelope_db(kept, config, 450), wanted)
    assert error < apart_db(envelope_db(on_tape, config, 450), wanted) / 2
    assert harmonics_db(kept, config, moved_hz) > 0.7 * harmonics_db(on_tape, config, moved_hz)
    assert abs(level_db(kept, config) - level_db(mel, config)) < 0.5


@CONFIGS
@pytest.mark.parametrize("semitones", [-12, -5, 7, 12])
def test_noise_stays_as_it_is(config, semitones):
    mel = inner(noise(2 * config.sample_rate_hz), config)
    kept = transpose(mel, semitones, config, keep_formants=True)
    assert np.abs((kept - mel).mean(axis=1)).max() * 10 / np.log(10) < 2.5
    assert abs(level_db(kept, config) - level_db(mel, config)) < 0.5


@CONFIGS
@pytest.mark.parametrize("semitones", [-12, -5, 7, 12])
def test_a_flute_still_plays_one_note(config, semitones):
    """Harmonics 600 Hz apart tell nothing of what would be between them: it must not come out as noise."""
    time = np.arange(config.sample_rate_hz) / config.sample_rate_hz
    audio = 0.3 * np.sin(2 * np.pi * 600 * time) + 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    mel = inner(audio.astype(np.float32), config)
    power = np.exp(transpose(mel, semitones, config, keep_formants=True)).mean(axis=1) * widths_hz(config)
    near = abs(band_frequencies(config) - 600 * 2 ** (semitones / 12)) < 120
    assert 10 * np.log10(power[near].sum() / power[~near].sum()) > 15
    assert abs(10 * np.log10(power.sum()) - level_db(mel, config)) < 0.5


@pytest.mark.parametrize("semitones", [-48, -7, 3, 48])
def test_silence_stays_silent(semitones):
    silence = np.full((96, 20), NARROW.floor, np.float32)
    kept = transpose(silence, semitones, NARROW, keep_formants=True)
    assert kept.dtype == np.float32
    assert kept.max() < NARROW.floor + 1
    # And what lies before a sound.
    mel = log_mel(np.concatenate([np.zeros(12_000, np.float32), vowel(12_000, 1.0, 150)]), NARROW)
    assert transpose(mel, semitones, NARROW, keep_formants=True)[:, :40].max() < NARROW.floor + 1


def test_a_mel_under_its_floor_is_silence():
    mel = np.full((96, 4), -300, np.float32)
    assert np.all(transpose(mel, 5, NARROW, keep_formants=True) == np.float32(NARROW.floor))


def test_the_top_is_not_cut_off():
    mel = inner(noise(24_000), NARROW)
    top = band_frequencies(NARROW) > 4_600
    on_tape = transpose(mel, -5, NARROW)
    kept = transpose(mel, -5, NARROW, keep_formants=True)
    assert np.all(on_tape[top] == np.float32(NARROW.floor))
    assert abs(kept[top].mean() - mel[top].mean()) < 0.3


def test_no_pitch_changes_nothing():
    mel = inner(vowel(12_000, 1.0, 150), NARROW)
    assert np.allclose(transpose(mel, 0.0, NARROW, keep_formants=True), mel, atol=1e-3)


@pytest.mark.parametrize("semitones", [-49, float("nan")])
def test_an_impossible_pitch_is_refused(semitones):
    with pytest.raises(ValueError, match="semitones"):
        transpose(np.zeros((96, 5), np.float32), semitones, NARROW, keep_formants=True)


def test_edits_keep_formants_in_mono_and_in_stereo():
    mel = log_mel(vowel(12_000, 1.0, 150), NARROW)
    expected = transpose(mel, 4, NARROW, keep_formants=True)
    assert not np.allclose(expected, transpose(mel, 4, NARROW), atol=1)
    assert np.array_equal(edited(MelInput(mel), 1.0, 4, NARROW, keep_formants=True).mel, expected)
    quieter = mel - np.float32(np.log(4.0))
    given = DecoderInput(MelInput(mel), StereoImage(mel, quieter, mel))
    image = edited_input(given, 1.0, 4, NARROW, keep_formants=True).image
    assert np.allclose(image.left, expected)
    audible = expected > NARROW.floor + 3
    assert np.allclose((image.left - image.right)[audible], np.log(4.0), atol=0.05)
