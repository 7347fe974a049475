"""A document as it is heard through the sound device: parts and drums rendered, again only where they have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.export import performed
from musegen_daw.music.clip import Clip
from musegen_daw.ui.context import in_this_process
from musegen_daw.ui.work import JobContext

if TYPE_CHECKING:
    from musegen_daw.playback.source import Source

PART, DRUMS = "part", "drums"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The sources of parts and drums as they are without their common gain, and what they were made of."""

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
        """What is to be heard of a document now; raises Cancelled, AudioError where there is nothing to render with."""
        from musegen_daw.playback.rendering import render_source

        time_map, take = document.time_map, document.take
        common = (time_map, sample_rate_hz, soundfont)
        feel = (document.swing_ratio, document.humanise_amount, take.seed if take else None, document.bars)
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
                progress=progress, cancelled=lambda: task.is_cancelled,
            )  # fmt: skip
        return Rendered(sources, keys)
