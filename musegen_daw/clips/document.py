"""Clip documents: parts, takes, edits and locks. Immutable; every change returns a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from musegen_daw.clips.voice_mix import FLAT, VoiceMix
from musegen_daw.drums.events import bars_of
from musegen_daw.drums.job import Primer
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import DrumSettings
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.music.kit import PIECES, VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import Bar, Tempo, TimeMap

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style

CELL_DIVISION = 4  # cells of the grid in a quarter note
PITCH_OF_VOICE = tuple(next(piece.pitch for piece in PIECES if piece.name == voice) for voice in VOICES)


@dataclass(frozen=True, slots=True)
class MidiSource:
    """A .mid file by name and bytes, so that a project is self-contained."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Take:
    """One version of the drums, as generated and as edited since.

    Both are General MIDI pitches in the time of the song. `seed` and `settings` are those of the generation, None for
    a take from a file or by hand; `origin` says where it comes from. `style` is a name that the model knows, or a style
    from a file; `plan` has a bar for each bar of the clip, none for a take without a plan; `index` is the number of the
    take within its generation.
    """

    number: int
    written: Clip
    drums: Clip
    origin: str
    seed: int | None = None
    settings: DrumSettings | None = None
    log_likelihood: float | None = None
    index: int = 0
    style: Style | str | None = None
    plan: Plan = field(default_factory=Plan)
    written_plan: Plan = field(default_factory=Plan)

    @classmethod
    def new(cls, drums: Clip, origin: str, **facts: Any) -> Take:
        """A take that gets its number when it is added to a clip."""
        return cls(0, drums, drums, origin, **facts)

    @property
    def style_name(self) -> str:
        """The name of its style, "" where it has none."""
        return "" if self.style is None else self.style if isinstance(self.style, str) else self.style.name

    @property
    def is_edited(self) -> bool:
        return self.drums.notes != self.written.notes


@dataclass(frozen=True, slots=True)
class ClipDocument:
    """One song's parts and its drums.

    `song` holds the parts of `sources`, without drums; `bars` are those the drums fill. `followed` are indices into
    `song.clips`. `bpm` overrides the tempo of the files. `takes` are in order of creation, `picked` is the number of
    the one that plays and is edited. Swing, humanise, mix and drum map apply at playback, not to the takes.
    """

    identity: int
    name: str
    sources: tuple[MidiSource, ...]
    song: Song
    bars: tuple[Bar, ...]
    followed: frozenset[int]
    settings: DrumSettings
    takes: tuple[Take, ...] = ()
    picked: int | None = None
    locked_voices: frozenset[str] = frozenset()
    locked_bars: frozenset[int] = frozenset()
    primer_source: MidiSource | None = None
    primer: Primer | None = None
    drum_map: DrumMap = GENERAL_MIDI
    swing_ratio: float = STRAIGHT
    humanise_amount: float = 0.0
    bpm: float | None = None
    voice_mix: VoiceMix = FLAT

    @property
    def ppq(self) -> int:
        return self.song.time_map.ppq

    @property
    def end_ticks(self) -> int:
        return self.bars[-1].end_ticks

    @property
    def time_map(self) -> TimeMap:
        """Tempo and meter, with `bpm` where it is set."""
        if self.bpm is None:
            return self.song.time_map
        return replace(self.song.time_map, tempos=(Tempo(0, round(60e6 / self.bpm)),))

    @property
    def parts(self) -> tuple[Clip, ...]:
        return tuple(clip for index, clip in enumerate(self.song.clips) if index in self.followed)

    @property
    def take(self) -> Take | None:
        return next((take for take in self.takes if take.number == self.picked), None)

    @property
    def drums(self) -> Clip:
        """The notes of the picked take, else none."""
        take = self.take
        return take.drums if take else self.empty_drums

    @property
    def empty_drums(self) -> Clip:
        return Clip((), self.end_ticks, self.ppq, name="Drums", is_drum=True)

    @property
    def takes_as_shown(self) -> tuple[Take, ...]:
        """The takes of the last generation first; within one, the likeliest first."""
        questions = [tuple(of) for _, of in groupby(self.takes, lambda take: (take.origin, take.settings))]
        return tuple(take for of in reversed(questions) for take in of)

    @property
    def cell_ticks(self) -> int:
        """Length of a grid cell, a sixteenth."""
        return max(1, self.ppq // CELL_DIVISION)

    def cell_start(self, ticks: int) -> int:
        """Start of the grid cell nearest to `ticks`, within its bar."""
        bar = self.bars[max(0, self.bar_of(ticks))]
        cell = (2 * (ticks - bar.start_ticks) + self.cell_ticks) // (2 * self.cell_ticks)
        return (
            bar.start_ticks + max(0, min(cell, -(-bar.length_ticks // self.cell_ticks) - 1)) * self.cell_ticks
        )

    def bar_of(self, ticks: int) -> int:
        """Index of the bar of a hit at `ticks`; a hit just ahead of a bar line belongs to the next bar."""
        return max(0, bars_of([Note(0, 1, ticks, 0)], self.ppq, self.bars)[0])

    def bars_of(self, notes: Sequence[Note]) -> list[int]:
        """For each note, as `bar_of`."""
        return [max(0, bar) for bar in bars_of(notes, self.ppq, self.bars)]

    def locks(self, notes: Sequence[Note]) -> list[bool]:
        """For each note, whether its voice or bar is locked."""
        if not self.locked_bars and not self.locked_voices:
            return [False] * len(notes)
        bars = bars_of(notes, self.ppq, self.bars)
        return [
            max(0, bar) in self.locked_bars or voice_name(note.pitch) in self.locked_voices
            for note, bar in zip(notes, bars, strict=True)
        ]


def voice_name(pitch: int) -> str | None:
    """The voice of a pitch, None for percussion outside the grid."""
    voice = VOICE_OF_PITCH.get(pitch)
    return None if voice is None else VOICES[voice]


@dataclass(frozen=True, slots=True)
class Project:
    """The open clips, and which of them is shown."""

    clips: tuple[ClipDocument, ...] = ()
    current: int | None = None
    """Identity of the clip that is shown."""

    @property
    def clip(self) -> ClipDocument | None:
        return self.find(self.current)

    def find(self, identity: int | None) -> ClipDocument | None:
        return next((clip for clip in self.clips if clip.identity == identity), None)

    def next_identity(self) -> int:
        return max((clip.identity for clip in self.clips), default=0) + 1

    def with_clip(self, clip: ClipDocument) -> Project:
        """Replace the clip of that identity, or append it and show it."""
        if self.find(clip.identity) is None:
            return Project((*self.clips, clip), clip.identity)
        return replace(
            self, clips=tuple(clip if each.identity == clip.identity else each for each in self.clips)
        )

    def without_clip(self, identity: int) -> Project:
        """Remove a clip; the one before it is shown instead."""
        index = next((i for i, clip in enumerate(self.clips) if clip.identity == identity), None)
        if index is None:
            return self
        left = (*self.clips[:index], *self.clips[index + 1 :])
        if self.current != identity:
            return Project(left, self.current)
        return Project(left, left[max(0, index - 1)].identity if left else None)
