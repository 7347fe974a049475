"""REAPER projects hold the song, as an independent reader finds it."""

import rpp
from hypothesis import given

from musegen_daw.daw.reaper import PPQ, song_to_rpp, song_to_track_template
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.strategies import songs, without_nesting


def notes_of(track):
    """(pitch, velocity, start, duration) of the notes of a track's MIDI, in ticks, and the ticks of its end."""
    ticks, sounding, notes = 0, {}, []
    for event in track.find(".//SOURCE").findall("E"):
        delta, status, pitch, velocity = int(event[1]), *(int(each, 16) for each in event[2:])
        ticks += delta
        if status & 0xF0 == 0x90 and velocity:
            sounding.setdefault(pitch, []).append((ticks, velocity))
        elif status & 0xF0 == 0x80:
            start, struck = sounding[pitch].pop(0)
            notes.append((pitch, struck, start, ticks - start))
    assert not any(sounding.values())
    return sorted(notes), ticks


@given(song=songs())
def test_every_note_is_in_it(song):
    project = rpp.loads(song_to_rpp(song).decode())
    tracks = project.findall("TRACK")
    assert len(tracks) == len(song.clips)
    for track, clip in zip(tracks, song.clips, strict=True):
        simple = without_nesting(clip.at_ppq(PPQ))
        notes, end_ticks = notes_of(track)
        assert {(note.pitch, note.start_ticks) for note in simple.notes} <= {
            (note[0], note[2]) for note in notes
        }
        assert len(notes) == len(clip.notes)
        assert end_ticks == max(each.at_ppq(PPQ).end_ticks for each in song.clips)


def test_tempo_meter_and_markers_are_those_of_the_song():
    time_map = TimeMap(
        480,
        (Tempo(0, 500_000), Tempo(3840, 1_000_000)),
        (TimeSignature(0, 4, 4), TimeSignature(2400, 7, 8)),
    )
    bass = Clip((Note(40, 100, 0, 480),), 7680, 480, name='12" "Bass"')
    project = rpp.loads(song_to_rpp(Song((bass,), time_map, (Marker(3840, "Chorus"),))).decode())
    assert project.find("TEMPO")[1:] == ["120", "4", "4"]
    assert project.find("MARKER")[1:4] == ["1", "4.000000000000", "Chorus"]
    points = [[float(value) for value in point[1:]] for point in project.find("TEMPOENVEX").findall("PT")]
    meter = 65_536
    assert points == [
        [0, 120, 1, 4 * meter + 4, 0, 1],
        [2.5, 120, 1, 8 * meter + 7, 0, 5],  # in the middle of a bar
        [4, 60, 1],
    ]
    track = project.find("TRACK")
    assert track.find("NAME")[1] == '12" "Bass"'
    assert float(track.find("ITEM/LENGTH")[1]) == 12


def test_a_track_template_is_the_tracks_alone():
    drums = Clip((Note(36, 100, 0, 120),), 1920, 480, name="Drums", is_drum=True)
    part = Clip((Note(60, 100, 0, 120),), 1920, 480, name="Piano")
    text = song_to_track_template(Song((part, drums), TimeMap(480))).decode()
    assert text.count("<TRACK {") == 2
    assert "REAPER_PROJECT" not in text
    assert notes_of(rpp.loads(text[text.rindex("<TRACK") :])) == ([(36, 100, 0, 240)], 3840)
