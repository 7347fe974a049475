"""The session file: round trips and damage."""

import json
import os
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.errors import MusegenError
from musegen_daw.ui import saved_session
from musegen_daw.ui.autosave import Autosave
from musegen_daw.ui.saved_session import FILE_NAME

STATE = {"jam": {"tempo_bpm": 118.4, "voices": ["kick"]}, "window": {"width": 1280}}


def test_a_session_round_trips(tmp_path):
    assert saved_session.load(tmp_path) == ({}, "")
    saved_session.save(tmp_path, STATE)
    assert saved_session.load(tmp_path) == (STATE, "")
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"version": 99, "panels": {}}',
        b'{"version": 1, "panels": 3}',
        b"null",
    ],
)
def test_an_unusable_file_is_set_aside_and_reported(tmp_path, data):
    (tmp_path / FILE_NAME).write_bytes(data)
    state, sentence = saved_session.load(tmp_path)
    assert state == {}
    assert sentence.endswith("this one begins empty.")
    assert (tmp_path / "session-damaged-1.json").read_bytes() == data
    (tmp_path / FILE_NAME).write_bytes(b"again")
    saved_session.load(tmp_path)
    assert (tmp_path / "session-damaged-2.json").read_bytes() == b"again"
    assert saved_session.load(tmp_path) == ({}, "")


def test_usable_panels_are_restored(tmp_path):
    data = '{"version": 1, "panels": {"jam": 3, "window": {"width": %s, "height": 1e999}}}' % ("9" * 5000)
    (tmp_path / FILE_NAME).write_text(data)
    state, sentence = saved_session.load(tmp_path)
    assert state == {"window": {"width": inf, "height": inf}}
    assert sentence.endswith("the rest of it is as it was.")
    assert (tmp_path / "session-damaged-1.json").read_text() == data


def test_surrogates_round_trip(tmp_path):
    state = {"vocoder": {"path": os.fsdecode(b"/dr\xfcms.wav"), "scale": "\ud800"}}
    saved_session.save(tmp_path, state)
    assert saved_session.load(tmp_path) == (state, "")


def test_deep_nesting_is_damage(tmp_path):
    (tmp_path / FILE_NAME).write_text("[" * 100_000)
    assert saved_session.load(tmp_path)[0] == {}


@given(st.binary(max_size=200))
def test_any_bytes_are_handled(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("state")
    (folder / FILE_NAME).write_bytes(data)
    state, sentence = saved_session.load(folder)
    assert isinstance(state, dict)
    assert bool(sentence) != (folder / FILE_NAME).exists()


def test_changes_are_saved_together_after_a_delay(qtbot, tmp_path):
    asked = []
    autosave = Autosave(tmp_path, lambda: asked.append(1) or STATE)
    for _ in range(50):
        autosave.touch()
    qtbot.waitUntil(lambda: (tmp_path / FILE_NAME).exists())
    assert len(asked) == 1
    autosave.touch()
    autosave.close({"jam": {"last": True}})
    assert json.loads((tmp_path / FILE_NAME).read_text())["panels"] == {"jam": {"last": True}}


def test_a_missing_folder_is_reported(qtbot, tmp_path):
    autosave, said = Autosave(tmp_path / "gone", lambda: STATE), []
    autosave.failed.connect(said.append)
    autosave.touch()
    qtbot.waitUntil(lambda: bool(said))
    autosave.close(STATE)
    assert len(said) == 2
    assert all("gone" in sentence for sentence in said)
    with pytest.raises(MusegenError):
        saved_session.save(tmp_path / "gone", STATE)
