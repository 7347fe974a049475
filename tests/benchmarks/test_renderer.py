"""The comparison of the renderer finds what is apart, and does without FluidSynth."""

import numpy as np
import pytest

from benchmarks import renderer
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import TimeMap
from musegen_daw.resource_paths import soundfont_dir

SECONDS = 2.0
_TIME = np.arange(round(SECONDS * renderer.RATE_HZ)) / renderer.RATE_HZ


def tone(hz=440.0, level=0.1):
    return np.repeat((level * np.sin(2 * np.pi * hz * _TIME))[:, np.newaxis], 2, axis=1)


def test_what_is_alike_is_not_apart():
    row = renderer.compare(tone(), tone(), SECONDS)
    assert row["largest_db"] == row["largest_cents"] == row["late_ms"] == 0
    assert row["windows"] == 2 * 2 * 20


def test_what_is_louder_higher_or_late_is_told():
    assert renderer.compare(tone(), tone(level=0.2), SECONDS)["largest_db"] == pytest.approx(6.02, abs=0.01)
    bent = renderer.compare(tone(), tone(440 * 2 ** (10 / 1200)), SECONDS)
    assert bent["largest_cents"] == pytest.approx(10, abs=0.1)
    pulsed = tone() * (np.floor(_TIME * 4) % 2)[:, np.newaxis]
    late = renderer.compare(pulsed, np.concatenate([np.zeros((160, 2)), pulsed]), SECONDS)
    assert late["late_ms"] == pytest.approx(1e3 * 160 / renderer.RATE_HZ, abs=0.4)
    assert late["largest_db"] < 0.1


def test_without_fluidsynth_it_says_so_and_measures_the_rest(monkeypatch, capsys):
    short = Song((Clip((Note(60, 100, 0, 480),), 1_920, 480),), TimeMap(480))
    monkeypatch.setattr(renderer.shutil, "which", lambda _: None)
    monkeypatch.setattr(renderer, "four_minutes", lambda: short)
    rows, status = renderer.benchmark(soundfont_dir() / "musegen.sf2")
    assert "FluidSynth is not installed" in capsys.readouterr().out
    assert [row["song"] for row in rows] == ["without messages", "with messages"]
    assert status == 0
