"""A flood of orders neither keeps the drums from being played nor the session from ending."""

import threading

import pytest

from musegen_daw.jam import session as sessions
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.clock.transport import InternalTransport
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import JamSettings
from tests.jam.doubles import Drummer
from tests.jam.wires import Wire, WirePort

PATIENCE_SECONDS = 120


@pytest.fixture
def session():
    clock = SystemClock()
    transport = InternalTransport(clock, 120.0)
    scheduler = Scheduler(clock, WirePort(Wire(clock)))
    made = JamSession(clock, transport, scheduler, Drummer(), JamSettings())
    yield made
    made.close()
    scheduler.close()


def hold(session):
    """Stop the worker in the middle of an order; gives what lets it go on."""
    begun, go = threading.Event(), threading.Event()

    def change(controls):
        begun.set()
        assert go.wait(PATIENCE_SECONDS)
        return controls

    session.change(change)
    assert begun.wait(PATIENCE_SECONDS)
    return go


def count(session, orders):
    done = []
    for number in range(orders):
        session.change(lambda controls, number=number: done.append(number) or controls)
    return done


def test_what_waits_when_it_ends_is_not_carried_out(session):
    go = hold(session)
    done = count(session, 10_000)
    closing = threading.Thread(target=session.close)
    closing.start()
    while not session._is_closing:
        closing.join(0.001)
    go.set()
    closing.join(PATIENCE_SECONDS)
    assert not closing.is_alive()
    assert done == []


def test_between_a_few_orders_it_does_all_the_rest(session, monkeypatch):
    monkeypatch.setattr(sessions, "INBOX_SECONDS", -1.0)
    seen, over = [], threading.Event()
    go = hold(session)

    def look(number):
        def change(controls):
            seen.append(session.status.controls.energy)
            if number == 3:
                over.set()
            return Controls(energy=number / 10)

        return change

    for number in range(4):
        session.change(look(number))
    go.set()
    assert over.wait(PATIENCE_SECONDS)
    assert seen == [0.5, 0.0, 0.1, 0.2]  # after each order the status was told
