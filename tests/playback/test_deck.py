"""Sources stay together to the sample: switched, mixed, sought and looped without a gap or a click."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.playback.deck import Deck
from musegen_daw.playback.mixing import FADE_SECONDS
from musegen_daw.playback.source import Source

RATE_HZ = 48_000
FADE = round(FADE_SECONDS * RATE_HZ)
SECONDS = 2.0
LENGTH = round(SECONDS * RATE_HZ)
STEPS = np.arange(LENGTH, dtype=np.float32)[:, np.newaxis]
RAMP = 0.5 + STEPS / LENGTH / 4
"""Every sample says where it is."""


def deck_of(*sources, **options):
    deck = Deck(RATE_HZ)
    deck.load(sources, **options)
    return deck


def fill(deck, samples, block_samples=512):
    """The next samples, (samples, 2), as a stream would ask for them."""
    blocks = []
    while samples > 0:
        out = np.full((min(block_samples, samples), 2), np.nan, np.float32)
        deck.fill(out)
        blocks.append(out)
        samples -= len(out)
    return np.concatenate(blocks)


def fading_in():
    return np.sin(np.pi / 2 * (np.arange(FADE) + 0.5) / FADE)[:, np.newaxis]


def test_what_is_played_is_the_source_from_its_first_sample_on():
    stereo = np.concatenate([RAMP, -RAMP], axis=1)
    deck = deck_of(Source("a", stereo))
    assert not np.any(fill(deck, 600))
    deck.play()
    heard = fill(deck, 10_000, block_samples=441)
    assert np.array_equal(heard, stereo[:10_000])
    assert deck.position_seconds == 10_000 / RATE_HZ


def test_switching_crosses_with_equal_power_at_the_same_position():
    deck = deck_of(Source("a", RAMP), Source("b", -RAMP))
    deck.select("a")
    deck.play()
    fill(deck, 5_000)
    deck.select("b")
    heard = fill(deck, 2_000)
    a, b = RAMP[5_000:7_000], -RAMP[5_000:7_000]
    gain_in = np.ones_like(a)
    gain_in[:FADE] = fading_in()
    gain_out = np.sqrt(1 - gain_in**2)
    assert np.allclose(gain_in**2 + gain_out**2, 1)
    assert np.allclose(heard, a * gain_out + b * gain_in, atol=1e-5)
    assert np.array_equal(heard[FADE:], np.repeat(b[FADE:], 2, axis=1))


def test_switching_again_in_the_middle_of_a_fade_does_not_click():
    deck = deck_of(Source("a", np.full_like(RAMP, 0.5)), Source("b", np.full_like(RAMP, -0.5)))
    deck.select("a")
    deck.play()
    fill(deck, 1_000)
    heard = []
    for name in "babab":
        deck.select(name)
        heard.append(fill(deck, FADE // 3, block_samples=FADE // 3))
    heard = np.concatenate([*heard, fill(deck, 2 * FADE)])
    assert np.abs(np.diff(heard[:, 0])).max() < 0.01
    assert np.array_equal(heard[-10:, 0], np.full(10, -0.5, np.float32))


def test_pausing_fades_out_and_goes_on_where_it_was():
    deck = deck_of(Source("a", RAMP))
    deck.play()
    fill(deck, 3_000)
    deck.pause()
    tail = fill(deck, 1_024)
    assert np.array_equal(tail[:FADE] != 0, np.ones((FADE, 2), bool))
    assert np.all(np.diff(tail[:FADE, 0]) < 0)
    assert not np.any(tail[FADE:])
    assert not deck.is_playing
    assert deck.position_seconds == 3_000 / RATE_HZ
    deck.play()
    heard = fill(deck, 2_000)
    assert np.array_equal(heard[FADE:, 0], RAMP[3_000 + FADE : 5_000, 0])
    assert np.allclose(heard[:FADE], RAMP[3_000 : 3_000 + FADE] * fading_in(), atol=1e-5)


def test_seeking_crosses_from_the_old_place_to_the_new_one():
    deck = deck_of(Source("a", RAMP))
    deck.play()
    fill(deck, 3_000)
    deck.seek(1.0)
    assert deck.position_seconds == 1.0
    heard = fill(deck, 2_000)
    crossing = RAMP[3_000 : 3_000 + FADE] * np.sqrt(1 - fading_in() ** 2)
    crossing = crossing + RAMP[RATE_HZ : RATE_HZ + FADE] * fading_in()
    assert np.allclose(heard[:FADE], crossing, atol=1e-5)
    assert np.array_equal(heard[FADE:, 0], RAMP[RATE_HZ + FADE : RATE_HZ + 2_000, 0])
    assert deck.position_seconds == pytest.approx(1 + 2_000 / RATE_HZ)


def test_seeking_to_the_start_does_not_soften_the_first_hit():
    deck = deck_of(Source("a", RAMP))
    deck.play()
    fill(deck, 3_000)
    deck.pause()
    fill(deck, 1_000)
    deck.seek(0)
    deck.play()
    assert np.array_equal(fill(deck, 100)[:, 0], RAMP[:100, 0])


@pytest.mark.parametrize("block_samples", [64, 512, 1_000, 4_096])
def test_a_loop_goes_round_at_the_exact_sample(block_samples):
    start, end = 12_345, 34_567
    deck = deck_of(Source("a", RAMP))
    deck.set_loop((start / RATE_HZ, end / RATE_HZ))
    deck.seek(start / RATE_HZ)
    deck.play()
    length = end - start
    heard = fill(deck, 3 * length + 100, block_samples)[:, 0]
    for lap in range(4):
        first = lap * length + (FADE if lap == 0 else 0)
        last = min((lap + 1) * length - FADE, len(heard))
        places = np.arange(first, last) - lap * length + start
        assert np.array_equal(heard[first:last], RAMP[places, 0])
    seam = np.arange(FADE)
    crossing = (
        RAMP[end - FADE + seam] * np.sqrt(1 - fading_in() ** 2) + RAMP[start - FADE + seam] * fading_in()
    )
    assert np.allclose(heard[length - FADE : length], crossing[:, 0], atol=1e-5)
    assert deck.position_seconds == pytest.approx((start + 100) / RATE_HZ)


def test_a_loop_from_the_first_sample_keeps_its_first_hit():
    deck = deck_of(Source("a", RAMP))
    deck.set_loop((0, 0.5))
    deck.play()
    heard = fill(deck, RATE_HZ)[:, 0]
    assert np.array_equal(heard[RATE_HZ // 2 : RATE_HZ - FADE], RAMP[: RATE_HZ // 2 - FADE, 0])


def test_all_sources_stay_together_through_loops_switches_and_pauses():
    """b is always the negative of a, so that both together are silent wherever they are, unless one is displaced."""
    deck = deck_of(Source("a", RAMP), Source("b", -RAMP))
    deck.set_loop((0.1, 0.3))
    deck.play()
    rng = np.random.default_rng(3)
    for _ in range(200):
        action = rng.integers(5)
        if action == 0:
            deck.seek(rng.uniform(0, SECONDS))
        elif action == 1:
            deck.pause()
        elif action == 2:
            deck.play()
        elif action == 3:
            starts = rng.uniform(0, 1)
            deck.set_loop((starts, starts + rng.uniform(0.06, 0.9)))
        else:
            deck.set_loop(None)
        assert np.abs(fill(deck, int(rng.integers(1, 3_000)))).max() < 1e-6


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("seek"), st.floats(0, SECONDS)),
            st.tuples(st.just("select"), st.sampled_from("ab")),
            st.tuples(st.just("loop"), st.floats(0, 1)),
            st.tuples(st.sampled_from(["play", "pause", "unloop"]), st.none()),
        ),
        max_size=20,
    ),
    st.integers(1, 2_000),
)
def test_nothing_a_person_does_clicks(actions, block_samples):
    """Of two constants every step between samples is a click; the slope of the fade is the steepest allowed."""
    sound = 0.25 * np.minimum(1, np.minimum(STEPS, STEPS[::-1]) / 1_000)  # its own ends do not click
    deck = deck_of(Source("a", sound), Source("b", sound.copy()))
    deck.select("a")
    deck.seek(0.5)
    deck.play()
    heard = [fill(deck, 2 * FADE)]
    for name, value in actions:
        if name == "seek":
            deck.seek(max(value, 0.01))
        elif name == "select":
            deck.select(value)
        elif name == "loop":
            deck.set_loop((value + 0.05, value + 0.2))
        elif name == "unloop":
            deck.set_loop(None)
        else:
            getattr(deck, name)()
        heard.append(fill(deck, 3 * block_samples, block_samples))
    together = np.concatenate(heard)[:, 0]
    # A few fades may overlap, as when a person seeks while it switches: each adds its slope.
    assert np.abs(np.diff(together)).max() < 6 * 0.25 * np.pi / 2 / FADE


def test_stretched_sources_are_switched_at_the_same_place_of_the_music():
    music = Source("original", RAMP)
    slow = Source("slow", -np.repeat(RAMP, 2, axis=0), stretch=2.0)
    deck = deck_of(music, slow)
    assert deck.length_seconds == SECONDS
    deck.select("original")
    deck.play()
    fill(deck, 6_000)
    deck.select("slow")
    heard = fill(deck, 4_000)[:, 0]
    assert np.array_equal(heard[FADE:], -np.repeat(RAMP[:, 0], 2)[12_000 + FADE : 16_000])
    assert deck.position_seconds == 8_000 / RATE_HZ
    deck.select("original")
    heard = fill(deck, 2_000)[:, 0]
    assert np.array_equal(heard[FADE:], RAMP[8_000 + FADE : 10_000, 0])
    deck.select("slow")
    deck.set_loop((0.25, 0.5))
    deck.seek(0.25)
    heard = fill(deck, 2 * RATE_HZ // 4 + FADE)[:, 0]
    lap = -np.repeat(RAMP[:, 0], 2)[RATE_HZ // 2 : RATE_HZ]
    assert np.array_equal(heard[FADE : len(lap) - FADE], lap[FADE:-FADE])
    assert np.array_equal(heard[len(lap) :], lap[:FADE])


def test_at_the_end_it_stops_and_returns_to_the_start():
    deck = deck_of(Source("a", RAMP), Source("b", RAMP[:1_000]))
    deck.seek(SECONDS - 0.01)
    deck.play()
    assert deck.is_playing
    fill(deck, 2_000)
    assert not deck.is_playing
    assert not deck.is_sounding
    assert deck.position_seconds == 0
    deck.play()
    assert np.array_equal(fill(deck, 900)[:, 0], 2 * RAMP[:900, 0].clip(0, 0.5))


def test_mute_solo_and_gain():
    deck = deck_of(
        Source("part", np.full_like(RAMP, 0.1)), Source("drums", np.full_like(RAMP, 0.2), gain=0.5)
    )
    deck.play()

    def level():
        fill(deck, FADE)
        return float(fill(deck, 1, 1)[0, 0])

    assert level() == pytest.approx(0.2)
    deck.set_muted("part", True)
    assert level() == pytest.approx(0.1)
    deck.set_solo("part", True)
    assert level() == 0
    deck.set_muted("part", False)
    assert level() == pytest.approx(0.1)
    deck.set_solo("part", False)
    deck.set_gain("drums", 2.0)
    assert level() == pytest.approx(0.3)
    for act in (deck.set_muted, deck.set_solo, deck.set_gain):
        with pytest.raises(KeyError):
            act("bass", 1)
    with pytest.raises(KeyError):
        deck.select("bass")


def test_new_drums_come_in_where_the_old_ones_were_and_the_part_goes_on():
    part = Source("part", RAMP)
    deck = deck_of(part, Source("drums", np.full_like(RAMP, 0.1)))
    deck.set_muted("drums", True)
    deck.play()
    fill(deck, 4_000)
    louder = Source("part", part.audio, gain=1.0)
    deck.load([louder, Source("drums", np.full_like(RAMP, 0.2))])
    assert np.array_equal(fill(deck, 1_000)[:, 0], RAMP[4_000:5_000, 0])
    deck.set_muted("drums", False)
    fill(deck, FADE)
    at = 5_000 + FADE
    assert np.allclose(fill(deck, 100)[:, 0], RAMP[at : at + 100, 0] + 0.2)
    deck.load([])
    assert deck.length_seconds == 0
    fill(deck, 2 * FADE)
    assert not deck.is_playing


def test_the_length_may_be_given_and_what_rings_longer_fades():
    deck = deck_of(Source("a", np.full_like(RAMP, 0.25)), seconds=1.0)
    deck.play()
    heard = fill(deck, RATE_HZ + 2 * FADE)[:, 0]
    assert np.array_equal(heard[:RATE_HZ], np.full(RATE_HZ, 0.25, np.float32))
    assert np.all(np.diff(heard[RATE_HZ : RATE_HZ + FADE]) < 0)
    assert not np.any(heard[RATE_HZ + FADE :])


def test_the_meter_shows_peak_and_rms_and_falls_back():
    seconds = np.arange(RATE_HZ) / RATE_HZ
    sine = (0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
    deck = deck_of(Source("a", np.stack([sine, 0 * sine], axis=1)))
    deck.play()
    fill(deck, RATE_HZ - 512)
    assert deck.levels.peak == (pytest.approx(0.5, abs=1e-3), 0.0)
    assert deck.levels.rms[0] == pytest.approx(0.5 / np.sqrt(2), rel=0.06)
    fill(deck, 512 + RATE_HZ * 17 // 10)
    assert deck.levels.peak[0] == pytest.approx(0.05, rel=0.05)
    assert deck.levels.rms[0] == pytest.approx(0.5 / np.sqrt(2) * np.exp(-1.7 / 0.6), rel=0.1)


def test_it_never_leaves_full_scale():
    deck = deck_of(Source("a", 3 * RAMP), Source("b", 3 * RAMP))
    deck.play()
    assert fill(deck, 100).max() == 1
    assert deck.levels.peak[0] > 3


def test_what_is_heard_lags_by_the_latency_of_the_stream():
    deck = deck_of(Source("a", RAMP))
    deck.latency_seconds = 0.05
    deck.play()
    fill(deck, 512)
    assert deck.position_seconds == 0
    fill(deck, RATE_HZ // 2)
    assert deck.position_seconds == pytest.approx(0.5 + 512 / RATE_HZ - 0.05)
    deck.set_loop((0.25, 0.75))
    fill(deck, RATE_HZ // 4)
    assert 0.25 < deck.position_seconds < 0.75
    assert deck.position_seconds > 0.7  # the wrap is not heard yet


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="names of their own"):
        deck_of(Source("a", RAMP), Source("a", RAMP))
    deck = deck_of(Source("a", RAMP))
    for loop in ((0.5, 0.51), (1.0, 0.5), (3.0, 4.0)):
        with pytest.raises(ValueError, match="too short"):
            deck.set_loop(loop)
    deck.seek(99)
    assert deck.position_seconds == SECONDS
    deck.seek(-1)
    assert deck.position_seconds == 0
    for audio in (RAMP[:, 0], np.zeros((10, 3), np.float32)):
        with pytest.raises(ValueError, match="shape"):
            Source("a", audio)
    with pytest.raises(ValueError, match="stretch"):
        Source("a", RAMP, stretch=0)


def test_orders_of_two_threads_are_all_carried_out():
    """The player pauses from its own thread what the window's thread seeks."""
    deck = deck_of(Source("a", RAMP))
    seeks = [threading.Thread(target=lambda: [deck.seek(0.5) for _ in range(500)]) for _ in range(4)]
    for thread in seeks:
        thread.start()
    for thread in seeks:
        thread.join()
    assert deck._orders.seek_number == 2_000
