"""Names of MIDI pitches in different conventions."""

from __future__ import annotations

from enum import StrEnum

MIDDLE_C = 60


class NoteNames(StrEnum):
    """The first two differ in the octave of middle C."""

    C4 = "C4"
    C3 = "C3"
    GERMAN = "German"
    SOLFEGE = "Solfège"


_ENGLISH = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_GERMAN = ("C", "Cis", "D", "Dis", "E", "F", "Fis", "G", "Gis", "A", "B", "H")
_SOLFEGE = ("Do", "Do♯", "Re", "Re♯", "Mi", "Fa", "Fa♯", "Sol", "Sol♯", "La", "La♯", "Si")
_NAMES = {
    NoteNames.C4: (_ENGLISH, 4),
    NoteNames.C3: (_ENGLISH, 3),
    NoteNames.GERMAN: (_GERMAN, 4),
    NoteNames.SOLFEGE: (_SOLFEGE, 4),
}


def note_name(pitch: int, names: NoteNames = NoteNames.C4) -> str:
    """The name with its octave: 60 is C4, or C3 where that is middle C; raises ValueError outside 0..127."""
    if not 0 <= pitch <= 127:
        raise ValueError(f"a pitch must be within 0..127, got {pitch}")
    classes, middle_octave = _NAMES[names]
    return f"{classes[pitch % 12]}{pitch // 12 - MIDDLE_C // 12 + middle_octave}"
