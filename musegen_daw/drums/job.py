"""From parts, bars and a person's settings to a request for the drum generator, and its takes in the song's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import SETTINGS, DrumRequest, DrumResult, DrumSettings
from musegen_daw.errors import MidiFileError, MusegenError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.parts import clip_bars
from musegen_daw.music.time import Bar, TimeMap
from musegen_daw.progress import IsCancelled, Progress
from musegen_daw.suffixes import MIDI_SUFFIXES

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style, StyleBook

MAX_PRIMER_BARS = 8


class DrumWriter(Protocol):
    """What is needed of a drum generator."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def styles(self) -> StyleBook:
        """The styles that the model has learned."""
        ...

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult:
        """The takes for `request`, the best fitting first."""
        ...


OpenGenerator = Callable[[Path], DrumWriter]


@dataclass(frozen=True, slots=True)
class Primer:
    """Drums that were played just before: General MIDI pitches, in `bars` that begin at tick 0."""

    drums: Clip
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class LockedDrums:
    """Drums (General MIDI pitches) of which the hits of `voices` and of `bars`, by index, stand as they are."""

    drums: Clip
    voices: frozenset[str] = frozenset()
    bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DrumJob:
    """A request, and by how much it is later than the song because a primer goes before it."""

    request: DrumRequest
    primer_ticks: int

    def in_song(self, take: Clip) -> Clip:
        """A take in the time of the song; a hit pushed ahead of the first bar has no room before it."""
        end_ticks = self.request.bars[-1].end_ticks - self.primer_ticks
        moved = (
            replace(note, start_ticks=max(0, note.start_ticks - self.primer_ticks)) for note in take.notes
        )
        return Clip(tuple(moved), end_ticks, self.request.ppq, name="Drums", is_drum=True)


def drum_job(
    parts: Sequence[Clip],
    bars: Sequence[Bar],
    time_map: TimeMap,
    settings: DrumSettings,
    primer: Primer | None = None,
    kept: LockedDrums | None = None,
    *,
    styles: StyleBook | None = None,
    plan: Plan | None = None,
    sections: Sequence[int] = (),
) -> DrumJob:
    """The request for drums to `parts` in `bars`, all counted at the PPQ of `time_map`.

    `styles` are those of the generator, in which a style is looked up; a `plan` has a bar for each of `bars`, and
    `sections` are indices into them. Raises MusegenError where there is no such style.
    """
    primer_bars = primer.bars if primer else ()
    primer_ticks = sum(bar.length_ticks for bar in primer_bars)
    request = DrumRequest(
        # What a channel is told besides notes is not listened to, and may be a great deal to send to a process.
        parts=tuple(replace(part.shift(primer_ticks), messages=()) for part in parts),
        bars=tuple(replace(bar, start_ticks=bar.start_ticks + primer_ticks) for bar in bars),
        ppq=time_map.ppq,
        bpm=time_map.bpm_at(0),
        plan=plan,
        sections=tuple(sections),
        primer=primer.drums if primer else None,
        primer_bars=primer_bars,
        kept=kept.drums.shift(primer_ticks) if kept else None,
        kept_voices=kept.voices if kept else frozenset(),
        kept_bars=kept.bars if kept else frozenset(),
        **{
            **{name: getattr(settings, name) for name in SETTINGS},
            "style": chosen_style(settings.style, styles),
        },
    )
    return DrumJob(request, primer_ticks)


def chosen_style(style: str | Style | None, styles: StyleBook | None) -> Style | None:
    """A style by its name or code in the book, by the name of a bundled groove, or of the drums in a .mid file.

    "" is none. Raises MusegenError, in one sentence, where there is no such style or file.
    """
    if not isinstance(style, str):
        return style
    if not style.strip():
        return None
    # Here, because the command line starts without them.
    from musegen_daw.drums.naming import bundled_grooves, find_style, style_of_drums

    if style.lower().endswith(MIDI_SUFFIXES):
        drums, song = read_drums(Path(style))
        return style_of_drums(drums, clip_bars(song.time_map, [drums]), Path(style).stem)
    if styles is None:
        raise MusegenError(f"The style {style!r} cannot be looked up without a drum model.")
    return find_style(style, styles, bundled_grooves())


def read_drums(path: Path) -> tuple[Clip, Song]:
    """The drums of a file of drums, and its song; the only track of a file is taken as drums.

    Raises MidiFileError when there are none.
    """
    song = read_midi(path)
    drums = drums_of(song)
    if drums is None:
        raise MidiFileError(f"{path} has no drums: no channel and no track in it is known to be drums.")
    return drums, song


def primer_of(song: Song, ppq: int) -> Primer | None:
    """The last bars of the drums of a song at `ppq`, from tick 0; None where there are none."""
    drums = drums_of(song)
    if drums is None:
        return None
    bars = clip_bars(song.time_map, [drums])[-MAX_PRIMER_BARS:]
    sliced = drums.slice(bars[0].start_ticks, bars[-1].end_ticks)
    edges = [bar.start_ticks - bars[0].start_ticks for bar in bars] + [sliced.length_ticks]
    scaled = [(2 * edge * ppq + drums.ppq) // (2 * drums.ppq) for edge in edges]
    at_ppq = (
        Bar(start, end - start, bar.is_compound)
        for bar, start, end in zip(bars, scaled, scaled[1:], strict=False)
    )
    return Primer(sliced.at_ppq(ppq), tuple(at_ppq))


def drums_of(song: Song) -> Clip | None:
    """The drums of a song as one clip; where none are known to be drums, the only track counts as drums."""
    drums = [clip for clip in song.drums if clip.notes]
    if drums:
        return merged(drums)
    return replace(song.parts[0], is_drum=True) if len(song.parts) == 1 else None


def merged(clips: Sequence[Clip]) -> Clip:
    """All clips as one; there must be at least one."""
    return reduce(Clip.merge, clips)
