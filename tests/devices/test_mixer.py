"""Recordings begin at exact samples, silence each other, and never leave the range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.devices.mixer import CHOKE_SECONDS, MAX_VOICES, Mixer, Start

RATE_HZ = 48_000
FADE = round(CHOKE_SECONDS * RATE_HZ)


def ramp(samples, scale=1e-3):
    return scale * np.stack([np.arange(1, samples + 1), -np.arange(1, samples + 1)], axis=1).astype(
        np.float32
    )


def run(mixer, lengths, starts_at=()):
    """Blocks of the given lengths, one after the other; starts are (sample, piece, gain)."""
    blocks, first = [], 0
    for length in lengths:
        starts = [Start(at - first, *rest) for at, *rest in starts_at if first <= at < first + length]
        block = np.full((length, 2), np.nan, np.float32)
        mixer.mix(block, starts)
        blocks.append(block)
        first += length
    return np.concatenate(blocks)


@given(
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=12),
    starts=st.lists(st.tuples(st.integers(0, 1500), st.sampled_from("ab"), st.floats(0, 0.5)), max_size=10),
)
def test_blocks_of_any_length_give_the_sum_of_the_recordings_at_their_samples(lengths, starts):
    pieces = {"a": ramp(200), "b": ramp(31, -2e-3)}
    starts = sorted(starts, key=lambda start: start[0])
    expected = np.zeros((sum(lengths) + 200, 2), np.float64)
    for at, piece, gain in starts:
        if at < sum(lengths):
            expected[at : at + len(pieces[piece])] += gain * pieces[piece][: len(expected) - at]
    heard = run(Mixer(pieces, RATE_HZ), lengths, starts)
    assert np.allclose(heard, np.clip(expected[: sum(lengths)], -1, 1), atol=1e-5)


def test_pieces_of_a_group_silence_each_other_within_the_fade():
    ones = np.full((RATE_HZ, 2), 0.25, np.float32)
    mixer = Mixer(
        {"open": ones, "closed": ones[:10], "ride": ones}, RATE_HZ, {"open": "hat", "closed": "hat"}
    )
    heard = run(mixer, [512] * 6, [(0, "open", 1.0), (1000, "closed", 1.0)])[:, 0]
    assert np.allclose(heard[:1000], 0.25)
    assert np.all(np.diff(heard[1010 : 1000 + FADE]) <= 0)
    assert np.all(heard[1000 + FADE :] == 0)
    assert mixer.sounding == 0
    heard = run(mixer, [512] * 6, [(0, "ride", 1.0), (1000, "closed", 1.0)])[:, 0]
    assert np.all(heard[1010:] == 0.25)


def test_silence_fades_out_everything_and_a_choke_is_not_undone_by_a_later_one():
    ones = np.full((RATE_HZ, 2), 0.5, np.float32)
    mixer = Mixer({"open": ones}, RATE_HZ, {"open": "hat"})
    run(mixer, [64], [(0, "open", 1.0)])
    mixer.silence(10)
    heard = run(mixer, [64] * 20, [(60, "open", 0.0)])[:, 0]
    assert np.all(heard[:10] == 0.5)
    assert np.all(heard[10 + FADE :] == 0)


def test_the_oldest_gives_way_when_too_many_sound_and_the_sum_is_limited():
    ones = np.ones((RATE_HZ, 2), np.float32)
    mixer = Mixer({"x": ones}, RATE_HZ)
    heard = run(mixer, [256] * 8, [(k, "x", 0.5) for k in range(2 * MAX_VOICES)])
    assert np.max(heard) == 1
    assert mixer.sounding == MAX_VOICES


@pytest.mark.parametrize("shape", [(10,), (10, 1), (2, 10)])
def test_only_stereo_is_taken(shape):
    with pytest.raises(ValueError, match="piece 'x' must have the shape"):
        Mixer({"x": np.zeros(shape, np.float32)}, RATE_HZ)
