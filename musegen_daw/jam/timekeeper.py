"""Timekeeper: the transport of a jam, with count-in and sent clock, following a DAW's clock, or in a Link session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import ceil

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.clock.input import ClockInput
from musegen_daw.jam.clock.link import LinkedTransport, LinkSession
from musegen_daw.jam.clock.midi_clock import ClockFollower
from musegen_daw.jam.clock.sender import ClockSender, SendsMessages
from musegen_daw.jam.clock.transport import FollowedTransport, InternalTransport
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.outputs import PlaysNotes
from musegen_daw.jam.patterns import LEAD_BEATS
from musegen_daw.jam.settings import ClockSource, RigSettings
from musegen_daw.music.kit import PIECE_OF_PITCH

CLICK_PITCH = 37  # side stick
FIRST_CLICK_VELOCITY, CLICK_VELOCITY = 110, 80

_log = logging.getLogger(__name__)


class Timekeeper:
    """Owns the transport; `changed` is called, on any thread, when it starts, stops, jumps or changes tempo.

    The count-in plays on `outputs`; `clock_out` gets the clock; `link` is the Link session of a jam that is in one, and
    stays the caller's to close after this. Every method may be called from any thread.
    """

    def __init__(
        self,
        settings: RigSettings,
        clock: Clock,
        outputs: PlaysNotes,
        clock_out: SendsMessages | None,
        changed: Callable[[], None],
        link: LinkSession | None = None,
    ) -> None:
        self._settings, self._outputs, self._changed = settings, outputs, changed
        self._own: InternalTransport | None = None
        self._led: FollowedTransport | None = None
        self._linked: LinkedTransport | None = None
        self._input: ClockInput | None = None
        self._sender: ClockSender | None = None
        _log.info("Clock: %s", settings.clock.value)
        if settings.clock is ClockSource.MIDI:
            follower = ClockFollower()
            self._led = FollowedTransport(clock, follower, settings.beats_per_bar)
            self._input = ClockInput(clock, follower, changed)
        elif settings.clock is ClockSource.LINK:
            if link is None:
                raise ValueError("a jam in a Link session needs the session")
            self._linked = LinkedTransport(clock, link, settings.beats_per_bar, changed)
        else:
            self._own = InternalTransport(clock, settings.tempo_bpm, settings.beats_per_bar)
            if clock_out is not None:
                self._sender = ClockSender(clock, self._own, clock_out)

    @property
    def transport(self) -> InternalTransport | FollowedTransport | LinkedTransport:
        transport = self._own or self._led or self._linked
        assert transport is not None
        return transport

    @property
    def is_led(self) -> bool:
        """Whether a DAW's clock is followed."""
        return self._led is not None

    @property
    def link_peers(self) -> int | None:
        """How many others are in the Link session; None without one."""
        return None if self._linked is None else self._linked.peers

    def start(self) -> None:
        """Play from the first bar, after the count-in, or with all peers of a Link session from the next bar.

        Nothing where a DAW leads or while it plays.
        """
        if self._linked is not None:
            self._linked.start()
        if self._own is not None and not self._own.is_playing:
            self._own.start(count_in_bars=self._settings.count_in_bars)
            self._click(self._own)
            self._tell()

    def stop(self) -> None:
        """Stop, with all peers of a Link session; nothing where a DAW leads."""
        if self._linked is not None:
            self._linked.stop()
        if self._own is not None:
            self._own.stop()
            self._tell()

    def leave(self) -> None:
        """Stop for good, and let the peers of a Link session play on; nothing where a DAW leads."""
        if self._linked is not None:
            self._linked.leave()
        else:
            self.stop()

    def set_tempo(self, tempo_bpm: float) -> None:
        """Change the tempo, of all peers of a Link session; nothing where a DAW leads.

        Raises ValueError outside 20 to 300 BPM.
        """
        if self._linked is not None:
            self._linked.set_tempo(tempo_bpm)
        if self._own is not None:
            self._own.set_tempo(tempo_bpm)
            self._tell()

    def tap(self) -> float | None:
        """Take a tap and return the tempo once it is known; where a DAW leads, a bar begins now."""
        bpm = None
        if self._own is not None:
            bpm = self._own.tap()
        elif self._linked is not None:
            bpm = self._linked.tap()
        elif self._led is not None:
            self._led.align()
        self._tell()
        return bpm

    def next_bar_seconds(self, now_seconds: float) -> float:
        """When the next bar begins, less the lead of early hits; now while nothing plays."""
        bar_beats, transport = self._settings.beats_per_bar, self.transport
        if not transport.is_playing:
            return now_seconds
        bars = ceil((transport.position(now_seconds) + LEAD_BEATS) / bar_beats)
        seconds = transport.seconds_at(bars * bar_beats - LEAD_BEATS)
        return now_seconds if seconds is None else seconds

    def feed(self, source: str, data: bytes, time_seconds: float) -> None:
        if self._input is not None:
            self._input.feed(source, data, time_seconds)

    def lost(self, source: str) -> None:
        if self._input is not None:
            self._input.lost(source)

    def close_sending(self) -> None:
        """Send STOP where clock is sent, and stop that worker; a second call does nothing."""
        if self._sender is not None:
            self._sender.close()

    def close(self) -> None:
        """Stop the workers; a second call does nothing."""
        self.close_sending()
        if self._input is not None:
            self._input.close()
        if self._linked is not None:
            self._linked.close()

    def _tell(self) -> None:
        self._changed()
        if self._sender is not None:
            self._sender.wake()

    def _click(self, transport: InternalTransport) -> None:
        """Schedule the beats of the count-in, on the side stick."""
        kit, grid = self._settings.jam.kit, self._settings.jam.grid
        pitch = kit.drum_map.pitch_of(PIECE_OF_PITCH[CLICK_PITCH])
        counted_beats = self._settings.count_in_bars * grid.beats_per_bar
        of_bar = round(grid.beats_per_bar / grid.pulse_beats)
        for beat in range(self._settings.count_in_bars * of_bar):
            start_beat = transport.first_beat - counted_beats + beat * grid.pulse_beats
            start_seconds = transport.seconds_at(start_beat)
            if pitch is not None and start_seconds is not None:
                velocity = CLICK_VELOCITY if beat % of_bar else FIRST_CLICK_VELOCITY
                end_seconds = start_seconds + kit.note_seconds
                self._outputs.play(TimedNote(start_seconds, end_seconds, kit.channel, pitch, velocity))
