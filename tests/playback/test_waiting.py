"""A deck plays what has arrived, waits in silence for the rest, and goes on at the same sample."""

import numpy as np
import pytest

from musegen_daw.playback.arriving import ArrivingAudio
from musegen_daw.playback.deck import Deck
from musegen_daw.playback.levels import KNEE
from musegen_daw.playback.mixing import FADE_SECONDS, REFILL_SECONDS, START_SECONDS
from musegen_daw.playback.source import Source

RATE_HZ = 48_000
FADE, START, REFILL = (round(seconds * RATE_HZ) for seconds in (FADE_SECONDS, START_SECONDS, REFILL_SECONDS))
LENGTH = 4 * RATE_HZ
RAMP = np.repeat(0.25 + np.arange(LENGTH, dtype=np.float32)[:, np.newaxis] / LENGTH / 4, 2, axis=1)
"""Every sample says where it is."""


def deck_of(*arriving, **options):
    deck = Deck(RATE_HZ, **options)
    deck.load([Source(f"s{index}", each.audio, arrival=each) for index, each in enumerate(arriving)])
    return deck


def fill(deck, samples, block_samples=512):
    blocks = []
    while samples > 0:
        out = np.full((min(block_samples, samples), 2), np.nan, np.float32)
        deck.fill(out)
        blocks.append(out)
        samples -= len(out)
    return np.concatenate(blocks)


def add(arriving, first, last, audio=RAMP):
    arriving.add(first, audio[first:last])


def test_it_begins_as_soon_as_enough_is_there():
    arriving = ArrivingAudio(LENGTH)
    deck = deck_of(arriving)
    deck.play()
    assert not fill(deck, 2_000).any()
    assert deck.is_playing
    assert deck.is_waiting
    assert deck.position_seconds == 0
    add(arriving, 0, START - 1)
    assert not fill(deck, 2_000).any()
    add(arriving, START - 1, LENGTH)
    assert np.array_equal(fill(deck, 3_000), RAMP[:3_000])
    assert not deck.is_waiting
    assert deck.next_samples == 3_000


@pytest.mark.parametrize("block_samples", [64, 512, 1_000, 4_096])
def test_what_catches_up_fades_out_and_goes_on_where_it_was(block_samples):
    arriving = ArrivingAudio(LENGTH)
    deck = deck_of(arriving)
    deck.play()
    there = 20_000
    add(arriving, 0, there)
    heard = fill(deck, there + 5_000, block_samples)
    assert np.array_equal(heard[: there - FADE], RAMP[: there - FADE])
    assert np.all(np.diff(heard[there - FADE : there, 0]) < 0)
    assert not heard[there:].any()
    assert deck.is_waiting
    add(arriving, there, there + REFILL - FADE - 1)
    assert not fill(deck, 5_000, block_samples).any()  # too little to go on for long
    add(arriving, there, LENGTH)
    again = fill(deck, 10_000, block_samples)
    at = there - FADE
    assert np.array_equal(again[FADE:], RAMP[at + FADE : at + 10_000])
    assert np.abs(np.diff(np.concatenate([heard[-1:], again])[:, 0])).max() < 0.01


def test_a_place_that_has_not_arrived_is_waited_for():
    arriving = ArrivingAudio(LENGTH)
    deck = deck_of(arriving)
    add(arriving, 0, 50_000)
    deck.play()
    fill(deck, 10_000)
    deck.seek(2.0)
    heard = fill(deck, 4_000)
    assert not heard[FADE:].any()
    assert np.abs(np.diff(heard[:, 0])).max() < 0.01
    assert deck.position_seconds == 2.0
    add(arriving, 2 * RATE_HZ, 2 * RATE_HZ + 2 * START)
    heard = fill(deck, START)
    assert np.array_equal(heard[FADE:], RAMP[2 * RATE_HZ + FADE : 2 * RATE_HZ + START])
    deck.seek(0.5)
    assert np.array_equal(fill(deck, 4_000)[FADE:], RAMP[RATE_HZ // 2 + FADE : RATE_HZ // 2 + 4_000])


def test_both_wait_for_the_one_that_is_late_unless_it_is_muted():
    early, late = ArrivingAudio(LENGTH), ArrivingAudio(LENGTH)
    add(early, 0, LENGTH)
    deck = deck_of(early, late)
    deck.play()
    assert not fill(deck, 2_000).any()
    deck.set_muted("s1", True)
    assert np.array_equal(fill(deck, 2_000), RAMP[:2_000])
    deck.set_muted("s1", False)
    heard = fill(deck, 2_000)
    assert not heard[FADE:].any()
    add(late, 0, LENGTH, -RAMP / 2)
    fill(deck, FADE)
    at = deck.next_samples
    assert np.allclose(fill(deck, 1_000), RAMP[at : at + 1_000] / 2)


def test_another_source_takes_over_without_a_gap():
    old, new = ArrivingAudio(LENGTH), ArrivingAudio(LENGTH)
    add(old, 0, LENGTH)
    deck = deck_of(old)
    deck.play()
    before = fill(deck, 10_000)
    add(new, 10_000, 10_000 + 2 * START, RAMP + 0.1)
    deck.load([Source("s0", new.audio, arrival=new)])
    after = fill(deck, START)
    assert np.abs(np.diff(np.concatenate([before, after])[:, 0])).max() < 0.01
    assert np.array_equal(after[FADE:], (RAMP + 0.1)[10_000 + FADE : 10_000 + START])


@pytest.mark.parametrize("block_samples", [100, 512])
def test_a_loop_waits_for_its_start(block_samples):
    arriving = ArrivingAudio(LENGTH)
    deck = deck_of(arriving)
    deck.set_loop((1.0, 2.0))
    deck.seek(1.5)
    add(arriving, round(1.5 * RATE_HZ), round(2.2 * RATE_HZ))
    deck.play()
    first = fill(deck, RATE_HZ // 2 + 4_000, block_samples)
    assert np.array_equal(first[FADE : RATE_HZ // 2 - FADE], RAMP[72_000 + FADE : 96_000 - FADE])
    assert not first[RATE_HZ // 2 :].any()
    assert deck.is_waiting
    add(arriving, RATE_HZ - 10_000, round(1.5 * RATE_HZ))
    again = fill(deck, 20_000, block_samples)
    assert np.array_equal(again[2 * FADE :], RAMP[RATE_HZ + FADE : RATE_HZ + 20_000 - FADE])
    assert np.abs(np.diff(again[:, 0])).max() < 0.01


def test_stopped_while_it_waits_it_is_silent_and_begins_again_where_it_was():
    arriving = ArrivingAudio(LENGTH)
    deck = deck_of(arriving)
    deck.seek(1.0)
    deck.play()
    fill(deck, 1_000)
    deck.pause()
    add(arriving, RATE_HZ, LENGTH)
    assert not fill(deck, 2_000).any()
    assert not deck.is_waiting
    deck.play()
    assert np.array_equal(fill(deck, 2_000)[FADE:], RAMP[RATE_HZ + FADE : RATE_HZ + 2_000])


def test_what_is_too_loud_is_bent_and_the_rest_is_as_it_is():
    arriving = ArrivingAudio(LENGTH)
    loud = np.linspace(-3, 3, LENGTH, dtype=np.float32)[:, np.newaxis].repeat(2, axis=1)
    arriving.add(0, loud)
    deck = deck_of(arriving, is_soft=True)
    deck.play()
    heard = fill(deck, LENGTH)
    is_low = np.abs(loud) <= KNEE
    assert np.array_equal(heard[is_low], loud[is_low])
    assert np.abs(heard).max() <= 1
    assert np.all(np.diff(heard[:, 0]) >= 0)
    assert np.diff(heard[:, 0]).max() < 1e-4  # it bends, and does not break
