"""White noise is white, and a piece of it is the same wherever it is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.vocoder.white_noise import MAX_PARTS, white_noise


def test_a_piece_is_that_of_the_whole() -> None:
    whole = white_noise(-5, 400, 1026)
    assert whole.shape == (1026, 400)
    assert whole.dtype == np.float32
    assert np.array_equal(white_noise(95, 40, 1026), whole[:, 100:140])


def test_it_is_gaussian_and_no_step_or_part_is_like_another() -> None:
    noise = white_noise(10**9, 2000, 514)
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert (noise**4).mean() == pytest.approx(3, abs=0.1)
    for other in (1, 2, 8, 64, 1000):
        assert abs(np.mean(noise[:, :-other] * noise[:, other:])) < 0.02
    assert abs(np.mean(noise[:257] * noise[257:])) < 0.02


@pytest.mark.parametrize("parts", [0, -1, MAX_PARTS + 1])
def test_an_impossible_number_of_parts_is_refused(parts) -> None:
    with pytest.raises(ValueError, match="1 to 16384 parts"):
        white_noise(0, 4, parts)
