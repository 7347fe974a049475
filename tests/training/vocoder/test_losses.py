"""The losses are zero for what is equal, grow with what differs, and pull the right way."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from training.vocoder.discriminators import DiscriminatorConfig, Discriminators
from training.vocoder.losses import (
    AttackLevels,
    MultiResolutionStft,
    MultiScaleMel,
    NoiseTexture,
    PhaseDifferences,
    ValleyNoise,
    adversarial_loss,
    discriminator_loss,
    matching_loss,
)

TINY = DiscriminatorConfig(periods=(2, 3), period_width=2, windows=(256, 512), window_width=2)


def _noise(seed: int, level: float = 0.1) -> torch.Tensor:
    return level * torch.randn(2, 8192, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("loss", [MultiResolutionStft(), MultiScaleMel(12_000, (128, 512, 2048), 1e-5)])
def test_distances_are_zero_for_the_same_and_grow_with_the_difference(loss) -> None:
    audio, other = _noise(0), _noise(1)
    assert float(loss(audio, audio)) == 0
    distances = [float(loss(audio + share * other, audio)) for share in (0.1, 0.3, 1.0)]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_the_stft_distance_is_that_of_its_formula() -> None:
    audio = _noise(0)
    # half as loud everywhere: convergence 1/2, logarithms apart by ln 2
    assert float(MultiResolutionStft()(audio / 2, audio)) == pytest.approx(0.5 + 0.6931, abs=0.01)


def test_the_mean_over_rows_is_the_distance() -> None:
    loss = MultiResolutionStft()
    rows = loss.rows(_noise(0), _noise(1))
    assert rows.shape == (2,)
    assert float(rows.mean()) == pytest.approx(float(loss(_noise(0), _noise(1))))


@pytest.mark.parametrize("loss", [MultiResolutionStft(), MultiScaleMel(12_000, (128, 512, 2048), 1e-5)])
def test_silence_has_finite_distances_and_gradients(loss) -> None:
    generated = torch.zeros(2, 8192, requires_grad=True)
    loss(generated, torch.zeros(2, 8192)).backward()
    loss(generated, _noise(0)).backward()
    assert generated.grad is not None
    assert torch.isfinite(generated.grad).all()


def _two_partials() -> torch.Tensor:
    seconds = torch.arange(8192) / 12_000
    return sum(torch.sin(2 * torch.pi * hz * seconds) for hz in (1000.0, 1060.0))[None] / 4


def test_noise_between_partials_costs_and_silence_between_them_does_not() -> None:
    loss, real = ValleyNoise(), _two_partials() + 1e-3 * _noise(0)[:1]
    costs = [float(loss(real + level * _noise(1)[:1], real)) for level in (0.0, 1e-3, 1e-2, 1e-1)]
    assert costs[0] == 0
    assert costs == sorted(costs)
    assert costs[-1] > 0.5
    assert float(loss(_two_partials(), real)) < costs[1]


def test_of_valleys_in_several_windows_the_mean_is_taken() -> None:
    real = _two_partials() + 1e-3 * _noise(0)[:1]
    generated = real + 1e-2 * _noise(1)[:1]
    short, long, both = (
        float(ValleyNoise(sizes)(generated, real)) for sizes in ((1024,), (2048,), (1024, 2048))
    )
    assert short != pytest.approx(long)
    assert both == pytest.approx((short + long) / 2)


def test_it_is_in_logarithms_of_magnitudes_and_silence_has_no_valley() -> None:
    loss, real = ValleyNoise(), _two_partials()
    louder = real.clone().requires_grad_()
    loss(1.02 * louder, real).backward()
    assert float(loss(1.02 * real, real)) == pytest.approx(math.log(1.02), rel=1e-2)
    assert float(loss(_noise(0), torch.zeros(2, 8192))) == 0
    assert louder.grad is not None
    assert torch.isfinite(louder.grad).all()


def test_the_sides_want_opposite_verdicts() -> None:
    low, high = [torch.zeros(2, 5)], [torch.ones(2, 5)]
    assert float(discriminator_loss(real=high, generated=low)) == 0
    assert float(discriminator_loss(real=low, generated=high)) == 2
    assert float(adversarial_loss(high)) == 0
    assert float(adversarial_loss(low)) == 1


def test_matching_is_relative_to_the_size_of_the_features() -> None:
    features = [[torch.rand(2, 3, 9) + 1]]
    assert float(matching_loss(features, features)) == 0
    near = [[features[0][0] * 1.1]]
    assert float(matching_loss(features, near)) == pytest.approx(0.1, rel=1e-4)
    scaled = [[1000 * features[0][0]]], [[1000 * near[0][0]]]
    assert float(matching_loss(*scaled)) == pytest.approx(0.1, rel=1e-4)


def test_matching_pulls_at_the_generated_side_only() -> None:
    real, generated = torch.rand(2, 3, requires_grad=True), torch.rand(2, 3, requires_grad=True)
    matching_loss([[real]], [[generated]]).backward()
    assert real.grad is None
    assert generated.grad is not None


@pytest.mark.parametrize("samples", [8192, 8191, 6000])
def test_every_discriminator_judges_every_length(samples) -> None:
    opinion = Discriminators(TINY)(_noise(0)[:, :samples])
    assert len(opinion.verdicts) == len(opinion.features) == 4
    assert all(torch.isfinite(verdict).all() for verdict in opinion.verdicts)


def test_the_critic_learns_to_tell_a_tone_from_noise() -> None:
    torch.manual_seed(0)
    critic = Discriminators(TINY)
    optimizer = torch.optim.Adam(critic.parameters(), 5e-3)
    tone = 0.1 * torch.sin(torch.arange(8192) * 0.3).expand(2, -1)
    losses: list[float] = []
    for step in range(25):
        loss = discriminator_loss(critic(tone).verdicts, critic(_noise(step)).verdicts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def _chirp(seconds: torch.Tensor) -> torch.Tensor:
    return 0.3 * torch.sin(2 * torch.pi * (300 * seconds + 400 * seconds**2))


def test_phase_differences_are_zero_for_the_same_and_large_for_other_noise() -> None:
    loss = PhaseDifferences((256, 512, 1024))
    audio = _noise(0)
    assert float(loss(audio, audio)) == pytest.approx(0, abs=1e-4)
    assert float(loss(_noise(1), audio)) == pytest.approx(0.74, abs=0.03)


def test_phase_differences_hear_no_constant_shift_and_no_gain() -> None:
    loss = PhaseDifferences((256, 512, 1024))
    seconds = torch.arange(8192)[None] / 12_000
    tone = torch.sin(2 * torch.pi * 1000 * seconds)
    shifted = 0.1 * torch.cos(2 * torch.pi * 1000 * seconds)
    other = 0.1 * torch.cos(2 * torch.pi * 1020 * seconds)
    # What the reflected ends leave.
    assert float(loss(shifted, tone)) < 0.2
    assert float(loss(other, tone)) > 2 * float(loss(shifted, tone))
    assert float(loss(-0.5 * _noise(0), _noise(0))) == pytest.approx(0, abs=1e-4)


def test_phase_differences_grow_with_a_wrong_frequency_and_with_a_late_attack() -> None:
    loss = PhaseDifferences((256, 512, 1024))
    seconds = torch.arange(8192)[None] / 12_000
    wrong = [float(loss(_chirp(seconds * share), _chirp(seconds))) for share in (1.0, 1.01, 1.05)]
    assert wrong == sorted(wrong)
    assert wrong[0] < 0.01 < 0.5 < wrong[2]
    click = torch.zeros(1, 8192)
    click[0, 4000] = 1.0
    late = [float(loss(torch.roll(click, by, 1), click)) for by in (0, 4, 24)]
    assert late == sorted(late)
    assert late[0] < 0.01
    assert late[2] > late[1] + 0.02


def test_phase_differences_have_finite_gradients_for_silence() -> None:
    generated = torch.zeros(2, 8192, requires_grad=True)
    loss = PhaseDifferences((256, 512))
    (loss(generated, torch.zeros(2, 8192)) + loss(generated, _noise(0))).backward()
    assert generated.grad is not None
    assert torch.isfinite(generated.grad).all()


def _strokes(rate_hz: int, *, smeared: float = 0.0, late: float = 0.0, level: float = 0.3) -> torch.Tensor:
    """Two rows of three strokes over soft noise; `smeared` and `late` are seconds."""
    seconds = torch.arange(rate_hz) / rate_hz
    random = torch.Generator().manual_seed(1)
    noise = torch.randn(2, rate_hz, generator=random)
    gain = torch.full((rate_hz,), 1e-3)
    for start in (0.25, 0.5, 0.75):
        since = seconds - start - late
        rise = (since / smeared + 0.5).clamp(0, 1) if smeared else (since >= 0).float()
        gain = gain + level * rise * torch.exp(-30 * since.clamp_min(0)) * (since < 0.25)
    return gain * noise


@pytest.mark.parametrize("rate_hz", [12_000, 44_100])
def test_smeared_attacks_cost_more_the_slower_they_are(rate_hz) -> None:
    loss, real = AttackLevels(rate_hz), _strokes(rate_hz)
    assert float(loss(real, real)) == 0
    found = [float(loss(_strokes(rate_hz, smeared=seconds), real)) for seconds in (0.002, 0.01, 0.03)]
    assert found == sorted(found)
    assert found[0] > 0.1
    assert found[2] > 3 * found[0]
    # two thirds of a level are nothing beside a slow attack
    assert float(loss(_strokes(rate_hz, level=0.2), real)) < found[1] / 2


def test_without_attacks_nothing_is_asked_and_gradients_stay_finite() -> None:
    loss = AttackLevels(12_000)
    generated = _noise(1).requires_grad_()
    value = loss(generated, _noise(0))
    assert float(value.detach()) == 0
    for real in (_noise(0), torch.zeros(2, 8192), _strokes(12_000)[:, :8192]):
        for own in (generated, torch.zeros(2, 8192, requires_grad=True)):
            loss(own, real).backward()
            assert own.grad is not None
            assert torch.isfinite(own.grad).all()


def test_its_gradient_leads_to_steeper_attacks() -> None:
    loss, real = AttackLevels(12_000), _strokes(12_000)
    audio = _strokes(12_000, smeared=0.02).requires_grad_()
    before = float(loss(audio, real).detach())
    assert _descended(loss, audio, real, steps=60, rate=1e-3) < before / 2


def _descended(loss: nn.Module, audio: torch.Tensor, real: torch.Tensor, steps: int, rate: float) -> float:
    """The loss after steps down its own gradient."""
    optimizer = torch.optim.Adam([audio], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(audio, real).backward()
        optimizer.step()
    return float(loss(audio, real).detach())


def _long_noise(seed: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, 24_000, generator=torch.Generator().manual_seed(seed))


def test_streaks_and_haze_cost_where_there_is_noise_and_other_noise_costs_little() -> None:
    loss, real = NoiseTexture(12_000), _long_noise(0)
    assert float(loss(real, real)) < 0.01
    other = float(loss(_long_noise(1), real))
    spectrum = torch.stft(_long_noise(1), 1024, 256, window=torch.hann_window(1024), return_complex=True)
    lines = (torch.arange(513) % 6 == 0).float()[None, :, None]
    streaks = torch.istft(spectrum * lines, 1024, 256, window=torch.hann_window(1024), length=24_000)
    clicks = torch.zeros(2, 24_000)
    clicks[:, ::40] = 1  # lines 300 Hz apart with one height are no noise either
    assert other < 0.15
    assert float(loss(streaks, real)) > 3 * other
    assert float(loss(clicks, real)) > 3 * other
    seconds = torch.arange(24_000) / 12_000
    haze = torch.sin(2 * math.pi * 200 * seconds + 2 * math.pi * 1_300 * seconds.square())[None].repeat(2, 1)
    assert float(loss(haze, real)) > 2 * other


def test_texture_counts_for_nothing_where_there_is_no_noise() -> None:
    loss, tones = NoiseTexture(12_000), _two_partials()
    assert float(loss(_noise(0), tones)) == 0
    generated = torch.zeros(2, 8192, requires_grad=True)
    for real in (torch.zeros(2, 8192), _noise(0), tones):
        loss(generated, real).backward()
        assert generated.grad is not None
        assert torch.isfinite(generated.grad).all()


def test_the_gradient_of_the_texture_turns_streaks_into_noise() -> None:
    loss, real = NoiseTexture(12_000), _long_noise(0)[:1]
    seconds = torch.arange(24_000) / 12_000
    lines = sum(torch.sin(2 * math.pi * hz * seconds + hz) for hz in range(150, 6_000, 90))
    audio = (0.03 * torch.as_tensor(lines)[None] + 0.02 * _long_noise(3)[:1]).requires_grad_()
    before = float(loss(audio, real).detach())
    assert _descended(loss, audio, real, steps=40, rate=1e-2) < 0.6 * before
