"""The settings of a session, and of the ports, clock and sound it plays with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path

from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM
from musegen_daw.jam.clock.transport import DEFAULT_BPM
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.patterns import BarGrid
from musegen_daw.jam.planning.modes import PlanSettings, WhenSilent
from musegen_daw.music.parts import MAX_LOOP_BARS

OWN_INPUT, OWN_OUTPUT, OWN_CLOCK = "musegen in", "musegen drums", "musegen clock"
"""The ports that are created where the system can; elsewhere the first two stand for those of a loopback driver."""

MAX_OFFSET_SECONDS = 0.5


class ClockSource(StrEnum):
    """Whether the program keeps the tempo, follows the MIDI clock of a DAW, or shares it in an Ableton Link session."""

    INTERNAL = "internal"
    MIDI = "midi"
    LINK = "link"


class JamMode(Enum):
    FOLLOW = "follow"
    LOOP = "loop"
    ACCOMPANY = "accompany"


@dataclass(frozen=True, slots=True)
class JamSettings:
    """The settings of a session; only the mode can change while it plays.

    `when_silent` is for accompany mode; in follow mode the drums rest. `channels` (0 to 15; None: all) are those that
    are heard; `programs` are the General MIDI programs of inputs that send none, by input name. `grid` has the meter.
    """

    mode: JamMode = JamMode.FOLLOW
    when_silent: WhenSilent = WhenSilent.KEEP
    loop_bars: int = 4
    planning: PlanSettings = field(default_factory=PlanSettings)
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
class RigSettings:
    """The settings of a jam, which stay as they are while it plays.

    Without `output_name` the drums go to the sound device only, which needs `audio`. `offset_seconds` is that of the
    MIDI output, negative to send early; None is the one saved for the port. With `sends_apart` a process of its own
    sends the notes on time, whatever this one does, and ends them even when this one is killed. `control_map` names a
    saved map, made if there is none. `style` is looked up by `drums.job.chosen_style`; empty is one that fits what is
    played; `styles` are those that program changes on `control_channel` (0 to 15; None: none) and knobs call up, empty
    for the bundled ones. With `record_path` everything is recorded from the start.
    """

    input_names: tuple[str, ...] = (OWN_INPUT,)
    output_name: str | None = OWN_OUTPUT
    audio: bool = False
    audio_device: str | None = None
    soundfont: Path | None = None
    clock: ClockSource = ClockSource.INTERNAL
    tempo_bpm: float = DEFAULT_BPM
    count_in_bars: int = 0
    send_clock: bool = False
    jam: JamSettings = field(default_factory=JamSettings)
    controls: Controls = field(default_factory=Controls)
    offset_seconds: float | None = None
    sends_apart: bool = True
    record_path: Path | None = None
    style: str = ""
    styles: tuple[str, ...] = ()
    control_channel: int | None = None
    control_map: str | None = None

    @property
    def beats_per_bar(self) -> float:
        return self.jam.grid.beats_per_bar

    def __post_init__(self) -> None:
        if not MIN_BPM <= self.tempo_bpm <= MAX_BPM:
            raise ValueError(f"a tempo must be within {MIN_BPM:g}..{MAX_BPM:g} BPM, got {self.tempo_bpm:g}")
        if self.control_channel is not None and not 0 <= self.control_channel <= 15:
            raise ValueError(f"a channel must be within 1..16, got {self.control_channel + 1}")
        if self.output_name is None and not self.audio:
            raise ValueError("the drums need a MIDI output or the sound device")
        if self.send_clock and self.clock is not ClockSource.INTERNAL:
            raise ValueError("a clock is either followed or sent")
        if self.offset_seconds is not None and abs(self.offset_seconds) > MAX_OFFSET_SECONDS:
            raise ValueError(
                f"an offset must be within ±{1000 * MAX_OFFSET_SECONDS:g} ms, got {1000 * self.offset_seconds:g}"
            )
