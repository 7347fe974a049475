"""JamRig: a jam as one object to start, steer, observe and close, for the command line and the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from musegen_daw import resource_paths as resources
from musegen_daw.devices.audio_output import KitOutput
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.link import open_link
from musegen_daw.devices.ports import PortChange, PortDirectory
from musegen_daw.drums.job import chosen_style
from musegen_daw.drums.style import Style, StyleBook
from musegen_daw.errors import MidiFileError
from musegen_daw.files import write_bytes
from musegen_daw.jam import user_settings
from musegen_daw.jam.clock.clock import Clock, SystemClock
from musegen_daw.jam.clock.link import LinkSession
from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.output.feedback import EchoFilter
from musegen_daw.jam.output.kit import open_kit
from musegen_daw.jam.output.outputs import Outputs
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.planning.planner import WritesDrums
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.jam.repertoire import Repertoire
from musegen_daw.jam.rig_ports import MidiScheduler, RigPorts
from musegen_daw.jam.session import JamSession
from musegen_daw.jam.settings import ClockSource, RigSettings
from musegen_daw.jam.status import PortStatus, RigStatus
from musegen_daw.jam.timekeeper import Timekeeper
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.user_folders import user_folder


class KnowsStyles(WritesDrums, Protocol):
    @property
    def styles(self) -> StyleBook: ...


OpenKit = Callable[[DrumMap, Path | None, str | None], KitOutput]
OpenLink = Callable[[float, float], LinkSession]
"""Joins a Link session, given the tempo where it begins one, and the quarter notes in a bar."""


class JamRig:
    """Opens what `settings` ask for and begins to listen; every method may be called from any thread.

    `session` is what plays, and `time` its transport. `directory` has the process's ports and stays the caller's, to
    be closed after this. `config_dir` keeps offsets and control maps (see `places`). Opening takes from a third of a
    second to a few; it raises MusegenError with one sentence, nothing left open. `open_kit` stands for the sound
    device, `open_link` for Ableton Link, `clock` for the computer's.
    """

    session: JamSession
    time: Timekeeper

    def __init__(
        self,
        settings: RigSettings,
        generator: KnowsStyles,
        directory: PortDirectory,
        *,
        clock: Clock | None = None,
        config_dir: Path | None = None,
        open_kit: OpenKit = open_kit,
        open_link: OpenLink = open_link,
    ) -> None:
        self.settings = settings
        self.failure = ""
        """Why nothing can be sent any more, so that the jam is over and is to be closed; else empty."""
        self.record_path = settings.record_path
        """The file of the recording that runs; None where none does."""
        self._clock = clock or SystemClock()
        self._config_dir = config_dir or user_folder()
        self._message = self._session_message = ""
        self._active: dict[str, float] = {}
        self._closing = threading.Lock()
        self._is_open = self._is_closed = False
        self._generator = generator
        style = self._found_style(settings.style)
        control_map = self._saved_map = user_settings.load_map(self._config_dir, settings.control_map)
        sections = user_settings.load_sections(self._config_dir, self._say)
        self._open(directory, open_kit, open_link)
        self._echo = EchoFilter()
        outputs = Outputs(*self._schedulers, self._echo)
        self.time = Timekeeper(settings, self._clock, outputs, self._ports.clock, self._wake, self._link)
        self._recorder = Recorder(settings.jam.grid, channels=settings.jam.channels)
        if settings.record_path is not None:
            self._recorder.start(0.0)
        self.session = JamSession(
            self._clock,
            self.time.transport,
            outputs,
            generator,
            settings.jam,
            control_map=control_map,
            controls=settings.controls,
            style=style,
            recorder=self._recorder,
            called=lambda move: self._repertoire.call(move),
        )
        self._repertoire = Repertoire(
            self._clock,
            self.session,
            settings.styles or resources.style_names(),
            self._found_style,
            style=settings.style,
            sections=sections,
            save=lambda sections: user_settings.save_sections(self._config_dir, sections),
            tell=self._say,
        )
        self._is_open = True
        self._ports.watch(self._port_changed)

    def _open(self, directory: PortDirectory, open_kit: OpenKit, open_link: OpenLink) -> None:
        settings = self.settings
        with ExitStack() as opened:
            self._link: LinkSession | None = None
            if settings.clock is ClockSource.LINK:
                self._link = open_link(settings.tempo_bpm, settings.beats_per_bar)
                opened.callback(self._link.close)
            self._ports = RigPorts(
                settings,
                directory,
                self._clock,
                self._received,
                self._say,
                resumes=self._next_bar_seconds,
                failed=self._fail,
            )
            opened.callback(self._ports.close)
            # After the ports: opening a port holds the interpreter, for which the sound waits where JACK plays it.
            self._kit = None
            if settings.audio:
                self._kit = open_kit(settings.jam.kit.drum_map, settings.soundfont, settings.audio_device)
                opened.callback(self._kit.close)
            self._schedulers = self._all_schedulers()
            opened.pop_all()

    @property
    def advice(self) -> str:
        """What to know or to choose in the DAW where ports of its own cannot be created; else empty."""
        return self._ports.advice

    @property
    def status(self) -> RigStatus:
        """The state now, for a display."""
        jam = self.session.status
        if jam.message != self._session_message:
            self._session_message = self._message = jam.message
        ports = self._ports
        inputs = (PortStatus(port.name, port.is_lost, self._active.get(port.name)) for port in ports.inputs)
        outputs = [PortStatus(each.name, each.is_lost) for each in (ports.output, ports.clock) if each]
        if self._kit is not None:
            outputs.append(PortStatus(self._kit.name, is_lost=False))
        return RigStatus(
            jam=jam,
            transport=self.time.transport.state,
            clock=self.time.transport.clock_state,
            is_ready=self.session.is_ready,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            offset_seconds=self.offset_seconds,
            message=self._message,
            link_peers=self.time.link_peers,
            called_up=self._repertoire.now,
        )

    def beats_now(self) -> float:
        """Where the playhead is, in beats of the session."""
        return self.session.beats_at(self._clock.now_seconds())

    def start(self) -> None:
        """Play from the first bar, after the count-in; nothing where a DAW leads or while it plays."""
        if not self._is_closed:
            self.time.start()

    def toggle(self) -> None:
        """Start, or stop."""
        if self.time.transport.is_playing:
            self.time.stop()
        else:
            self.start()

    @property
    def style(self) -> str:
        """The style that was chosen; empty for one that fits what is played."""
        return self._repertoire.now.style

    def set_style(self, style: str) -> None:
        """Play in another style from the next bars on, "" for one that fits what is played; raises MusegenError."""
        self._repertoire.set_style(style)

    def recall_section(self, name: str) -> None:
        """Play with the style and controls of a section from the next bars on."""
        self._repertoire.recall(name)

    def store_section(self, name: str) -> None:
        """Store style and controls as that section, for this and later jams."""
        self._repertoire.store(name)

    def start_recording(self, path: Path) -> None:
        """Record all that is heard and played, from the bar that sounds on; nothing where a recording runs."""
        if self.record_path is None and not self._is_closed:
            self.record_path = path
            self._recorder.start(self.beats_now())

    def stop_recording(self) -> Path | None:
        """Write the recording and return its file; None where none runs. Raises MidiFileError."""
        path, self.record_path = self.record_path, None
        song = self._recorder.stop(None if self._is_closed else self.beats_now())
        if path is None or song is None:
            return None
        write_bytes(path, song_to_bytes(song), MidiFileError)
        return path

    def save_learned(self) -> None:
        """Write the control map that the settings name, if it has changed; raises MusegenError."""
        control_map = self.session.control_map
        if self.settings.control_map is not None and control_map.bindings != self._saved_map.bindings:
            user_settings.save_map(self._config_dir, control_map)
            self._saved_map = control_map

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

    def silence(self) -> None:
        """End every note now, whatever state all is in; for the moment before the program is lost. Never raises."""
        for scheduler in self._schedulers:
            with suppress(Exception):
                scheduler.panic()

    def close(self) -> None:
        """Silence, close ports and workers, write what was learned and recorded; a second call does nothing.

        Raises MusegenError where something could not be written, after all else is done.
        """
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        self.time.leave()
        self._repertoire.close()
        self.session.close()
        self.time.close_sending()
        self._ports.close_inputs()
        self.time.close()
        if self._link is not None:
            self._link.close()
        for scheduler in self._schedulers:
            scheduler.close()
        if self._kit is not None:
            self._kit.close()
        self._ports.close()
        try:
            self.stop_recording()
        finally:
            self.save_learned()

    def _found_style(self, style: str) -> Style | None:
        # Without a style, do not wait for the model.
        return chosen_style(style, self._generator.styles) if style else None

    def _wake(self) -> None:
        if self._is_open:
            self.session.wake()

    def _say(self, sentence: str) -> None:
        self._message = sentence

    def _fail(self, sentence: str) -> None:
        self._say(sentence)
        self.failure = sentence
        if self._is_open:
            self.time.leave()

    def _next_bar_seconds(self) -> float:
        """When the next bar begins, its hits that come early with it; now where nothing plays."""
        now_seconds = self._clock.now_seconds()
        return self.time.next_bar_seconds(now_seconds) if self._is_open else now_seconds

    def _all_schedulers(self) -> tuple[MidiScheduler, ...]:
        """The MIDI output's first, then that of the sound device, which is told of every hit as early as it needs."""
        schedulers: list[MidiScheduler] = []
        output, offset_seconds = self._ports.output, self.settings.offset_seconds
        if output is not None:
            if offset_seconds is None:
                offset_seconds = user_settings.load_offset(self._config_dir, output.name, self._say) or 0.0
            output.offset_seconds = offset_seconds
            schedulers.append(output)
        if self._kit is not None:
            early_seconds = -self._kit.latency_seconds
            schedulers.append(
                Scheduler(self._clock, self._kit, name="musegen sound", offset_seconds=early_seconds)
            )
        return tuple(schedulers)

    def _received(self, source: str, time_seconds: float, data: bytes) -> None:
        if not self._is_open:
            return
        event = MidiEvent(time_seconds, data)
        if event.is_time:
            self.time.feed(source, data, time_seconds)
        elif event.program is not None and event.channel == self.settings.control_channel:
            self._repertoire.program(event.program)
        elif not self._is_echo(event, source):
            if event.is_note:
                self._active[source] = time_seconds
            self.session.receive(event, source)

    def _is_echo(self, event: MidiEvent, source: str) -> bool:
        known = self._echo.sources
        is_echo = self._echo.takes(event, source)
        if self._echo.sources != known:
            self._say(
                f"The drums come back at {source!r} and are ignored there: turn off the feedback in the DAW."
            )
        return is_echo

    def _port_changed(self, change: PortChange) -> None:
        is_input = change.direction is Direction.INPUT
        if is_input and not change.present:
            self.time.lost(change.name)
            self.session.input_lost(change.name)
        elif not is_input and change.present:
            self._ports.found(change.name)
        what = f"The MIDI {change.direction} {change.name!r}"
        self._say(f"{what} is back." if change.present else f"{what} is gone; it reconnects when it is back.")
