"""Audio that arrives in any order is there where it has arrived, and nowhere else."""

import math
import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.playback.arriving import ArrivingAudio

RNG = np.random.default_rng(3)
SAMPLES = 1_000


def noise(samples):
    return RNG.uniform(-1, 1, (samples, 2)).astype(np.float32)


@given(st.lists(st.tuples(st.integers(0, SAMPLES - 1), st.integers(1, 400)), max_size=12))
def test_what_is_there_and_what_is_missing_make_the_whole(blocks):
    arriving, is_there = ArrivingAudio(SAMPLES), np.zeros(SAMPLES, bool)
    wanted = np.zeros((SAMPLES, 2), np.float32)
    for first, length in blocks:
        block = noise(length)
        arriving.add(first, block)
        kept = block[: SAMPLES - first]
        wanted[first : first + len(kept)] = kept
        is_there[first : first + len(kept)] = True
    assert np.array_equal(arriving.audio, wanted)
    missing = np.zeros(SAMPLES, bool)
    for low, high in arriving.missing(0, SAMPLES):
        missing[low:high] = True
    assert np.array_equal(missing, ~is_there)
    for sample in range(0, SAMPLES, 37):
        gaps = np.flatnonzero(~is_there[sample:])
        assert arriving.ahead(sample) == (gaps[0] if len(gaps) else math.inf)
    assert arriving.ahead(SAMPLES) == math.inf


def test_only_the_asked_range_is_told_to_be_missing():
    arriving = ArrivingAudio(SAMPLES)
    arriving.add(200, noise(100))
    assert arriving.missing(100, 250) == ((100, 200),)
    assert arriving.missing(250, 2 * SAMPLES) == ((300, SAMPLES),)
    assert arriving.missing(220, 280) == ()


def test_what_is_long_lies_in_a_file_and_is_the_same():
    arriving = ArrivingAudio(SAMPLES, in_memory_bytes=100)
    block = noise(300)
    arriving.add(500, block)
    assert isinstance(arriving.audio, np.memmap)
    assert np.array_equal(arriving.audio[500:800], block)
    assert not arriving.audio[:500].any()


def test_two_that_add_at_once_lose_nothing():
    arriving = ArrivingAudio(40_000)

    def add(begin):
        for first in range(begin, 40_000, 20):
            arriving.add(first, np.ones((10, 2), np.float32))

    threads = [threading.Thread(target=add, args=(begin,)) for begin in (0, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arriving.missing(0, 40_000) == ()
