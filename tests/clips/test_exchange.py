"""Drums through a folder."""

import json
import os

import mido
import pytest

from musegen_daw.clips.exchange import MAX_WISHES_BYTES, Exchange, Wishes, is_request
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import ModelError, MusegenError
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import TimeMap
from musegen_daw.sampler_maps import load_drum_map
from tests.cli.doubles import TIME_MAP, Drummer, part

PLAIN = TimeMap(960, (), ())


@pytest.fixture
def drummer():
    return Drummer()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "exchange"
    made.mkdir()
    return made


def put(folder, name="part.mid", wishes=None, time_map=PLAIN):
    path = folder / name
    if wishes is not None:
        text = wishes if isinstance(wishes, str) else json.dumps(wishes)
        path.with_suffix(".json").write_text(text)
    write_midi(Song((part(),), time_map), path)
    return path


def settled(exchange):
    exchange.waiting()
    return exchange.waiting()


def test_a_request_is_answered_by_notes_of_the_same_name(folder, drummer):
    exchange = Exchange(folder)
    request = put(folder)
    assert exchange.waiting() == ()  # it may still grow
    assert exchange.waiting() == (request,)
    answer = exchange.answer(request, lambda: drummer, Wishes(loop=True))
    assert answer.is_good
    assert answer.path == folder / "answers" / "part.mid"
    file = mido.MidiFile(answer.path)
    assert {message.type for message in file.tracks[0]} == {"note_on", "note_off", "end_of_track"}
    assert sum(message.time for message in file.tracks[0]) == 4 * 4 * file.ticks_per_beat
    assert settled(exchange) == ()
    assert settled(Exchange(folder)) == ()


def test_a_request_that_is_written_again_is_answered_again(folder, drummer):
    exchange = Exchange(folder)
    request = put(folder)
    answer = exchange.answer(*settled(exchange), lambda: drummer, Wishes())
    after = answer.path.stat().st_mtime_ns + 10**9
    os.utime(request, ns=(after, after))
    assert settled(exchange) == (request,)
    exchange.answer(request, lambda: drummer, Wishes())
    first, second = drummer.requests
    assert first.seed != second.seed


def test_the_file_beside_a_request_says_what_is_wanted(folder, drummer):
    options = {"density": 0.9, "seed": 7, "drum_map": "ssd5", "swing": 0.6, "style": "02"}
    request = put(folder, wishes={"tempo_bpm": 90, "position_seconds": 2.5, "options": options})
    assert is_request(request)
    answer = Exchange(folder).answer(request, lambda: drummer, Wishes(DrumSettings(energy=0.2)))
    (asked,) = drummer.requests
    assert asked.seed == 7
    assert asked.variations == 1
    assert asked.bpm == pytest.approx(90)
    notes = {message.note for message in mido.MidiFile(answer.path) if message.type == "note_on"}
    assert load_drum_map("ssd5").pitches["kick"] in notes


def test_the_tempo_of_the_file_wins(folder, drummer):
    request = put(folder, wishes={"tempo_bpm": 90}, time_map=TIME_MAP)
    Exchange(folder).answer(request, lambda: drummer, Wishes())
    assert drummer.requests[0].bpm > 100


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ("{", "part.json cannot be read"),
        ("[" * 100_000, "too large|part.json"),
        ({"options": {"density": 3}}, "part.json cannot be read"),
        ({"options": {"colour": "red"}}, "part.json cannot be read"),
        ({"tempo_bpm": 0}, "part.json cannot be read"),
        ({"options": {"drum_map": "../../map.toml"}}, "part.json cannot be read"),
        ({"options": {"drum_map": "kazoo"}}, "There is no drum map 'kazoo'"),
        ({"options": {"style": "groove.mid"}}, "by its name or number"),
        ({"options": {"style": "no such style"}}, "style"),
        ({"padding": "x" * MAX_WISHES_BYTES}, "part.json"),
    ],
)
def test_what_is_wrong_is_answered_by_one_sentence(folder, drummer, wishes, words):
    request = put(folder, wishes=wishes)
    answer = Exchange(folder).answer(request, lambda: drummer, Wishes())
    assert not answer.is_good
    assert answer.path == folder / "answers" / "part.txt"
    text = answer.path.read_text()
    assert text.count("\n") == 1
    assert any(each in text for each in words.split("|"))
    assert drummer.requests == []


def test_what_is_no_midi_file_is_answered_by_one_sentence(folder, drummer):
    (folder / "part.mid").write_bytes(b"MThd and no more")
    answer = Exchange(folder).answer(folder / "part.mid", lambda: drummer, Wishes())
    assert answer.path.suffix == ".txt"
    put(folder)
    answer = Exchange(folder).answer(folder / "part.mid", lambda: drummer, Wishes())
    assert [path.name for path in (folder / "answers").iterdir()] == ["part.mid"]


def test_a_large_file_is_refused(folder, drummer, monkeypatch):
    monkeypatch.setattr("musegen_daw.clips.exchange.MAX_REQUEST_BYTES", 100)
    answer = Exchange(folder).answer(put(folder), lambda: drummer, Wishes())
    assert answer.path.suffix == ".txt"


def test_links_hidden_files_and_other_files_are_no_requests(folder, drummer, tmp_path):
    outside = put(tmp_path, "outside.mid")
    (folder / "link.mid").symlink_to(outside)
    put(folder, ".hidden.mid")
    (folder / "note.txt").write_text("x")
    (folder / "folder.mid").mkdir()
    exchange = Exchange(folder)
    assert settled(exchange) == ()
    assert exchange.answer(folder / "link.mid", lambda: drummer, Wishes()).path.suffix == ".txt"
    assert drummer.requests == []


def test_answers_are_not_written_through_a_link(folder, drummer, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "answers").symlink_to(elsewhere)
    with pytest.raises(MusegenError, match="is a link"):
        Exchange(folder).answer(put(folder), lambda: drummer, Wishes())
    assert list(elsewhere.iterdir()) == []


def test_what_is_there_already_can_be_passed_over(folder):
    put(folder, "old.mid")
    exchange = Exchange(folder, ignore_present=True)
    new = put(folder, "new.mid")
    assert settled(exchange) == (new,)


def test_a_folder_is_needed(tmp_path):
    with pytest.raises(MusegenError, match="There is no folder"):
        Exchange(tmp_path / "gone")


def test_a_model_that_cannot_be_opened_is_answered_by_its_sentence(folder):
    def no_model():
        raise ModelError("There is no model.")

    answer = Exchange(folder).answer(put(folder), no_model, Wishes())
    assert answer.path.read_text() == "There is no model.\n"
