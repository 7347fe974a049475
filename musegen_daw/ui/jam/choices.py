"""What a person chose in the jam panel, kept between sessions and turned into the settings of a jam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from musegen_daw import resource_paths as resources
from musegen_daw.fields import Fields
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM
from musegen_daw.jam.clock.transport import DEFAULT_BPM
from musegen_daw.jam.control.controls import CONTINUOUS, Controls
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode, JamSettings, RigSettings
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.settings.store import AppSettings

CONTROL_MAP = "window"
"""The name of the map of knobs that are learned in the window."""

MAX_COUNT_IN_BARS = 4
NO_PORT = "-"
"""Instead of a port's name: none."""


@dataclass(frozen=True, slots=True)
class JamChoices:
    """Clock, tempo, count-in, whether the sound device plays, the way, the controls and the style."""

    clock: ClockSource = ClockSource.INTERNAL
    tempo_bpm: float = DEFAULT_BPM
    count_in_bars: int = 0
    sound: bool = False
    mode: JamMode = JamMode.FOLLOW
    controls: Controls = field(default_factory=Controls)
    style: str = ""

    def rig_settings(self, settings: AppSettings) -> RigSettings:
        """The settings of a jam on the ports and devices of `settings`; without any output the sound device plays."""
        output = None if settings.output_port == NO_PORT else settings.output_port or OWN_OUTPUT
        inputs = () if settings.input_port == NO_PORT else (settings.input_port or OWN_INPUT,)
        return RigSettings(
            input_names=inputs,
            output_name=output,
            audio=self.sound or output is None,
            audio_device=settings.audio_device or None,
            soundfont=Path(settings.soundfont) if settings.soundfont else None,
            clock=self.clock,
            tempo_bpm=self.tempo_bpm,
            count_in_bars=self.count_in_bars,
            jam=JamSettings(mode=self.mode),
            controls=replace(self.controls, hold=False),
            control_map=CONTROL_MAP,
            style=self.style,
        )

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold of them."""
        controls = {name: getattr(self.controls, name) for name in CONTINUOUS}
        return {
            "clock": self.clock.value,
            "tempo_bpm": self.tempo_bpm,
            "count_in_bars": self.count_in_bars,
            "sound": self.sound,
            "way": self.mode.value,
            "style": self.style,
            "controls": {**controls, "muted": sorted(self.controls.muted)},
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> tuple[JamChoices, tuple[str, ...]]:
        """The choices of `as_dict`, the usual ones for what is missing, and the names of what could not be used."""
        usual, read = cls(), Fields(state)
        within = Fields(read.table("controls"))
        levels = {
            name: within.number(name, low, high, getattr(usual.controls, name))
            for name, (low, high) in CONTINUOUS.items()
        }
        muted = within.words("muted", VOICES)
        within.others((*CONTINUOUS, "muted"))
        made = cls(
            clock=ClockSource(read.one_of("clock", [each.value for each in ClockSource], usual.clock.value)),
            tempo_bpm=read.number("tempo_bpm", MIN_BPM, MAX_BPM, usual.tempo_bpm),
            count_in_bars=read.whole("count_in_bars", 0, MAX_COUNT_IN_BARS, usual.count_in_bars),
            sound=read.flag("sound", usual.sound),
            mode=JamMode(read.one_of("way", [each.value for each in JamMode], usual.mode.value)),
            controls=replace(usual.controls, **levels, muted=muted),
            style=read.one_of("style", resources.style_names(), usual.style),
        )
        return made, (*read.passed_over, *within.passed_over)
