"""Performed drums: lengths, pitches, tempo and tracks of each profile."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import edits
from musegen_daw.clips.document import MidiSource
from musegen_daw.clips.export import (
    Profile,
    drums_alone,
    drums_as_midi,
    mapped,
    mix,
    performed,
    with_drums,
)
from musegen_daw.clips.opening import open_clip
from musegen_daw.drums.plan import BarPlan, Plan
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import ProjectError
from musegen_daw.midi import smf
from musegen_daw.midi.file import song_from_bytes, song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.clips.strategies import documents


@given(documents(), st.sampled_from(list(Profile)))
def test_an_exported_file_matches_the_performance(document, profile):
    drums = mapped(document)
    if not drums.notes:
        with pytest.raises(ProjectError, match="generate some first|All drums are muted"):
            drums_as_midi(document, profile)
        return
    song = song_from_bytes(drums_as_midi(document, profile), "x.mid")
    (read,) = song.clips
    assert read.notes == drums.notes
    assert read.length_ticks == document.end_ticks
    assert read.is_drum


@given(documents())
def test_a_pickled_document_is_performed_the_same(document):
    sent = pickle.loads(pickle.dumps(document))  # noqa: S301
    assert sent == document
    assert performed(sent) == performed(document)
    assert mapped(sent) == mapped(document)


@given(documents())
def test_no_hit_outlasts_the_next_of_its_pitch_or_the_end(document):
    last = {}
    for note in performed(document).notes:
        assert note.start_ticks >= last.get(note.pitch, 0)
        assert note.end_ticks <= document.end_ticks
        last[note.pitch] = note.end_ticks


def test_the_profiles_differ_in_tracks_and_tempo(edited):
    tracks = {profile: smf.parse(drums_as_midi(edited, profile)).tracks for profile in Profile}
    types = {profile: drums_as_midi(edited, profile)[9] for profile in Profile}
    assert types == {Profile.LIVE: 0, Profile.REAPER: 0, Profile.OTHERS: 1, Profile.NOTES: 0}
    assert {profile: len(of) for profile, of in tracks.items()} == {
        Profile.LIVE: 1, Profile.REAPER: 1, Profile.OTHERS: 2, Profile.NOTES: 1,
    }  # fmt: skip
    tempos = {
        profile: sum(event[1:3] == (smf.META, smf.TEMPO) for track in of for event in track.events)
        for profile, of in tracks.items()
    }
    assert tempos == {Profile.LIVE: 0, Profile.REAPER: 2, Profile.OTHERS: 2, Profile.NOTES: 0}
    for profile, of in tracks.items():
        assert {track.end_ticks for track in of} == {edited.end_ticks}
        names = [
            event[4] for track in of for event in track.events if event[1:3] == (smf.META, smf.TRACK_NAME)
        ]
        assert names == ([] if profile is Profile.NOTES else [b"verse drums"])


def test_a_loop_wraps_what_humanise_moves_ahead_of_the_first_bar(edited):
    for voice in range(1, 9):
        edited = edits.add_hit(edited, voice, 0, 90)
    loose = edits.set_humanise(edits.set_swing(edited, 0.6), 1.0)
    plain, loop = performed(loose), performed(loose, loop=True)
    assert loop.length_ticks == loop.end_ticks == loose.end_ticks
    assert len(loop.notes) == len(plain.notes)
    clamped, wrapped = set(plain.notes) - set(loop.notes), set(loop.notes) - set(plain.notes)
    assert len(clamped) == len(wrapped) > 0
    assert {note.start_ticks for note in clamped} == {0}
    assert all(loose.end_ticks - loose.ppq // 16 <= note.start_ticks for note in wrapped)
    assert {(note.pitch, note.velocity) for note in wrapped} == {
        (note.pitch, note.velocity) for note in clamped
    }
    assert smf.parse(drums_as_midi(loose, Profile.LIVE, loop=True)).tracks[0].end_ticks == loose.end_ticks


@pytest.mark.parametrize("profile", [Profile.REAPER, Profile.OTHERS])
def test_sections_are_markers_where_the_clip_has_none(edited, profile):
    planned = edits.set_plan(
        edited, Plan(tuple(BarPlan(section=bar // 2) for bar in range(len(edited.bars))))
    )
    data = drums_as_midi(planned, profile)
    markers = song_from_bytes(data, "x").markers
    bars = edited.bars
    assert [(each.start_ticks, each.name) for each in markers] == [
        (0, "A"), (bars[2].start_ticks, "B"),
    ]  # fmt: skip
    for suffix in (".mid", ".dawproject", ".rpp"):
        written = with_drums(planned, Path(f"x{suffix}"))
        name = {".mid": b"\xff\x06\x01B", ".rpp": b"MARKER 2", ".dawproject": b'name="B"'}[suffix]
        assert name in (written if suffix != ".dawproject" else project_xml(written))
    assert song_from_bytes(drums_as_midi(edited, profile), "x").markers == ()


def test_the_drum_map_applies_to_export_only(edited):
    mapped_clip = edits.set_drum_map(edited, DrumMap("pads", {"kick": 60}))
    assert {note.pitch for note in drums_alone(mapped_clip).clips[0].notes} == {36}
    (written,) = song_from_bytes(drums_as_midi(mapped_clip, Profile.LIVE), "x").clips
    assert {note.pitch for note in written.notes} == {60}


def test_swing_and_humanise_leave_the_take_unchanged(edited):
    swung = edits.set_humanise(edits.set_swing(edited, 0.66), 1.0)
    assert swung.drums == edited.drums
    assert performed(swung) == performed(swung) != performed(edited)
    off_beat = edits.set_swing(edits.add_hit(edited, 1, edited.ppq // 2, 90), 0.6)
    snares = [note for note in performed(off_beat).notes if note.pitch == 38]
    assert [note.start_ticks for note in snares] == [round(0.6 * edited.ppq)]


def test_the_tempo_override_is_played_and_exported(edited):
    at_90 = edits.set_tempo(edited, 90)
    assert mix(at_90).time_map.bpm_at(0) == pytest.approx(90, abs=1e-3)
    assert song_from_bytes(drums_as_midi(at_90, Profile.OTHERS), "x").time_map.bpm_at(0) == pytest.approx(
        90, abs=1e-3
    )
    assert len(mix(at_90).clips) == 3
    assert [clip.is_drum for clip in song_from_bytes(with_drums(at_90, Path("x.mid")), "x").clips] == [
        False,
        False,
        True,
    ]


def project_xml(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("project.xml")


@pytest.fixture
def edited(document):
    for beat in range(8):
        document = edits.add_hit(document, 0, beat * document.ppq)
    return document


def test_a_late_tempo_change_makes_no_file_longer():
    time_map = TimeMap(96, (Tempo(0, 500_000), Tempo(5_000, 400_000)), (TimeSignature(0, 4, 4),))
    part = Clip((Note(60, 80, 0, 90), Note(62, 80, 384, 90)), 768, 96, "Part")
    source = MidiSource("clip.mid", song_to_bytes(Song((part,), time_map)))
    document = edits.add_hit(open_clip([source], 1, DrumSettings(seed=0)), 0, 0)
    for data in (drums_as_midi(document, Profile.OTHERS), with_drums(document, Path("x.mid"))):
        assert {track.end_ticks for track in smf.parse(data).tracks} == {768}
        assert song_from_bytes(data, "x").time_map.tempos == (Tempo(0, 500_000),)
