"""Playback of a clip through the sound device or a MIDI port."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import mapped, performed
from musegen_daw.clips.port_player import PortPlayer
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.music.clip import Clip
from musegen_daw.ui.context import AppContext, in_this_process
from musegen_daw.ui.work import Job, JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import MidiOutput, PortDirectory
    from musegen_daw.playback.deck import Deck
    from musegen_daw.playback.player import Player
    from musegen_daw.playback.source import Source

PART, DRUMS = "part", "drums"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Parts and drums as audio before their common gain, and what each was rendered from."""

    sources: dict[str, Source] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def balanced(self) -> tuple[Source, ...]:
        """The sources, parts first, at the level of the mix."""
        from musegen_daw.playback.rendering import balanced

        return balanced([self.sources[name] for name in (PART, DRUMS) if name in self.sources])

    def again(
        self,
        task: JobContext,
        document: ClipDocument,
        sample_rate_hz: int,
        soundfont: Path | None,
        compute: Callable[..., Any] = in_this_process,
    ) -> Rendered:
        """Render what has changed; raises Cancelled, or AudioError where there is nothing to render with."""
        from musegen_daw.playback.rendering import render_source

        time_map, take = document.time_map, document.take
        common = (time_map, sample_rate_hz, soundfont)
        seed = take.seed if take else None
        feel = (document.swing_ratio, document.humanise_amount, seed, document.bars, document.voice_mix)
        keys: dict[str, Any] = {
            PART: (document.song, common),
            DRUMS: (document.drums, feel, common),
        }
        sources = {name: source for name, source in self.sources.items() if self.keys.get(name) == keys[name]}
        stale: list[tuple[str, Sequence[Clip]]] = []
        for name in (PART, DRUMS):
            if name not in sources:
                clips = document.song.clips if name == PART else (performed(document),)
                if any(clip.notes for clip in clips):
                    stale.append((name, clips))
        for number, (name, clips) in enumerate(stale):

            def progress(done: int, total: int, number: int = number) -> None:
                task.report((number + done / max(1, total)) / len(stale))

            sources[name] = compute(
                render_source, name, clips, time_map, sample_rate_hz, soundfont,
                progress=progress, cancelled=task.is_cancelled,
            )  # fmt: skip
        return Rendered(sources, keys)


BOTH = "both"
SOUND_DEVICE = ""
OWN_PORT = "musegen clips"


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


class ClipOutput(ABC):
    """Where a clip is played; for the window's thread. `playback` is None until the first `load`."""

    playback: Playback | None = None
    trouble = ""
    """Why nothing can be heard, as a sentence."""

    @abstractmethod
    def prepare(self, document: ClipDocument) -> Callable[[JobContext], Any] | None:
        """What a worker must do before `load`, where it may raise MusegenError; None if there is nothing to do."""

    @abstractmethod
    def load(self, prepared: Any, document: ClipDocument) -> Playback:
        """Play this document from now on, at the same position; `prepared` is the result of the worker."""

    @abstractmethod
    def select(self, part: str, document: ClipDocument) -> None:
        """Play PART or DRUMS alone, or BOTH."""

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
    """Renders parts and drums, and plays them on a deck."""

    playback: Deck | None = None

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._player: Player | None = None
        self._rendered = Rendered()

    def prepare(self, document: ClipDocument) -> Callable[[JobContext], tuple[Player, Rendered]]:
        soundfont = self._context.settings.current.soundfont
        font = Path(soundfont) if soundfont else None
        known, opened = self._rendered, self._player

        def render(task: JobContext) -> tuple[Player, Rendered]:
            player = opened or self._context.player()
            return player, known.again(task, document, player.sample_rate_hz, font, self._context.compute)

        return render

    def load(self, prepared: tuple[Player, Rendered], document: ClipDocument) -> Deck:
        from musegen_daw.playback.deck import Deck

        self._player, self._rendered = prepared
        deck = self.playback
        if deck is None or deck.sample_rate_hz != self._player.sample_rate_hz:
            deck = self.playback = Deck(self._player.sample_rate_hz)
        deck.load(self._rendered.balanced(), seconds=document.time_map.seconds_at(document.end_ticks))
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

    def update(self) -> None:
        self.trouble = (self._player.trouble or "") if self._player is not None else ""


class MidiPortOutput(ClipOutput):
    """Sends notes to the MIDI port `name`; `lost` is called, on any thread, with a sentence when the port is gone."""

    playback: PortPlayer | None = None

    def __init__(self, name: str, ports: Callable[[], PortDirectory], lost: Callable[[str], None]) -> None:
        self._name, self._ports, self._lost = name, ports, lost
        self._port: MidiOutput | None = None
        self._scheduler: Scheduler | None = None

    def prepare(self, document: ClipDocument) -> Callable[[JobContext], MidiOutput] | None:
        def open_port(task: JobContext) -> MidiOutput:
            ports = self._ports()
            opened = ports.create_output if self._name == OWN_PORT else ports.open_output
            port = opened(self._name)
            if task.is_cancelled():
                port.close()
            return port

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
    """Plays the document that is shown, from any position, looped if asked; edits are heard once they are rendered.

    Rendering and opening of devices run on a worker; `rendering` carries the share that is done, 1 at the end.
    """

    message = Signal(str)
    rendering = Signal(float)
    changed = Signal()
    """Playback has started or stopped."""
    _port_lost = Signal(str)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._workers = Workers(self)
        self._job: Job | None = None
        self._document: ClipDocument | None = None
        self._wanted = self._was_playing = False
        self._part = BOTH
        self._loop: tuple[float, float] | None = None
        self._output_name = SOUND_DEVICE
        self._sound_device = SoundDeviceOutput(context)
        self._output: ClipOutput = self._sound_device
        self._port_lost.connect(self._on_port_lost)

    @property
    def is_playing(self) -> bool:
        """Whether it plays, or will as soon as it is rendered."""
        return self._wanted

    @property
    def position_ticks(self) -> float:
        playback = self._output.playback
        seconds = playback.position_seconds if playback is not None else 0.0
        return self._document.time_map.ticks_at(seconds) if self._document else 0.0

    @property
    def output(self) -> str:
        """The name of the MIDI port it plays through, or SOUND_DEVICE."""
        return self._output_name

    def show(self, document: ClipDocument | None) -> None:
        """Play another state of the document, or another document, which starts at its beginning."""
        before, self._document = self._document, document
        if before is None or document is None or before.identity != document.identity:
            self.stop()
            self._loop = None
            self.seek(0.0)
        if self._wanted:
            self._prepare()

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
        self.rendering.emit(1.0)
        self.changed.emit()

    def seek(self, ticks: float) -> None:
        if self._output.playback is not None:
            self._output.playback.seek(self._document.time_map.seconds_at(ticks) if self._document else 0.0)

    def set_loop(self, ticks: tuple[int, int] | None) -> None:
        """Loop from the first tick up to the second, or not at all."""
        document = self._document
        if ticks is None or document is None:
            self._loop = None
        else:
            self._loop = document.time_map.seconds_at(ticks[0]), document.time_map.seconds_at(ticks[1])
        if self._output.playback is not None:
            self._output.playback.set_loop(self._loop)

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
        is_sounding = playback is not None and playback.is_playing
        has_ended = self._was_playing or output.trouble
        if self._wanted and self._job is None and has_ended and not is_sounding:
            self._wanted = self._was_playing = False
            self.changed.emit()
            return output.trouble
        self._was_playing = self._was_playing or is_sounding
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

    def _prepare(self) -> None:
        if self._document is None:
            return
        if self._job is not None:
            self._job.cancel()
        work = self._output.prepare(self._document)
        if work is None:
            self._load(None)
            return
        job = self._job = self._workers.start(
            work,
            succeeded=self._load,
            failed=self._failed,
            progressed=lambda share, _: self.rendering.emit(share),
        )
        job.ended.connect(lambda: self._ended(job))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            self.rendering.emit(1.0)

    def _load(self, prepared: Any) -> None:
        document = self._document
        if document is None:
            return
        playback = self._output.load(prepared, document)
        self._output.select(self._part, document)
        playback.set_loop(self._loop)
        if self._wanted and not playback.is_playing:
            self._was_playing = True
            self._output.play()

    def _failed(self, sentence: str) -> None:
        self._wanted = self._was_playing = False
        self.changed.emit()
        self.message.emit(sentence)

    def _on_port_lost(self, sentence: str) -> None:
        if self._output is not self._sound_device:
            self.stop()
            self._reset_output()
            self.message.emit(sentence)
