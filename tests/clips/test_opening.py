"""Opening files: parts, bars and drums."""

import pytest

from musegen_daw.clips.document import MidiSource, Project
from musegen_daw.clips.opening import add_sources, open_clip, read_source, set_primer
from musegen_daw.clips.project_file import decode, encode
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import MidiFileError
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Song
from musegen_daw.music.time import Tempo, TimeMap
from tests.cli.doubles import kit, part

SETTINGS = DrumSettings(seed=0)


def source(*clips, name="clip.mid", time_map=None):
    return MidiSource(name, song_to_bytes(Song(clips, time_map or TimeMap(clips[0].ppq))))


def test_parts_that_the_model_knows_are_followed():
    document = open_clip([source(part("Keys", 0), part("Strings", 48), part("Bass", 33))], 1, SETTINGS)
    assert [clip.name for clip in document.parts] == ["Keys", "Bass"]
    assert document.name == "clip"


def test_without_a_known_part_all_are_followed():
    document = open_clip([source(part("Strings", 48), part("Flute", 73))], 1, SETTINGS)
    assert len(document.parts) == 2


def test_drums_in_the_file_are_the_first_take_and_count_for_the_length():
    drums = kit(0, 5 * 3840, length_ticks=6 * 3840)
    document = open_clip([source(part(bars=4), drums)], 1, SETTINGS)
    assert len(document.bars) == 6
    assert [note.start_ticks for note in document.drums.notes] == [0, 5 * 3840]
    assert document.take.origin == "from the file"
    assert not any(clip.is_drum for clip in document.song.clips)


def test_files_share_the_tempo_of_the_one_that_has_one():
    keys = source(part("Keys", bars=2))
    at_90 = TimeMap(480, (Tempo(0, 666_667), Tempo(960, 500_000)))
    bass = source(part("Bass", 33, bars=4, ppq=480), name="bass.mid", time_map=at_90)
    document = open_clip([keys, bass], 1, SETTINGS)
    assert [clip.name for clip in document.parts] == ["Keys", "Bass"]
    assert document.ppq == 960
    assert len(document.bars) == 4
    assert document.time_map.tempos == (Tempo(0, 666_667), Tempo(1920, 500_000))


def test_adding_a_file_keeps_takes_and_followed_parts():
    document = open_clip([source(part("Keys"), part("Strings", 48), kit(0))], 1, SETTINGS)
    after = add_sources(document, [source(part("Bass", 33, bars=8), name="bass.mid")])
    assert [clip.name for clip in after.parts] == ["Keys", "Bass"]
    assert len(after.bars) == 8
    assert after.drums.notes == document.drums.notes
    assert after.drums.length_ticks == document.end_ticks


def test_a_drum_loop_is_a_primer_and_not_a_clip(document):
    loop = source(kit(0, 960, length_ticks=3840), name="loop.mid")
    with pytest.raises(MidiFileError, match="loop.mid has no instrument track.* primer"):
        open_clip([loop], 1, SETTINGS)
    primed = set_primer(document, loop)
    assert [note.start_ticks for note in primed.primer.drums.notes] == [0, 960]
    assert set_primer(primed, None) == document
    with pytest.raises(MidiFileError, match="no drums"):
        set_primer(document, source(part("Keys"), part("Bass")))


def test_a_file_that_is_not_midi_raises(tmp_path):
    path = tmp_path / "text.mid"
    path.write_text("no music")
    with pytest.raises(MidiFileError, match=r"text\.mid"):
        open_clip([read_source(path)], 1, SETTINGS)


def test_a_stray_hit_adds_no_bars_and_is_dropped():
    document = open_clip([source(part(bars=4), kit(0, 960, 90 * 3840))], 1, SETTINGS)
    assert len(document.bars) == 4
    assert document.song.remarks == ("clip.mid: 1 note more than 64 bars later left out.",)
    assert [note.start_ticks for note in document.takes[0].drums.notes] == [0, 960]
    assert decode(encode(Project((document,), 1)), "x.musegen").clips == (document,)
