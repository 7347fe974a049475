"""One clock of several is followed, and it keeps its beat while its port is away."""

import pytest

from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.clock.input import KEEP_SECONDS, ClockInput
from musegen_daw.jam.clock.midi_clock import ClockFollower, ClockState
from musegen_daw.jam.events import CLOCK, START, STOP, song_position

TICK = 60 / 120 / 24
CLOCK_BYTES = bytes((CLOCK,))


class Rig:
    def __init__(self):
        self.clock = ManualClock(50.0)
        self.follower = ClockFollower()
        self.changes = 0
        self.input = ClockInput(self.clock, self.follower, self._changed)
        self.clock.advance()

    def _changed(self):
        self.changes += 1

    def feed(self, source, data):
        self.input.feed(source, data, self.clock.now_seconds())

    def tick(self, count, *sources):
        for _ in range(count):
            for source in sources:
                self.feed(source, CLOCK_BYTES)
            self.clock.advance(TICK)

    @property
    def beat(self):
        return self.follower.position(self.clock.now_seconds())


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.input.close()
    rig.input.close()
    assert rig.clock.worker_names == ()


def test_two_clocks_at_once_count_as_one(rig):
    rig.feed("daw", bytes((START,)))
    rig.tick(96, "daw", "keyboard")
    assert rig.input.source == "daw"
    assert rig.beat == pytest.approx(4)
    assert rig.follower.tempo_bpm == pytest.approx(120)
    assert rig.changes == 97


def test_who_says_where_the_song_is_comes_before_who_only_ticks(rig):
    rig.tick(50, "keyboard")
    rig.feed("daw", bytes((START,)))
    rig.tick(24, "daw", "keyboard")
    assert rig.input.source == "daw"
    assert rig.beat == pytest.approx(1)
    rig.feed("keyboard", bytes((START,)))
    rig.tick(24, "daw", "keyboard")
    assert rig.beat == pytest.approx(2)


def test_another_takes_over_from_one_that_is_silent(rig):
    rig.feed("daw", bytes((START,)))
    rig.tick(48, "daw")
    rig.clock.advance(2.1)
    rig.tick(24, "keyboard")
    assert rig.input.source == "keyboard"
    assert not rig.follower.position_is_known


@pytest.mark.parametrize("late_ticks", [-0.3, 0.0, 0.3])
def test_the_beat_is_kept_while_the_port_is_away(rig, late_ticks):
    rig.feed("daw", bytes((START,)))
    rig.tick(96, "daw")
    rig.clock.advance(10 * TICK)  # the loss is noticed somewhat later
    rig.input.lost("daw")
    rig.clock.advance(38 * TICK)
    assert rig.follower.state(rig.clock.now_seconds()) is ClockState.LOCKED
    assert rig.beat == pytest.approx(6, abs=0.01)
    rig.clock.advance(late_ticks * TICK + TICK)
    rig.tick(95, "daw")
    assert rig.beat == pytest.approx(10 + late_ticks / 24, abs=0.02)


def test_a_port_that_stays_away_is_a_clock_that_stalls(rig):
    rig.feed("daw", bytes((START,)))
    rig.tick(96, "daw")
    rig.input.lost("daw")
    rig.clock.advance(KEEP_SECONDS + 1)
    assert rig.follower.state(rig.clock.now_seconds()) is ClockState.STALLED


def test_what_does_not_run_is_not_kept_on(rig):
    rig.input.lost("daw")
    rig.feed("daw", bytes((START,)))
    rig.tick(48, "daw")
    rig.input.lost("keyboard")
    rig.feed("daw", bytes((STOP,)))
    rig.input.lost("daw")
    rig.clock.advance(1)
    assert rig.beat == pytest.approx(2)


def test_a_start_after_the_port_came_back_begins_anew(rig):
    rig.feed("daw", bytes((START,)))
    rig.tick(96, "daw")
    rig.input.lost("daw")
    rig.clock.advance(1)
    rig.feed("daw", song_position(16))
    rig.feed("daw", bytes((START,)))
    rig.tick(24, "daw")
    assert rig.beat == pytest.approx(1)
