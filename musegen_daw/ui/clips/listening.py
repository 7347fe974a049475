"""Hears a clip: its parts and drums through the sound device, or as notes through a MIDI port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import mapped
from musegen_daw.clips.port_player import PortPlayer
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.music.clip import Clip
from musegen_daw.ui.clips.rendered import DRUMS, PART, Rendered
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.work import Job, JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.playback.deck import Deck
    from musegen_daw.playback.player import Player
    from musegen_daw.playback.source import Source

BOTH = "both"
SOUND_DEVICE = ""
OWN_PORT = "musegen clips"
_TOPIC = "clips port"


class ClipPlayback(QObject):
    """Plays the document it is shown, from anywhere, looped if asked; an edit is heard as soon as it is rendered.

    Rendering and opening of devices is done on a worker; `rendering` carries how far it is, 1 at the end.
    """

    said = Signal(str)
    rendering = Signal(float)
    changed = Signal()
    """It plays now, or no longer."""

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._workers = Workers(self)
        self._job: Job | None = None
        self._document: ClipDocument | None = None
        self._wanted = False
        self._hears = BOTH
        self._loop: tuple[float, float] | None = None
        self._output = SOUND_DEVICE
        self._player: Player | None = None
        self._deck: Deck | None = None
        self._rendered = Rendered()
        self._scheduler: Scheduler | None = None
        self._port: PortPlayer | None = None
        self._was_playing = False
        context.bridge.told.connect(self._told)

    @property
    def is_playing(self) -> bool:
        """Whether it plays, or will as soon as it is rendered."""
        return self._wanted

    @property
    def position_ticks(self) -> float:
        """The place of the clip that is heard."""
        seconds = 0.0
        if self._port is not None:
            seconds = self._port.position_seconds
        elif self._deck is not None:
            seconds = self._deck.position_seconds
        return self._document.time_map.ticks_at(seconds) if self._document else 0.0

    @property
    def output(self) -> str:
        """The name of the MIDI port it plays through, `SOUND_DEVICE` for none."""
        return self._output

    def show(self, document: ClipDocument | None) -> None:
        """Another state of the document, or another document, which begins at its start."""
        before, self._document = self._document, document
        if before is None or document is None or before.identity != document.identity:
            self.stop()
            self._loop = None
            self.seek(0.0)
        if self._wanted:
            self._prepare()

    def toggle(self) -> None:
        """Play or stop."""
        if self._wanted:
            self.stop()
        elif self._document is not None:
            self._wanted = True
            self.changed.emit()
            self._prepare()

    def stop(self) -> None:
        """Stop where it is."""
        self._wanted = self._was_playing = False
        if self._job is not None:
            self._job.cancel()
        if self._port is not None:
            self._port.stop()
        if self._deck is not None:
            self._deck.pause()
        self.rendering.emit(1.0)
        self.changed.emit()

    def seek(self, ticks: float) -> None:
        """Go on at some place of the clip."""
        seconds = self._document.time_map.seconds_at(ticks) if self._document else 0.0
        if self._deck is not None:
            self._deck.seek(seconds)
        if self._port is not None:
            self._port.seek(seconds)

    def set_loop(self, ticks: tuple[int, int] | None) -> None:
        """Go round over a stretch of the clip, or no longer."""
        document = self._document
        if ticks is None or document is None:
            self._loop = None
        else:
            self._loop = document.time_map.seconds_at(ticks[0]), document.time_map.seconds_at(ticks[1])
        self._apply_loop()

    def hear(self, what: str) -> None:
        """BOTH, the PART alone or the DRUMS alone."""
        self._hears = what
        self._apply_hearing()

    def set_output(self, name: str) -> None:
        """Play through the MIDI port of that name, through one made here, or the sound device."""
        if name != self._output:
            self.stop()
            self._output = name
            self._give_port_back()

    def attend(self) -> str:
        """To be called thirty times a second while it plays; returns a sentence where it cannot be heard, else ""."""
        if self._port is not None:
            self._port.attend()
        is_sounding = self._is_sounding()
        trouble = (self._player.trouble or "") if self._player is not None and self._port is None else ""
        if self._wanted and self._job is None and (self._was_playing or trouble) and not is_sounding:
            self._wanted = self._was_playing = False
            self.changed.emit()
            return trouble
        self._was_playing = self._was_playing or is_sounding
        return ""

    def release(self) -> None:
        """Give sound device and MIDI port back to whoever plays next."""
        self.stop()
        self._give_port_back()
        if self._player is not None:
            self._player.release()

    def close(self) -> None:
        """Silence, and end all work."""
        self.stop()
        self._workers.close()
        self._give_port_back()

    def _is_sounding(self) -> bool:
        if self._port is not None:
            return self._port.is_playing
        return self._deck is not None and self._deck.is_playing

    def _prepare(self) -> None:
        document = self._document
        if document is None:
            return
        if self._job is not None:
            self._job.cancel()
        function: Callable[[JobContext], Any]
        if self._output == SOUND_DEVICE:
            soundfont = self._context.settings.current.soundfont
            font = Path(soundfont) if soundfont else None
            known, opened = self._rendered, self._player

            def render(task: JobContext) -> tuple[Player, int, Rendered, tuple[Source, ...]]:
                player = opened or self._context.player()
                rendered = known.again(task, document, player.sample_rate_hz, font, self._context.compute)
                return player, player.sample_rate_hz, rendered, rendered.balanced()

            function, done = render, self._rendered_all
        elif self._port is None:
            name = self._output

            def open_port(task: JobContext) -> Scheduler:
                ports = self._context.ports()
                port = ports.create_output(name) if name == OWN_PORT else ports.open_output(name)
                bridge = self._context.bridge
                return Scheduler(SystemClock(), port, lost=lambda sentence: bridge.tell(_TOPIC, sentence))

            function, done = open_port, self._port_opened
        else:
            self._load_port()
            return
        job = self._workers.start(
            function,
            succeeded=done,
            failed=self._failed,
            progressed=lambda share, _: self.rendering.emit(share),
        )
        self._job = job
        job.ended.connect(lambda: self._ended(job))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            self.rendering.emit(1.0)

    def _rendered_all(self, result: Any) -> None:
        from musegen_daw.playback.deck import Deck

        self._player, rate, self._rendered, sources = result
        if self._deck is None or self._deck.sample_rate_hz != rate:
            self._deck = Deck(rate)
        document = self._document
        seconds = document.time_map.seconds_at(document.end_ticks) if document else None
        self._deck.load(sources, seconds=seconds)
        self._apply_loop()
        self._apply_hearing()
        if self._wanted and self._player is not None and not self._deck.is_playing:
            self._was_playing = True
            self._player.play(self._deck)

    def _port_opened(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._port = PortPlayer(scheduler, SystemClock())
        self._load_port()

    def _load_port(self) -> None:
        document, port = self._document, self._port
        if document is None or port is None:
            return
        clips: list[Clip] = []
        if self._hears != DRUMS:
            clips += document.song.clips
        if self._hears != PART:
            clips.append(mapped(document))
        port.load(clips, document.time_map, document.end_ticks)
        self._apply_loop()
        if self._wanted and not port.is_playing:
            self._was_playing = True
            port.play()

    def _apply_loop(self) -> None:
        if self._port is not None:
            self._port.set_loop(self._loop)
        elif self._deck is not None and self._deck.sources:
            if self._loop is None:
                self._deck.set_loop(None)
            else:
                self._deck.set_loop(*self._loop)

    def _apply_hearing(self) -> None:
        if self._port is not None:
            if self._port.is_playing:
                self._load_port()
        elif self._deck is not None:
            for source in self._deck.sources:
                self._deck.set_solo(source.name, self._hears == source.name)
                self._deck.set_muted(source.name, self._hears not in (BOTH, source.name))

    def _failed(self, sentence: str) -> None:
        self._wanted = self._was_playing = False
        self.changed.emit()
        self.said.emit(sentence)

    def _told(self, topic: str, sentence: object) -> None:
        if topic == _TOPIC and self._port is not None:
            self.stop()
            self._give_port_back()
            self.said.emit(str(sentence))

    def _give_port_back(self) -> None:
        scheduler, self._scheduler, self._port = self._scheduler, None, None
        if scheduler is not None:
            scheduler.close()
