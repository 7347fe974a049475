"""A Link session is followed: tempo, bars, start, stop, jumps, and peers that come and go."""

from __future__ import annotations

import pytest

from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.clock.link import POLL_SECONDS, LinkedTransport
from musegen_daw.jam.clock.transport import START_LEAD_SECONDS, TransportState
from tests.jam.clock.link_session import FakeLink

BEAT = 0.5  # seconds at 120 BPM


class Linked:
    def __init__(self, bpm: float = 120.0, beats_per_bar: float = 4.0, peers: int = 1) -> None:
        self.clock = ManualClock(50.0)
        self.session = FakeLink(self.clock, bpm, beats_per_bar, peers)
        self.changes: list[float] = []
        self.transport = LinkedTransport(
            self.clock, self.session, beats_per_bar, lambda: self.changes.append(self.clock.now_seconds())
        )
        self.clock.advance()

    @property
    def position(self) -> float:
        return self.transport.position(self.clock.now_seconds())


@pytest.fixture
def linked():
    made = []

    def make(**given):
        made.append(Linked(**given))
        return made[-1]

    yield make
    for each in made:
        each.transport.close()
        each.transport.close()
        assert each.clock.worker_names == ()
        assert not each.session.is_closed  # whoever opened it closes it


def test_a_start_of_another_peer_plays_from_its_next_bar_line(linked) -> None:
    it = linked()
    it.clock.advance(3 * BEAT)
    assert (it.transport.state, it.position) == (TransportState.STOPPED, 0.0)
    assert it.transport.seconds_at(0.0) is None
    assert it.transport.mark(it.clock.now_seconds()) is None
    it.session.set_playing(True)
    it.clock.advance(POLL_SECONDS)
    assert it.transport.state is TransportState.COUNTING_IN
    assert it.transport.seconds_at(it.transport.first_beat) == pytest.approx(50.0 + 4 * BEAT)
    it.clock.advance(BEAT)
    assert it.transport.state is TransportState.PLAYING
    assert it.position == pytest.approx(POLL_SECONDS / BEAT)
    assert it.position % 4 == pytest.approx(it.session.beat % 4)


def test_a_start_on_a_bar_line_is_not_put_off_by_a_bar(linked) -> None:
    it = linked()
    it.clock.advance(8 * BEAT + 0.05)
    it.session.set_playing(True)
    it.clock.advance(POLL_SECONDS)
    assert it.position == pytest.approx((0.05 + POLL_SECONDS) / BEAT)


def test_a_start_and_a_stop_are_told_within_a_poll(linked) -> None:
    it = linked()
    for is_playing in (True, False, True):
        it.clock.advance(0.7 * POLL_SECONDS + 0.3)
        it.session.set_playing(is_playing)
        when = it.clock.now_seconds()
        it.clock.advance(POLL_SECONDS)
        assert it.transport.is_playing is is_playing
        assert when <= it.changes[-1] <= when + POLL_SECONDS
    assert it.transport.jumps == len(it.changes) == 3


def test_the_song_stands_where_it_was_stopped_and_begins_again_at_the_start(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(6.5 * BEAT)
    it.session.set_playing(False)
    it.clock.advance(10 * BEAT)
    assert it.position == pytest.approx(6.5, abs=2 * POLL_SECONDS / BEAT)
    it.session.set_playing(True)
    it.clock.advance(POLL_SECONDS)
    assert -4 < it.position <= 0
    it.session.set_playing(False)  # before the bar line
    it.clock.advance(BEAT)
    assert it.position == 0.0


def test_a_change_of_tempo_is_followed_from_the_next_poll_without_a_jump(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(5 * BEAT)
    jumps = it.transport.jumps
    for bpm in (87.3, 187.0, 20.0, 999.0, 120.0):
        it.session.set_tempo(bpm)
        it.clock.advance(1.0)
        assert it.transport.tempo_bpm == bpm
        assert it.position % 4 == pytest.approx(it.session.beat % 4, abs=1e-9)
        assert it.transport.seconds_at(it.position + 1) == pytest.approx(it.clock.now_seconds() + 60 / bpm)
    assert it.transport.jumps == jumps


@pytest.mark.parametrize("by_beats", [1.5, -1.5, 0.3, -0.3, 41.25])
def test_a_jump_of_the_phase_is_followed_to_the_nearest_place_of_that_phase(linked, by_beats) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(9 * BEAT)
    before, jumps = it.position, it.transport.jumps
    it.session.force_beat(it.session.beat + by_beats)
    it.clock.advance(POLL_SECONDS)
    assert it.transport.jumps == jumps + 1
    assert it.position % 4 == pytest.approx(it.session.beat % 4)
    assert abs(it.position - before) <= 2 + 2 * POLL_SECONDS / BEAT


def test_whole_bars_that_the_beat_is_renumbered_by_are_no_jump(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(9 * BEAT)
    before, jumps = it.position, it.transport.jumps
    it.session.force_beat(it.session.beat - 400)
    it.clock.advance(POLL_SECONDS)
    assert it.transport.jumps == jumps
    assert it.position == pytest.approx(before + POLL_SECONDS / BEAT)


def test_a_small_correction_moves_the_line_without_a_jump(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(9 * BEAT)
    jumps = it.transport.jumps
    it.session.force_beat(it.session.beat + 0.01)
    it.clock.advance(POLL_SECONDS)
    assert it.transport.jumps == jumps
    assert it.position % 4 == pytest.approx(it.session.beat % 4)


def test_when_the_peers_leave_the_song_goes_on(linked) -> None:
    it = linked(peers=2)
    it.session.set_playing(True)
    it.clock.advance(5 * BEAT)
    assert it.transport.peers == 2
    it.session.peers = 0
    it.clock.advance(4 * BEAT)
    assert it.transport.peers == 0
    assert it.transport.is_playing
    assert it.position == pytest.approx(9.0)


def test_starting_here_starts_all_from_the_next_bar_and_stopping_stops_all(linked) -> None:
    it = linked()
    it.clock.advance(5 * BEAT)
    it.transport.start()
    assert it.session.is_playing
    assert it.session.beat == pytest.approx(5.0)  # the others' bars are as they were
    assert it.position == pytest.approx(-3.0)
    it.transport.start()
    it.clock.advance(4 * BEAT)
    assert it.position == pytest.approx(1.0)
    it.transport.stop()
    assert not it.session.is_playing
    assert not it.transport.is_playing


def test_alone_a_start_begins_at_once(linked) -> None:
    it = linked(peers=0)
    it.clock.advance(5.3 * BEAT)
    now_seconds = it.clock.now_seconds()
    it.transport.start()
    assert it.transport.seconds_at(0.0) == pytest.approx(now_seconds + START_LEAD_SECONDS)


def test_tempo_and_taps_are_those_of_all_peers(linked) -> None:
    it = linked()
    it.transport.set_tempo(97.0)
    assert it.session.tempo_bpm == it.transport.tempo_bpm == 97.0
    with pytest.raises(ValueError, match=r"within 20\.\.300 BPM"):
        it.transport.set_tempo(301)
    assert it.transport.tap() is None
    it.clock.advance(0.6)
    assert it.transport.tap() == pytest.approx(100.0)
    assert it.session.tempo_bpm == pytest.approx(100.0)


def test_leaving_stops_here_alone(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(6 * BEAT)
    it.transport.leave()
    assert not it.transport.is_playing
    assert it.session.is_playing
    it.transport.start()
    it.transport.stop()
    it.transport.set_tempo(90.0)
    it.clock.advance(BEAT)
    assert not it.transport.is_playing
    assert (it.session.is_playing, it.session.tempo_bpm) == (True, 120.0)


@pytest.mark.parametrize("beats_per_bar", [3.0, 3.5, 2.0])
def test_bars_are_those_of_the_meter(linked, beats_per_bar) -> None:
    it = linked(beats_per_bar=beats_per_bar)
    it.clock.advance(2.2 * BEAT)
    it.session.set_playing(True)
    it.clock.advance(12 * BEAT)
    assert it.position % beats_per_bar == pytest.approx(it.session.beat % beats_per_bar)
    with pytest.raises(ValueError, match="a bar must have a length"):
        LinkedTransport(it.clock, it.session, 0.0)


def test_a_line_that_fits_is_kept_though_a_reading_took_long(linked) -> None:
    it = linked()
    it.session.set_playing(True)
    it.clock.advance(4 * BEAT)
    reading = FakeLink.beat.fget

    class Slow(FakeLink):
        @property
        def beat(self) -> float:
            beat = reading(self)
            self._clock._now_seconds += 0.004  # the thread waited after it had read
            return beat

    it.session.__class__ = Slow
    expected = it.transport.seconds_at(8.0)
    it.clock.advance(0.5)
    it.session.__class__ = FakeLink
    assert it.transport.seconds_at(8.0) == expected
