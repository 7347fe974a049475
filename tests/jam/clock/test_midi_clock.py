"""Following the clock of a DAW: how soon, how exactly, and what start, stop, jumps, gaps and copies do to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.senders import ClockSource, follow
from musegen_daw.jam.clock.midi_clock import ClockFollower, ClockState
from musegen_daw.jam.events import CLOCK, CONTINUE, START, STOP, note_on, song_position

JITTERS = pytest.mark.parametrize("jitter_seconds", [0.0, 0.004])
BEAT = 24


def phases(measures, first_beat=0.0, last_beat=None):
    """Phase errors in seconds at the ticks from `first_beat` of the recording on, negative: from its end."""
    last = None if last_beat is None else round(last_beat * BEAT)
    return np.array([m.phase_error_seconds for m in measures])[round(first_beat * BEAT) : last]


def tempo_errors(measures, first_beat):
    return np.array([m.tempo_error_bpm for m in measures])[round(first_beat * BEAT) :]


def has_followed(measures, jitter_seconds):
    """The last two beats are on time, to what the jitter allows."""
    limit_seconds = 0.001 if jitter_seconds == 0 else 0.003
    return (
        np.abs(phases(measures, -2)).max() < limit_seconds
        and np.abs(tempo_errors(measures, -2)).max() < 0.005 * measures[-1].truth.bpm
        and measures[-1].state is ClockState.LOCKED
    )


@settings(max_examples=20)
@given(st.floats(50, 240), st.floats(0, 0.004), st.integers(0, 2**32 - 1))
def test_a_steady_clock_is_followed_from_the_second_beat_on(bpm, jitter_seconds, seed):
    sender = ClockSource(seed, jitter_seconds)
    sender.start()
    sender.play(bpm, beats=12)
    measures = follow(sender)
    states = [measure.state for measure in measures]
    assert ClockState.LOCKED in states[:BEAT]
    assert set(states[BEAT:]) == {ClockState.LOCKED}
    assert np.abs(phases(measures, 1)).max() < 0.0035
    assert np.abs(phases(measures, 4)).max() < 0.0025
    assert np.abs(tempo_errors(measures, 8)).max() < 0.1 * max(1, bpm / 100) ** 2


@pytest.mark.parametrize("bpm", [60, 120, 174, 240])
def test_tempo_settles_to_a_tenth_of_a_bpm_under_jitter(bpm):
    sender = ClockSource(bpm, 0.004)
    sender.start()
    sender.play(bpm, beats=64)
    measures = follow(sender)
    assert np.abs(tempo_errors(measures, 32)).max() < 0.1
    assert np.quantile(np.abs(phases(measures, 1)), 0.999) < 0.002


def test_a_clock_without_jitter_is_exact_from_the_third_tick_on():
    sender = ClockSource()
    sender.start()
    sender.play(97.3, beats=40)
    measures = follow(sender)
    assert np.abs(phases(measures)[2:]).max() < 1e-9
    assert np.abs(tempo_errors(measures, 0)[2:]).max() < 1e-6


@pytest.mark.parametrize("period_seconds", [64 / 48000, 256 / 48000])
def test_stamps_that_come_once_a_period_of_the_audio_server_are_smoothed(period_seconds):
    sender = ClockSource()
    sender.start()
    sender.play(120, beats=64)
    follower = ClockFollower()
    errors = []
    for event, truth in sender.messages:
        heard_seconds = np.ceil(event.time_seconds / period_seconds) * period_seconds
        follower.feed(event.data, float(heard_seconds))
        if truth is not None:
            # The mean delay is half a period.
            errors.append((follower.position(truth.seconds + period_seconds / 2) - truth.beat) / 2)
    assert np.abs(errors[BEAT:]).max() < 0.5 * period_seconds
    assert follower.tempo_bpm == pytest.approx(120, abs=0.05)


@JITTERS
@pytest.mark.parametrize("bpm", [60, 90, 118, 121, 140, 200, 240])
def test_a_jump_of_tempo_is_followed(bpm, jitter_seconds):
    for seed in range(4):
        sender = ClockSource(seed, jitter_seconds)
        sender.start()
        sender.play(120, beats=8)
        sender.play(bpm, beats=8)
        measures = follow(sender)
        assert has_followed(measures, jitter_seconds)
        if 90 <= bpm <= 140:
            assert np.abs(phases(measures, 1)).max() < 0.045


@JITTERS
@pytest.mark.parametrize("bpms", [(120, 140), (140, 100), (120, 124, 116, 120)])
def test_a_ramp_of_tempo_is_followed(bpms, jitter_seconds):
    sender = ClockSource(4, jitter_seconds)
    sender.start()
    sender.play(bpms[0], beats=16)
    sender.play(*bpms, beats=32)
    sender.play(bpms[-1], beats=16)
    measures = follow(sender)
    assert np.abs(phases(measures, 2)).max() < (0.0025 if jitter_seconds == 0 else 0.006)
    assert has_followed(measures, jitter_seconds)


@JITTERS
def test_the_first_tick_after_start_is_beat_0(jitter_seconds):
    follower = ClockFollower()
    assert follower.state(0.0) is ClockState.NO_CLOCK
    assert follower.position(0.0) is None
    assert follower.tempo_bpm is None
    follower.feed(bytes((START,)), 1.0)
    assert follower.running
    assert follower.position(1.0) == 0.0
    assert follower.position(1.5) == 0.0
    assert follower.seconds_at(1.0) is None
    sender = ClockSource(5, jitter_seconds, now_seconds=2.0)
    sender.play(120, beats=4)
    measures = follow(sender, follower)
    assert follower.position_is_known
    assert np.abs(phases(measures)[0]) <= jitter_seconds
    assert np.abs(phases(measures, 1)).max() < 0.003
    assert follower.seconds_at(4.0) == pytest.approx(4.0, abs=0.003)
    beat = follower.position(4.01)
    assert follower.seconds_at(beat) == pytest.approx(4.01)


@JITTERS
def test_a_clock_that_runs_already_is_joined_without_a_known_position(jitter_seconds):
    sender = ClockSource(6, jitter_seconds)
    sender.play(120, beats=4)
    follower = ClockFollower()
    measures = follow(sender, follower)
    assert follower.running
    assert not follower.position_is_known
    assert np.abs(phases(measures, 1)).max() < 0.003
    sender = ClockSource(7, jitter_seconds, now_seconds=sender.now_seconds)
    sender.place(8.0)
    sender.play(120, beats=4)
    measures = follow(sender, follower)
    assert follower.position_is_known
    assert np.abs(phases(measures)).max() < 0.003


@JITTERS
@pytest.mark.parametrize("pause_seconds", [0.0, 0.013, 0.3, 20.0])
def test_continue_goes_on_where_stop_left_it(pause_seconds, jitter_seconds):
    sender = ClockSource(8, jitter_seconds)
    sender.start()
    sender.play(132, beats=5.25)
    sender.stop()
    follower = ClockFollower()
    follow(sender, follower)
    assert follower.state(sender.now_seconds + pause_seconds) is ClockState.STOPPED
    assert not follower.running
    assert follower.position(sender.now_seconds + pause_seconds) == pytest.approx(5.25)
    assert follower.seconds_at(6.0) is None
    sender.messages.clear()
    sender.wait(pause_seconds)
    sender.go_on()
    sender.play(132, beats=4)
    measures = follow(sender, follower)
    # The tempo is remembered, so that the first beat is not lost to finding it again.
    assert np.abs(phases(measures)).max() < max(1e-9, 1.01 * jitter_seconds)
    assert np.abs(phases(measures, 1)).max() < 0.003


@JITTERS
def test_ticks_while_stopped_keep_the_tempo_and_move_nothing(jitter_seconds):
    sender = ClockSource(9, jitter_seconds)
    sender.stop()
    sender.play(100, beats=4)
    follower = ClockFollower()
    follow(sender, follower)
    assert follower.state(sender.now_seconds) is ClockState.STOPPED
    assert follower.position(sender.now_seconds) == 0.0
    assert follower.tempo_bpm == pytest.approx(100, abs=0.5)
    sender.messages.clear()
    sender.start()
    sender.play(100, beats=4)
    measures = follow(sender, follower)
    assert np.abs(phases(measures)).max() < 0.005


@JITTERS
def test_reaper_plays_from_a_song_position(jitter_seconds):
    sender = ClockSource(10, jitter_seconds)
    sender.start()
    sender.play(120, beats=2)
    sender.stop()
    sender.place(0.0)
    sender.place(4.0)
    sender.wait(1.0)
    sender.reset_channels()
    sender.go_on()
    sender.play(120, beats=4)
    measures = follow(sender)
    assert measures[2 * BEAT].truth.beat == 4.0
    assert np.abs(phases(measures, 2)).max() < 0.005
    assert has_followed(measures, jitter_seconds)


@JITTERS
def test_live_sends_start_on_a_relocate(jitter_seconds):
    sender = ClockSource(11, jitter_seconds)
    sender.start()
    sender.play(120, beats=9.5)
    jumps = ClockFollower()
    follow(sender, jumps)
    before = jumps.jumps
    sender.messages.clear()
    sender.start()
    sender.play(120, beats=4)
    measures = follow(sender, jumps)
    assert jumps.jumps == before + 1
    assert np.abs(phases(measures)).max() < 0.002


@JITTERS
def test_ardour_loops_by_song_position_and_continue(jitter_seconds):
    sender = ClockSource(12, jitter_seconds)
    sender.start()
    for _ in range(4):
        sender.play(120, beats=4)
        sender.place(0.25)
        sender.go_on()
    sender.play(120, beats=4)
    assert np.abs(phases(follow(sender), 1)).max() < 0.003


@JITTERS
@pytest.mark.parametrize("beats", [4, 17.125])
def test_a_stalled_clock_holds_the_song_and_goes_on_with_its_next_tick(beats, jitter_seconds):
    sender = ClockSource(13, jitter_seconds)
    sender.start()
    sender.play(120, beats=beats)
    follower = ClockFollower()
    follow(sender, follower)
    assert follower.state(sender.now_seconds + 0.1) is ClockState.LOCKED
    assert follower.state(sender.now_seconds + 2.0) is ClockState.STALLED
    assert follower.running
    assert follower.position(sender.now_seconds + 2.0) == pytest.approx(beats - 1 / BEAT, abs=0.01)
    sender.messages.clear()
    sender.wait(7.77)
    sender.play(120, beats=4)
    measures = follow(sender, follower)
    assert np.abs(phases(measures)[3:]).max() < 0.005
    assert has_followed(measures, jitter_seconds)


@JITTERS
@pytest.mark.parametrize("ticks", [3, 10, 40, 200])
def test_ticks_that_were_held_back_and_come_at_once_all_count(ticks, jitter_seconds):
    sender = ClockSource(14, jitter_seconds)
    sender.start()
    sender.play(120, beats=8)
    sender.hold_back(120, ticks)
    sender.play(120, beats=4)
    measures = follow(sender)
    assert np.abs(phases(measures, -4)).max() < 0.003
    assert has_followed(measures, jitter_seconds)


@JITTERS
@pytest.mark.parametrize("pause_seconds", [0.031, 0.073, 0.13, 0.2])
def test_a_short_drop_out_of_the_sender_is_followed(pause_seconds, jitter_seconds):
    sender = ClockSource(15, jitter_seconds)
    sender.start()
    sender.play(120, beats=8)
    sender.wait(pause_seconds)
    sender.play(120, beats=4)
    measures = follow(sender)
    assert np.abs(phases(measures, -2)).max() < 0.003


@JITTERS
@pytest.mark.parametrize("after_seconds", [0.0, 0.0007, 0.004])
def test_a_clock_that_comes_twice_is_counted_once(after_seconds, jitter_seconds):
    sender = ClockSource(17, jitter_seconds)
    sender.start()
    sender.play(120, beats=8, copies_seconds=(after_seconds,))
    measures = follow(sender)
    assert np.abs(phases(measures, 1)).max() < 0.003
    assert has_followed(measures, jitter_seconds)
    sender = ClockSource(18, jitter_seconds)
    sender.start()
    sender.play(120, beats=8)
    sender.play(120, beats=8, copies_seconds=(after_seconds,))
    sender.play(120, beats=8)
    measures = follow(sender)
    assert np.abs(phases(measures, 1)).max() < 0.003
    assert has_followed(measures, jitter_seconds)


def test_what_is_no_time_message_is_ignored():
    follower = ClockFollower()
    for data in (b"", note_on(0, 60, 100), b"\xf2", b"\xf0\x7e\xf7", b"\xfe", b"\xff"):
        follower.feed(data, 1.0)
    assert follower.state(1.0) is ClockState.NO_CLOCK
    assert follower.position(1.0) is None
    follower.feed(song_position(16), 1.0)
    assert follower.position(1.0) == 4.0
    jumps = follower.jumps
    follower.reset()
    assert follower.position(1.0) is None
    assert follower.jumps == jumps + 1


MESSAGES = st.sampled_from(
    [bytes((CLOCK,))] * 12 + [bytes((START,)), bytes((CONTINUE,)), bytes((STOP,)), song_position(7)]
)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(MESSAGES, st.sampled_from([0.0, 0.001, 0.02, 0.021, 0.02, 0.3, 9.0])), max_size=120)
)
def test_nonsense_leaves_an_answer_that_moves_forward(messages):
    follower = ClockFollower()
    now_seconds = 0.0
    for data, gap_seconds in messages:
        now_seconds += gap_seconds
        follower.feed(data, now_seconds)
        positions = [follower.position(now_seconds + after) for after in (0.0, 0.05, 0.1)]
        if positions[0] is None:
            raise AssertionError("a song that has been heard of has a position")
        else:
            assert all(np.isfinite(positions))
            assert positions[0] >= -1e-9
            if follower.state(now_seconds + 0.1) is not ClockState.STALLED:
                assert positions == sorted(positions)
        assert follower.tempo_bpm is None or 16 < follower.tempo_bpm < 358
        assert isinstance(follower.state(now_seconds), ClockState)
