"""The saved choices of the jam panel, and the rig settings made from them."""

from math import inf, nan
from pathlib import Path

import pytest

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.sampler_maps import load_drum_map
from musegen_daw.ui.jam.pickers import NO_PORT, JamChoices
from musegen_daw.ui.settings.store import AppSettings

CHOICES = JamChoices(
    clock=ClockSource.MIDI, tempo_bpm=97.5, count_in_bars=1, sound=True, mode=JamMode.LOOP, control_channel=16,
    controls=Controls(density=0.3, energy=0.8, variation=0.1, swing=0.6, muted=frozenset({"ride", "kick"})),
)  # fmt: skip


def test_choices_survive_a_restart():
    assert JamChoices.from_dict(CHOICES.as_dict()) == (CHOICES, ())
    assert JamChoices.from_dict({}) == (JamChoices(), ())
    former = CHOICES.as_dict()
    former["way"] = former.pop("mode")
    assert JamChoices.from_dict(former) == (CHOICES, ())


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({"clock": "sundial"}, ("clock",)),
        ({"mode": 3, "style": ["rock"]}, ("mode", "style")),
        ({"tempo_bpm": 5000}, ("tempo_bpm",)),
        ({"tempo_bpm": 10**400}, ("tempo_bpm",)),
        ({"tempo_bpm": nan}, ("tempo_bpm",)),
        ({"tempo_bpm": "fast"}, ("tempo_bpm",)),
        ({"count_in_bars": inf}, ("count_in_bars",)),
        ({"sound": 1}, ("sound",)),
        ({"control_channel": 17}, ("control_channel",)),
        ({"controls": {"density": 2}}, ("density",)),
        ({"controls": {"energy": None, "swing": True}}, ("energy", "swing")),
        ({"controls": {"loudness": 0.5}}, ("loudness",)),
        ({"controls": {"muted": ["cowbell", []]}}, ("muted",)),
        ({"controls": {"swing": nan, "density": inf}}, ("swing", "density")),
        ({"controls": 7}, ("controls",)),
    ],
)
def test_invalid_values_are_named_and_the_rest_is_kept(state, names):
    kept = {"count_in_bars": 2, "clock": "midi", "tempo_bpm": 97.5}
    choices, passed_over = JamChoices.from_dict({**kept, **state})
    assert passed_over == names
    usual = JamChoices()
    assert choices.as_dict() == {**usual.as_dict(), **kept, **{name: usual.as_dict()[name] for name in state}}


def test_by_default_a_jam_uses_its_own_ports_and_no_sound_device():
    settings = JamChoices().rig_settings(AppSettings())
    assert settings.input_names == (OWN_INPUT,)
    assert settings.output_name == OWN_OUTPUT
    assert not settings.audio


def test_ports_devices_and_controls_are_passed_on():
    settings = CHOICES.rig_settings(
        AppSettings(input_port="Keys", output_port="DAW", audio_device="USB", soundfont="kit.sf2")
    )
    assert settings.input_names == ("Keys",)
    assert settings.output_name == "DAW"
    assert settings.audio_device == "USB"
    assert settings.soundfont == Path("kit.sf2")
    assert settings.controls == CHOICES.controls
    assert settings.jam.mode is JamMode.LOOP


def test_the_drum_map_of_the_settings_is_that_of_the_jam():
    kit = JamChoices().rig_settings(AppSettings(drum_map="ssd5")).jam.kit
    assert kit.drum_map == load_drum_map("ssd5")
    assert JamChoices().rig_settings(AppSettings(drum_map="gone")).jam.kit.drum_map == GENERAL_MIDI


def test_without_a_midi_output_the_sound_device_plays():
    settings = JamChoices().rig_settings(AppSettings(input_port=NO_PORT, output_port=NO_PORT))
    assert settings.input_names == ()
    assert settings.output_name is None
    assert settings.audio
