"""Stretched, a drum still strikes: time gives way between attacks and not within them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.vocoder.decoder_input import DecoderInput, edited_input
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.mel_input import MelInput, edited
from musegen_daw.vocoder.stereo import StereoImage
from musegen_daw.vocoder.stretching import attacks, kept_frames, stretch, stretch_map, taken_at, time_map
from tests.vocoder.sounds import noise

NARROW, WIDE = MelConfig(), MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)
CONFIGS = pytest.mark.parametrize("config", [NARROW, WIDE], ids=["12k", "44k"])
CLICKS_SECONDS = (0.7, 1.31, 2.0, 2.55, 3.1, 3.6, 4.4, 5.13, 6.0, 7.1)


def pad(rate_hz, seconds):
    """A chord that swells by turns, and a little noise."""
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    chord = sum(
        np.sin(2 * np.pi * hz * time + hz) * (1 + 0.3 * np.sin(2 * np.pi * 0.7 * time + hz))
        for hz in (220, 277.2, 329.6, 440, 554.4)
    )
    return (0.03 * chord + 0.01 * noise(len(time))).astype(np.float32)


def mel_of(audio, config):
    """Without what the ends are in, where sounds would begin and break off."""
    return log_mel(audio.astype(np.float32), config)[:, 8:-8]


def struck(config, at_seconds, seconds=8.0):
    """Clicks in a pad."""
    rate_hz = config.sample_rate_hz
    audio = pad(rate_hz, seconds)
    length = round(0.03 * rate_hz)
    click = 5 * noise(length, 1) * np.exp(-np.arange(length) / (0.006 * rate_hz))
    for start in (round(rate_hz * at) for at in at_seconds):
        audio[start : start + length] += click
    return audio


def rise_db(mel, at, config):
    """The largest rise from one frame to the next around `at`, on average over the bands."""
    reach = kept_frames(config)
    near = mel[:, max(0, round(at - reach) - 1) : round(at + reach) + 2]
    return np.maximum(np.diff(near, axis=1), 0).mean(axis=0).max() * 10 / np.log(10)


@CONFIGS
def test_attacks_are_found_where_they_are(config):
    places = np.array(CLICKS_SECONDS) * config.frames_per_second
    found = attacks(log_mel(struck(config, CLICKS_SECONDS), config), config)
    found = found[found < 7.5 * config.frames_per_second]  # after which the pad breaks off
    assert len(found) == len(places)
    assert np.abs(found - places).max() < 0.5


@CONFIGS
def test_what_does_not_begin_is_no_attack(config):
    rate_hz = config.sample_rate_hz
    time = np.arange(8 * rate_hz) / rate_hz
    vibrato = 0.3 * np.sin(2 * np.pi * 440 * time + 5 * np.sin(2 * np.pi * 5.5 * time))
    for audio in (pad(rate_hz, 8.0), noise(len(time)), vibrato, np.zeros(len(time))):
        assert len(attacks(mel_of(audio, config), config)) == 0


@CONFIGS
@pytest.mark.parametrize("factor", [0.7, 1.37, 1.5, 2.0, 4.0])
def test_attacks_stay_as_steep_as_they_are(config, factor):
    mel = log_mel(struck(config, CLICKS_SECONDS), config)
    stretched, evenly = stretch(mel, factor, config), stretch(mel, factor)
    assert stretched.shape == evenly.shape
    for place in np.array(CLICKS_SECONDS) * config.frames_per_second:
        before = rise_db(mel, place, config)
        assert rise_db(stretched, place * factor, config) > 0.9 * before
        if factor >= 2:
            assert rise_db(evenly, place * factor, config) < 0.6 * before


@CONFIGS
@pytest.mark.parametrize("factor", [0.5, 0.7, 1.37, 2.0])
def test_attacks_come_when_they_should(config, factor):
    mel = log_mel(struck(config, CLICKS_SECONDS), config)
    found = attacks(stretch(mel, factor, config), config)
    places = np.array(CLICKS_SECONDS) * config.frames_per_second * factor
    assert all(np.abs(found - place).min() < 1 for place in places)


@CONFIGS
@pytest.mark.parametrize("factor", [1.25, 1.5, 2.0])
def test_fast_strokes_stay_steep_and_in_time(config, factor):
    """Six a second: at 12 kHz their windows touch, and what is kept around them shrinks."""
    at_seconds = np.arange(1.0, 7.0, 1 / 6)
    mel = log_mel(struck(config, at_seconds), config)
    stretched = stretch(mel, factor, config)
    found = attacks(stretched, config)
    places = at_seconds * config.frames_per_second
    assert all(np.abs(found - place * factor).min() < 1 for place in places)
    kept = [rise_db(stretched, at * factor, config) / rise_db(mel, at, config) for at in places]
    assert np.median(kept) > 0.9


@given(
    found=st.lists(st.floats(0, 400), max_size=40),
    rest=st.integers(1, 50),
    factor=st.floats(0.1, 10),
    kept=st.floats(0, 20),
)
def test_time_never_turns_back(found, rest, factor, kept):
    places = np.sort(np.array(found))
    frames = int(places.max(initial=0)) + rest
    positions = time_map(places, frames, factor, kept)
    assert positions.dtype == np.float64
    assert frames * factor - 1e-5 <= len(positions) < frames * factor + 1
    assert np.all(np.diff(positions) >= 0)
    assert positions[0] >= 0
    assert positions[-1] <= frames
    # Each attack is within a frame of where it belongs, whatever else is there.
    for place in places[places * factor <= len(positions) - 1]:
        early = np.interp(max(0, place * factor - 1), np.arange(len(positions)), positions)
        late = np.interp(place * factor + 1, np.arange(len(positions)), positions)
        assert early - 1e-6 <= place <= late + 1e-6 or place * factor + 1 > len(positions) - 1


def test_time_goes_on_at_its_own_speed_around_an_attack():
    positions = time_map(np.array([50.0, 120.0]), 200, 2.0, 5.0)
    for place in (50, 120):
        near = slice(2 * place - 5, 2 * place + 6)
        assert np.allclose(positions[near], place + np.arange(-5, 6))
    assert np.allclose(np.diff(positions[106:234]), 60 / 130)
    assert np.allclose(time_map(np.empty(0), 30, 1.7, 5.0), np.arange(51) / 1.7)


def test_between_close_attacks_time_goes_at_most_twice_as_slow_or_fast():
    for factor in (0.25, 0.5, 2.0, 8.0):
        slopes = np.diff(time_map(np.arange(8.0, 200.0, 8.0), 200, factor, 5.0))
        assert slopes.min() >= min(0.5 / factor, 1) - 1e-6
        assert slopes.max() <= max(2 / factor, 1) + 1e-6
        assert abs(slopes - 1 / factor).max() > 0.1 / factor


@CONFIGS
def test_without_attacks_and_without_stretching_all_is_as_before(config):
    mel = mel_of(pad(config.sample_rate_hz, 4.0), config)
    assert np.array_equal(stretch(mel, 1.7, config), stretch(mel, 1.7))
    clicks = log_mel(struck(config, CLICKS_SECONDS), config)
    assert np.array_equal(stretch(clicks, 1.0, config), clicks)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("factor", [0.1, 0.5, 1.3, 10.0])
def test_a_short_mel_can_be_stretched(frames, factor):
    mel = np.random.default_rng(0).normal(-5, 5, (96, frames)).astype(np.float32)
    stretched = stretch(mel, factor, NARROW)
    assert stretched.shape == stretch(mel, factor).shape
    assert np.isfinite(stretched).all()


@pytest.mark.parametrize("factor", [0, -1, 0.05, 11, float("nan")])
def test_an_impossible_stretch_is_refused(factor):
    with pytest.raises(ValueError, match="factor"):
        stretch(np.zeros((96, 50), np.float32), factor, NARROW)


def test_edits_keep_attacks():
    mel = log_mel(struck(NARROW, CLICKS_SECONDS), NARROW)
    longer = edited(MelInput(mel, 96_000), 2.0, 0.0, NARROW)
    assert np.array_equal(longer.mel, stretch(mel, 2.0, NARROW))
    assert longer.samples == 192_000


def test_the_channels_of_a_stereo_sound_share_their_time():
    """The left has clicks, the right a pad that would not know of them."""
    left = log_mel(struck(NARROW, CLICKS_SECONDS), NARROW)
    right = log_mel(pad(NARROW.sample_rate_hz, 8.0) + 0.1 * noise(96_000, 3), NARROW)
    image = StereoImage(left, right, left)
    positions = stretch_map(image.mel, 2.0, NARROW)
    assert not np.array_equal(positions, stretch_map(right, 2.0, NARROW))
    longer = edited_input(DecoderInput(MelInput(image.mel), image), 2.0, 0.0, NARROW)
    for before, after in ((left, longer.image.left), (right, longer.image.right), (left, longer.image.mid)):
        assert np.array_equal(after, taken_at(before, positions))
    assert np.array_equal(longer.given.mel, longer.image.mel)
