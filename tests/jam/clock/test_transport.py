"""Beats and seconds agree, through tempo, jumps, taps and count-in; what is sent as clock is where the song is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.senders import ClockSource, follow
from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.clock.midi_clock import ClockFollower, ClockState
from musegen_daw.jam.clock.sender import ClockSender
from musegen_daw.jam.clock.transport import FollowedTransport, InternalTransport, TapTempo, TransportState
from musegen_daw.jam.events import CLOCK, CONTINUE, START, STOP, song_position
from musegen_daw.jam.output.scheduler import Scheduler
from tests.jam.wires import Wire, WirePort

BPMS = st.floats(20, 300)


def test_a_transport_stands_until_it_is_started():
    clock = ManualClock(50.0)
    transport = InternalTransport(clock, 100)
    assert transport.state is TransportState.STOPPED
    assert not transport.is_playing
    assert transport.position(60.0) == 0.0
    assert transport.seconds_at(1.0) is None
    assert (transport.tempo_bpm, transport.beats_per_bar) == (100, 4.0)


def test_a_count_in_leads_to_the_first_beat():
    clock = ManualClock(50.0)
    transport = InternalTransport(clock, 120, beats_per_bar=3.0)
    transport.start(count_in_bars=2, lead_seconds=0.5)
    assert transport.position(50.5) == pytest.approx(-6.0)
    assert transport.seconds_at(0.0) == pytest.approx(53.5)
    assert transport.state is TransportState.COUNTING_IN
    assert transport.is_playing
    clock.advance(3.49)
    assert transport.state is TransportState.COUNTING_IN
    clock.advance(0.02)
    assert transport.state is TransportState.PLAYING
    with pytest.raises(ValueError, match="negative"):
        transport.start(count_in_bars=-1)


@given(BPMS, st.lists(st.tuples(st.floats(0, 5), BPMS), max_size=8))
def test_a_change_of_tempo_keeps_the_place_and_is_no_jump(bpm, changes):
    clock = ManualClock()
    transport = InternalTransport(clock, bpm)
    transport.start(8.0, lead_seconds=0.0)
    beat, jumps = 8.0, transport.jumps
    for seconds, next_bpm in changes:
        clock.advance(seconds)
        beat += seconds * transport.tempo_bpm / 60
        assert transport.position(clock.now_seconds()) == pytest.approx(beat)
        transport.set_tempo(next_bpm)
        assert transport.position(clock.now_seconds()) == pytest.approx(beat)
        assert transport.seconds_at(beat + 1) == pytest.approx(clock.now_seconds() + 60 / next_bpm)
    assert transport.jumps == jumps


@given(BPMS, st.floats(-100, 100), st.floats(0, 1000))
def test_beats_and_seconds_are_inverse(bpm, beat, start_beat):
    transport = InternalTransport(ManualClock(7.0), bpm)
    transport.start(start_beat)
    assert transport.position(transport.seconds_at(beat)) == pytest.approx(beat, abs=1e-9)


def test_stop_holds_resume_goes_on_and_relocate_jumps():
    clock = ManualClock()
    transport = InternalTransport(clock, 60)
    transport.start(lead_seconds=0.0)
    clock.advance(2.5)
    transport.stop()
    jumps = transport.jumps
    transport.stop()
    assert transport.jumps == jumps
    clock.advance(10)
    assert transport.position(clock.now_seconds()) == pytest.approx(2.5)
    transport.resume(lead_seconds=0.0)
    transport.resume()
    clock.advance(1)
    assert transport.position(clock.now_seconds()) == pytest.approx(3.5)
    transport.relocate(16.0)
    assert transport.jumps == jumps + 2
    clock.advance(1)
    assert transport.position(clock.now_seconds()) == pytest.approx(17.0)
    transport.stop()
    transport.relocate(4.0)
    assert transport.position(clock.now_seconds()) == 4.0
    transport.start(count_in_bars=1)
    clock.advance(1)
    transport.stop()
    assert transport.position(clock.now_seconds()) == 0.0


@pytest.mark.parametrize("bpm", [0.0, -3.0, 19.9, 301.0, float("nan")])
def test_an_absurd_tempo_is_refused(bpm):
    transport = InternalTransport(ManualClock())
    with pytest.raises(ValueError, match="within 20..300 BPM"):
        transport.set_tempo(bpm)
    with pytest.raises(ValueError, match="within 20..300 BPM"):
        InternalTransport(ManualClock(), bpm)


@given(st.floats(30, 280), st.integers(2, 12), st.lists(st.floats(-0.01, 0.01), min_size=12, max_size=12))
def test_taps_give_their_tempo(bpm, taps, offsets):
    tapped = TapTempo()
    answers = [tapped.tap(100 + index * 60 / bpm + offsets[index]) for index in range(taps)]
    assert answers[0] is None
    # The ends of the last eight taps are off by 10 ms each at most.
    limit = 0.021 / ((min(taps, 8) - 1) * 60 / bpm)
    assert answers[-1] == pytest.approx(bpm, rel=limit / max(0.2, 1 - limit))


def test_a_pause_or_another_beat_begins_the_taps_anew():
    taps = TapTempo()
    assert [taps.tap(time) for time in (0.0, 0.5, 1.0)] == [None, 120, 120]
    assert taps.tap(10.0) is None
    assert taps.tap(11.0) == 60
    assert taps.tap(12.0) == 60
    assert taps.tap(12.4) == pytest.approx(150)
    assert taps.tap(12.8) == pytest.approx(150)
    assert taps.tap(12.8) is None


def test_tapping_sets_the_tempo_and_keeps_the_place():
    clock = ManualClock()
    transport = InternalTransport(clock, 100)
    transport.start(lead_seconds=0.0)
    assert transport.tap() is None
    clock.advance(0.5)
    assert transport.tap() == 120
    assert transport.tempo_bpm == 120
    assert transport.position(0.5) == pytest.approx(0.5 * 100 / 60)


def followed(beats_per_bar=4.0):
    clock = ManualClock(100.0)
    follower = ClockFollower()
    return clock, follower, FollowedTransport(clock, follower, beats_per_bar)


def heard(clock, follower, sender):
    follow(sender, follower)
    sender.messages.clear()
    clock.advance(sender.now_seconds - clock.now_seconds())


def test_a_followed_transport_plays_stops_and_stalls_with_the_daw():
    clock, follower, transport = followed()
    assert (transport.state, transport.clock_state) == (TransportState.STOPPED, ClockState.NO_CLOCK)
    assert (transport.position(100.0), transport.tempo_bpm) == (0.0, None)
    sender = ClockSource()
    sender.start()
    heard(clock, follower, sender)
    assert transport.is_playing
    sender.play(90, beats=4)
    heard(clock, follower, sender)
    assert (transport.state, transport.clock_state) == (TransportState.PLAYING, ClockState.LOCKED)
    assert transport.tempo_bpm == pytest.approx(90)
    assert transport.position(clock.now_seconds()) == pytest.approx(4)
    assert transport.seconds_at(5) == pytest.approx(clock.now_seconds() + 60 / 90)
    clock.advance(3)
    assert (transport.state, transport.clock_state) == (TransportState.STOPPED, ClockState.STALLED)
    jumps = transport.jumps
    sender.wait(3)
    sender.play(90, beats=4)
    heard(clock, follower, sender)
    assert transport.is_playing
    sender.stop()
    heard(clock, follower, sender)
    assert transport.clock_state is ClockState.STOPPED
    assert not transport.is_playing
    assert transport.seconds_at(9) is None
    assert transport.jumps > jumps


@pytest.mark.parametrize("joined_at", [0.0, 5.25, 6.5, 7.75])
def test_a_song_joined_midway_is_aligned_by_hand_until_the_daw_says_where_it_is(joined_at):
    clock, follower, transport = followed()
    sender = ClockSource()
    sender.beat = joined_at
    sender.play(120, beats=12 - joined_at)
    heard(clock, follower, sender)
    clock.advance(0.03)  # the hand is late
    jumps = transport.jumps
    transport.align()
    assert transport.jumps == jumps + 1
    assert transport.position(clock.now_seconds() - 0.03) % 4 == pytest.approx(0, abs=1e-6)
    beat = transport.position(clock.now_seconds())
    assert transport.position(transport.seconds_at(beat)) == pytest.approx(beat)
    sender.place(9.0)
    sender.play(120, beats=1)
    heard(clock, follower, sender)
    assert transport.position(sender.now_seconds) == pytest.approx(10.0)


def master():
    clock = ManualClock(20.0)
    wire = Wire(clock)
    transport = InternalTransport(clock, 120)
    scheduler = Scheduler(clock, WirePort(wire))
    return clock, wire, transport, ClockSender(clock, transport, scheduler)


def test_a_master_sends_start_and_a_tick_at_every_24th_of_a_beat():
    clock, wire, transport, _ = master()
    clock.advance(1)
    assert wire.events == []
    transport.start(count_in_bars=1)
    clock.advance(10)
    assert wire.datas[0] == bytes((START,))
    ticks = [event.time_seconds for event in wire.events[1:]]
    assert set(wire.datas[1:]) == {bytes((CLOCK,))}
    assert ticks == pytest.approx([23.1 + index / 48 for index in range(len(ticks))])
    assert len(ticks) == round((31 - 23.1) * 48) + 1
    assert wire.events[0].time_seconds == pytest.approx(23.1, abs=0.002)


def test_a_master_stops_and_continues_at_the_song_position():
    clock, wire, transport, sender = master()
    transport.start(lead_seconds=0.0)
    clock.advance(1.3)
    transport.stop()
    clock.advance(1)
    assert wire.datas[-1] == bytes((STOP,))
    before = len(wire.events)
    transport.resume()
    clock.advance(1)
    # 2.6 beats are 10.4 sixteenths.
    assert wire.datas[before : before + 3] == [song_position(11), bytes((CONTINUE,)), bytes((CLOCK,))]
    first = wire.events[before + 2]
    assert transport.position(first.time_seconds) == pytest.approx(11 / 4)
    sender.close()
    clock.advance(1)
    assert wire.datas[-1] == bytes((STOP,))
    assert wire.datas.count(bytes((STOP,))) == 2


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.floats(0, 4)),
            st.tuples(st.just("tempo"), st.floats(40, 240)),
            st.tuples(st.just("seek"), st.floats(0, 64)),
            st.tuples(st.just("stop"), st.none()),
            st.tuples(st.just("go"), st.none()),
        ),
        max_size=12,
    )
)
def test_whoever_follows_the_master_is_where_it_is(orders):
    clock, wire, transport, _ = master()
    transport.start()
    for order, value in (*orders, ("go", None), ("wait", 4.0)):
        if order == "wait":
            clock.advance(value)
        elif order == "tempo":
            transport.set_tempo(value)
        elif order == "seek":
            transport.relocate(value)
        elif order == "stop":
            transport.stop()
        else:
            transport.resume()
        clock.advance(0.02)
    times = [event.time_seconds for event in wire.events]
    assert times == sorted(times)
    follower = ClockFollower()
    for event in wire.events:
        follower.feed(event.data, event.time_seconds)
    now_seconds = clock.now_seconds()
    assert follower.position(now_seconds) == pytest.approx(transport.position(now_seconds), abs=0.02)
    assert follower.tempo_bpm == pytest.approx(transport.tempo_bpm, rel=0.02)


def tick(follower, clock, bpm, ticks):
    for _ in range(ticks):
        follower.feed(bytes((CLOCK,)), clock.now_seconds())
        clock.advance(60 / bpm / 24)


def test_a_song_that_stands_has_the_last_tempo_that_was_sure():
    clock, follower = ManualClock(100.0), ClockFollower()
    transport = FollowedTransport(clock, follower)
    follower.feed(bytes((START,)), clock.now_seconds())
    tick(follower, clock, 116, 48)
    assert transport.tempo_bpm == pytest.approx(116, abs=0.1)
    follower.feed(bytes((STOP,)), clock.now_seconds())
    clock.advance(3.0)
    # What a DAW sends on while it locates says nothing of its tempo.
    follower.feed(song_position(64), clock.now_seconds())
    tick(follower, clock, 103.2, 5)
    assert not transport.is_playing
    assert transport.tempo_bpm == pytest.approx(116, abs=0.1)
    clock.advance(10.0)
    assert transport.tempo_bpm == pytest.approx(116, abs=0.1)
    follower.reset()
    assert transport.tempo_bpm is None


def test_ticks_too_few_to_be_sure_give_no_tempo_once_they_end():
    clock, follower = ManualClock(100.0), ClockFollower()
    transport = FollowedTransport(clock, follower)
    tick(follower, clock, 103.2, 4)
    assert transport.is_playing
    assert transport.tempo_bpm == pytest.approx(103.2, abs=0.1)
    clock.advance(2.0)
    assert not transport.is_playing
    assert transport.tempo_bpm is None
