"""The scheduler sends on time, and no note hangs or ends twice, whatever happens to the port and the clock."""

import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from musegen_daw.jam.clock.clock import ManualClock, SystemClock
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.events import CLOCK, MidiEvent, TimedNote, control_change, note_off, note_on
from musegen_daw.jam.output.scheduler import REPEAT_SECONDS, STALE_SECONDS, Scheduler
from tests.jam.wires import Wire, WirePort


def made(**options):
    clock = ManualClock(10.0)
    wire = Wire(clock)
    port = WirePort(wire)
    return clock, wire, port, Scheduler(clock, port, **options)


def hit(start_seconds, end_seconds=None, pitch=38, velocity=100, channel=9):
    end_seconds = start_seconds + 0.1 if end_seconds is None else end_seconds
    return TimedNote(start_seconds, end_seconds, channel, pitch, velocity)


def test_notes_are_sent_exactly_when_they_are_due():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.5, pitch=38), hit(10.25, pitch=36), hit(10.5, 10.75, pitch=42))
    clock.advance(5)
    assert [(event.time_seconds, event.data) for event in wire.events] == [
        (10.25, note_on(9, 36, 100)),
        (10.35, note_off(9, 36)),
        (10.5, note_on(9, 38, 100)),
        (10.5, note_on(9, 42, 100)),
        (10.6, note_off(9, 38)),
        (10.75, note_off(9, 42)),
    ]
    assert scheduler.lateness.sent == 6
    assert scheduler.lateness.worst_seconds == 0.0


@pytest.mark.parametrize("offset_seconds", [-0.02, 0.03])
def test_the_offset_moves_notes_and_their_ends(offset_seconds):
    clock, wire, _, scheduler = made(offset_seconds=offset_seconds)
    scheduler.play(hit(10.5))
    clock.advance(5)
    assert [event.time_seconds for event in wire.events] == pytest.approx(
        [10.5 + offset_seconds, 10.6 + offset_seconds]
    )


def test_a_repeated_note_is_ended_before_it_is_struck_again():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 11.0), hit(10.2, 10.3), hit(10.3, 10.3))
    clock.advance(5)
    assert [(round(event.time_seconds, 3), event.is_note_on) for event in wire.events] == [
        (10.1, True), (10.2, False), (10.2, True), (10.3, False), (10.3, True), (10.3, False),
    ]  # fmt: skip
    assert not wire.faults


def test_a_note_that_was_struck_again_sounds_its_full_length():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 10.3), hit(10.2, 11.0))
    clock.advance(5)
    assert [round(event.time_seconds, 3) for event in wire.events if event.is_note_off] == [10.2, 11.0]


def test_ends_come_before_messages_and_messages_before_notes_of_the_same_time():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(11.0, pitch=36), hit(10.5, 11.0, pitch=42))
    scheduler.send(MidiEvent(11.0, bytes((CLOCK,))), MidiEvent(11.0, control_change(9, 4, 90)))
    clock.advance(1)
    assert wire.datas[1:] == [note_off(9, 42), bytes((CLOCK,)), control_change(9, 4, 90), note_on(9, 36, 100)]


def test_a_hit_that_is_late_is_left_out_but_a_clock_tick_is_not():
    clock, wire, _, scheduler = made()
    clock.advance(1)
    scheduler.play(hit(11.0 - 1.01 * STALE_SECONDS), hit(11.0 - 0.5 * STALE_SECONDS, pitch=36))
    scheduler.send(MidiEvent(10.0, bytes((CLOCK,))))
    clock.advance(0)
    assert wire.datas == [bytes((CLOCK,)), note_on(9, 36, 100)]
    assert scheduler.lateness.dropped == 1
    assert scheduler.lateness.worst_seconds == 1.0


def test_a_note_cannot_be_sent_without_its_end():
    _, _, _, scheduler = made()
    for data in (note_on(0, 60, 1), note_off(0, 60)):
        with pytest.raises(ValueError, match="cannot hang"):
            scheduler.send(MidiEvent(11.0, data))


def test_cancelling_drops_what_is_not_sent_and_keeps_the_end_of_what_sounds():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 12.0), hit(10.5, pitch=36), hit(11.5, pitch=42))
    scheduler.send(MidiEvent(11.5, bytes((CLOCK,))))
    clock.advance(0.2)
    scheduler.cancel_after(10.6)
    clock.advance(5)
    assert [(round(event.time_seconds, 3), event.data[1]) for event in wire.events] == [
        (10.1, 38), (10.5, 36), (10.6, 36), (12.0, 38),
    ]  # fmt: skip


def test_panic_ends_what_sounds_before_it_returns_and_drops_the_rest():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 12.0), hit(10.1, 12.0, pitch=60, channel=3), hit(10.5))
    clock.advance(0.2)
    scheduler.panic()
    assert wire.datas[2:] == [
        note_off(3, 60), note_off(9, 38), control_change(3, 123, 0), control_change(9, 123, 0),
    ]  # fmt: skip
    count = len(wire.events)
    clock.advance(5)
    assert len(wire.events) == count
    scheduler.play(hit(16.0))
    clock.advance(5)
    assert len(wire.events) == count + 2


def test_closing_ends_what_sounds_once_and_leaves_no_worker():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 12.0))
    clock.advance(0.2)
    scheduler.close()
    scheduler.close()
    scheduler.play(hit(10.3))
    clock.advance(5)
    assert wire.datas == [note_on(9, 38, 100), note_off(9, 38)]
    assert clock.worker_names == ()


def test_a_lost_port_is_told_of_and_what_is_owed_is_sent_when_it_is_back():
    told = []
    clock, wire, port, scheduler = made(lost=told.append)
    scheduler.play(hit(10.1, 10.4), hit(10.1, 12.0, pitch=60), hit(10.2, pitch=36), hit(10.3, pitch=41))
    clock.advance(0.15)
    port.is_lost = True
    clock.advance(1)
    assert told == ["The port wire is gone."]
    assert scheduler.is_lost
    assert wire.sounding == {(9, 38), (9, 60)}
    port.is_lost = False
    scheduler.found()
    assert wire.sounding == {(9, 60)}
    clock.advance(5)
    assert not wire.sounding
    assert not wire.faults
    assert wire.strikes == {(9, 38): 1, (9, 60): 1}
    assert not scheduler.is_lost


def test_a_thread_that_fails_ends_what_sounds_and_says_why():
    clock, wire, port, scheduler = made()

    def break_down(data):
        if data[1] == 66:
            raise ZeroDivisionError

    port.on_send = break_down
    scheduler.play(hit(10.1, 12.0), hit(10.2, 12.0, pitch=66))
    clock.advance(1)
    assert isinstance(scheduler.failure, ZeroDivisionError)
    assert not wire.sounding
    assert not wire.faults


def test_a_port_that_calls_back_while_it_sends_confuses_nothing():
    clock, wire, port, scheduler = made()

    def answer(data):
        event = MidiEvent(clock.now_seconds(), data)
        if event.is_note_on and data[1] == 38:
            scheduler.play(hit(clock.now_seconds(), pitch=60))
        if event.is_note_on and data[1] == 60:
            scheduler.panic()

    port.on_send = answer
    scheduler.play(hit(10.1, 12.0), hit(10.2, 12.0))
    clock.advance(5)
    assert not wire.sounding
    assert not wire.faults


TIMES = st.sampled_from([-0.2, -0.01, 0.0, 0.01, 0.05, 0.1, 0.11, 0.5])
LENGTHS = st.sampled_from([0.0, 0.01, 0.1, 0.3, 2.0])
PITCHES = st.sampled_from([36, 38])
CHANNELS = st.sampled_from([0, 9])


class Jamming(RuleBasedStateMachine):
    """Everything that can happen to a scheduler, in any order; the wire is the judge."""

    @initialize(offset_seconds=st.sampled_from([0.0, -0.03, 0.05]))
    def begin(self, offset_seconds):
        self.clock = ManualClock(100.0)
        self.wire = Wire(self.clock)
        self.port = WirePort(self.wire)
        self.scheduler = Scheduler(self.clock, self.port, offset_seconds=offset_seconds)
        self.transport = InternalTransport(self.clock)

    def is_there(self):
        return not self.scheduler.is_lost

    @rule(start=TIMES, length=LENGTHS, pitch=PITCHES, channel=CHANNELS, times=st.integers(1, 3))
    def play(self, start, length, pitch, channel, times):
        starts = [self.clock.now_seconds() + start * (index + 1) for index in range(times)]
        self.scheduler.play(*(TimedNote(at, at + length, channel, pitch, 90) for at in starts))

    @rule(beat=st.floats(0, 8), length=LENGTHS, pitch=PITCHES)
    def play_on_a_beat(self, beat, length, pitch):
        start = self.transport.seconds_at(beat)
        if start is not None:
            self.scheduler.play(TimedNote(start, start + length, 9, pitch, 90))

    @rule(start=TIMES)
    def send_clock(self, start):
        self.scheduler.send(MidiEvent(self.clock.now_seconds() + start, bytes((CLOCK,))))

    @rule(seconds=st.sampled_from([0.0, 0.004, 0.05, 0.1, 0.3, 1.0]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule(after=TIMES)
    def cancel(self, after):
        self.scheduler.cancel_after(self.clock.now_seconds() + after)

    @rule()
    def panic(self):
        self.scheduler.panic()
        if self.is_there():
            assert not self.wire.sounding

    @rule()
    def start(self):
        self.transport.start(count_in_bars=1)

    @rule()
    def stop(self):
        self.transport.stop()
        self.scheduler.release_all()
        if self.is_there():
            assert not self.wire.sounding

    @rule(beat=st.floats(0, 8))
    def seek(self, beat):
        self.transport.relocate(beat)
        self.scheduler.cancel_after(self.clock.now_seconds())

    @rule(bpm=st.floats(20, 300))
    def change_tempo(self, bpm):
        self.transport.set_tempo(bpm)

    @rule(offset_seconds=st.floats(-0.1, 0.1))
    def change_offset(self, offset_seconds):
        self.scheduler.offset_seconds = offset_seconds

    @rule()
    def unplug(self):
        self.port.is_lost = True

    @rule()
    def replug(self):
        self.port.is_lost = False
        self.scheduler.found()

    @invariant()
    def nothing_is_struck_or_ended_twice(self):
        assert self.wire.faults == []
        assert self.scheduler.failure is None

    @invariant()
    def what_sounds_is_known(self):
        assert self.wire.sounding == self.scheduler.sounding

    def teardown(self):
        if not hasattr(self, "scheduler"):
            return
        self.replug()
        self.clock.advance(100.0)
        assert not self.wire.sounding
        self.scheduler.play(hit(self.clock.now_seconds() + 0.1, 1e6))
        self.clock.advance(0.2)
        assert self.wire.sounding
        self.scheduler.close()
        assert not self.wire.sounding
        assert self.wire.faults == []
        assert self.clock.worker_names == ()


Jamming.TestCase.settings = settings(max_examples=200, stateful_step_count=30)
TestJamming = Jamming.TestCase


def test_many_threads_at_once_leave_nothing_sounding_and_no_thread():
    clock = SystemClock()
    wire = Wire(clock)
    before = set(threading.enumerate())
    port = WirePort(wire)
    scheduler = Scheduler(clock, port)
    orders = [
        lambda now: scheduler.play(
            *(hit(now + i * 1e-4, now + i * 2e-4, pitch=36 + i % 5) for i in range(9))
        ),
        lambda now: scheduler.cancel_after(now),
        lambda now: scheduler.panic(),
        lambda now: scheduler.found(),
        lambda now: scheduler.lateness,
        lambda now: scheduler.release_all(),
    ]

    def work(seed):
        for index in range(120):
            orders[(index * (seed + 1) + seed) % len(orders)](clock.now_seconds())

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    heard = threading.Event()
    port.on_send = lambda data: heard.set()
    scheduler.play(hit(clock.now_seconds(), clock.now_seconds() + 1000))
    assert heard.wait(30)
    scheduler.close()
    assert scheduler.failure is None
    assert not wire.faults
    assert not wire.sounding
    assert set(threading.enumerate()) <= before


def test_notes_that_another_struck_are_ended_again_until_they_are_struck():
    clock, wire, _, scheduler = made()
    scheduler.play(hit(10.1, 12.0, pitch=42))
    clock.advance(0.5)
    scheduler.end_foreign([(9, 38), (9, 42), (9, 36)])
    scheduler.play(hit(10.9, 11.0, pitch=38), hit(11.2, 11.3, pitch=38))
    clock.advance(20)
    played = {pitch: [(round(event.time_seconds, 3), event.is_note_on) for event in wire.events
                      if event.data[1] == pitch] for pitch in (36, 38, 42)}  # fmt: skip
    assert played == {
        36: [(round(10.5 + seconds, 3), False) for seconds in (0.0, *REPEAT_SECONDS)],
        38: [
            (10.5, False), (10.6, False), (10.8, False), (10.9, False), (10.9, True), (11.0, False),
            (11.2, True), (11.3, False),
        ],
        42: [(10.1, True), (12.0, False)],
    }  # fmt: skip


def test_what_sounded_is_ended_again_where_others_have_to_connect_first_and_whatever_is_dropped():
    clock, wire, port, scheduler = made(is_created=True)
    scheduler.play(hit(10.1, 10.4), hit(10.1, 13.0, pitch=60), hit(10.2, pitch=36))
    clock.advance(0.15)
    port.is_lost = True
    clock.advance(1)
    port.is_lost = False
    scheduler.found()
    clock.advance(0.2)
    scheduler.play(hit(11.4, pitch=38), hit(14.0, pitch=41))
    clock.advance(1)
    scheduler.release_all()
    clock.advance(10)
    ends = [(round(event.time_seconds, 3), event.data[1]) for event in wire.events if not event.is_note_on]
    back = 11.15
    assert [seconds for seconds, pitch in ends if pitch == 60] == [
        12.35, *(round(back + each, 3) for each in REPEAT_SECONDS[3:])
    ]  # fmt: skip
    assert [seconds for seconds, pitch in ends if pitch == 38] == [back, 11.25, 11.4, 11.5]
    assert wire.strikes == {(9, 38): 2, (9, 60): 1}
    assert not wire.sounding
