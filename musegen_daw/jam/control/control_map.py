"""MIDI learn: which knob, key or pad moves which control, and maps saved by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.jam.control.controls import TARGETS, ControllerMove
from musegen_daw.jam.events import ALL_SOUND_OFF, CONTROL_CHANGE, NOTE_OFF, NOTE_ON, MidiEvent
from musegen_daw.music.toml_text import read_toml

MAX_BYTES = 2**16
NAME = re.compile(r"\w[\w -]{0,62}")


@dataclass(frozen=True, slots=True)
class Knob:
    """One control change (`kind` "cc"), or one key or pad ("note"), on a channel from 0 to 15."""

    kind: str
    channel: int
    number: int

    def __post_init__(self) -> None:
        if self.kind not in ("cc", "note"):
            raise ValueError(f"a control is moved by a cc or a note, not by {self.kind!r}")
        if not 0 <= self.channel <= 15:
            raise ValueError(f"a channel must be within 1..16, got {self.channel + 1}")
        if not 0 <= self.number < (ALL_SOUND_OFF if self.kind == "cc" else 128):
            raise ValueError(f"there is no {self.kind} {self.number} to move a control by")

    def __str__(self) -> str:
        """As controllers name it: "CC 21 (channel 1)"."""
        kind = "CC" if self.kind == "cc" else "note"
        return f"{kind} {self.number} (channel {self.channel + 1})"

    @classmethod
    def of(cls, event: MidiEvent) -> Knob | None:
        """The knob that sent a message, None where it is neither a control change nor a note."""
        if event.channel is None or len(event.data) != 3:
            return None
        number = event.data[1] & 0x7F
        if event.kind == CONTROL_CHANGE:
            return cls("cc", event.channel, number) if number < ALL_SOUND_OFF else None
        return cls("note", event.channel, number) if event.kind in (NOTE_ON, NOTE_OFF) else None


@dataclass(frozen=True, slots=True)
class ControlMap:
    """A named set of mappings; a knob moves one control, a control may have several knobs."""

    name: str = ""
    bindings: tuple[tuple[Knob, str], ...] = ()

    def __post_init__(self) -> None:
        for knob, target in self.bindings:
            if target not in TARGETS:
                raise ValueError(f"there is no control {target!r}; there are {', '.join(TARGETS)}")
            if sum(other == knob for other, _ in self.bindings) > 1:
                raise ValueError(f"{knob.kind} {knob.number} on channel {knob.channel + 1} is bound twice")

    def target_of(self, knob: Knob) -> str | None:
        return next((target for bound, target in self.bindings if bound == knob), None)

    def bound(self, knob: Knob, target: str) -> ControlMap:
        kept = (binding for binding in self.bindings if binding[0] != knob)
        return replace(self, bindings=(*kept, (knob, target)))

    def without(self, knob: Knob) -> ControlMap:
        return replace(self, bindings=tuple(each for each in self.bindings if each[0] != knob))

    def knobs_of(self, target: str) -> tuple[Knob, ...]:
        return tuple(knob for knob, bound in self.bindings if bound == target)


class ControlSurface:
    """Turns knob and pad messages into moves of controls, and learns mappings; for one thread at a time."""

    def __init__(self, control_map: ControlMap) -> None:
        self.control_map = control_map
        self.learning: str | None = None
        self._last_values: dict[Knob, float] = {}

    def learn(self, target: str | None) -> None:
        """Map the next knob or pad that moves to `target`; None cancels. Raises ValueError."""
        if target is not None and target not in TARGETS:
            raise ValueError(f"there is no control {target!r}; there are {', '.join(TARGETS)}")
        self.learning = target

    def forget(self, knob: Knob) -> None:
        self.control_map = self.control_map.without(knob)

    def takes(self, event: MidiEvent) -> bool:
        """Whether the message comes from a mapped knob, or from one that is being learned."""
        knob = Knob.of(event)
        if knob is None:
            return False
        is_learned = self.learning is not None and not event.is_note_off
        return is_learned or self.control_map.target_of(knob) is not None

    def feed(self, event: MidiEvent) -> ControllerMove | None:
        """The move that a message makes; None where it makes none, as when it is learned or a pad is released."""
        knob = Knob.of(event)
        if knob is None or not self.takes(event):
            return None
        value = 0.0 if event.is_note_off else (event.data[2] & 0x7F) / 127
        last_value = self._last_values.get(knob, 0.0)
        self._last_values[knob] = value
        if self.learning is not None and not event.is_note_off:
            self.control_map = self.control_map.bound(knob, self.learning)
            self.learning = None
            return None
        target = self.control_map.target_of(knob)
        if target is None or event.is_note_off:
            return None
        move = ControllerMove(target, value, is_pad=knob.kind == "note")
        # A button that sends control changes is pressed when its value crosses the middle.
        is_press = move.is_pad or last_value < 0.5 <= value
        return move if is_press or not move.is_trigger else None


def save_control_map(control_map: ControlMap, folder: Path) -> Path:
    """Write NAME.toml into `folder`, which is made; raises MusegenError."""
    path = _path(control_map.name, folder)
    lines = [f"name = {json.dumps(control_map.name, ensure_ascii=False)}"]
    for knob, target in control_map.bindings:
        lines += ["", "[[bindings]]", f'target = "{target}"']
        lines += [f"{knob.kind} = {knob.number}", f"channel = {knob.channel + 1}"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error
    files.write_bytes(path, ("\n".join(lines) + "\n").encode())
    return path


def load_control_map(name: str, folder: Path) -> ControlMap:
    """Read NAME.toml; raises MusegenError that says what is wrong with it."""
    path = _path(name, folder)
    try:
        document = read_toml(files.read_bytes(path, MAX_BYTES).decode())
        return ControlMap(name, tuple(_bindings(document)))
    except (ValueError, RecursionError) as error:
        raise MusegenError(f"The control map {path} cannot be used: {error}.") from error


def control_map_names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if NAME.fullmatch(path.stem)))


def _path(name: str, folder: Path) -> Path:
    if not NAME.fullmatch(name) or name != name.strip():
        raise MusegenError(
            f"{name!r} is no name for a control map; use letters, digits, spaces, hyphens, up to 63."
        )
    return folder / f"{name}.toml"


def _bindings(document: dict[str, Any]) -> Iterable[tuple[Knob, str]]:
    unknown = sorted(document.keys() - {"name", "bindings"})
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; it has a name and [[bindings]]")
    bindings = document.get("bindings", [])
    if not isinstance(bindings, list):
        raise ValueError("its bindings must be tables [[bindings]]")
    for binding in bindings:
        kind = next((kind for kind in ("cc", "note") if isinstance(binding, dict) and kind in binding), None)
        if kind is None or binding.keys() != {"target", "channel", kind}:
            raise ValueError("a binding has a target, a channel and either a cc or a note")
        channel, number = binding["channel"], binding[kind]
        if type(channel) is not int or type(number) is not int:
            raise ValueError(f"a channel, a cc and a note are whole numbers, got {channel!r} and {number!r}")
        yield Knob(kind, channel - 1, number), str(binding["target"])
