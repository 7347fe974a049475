"""A jam without ports: a real rig and a real drum model, fed with a bundled clip or by whoever holds it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from musegen_daw import resource_paths as resources
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.jam.clock.clock import Clock, ManualClock
from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import note_off, note_on
from musegen_daw.jam.rig import JamRig, KnowsStyles
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, RigSettings
from musegen_daw.jam.status import PortStatus, RigStatus
from musegen_daw.midi.file import read_midi

CHANNEL = 0


class SilentKit:
    """A drum kit that plays nothing."""

    name = OWN_OUTPUT
    latency_seconds = 0.0

    is_lost = False

    def send(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


class PlayedRig(JamRig):
    """Plays a part of `clip` (a name of resources/clips).

    On a manual clock it plays up to a beat, for pictures; on the system clock it goes on.
    """

    def __init__(self, generator: KnowsStyles, clip: str, bpm: float, clock: Clock | None = None) -> None:
        settings = RigSettings(
            input_names=(), output_name=None, audio=True, tempo_bpm=bpm,
            controls=Controls(density=None, energy=0.6, variation=0.4),
        )  # fmt: skip
        super().__init__(
            settings, generator, PortDirectory(()), clock=clock or ManualClock(100.0), config_dir=Path(),
            open_kit=lambda *_: SilentKit(),  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        self.settings = replace(settings, output_name=OWN_OUTPUT)
        self._advance(0.0)
        song = read_midi(resources.clips_dir() / f"{clip}.mid")
        part = max(song.parts, key=lambda each: len(each.notes))
        self.length_beats = part.length_ticks / part.ppq
        self._sent = 0
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
        if self.time.transport.state is TransportState.STOPPED:
            self.start()
        for at, data in self._events[self._sent :]:
            if at >= beats:
                break
            self._go_to(at)
            self.receive(data)
            self._sent += 1
        self._go_to(beats)
        for _ in range(2):  # a picture is as of the step after the last look
            _ = self.session.picture
            self._advance(0.021)

    def play_round(self, number: int) -> None:
        """Play the whole clip, `number` times its length from the start; the transport was started before."""
        start_beats = number * self.length_beats
        for at, data in self._events:
            self._go_to(start_beats + at)
            self.receive(data)
        self._go_to(start_beats + self.length_beats)

    def receive(self, data: bytes) -> None:
        """Take a message of now, from any thread."""
        self._received(OWN_INPUT, self._clock.now_seconds(), data)

    def learn(self, target: str, data: bytes) -> None:
        """Map the knob or pad that sends a message to a control."""
        self.session.learn(target)
        self._advance(0.021)
        self.receive(data)
        self._advance(0.021)

    def _advance(self, seconds: float) -> None:
        if isinstance(self._clock, ManualClock):
            self._clock.advance(seconds)

    def _go_to(self, beat: float) -> None:
        seconds = self.time.transport.seconds_at(beat)
        if seconds is not None:
            self._advance(max(0.0, seconds - self._clock.now_seconds()))

    @property
    def status(self) -> RigStatus:
        """As on the ports of its own."""
        return replace(
            super().status,
            inputs=(PortStatus(OWN_INPUT, False, time.perf_counter()),),
            outputs=(PortStatus(OWN_OUTPUT, False),),
        )
