"""Names of pitches, compared with well-known notes."""

import pytest

from musegen_daw.music.note_names import NoteNames, note_name


@pytest.mark.parametrize(
    ("pitch", "names", "expected"),
    [
        (60, NoteNames.C4, "C4"),
        (60, NoteNames.C3, "C3"),
        (69, NoteNames.C4, "A4"),  # 440 Hz
        (0, NoteNames.C4, "C-1"),
        (127, NoteNames.C4, "G9"),
        (127, NoteNames.C3, "G8"),
        (71, NoteNames.GERMAN, "H4"),
        (70, NoteNames.GERMAN, "B4"),
        (62, NoteNames.SOLFEGE, "Re4"),
        (36, NoteNames.C3, "C1"),  # the kick of General MIDI as most DAWs show it
    ],
)
def test_a_pitch_is_named_as_musicians_do(pitch, names, expected):
    assert note_name(pitch, names) == expected


@pytest.mark.parametrize("names", list(NoteNames))
def test_names_are_unique(names):
    assert len({note_name(pitch, names) for pitch in range(128)}) == 128


@pytest.mark.parametrize("pitch", [-1, 128])
def test_an_invalid_pitch_is_rejected(pitch):
    with pytest.raises(ValueError, match="0..127"):
        note_name(pitch)
