"""Playback of a clip through the sound device or a MIDI port."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import mapped
from musegen_daw.clips.port_player import PortPlayer
from musegen_daw.errors import AudioError
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.playback.levels import Levels
from musegen_daw.ui.clips.streams import DRUMS, PART, Streams
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.work import Job, JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import MidiOutput, PortDirectory
    from musegen_daw.playback.deck import Deck
    from musegen_daw.playback.player import Player

BOTH = "both"
SOUND_DEVICE = ""
OWN_PORT = "musegen clips"
READY_SECONDS = 1.0
"""Of a clip that is opened: rendered at once, so that it can be heard as soon as it is asked for."""


class Playback(Protocol):
    """What `Deck` and `PortPlayer` have in common. Positions are seconds of the music."""

    @property
    def is_playing(self) -> bool: ...

    @property
    def position_seconds(self) -> float: ...

    def play(self) -> None: ...

    def pause(self) -> None: ...

    def seek(self, seconds: float) -> None: ...

    def set_loop(self, loop: tuple[float, float] | None) -> None: ...


Tell = Callable[[Any], None]
"""Told, on the worker, what can be loaded by now: as often as there is something new."""


class ClipOutput(ABC):
    """Where a clip is played; for the window's thread. `playback` is None until the first `load`."""

    playback: Playback | None = None
    trouble = ""
    """Why nothing can be heard, as a sentence."""
    follows_position = False
    """Whether `prepare` makes what is played next first, so that it is to be called again for another position."""

    @abstractmethod
    def prepare(
        self, document: ClipDocument, seconds: float | None = None
    ) -> Callable[[JobContext, Tell], None] | None:
        """What a worker must do for `load`, where it may raise MusegenError; None if there is nothing to do.

        With `seconds` only as much as is played in them, to be soon ready for all of it.
        """

    @abstractmethod
    def load(self, prepared: Any, document: ClipDocument) -> Playback | None:
        """Play this document from now on, at the same position; `prepared` is what the worker told last.

        None where more is needed for that; what plays until then goes on.
        """

    @abstractmethod
    def select(self, part: str, document: ClipDocument) -> None:
        """Play PART or DRUMS alone, or BOTH."""

    @property
    def levels(self) -> Levels:
        """The levels of what is heard, as far as they are known."""
        return Levels()

    def play(self) -> None:
        if self.playback is not None:
            self.playback.play()

    def update(self) -> None:
        """To be called thirty times a second while it plays."""
        return

    def close(self) -> None:
        if self.playback is not None:
            self.playback.pause()


class SoundDeviceOutput(ClipOutput):
    """Plays parts and drums on a deck while they are rendered."""

    playback: Deck | None = None
    follows_position = True

    def __init__(self, context: AppContext, soundfont: Callable[[str], None]) -> None:
        """`soundfont` is called, on any thread, with the SoundFont that is heard or why there is none."""
        self._context, self._tell_soundfont = context, soundfont
        self._player: Player | None = None
        self._streams = Streams()

    @property
    def levels(self) -> Levels:
        return self.playback.levels if self.playback is not None else Levels()

    def prepare(
        self, document: ClipDocument, seconds: float | None = None
    ) -> Callable[[JobContext, Tell], None]:
        soundfont = self._context.settings.current.soundfont
        font = Path(soundfont) if soundfont else None
        known, opened, deck = self._streams, self._player, self.playback

        def render(task: JobContext, tell: Tell) -> None:
            self._say_soundfont(font)
            player = opened or self._context.player()
            rate_hz = player.sample_rate_hz
            streams = known.for_document(document, rate_hz, font)
            at = deck.next_samples if deck is not None and deck.sample_rate_hz == rate_hz else 0
            loop = deck.loop_samples if deck is not None else None
            streams.render(
                at,
                loop,
                seconds,
                self._context.compute,
                lambda more: tell((player, more)),
                task.is_cancelled,
            )

        return render

    def load(self, prepared: tuple[Player, Streams], document: ClipDocument) -> Deck | None:
        from musegen_daw.playback.deck import Deck

        player, streams = prepared
        self._streams = streams
        deck = self.playback
        if deck is None or deck.sample_rate_hz != streams.sample_rate_hz:
            if deck is not None:
                deck.pause()
            deck = self.playback = Deck(streams.sample_rate_hz, is_soft=True)
        elif deck.is_playing and not deck.is_waiting and not streams.are_there(deck.next_samples):
            return None
        self._player = player
        deck.load(streams.sources(), seconds=document.time_map.seconds_at(document.end_ticks))
        return deck

    def select(self, part: str, document: ClipDocument) -> None:
        if self.playback is not None:
            for source in self.playback.sources:
                self.playback.set_solo(source.name, part == source.name)
                self.playback.set_muted(source.name, part not in (BOTH, source.name))

    def play(self) -> None:
        self.trouble = ""
        if self._player is not None and self.playback is not None:
            self._player.play(self.playback)

    def _say_soundfont(self, chosen: Path | None) -> None:
        from musegen_daw.playback.synth.soundfont import find_soundfont

        try:
            self._tell_soundfont(find_soundfont(chosen).in_words)
        except AudioError as error:
            self._tell_soundfont(str(error))
            raise

    def update(self) -> None:
        self.trouble = (self._player.trouble or "") if self._player is not None else ""


class MidiPortOutput(ClipOutput):
    """Sends notes to the MIDI port `name`; `lost` is called, on any thread, with a sentence when the port is gone."""

    playback: PortPlayer | None = None

    def __init__(self, name: str, ports: Callable[[], PortDirectory], lost: Callable[[str], None]) -> None:
        self._name, self._ports, self._lost = name, ports, lost
        self._port: MidiOutput | None = None
        self._scheduler: Scheduler | None = None

    def prepare(
        self, document: ClipDocument, seconds: float | None = None
    ) -> Callable[[JobContext, Tell], None] | None:
        def open_port(task: JobContext, tell: Tell) -> None:
            ports = self._ports()
            opened = ports.create_output if self._name == OWN_PORT else ports.open_output
            port = opened(self._name)
            if task.is_cancelled():
                port.close()
            else:
                tell(port)

        return open_port if self.playback is None else None

    def load(self, prepared: MidiOutput | None, document: ClipDocument) -> PortPlayer:
        if prepared is not None:
            self._port = prepared
            self._scheduler = Scheduler(SystemClock(), prepared, lost=self._lost)
            self.playback = PortPlayer(self._scheduler, SystemClock())
        assert self.playback is not None
        return self.playback

    def select(self, part: str, document: ClipDocument) -> None:
        if self.playback is not None:
            clips = [*document.song.clips] if part != DRUMS else []
            if part != PART:
                clips.append(mapped(document))
            self.playback.load(clips, document.time_map, document.end_ticks)

    def update(self) -> None:
        if self.playback is not None:
            self.playback.send_due()

    def close(self) -> None:
        super().close()
        if self._scheduler is not None and self._port is not None:
            self._scheduler.close()
            self._port.close()


class ClipPlayback(QObject):
    """Plays the document that is shown, from any position, looped if asked; edits are heard while they are rendered.

    Rendering and opening of devices run on workers.
    """

    message = Signal(str)
    changed = Signal()
    """Playback has started or stopped."""
    soundfont = Signal(str)
    """The SoundFont that the sound device plays, in words, or why there is none."""
    _port_lost = Signal(str)
    _told = Signal(int, object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        # Another begins while one that was given up ends.
        self._workers = Workers(self, max_threads=2)
        self._job: Job | None = None
        self._job_number = 0
        self._is_loaded = self._is_ready = False
        self._document: ClipDocument | None = None
        self._wanted = self._was_playing = False
        self._part = BOTH
        self._loop: tuple[float, float] | None = None
        self._output_name = SOUND_DEVICE
        self._sound_device = SoundDeviceOutput(context, self.soundfont.emit)
        self._output: ClipOutput = self._sound_device
        self._port_lost.connect(self._on_port_lost)
        self._told.connect(self._on_told)
        self._sound_choice = _sound_choice(context.settings.current)
        context.settings.changed.connect(self._on_settings)

    @property
    def is_playing(self) -> bool:
        """Whether it plays, or will as soon as there is something to play."""
        return self._wanted

    @property
    def position_ticks(self) -> float:
        playback = self._output.playback
        seconds = playback.position_seconds if playback is not None else 0.0
        return self._document.time_map.ticks_at(seconds) if self._document else 0.0

    @property
    def levels(self) -> Levels:
        """The levels of what is heard; silence through a MIDI port."""
        return self._output.levels

    @property
    def output(self) -> str:
        """The name of the MIDI port it plays through, or SOUND_DEVICE."""
        return self._output_name

    def show(self, document: ClipDocument | None) -> None:
        """Play another state of the document, or another document, which starts at its beginning."""
        before, self._document = self._document, document
        is_other = before is None or document is None or before.identity != document.identity
        if is_other:
            self.stop()
            self._loop = None
            self._is_ready = False
            self.seek(0.0)
        if self._wanted:
            self._prepare()

    @property
    def is_ready(self) -> bool:
        """Whether what `make_ready` opens is open, or cannot be opened."""
        return self._is_ready and self._job is None

    def make_ready(self) -> None:
        """Open in the background what is needed to play the document, so that Play is heard at once; again: nothing."""
        if not (self._is_ready or self._wanted or self._document is None):
            self._is_ready = True
            if self._output.follows_position:
                self._prepare(READY_SECONDS)

    def toggle(self) -> None:
        if self._wanted:
            self.stop()
        elif self._document is not None:
            self._wanted = True
            self.changed.emit()
            self._prepare()

    def stop(self) -> None:
        """Stop; the position stays."""
        self._wanted = self._was_playing = False
        if self._job is not None:
            self._job.cancel()
        if self._output.playback is not None:
            self._output.playback.pause()
        self.changed.emit()

    def seek(self, ticks: float) -> None:
        if self._output.playback is not None:
            self._output.playback.seek(self._document.time_map.seconds_at(ticks) if self._document else 0.0)
            self._follow_position()

    def set_loop(self, ticks: tuple[int, int] | None) -> None:
        """Loop from the first tick up to the second, or not at all."""
        document = self._document
        if ticks is None or document is None:
            self._loop = None
        else:
            self._loop = document.time_map.seconds_at(ticks[0]), document.time_map.seconds_at(ticks[1])
        if self._output.playback is not None:
            self._output.playback.set_loop(self._loop)
            self._follow_position()

    def select(self, part: str) -> None:
        """Play PART or DRUMS alone, or BOTH."""
        self._part = part
        if self._document is not None:
            self._output.select(part, self._document)

    def set_output(self, name: str) -> None:
        """Play through the MIDI port `name`, one that is created if it is OWN_PORT, or the SOUND_DEVICE."""
        if name != self._output_name:
            self.stop()
            self._output_name = name
            self._reset_output()

    def update(self) -> str:
        """To be called thirty times a second while it plays; returns why nothing can be heard, else an empty text."""
        output, playback = self._output, self._output.playback
        output.update()
        if self._wanted and self._was_playing and (playback is None or not playback.is_playing):
            self.stop()
            return output.trouble
        return ""

    def close(self) -> None:
        self.stop()
        self._workers.close()
        self._output.close()

    def _reset_output(self) -> None:
        self._output.close()
        self._output = (
            self._sound_device
            if self._output_name == SOUND_DEVICE
            else MidiPortOutput(self._output_name, self._context.ports, self._port_lost.emit)
        )

    def _follow_position(self) -> None:
        if self._wanted and self._output.follows_position:
            self._prepare()

    def _prepare(self, seconds: float | None = None) -> None:
        """Have played, or with `seconds` only made ready, what is shown."""
        if self._document is None:
            return
        if self._job is not None:
            self._job.cancel()
        self._is_loaded = False
        self._job_number += 1
        number = self._job_number
        work = self._output.prepare(self._document, seconds)
        if work is None:
            self._load(None)
            return

        def tell(prepared: Any) -> None:
            self._told.emit(number, prepared)

        job = self._job = self._workers.start(
            lambda task: work(task, tell),
            failed=self._failed if seconds is None else None,
        )
        job.ended.connect(lambda: self._ended(job))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None

    def _on_told(self, number: int, prepared: Any) -> None:
        if number == self._job_number and not self._is_loaded:
            self._load(prepared)

    def _load(self, prepared: Any) -> None:
        document = self._document
        if document is None:
            return
        before = self._output.playback
        playback = self._output.load(prepared, document)
        if playback is None:
            return
        self._is_loaded = True
        self._output.select(self._part, document)
        playback.set_loop(self._loop)
        # One that has come to its end meanwhile does not begin again.
        if self._wanted and not (self._was_playing and playback is before):
            self._was_playing = True
            self._output.play()

    def _failed(self, sentence: str) -> None:
        self.stop()
        self.message.emit(sentence)

    def _on_settings(self, settings: AppSettings) -> None:
        if _sound_choice(settings) != self._sound_choice:
            self._sound_choice = _sound_choice(settings)
            self._is_ready = False

    def _on_port_lost(self, sentence: str) -> None:
        if self._output is not self._sound_device:
            self.stop()
            self._reset_output()
            self.message.emit(sentence)


def _sound_choice(settings: AppSettings) -> tuple[str, str]:
    return settings.soundfont, settings.audio_device
