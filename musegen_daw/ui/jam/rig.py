"""What the window asks of a jam, so that tests can give it one that only remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from musegen_daw.jam.control.control_map import ControlMap, Knob
    from musegen_daw.jam.control.controls import Controls
    from musegen_daw.jam.planning.picture import JamPicture
    from musegen_daw.jam.rig_settings import RigSettings
    from musegen_daw.jam.session_settings import JamMode
    from musegen_daw.jam.status import RigStatus


class Rig(Protocol):
    """What the window asks of a jam; `jam.rig.JamRig` is one."""

    @property
    def settings(self) -> RigSettings:
        """What it is set up with."""
        ...

    @property
    def is_led(self) -> bool:
        """Whether a DAW's clock leads."""
        ...

    @property
    def status(self) -> RigStatus:
        """How things stand."""
        ...

    @property
    def failure(self) -> str:
        """Why nothing can be sent any more; else empty."""
        ...

    @property
    def picture(self) -> JamPicture:
        """What to draw."""
        ...

    def beats_now(self) -> float:
        """Where the playhead is, in beats of the session."""
        ...

    def toggle(self) -> None:
        """Start, or stop."""
        ...

    def set_tempo(self, tempo_bpm: float) -> None:
        """Go on at another tempo."""
        ...

    def tap(self) -> float | None:
        """Take a tap."""
        ...

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Play as `change` makes of the controls."""
        ...

    def set_mode(self, mode: JamMode) -> None:
        """Play in another mode."""
        ...

    def fill_now(self) -> None:
        """Play a fill in the next bar."""
        ...

    def panic(self) -> None:
        """All notes off."""
        ...

    def learn(self, target: str | None) -> None:
        """Bind the next knob that moves."""
        ...

    def forget(self, knob: Knob) -> None:
        """Let a knob move nothing any more."""
        ...

    @property
    def control_map(self) -> ControlMap:
        """What moves what."""
        ...

    def save_learned(self) -> None:
        """Keep what was learned."""
        ...

    def set_style(self, style: str) -> None:
        """Go on from another groove."""
        ...

    @property
    def offset_seconds(self) -> float:
        """What is added to the times of the MIDI output."""
        ...

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None: ...

    def save_offset(self) -> None:
        """Keep it for the port."""
        ...

    @property
    def record_path(self) -> Path | None:
        """Where it is being recorded to."""
        ...

    def start_recording(self, path: Path) -> None:
        """Record from this bar on."""
        ...

    def stop_recording(self) -> Path | None:
        """Write the recording, and where to."""
        ...

    def close(self) -> None:
        """End it."""
        ...
