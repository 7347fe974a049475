"""The bundled drum maps and those of the user."""

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw import sampler_maps
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.sampler_maps import drum_map_names, load_drum_map, save_drum_map, titles, user_map_names

MINE = DrumMap("My pads", {"kick": 48, "snare": 50}, "pads of mine")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sampler_maps, "user_folder", lambda: tmp_path / "user")
    return tmp_path / "user" / "drum_maps"


@pytest.mark.parametrize("name", resources.drum_map_names())
def test_a_bundled_map_says_where_its_pitches_are_from(name):
    found = load_drum_map(name)
    assert found.pitch_of(0) is not None
    assert "https://" in found.source or found.source.startswith("made for this program")


def test_a_saved_map_is_listed_after_the_bundled_ones(folder):
    assert drum_map_names() == resources.drum_map_names()
    assert save_drum_map(MINE) == "my-pads"
    assert drum_map_names() == (*resources.drum_map_names(), "my-pads")
    assert load_drum_map("my-pads") == MINE
    assert load_drum_map("my-pads").source == MINE.source
    assert titles()["My pads"] == "my-pads"
    save_drum_map(DrumMap("My pads", {"kick": 1}))
    assert load_drum_map("my-pads").pitches == {"kick": 1}
    assert [path.name for path in folder.iterdir()] == ["my-pads.toml"]


@pytest.mark.parametrize("name", ["General MIDI", "ssd5", "  ", "…", "two\nlines"])
def test_a_name_that_cannot_be_used_is_refused(folder, name):
    with pytest.raises(MusegenError):
        save_drum_map(DrumMap(name, {"kick": 48}))
    assert user_map_names() == ()


def test_a_map_of_nothing_is_refused():
    with pytest.raises(MusegenError, match="press a pad first"):
        save_drum_map(DrumMap("Empty", {}))


def test_a_map_that_cannot_be_read_has_no_title(folder):
    save_drum_map(MINE)
    (folder / "broken.toml").write_text("name = ")
    (folder / "ssd5.toml").write_text("a bundled name")
    assert user_map_names() == ("broken", "my-pads")
    assert "my-pads" in titles().values()
    assert "broken" not in titles().values()
    with pytest.raises(MusegenError):
        load_drum_map("broken")


def test_an_unknown_name_lists_what_there_is():
    save_drum_map(MINE)
    with pytest.raises(MusegenError, match="my-pads"):
        load_drum_map("kazoo")
