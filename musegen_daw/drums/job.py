"""From parts, bars and settings to a request for the drum generator, and back to takes in song time."""

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
    """A drum generator, here or in another process; the takes of a result are sorted, the best first."""

    @property
    def name(self) -> str: ...

    @property
    def styles(self) -> StyleBook: ...

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult: ...

    def style_fits(self, request: DrumRequest) -> tuple[float, ...]: ...


OpenGenerator = Callable[[Path], DrumWriter]


@dataclass(frozen=True, slots=True)
class Primer:
    """Drums to continue: General MIDI pitches, in `bars` that begin at tick 0."""

    drums: Clip
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class LockedDrums:
    """Drums (General MIDI pitches) of which the hits of `voices` and of `bars`, by index, stay as they are."""

    drums: Clip
    voices: frozenset[str] = frozenset()
    bars: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DrumJob:
    """A request, which is later than the song by the length of its primer."""

    request: DrumRequest
    primer_ticks: int

    def in_song(self, take: Clip) -> Clip:
        """A take in song time; a hit ahead of the first bar moves to its start."""
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
    locked: LockedDrums | None = None,
    *,
    styles: StyleBook | None = None,
    plan: Plan | None = None,
    plan_before: Plan | None = None,
    sections: Sequence[int] = (),
    bar_styles: Sequence[str | Style | None] = (),
    first_take: int = 0,
) -> DrumJob:
    """The request for drums to `parts` in `bars`, all at the PPQ of `time_map`.

    Styles given by name are looked up in `styles`, those of the generator. `plan` and `plan_before` have a bar for each
    of `bars`, as has `bar_styles`, by default the styles that the plan names; `sections` are indices into them. Raises
    MusegenError for an unknown style.
    """
    primer_bars = primer.bars if primer else ()
    primer_ticks = sum(bar.length_ticks for bar in primer_bars)
    if not bar_styles and plan is not None and any(bar.style for bar in plan):
        bar_styles = [bar.style for bar in plan]
    looked_up = {each: chosen_style(each, styles) for each in dict.fromkeys(bar_styles)}
    request = DrumRequest(
        # The model reads notes only; controllers would be a lot to send to another process.
        parts=tuple(replace(part.shift(primer_ticks), messages=()) for part in parts),
        bars=tuple(replace(bar, start_ticks=bar.start_ticks + primer_ticks) for bar in bars),
        ppq=time_map.ppq,
        bpm=time_map.bpm_at(0),
        plan=plan,
        plan_before=plan_before,
        sections=tuple(sections),
        bar_styles=tuple(looked_up[each] for each in bar_styles),
        first_take=first_take,
        primer=primer.drums if primer else None,
        primer_bars=primer_bars,
        locked=locked.drums.shift(primer_ticks) if locked else None,
        locked_voices=locked.voices if locked else frozenset(),
        locked_bars=locked.bars if locked else frozenset(),
        **{
            **{name: getattr(settings, name) for name in SETTINGS},
            "style": chosen_style(settings.style, styles),
        },
    )
    return DrumJob(request, primer_ticks)


def chosen_style(style: str | Style | None, styles: StyleBook | None) -> Style | None:
    """The style with that name or code in the book, of that bundled groove, or of the drums in that .mid file.

    "" is None. Raises MusegenError for an unknown style or file.
    """
    if not isinstance(style, str):
        return style
    if not style.strip():
        return None
    # Imported late, so that the command line starts fast.
    from musegen_daw.drums.style_names import bundled_grooves, find_style, style_of_drums

    if style.lower().endswith(MIDI_SUFFIXES):
        drums, song = read_drums(Path(style))
        return style_of_drums(drums, clip_bars(song.time_map, [drums]), Path(style).stem)
    if styles is None:
        raise MusegenError(f"The style {style!r} cannot be looked up without a drum model.")
    return find_style(style, styles, bundled_grooves())


def read_drums(path: Path) -> tuple[Clip, Song]:
    """The drums of a MIDI file, and its song; raises MidiFileError for a file without drums, see `drums_of`."""
    song = read_midi(path)
    drums = drums_of(song)
    if drums is None:
        raise MidiFileError(f"{path} has no drums: no channel and no track in it is known to be drums.")
    return drums, song


def primer_of(song: Song, ppq: int) -> Primer | None:
    """The last eight bars of the drums of a song at `ppq`, from tick 0; None without drums."""
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
    """The drums of a song as one clip; where no track is known to be drums, an only track counts as drums."""
    drums = [clip for clip in song.drums if clip.notes]
    if drums:
        return merged(drums)
    return replace(song.parts[0], is_drum=True) if len(song.parts) == 1 else None


def merged(clips: Sequence[Clip]) -> Clip:
    """All clips as one; needs at least one."""
    return reduce(Clip.merge, clips)
