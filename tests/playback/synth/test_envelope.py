"""An envelope is the same whether it is computed at once or as that of a held note and a fall."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw.playback.synth.envelope import Envelope

SAMPLES = 2_000
_TIMES = st.integers(0, 1_500) | st.floats(0, 1_500)
_ENVELOPES = st.builds(
    Envelope, _TIMES, _TIMES, _TIMES, st.floats(8, 5_000), st.floats(0, 96), st.floats(250, 9_000)
)


def whole(envelope, first, last, gate):
    return np.broadcast_to(envelope.level(first, last, gate), last - first)


@settings(max_examples=60)
@given(_ENVELOPES, st.integers(1, SAMPLES), st.integers(1, SAMPLES))
def test_a_release_is_the_held_level_and_a_fall(envelope, gate, cut):
    if not envelope.can_be_shared(gate):
        gate = math.ceil(envelope.delay_samples + envelope.attack_samples) + 1
    first, last = gate + 1, gate + 1 + SAMPLES
    released = whole(envelope, first, last, gate)
    held = whole(envelope, first, last, math.inf)
    assert np.allclose(held * envelope.fall(first, last, gate), released, rtol=2e-3, atol=1e-6)
    parts = [whole(envelope, *part, gate) for part in ((first, first + cut), (first + cut, last + cut))]
    assert np.allclose(np.concatenate(parts)[:SAMPLES], released, rtol=2e-3, atol=1e-6)


@settings(max_examples=60)
@given(_ENVELOPES, st.integers(1, SAMPLES))
def test_after_its_end_an_envelope_is_silent_and_before_it_is_not(envelope, gate):
    end = math.ceil(envelope.end_samples(gate))
    assert np.max(whole(envelope, end, end + 100, gate)) <= 10 ** (-96 / 20) * 1.01
    if envelope.can_be_shared(gate) and end > gate + 300:
        assert whole(envelope, end - 250, end, gate)[0] > 10 ** (-96 / 20)


def test_the_stages_follow_one_another():
    envelope = Envelope(100, 200, 300, 9_600, 24, 960)
    level = whole(envelope, 0, 6_000, 4_000)
    assert not np.any(level[:101])
    assert level[200] == pytest.approx(0.5)
    assert np.all(level[300:601] == 1)
    assert 20 * np.log10(level[[1_600, 2_600, 3_000, 4_000]]) == pytest.approx([-10, -20, -24, -24], abs=1e-3)
    assert 20 * np.log10(level[4_100]) == pytest.approx(-34, abs=1e-3)
    assert envelope.end_samples(4_000) == pytest.approx(4_000 + 0.75 * 960)
