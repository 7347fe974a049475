"""Sessions that are stopped, cut off or fail: every note ends once, and what can go on does."""

from __future__ import annotations

import threading

import pytest

from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.events import START, MidiEvent, note_off, note_on
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import JamMode
from tests.jam.doubles import CLOSED_HAT, Drummer, riff
from tests.jam.jam import ALONE, GRID, SESSION_WORKERS, Port, bars_of


def test_stopping_ends_every_note_at_once_and_starting_again_goes_on(jams) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(6.05)
    assert jam.scheduler.sounding
    jam.transport.stop()
    jam.session.wake()
    jam.clock.advance()
    assert not jam.scheduler.sounding
    sent = len(jam.port.sent)
    jam.clock.advance(5.0)
    assert len(jam.port.sent) == sent
    assert not jam.session.status.is_playing
    before = len(jam.port.notes)
    jam.transport.start(0.0)
    jam.play(8.2)
    again = [
        round(jam.transport.position(at) * LIVE_PPQ)
        for at, _, pitch, _ in jam.port.notes[before:]
        if pitch == CLOSED_HAT
    ]
    assert again == [beat * LIVE_PPQ for beat in range(9)]


@pytest.mark.parametrize("button", ["order", "pad"])
def test_panic_ends_every_note_and_the_drums_come_back(jams, button) -> None:
    jam = jams(ALONE, control_map=ControlMap("", ((Knob("note", 0, 99), "panic"),)))
    jam.start()
    jam.play(5.05)
    assert jam.scheduler.sounding
    if button == "order":
        jam.session.panic()
    else:
        jam.receive(note_on(0, 99, 1))
        jam.clock.advance()
    assert not jam.scheduler.sounding
    jam.play(12.5)
    beats = [ticks / LIVE_PPQ for ticks, pitch, _ in jam.drums() if pitch == CLOSED_HAT]
    assert beats == [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12]


def test_another_way_to_play_ends_every_note_and_begins_with_the_next_bar(jams) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(5.05)
    jam.session.set_mode(JamMode.LOOP)
    jam.clock.advance()
    assert not jam.scheduler.sounding
    sent = len(jam.port.sent)
    jam.play(11.0, riff(range(3)))
    assert len(jam.port.sent) == sent
    assert (jam.session.status.mode, jam.session.status.phase) == (JamMode.LOOP, "recording bar 2 of 4")
    jam.session.set_mode(JamMode.ACCOMPANY)
    jam.play(13.5)
    assert [ticks for ticks, pitch, _ in jam.drums() if pitch == CLOSED_HAT][-2:] == [
        12 * LIVE_PPQ,
        13 * LIVE_PPQ,
    ]


def test_while_the_port_is_gone_the_place_is_kept(jams) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(5.05)
    jam.port.is_lost = True
    jam.play(9.5)
    assert jam.lost == ["The port drums is gone."]
    jam.port.is_lost = False
    jam.scheduler.found()
    jam.play(12.5)
    jam.session.close()
    hats = [ticks // LIVE_PPQ for ticks, pitch, _ in jam.drums() if pitch == CLOSED_HAT]
    assert hats == [0, 1, 2, 3, 4, 5, 10, 11, 12]


def test_an_input_that_is_gone_holds_no_note(jams) -> None:
    jam = jams()
    jam.start()
    jam.play(0.1)
    jam.receive(note_on(0, 60, 80), "keys")
    jam.play(6)
    jam.session.input_lost("keys")
    jam.play(40)
    assert max(bars_of(jam.drums())) == 3
    assert jam.session.status.phase == "resting"


def test_a_generator_that_fails_leaves_the_last_good_pattern_and_a_sentence(jams) -> None:
    jam = jams()
    jam.start()
    jam.play(10, riff(range(3)))
    jam.drummer.error = RuntimeError("broken")
    jam.play(32, riff(range(8)))
    sent = bars_of(jam.drums())
    assert {4, 5, 6, 7} <= sent.keys()
    assert jam.session.status.message == "The drums could not be written: RuntimeError: broken."
    assert jam.session.status.late_bars > 0
    moved = [(ticks - 2 * GRID.bar_ticks, pitch, velocity) for ticks, pitch, velocity in sent[7]]
    assert moved == sent[5]


def test_a_worker_that_dies_leaves_silence_and_a_sentence(jams, monkeypatch) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(5.05)

    def broken(*args):
        raise KeyError("odd")

    monkeypatch.setattr(jam.session._sender, "send", broken)
    jam.clock.advance(0.5)
    assert not jam.scheduler.sounding
    assert jam.session.status.message == "The session ended: KeyError: 'odd'."
    sent = len(jam.port.sent)
    jam.clock.advance(5.0)
    assert len(jam.port.sent) == sent


def test_a_planner_that_dies_leaves_silence_and_a_sentence(jams, monkeypatch) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(5.05)
    monkeypatch.setattr(jam.session._planner, "_answer", lambda request: 1 / 0)
    jam.play(9)
    assert not jam.scheduler.sounding
    assert jam.session.status.message == "The drum worker ended: ZeroDivisionError: division by zero."


def test_a_clock_that_stalls_leaves_nothing_sounding(jams) -> None:
    jam = jams(ALONE, follows=True)
    jam.follower.feed(bytes((START,)), jam.clock.now_seconds())
    jam.tick(24 * 6 + 1)
    assert jam.port.notes
    jam.clock.advance(2.0)
    assert not jam.scheduler.sounding
    assert not jam.session.status.is_playing


def test_in_real_time_many_threads_may_give_orders_and_none_is_left() -> None:
    before = set(threading.enumerate())
    clock = SystemClock()
    transport, drummer = InternalTransport(clock, 240.0), Drummer()

    class Sink(Port):
        def send(self, data):
            self.sent.append((clock.now_seconds(), data))

    port = Sink(None)
    scheduler = Scheduler(clock, port)
    session = JamSession(clock, transport, scheduler, drummer, ALONE)
    transport.start()

    def hammer(number):
        for index in range(60):
            session.receive(MidiEvent(clock.now_seconds(), note_on(0, 40 + number, 90)))
            session.receive(MidiEvent(clock.now_seconds(), note_off(0, 40 + number)))
            orders = (
                session.fill_now,
                session.panic,
                lambda: session.set_mode(JamMode.FOLLOW),
                transport.stop,
            )
            orders[(index + number) % 4]()
            transport.start(float(index % 7))

    hammers = [threading.Thread(target=hammer, args=(number,)) for number in range(4)]
    for thread in hammers:
        thread.start()
    for thread in hammers:
        thread.join(60)
        assert not thread.is_alive()
    assert {thread.name for thread in threading.enumerate()} >= SESSION_WORKERS
    session.close()
    scheduler.close()
    assert session.status.message == ""
    assert set(threading.enumerate()) <= before
    port.check_notes_end_once()
