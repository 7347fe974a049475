"""The example clips, composed for this project: short parts without drums, for the program to answer.

A bar is a line, and those indented under it, of `beat:pitches:length` with an optional mark: `!` accent,
`?` soft, `-` hardly touched. Beats count from 1 within the bar, lengths are in beats, `+` joins the notes of a chord.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from resources.make.midi import BEATS_PER_BAR, Part, Stroke, write_midi

VELOCITIES = {"!": 106, "": 86, "?": 66, "-": 42}
PIANO, JAZZ_GUITAR, CLEAN_GUITAR, DISTORTION_GUITAR = 0, 26, 27, 30
FINGERED_BASS, PICKED_BASS = 33, 34

_TOKEN = re.compile(r"(?P<beat>[\d.]+):(?P<pitches>[A-G][\w#+]*):(?P<length>[\d.]+)(?P<mark>[!?-]?)$")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip: its parts as (name, program, score, change of velocity)."""

    name: str
    bpm: float
    bars: int
    parts: tuple[tuple[str, int, str, int], ...]
    timing_ms: float = 6.0


def pitch_of(name: str) -> int:
    """The MIDI pitch of a name such as `F#3` or `Bb2`, C4 = 60."""
    accidental = {"#": 1, "b": -1}.get(name[1], 0)
    octave = int(name[2:] if accidental else name[1:])
    return 12 * (octave + 1) + _STEPS[name[0]] + accidental


def strokes(score: str, bars: int, louder: int) -> tuple[Stroke, ...]:
    """The notes of a score; raises ValueError when a token or the number of bars is wrong."""
    lines = [line.split() for line in score.strip().replace("\n  ", " ").splitlines()]
    if len(lines) != bars:
        raise ValueError(f"{len(lines)} bars are written, {bars} were announced")
    found: list[Stroke] = []
    for bar, tokens in enumerate(lines):
        for token in tokens:
            match = _TOKEN.match(token)
            if match is None:
                raise ValueError(f"{token!r} is no note")
            start_beats = bar * BEATS_PER_BAR + float(match["beat"]) - 1
            velocity = VELOCITIES[match["mark"]] + louder
            found += [
                Stroke(start_beats, float(match["length"]), pitch_of(name), velocity)
                for name in match["pitches"].split("+")
            ]
    return tuple(found)


_DEMO_PIANO = """
1:A3+C4+E4:1.4! 2.5:A3+C4+E4:0.4 3.5:A3+C4+E4:0.9? 4.5:G4:0.5
1:A3+C4+F4:1.4! 2.5:A3+C4+F4:0.4 3.5:A3+C4+F4:0.9? 4.5:E4:0.5
1:G3+C4+E4:1.4! 2.5:G3+C4+E4:0.4 3.5:G3+C4+E4:0.9? 4:D4:0.5? 4.5:E4:0.5
1:G3+B3+D4:1.4! 2.5:G3+B3+D4:0.4 3.5:G3+B3+D4:0.5 4:A4:0.4 4.5:B4:0.5!
1:C4+E4+A4:1.4! 2.5:C4+E4+A4:0.4 3:C5:0.5 3.5:B4:0.5 4:A4:0.9?
1:C4+F4+A4:1.4! 2.5:C4+F4+A4:0.4 3:A4:0.5 3.5:G4:0.5 4:F4:0.9?
1:B3+D4+G4:0.9! 2:B3+D4+G4:0.4 2.5:B3+D4+G4:0.9 4:D5:0.4 4.5:B4:0.4
1:B3+D4+E4:0.9! 2:B3+E4+G#4:0.4 2.5:B3+E4+G#4:1.4! 4:G#4:0.5 4.5:B4:0.5
"""
_DEMO_BASS = """
1:A1:0.9! 2:A1:0.4? 2.5:A1:0.9 3.5:A1:0.4 4:C2:0.4? 4.5:E2:0.4
1:F1:0.9! 2:F1:0.4? 2.5:F1:0.9 3.5:F1:0.4 4:A1:0.4? 4.5:B1:0.4
1:C2:0.9! 2:C2:0.4? 2.5:C2:0.9 3.5:C2:0.4 4:B1:0.4? 4.5:A1:0.4
1:G1:0.9! 2:G1:0.4? 2.5:G1:0.9 3.5:G1:0.4 4:G1:0.4! 4.5:G#1:0.4!
1:A1:0.9! 2:A1:0.4? 2.5:A1:0.9 3.5:E2:0.4 4:A2:0.4? 4.5:G2:0.4
1:F1:0.9! 2:F1:0.4? 2.5:F1:0.9 3.5:C2:0.4 4:F2:0.4? 4.5:F#1:0.4
1:G1:0.9! 2:G1:0.4? 2.5:G1:0.9 3.5:D2:0.4 4:G2:0.4? 4.5:F2:0.4
1:E1:0.9! 2:E1:0.4? 2.5:E1:1.4! 4:E2:0.4! 4.5:G#1:0.4!
"""
_DEMO_GUITAR = """
1:A2+E3+A3:0.2! 1.75:E3+A3:0.2? 2:E3+A3+C4:0.2! 2.75:A3+C4:0.2? 3:A3+C4+E4:0.2 3.75:A3:0.2? 4:E3+A3+C4:0.2!
1:F2+C3+F3:0.2! 1.75:C3+F3:0.2? 2:C3+F3+A3:0.2! 2.75:F3+A3:0.2? 3:F3+A3+C4:0.2 3.75:F3:0.2? 4:C3+F3+A3:0.2!
1:C3+G3+C4:0.2! 1.75:G3+C4:0.2? 2:G3+C4+E4:0.2! 2.75:C4+E4:0.2? 3:C4+E4+G4:0.2 3.75:C4:0.2? 4:G3+C4+E4:0.2!
1:G2+D3+G3:0.2! 1.75:D3+G3:0.2? 2:D3+G3+B3:0.2! 2.75:G3+B3:0.2? 3:G3+B3+D4:0.2 3.5:G3:0.2?
  4:D3+G3+B3:0.4! 4.5:D3+G3+B3:0.4!
1:A2+E3+A3:0.2! 1.75:E3+A3:0.2? 2:E3+A3+C4:0.2! 2.75:A3+C4:0.2? 3:A3+C4+E4:0.2 3.75:A3:0.2? 4:E3+A3+C4:0.2!
1:F2+C3+F3:0.2! 1.75:C3+F3:0.2? 2:C3+F3+A3:0.2! 2.75:F3+A3:0.2? 3:F3+A3+C4:0.2 3.75:F3:0.2? 4:C3+F3+A3:0.2!
1:G2+D3+G3:0.2! 1.75:D3+G3:0.2? 2:D3+G3+B3:0.2! 2.75:G3+B3:0.2? 3:G3+B3+D4:0.2 3.75:G3:0.2? 4:D3+G3+B3:0.2!
1:E2+B2+E3:0.4! 2:E3+G#3+B3:0.2! 2.5:E2+B2+E3:1.4! 4:E3+G#3+B3:0.4! 4.5:E3+G#3+B3:0.4!
"""
_BALLAD = """
1:C3:0.9 1:G4:1.9 1.5:G3:0.5- 2:C4:0.5- 2.5:E4:0.5? 3:G3:0.5- 3:E5:0.9 3.5:C4:0.5- 4:E4:0.5? 4:D5:0.9?
1:A2:0.9 1:C5:1.9 1.5:E3:0.5- 2:A3:0.5- 2.5:C4:0.5? 3:E3:0.5- 3:B4:0.9? 3.5:A3:0.5- 4:C4:0.5? 4:A4:0.9
1:F2:0.9 1:A4:2.4 1.5:C3:0.5- 2:F3:0.5- 2.5:A3:0.5? 3:C3:0.5- 3.5:F3:0.5- 3.5:G4:0.5? 4:A3:0.5? 4:F4:0.9
1:G2:0.9 1:G4:1.9 1.5:D3:0.5- 2:G3:0.5- 2.5:B3:0.5? 3:D3:0.5- 3:D4:0.9? 3.5:G3:0.5- 4:F3:0.5? 4:G4:0.9?
1:C3:0.9 1:E5:1.9! 1.5:G3:0.5- 2:C4:0.5- 2.5:E4:0.5? 3:B2:0.5 3:G5:0.9! 3.5:G3:0.5- 4:D4:0.5? 4:F5:0.9
1:A2:0.9 1:E5:1.9 1.5:E3:0.5- 2:A3:0.5- 2.5:C4:0.5? 3:G2:0.5 3:D5:0.9 3.5:E3:0.5- 4:C4:0.5? 4:C5:0.9?
1:F2:0.9 1:A4+C5:1.9! 1.5:C3:0.5- 2:F3:0.5- 2.5:A3:0.5? 3:G2:0.5 3:B4+D5:1.9 3.5:D3:0.5- 4:G3:0.5? 4.5:F3:0.5-
1:C2+C3:3.8 1:E4+G4+C5:3.8! 2:G3:0.5- 2.5:C4:0.5- 3:E4:0.5- 3.5:G4:0.4- 4:C5:0.9-
"""
_FUNK_BASS = """
1:E1:0.4! 1.75:E1:0.2- 2:E2:0.2! 2.5:D2:0.2 2.75:E2:0.4 3.5:E1:0.2- 3.75:G1:0.2 4:A1:0.2! 4.25:A1:0.2- 4.5:B1:0.4
1:E1:0.4! 1.75:E1:0.2- 2:E2:0.2! 2.5:D2:0.2 2.75:B1:0.4 3.5:A1:0.2 3.75:A#1:0.2 4:B1:0.2! 4.5:D2:0.2 4.75:D2:0.2-
1:E1:0.4! 1.75:E1:0.2- 2:E2:0.2! 2.5:D2:0.2 2.75:E2:0.4 3.5:E1:0.2- 3.75:G1:0.2 4:A1:0.2! 4.25:A1:0.2- 4.5:B1:0.4
1:C2:0.7! 2:C2:0.2 2.25:C2:0.2- 2.5:G1:0.4 3:D2:0.7! 4:D2:0.2 4.25:F#1:0.2? 4.5:A1:0.2 4.75:B1:0.2!
1:E1:0.4! 1.75:E1:0.2- 2:E2:0.2! 2.5:D2:0.2 2.75:E2:0.4 3.5:E1:0.2- 3.75:G1:0.2 4:A1:0.2! 4.25:A1:0.2- 4.5:B1:0.4
1:E1:0.4! 1.75:E1:0.2- 2:E2:0.2! 2.5:D2:0.2 2.75:B1:0.4 3.5:A1:0.2 3.75:A#1:0.2 4:B1:0.2! 4.5:D2:0.2 4.75:D2:0.2-
1:A1:0.4! 1.75:A1:0.2- 2:A2:0.2! 2.5:G2:0.2 2.75:A2:0.4 3.5:A1:0.2- 3.75:C2:0.2 4:D2:0.2! 4.25:D2:0.2- 4.5:E2:0.4
1:B1:0.4! 1.5:B1:0.2- 1.75:B1:0.2 2.25:A1:0.2 2.5:B1:0.2! 3:D2:0.2! 3.25:B1:0.2? 3.5:A1:0.2 3.75:G1:0.2 4:E1:0.7!
"""
_METAL = """
1:E2+B2+E3:0.9! 2:E2:0.15? 2.25:E2:0.15? 2.5:E2:0.15? 3:G2+D3+G3:0.4! 3.5:E2:0.15? 3.75:E2:0.15? 4:A2+E3+A3:0.9!
1:E2:0.15 1.25:E2:0.15? 1.5:E2:0.15? 2:A#2+F3:0.4! 2.5:A2+E3:0.4! 3:E2:0.15? 3.25:E2:0.15? 3.5:E2:0.15?
  4:G2+D3:0.4! 4.5:F#2+C#3:0.4!
1:E2+B2+E3:0.9! 2:E2:0.15? 2.25:E2:0.15? 2.5:E2:0.15? 3:G2+D3+G3:0.4! 3.5:E2:0.15? 3.75:E2:0.15? 4:A2+E3+A3:0.9!
1:C3+G3+C4:1.4! 2.5:E2:0.15? 2.75:E2:0.15? 3:D3+A3+D4:1.4! 4.5:E2:0.15? 4.75:E2:0.15?
1:E2+B2+E3:0.9! 2:E2:0.15? 2.25:E2:0.15? 2.5:E2:0.15? 3:G2+D3+G3:0.4! 3.5:E2:0.15? 3.75:E2:0.15? 4:A2+E3+A3:0.9!
1:E2:0.15 1.25:E2:0.15? 1.5:E2:0.15? 2:A#2+F3:0.4! 2.5:A2+E3:0.4! 3:E2:0.15? 3.25:E2:0.15? 3.5:E2:0.15?
  4:G2+D3:0.4! 4.5:F#2+C#3:0.4!
1:C3+G3+C4:1.9! 3:D3+A3+D4:1.9!
1:E2+B2+E3:0.4! 1.75:E2+B2+E3:0.2! 2.5:E2+B2+E3:0.4! 3.25:E2+B2+E3:0.2! 4:E2+B2+E3:0.9!
"""
_POP_GUITAR = """
1:D3:0.9 1.5:A3:0.5? 2:D4:0.5 2.5:F#4:0.9! 3.5:D4:0.5? 4:A3:0.5 4.5:F#4:0.5?
1:A2:0.9 1.5:E3:0.5? 2:A3:0.5 2.5:C#4:0.9! 3.5:A3:0.5? 4:E4:0.5 4.5:C#4:0.5?
1:B2:0.9 1.5:F#3:0.5? 2:B3:0.5 2.5:D4:0.9! 3.5:B3:0.5? 4:F#4:0.5 4.5:D4:0.5?
1:G2:0.9 1.5:D3:0.5? 2:G3:0.5 2.5:B3:0.9! 3.5:D4:0.5? 4:G4:0.5 4.5:F#4:0.5!
1:D3:0.9 1.5:A3:0.5? 2:D4:0.5 2.5:F#4:0.9! 3.5:A4:0.5! 4:F#4:0.5 4.5:E4:0.5?
1:A2:0.9 1.5:E3:0.5? 2:A3:0.5 2.5:E4:0.9! 3.5:C#4:0.5? 4:E4:0.5 4.5:A4:0.5!
1:G2:0.9 1.5:D3:0.5? 2:G3:0.5 2.5:B3+D4:0.9! 3.5:G3:0.5? 4:B3+D4:0.5 4.5:D4:0.5?
1:A2+E3+A3+C#4:1.4! 2.5:A3+C#4+E4:0.9 3.5:A3+D4+E4:0.4? 4:A3+C#4+E4:0.9!
"""
_POP_BASS = """
1:D2:0.45! 1.5:D2:0.45 2:D2:0.45 2.5:D2:0.45 3:D2:0.45! 3.5:D2:0.45 4:D2:0.45 4.5:C#2:0.45
1:A1:0.45! 1.5:A1:0.45 2:A1:0.45 2.5:A1:0.45 3:A1:0.45! 3.5:A1:0.45 4:A1:0.45 4.5:A#1:0.45?
1:B1:0.45! 1.5:B1:0.45 2:B1:0.45 2.5:B1:0.45 3:B1:0.45! 3.5:B1:0.45 4:B1:0.45 4.5:A1:0.45
1:G1:0.45! 1.5:G1:0.45 2:G1:0.45 2.5:G1:0.45 3:G1:0.45! 3.5:G1:0.45 4:A1:0.45 4.5:B1:0.45!
1:D2:0.45! 1.5:D2:0.45 2:D2:0.45 2.5:D2:0.45 3:D2:0.45! 3.5:D2:0.45 4:D2:0.45 4.5:C#2:0.45
1:A1:0.45! 1.5:A1:0.45 2:A1:0.45 2.5:A1:0.45 3:A1:0.45! 3.5:A1:0.45 4:A1:0.45 4.5:A1:0.45
1:G1:0.45! 1.5:G1:0.45 2:G1:0.45 2.5:G1:0.45 3:G1:0.45! 3.5:G1:0.45 4:G1:0.45 4.5:G#1:0.45?
1:A1:1.4! 2.5:A1:0.9 3.5:A1:0.4 4:A1:0.4! 4.5:C#2:0.4!
"""
_SWING_GUITAR = """
1:G2+F3+Bb3:0.6? 2:G2+F3+Bb3:0.5 3:G2+F3+Bb3:0.6? 4:G2+F3+Bb3:0.5
1:C3+E3+Bb3:0.6? 2:C3+E3+Bb3:0.5 3:C3+E3+Bb3:0.6? 4:C3+E3+Bb3:0.5
1:A2+E3+G3:0.6? 2:A2+E3+G3:0.5 3:A2+E3+C4:0.6? 4:A2+E3+C4:0.5
1:D3+F#3+C4:0.6? 2:D3+F#3+C4:0.5 3:D3+F#3+B3:0.6? 4:D3+F#3+C4:0.5!
1:G2+F3+Bb3:0.6? 2:G2+F3+Bb3:0.5 3:G2+F3+Bb3:0.6? 4:G2+F3+Bb3:0.5
1:C3+E3+Bb3:0.6? 2:C3+E3+Bb3:0.5 3:C3+E3+A3:0.6? 4:C3+E3+Bb3:0.5
1:F2+E3+A3:0.6? 2:F2+E3+A3:0.5 3:D3+F#3+C4:0.6? 4:D3+F#3+C4:0.5
1:G2+F3+Bb3:0.6? 2:G2+F3+Bb3:0.5 3:C3+E3+Bb3:0.6? 4:C3+E3+Bb3:0.5!
"""
_SWING_PIANO = """
1:F3+A3+Bb3+D4:1.2! 2.67:F3+A3+Bb3+D4:0.3
2.67:E3+A3+Bb3+D4:0.9 4.67:E3+A3+Bb3+D4:0.3!
2:G3+B3+C4+E4:0.4? 3.67:G3+C4+E4:0.3!
1:F#3+A3+C4+E4:1.2 2.67:F#3+A3+C4+Eb4:0.9!
1:F3+A3+Bb3+D4:1.2! 2.67:F3+A3+Bb3+D4:0.3 4.67:E3+A3+Bb3+D4:0.9!
3:E3+A3+Bb3+D4:0.4? 3.67:E3+Ab3+Bb3+Db4:1.2!
1.67:E3+G3+A3+C4:0.9 3.67:F#3+A3+C4+Eb4:0.9!
1:F3+A3+Bb3+D4:0.4 1.67:F3+A3+Bb3+D4:0.9 3:E3+Ab3+Bb3+Db4:0.4 3.67:E3+G3+A3+C4:0.3!
"""

PIECES = (
    Piece(
        "demo",
        116,
        8,
        (
            ("Piano", PIANO, _DEMO_PIANO, 0),
            ("Bass", FINGERED_BASS, _DEMO_BASS, 2),
            ("Guitar", CLEAN_GUITAR, _DEMO_GUITAR, -12),
        ),
    ),
    Piece("piano-ballad", 72, 8, (("Piano", PIANO, _BALLAD, -4),), timing_ms=12.0),
    Piece("funk-bass", 104, 8, (("Bass", FINGERED_BASS, _FUNK_BASS, 4),), timing_ms=4.0),
    Piece("metal-riff", 168, 8, (("Guitar", DISTORTION_GUITAR, _METAL, 8),), timing_ms=3.0),
    Piece(
        "guitar-pop", 126, 8, (("Guitar", CLEAN_GUITAR, _POP_GUITAR, 0), ("Bass", PICKED_BASS, _POP_BASS, 4))
    ),
    Piece(
        "swing-comp",
        144,
        8,
        (("Guitar", JAZZ_GUITAR, _SWING_GUITAR, -6), ("Piano", PIANO, _SWING_PIANO, -6)),
        timing_ms=8.0,
    ),
)


def write_clips(folder: Path) -> None:
    """Every clip as `folder`/NAME.mid."""
    folder.mkdir(parents=True, exist_ok=True)
    for piece in PIECES:
        parts = [
            Part(name, program, strokes(score, piece.bars, louder))
            for name, program, score, louder in piece.parts
        ]
        write_midi(folder / f"{piece.name}.mid", parts, piece.bpm, piece.bars, piece.timing_ms, velocity=4.0)
