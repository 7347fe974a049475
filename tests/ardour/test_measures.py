"""What a jam is judged by, on jams that went wrong in known ways; and regions that come back from a session file."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.ardour import session_file
from benchmarks.ardour.jam import RecordedJam
from benchmarks.ardour.measures import findings
from benchmarks.ardour.picture import draw
from benchmarks.ardour.session_file import Onset
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import TimeMap

ON, OFF = b"\x99\x24\x64", b"\x89\x24\x00"


def hits(*beats, pitch=36):
    return tuple(Onset(beat, 0.1, 9, pitch, 100) for beat in beats)


GOOD = RecordedJam(
    bpm=120.0,
    bars=3,
    intended=hits(4.0, 6.0, 8.0, 10.0),
    recorded=hits(4.0, 6.0, 8.0, 10.0),
    part=hits(0.0, 1.0),
    ruler=hits(0.0, 1.0),
    sent=((10.0, ON), (10.1, OFF), (11.0, ON), (11.1, OFF)),
    stopped_seconds=11.5,
    xruns=0,
)


def test_a_jam_without_fault():
    found = findings(GOOD)
    assert (found.missing, found.extra, found.empty_bars, found.hanging, found.strikes_after_stop) == (
        0,
        0,
        (),
        0,
        0,
    )
    assert found.largest_error_ms == 0
    assert found.ruler_missing == 0


def test_errors_are_those_of_the_nearest_hits_of_a_pitch():
    late = replace(GOOD, recorded=(*hits(4.0, 6.02, 8.0, 9.99), *hits(6.0, pitch=38)))
    found = findings(late)
    assert found.errors_ms == pytest.approx([0, 10, 0, -5])
    assert found.largest_error_ms == pytest.approx(10)
    assert (found.missing, found.extra) == (0, 1)


def test_flams_keep_their_order():
    flam = replace(GOOD, intended=hits(4.0, 4.05, 8.0), recorded=hits(4.01, 4.06, 8.0))
    assert findings(flam).errors_ms == pytest.approx([5, 5, 0])


def test_a_hit_that_was_lost_and_a_bar_that_stayed_empty_are_told():
    found = findings(replace(GOOD, recorded=hits(4.0, 6.0)))
    assert (found.missing, found.extra, found.empty_bars) == (2, 0, (3,))


def test_what_is_due_as_the_daw_stops_is_not_lost():
    found = findings(replace(GOOD, intended=(*GOOD.intended, *hits(12.0))))
    assert found.missing == 0


@pytest.mark.parametrize("sent", [(ON,), (ON, OFF, OFF), (ON, ON, OFF)])
def test_a_note_that_does_not_end_exactly_once_is_told(sent):
    assert findings(replace(GOOD, sent=tuple((10.0, data) for data in sent))).hanging == 1


def test_a_strike_after_the_stop_is_told():
    sent = (*GOOD.sent, (11.6, ON), (11.7, OFF))
    assert findings(replace(GOOD, sent=sent)).strikes_after_stop == 1


def test_a_part_that_lost_a_note_is_told():
    found = findings(replace(GOOD, ruler=hits(0.0)))
    assert found.ruler_missing == 1
    assert np.abs(found.ruler_ms).max() == 0


def test_the_picture_shows_every_take(tmp_path):
    worse = replace(GOOD, recorded=hits(4.0, 6.05, 8.0))
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for file, takes in zip(files, ((GOOD,), (GOOD, worse)), strict=True):
        draw([(take, findings(take)) for take in takes], file)
    heights = [int.from_bytes(file.read_bytes()[20:24]) for file in files]
    assert heights[1] == 2 * heights[0] > 0


@pytest.fixture
def session(tmp_path):
    file = tmp_path / "jam" / "jam.ardour"
    file.parent.mkdir()
    file.write_text(
        '<Session id-counter="300"><Sources/><Regions/><Playlists><Playlist name="Bass"/><Playlist name="Drums"/>'
        "</Playlists></Session>",
        encoding="utf-8",
    )
    return file


BASS = Clip((Note(33, 90, 0, 240), Note(35, 80, 480, 480)), 1920, 480, "Bass")


def test_a_clip_comes_back_from_where_it_was_placed(session):
    session_file.place(session, Song((BASS,), TimeMap(480)), (0.0, 4.0))
    assert session_file.recorded(session, "Bass") == (
        Onset(0.0, 0.5, 0, 33, 90),
        Onset(1.0, 1.0, 0, 35, 80),
        Onset(4.0, 0.5, 0, 33, 90),
        Onset(5.0, 1.0, 0, 35, 80),
    )
    assert session_file.recorded(session, "Drums") == ()


def test_a_track_that_is_not_there_is_named(session):
    with pytest.raises(ValueError, match="no track 'Piano'"):
        session_file.recorded(session, "Piano")


def test_a_note_without_an_end_is_found(tmp_path):
    whole = song_to_bytes(Song((BASS,), TimeMap(480)), type0=True, with_tempo=False)
    file = tmp_path / "open.mid"
    file.write_bytes(whole.replace(b"\x80\x21", b"\xa0\x21", 1))
    with pytest.raises(ValueError, match=r"1 notes of open\.mid have no end"):
        session_file.notes(file)
