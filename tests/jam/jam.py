"""A whole session on a clock that stands until it is told to go on: its port, its DAW, and what came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from musegen_daw.errors import PortError
from musegen_daw.jam.clock.clock import ManualClock
from musegen_daw.jam.clock.midi_clock import ClockFollower
from musegen_daw.jam.clock.transport import FollowedTransport, InternalTransport
from musegen_daw.jam.events import CLOCK, MidiEvent
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, patterns_of
from musegen_daw.jam.planning.modes import PlanSettings
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import JamMode, JamSettings
from tests.jam.doubles import Drummer

GRID = BarGrid()
PLAIN = PlanSettings(fill_every_bars=0)
ALONE = JamSettings(mode=JamMode.ACCOMPANY, planning=PLAIN)
SESSION_WORKERS = {"musegen planner", "musegen session"}


@dataclass
class Port:
    """Keeps what is sent and when; can be unplugged."""

    clock: ManualClock
    name: str = "drums"
    is_lost: bool = False
    sent: list[tuple[float, bytes]] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        if self.is_lost:
            raise PortError("The port drums is gone.")
        self.sent.append((self.clock.now_seconds(), data))

    @property
    def notes(self) -> list[tuple[float, int, int, int]]:
        """The note-ons: seconds, channel, pitch, velocity."""
        return [(at, data[0] & 15, data[1], data[2]) for at, data in self.sent if data[0] & 0xF0 == 0x90]

    def check_notes_end_once(self) -> None:
        """Every note-on has one note-off after it, and there is no other note-off."""
        sounding: set[tuple[int, int]] = set()
        for _, data in self.sent:
            key = data[0] & 15, data[1]
            if data[0] & 0xF0 == 0x90:
                assert key not in sounding
                sounding.add(key)
            elif data[0] & 0xF0 == 0x80:
                sounding.remove(key)
        assert not sounding


class Jam:
    """A session that leads, at a tempo of its own, or follows a DAW's clock."""

    def __init__(
        self, settings=None, *, bpm=120.0, generator=None, follows=False, offset_seconds=0.0, **given
    ):
        self.clock = ManualClock(100.0)
        self.port = Port(self.clock)
        self.lost: list[str] = []
        self.scheduler = Scheduler(
            self.clock, self.port, offset_seconds=offset_seconds, lost=self.lost.append
        )
        self.follower = ClockFollower()
        self.transport = (
            FollowedTransport(self.clock, self.follower) if follows else InternalTransport(self.clock, bpm)
        )
        self.drummer = generator or Drummer()
        self.session = JamSession(
            self.clock,
            self.transport,
            self.scheduler,
            self.drummer,
            settings or JamSettings(planning=PlanSettings(fill_every_bars=0)),
            **given,
        )
        self.clock.advance()
        if generator is None:
            self.drummer.requests.clear()

    def start(self, **how):
        self.transport.start(**how)

    def receive(self, data: bytes, source: str = "") -> None:
        self.session.receive(MidiEvent(self.clock.now_seconds(), data), source)

    def play(self, until_beats: float, events: Iterable[tuple[float, bytes]] = ()) -> None:
        """Go on to `until_beats` of the song while `events`, (beat, message) in order of time, come in."""
        for beats, data in events:
            if self.transport.position(self.clock.now_seconds()) <= beats < until_beats:
                self.go_to(beats)
                self.receive(data)
        self.go_to(until_beats)

    def go_to(self, beats: float) -> None:
        seconds = self.transport.seconds_at(beats)
        assert seconds is not None
        self.clock.advance(max(0.0, seconds - self.clock.now_seconds()))

    def tick(self, count: int, bpm: float = 120.0, each=lambda: None) -> None:
        """The DAW sends so many clocks, the first one now."""
        for _ in range(count):
            self.follower.feed(bytes((CLOCK,)), self.clock.now_seconds())
            self.session.wake()
            each()
            self.clock.advance(60 / bpm / 24)

    def drums(self, beats_of=None):
        """The drums that were sent, as (ticks of the song, pitch, velocity), at the tempo that holds now."""
        beats_of = beats_of or self.transport.position
        return [
            (round(beats_of(at) * LIVE_PPQ), pitch, velocity) for at, _, pitch, velocity in self.port.notes
        ]

    def close(self) -> None:
        """End it, and see that nothing is left of it."""
        self.session.close()
        self.session.close()
        assert self.scheduler.sounding == frozenset()
        assert not SESSION_WORKERS & set(self.clock.worker_names)
        self.scheduler.close()
        assert self.clock.worker_names == ()


def bars_of(drums):
    """(ticks, pitch, velocity) by bar, in order."""
    bars = {}
    for ticks, pitch, velocity in drums:
        bars.setdefault(GRID.index_of_onset(ticks / LIVE_PPQ), []).append((ticks, pitch, velocity))
    return {bar: sorted(notes) for bar, notes in bars.items()}


def offline(requests, generate, seed=0):
    """What the last question about each bar gives without any session."""
    bars = {}
    for request in requests:
        bar = request.seed - seed
        pattern = patterns_of(generate(request).takes[0].drums, (bar,), GRID)[bar]
        bars[bar] = sorted((note.start_ticks, note.pitch, note.velocity) for note in pattern.notes)
    return bars
