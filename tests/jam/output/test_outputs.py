"""Several outputs are told the same, each at its own time, and what is due when one closes still goes out."""

import pytest

from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.events import STOP, MidiEvent, TimedNote
from musegen_daw.jam.output.outputs import Outputs
from musegen_daw.jam.output.scheduler import Scheduler
from tests.jam.wires import Wire, WirePort


def rig(*offsets):
    clock = ManualClock(10.0)
    wires = [Wire(clock) for _ in offsets]
    schedulers = [
        Scheduler(clock, WirePort(wire), offset_seconds=offset)
        for wire, offset in zip(wires, offsets, strict=True)
    ]
    return clock, wires, Outputs(*schedulers)


def test_every_output_gets_every_note_at_its_own_time():
    clock, (early, late), outputs = rig(-0.05, 0.02)
    assert outputs.offset_seconds == -0.05
    outputs.play(TimedNote(11.0, 11.1, 9, 36, 100), TimedNote(12.0, 12.1, 9, 38, 90))
    outputs.cancel_after(11.5)
    clock.advance(3.0)
    assert [event.time_seconds for event in early.events] == pytest.approx([10.95, 11.05])
    assert [event.time_seconds for event in late.events] == pytest.approx([11.02, 11.12])


def test_all_are_silenced_at_once():
    clock, wires, outputs = rig(0.0, 0.0)
    for silence in (outputs.release_all, outputs.panic):
        now_seconds = clock.now_seconds()
        outputs.play(TimedNote(now_seconds, now_seconds + 5, 9, 36, 100))
        clock.advance(0.1)
        assert all(wire.sounding for wire in wires)
        silence()
        assert not any(wire.sounding or wire.faults for wire in wires)
    assert [wire.datas[-1] for wire in wires] == [b"\xb9\x7b\x00"] * 2


def test_no_output_is_no_trouble():
    outputs = Outputs()
    outputs.play(TimedNote(0.0, 1.0, 9, 36, 100))
    assert outputs.offset_seconds == 0.0


def test_closing_sends_the_messages_that_are_due_and_no_other():
    clock, (wire,), outputs = rig(0.0)
    (scheduler,) = outputs.schedulers
    clock.advance(0.1)
    now_seconds = clock.now_seconds()
    scheduler.send(MidiEvent(now_seconds, bytes((STOP,))), MidiEvent(now_seconds + 0.1, b"\xf8"))
    scheduler.play(TimedNote(now_seconds, now_seconds + 1, 9, 36, 100))
    scheduler.close()
    clock.advance(2.0)
    assert wire.datas == [bytes((STOP,))]
