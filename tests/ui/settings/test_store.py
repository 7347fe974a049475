"""The settings: immutable, told when they change, and deaf to nonsense in a file."""

import dataclasses

import pytest

from musegen_daw.ui.settings.store import AppSettings, SettingsStore


def test_a_change_is_told_once_and_only_if_it_is_one(qtbot):
    store, told = SettingsStore(), []
    store.changed.connect(told.append)
    store.change(theme="light")
    store.change(theme="light")
    assert told == [AppSettings(theme="light")]
    assert store.current.theme == "light"
    with pytest.raises(dataclasses.FrozenInstanceError):
        store.current.theme = "dark"


def test_what_comes_from_a_file_is_checked_by_kind():
    saved = {
        "theme": "light",
        "audio_device": 3,
        "note_names": "Klingon",
        "is_first_run": False,
        "colour": "pink",
    }
    settings, passed_over = AppSettings.from_dict(saved)
    assert settings == AppSettings(theme="light", is_first_run=False)
    assert passed_over == ("audio_device", "colour", "note_names")
    assert AppSettings.from_dict(settings.as_dict()) == (settings, ())


def test_what_is_no_setting_any_more_is_passed_over_in_silence():
    assert AppSettings.from_dict({"midi_api": "alsa", "theme": "light"}) == (
        AppSettings(theme="light"),
        (),
    )


def test_no_text_is_longer_than_a_path_and_none_ends_in_the_middle():
    saved = {"watched_dir": "x" * 5000, "models_dir": "a\0b", "theme": "light"}
    settings, passed_over = AppSettings.from_dict(saved)
    assert settings == AppSettings(theme="light")
    assert passed_over == ("models_dir", "watched_dir")
