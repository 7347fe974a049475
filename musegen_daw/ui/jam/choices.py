"""What a person chose in the jam panel, kept between sessions and turned into the settings of a jam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from musegen_daw import resource_paths as resources
from musegen_daw.fields import Text, with_values
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM
from musegen_daw.jam.clock.transport import DEFAULT_BPM
from musegen_daw.jam.control.controls import CONTINUOUS, Controls
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode, JamSettings, RigSettings
from musegen_daw.ui.settings.store import AppSettings

CONTROL_MAP = "window"
"""The name of the map of knobs that are learned in the window."""

MAX_COUNT_IN_BARS = 4
FORMER_NAMES = {"way": "mode"}
"""Names of earlier versions, by what they are called now."""
NO_PORT = "-"
"""Instead of a port's name: none."""


@dataclass(frozen=True, slots=True)
class JamChoices:
    """Clock, tempo, count-in, whether the sound device plays, the way, the controls and the style."""

    clock: ClockSource = ClockSource.INTERNAL
    tempo_bpm: Annotated[float, Meta(ge=MIN_BPM, le=MAX_BPM)] = DEFAULT_BPM
    count_in_bars: Annotated[int, Meta(ge=0, le=MAX_COUNT_IN_BARS)] = 0
    sound: bool = False
    mode: JamMode = JamMode.FOLLOW
    controls: Controls = field(default_factory=Controls)
    style: Text = ""

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
            "mode": self.mode.value,
            "style": self.style,
            "controls": {**controls, "muted": sorted(self.controls.muted)},
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> tuple[JamChoices, tuple[str, ...]]:
        """The choices of `as_dict`, with defaults for what is missing or does not fit, and the names of the latter."""
        choices, misfits = with_values(cls(), {FORMER_NAMES.get(key, key): state[key] for key in state})
        if choices.style and choices.style not in resources.style_names():
            choices, misfits = replace(choices, style=""), (*misfits, "style")
        return replace(choices, controls=replace(choices.controls, hold=False)), misfits
