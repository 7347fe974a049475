"""Drums as one track for each piece of the kit."""

from hypothesis import given

from musegen_daw.daw.voices import split_drums, split_song
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import piece_names
from musegen_daw.music.time import TimeMap
from tests.strategies import clips


@given(drums=clips())
def test_every_hit_is_in_one_track(drums):
    tracks = split_drums(drums, piece_names())
    notes = sorted((note for track in tracks for note in track.notes), key=repr)
    assert notes == sorted(drums.notes, key=repr)
    assert all(track.notes and track.length_ticks == drums.length_ticks for track in tracks)


def test_tracks_are_named_after_the_kit_in_its_order():
    pitches = (81, 38, 35, 36, 42, 38)
    drums = Clip(tuple(Note(pitch, 90, 0, 60) for pitch in pitches), 1920, 480, is_drum=True)
    part = Clip((Note(60, 90, 0, 60),), 1920, 480, name="Piano")
    song = split_song(Song((part, drums), TimeMap(480)), piece_names())
    assert [clip.name for clip in song.clips] == ["Piano", "Kick", "Snare", "Closed hat", "Note 81"]
    assert all(clip.is_drum for clip in song.clips[1:])
