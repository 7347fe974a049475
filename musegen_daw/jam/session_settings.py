"""What a session is set up with, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.patterns import BarGrid, PlayedPatterns
from musegen_daw.jam.planning.follow_mode import FollowMode
from musegen_daw.jam.planning.heard import Heard
from musegen_daw.jam.planning.loop_mode import LoopMode
from musegen_daw.jam.planning.modes import Mode, Taste, WhenSilent
from musegen_daw.jam.planning.reasons import Reason
from musegen_daw.jam.planning.styled import KeptStyle
from musegen_daw.music.parts import MAX_LOOP_BARS


class JamMode(Enum):
    """The modes of a jam."""

    FOLLOW = "follow"
    LOOP = "loop"
    ACCOMPANY = "accompany"


@dataclass(frozen=True, slots=True)
class JamSettings:
    """What stays as it is while playing, but for the way, which a session can be told to change.

    `when_silent` is for accompanying; following, the drums rest. `channels` (0 to 15; None: all) are listened
    to; `programs` are the General MIDI programs of inputs that send none, by the name of the input. `grid` has the
    meter.
    """

    mode: JamMode = JamMode.FOLLOW
    when_silent: WhenSilent = WhenSilent.KEEP
    loop_bars: int = 4
    taste: Taste = field(default_factory=Taste)
    kit: Kit = field(default_factory=Kit)
    channels: frozenset[int] | None = None
    programs: Mapping[str, int] = field(default_factory=dict)
    lookahead_seconds: float = 0.1
    grid: BarGrid = field(default_factory=BarGrid)

    def __post_init__(self) -> None:
        if not 1 <= self.loop_bars <= MAX_LOOP_BARS:
            raise ValueError(f"a loop has 1 to {MAX_LOOP_BARS} bars, got {self.loop_bars}")
        if self.when_silent is WhenSilent.REST:
            raise ValueError("an accompaniment keeps going or fades when the player is silent")


@dataclass(frozen=True, slots=True)
class JamStatus:
    """A session at one moment, for a display; `song_bar` counts from 0, `message` is the last thing to tell."""

    is_playing: bool
    song_bar: int
    beat: int
    bpm: float | None
    mode: JamMode
    phase: str
    controls: Controls
    learning: str | None
    reason: Reason | None
    plan_seconds: float | None
    late_bars: int
    message: str


def mode_of(
    mode: JamMode,
    settings: JamSettings,
    heard: Heard,
    played: PlayedPatterns,
    style: KeptStyle,
    now_beats: float,
) -> Mode:
    """The mode that plays as `mode` says; a loop is recorded from the next note after `now_beats` on."""
    taste, grid = settings.taste, settings.grid
    if mode is JamMode.LOOP:
        return LoopMode(heard, played, grid, taste, style, settings.loop_bars, now_beats)
    silent = WhenSilent.REST if mode is JamMode.FOLLOW else settings.when_silent
    return FollowMode(heard, played, grid, taste, style, silent)
