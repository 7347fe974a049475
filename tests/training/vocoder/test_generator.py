"""The generators keep time, silence and their reach; their inverse STFT is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from musegen_daw.vocoder.mel import MelConfig, log_mel, prior_magnitude
from musegen_daw.vocoder.white_noise import white_noise
from training.vocoder.generator import Generator
from training.vocoder.generator_config import GeneratorConfig
from training.vocoder.heads import InverseStft, NoiseBranch
from training.vocoder.interpolation import interpolate
from training.vocoder.mel_layers import MagnitudePrior
from training.vocoder.trunk import Snake

MEL = MelConfig()
FAST = GeneratorConfig(widths=(16, 12, 8), clock_frames=4)
SEED = GeneratorConfig(widths=(16, 12, 8, 6, 4), upsampling=(8, 8, 2, 2), istft_n_fft=0, clock_frames=4)
IMPOSED = replace(FAST, imposed_rounds=2)
ATTACKS = replace(FAST, attack_n_fft=256)
NOISE = replace(FAST, noise_bands=10)
HIGH = MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)


def _generator(config: GeneratorConfig, mel: MelConfig = MEL) -> Generator:
    torch.manual_seed(0)
    return Generator(config, mel).eval()


def _noise_mel(frames: int, mel: MelConfig = MEL) -> torch.Tensor:
    audio = np.random.default_rng(1).normal(0, 0.1, (frames - 1) * mel.hop_length).astype(np.float32)
    return torch.from_numpy(log_mel(audio, mel))[None]


@pytest.mark.parametrize(
    ("config", "mel"),
    [
        (FAST, MEL),
        (SEED, MEL),
        (replace(FAST, istft_n_fft=1024), HIGH),
        (IMPOSED, MEL),
        (ATTACKS, MEL),
        (NOISE, MEL),
    ],
    ids=["fast", "seed", "high", "imposed", "attacks", "noise"],
)
@pytest.mark.parametrize("frames", [1, 7, 32])
def test_a_frame_gives_a_hop_of_audio(config, mel, frames) -> None:
    with torch.no_grad():
        audio = _generator(config, mel)(_noise_mel(frames, mel).repeat(2, 1, 1))
    assert audio.shape == (2, frames * mel.hop_length)
    assert audio.dtype == torch.float32
    assert torch.isfinite(audio).all()
    assert torch.allclose(audio[0], audio[1], atol=1e-6)


@pytest.mark.parametrize(
    ("config", "growth"),
    [(FAST, 3.0), (SEED, 1.0), (IMPOSED, 3.0), (NOISE, 3.0)],
    ids=["fast", "seed", "imposed", "noise"],
)
def test_silence_stays_silent_and_with_an_inverse_stft_whatever_the_weights(config, growth) -> None:
    generator = _generator(config)
    for parameter in generator.parameters():
        parameter.data *= growth
    with torch.no_grad():
        audio = generator(torch.full((1, MEL.n_mels, 40), MEL.floor))
    assert audio.abs().max() < 1e-4  # -80 dB of full scale


@pytest.mark.parametrize(
    "config",
    [FAST, SEED, replace(FAST, dilations=(1, 3, 5)), IMPOSED, ATTACKS],
    ids=["fast", "seed", "wide", "imposed", "attacks"],
)
def test_what_is_out_of_reach_changes_nothing_and_what_is_near_does(config) -> None:
    generator = _generator(config)
    reach, hop = generator.reach_frames(), MEL.hop_length
    frames = 2 * reach + 21
    mel = _noise_mel(frames)
    changed = mel.clone()
    changed[..., frames // 2] += 2.0
    with torch.no_grad():
        moved = (generator(changed) - generator(mel))[0].abs().reshape(frames, hop).amax(dim=1)
    touched = torch.nonzero(moved > 0).flatten() - frames // 2
    assert touched.abs().max() <= reach
    assert touched.abs().max() >= reach - 4 - 2 * config.imposed_rounds  # windows fade at their ends
    assert reach <= generator.context_frames() < reach + config.clock_frames
    assert generator.context_frames() % config.clock_frames == 0


def test_a_chunk_that_keeps_the_clock_is_the_middle_of_one_pass() -> None:
    generator = _generator(FAST)
    context, hop = generator.context_frames(), MEL.hop_length
    mel = _noise_mel(4 * context)
    with torch.no_grad():
        whole = generator(mel)
        chunk = generator(mel[..., context:])
    assert torch.allclose(chunk[:, context * hop :], whole[:, 2 * context * hop :], atol=1e-5)


def test_noise_is_added_under_the_level_of_the_mel_and_far_below_it_before_training() -> None:
    generator, mel = _generator(NOISE), _noise_mel(48)
    with torch.no_grad():
        noise = torch.randn(generator.noise_shape(mel), generator=torch.Generator().manual_seed(1))
        added = generator(mel, noise) - generator(mel, torch.zeros_like(noise))
        other = generator(mel, noise.flip(-1)) - generator(mel, torch.zeros_like(noise))
    inner = slice(8 * 256, -8 * 256)
    level_db = 20 * np.log10(float(added[:, inner].std()) / 0.1)  # the mel is that of noise of .1
    assert level_db == pytest.approx(20 / np.log(10) * NoiseBranch.FIRST_LEVEL, abs=1.5)
    assert float((added[:, inner] * other[:, inner]).mean()) < 0.1 * float(added[:, inner].square().mean())


def test_noise_of_its_own_is_the_same_each_time_and_the_app_s() -> None:
    generator, mel = _generator(NOISE), _noise_mel(12)
    _, parts, steps = generator.noise_shape(mel)
    with torch.no_grad():
        assert torch.equal(generator(mel), generator(mel))
        noise = torch.from_numpy(white_noise(-generator.noise_steps(), steps, parts))[None]
        assert torch.equal(generator(mel), generator(mel, noise))


def test_a_steady_sound_is_not_bound_to_the_frame_rate() -> None:
    generator, hop = _generator(FAST), MEL.hop_length
    mel = _noise_mel(1).expand(-1, -1, 4 * generator.context_frames())
    middle = slice(generator.context_frames(), 2 * generator.context_frames())
    with torch.no_grad():
        frames = generator(mel)[0].reshape(-1, hop)[middle]
    assert not torch.allclose(frames[0], frames[1], atol=0.01 * float(frames.abs().max()))
    period = generator.config.clock_frames
    assert torch.allclose(frames[:-period], frames[period:], atol=1e-4 * float(frames.abs().max()))


def test_the_inverse_of_an_stft_is_the_audio() -> None:
    audio = torch.randn(2, 64 * 40, generator=torch.Generator().manual_seed(0))
    spectrum = torch.stft(audio, 512, 64, window=torch.hann_window(512), return_complex=True)
    spectrum = spectrum * (-1) ** torch.arange(257)[:, None]  # phases at the centre, not at the first sample
    found = InverseStft(512, 64)(torch.cat([spectrum.real, spectrum.imag], dim=1))
    inner = slice(512, -512)
    assert torch.allclose(found[:, : audio.shape[1]][:, inner], audio[:, inner], atol=1e-5)


def test_a_window_that_does_not_fit_its_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="512"):
        InverseStft(512, 100)


def test_the_prior_at_the_resolution_of_the_mel_is_the_prior_of_the_app() -> None:
    mel = _noise_mel(9)
    found = MagnitudePrior(MEL, MEL.n_fft)(mel)[0].numpy()
    expected = prior_magnitude(mel[0].numpy(), MEL)
    loud = expected > 0.2 * expected.max()
    assert loud.any()
    assert np.allclose(found[loud], expected[loud], rtol=1e-3)


@pytest.mark.parametrize("kind", ["noise", "tone"])
def test_the_prior_is_on_the_scale_of_the_short_stft(kind) -> None:
    random = np.random.default_rng(0)
    time = np.arange(24_000) / MEL.sample_rate_hz
    audio = random.normal(0, 0.1, 24_000) if kind == "noise" else 0.3 * np.sin(2 * np.pi * 1000 * time)
    mel = torch.from_numpy(log_mel(audio.astype(np.float32), MEL))[None]
    prior = MagnitudePrior(MEL, 512)(mel)[0, :, 10:80]
    spectrum = torch.stft(
        torch.from_numpy(audio).float(), 512, 256, window=torch.hann_window(512), return_complex=True
    )[:, 10:80]
    ratio = prior.square().sum() / spectrum.abs().square().sum()
    assert 0.7 < float(ratio) < 1.4


@pytest.mark.parametrize("factor", [1, 2, 4, 256])
def test_interpolation_keeps_frames_and_goes_straight_between(factor) -> None:
    values = torch.tensor([[[0.0, 2.0, -1.0]]])
    found = interpolate(values, factor)
    assert found.shape == (1, 1, 3 * factor)
    assert torch.equal(found[..., ::factor], values)
    assert torch.all(found[..., 2 * factor :] == -1)
    if factor > 1:
        assert float(found[0, 0, factor // 2]) == pytest.approx(1.0)


def test_snake_is_what_its_paper_says() -> None:
    snake = Snake(2)
    snake.log_rate.data = torch.tensor([[0.0], [1.0]])
    values = torch.linspace(-3, 3, 13).expand(1, 2, -1)
    rate = torch.tensor([1.0, float(np.e)])[:, None]
    with torch.no_grad():
        assert torch.allclose(
            snake(values)[0], values[0] + torch.sin(rate * values[0]) ** 2 / rate, atol=1e-6
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"upsampling": (2,)}, "upsampling"),
        ({"kernels": (4,)}, "odd"),
        ({"upsampling": (3, 2)}, "even"),
        ({"noise_bands": 8, "istft_n_fft": 0}, "noise_bands needs istft_n_fft"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(change, said) -> None:
    with pytest.raises(ValueError, match=said):
        replace(FAST, **change)


def test_an_upsampling_that_misses_the_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="hop of 256"):
        Generator(replace(SEED, upsampling=(8, 8, 4, 2)), MEL)
