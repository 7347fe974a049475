"""Drum maps: the pitch of each piece of the kit in a sampler. The default is General MIDI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES
from musegen_daw.music.toml_text import read_toml

PIECE_NAMES = tuple(piece.name for piece in PIECES)


@dataclass(frozen=True, slots=True)
class DrumMap:
    """Output pitches by the names of `music.kit.PIECES`; `source` says where they were found."""

    name: str
    pitches: Mapping[str, int]
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for piece, pitch in self.pitches.items():
            if piece not in PIECE_NAMES:
                raise ValueError(
                    f"{piece!r} is not a piece of the kit; the pieces are {', '.join(PIECE_NAMES)}"
                )
            if not 0 <= pitch <= 127:
                raise ValueError(f"the pitch of {piece!r} must be within 0..127, got {pitch}")
        object.__setattr__(self, "pitches", MappingProxyType(dict(self.pitches)))

    def __reduce__(self) -> tuple[type[DrumMap], tuple[str, dict[str, int], str]]:
        return DrumMap, (self.name, dict(self.pitches), self.source)

    def pitch_of(self, piece_index: int) -> int | None:
        """The pitch of a piece; of an unmapped one, that of the first mapped piece of its voice, else None."""
        piece = PIECES[piece_index]
        if piece.name in self.pitches:
            return self.pitches[piece.name]
        of_voice = (other for other in PIECES if piece.voice is not None and other.voice == piece.voice)
        return next((self.pitches[other.name] for other in of_voice if other.name in self.pitches), None)


GENERAL_MIDI = DrumMap("General MIDI", {piece.name: piece.pitch for piece in PIECES})


def apply_drum_map(clip: Clip, drum_map: DrumMap) -> Clip:
    """Map the pitches of a General MIDI clip.

    Pieces without a pitch are dropped; pitches that are not a piece are kept.
    """
    if drum_map == GENERAL_MIDI:
        return clip
    pitches = {pitch: drum_map.pitch_of(index) for pitch, index in PIECE_OF_PITCH.items()}

    def change(note: Note) -> Note | None:
        pitch = pitches.get(note.pitch, note.pitch)
        return None if pitch is None else replace(note, pitch=pitch)

    return clip.map_notes(change)


def piece_names(drum_map: DrumMap = GENERAL_MIDI) -> dict[int, str]:
    """The name of the piece at each pitch that has one."""
    if drum_map == GENERAL_MIDI:
        return {pitch: PIECES[index].name for pitch, index in PIECE_OF_PITCH.items()}
    names: dict[int, str] = {}
    for piece in PIECES:
        if piece.name in drum_map.pitches:
            names.setdefault(drum_map.pitches[piece.name], piece.name)
    return names


def place_in_kit(name: str) -> tuple[int, str]:
    """A key to sort names of pieces as the kit has them, other names behind them."""
    return (PIECE_NAMES.index(name) if name in PIECE_NAMES else len(PIECE_NAMES)), name


def to_general_midi(clip: Clip, drum_map: DrumMap) -> Clip:
    """Map a clip at the pitches of `drum_map` to General MIDI; other pitches are kept.

    Of pieces that share a pitch, the first of `music.kit.PIECES` wins.
    """
    if drum_map == GENERAL_MIDI:
        return clip
    pitches: dict[int, int] = {}
    for piece in PIECES:
        if piece.name in drum_map.pitches:
            pitches.setdefault(drum_map.pitches[piece.name], piece.pitch)
    return clip.map_notes(lambda note: replace(note, pitch=pitches.get(note.pitch, note.pitch)))


def parse_drum_map(text: str, default_name: str = "") -> DrumMap:
    """A drum map from TOML: `name`, `source`, and a table `[pitches]` of pitches 0..127 by piece.

    Raises ValueError.
    """
    document = read_toml(text)
    unknown = sorted(document.keys() - {"name", "source", "pitches"})
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; a drum map has a name, a source and a table [pitches]")
    name: Any = document.get("name", default_name)
    source: Any = document.get("source", "")
    for key, value in (("name", name), ("source", source)):
        if not isinstance(value, str):
            raise ValueError(f"the {key} must be a text, got {value!r}")
    pitches: Any = document.get("pitches")
    if not isinstance(pitches, dict) or not pitches:
        raise ValueError("a drum map needs a table [pitches]")
    table = cast("dict[str, Any]", pitches)
    for piece, pitch in table.items():
        if type(pitch) is not int:
            raise ValueError(f"the pitch of {piece!r} must be a whole number, got {pitch!r}")
    return DrumMap(name, table, source)


def drum_map_text(drum_map: DrumMap) -> str:
    """The TOML that `parse_drum_map` reads; raises ValueError for a name without letters or with odd ones."""
    if not drum_map.name.strip() or not drum_map.name.isprintable():
        raise ValueError("a drum map needs a name of letters, digits and spaces")
    lines = [f"name = {json.dumps(drum_map.name, ensure_ascii=False)}"]
    if drum_map.source.isprintable() and drum_map.source:
        lines.append(f"source = {json.dumps(drum_map.source, ensure_ascii=False)}")
    pitches = sorted(drum_map.pitches.items(), key=lambda each: place_in_kit(each[0]))
    lines += [
        "",
        "[pitches]",
        *(f"{json.dumps(piece, ensure_ascii=False)} = {pitch}" for piece, pitch in pitches),
    ]
    return "\n".join(lines) + "\n"
