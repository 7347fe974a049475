"""The forms in which `musegen-daw generate` writes: loops, notes alone, with swing."""

import mido
import pytest

from musegen_daw.cli.drum_request import DrumOptions, FileForm, drum_task, read_song
from musegen_daw.drums.request import DrumSettings
from musegen_daw.midi.file import read_midi, song_from_bytes, write_midi
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.time import TimeMap
from tests.cli.doubles import TIME_MAP, one_sentence, part
from tests.style_book import BOOK


def test_a_loop_ends_every_track_at_the_last_bar_line(run, tmp_path):
    keys = Clip((*part().notes, Note(64, 80, 4 * 3840 - 100, 300)), 9 * 3840, 960, "Keys")
    write_midi(Song((keys,), TIME_MAP), tmp_path / "in.mid")
    assert run("generate", tmp_path / "in.mid", "-o", tmp_path / "loop.mid", "--loop")[0] == 0
    file = mido.MidiFile(tmp_path / "loop.mid")
    assert {sum(message.time for message in track) for track in file.tracks} == {4 * 3840}
    song = read_midi(tmp_path / "loop.mid")
    assert song.end_ticks == 4 * 3840
    assert len(song.clips) == 2
    assert run("generate", tmp_path / "in.mid", "-o", tmp_path / "long.mid")[0] == 0
    assert read_midi(tmp_path / "long.mid").end_ticks > 4 * 3840


def test_without_meta_events_a_daw_has_nothing_to_ask(run, clip, tmp_path):
    options = ("--only-drums", "--no-meta", "--loop")
    assert run("generate", clip, "-o", tmp_path / "out.mid", *options)[0] == 0
    file = mido.MidiFile(tmp_path / "out.mid")
    assert file.type == 0
    assert {message.type for message in file.tracks[0]} == {"note_on", "note_off", "end_of_track"}
    assert sum(message.time for message in file.tracks[0]) == 4 * 3840


def test_a_project_has_its_tempo(run, clip, tmp_path, drummer):
    code, _, err = run("generate", clip, "-o", tmp_path / "out.rpp", "--no-meta")
    assert code == 1
    assert "out.rpp is a project" in one_sentence(err)
    assert drummer.opened == []


def test_swing_delays_the_off_beats_of_the_new_drums(clip):
    given = read_song(clip, DrumOptions(DrumSettings()), lambda sentence: None)
    take = Clip(
        (Note(36, 90, 0, 60), Note(42, 90, 480, 60), Note(38, 90, 960, 60)), 4 * 3840, 960, is_drum=True
    )
    for ratio, expected in ((0.5, [0, 480, 960]), (2 / 3, [0, 640, 960])):
        options = DrumOptions(DrumSettings(), swing_ratio=ratio)
        job = drum_task(given.song, "clip", options, lambda sentence: None).job(BOOK)
        assert [note.start_ticks for note in job.written_of(take).notes] == expected


@pytest.mark.parametrize("swing", ["0.4", "0.8", "much"])
def test_swing_beyond_its_range_is_refused(run, clip, tmp_path, swing):
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--swing", swing)[0] == 2
    assert not (tmp_path / "out.mid").exists()


def test_sections_of_a_plan_are_markers_where_the_song_has_none(tmp_path, clip):
    options = DrumOptions(DrumSettings())
    take = Clip((Note(36, 90, 0, 60),), 4 * 3840, 960, is_drum=True)
    for markers, names in (((), ["Verse", "Chorus"]), ((Marker(3840, "mine"),), ["mine"])):
        write_midi(Song((part(),), TimeMap(960), markers), tmp_path / "in.mid")
        given = read_song(tmp_path / "in.mid", options, lambda sentence: None)
        job = drum_task(given.song, "in", options, lambda sentence: None).job(BOOK)
        sections = [(0, "Verse"), (2, "Chorus")]
        for path in (tmp_path / "x.mid", tmp_path / "x.rpp"):
            written = job.file_of(take, given, path, FileForm(), sections)
            found = song_from_bytes(written, "x").markers if path.suffix == ".mid" else None
            if found is not None:
                assert [marker.name for marker in found] == names
            else:
                assert all(f'"{name}"'.encode() in written for name in names)
