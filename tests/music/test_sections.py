"""Sections become markers where a song has none."""

from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.sections import with_sections
from musegen_daw.music.time import TimeMap, TimeSignature

TIME_MAP = TimeMap(480, (), (TimeSignature(0, 4, 4), TimeSignature(1920, 3, 4)))


def song(*markers):
    return Song((Clip((Note(60, 80, 0, 100),), 1920 + 2 * 1440, 480),), TIME_MAP, markers)


def test_sections_begin_at_their_bars_in_order():
    marked = with_sections(song(), [(2, "Chorus"), (0, "Intro"), (7, "beyond"), (-1, "before")])
    assert marked.markers == (Marker(0, "Intro"), Marker(1920 + 1440, "Chorus"))


def test_the_markers_of_the_song_are_kept():
    own = song(Marker(480, "mine"))
    assert with_sections(own, [(0, "Intro")]) == own
    assert with_sections(song(), ()) == song()
