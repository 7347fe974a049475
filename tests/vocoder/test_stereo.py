"""A stereo source comes back with its image: balance, correlation, a mono sum without comb filter, no seams."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw import resource_paths as resources
from musegen_daw.progress import Cancelled
from musegen_daw.vocoder.decoder_input import DecoderInput, edited_input
from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.mel_input import MelInput
from musegen_daw.vocoder.stereo import StereoImage, image_of_blocks, spread
from musegen_daw.vocoder.vocoder import Vocoder
from tests.vocoder.sounds import balance_db, correlation, level_at_db, levels_db, noise, plucks
from tests.vocoder.tiny_vocoder import SMALL, write_tiny_vocoder

CONFIG = MelConfig()
RATE_HZ, SECONDS = CONFIG.sample_rate_hz, 3.0
SAMPLES = round(RATE_HZ * SECONDS)


@pytest.fixture(scope="module", params=["vocoder-12k", "vocoder-44k"])
def vocoder(request):
    return Vocoder.open(resources.vocoder_dir(request.param))


def noises(vocoder):
    """Two independent noises at the rate of the model."""
    samples = round(SECONDS * vocoder.mel.sample_rate_hz)
    return noise(samples), noise(samples, 1)


def vocoded(vocoder, left, right):
    """Source and result."""
    source = np.stack([left, right], axis=1)
    image = image_of_blocks([source], vocoder.mel)
    return source, vocoder.vocode(image.mel, image=image)[: len(source)]


def test_what_is_panned_hard_stays_there(vocoder):
    own, _ = noises(vocoder)
    source, made = vocoded(vocoder, own, 0 * own)
    left_db, right_db = levels_db(made)
    assert abs(left_db - levels_db(source)[0]) < 0.5
    assert right_db < left_db - 90
    _, mirrored = vocoded(vocoder, 0 * own, own)
    assert np.allclose(mirrored[:, ::-1], made, atol=1e-5)


def test_what_is_in_the_middle_is_identical_in_both_channels_and_is_the_mono_result(vocoder):
    own, _ = noises(vocoder)
    source, made = vocoded(vocoder, own, own)
    assert np.array_equal(made[:, 0], made[:, 1])
    mono = vocoder.vocode(log_mel(np.ascontiguousarray(source[:, 0]), vocoder.mel))[: len(source)]
    assert np.abs(made[:, 0] - mono).max() < 1e-3


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_balance_and_correlation_of_noise_are_kept(vocoder, shared):
    own, other = noises(vocoder)
    source, made = vocoded(vocoder, own, 0.5 * (shared * own + (1 - shared) * other))
    assert np.abs(levels_db(made) - levels_db(source)).max() < 0.5
    assert correlation(made) == pytest.approx(correlation(source), abs=0.1)


def test_opposite_phases_stay_opposite(vocoder):
    own, _ = noises(vocoder)
    _, made = vocoded(vocoder, own, -own)
    assert correlation(made) < -0.99
    assert levels_db(made)[0] == pytest.approx(-20, abs=0.5)


def test_two_instruments_stay_apart(vocoder):
    rate_hz = vocoder.mel.sample_rate_hz
    low, high = plucks(rate_hz, SECONDS, 220, 0.5), plucks(rate_hz, SECONDS, 1500, 0.33)
    source, made = vocoded(vocoder, low, high)
    assert abs(balance_db(made) - balance_db(source)) < 1
    assert abs(correlation(made)) < 0.1
    for hz, own, other in ((220, 0, 1), (1500, 1, 0)):
        assert level_at_db(made[:, own], rate_hz, hz) > level_at_db(made[:, other], rate_hz, hz) + 25


def test_the_sum_has_the_level_of_the_source_in_every_band(vocoder):
    own, other = noises(vocoder)
    source, made = vocoded(vocoder, own + 0.3 * other, 0.3 * own - 0.8 * other)

    def mid_db(audio):
        mel = log_mel(np.ascontiguousarray(audio.mean(axis=1)), vocoder.mel)[:, 4:-4]
        return 10 * np.log10(np.exp(mel).mean(axis=1))

    is_loud = mid_db(source) > mid_db(source).max() - 40
    off_db = np.abs(mid_db(made) - mid_db(source))[is_loud]
    assert off_db.mean() < 1.0
    assert off_db.max() < 4.0


def test_silence_stays_silence(vocoder):
    own, _ = noises(vocoder)
    _, made = vocoded(vocoder, 0 * own, 0 * own)
    assert levels_db(made).max() < -100


@settings(max_examples=30)
@given(left=st.floats(0.05, 1), right=st.floats(0.05, 1), apart=st.floats(0, 1), seed=st.integers(0, 1_000))
def test_any_mix_of_noises_is_spread_as_it_was(left, right, apart, seed):
    own, other = noise(24_000, seed), noise(24_000, seed + 1)
    source = np.stack([left * own, apart * other - right * own], axis=1)
    image = image_of_blocks([source], CONFIG)
    decoded = noise(24_000, seed + 2)
    decoded *= np.sqrt((source**2).mean()) / np.sqrt((decoded**2).mean())
    made = np.concatenate([*spread([decoded], image, CONFIG)])
    assert correlation(made) == pytest.approx(correlation(source), abs=0.15)
    # The noises differ in each band; where a channel is far softer, that is most of it.
    assert np.abs(levels_db(made) - levels_db(source)).max() < 1.5


@settings(max_examples=30)
@given(st.lists(st.integers(0, 900), min_size=1, max_size=12), st.integers(1, 3000))
def test_where_the_audio_is_cut_does_not_matter(lengths, samples):
    audio = noise(samples)
    image = image_of_blocks([np.stack([noise(samples, 1), noise(samples, 2)], axis=1)], SMALL)
    whole = np.concatenate([*spread([audio], image, SMALL)])
    cuts = np.minimum(np.cumsum(lengths), samples)
    pieces = np.concatenate([*spread(np.split(audio, cuts), image, SMALL)])
    assert whole.shape == pieces.shape == (samples, 2)
    assert np.abs(whole - pieces).max() < 1e-6


def test_a_window_that_no_hop_divides_is_spread(tmp_path):
    odd = MelConfig(sample_rate_hz=8000, n_fft=90, hop_length=13, n_mels=8, fmax_hz=4000)
    audio = noise(4_000)
    image = image_of_blocks([np.stack([audio, audio], axis=1)], odd)
    made = np.concatenate([*spread([audio], image, odd)])
    assert np.abs(made - audio[:, None]).max() < 1e-5


def test_chunks_equal_one_pass():
    folder = resources.vocoder_dir("vocoder-12k")
    source = np.stack([noise(SAMPLES) + plucks(RATE_HZ, SECONDS, 330, 0.4), noise(SAMPLES, 1)], axis=1)
    image = image_of_blocks([source[at : at + 5_000] for at in range(0, SAMPLES, 5_000)], CONFIG)
    whole, pieces = (
        Vocoder.open(folder, chunk_frames=chunk_frames).vocode(image.mel, image=image)
        for chunk_frames in (10_000, 64)
    )
    assert np.abs(whole - pieces).max() < 1e-4


def test_it_is_made_as_it_is_asked_for(tmp_path):
    write_tiny_vocoder(tmp_path / "tiny", SMALL)
    decoder = Vocoder.open(tmp_path / "tiny", chunk_frames=50)
    source = np.stack([noise(32_000), noise(32_000, 1)], axis=1)
    image = image_of_blocks([source], SMALL)
    told = []
    stream = decoder.stream(image.mel, lambda *each: told.append(each), image=image)
    first = next(stream)
    assert first.shape[1] == 2
    assert told == [(50, 2001)]  # nothing was decoded ahead
    made = [first, *stream]
    assert sum(map(len, made)) == 2001 * 16
    assert max(map(len, made)) <= 60 * 16
    assert told[-1] == (2001, 2001)


def test_it_can_be_given_up(tmp_path):
    write_tiny_vocoder(tmp_path / "tiny", SMALL)
    decoder = Vocoder.open(tmp_path / "tiny", chunk_frames=50)
    image = image_of_blocks([np.stack([noise(32_000), noise(32_000, 1)], axis=1)], SMALL)
    done = []
    with pytest.raises(Cancelled):
        decoder.vocode(image.mel, lambda *each: done.append(each), lambda: len(done) == 3, image=image)
    assert len(done) == 3


def test_griffin_lim_keeps_the_image_too():
    source = np.stack([noise(SAMPLES), 0.3 * noise(SAMPLES, 1)], axis=1)
    image = image_of_blocks([source], CONFIG)
    made = GriffinLim(CONFIG, 4).vocode(image.mel, image=image)[:SAMPLES]
    assert abs(balance_db(made) - balance_db(source)) < 0.5
    assert correlation(made) == pytest.approx(correlation(source), abs=0.1)


def test_the_image_is_stretched_and_transposed_with_the_mel():
    beats = np.where(np.arange(SAMPLES) < SAMPLES // 2, 1.0, 0.0).astype(np.float32)
    source = np.stack([noise(SAMPLES) * beats, noise(SAMPLES, 1) * (1 - beats)], axis=1)
    image = image_of_blocks([source], CONFIG)
    given = DecoderInput(MelInput(image.mel, SAMPLES), image)
    assert edited_input(given, 1.0, 0.0, CONFIG).image is image
    longer = edited_input(given, 2.0, 5.0, CONFIG)
    assert longer.given.samples == 2 * SAMPLES
    assert np.allclose(longer.given.mel, longer.image.mel)
    made = Vocoder.open(resources.vocoder_dir("vocoder-12k")).vocode(longer.given.mel, image=longer.image)
    for half, louder in ((made[: SAMPLES - 3_000], 1), (made[SAMPLES + 3_000 : 2 * SAMPLES], -1)):
        assert louder * balance_db(half) > 40


def test_an_image_of_another_length_is_refused(tmp_path):
    write_tiny_vocoder(tmp_path / "tiny", SMALL)
    mel = log_mel(noise(1_600), SMALL)
    with pytest.raises(ValueError, match="the shape of the mel"):
        Vocoder.open(tmp_path / "tiny").vocode(mel, image=StereoImage(mel[:, 1:], mel[:, 1:], mel[:, 1:]))
