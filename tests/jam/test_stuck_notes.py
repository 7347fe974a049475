"""No note hangs in a jam with a clock that jitters and SysEx between its ticks, whatever else happens at any time."""

from __future__ import annotations

import os
import random

from musegen_daw.jam.events import (
    CLOCK,
    CONTINUE,
    START,
    STOP,
    control_change,
    note_off,
    note_on,
    song_position,
)
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.settings import ClockSource, JamMode, JamSettings

JAMS = int(os.environ.get("MUSEGEN_STUCK_JAMS", "15"))
TICKS = 24 * 10
NOTE_SECONDS = 0.1
SLACK_SECONDS = 1e-6


class Listener:
    """What is at the other end of the drums: every note-on needs its note-off, in time and once."""

    def __init__(self, clock):
        self.clock = clock
        self.struck = {}
        self.notes = 0

    def hear(self, data):
        now, key = self.clock.now_seconds(), (data[0] & 15, data[1])
        if data[0] & 0xF0 == 0x90:
            assert key not in self.struck, f"{key} was struck while it sounds"
            self.struck[key] = now
            self.notes += 1
        elif data[0] & 0xF0 == 0x80:
            assert key in self.struck, f"{key} was ended for nothing"
            self.struck.pop(key)

    def check(self):
        now = self.clock.now_seconds()
        late = {key: now - at for key, at in self.struck.items() if now - at > NOTE_SECONDS + SLACK_SECONDS}
        assert not late, f"hang: {late}"


def messages(chance):
    """(seconds, bytes) of a DAW: clock, SysEx, chords, and now and then anything else that a DAW sends."""
    bpm = chance.uniform(40, 290)
    jitter = chance.choice((0.0, 0.001, 0.004, 0.008))
    sent = [(0.0, bytes((START,)))]
    seconds = 0.01
    for tick in range(TICKS):
        tick_seconds = 60 / bpm / 24
        if chance.random() < 0.01:
            bpm = min(290, max(40, bpm * chance.choice((0.5, 0.8, 0.99, 1.02, 1.3, 2.0))))
        sent.append((max(0.0, seconds + chance.uniform(-jitter, jitter)), bytes((CLOCK,))))
        for _ in range(chance.choice((0, 0, 1, 3))):
            body = bytes(chance.randrange(128) for _ in range(chance.choice((0, 1, 5, 300))))
            sent.append((seconds + chance.random() * tick_seconds, b"\xf0" + body + b"\xf7"))
        if chance.random() < 0.005:
            word = chance.choice(
                [bytes((STOP,)), bytes((START,)), bytes((CONTINUE,)), song_position(chance.randrange(64))]
            )
            sent.append((seconds + chance.random() * tick_seconds, word))
            if word[0] == STOP:
                seconds += chance.choice((0.0, 0.002, 0.3))
                sent.append((seconds + tick_seconds / 2, bytes((CONTINUE,))))
        if chance.random() < 0.003:
            seconds += chance.choice((0.05, 0.4))
        if tick % 12 == 0:
            for pitch in (48, 52, 55):
                at = seconds + chance.random() * tick_seconds
                sent.append((at, note_on(0, pitch, chance.randrange(1, 128))))
                sent.append((at + chance.uniform(0.1, 1.1) * 12 * tick_seconds, note_off(0, pitch)))
        seconds += tick_seconds
    return sorted(sent, key=lambda message: message[0])


def play(rigs, seed):
    chance = random.Random(seed)
    kit = Kit(note_seconds=NOTE_SECONDS)
    way = chance.choice((JamMode.FOLLOW, JamMode.ACCOMPANY, JamMode.LOOP))
    jam = rigs(jam=JamSettings(mode=way, kit=kit, loop_bars=1), clock=ClockSource.MIDI)
    listener = Listener(jam.clock)
    port = jam.port()
    send = port.send_message
    port.send_message = lambda data: (send(data), listener.hear(bytes(data)))
    begin = jam.clock.now_seconds()
    for seconds, data in messages(chance):
        jam.clock.advance(max(0.0, begin + seconds - jam.clock.now_seconds()))
        listener.check()
        jam.arrive(data)
        if data[0] == STOP:
            jam.clock.advance()
            assert not jam.rig._schedulers[0].sounding
        if chance.random() < 0.001:
            jam.rig.session.panic()
            assert not listener.struck
        if chance.random() < 0.002:
            jam.arrive(control_change(0, 64, chance.choice((0, 127))))
    jam.clock.advance(chance.choice((0.0, 0.01, 0.05)))
    jam.close()
    assert not listener.struck
    return listener.notes


def test_no_note_hangs_however_a_clock_comes(rigs):
    first = int(os.environ.get("MUSEGEN_STUCK_SEED", "0"))
    notes = sum(play(rigs, seed) for seed in range(first, first + JAMS))
    assert notes > 10 * JAMS
