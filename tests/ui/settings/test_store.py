"""Settings and their changes."""

import dataclasses

import pytest

from musegen_daw.ui.settings.store import AppSettings, SettingsStore


def test_changed_is_emitted_once_per_change(qtbot):
    store, told = SettingsStore(), []
    store.changed.connect(told.append)
    store.change(theme="light")
    store.change(theme="light")
    assert told == [AppSettings(theme="light")]
    assert store.current.theme == "light"
    with pytest.raises(dataclasses.FrozenInstanceError):
        store.current.theme = "dark"


def test_saved_settings_are_validated():
    saved = {
        "theme": "light",
        "audio_device": 3,
        "note_names": "Klingon",
        "colour": "pink",
    }
    settings, passed_over = AppSettings.from_dict(saved)
    assert settings == AppSettings(theme="light")
    assert passed_over == ("audio_device", "colour", "note_names")
    assert AppSettings.from_dict(settings.as_dict()) == (settings, ())


def test_former_settings_are_ignored():
    assert AppSettings.from_dict({"midi_api": "alsa", "theme": "light"}) == (
        AppSettings(theme="light"),
        (),
    )


def test_long_texts_and_null_characters_are_rejected():
    saved = {"watched_dir": "x" * 5000, "models_dir": "a\0b", "theme": "light"}
    settings, passed_over = AppSettings.from_dict(saved)
    assert settings == AppSettings(theme="light")
    assert passed_over == ("models_dir", "watched_dir")
