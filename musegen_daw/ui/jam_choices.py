"""What a person chose in the jam panel, kept between sessions and turned into the settings of a jam."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from musegen_daw import resources
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, RigSettings
from musegen_daw.live.controls import CONTINUOUS, Controls
from musegen_daw.live.settings import JamSettings, Way
from musegen_daw.live.transport import DEFAULT_BPM
from musegen_daw.ui.settings_store import AppSettings

CONTROL_MAP = "window"
"""The name of the map of knobs that are learned in the window."""

NO_PORT = "-"
"""Instead of a port's name: none."""


@dataclass(frozen=True, slots=True)
class JamChoices:
    """Clock, tempo, count-in, whether the sound device plays, the way, the controls and the style."""

    clock: ClockSource = ClockSource.INTERNAL
    tempo_bpm: float = DEFAULT_BPM
    count_in_bars: int = 0
    sound: bool = False
    way: Way = Way.FOLLOW
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
            jam=JamSettings(way=self.way),
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
            "way": self.way.value,
            "style": self.style,
            "controls": {**controls, "muted": sorted(self.controls.muted)},
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> JamChoices:
        """The choices of `as_dict`; raises ValueError for what is none, an empty dict gives the usual ones."""
        usual = cls()
        try:
            controls = dict(state.get("controls", {}))
            muted = frozenset(controls.pop("muted", ()))
            tempo_bpm = float(state.get("tempo_bpm", usual.tempo_bpm))
            count_in_bars = int(state.get("count_in_bars", 0))
            made = cls(
                clock=ClockSource(state.get("clock", usual.clock)),
                tempo_bpm=tempo_bpm,
                count_in_bars=min(4, max(0, count_in_bars)),
                sound=bool(state.get("sound", False)),
                way=Way(state.get("way", usual.way)),
                controls=Controls(muted=muted, **controls),
                style=_known_style(state.get("style")),
            )
            made.rig_settings(AppSettings())  # checks the tempo
            return made
        except (TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error


def _known_style(name: object) -> str:
    """The name of a groove that there is, else none."""
    return name if isinstance(name, str) and name in resources.style_names() else ""
