"""Ports for tests: they keep what was sent and when, and are lost when told to."""

from collections import Counter

from musegen_daw.errors import PortError
from musegen_daw.jam.events import MidiEvent


class Wire:
    """What is at the other end of a port: it hears every note-on and note-off, whichever port brings them."""

    def __init__(self, clock):
        self.clock = clock
        self.events: list[MidiEvent] = []
        self.sounding = set()
        self.faults = []
        self.strikes = Counter()

    def hear(self, data):
        event = MidiEvent(self.clock.now_seconds(), data)
        self.events.append(event)
        key = (event.channel, data[1]) if event.is_note_on or event.is_note_off else None
        if event.is_note_on:
            self.strikes[key] += 1
            if key in self.sounding:
                self.faults.append(f"{key} struck while it sounds")
            self.sounding.add(key)
        elif event.is_note_off:
            if key not in self.sounding:
                self.faults.append(f"{key} ended twice")
            self.sounding.discard(key)

    @property
    def datas(self):
        return [event.data for event in self.events]


class WirePort:
    """An output port to a wire; `is_lost` makes every send raise, `on_send` is called with what was sent."""

    name = "wire"

    def __init__(self, wire, on_send=None):
        self.wire = wire
        self.is_lost = False
        self.on_send = on_send

    def send(self, data):
        if self.is_lost:
            raise PortError("The port wire is gone.")
        self.wire.hear(data)
        if self.on_send is not None:
            self.on_send(data)
