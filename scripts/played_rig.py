"""A jam without ports: a real session and a real drum model, fed with a bundled clip or by whoever holds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from musegen_daw import resource_paths as resources
from musegen_daw.jam.clock.clock import Clock, ManualClock
from musegen_daw.jam.clock.transport import InternalTransport, TransportState
from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import MidiEvent, note_off, note_on
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.planning.planner import WritesDrums
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import JamMode, JamSettings, RigSettings
from musegen_daw.jam.status import PortStatus, RigStatus
from musegen_daw.midi.file import read_midi

CHANNEL = 0


class Silent:
    """An output that plays nothing."""

    name = "musegen drums"

    is_lost = False

    def send(self, data: bytes) -> None:
        """Drop it."""


class PlayedRig:
    """Plays a part of `clip` (a name of resources/clips).

    On a clock that stands it plays up to a beat, for pictures; on that of the computer it goes on.
    """

    def __init__(self, generator: WritesDrums, clip: str, bpm: float, clock: Clock | None = None) -> None:
        self.settings = RigSettings()
        self.control_map = ControlMap()
        self._clock = clock or ManualClock(100.0)
        self._transport = InternalTransport(self._clock, bpm)
        self._scheduler = Scheduler(self._clock, Silent())
        self._session = JamSession(
            self._clock, self._transport, self._scheduler, generator, JamSettings(),
            controls=Controls(density=None, energy=0.6, variation=0.4),
        )  # fmt: skip
        self._advance(0.0)
        song = read_midi(resources.clips_dir() / f"{clip}.mid")
        part = max(song.parts, key=lambda each: len(each.notes))
        self.length_beats = part.length_ticks / part.ppq
        self._played = 0
        self._events = sorted(
            (ticks / part.ppq, data)
            for note in part.notes
            for ticks, data in (
                (note.start_ticks, note_on(CHANNEL, note.pitch, note.velocity)),
                (note.end_ticks, note_off(CHANNEL, note.pitch)),
            )
        )

    def play_to(self, beats: float) -> None:
        """Start, or go on from where it was, to a beat."""
        if self._transport.state is TransportState.STOPPED:
            self._transport.start()
        for at, data in self._events[self._played :]:
            if at >= beats:
                break
            self._go_to(at)
            self.receive(data)
            self._played += 1
        self._go_to(beats)
        for _ in range(2):  # a picture is as of the step after the last look
            _ = self._session.picture
            self._advance(0.021)

    def play_round(self, number: int) -> None:
        """Play the whole clip, `number` times its length from the start; the transport was started before."""
        start_beats = number * self.length_beats
        for at, data in self._events:
            self._go_to(start_beats + at)
            self.receive(data)
        self._go_to(start_beats + self.length_beats)

    def start(self) -> None:
        """Start the transport."""
        self._transport.start()

    def receive(self, data: bytes) -> None:
        """Take a message of now, from any thread."""
        self._session.receive(MidiEvent(self._clock.now_seconds(), data), "musegen in")

    def _advance(self, seconds: float) -> None:
        if isinstance(self._clock, ManualClock):
            self._clock.advance(seconds)

    def _go_to(self, beat: float) -> None:
        seconds = self._transport.seconds_at(beat)
        if seconds is not None:
            self._advance(max(0.0, seconds - self._clock.now_seconds()))

    is_led = False
    failure = ""
    record_path: Path | None = None
    offset_seconds = 0.0

    @property
    def status(self) -> RigStatus:
        """How things stand."""
        import time

        return RigStatus(
            jam=self._session.status, transport=self._transport.state, clock=None, is_ready=True,
            inputs=(PortStatus("musegen in", False, time.perf_counter()),),
            outputs=(PortStatus("musegen drums", False),), offset_seconds=0.0, message="",
        )  # fmt: skip

    @property
    def session(self) -> PlayedRig:
        """What is asked of a session is asked here."""
        return self

    @property
    def time(self) -> PlayedRig:
        """What is asked of the time is asked here."""
        return self

    @property
    def picture(self) -> JamPicture:
        """What to draw."""
        return self._session.picture

    def beats_now(self) -> float:
        """Where the playhead stands."""
        return self._session.beats_at(self._clock.now_seconds())

    def toggle(self) -> None:
        """It has been played."""

    def set_tempo(self, tempo_bpm: float) -> None:
        """The tempo is that of the clip."""

    def tap(self) -> float | None:
        """No tempo is tapped."""
        return None

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Play as `change` says."""
        self._session.change(change)
        self._advance(0.0)

    def set_mode(self, mode: JamMode) -> None:
        """Play in another mode."""
        self._session.set_mode(mode)

    def fill_now(self) -> None:
        """Play a fill."""
        self._session.fill_now()

    def panic(self) -> None:
        """Be silent."""
        self._session.panic()

    def learn(self, target: str | None) -> None:
        """Wait for a knob."""
        self._session.learn(target)
        self._advance(0.0)

    def forget(self, knob: Knob) -> None:
        """Let a knob move nothing any more."""
        self.control_map = self.control_map.without(knob)

    def save_learned(self) -> None:
        """Nothing was learned."""

    def set_style(self, style: str) -> None:
        """It plays as it plays."""

    def save_offset(self) -> None:
        """There is no port."""

    def start_recording(self, path: Path) -> None:
        """Show that it is recorded."""
        self.record_path = path

    def stop_recording(self) -> Path | None:
        """Nothing is written."""
        self.record_path = None
        return None

    def close(self) -> None:
        """End it."""
        self._session.close()
        self._scheduler.close()
