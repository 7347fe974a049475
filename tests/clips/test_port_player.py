"""Playback through a MIDI port: timing, seek and loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips.port_player import LEAD_SECONDS, PortPlayer
from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Tempo, TimeMap

TIME_MAP = TimeMap(480, (Tempo(0, 500_000),))  # a beat is half a second
FRAME_SECONDS = 0.125
NOTE_ON, NOTE_OFF = 0x90, 0x80


class Wire:
    """A port that keeps what is sent, with the time of the clock."""

    name = "wire"

    def __init__(self, clock):
        self.clock = clock
        self.sent = []

    def send(self, data):
        self.sent.append(MidiEvent(self.clock.now_seconds(), data))

    def close(self):
        pass

    def starts(self):
        """(seconds, channel, pitch) of every note-on."""
        return [
            (event.time_seconds, event.data[0] & 15, event.data[1])
            for event in self.sent
            if event.data[0] & 0xF0 == NOTE_ON
        ]


class Desk:
    """A player on a clock that stands until it is told to go on."""

    def __init__(self):
        self.clock = ManualClock()
        self.wire = Wire(self.clock)
        self.scheduler = Scheduler(self.clock, self.wire)
        self.player = PortPlayer(self.scheduler, self.clock)

    def go_on(self, seconds):
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.player.send_due()
            self.clock.advance(FRAME_SECONDS)


@pytest.fixture
def desk():
    return Desk()


def drums(*beats, length_beats=8):
    notes = tuple(Note(36 + beat % 4, 90, beat * 480, 120) for beat in beats)
    return Clip(notes, length_beats * 480, 480, is_drum=True)


def test_every_note_is_sent_in_time_on_its_channel(desk):
    part = Clip((Note(60, 80, 0, 480), Note(62, 80, 960, 480)), 3840, 480)
    desk.player.load([part, drums(0, 1, 2, 3), part], TIME_MAP, 3840)
    desk.player.play()
    desk.go_on(4.5)
    kick = [seconds - LEAD_SECONDS for seconds, channel, _ in desk.wire.starts() if channel == 9]
    assert kick == pytest.approx([0.0, 0.5, 1.0, 1.5])
    assert {channel for _, channel, _ in desk.wire.starts()} == {0, 1, 9}
    assert not desk.player.is_playing
    assert desk.scheduler.sounding == frozenset()


def test_playback_from_the_middle(desk):
    desk.player.load([drums(0, 1, 2, 3)], TIME_MAP, 3840)
    desk.player.seek(0.9)
    desk.player.play()
    desk.go_on(4)
    assert [seconds - LEAD_SECONDS for seconds, _, _ in desk.wire.starts()] == pytest.approx([0.1, 0.6])


def test_stop_ends_all_notes_and_keeps_the_position(desk):
    long = Clip((Note(60, 80, 0, 3000),), 3840, 480)
    desk.player.load([long], TIME_MAP, 3840)
    desk.player.play()
    desk.go_on(1)
    assert desk.scheduler.sounding == {(0, 60)}
    desk.player.pause()
    assert desk.scheduler.sounding == frozenset()
    assert desk.player.position_seconds == pytest.approx(1 - LEAD_SECONDS)
    desk.go_on(2)
    assert len(desk.wire.starts()) == 1


@given(st.integers(0, 3), st.integers(1, 4), st.integers(0, 7))
def test_a_loop_has_no_gap(first, length, start):
    desk = Desk()
    beats = range(8)
    desk.player.load([drums(*beats)], TIME_MAP, 3840)
    end = first + length
    desk.player.set_loop((first / 2, end / 2))
    desk.player.seek(start / 2)
    desk.player.play()
    desk.go_on(8)
    expected, beat = [], start
    while len(expected) < 16:
        if beat >= 8:
            break
        expected.append(36 + beat % 4)
        beat += 1
        if beat == end:
            beat = first
    starts = desk.wire.starts()
    count = min(len(starts), len(expected))
    assert count >= min(15, len(expected))
    assert [pitch for _, _, pitch in starts][:count] == expected[:count]
    assert [seconds - LEAD_SECONDS for seconds, _, _ in starts][:count] == pytest.approx(
        [number / 2 for number in range(count)]
    )


def test_an_edit_during_playback_is_heard_soon_and_no_note_is_sent_twice(desk):
    desk.player.load([drums(0, 1, 2, 3)], TIME_MAP, 3840)
    desk.player.play()
    desk.go_on(0.75)
    desk.player.load([drums(0, 1, 3, 5)], TIME_MAP, 3840)
    desk.go_on(4)
    assert [seconds - LEAD_SECONDS for seconds, _, _ in desk.wire.starts()] == pytest.approx(
        [0.0, 0.5, 1.5, 2.5]
    )


def test_the_position_follows_the_loop(desk):
    desk.player.load([drums(0)], TIME_MAP, 3840)
    desk.player.set_loop((1.0, 2.0))
    desk.player.play()
    places = []
    for _ in range(40):
        desk.go_on(FRAME_SECONDS)
        places.append(desk.player.position_seconds)
    assert max(places) < 2.0
    assert min(places[20:]) >= 1.0
