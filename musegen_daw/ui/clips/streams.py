"""Parts and drums of a document as sources that are rendered while they play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import performed
from musegen_daw.music.clip import Clip
from musegen_daw.progress import Cancelled, IsCancelled

if TYPE_CHECKING:
    from musegen_daw.playback.source import Source
    from musegen_daw.playback.streaming import Block, Peak, Streamed

PART, DRUMS = "part", "drums"


@dataclass(frozen=True, slots=True)
class Streams:
    """The sources of a document, parts first, and the amplitude that their mix is likely to reach, once it is known."""

    sources_by_name: dict[str, Streamed] = field(default_factory=dict)
    sample_rate_hz: int = 0
    soundfont: Path | None = None
    peak: float | None = None
    peak_key: Any = None

    def for_document(self, document: ClipDocument, sample_rate_hz: int, soundfont: Path | None) -> Streams:
        """The sources of a document; what it shares with this one stays as far as it is rendered.

        Raises AudioError where the disk has no room.
        """
        from musegen_daw.playback.mixing import FADE_SECONDS
        from musegen_daw.playback.streaming import Streamed

        time_map, take = document.time_map, document.take
        # As long as the bars, and a moment for the deck to fade out.
        seconds = time_map.seconds_at(document.end_ticks) + 2 * FADE_SECONDS
        samples = round(seconds * sample_rate_hz)
        common = (time_map, sample_rate_hz, soundfont, samples)
        seed = take.seed if take else None
        feel = (document.swing_ratio, document.humanise_amount, seed, document.bars, document.voice_mix)
        keys = {PART: (document.song, common), DRUMS: (document.drums, feel, common)}
        sources: dict[str, Streamed] = {}
        for name, key in keys.items():
            known = self.sources_by_name.get(name)
            if known is not None and known.key == key:
                sources[name] = known
                continue
            clips: Sequence[Clip] = document.song.clips if name == PART else (performed(document),)
            if any(clip.notes for clip in clips):
                sources[name] = Streamed.of(name, key, clips, time_map, samples)
        # Of the parts alone, and not of their tempo: an edit changes no level.
        peak_key = document.identity, document.song, sample_rate_hz, soundfont
        peak = self.peak if peak_key == self.peak_key else None
        return Streams(sources, sample_rate_hz, soundfont, peak, peak_key)

    def render(
        self,
        at: int,
        loop: tuple[int, int] | None,
        seconds: float | None,
        compute: Callable[..., Any],
        tell: Callable[[Streams], None],
        is_cancelled: IsCancelled,
    ) -> None:
        """Render what is missing, from sample `at` on; `tell` is called with these streams whenever more is there.

        With `seconds` only as much as is played in them. Raises AudioError where there is nothing to render with,
        MusegenError, Cancelled.
        """
        from musegen_daw.playback.streaming import Block, Order, request_of, stream

        streams = self
        samples = max((len(each.arriving.audio) for each in self.sources_by_name.values()), default=0)
        most_samples = None if seconds is None else round(seconds * self.sample_rate_hz)
        order = Order.of(samples, min(at, samples), loop, self.sample_rate_hz, most_samples)
        part = self.sources_by_name.get(PART)
        peak_of = None if self.peak is not None else part.clips if part is not None else b""
        request = request_of(self.sources_by_name, order, self.sample_rate_hz, self.soundfont, peak_of)

        def take(told: Block | Peak) -> None:
            nonlocal streams
            if is_cancelled():
                raise Cancelled
            if isinstance(told, Block):
                self.sources_by_name[told.name].arriving.add(told.first, told.audio)
            else:
                streams = replace(self, peak=told.amplitude)
            tell(streams)

        if self.peak is not None:
            tell(self)
        if request.wanted or peak_of is not None:
            compute(stream, request, progress=take, cancelled=is_cancelled)

    def sources(self) -> tuple[Source, ...]:
        """The sources for a deck, parts first; to be called once the peak is known."""
        assert self.peak is not None
        return tuple(streamed.source(self.peak) for streamed in self.sources_by_name.values())

    def are_there(self, at: int) -> bool:
        """Whether a deck that plays at sample `at` can go on with these."""
        from musegen_daw.playback.streaming import are_there

        return are_there(self.sources_by_name, at, self.sample_rate_hz)
