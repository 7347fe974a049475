"""The part and the drums are heard apart from each other at the level that both have together."""

import numpy as np
import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip
from musegen_daw.playback.rendering import balanced, render_source
from musegen_daw.playback.source import Source
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.progress import Cancelled

RATE_HZ = 22_050
SOUNDFONT = resources.soundfont_dir() / "musegen.sf2"


@pytest.fixture(scope="module")
def song():
    whole = read_midi(resources.clips_dir() / "demo.mid")
    part = whole.parts[0]
    return type(whole)((part.slice(0, 4 * part.ppq),), whole.time_map)


def test_a_source_is_what_the_renderer_makes(song):
    told = []
    source = render_source(
        "part", song.clips, song.time_map, RATE_HZ, SOUNDFONT, lambda *each: told.append(each)
    )
    assert source.name == "part"
    assert np.array_equal(source.audio, render(song, open_soundfont(SOUNDFONT), RATE_HZ))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_it_can_be_given_up(song):
    with pytest.raises(Cancelled):
        render_source("part", song.clips, song.time_map, RATE_HZ, SOUNDFONT, cancelled=lambda: True)


def test_nothing_and_no_soundfont_are_a_sentence(song, tmp_path):
    with pytest.raises(AudioError, match="nothing to render"):
        render_source("part", [Clip((), 0, song.time_map.ppq)], song.time_map, RATE_HZ, SOUNDFONT)
    with pytest.raises(AudioError, match="no SoundFont file"):
        render_source("part", song.clips, song.time_map, RATE_HZ, tmp_path / "none.sf2")


def test_together_they_peak_a_decibel_below_full_scale():
    rng = np.random.default_rng(1)
    part = Source("part", rng.uniform(-3, 3, (200_000, 2)).astype(np.float32))
    drums = Source("drums", rng.uniform(-1, 1, (150_000, 1)).astype(np.float32))
    both = balanced([part, drums])
    assert both[0].gain == both[1].gain
    assert both[0].audio is part.audio
    mix = part.audio.copy()
    mix[:150_000] += drums.audio
    assert np.abs(mix * both[0].gain).max() == pytest.approx(10 ** (-1 / 20))
    (silent,) = balanced([Source("rest", np.zeros((10, 2), np.float32))])
    assert silent.gain == 1
    assert balanced([]) == ()
