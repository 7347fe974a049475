"""Meta events put into a .mid and taken out of it."""

import mido
from hypothesis import given

from musegen_daw.midi import smf
from musegen_daw.midi.file import song_from_bytes, song_to_bytes
from musegen_daw.midi.meta import with_markers, without_meta
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.strategies import songs


def rock(*clips):
    drums = Clip((Note(36, 100, 0, 60), Note(38, 90, 480, 60)), 3840, 480, "Drums", 16, True, bank=2)
    time_map = TimeMap(480, (Tempo(0, 400_000), Tempo(960, 500_000)), (TimeSignature(0, 3, 4),))
    return Song((drums, *clips), time_map, (Marker(0, "Verse"),))


def read(data, tmp_path):
    path = tmp_path / "out.mid"
    path.write_bytes(data)
    return mido.MidiFile(path)


def test_only_notes_and_the_end_of_the_track_are_left(tmp_path):
    file = read(without_meta(song_to_bytes(rock())), tmp_path)
    assert file.type == 0
    (track,) = file.tracks
    assert {message.type for message in track} == {"note_on", "note_off", "end_of_track"}
    assert sum(message.time for message in track) == 3840


def test_every_sounding_track_is_kept(tmp_path):
    bass = Clip((Note(40, 100, 0, 480),), 3840, 480, "Bass", 33)
    file = read(without_meta(song_to_bytes(rock(bass))), tmp_path)
    assert [len(track) for track in file.tracks] == [5, 3]


@given(song=songs())
def test_notes_survive(song):
    data = song_to_bytes(song)
    kept = smf.parse(without_meta(data)).tracks
    notes = [
        event for track in smf.parse(data).tracks for event in track.events if event[1] < smf.KEY_PRESSURE
    ]
    assert sorted(event for track in kept for event in track.events if event[1] < smf.KEY_PRESSURE) == sorted(
        notes
    )


def test_markers_are_added_and_everything_else_stays():
    data = song_to_bytes(Song(rock().clips, rock().time_map))
    marked = song_from_bytes(with_markers(data, [Marker(1440, "Chorus"), Marker(0, "Intro")]), "x")
    assert marked.markers == (Marker(0, "Intro"), Marker(1440, "Chorus"))
    plain = song_from_bytes(data, "x")
    assert (marked.clips, marked.time_map) == (plain.clips, plain.time_map)
    assert with_markers(data, ()) == data
