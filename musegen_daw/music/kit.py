"""Drum voices and pieces, and lookups derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

DRUM_CHANNEL = 9
"""The General MIDI drum channel, from 0."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sound of the kit: its General MIDI pitch, further pitches that stand for it, and its voice."""

    name: str
    pitch: int
    aliases: tuple[int, ...]
    voice: str | None


VOICES = (
    "kick",
    "snare",
    "closed hat",
    "open hat",
    "low tom",
    "mid tom",
    "high tom",
    "crash",
    "ride",
)

PIECES = (
    Piece("kick", 36, (35,), "kick"),
    Piece("side stick", 37, (), "snare"),
    Piece("snare", 38, (40,), "snare"),
    Piece("clap", 39, (), "snare"),
    Piece("closed hat", 42, (22,), "closed hat"),
    Piece("low tom", 43, (41, 58), "low tom"),
    Piece("pedal hat", 44, (), "closed hat"),
    Piece("open hat", 46, (26,), "open hat"),
    Piece("mid tom", 47, (45,), "mid tom"),
    Piece("crash", 49, (57,), "crash"),
    Piece("high tom", 50, (48,), "high tom"),
    Piece("ride", 51, (59,), "ride"),
    Piece("china", 52, (), "crash"),
    Piece("ride bell", 53, (), "ride"),
    Piece("tambourine", 54, (), None),
    Piece("splash", 55, (), "crash"),
    Piece("cowbell", 56, (), None),
    Piece("shaker", 70, (69, 82), None),
)

PIECE_OF_PITCH = MappingProxyType(
    {pitch: index for index, piece in enumerate(PIECES) for pitch in (piece.pitch, *piece.aliases)}
)
VOICE_OF_PIECE = tuple(VOICES.index(piece.voice) if piece.voice else None for piece in PIECES)
VOICE_OF_PITCH = MappingProxyType(
    {pitch: voice for pitch, index in PIECE_OF_PITCH.items() if (voice := VOICE_OF_PIECE[index]) is not None}
)
