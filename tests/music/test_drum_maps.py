"""Drum maps: mapping and file format."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.drum_maps import (
    GENERAL_MIDI,
    PIECE_NAMES,
    DrumMap,
    apply_drum_map,
    drum_map_text,
    parse_drum_map,
    to_general_midi,
)
from musegen_daw.music.kit import PIECE_OF_PITCH, PIECES
from tests.strategies import clips


@st.composite
def one_to_one_maps(draw):
    pitches = draw(st.permutations(range(128)))
    return DrumMap("any", dict(zip(PIECE_NAMES, pitches, strict=False)))


@given(clips())
def test_general_midi_changes_nothing(clip):
    assert apply_drum_map(clip, GENERAL_MIDI) == clip == to_general_midi(clip, GENERAL_MIDI)


@given(clips())
def test_general_midi_survives_pickling(clip):
    assert apply_drum_map(clip, pickle.loads(pickle.dumps(GENERAL_MIDI))) == clip  # noqa: S301


@given(one_to_one_maps())
def test_a_map_can_be_copied_and_pickled(drum_map):
    assert pickle.loads(pickle.dumps(drum_map)) == copy.deepcopy(drum_map) == drum_map  # noqa: S301


@given(clips(), one_to_one_maps())
def test_a_full_map_moves_pitches_only_and_can_be_undone(clip, drum_map):
    pieces = clip.map_notes(
        lambda n: Note(PIECES[n.pitch % len(PIECES)].pitch, n.velocity, n.start_ticks, n.duration_ticks)
    )
    mapped = apply_drum_map(pieces, drum_map)
    assert {note.pitch for note in mapped.notes} <= set(drum_map.pitches.values())
    assert to_general_midi(mapped, drum_map) == pieces


def test_unmapped_pieces_use_their_voice_or_are_dropped():
    drum_map = DrumMap("small", {"snare": 10, "crash": 20})
    clip = Clip(tuple(Note(pitch, 64, 0, 1) for pitch in (37, 39, 40, 52, 54, 81)), 4, 4)
    assert [note.pitch for note in apply_drum_map(clip, drum_map).notes] == [10, 10, 10, 20, 81]


def test_a_map_file_is_read():
    drum_map = parse_drum_map('name = "Mine"\n[pitches]\nkick = 24\n"closed hat" = 60\n')
    assert drum_map == DrumMap("Mine", {"kick": 24, "closed hat": 60})
    assert parse_drum_map("[pitches]\nkick = 1", "file").name == "file"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kick = ", "not TOML"),
        ("[pitches]\n", "needs a table"),
        ("pitches = 3", "needs a table"),
        ("[pitches]\nkik = 36", "'kik' is not a piece"),
        ("[pitches]\nkick = 128", "0..127"),
        ("[pitches]\nkick = 36.0", "whole number"),
        ("[pitches]\nkick = true", "whole number"),
        ("name = 3\n[pitches]\nkick = 1", "must be a text"),
        ("color = 1\n[pitches]\nkick = 1", "unknown key 'color'"),
    ],
)
def test_an_invalid_map_file_raises_a_specific_error(text, said):
    with pytest.raises(ValueError, match=said):
        parse_drum_map(text)


def test_the_general_midi_table_is_complete():
    assert {PIECES[index].name for index in PIECE_OF_PITCH.values()} == set(GENERAL_MIDI.pitches)


@given(one_to_one_maps(), st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_written_map_can_be_read(drum_map, source):
    written = DrumMap(drum_map.name, drum_map.pitches, source)
    found = parse_drum_map(drum_map_text(written))
    assert found == written
    assert found.source in {source, ""}


@pytest.mark.parametrize("name", ["", "  ", "two\nlines"])
def test_a_map_without_a_name_is_not_written(name):
    with pytest.raises(ValueError, match="needs a name"):
        drum_map_text(DrumMap(name, {"kick": 36}))
