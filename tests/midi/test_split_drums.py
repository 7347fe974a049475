"""Drums as one track for each piece of the kit: no event is lost."""

from collections import Counter

from hypothesis import given

from musegen_daw.midi import smf
from musegen_daw.midi.file import midi_song_from_bytes, song_from_bytes, song_to_bytes
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.drum_maps import piece_names
from musegen_daw.music.time import Tempo, TimeMap
from tests.strategies import songs

NAMES = piece_names()


def channel_events(data):
    midi = smf.parse(data)
    return Counter(event for track in midi.tracks for event in track.events if event[1] < smf.SYSEX)


@given(song=songs(max_clips=6))
def test_every_channel_event_stays(song):
    data = song_to_bytes(song)
    split = midi_song_from_bytes(data, "song.mid").with_split_drums(NAMES)
    assert channel_events(split) == channel_events(data)


def test_a_track_that_also_holds_the_tempo_keeps_it():
    drums = Clip((Note(36, 90, 0, 60), Note(38, 90, 480, 60)), 1920, 480, name="Beat", is_drum=True)
    song = Song((drums,), TimeMap(480, (Tempo(0, 400_000),)), (Marker(480, "Verse"),))
    data = song_to_bytes(song, type0=True)
    split = song_from_bytes(midi_song_from_bytes(data, "song.mid").with_split_drums(NAMES), "split.mid")
    assert [clip.name for clip in split.drums] == ["Kick", "Snare"]
    assert split.time_map.bpm_at(0) == 150
    assert split.markers == song.markers


def test_drums_within_a_track_of_other_notes_are_taken_out_of_it():
    part = Clip((Note(60, 90, 0, 480),), 1920, 480, name="Keys")
    drums = Clip((Note(42, 90, 0, 60),), 1920, 480, is_drum=True)
    data = song_to_bytes(Song((part, drums), TimeMap(480)), type0=True)
    split = song_from_bytes(midi_song_from_bytes(data, "song.mid").with_split_drums(NAMES), "split.mid")
    assert [(clip.name, len(clip.notes)) for clip in split.drums] == [("Closed hat", 1)]
    assert [clip.notes for clip in split.parts] == [part.notes]
