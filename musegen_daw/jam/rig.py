"""JamRig: a jam as one thing to start, steer, look at and close, whoever does so: a command or a window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from musegen_daw.devices.audio_output import KitOutput
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import PortChange, PortDirectory
from musegen_daw.drums.job import chosen_style
from musegen_daw.drums.style import Style, StyleBook
from musegen_daw.errors import MidiFileError
from musegen_daw.files import write_bytes
from musegen_daw.jam import user_settings
from musegen_daw.jam.clock.clock import Clock, SystemClock
from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.output.feedback import EchoFilter
from musegen_daw.jam.output.kit import open_kit
from musegen_daw.jam.output.outputs import Outputs
from musegen_daw.jam.output.process.lasting import LastingScheduler
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.planning.planner import WritesDrums
from musegen_daw.jam.recording.tape import JamRecording
from musegen_daw.jam.rig_outputs import opener
from musegen_daw.jam.rig_ports import RigPorts
from musegen_daw.jam.rig_settings import RigSettings
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.session_settings import JamMode
from musegen_daw.jam.status import PortStatus, RigStatus
from musegen_daw.jam.timekeeper import Timekeeper
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.user_folders import user_folder


class KnowsStyles(WritesDrums, Protocol):
    """What a jam asks of a drum generator."""

    @property
    def styles(self) -> StyleBook:
        """The styles that the model has learned."""
        ...


OpenKit = Callable[[DrumMap, Path | None, str | None], KitOutput]


class JamRig:
    """Opens what `settings` ask for and begins to listen; every method may be called from any thread.

    `directory` has the process's ports and stays its owner's, to be closed after this. `config_dir` keeps offsets
    and control maps (see `places`). Opening takes from a third of a second to a few; it raises MusegenError with one
    sentence, nothing left open. `open_kit` stands for the sound device, `clock` for the computer's.
    """

    def __init__(
        self,
        settings: RigSettings,
        generator: KnowsStyles,
        directory: PortDirectory,
        *,
        clock: Clock | None = None,
        config_dir: Path | None = None,
        open_kit: OpenKit = open_kit,
    ) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._config_dir = config_dir or user_folder()
        self._message = self._told = self._failure = ""
        self._active: dict[str, float] = {}
        self._closing = threading.Lock()
        self._is_closed = False
        self._session: JamSession | None = None
        self._time: Timekeeper | None = None
        self._style, self._generator = settings.style, generator
        style = self._found_style(settings.style)
        control_map = self._saved_map = user_settings.load_map(self._config_dir, settings.control_map)
        with ExitStack() as opened:
            open_out = opener(
                directory,
                self._clock,
                self._say,
                apart=settings.sends_apart,
                resumes=self._next_bar_seconds,
                failed=self._fail,
            )
            self._ports = RigPorts(settings, directory, self._received, open_out)
            opened.callback(self._ports.close)
            # After the ports: where JACK plays the sound too, it waits for Python, which opening a port holds up.
            self._kit = None
            if settings.audio:
                self._kit = open_kit(settings.jam.kit.drum_map, settings.soundfont, settings.audio_device)
                opened.callback(self._kit.close)
            self._schedulers = self._all_schedulers()
            opened.pop_all()
        self._echo = EchoFilter()
        self._outputs = Outputs(*self._schedulers, self._echo)
        self._time = Timekeeper(settings, self._clock, self._outputs, self._ports.clock, self._wake)
        self._tape = JamRecording(settings.jam.grid, channels=settings.jam.channels)
        self._record_path = settings.record_path
        if settings.record_path is not None:
            self._tape.start(0.0)
        self._session = JamSession(
            self._clock,
            self._time.transport,
            self._outputs,
            generator,
            settings.jam,
            control_map=control_map,
            controls=settings.controls,
            style=style,
            recorder=self._tape,
        )
        self._ports.watch(self._port_changed)

    # Time

    @property
    def is_led(self) -> bool:
        """Whether a DAW's clock says when the drums play and how fast."""
        return self._timekeeper.is_led

    def start(self) -> None:
        """Play from the first bar, after the count-in; nothing where a DAW leads or while it plays."""
        if not self._is_closed:
            self._timekeeper.start()

    def stop(self) -> None:
        """Stand still and be silent; nothing where a DAW leads."""
        self._timekeeper.stop()

    def toggle(self) -> None:
        """Start, or stop."""
        if self._timekeeper.transport.is_playing:
            self.stop()
        else:
            self.start()

    def set_tempo(self, tempo_bpm: float) -> None:
        """Go on at another tempo; nothing where a DAW leads, raises ValueError outside 20 to 300 BPM."""
        self._timekeeper.set_tempo(tempo_bpm)

    def tap(self) -> float | None:
        """Take a tap of the tempo, which is returned once it is known; where a DAW leads: now a bar begins."""
        return self._timekeeper.tap()

    # What is played

    def set_controls(self, controls: Controls) -> None:
        """Play as `controls` say."""
        self._played.set_controls(controls)

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Play as `change` makes of the controls that hold."""
        self._played.change(change)

    def set_mode(self, mode: JamMode) -> None:
        """Play in another mode from the next bar on; a loop is recorded anew."""
        self._played.set_mode(mode)

    def fill_now(self) -> None:
        """Play a fill in the next bar that has not begun."""
        self._played.fill_now()

    def panic(self) -> None:
        """All notes off; the drums set in again with a later bar."""
        self._played.panic()

    @property
    def style(self) -> str:
        """The style that was chosen; empty for one that fits what is played."""
        return self._style

    def set_style(self, style: str) -> None:
        """Go on in another style with the next bars, "" for one that fits what is played; raises MusegenError."""
        self._played.set_style(self._found_style(style))
        self._style = style

    # Recording

    @property
    def record_path(self) -> Path | None:
        """Where it is being recorded to; None while it is not."""
        return self._record_path

    def start_recording(self, path: Path) -> None:
        """Record all that is heard and played, from the bar that sounds on; nothing where a recording runs."""
        if self._record_path is None and not self._is_closed:
            self._record_path = path
            self._tape.start(self.beats_now())

    def stop_recording(self) -> Path | None:
        """Write what was recorded, and where to; None where nothing was. Raises MidiFileError where it cannot be."""
        path, self._record_path = self._record_path, None
        song = self._tape.stop(None if self._is_closed else self.beats_now())
        if path is None or song is None:
            return None
        write_bytes(path, song_to_bytes(song), MidiFileError)
        return path

    # Knobs

    def learn(self, target: str | None) -> None:
        """Bind the next knob or pad that moves to a control, or no longer; raises ValueError for what is none."""
        self._played.learn(target)

    def forget(self, knob: Knob) -> None:
        """Let a knob or pad move nothing any more."""
        self._played.forget(knob)

    @property
    def control_map(self) -> ControlMap:
        """What moves what."""
        return self._played.control_map

    def save_learned(self) -> None:
        """Write the control map that the settings name, if it has changed; raises MusegenError."""
        control_map = self.control_map
        if self.settings.control_map is not None and control_map.bindings != self._saved_map.bindings:
            user_settings.save_map(self._config_dir, control_map)
            self._saved_map = control_map

    # How it stands

    @property
    def advice(self) -> str:
        """What to know or to choose in the DAW where ports of its own cannot be created; else empty."""
        return self._ports.advice

    @property
    def status(self) -> RigStatus:
        """How things stand."""
        jam = self._played.status
        if jam.message != self._told:
            self._told = self._message = jam.message
        ports = self._ports
        inputs = (PortStatus(port.name, port.is_lost, self._active.get(port.name)) for port in ports.inputs)
        outputs = [PortStatus(each.name, each.is_lost) for each in (ports.output, ports.clock) if each]
        if self._kit is not None:
            outputs.append(PortStatus(self._kit.name, is_lost=False))
        return RigStatus(
            jam=jam,
            transport=self._timekeeper.transport.state,
            clock=self._timekeeper.clock_state,
            is_ready=self._played.is_ready,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            offset_seconds=self.offset_seconds,
            message=self._message,
        )

    @property
    def failure(self) -> str:
        """Why nothing can be sent any more, so that the jam is over and is to be closed; else empty."""
        return self._failure

    @property
    def picture(self) -> JamPicture:
        """What to draw: made by the session's worker for whoever looks, as of the step after the last look."""
        return self._played.picture

    def beats_now(self) -> float:
        """Where the playhead is, in beats of the session."""
        return self._played.beats_at(self._clock.now_seconds())

    @property
    def offset_seconds(self) -> float:
        """What is added to the times of the MIDI output, or, where there is none, of the sound device."""
        return self._schedulers[0].offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None:
        self._schedulers[0].offset_seconds = seconds

    def save_offset(self) -> None:
        """Keep the offset for the MIDI output; raises MusegenError."""
        if self._ports.output is not None:
            user_settings.save_offset(self._config_dir, self._ports.output.name, self.offset_seconds)

    # The end

    def silence(self) -> None:
        """End every note now, whatever state all is in; for the moment before the program is lost. Never raises."""
        for scheduler in self._schedulers:
            with suppress(Exception):
                scheduler.panic()

    def close(self) -> None:
        """Silence, ports given back, workers gone, what was learned and recorded written; a second call does nothing.

        Raises MusegenError where something could not be written, after all else is done.
        """
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        self._timekeeper.stop()
        self._played.close()
        self._timekeeper.close_sending()
        self._ports.close_inputs()
        self._timekeeper.close()
        for scheduler in self._schedulers:
            scheduler.close()
        self._ports.close()
        try:
            self.stop_recording()
        finally:
            self.save_learned()

    # Inside

    @property
    def _played(self) -> JamSession:
        assert self._session is not None
        return self._session

    @property
    def _timekeeper(self) -> Timekeeper:
        assert self._time is not None
        return self._time

    def _found_style(self, style: str) -> Style | None:
        # The model is not waited for where no style is looked up in it.
        return chosen_style(style, self._generator.styles) if style else None

    def _wake(self) -> None:
        if self._session is not None:
            self._session.wake()

    def _say(self, sentence: str) -> None:
        self._message = sentence

    def _fail(self, sentence: str) -> None:
        self._say(sentence)
        self._failure = sentence
        if self._time is not None:
            self._time.stop()

    def _next_bar_seconds(self) -> float:
        """When the next bar begins, its hits that come early with it; now where nothing plays."""
        now_seconds = self._clock.now_seconds()
        return now_seconds if self._time is None else self._time.next_bar_seconds(now_seconds)

    def _all_schedulers(self) -> tuple[Scheduler | LastingScheduler, ...]:
        """The MIDI output's first, then that of the sound device, which is told of every hit as early as it needs."""
        schedulers: list[Scheduler | LastingScheduler] = []
        output, offset_seconds = self._ports.output, self.settings.offset_seconds
        if output is not None:
            if offset_seconds is None:
                offset_seconds = user_settings.load_offset(self._config_dir, output.name, self._say) or 0.0
            output.scheduler.offset_seconds = offset_seconds
            schedulers.append(output.scheduler)
        if self._kit is not None:
            early_seconds = -self._kit.latency_seconds
            schedulers.append(
                Scheduler(self._clock, self._kit, name="musegen sound", offset_seconds=early_seconds)
            )
        return tuple(schedulers)

    def _received(self, source: str, time_seconds: float, data: bytes) -> None:
        self._active[source] = time_seconds
        event = MidiEvent(time_seconds, data)
        if event.is_time:
            if self._time is not None:
                self._time.feed(source, data, time_seconds)
        elif self._session is not None and not self._is_echo(event, source):
            self._session.receive(event, source)

    def _is_echo(self, event: MidiEvent, source: str) -> bool:
        known = self._echo.sources
        is_echo = self._echo.takes(event, source)
        if self._echo.sources != known:
            self._say(
                f"The drums come back at {source!r} and are not listened to there: turn off the way back in the DAW."
            )
        return is_echo

    def _port_changed(self, change: PortChange) -> None:
        is_input = change.direction is Direction.INPUT
        if is_input and not change.present:
            self._timekeeper.lost(change.name)
            self._played.input_lost(change.name)
        for output in (self._ports.output, self._ports.clock):
            if not is_input and change.present and output is not None and output.name == change.name:
                output.found()
        what = f"The MIDI {change.direction} {change.name!r}"
        self._say(
            f"{what} is back." if change.present else f"{what} is gone; it is taken up when it is back."
        )
