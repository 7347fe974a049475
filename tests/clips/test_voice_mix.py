"""Mute, solo and level: what is played, bounced and exported, and what is kept."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from musegen_daw.clips import edits
from musegen_daw.clips.document import Project, Take
from musegen_daw.clips.export import Profile, drums_as_midi, mapped, mix, performed, with_drums
from musegen_daw.clips.project_file import decode, encode
from musegen_daw.clips.voice_mix import FLAT, MIXED, PERCUSSION, VoiceMix, mixed_name
from musegen_daw.errors import ProjectError
from musegen_daw.midi.file import song_from_bytes
from musegen_daw.music.clip import Note
from tests.clips.strategies import documents

KICK, SNARE, COWBELL = 36, 38, 56


@pytest.fixture
def kit(document):
    """A kick, a snare and a cowbell."""
    notes = [Note(KICK, 100, 0, 60), Note(SNARE, 80, 960, 60), Note(COWBELL, 40, 960, 60)]
    drums = document.empty_drums.with_notes(notes)
    return edits.add_takes(document, [Take.new(drums, "written")])


def heard(document):
    """Velocities by pitch, as exported; the same in all that is heard and written."""
    exported = {note.pitch: note.velocity for note in mapped(document).notes}
    assert {note.pitch: note.velocity for note in performed(document).notes} == exported
    if exported:
        (read,) = song_from_bytes(drums_as_midi(document, Profile.OTHERS), "x.mid").clips
        assert {note.pitch: note.velocity for note in read.notes} == exported
        assert {note.pitch: note.velocity for note in mix(document).clips[-1].notes} == exported
    return exported


def test_a_muted_voice_is_not_heard_and_not_exported(kit):
    assert heard(kit) == {KICK: 100, SNARE: 80, COWBELL: 40}
    muted = edits.set_mute(kit, "snare", True)
    assert heard(muted) == {KICK: 100, COWBELL: 40}
    assert muted.drums == kit.drums
    assert edits.set_mute(muted, "snare", False) == kit


def test_a_solo_silences_the_others_and_a_mute_is_stronger(kit):
    alone = edits.set_solo(kit, "kick", True)
    assert heard(alone) == {KICK: 100}
    assert heard(edits.set_solo(alone, PERCUSSION, True)) == {KICK: 100, COWBELL: 40}
    assert heard(edits.set_mute(alone, "kick", True)) == {}


@pytest.mark.parametrize(
    ("percent", "velocity"), [(50, 40), (101, 81), (150, 120), (200, 127), (900, 127), (1, 1)]
)
def test_a_level_scales_the_velocity(kit, percent, velocity):
    assert heard(edits.set_level(kit, "snare", percent)) == {KICK: 100, SNARE: velocity, COWBELL: 40}


def test_a_level_of_zero_is_silent_and_one_of_a_hundred_is_as_if_untouched(kit):
    silent = edits.set_level(kit, "snare", 0)
    assert heard(silent) == {KICK: 100, COWBELL: 40}
    assert edits.set_level(silent, "snare", 100) == kit


def test_all_muted_the_parts_remain_and_a_file_of_drums_is_refused(kit):
    silent = edits.set_solo(kit, "ride", True)
    assert [clip.name for clip in mix(silent).clips] == ["Keys", "Bass"]
    with pytest.raises(ProjectError, match="All drums are muted: unmute or solo"):
        drums_as_midi(silent, Profile.LIVE)
    with pytest.raises(ProjectError, match="All drums are muted"):
        with_drums(silent, Path("x.mid"))


@given(documents())
def test_what_is_heard_is_what_the_mix_lets_through(document):
    alone = replace(document, voice_mix=FLAT)
    voice_mix = document.voice_mix
    expected = {
        (note.pitch, note.start_ticks)
        for note in performed(alone).notes
        if voice_mix.is_heard(mixed_name(note.pitch))
    }
    assert {(note.pitch, note.start_ticks) for note in performed(document).notes} == expected


def test_a_project_without_a_mix_opens_with_a_flat_one(document):
    table = json.loads(encode(Project((edits.set_mute(document, "ride", True),), 1)))
    assert decode(json.dumps(table).encode(), "x").clip.voice_mix.muted == {"ride"}
    del table["clips"][0]["voice_mix"]
    assert decode(json.dumps(table).encode(), "x").clip.voice_mix == FLAT


@pytest.mark.parametrize("change", [{"muted": ["gong"]}, {"levels": {"kick": 201}}, {"levels": {"gong": 50}}])
def test_a_damaged_mix_is_rejected(document, change):
    table = json.loads(encode(Project((edits.set_mute(document, "ride", True),), 1)))
    table["clips"][0]["voice_mix"].update(change)
    with pytest.raises(ProjectError, match="damaged"):
        decode(json.dumps(table).encode(), "x.musegen")


@pytest.mark.parametrize("change", [edits.set_mute, edits.set_solo, edits.set_level])
def test_an_unknown_voice_is_refused(document, change):
    with pytest.raises(ValueError, match="'gong' is not a voice"):
        change(document, "gong", 1)
    assert VoiceMix().level_percent("gong") == 100
    assert "gong" not in MIXED
