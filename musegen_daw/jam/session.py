"""JamSession: listens, has the next bars planned, and sends them, in steps of one worker."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from musegen_daw.drums.style import Style
from musegen_daw.jam.clock.clock import Clock, ClockWorker
from musegen_daw.jam.clock.midi_clock import ClockState
from musegen_daw.jam.clock.transport import Timeline, Transport
from musegen_daw.jam.control.control_map import ControlMap, ControlSurface, Knob
from musegen_daw.jam.control.controls import (
    CALLS,
    FILL_NOW,
    PANIC,
    TARGETS,
    ControllerMove,
    Controls,
    moved_controls,
)
from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.output.outputs import PlaysNotes
from musegen_daw.jam.output.performer import Sender
from musegen_daw.jam.patterns import LEAD_BEATS, PlayedPatterns
from musegen_daw.jam.planning.conductor import Conductor, Delays
from musegen_daw.jam.planning.follow_mode import FollowMode
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.loop_mode import LoopMode
from musegen_daw.jam.planning.modes import Mode, SessionStyle, WhenSilent
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.planning.planner import PlanningWorker, WritesDrums
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.jam.settings import JamMode, JamSettings
from musegen_daw.jam.status import JamStatus

_log = logging.getLogger(__name__)

PLAYING_STEP_SECONDS = 0.02
WAITING_STEP_SECONDS = 0.05
LOGGED_BPM = 0.5  # a smaller change of tempo is not logged
MAX_INBOX = 65_536
INBOX_SECONDS = 0.01  # of one step, for a flood of notes must not keep the drums from being sent


class JamSession:
    """One player, one drummer.

    `called` is told, on the session's thread, of knobs and pads that call up a style or a section.

    Calls from any thread are queued, and a worker of `clock` carries them out in order. After `close` nothing sounds
    and no worker is left; the transport and the scheduler are the caller's to close.
    """

    def __init__(
        self,
        clock: Clock,
        transport: Transport,
        scheduler: PlaysNotes,
        generator: WritesDrums,
        settings: JamSettings,
        *,
        control_map: ControlMap | None = None,
        controls: Controls | None = None,
        style: Style | None = None,
        recorder: Recorder | None = None,
        called: Callable[[ControllerMove], None] = lambda _: None,
    ) -> None:
        self._called = called
        self._clock, self._transport, self._scheduler, self._settings = clock, transport, scheduler, settings
        self._recorder = recorder
        self._grid = settings.grid
        if transport.beats_per_bar != self._grid.beats_per_bar:
            raise ValueError(f"a transport with bars of {transport.beats_per_bar} beats for {self._grid}")
        self._timeline = Timeline(self._grid)
        self._heard = Heard(channels=settings.channels, programs=dict(settings.programs))
        self._played = PlayedPatterns(self._grid)
        self._style = SessionStyle(style)
        self._surface = ControlSurface(control_map or ControlMap())
        self._controls = controls or Controls()
        self._sender = Sender(scheduler, self._seconds_at, settings.kit, recorder, self._grid)
        self._mode = settings.mode
        self._inbox: deque[Callable[[float], None]] = deque(maxlen=MAX_INBOX)
        self._is_playing = self._is_closing = False
        self._jumps = transport.jumps
        self._beats: float | None = None  # reached in the session
        self._message = ""
        self._logged_clock: ClockState | None = None
        self._logged_bpm: float | None = None
        self._picture = JamPicture(grid=self._grid)
        self._is_watched = False
        self._worker: ClockWorker | None = None
        now_seconds = clock.now_seconds()
        self._planner = PlanningWorker(generator, clock, self._grid, self.wake)
        mode = mode_of(self._mode, settings, self._heard, self._played, self._style, -LEAD_BEATS)
        self._conductor = Conductor(self._planner, mode, self._played, self._grid, now_seconds)
        self._status = self._told()
        self._worker = clock.start("musegen session", self._step, self._failed)

    def receive(self, event: MidiEvent, source: str = "") -> None:
        """Take a message of an input; those without a channel are for the clock follower and are ignored."""
        if event.channel is not None:
            self._order(lambda now_seconds: self._hear(event, source, now_seconds))

    def input_lost(self, source: str) -> None:
        """An input is gone: release the notes it held."""
        self._order(lambda now_seconds: self._release(source))

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Apply `change` to the controls, in the order of calls."""
        self._order(lambda now_seconds: self._control(change(self._controls), now_seconds))

    def set_mode(self, mode: JamMode) -> None:
        """Switch the mode at the next bar; a loop is recorded anew."""
        self._order(lambda now_seconds: self._change_mode(mode, now_seconds))

    def fill_now(self) -> None:
        """Play a fill in the next bar that has not begun."""
        self._order(self._conductor.fill)

    def learn(self, target: str | None) -> None:
        """Map the next knob or pad that moves to a control; None cancels. Raises ValueError."""
        if target is not None and target not in TARGETS:
            raise ValueError(f"there is no control {target!r}; there are {', '.join(TARGETS)}")
        self._order(lambda now_seconds: self._surface.learn(target))

    def forget(self, knob: Knob) -> None:
        self._order(lambda now_seconds: self._surface.forget(knob))

    def set_style(self, style: Style | None) -> None:
        """Change the style from the next bars on; None: one that fits what is played."""
        self._order(lambda now_seconds: self._change_style(style, now_seconds))

    def recall(self, controls: Controls) -> None:
        """Take over all controls at once, as of a section."""
        self.change(lambda _: controls)

    def panic(self) -> None:
        """All notes off at once, whatever the worker does; the drums come in again with a later bar."""
        self._scheduler.panic()
        self._order(lambda now_seconds: self._panic())

    def wake(self) -> None:
        """Check at once whether the transport or the plans have changed."""
        if self._worker is not None:
            self._worker.wake()

    def close(self) -> None:
        """Silence, and stop the workers; a second call does nothing."""
        self._is_closing = True  # what waits is not carried out any more
        if self._worker is not None:
            self._worker.stop()
        self._scheduler.panic()  # before the planner, which may be at work
        self._planner.close()
        self._release(None)
        if self._recorder is not None and self._beats is not None and self._is_playing:
            self._recorder.cut(self._reached(self._clock.now_seconds()))
        self._is_playing = False
        self._status = self._told()

    @property
    def status(self) -> JamStatus:
        return self._status

    @property
    def controls(self) -> Controls:
        """As of the last step."""
        return self._controls

    @property
    def picture(self) -> JamPicture:
        """What to draw, as of the step after the last call; made only while someone asks."""
        self._is_watched = True
        return self._picture

    def beats_at(self, seconds: float) -> float:
        """The beats of the session at a time not far from now; 0 before it has begun."""
        return self._beats_at(seconds) if self._beats is not None and self._is_playing else self._beats or 0.0

    @property
    def is_ready(self) -> bool:
        """Whether the generator is loaded, so that plans come quickly."""
        return self._planner.is_warm

    @property
    def control_map(self) -> ControlMap:
        return self._surface.control_map

    @property
    def delays(self) -> Delays:
        """How long the last plans took."""
        return self._conductor.delays

    def _order(self, order: Callable[[float], None]) -> None:
        self._inbox.append(order)
        self.wake()

    def _step(self, now_seconds: float) -> float:
        self._log_clock()
        self._follow_transport(now_seconds)
        self._carry_out_orders(now_seconds)
        for sentence in self._conductor.take_plans():
            self._message = sentence
        if self._planner.failure and self._message != self._planner.failure:
            self._message = self._planner.failure
            self._silence()
        if self._is_playing and not self._planner.failure:
            self._play(now_seconds)
        elif self._beats is None:
            # Plan the first bar before the transport starts.
            self._conductor.ask(
                -self._grid.beats_per_bar, 0, self._controls, self._transport.tempo_bpm, now_seconds
            )
        self._status = self._told()
        if self._is_watched:
            self._is_watched = False
            self._picture = self._conductor.picture(self._beats or 0.0, self._heard)
        if self._inbox:
            return now_seconds
        return now_seconds + (PLAYING_STEP_SECONDS if self._is_playing else WAITING_STEP_SECONDS)

    def _carry_out_orders(self, now_seconds: float) -> None:
        until_seconds = self._clock.now_seconds() + INBOX_SECONDS
        while self._inbox and not self._is_closing:
            self._inbox.popleft()(now_seconds)
            if self._clock.now_seconds() > until_seconds:
                break

    def _play(self, now_seconds: float) -> None:
        # A negative offset needs notes sooner.
        early_seconds = max(0.0, -self._scheduler.offset_seconds)
        until_seconds = now_seconds + self._settings.lookahead_seconds + early_seconds
        self._beats = beats = self._beats_at(now_seconds)
        until_beats = self._beats_at(until_seconds)
        first_beats = self._first_beats()
        for pattern in self._conductor.settle(beats, until_beats, first_beats, self._controls):
            self._sender.settle(pattern, self._controls.swing)
        gain = self._conductor.mode.gain(beats)
        self._sender.send(
            now_seconds, until_seconds, first_beats - LEAD_BEATS, self._beats_at, self._controls, gain
        )
        bpm = self._transport.tempo_bpm
        self._conductor.ask(beats, self._timeline.offset_bars, self._controls, bpm, now_seconds)
        self._record_time(now_seconds)

    def _record_time(self, now_seconds: float) -> None:
        mark = self._transport.mark(now_seconds)
        # Before a jump has been followed, song and session beats do not match.
        if self._recorder is not None and mark is not None and self._transport.jumps == self._jumps:
            self._recorder.time(self._timeline.session_beats(mark[0]), mark[1])

    def _log_clock(self) -> None:
        state, bpm = self._transport.clock_state, self._transport.tempo_bpm
        if state is not None and state is not self._logged_clock:
            _log.info("Clock %s", state.value)
            self._logged_clock = state
        if bpm is None or state is ClockState.LOCKING:
            return
        if self._logged_bpm is None or abs(bpm - self._logged_bpm) >= LOGGED_BPM:
            _log.info("Tempo %.1f BPM", bpm)
            self._logged_bpm = bpm

    def _follow_transport(self, now_seconds: float) -> None:
        is_playing, jumps = self._transport.is_playing, self._transport.jumps
        if is_playing == self._is_playing and jumps == self._jumps:
            return
        was_playing, self._is_playing, self._jumps = self._is_playing, is_playing, jumps
        what = ("jumped" if was_playing else "started") if is_playing else "stopped"
        _log.info("Transport %s at beat %.2f of the song", what, self._transport.position(now_seconds))
        if self._recorder is not None:
            self._recorder.interrupted()
        if is_playing:
            if self._beats is not None:
                moved_bars = self._timeline.jump(self._transport.position(now_seconds), self._beats)
                if moved_bars:
                    self._conductor.mode.jumped(moved_bars)
            if not was_playing:
                self._conductor.start(self._beats_at(now_seconds), now_seconds)
        elif was_playing:
            self._beats = self._reached(now_seconds)
            self._silence()
            self._release(None)
            self._conductor.stop()

    def _failed(self, error: Exception) -> None:
        self._scheduler.panic()
        self._planner.cancel()
        _log.error("The session failed", exc_info=error)
        self._message = f"The session ended: {type(error).__name__}: {error}."
        self._is_playing = False
        self._status = self._told()

    def _hear(self, event: MidiEvent, source: str, now_seconds: float) -> None:
        if self._surface.takes(event):
            move = self._surface.feed(event)
            if move is None:
                return
            if move.target == PANIC:
                self._panic()
            elif move.target == FILL_NOW:
                self._conductor.fill(now_seconds)
            elif move.target in CALLS:
                self._called(move)
            self._control(moved_controls(self._controls, move), now_seconds)
            return
        if not self._is_playing and event.is_note_on:
            return
        beats = self._beats_at(event.time_seconds) if self._is_playing else self._beats or 0.0
        if self._recorder is not None:
            self._recorder.heard(event, beats, source)
        is_counted_in = beats < self._first_beats() - LEAD_BEATS
        if not (event.is_note_on and is_counted_in) and self._heard.feed(event, beats, source):
            self._conductor.heard(event.time_seconds, beats, now_seconds)

    def _release(self, source: str | None) -> None:
        beats = self._beats or 0.0
        self._heard.release(beats, source)
        if self._recorder is not None:
            self._recorder.released(beats, source)

    def _control(self, controls: Controls, now_seconds: float) -> None:
        old, self._controls = self._controls, controls
        if (old.density, old.variation) != (controls.density, controls.variation):
            self._conductor.changed(now_seconds, needs_new_drums=True)
        elif old.hold != controls.hold:
            self._conductor.changed(now_seconds, needs_new_drums=False)

    def _change_mode(self, mode: JamMode, now_seconds: float) -> None:
        self._mode = mode
        beats = self._beats if self._beats is not None else -LEAD_BEATS
        playing = mode_of(mode, self._settings, self._heard, self._played, self._style, beats)
        self._silence()
        self._conductor.change_mode(playing, beats, now_seconds)

    def _change_style(self, style: Style | None, now_seconds: float) -> None:
        self._style.choose(style)
        self._conductor.changed(now_seconds, needs_new_drums=True)

    def _panic(self) -> None:
        self._silence()
        self._release(None)

    def _silence(self) -> None:
        self._sender.silence(self._beats or 0.0)

    def _beats_at(self, seconds: float) -> float:
        return self._timeline.session_beats(self._transport.position(seconds))

    def _reached(self, now_seconds: float) -> float:
        """Where playing has come to since the last step, when the transport may just have stopped or jumped."""
        beats, bpm = self._beats or 0.0, self._transport.tempo_bpm or 0.0
        since_beats = self._beats_at(now_seconds) - beats
        return beats + min(max(0.0, since_beats), 2 * PLAYING_STEP_SECONDS * bpm / 60)

    def _first_beats(self) -> float:
        return self._timeline.session_beats(self._transport.first_beat)

    def _seconds_at(self, beats: float) -> float | None:
        return self._transport.seconds_at(self._timeline.song_beats(beats))

    def _told(self) -> JamStatus:
        beats = self._beats or 0.0
        bar = self._grid.index_at(beats)
        conductor = self._conductor
        return JamStatus(
            is_playing=self._is_playing,
            song_bar=bar - self._timeline.offset_bars,
            beat=int((beats - self._grid.start_beats(bar)) * self._grid.denominator / 4),
            bpm=self._transport.tempo_bpm,
            mode=self._mode,
            phase=conductor.mode.phase(bar),
            controls=self._controls,
            learning=self._surface.learning,
            reason=None if conductor.plan is None else conductor.plan.reason,
            plan_seconds=None if conductor.plan is None else conductor.plan.seconds,
            late_bars=conductor.mode.late_bars,
            message=self._message,
        )


def mode_of(
    mode: JamMode,
    settings: JamSettings,
    heard: Heard,
    played: PlayedPatterns,
    style: SessionStyle,
    now_beats: float,
) -> Mode:
    """A loop is recorded from the next note after `now_beats` on."""
    planning, grid = settings.planning, settings.grid
    if mode is JamMode.LOOP:
        return LoopMode(heard, played, grid, planning, style, settings.loop_bars, now_beats)
    silent = WhenSilent.REST if mode is JamMode.FOLLOW else settings.when_silent
    return FollowMode(heard, played, grid, planning, style, silent)
