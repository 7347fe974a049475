"""A bounce is a whole WAV at the right level, or nothing."""

import math

import numpy as np
import pytest
import soundfile

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.loops import repeated
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap, TimeSignature
from musegen_daw.playback.bounce import bounce
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.progress import Cancelled

PPQ = 480
BUNDLED = resources.soundfont_dir() / "musegen.sf2"


def band(velocity=110):
    piano = [Note(pitch, velocity, 480 * beat, 400) for beat in range(8) for pitch in (48, 55, 60, 64)]
    drums = [Note(pitch, velocity, 240 * step, 60) for step in range(16) for pitch in (36, 42)]
    return Song(
        (
            Clip(tuple(piano), 3_840, PPQ, "Piano / left: hand", 0),
            Clip((), 3_840, PPQ, "Unused", 24),
            Clip(tuple(drums), 3_840, PPQ, "", 0, is_drum=True),
        ),
        TimeMap(PPQ),
    )


@pytest.mark.parametrize("bit_depth", [16, 24])
def test_the_mix_peaks_at_minus_one_dbfs_and_the_stems_add_up_to_it(tmp_path, bit_depth):
    report = bounce(
        band(),
        tmp_path / "mix.wav",
        soundfont=BUNDLED,
        stems_dir=tmp_path / "stems" / "here",
        bit_depth=bit_depth,
    )
    mix, rate_hz = soundfile.read(report.path)
    assert rate_hz == 44_100
    assert mix.shape == (round(report.seconds * rate_hz), 2)
    assert 20 * math.log10(np.max(np.abs(mix))) == pytest.approx(-1.0, abs=0.01)
    assert report.peak_dbfs == pytest.approx(-1.0, abs=0.01)
    assert [stem.name for stem in report.stems] == ["01 Piano _ left_ hand.wav", "02 Drums.wav"]
    stems = [soundfile.read(stem)[0] for stem in report.stems]
    assert np.max(np.abs(sum(stems) - mix)) <= 2 * 2.0 ** (1 - bit_depth)
    assert all(np.max(np.abs(stem)) > 0.05 for stem in stems)


@pytest.mark.parametrize("velocity", [1, 127])
def test_any_loudness_comes_out_at_the_same_peak_unclipped(tmp_path, velocity):
    report = bounce(band(velocity), tmp_path / "mix.wav", soundfont=BUNDLED)
    assert report.peak_dbfs == pytest.approx(-1.0, abs=0.01)
    assert np.max(np.abs(soundfile.read(report.path)[0])) < 0.9


def test_silence_stays_silence(tmp_path):
    silent = Song((Clip((), 1_920, PPQ),), TimeMap(PPQ))
    report = bounce(silent, tmp_path / "mix.wav", soundfont=BUNDLED)
    audio, rate_hz = soundfile.read(report.path)
    assert len(audio) == 2 * rate_hz
    assert not np.any(audio)
    assert report.peak_dbfs == -math.inf


def test_progress_rises_to_its_end(tmp_path):
    seen = []
    bounce(
        band(),
        tmp_path / "mix.wav",
        soundfont=BUNDLED,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len({total for _, total in seen}) == 1
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_cancelled_bounce_leaves_everything_as_it_was(tmp_path, after):
    (tmp_path / "mix.wav").write_bytes(b"earlier")
    asked = iter(range(1_000))
    with pytest.raises(Cancelled):
        bounce(
            band(),
            tmp_path / "mix.wav",
            soundfont=BUNDLED,
            stems_dir=tmp_path / "stems",
            cancelled=lambda: next(asked) >= after,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mix.wav"]
    assert (tmp_path / "mix.wav").read_bytes() == b"earlier"


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("mix.mp3", {}, "ends in .wav"),
        ("missing/mix.wav", {}, "does not exist"),
        ("mix.wav", {"bit_depth": 12}, "bit depth of 12"),
        ("mix.wav", {"sample_rate_hz": 1}, "sample rate of 1 Hz"),
    ],
)
def test_what_cannot_be_written_is_refused_before_rendering(tmp_path, name, options, sentence):
    with pytest.raises(AudioError, match=sentence):
        bounce(band(), tmp_path / name, soundfont=BUNDLED, **options)
    assert not list(tmp_path.iterdir())


def test_a_bad_soundfont_is_named(tmp_path):
    bad = tmp_path / "bad.sf2"
    bad.write_text("this is no SoundFont")
    with pytest.raises(AudioError, match=r"bad\.sf2 is not a SoundFont"):
        bounce(band(), tmp_path / "mix.wav", soundfont=bad)
    assert list(tmp_path.iterdir()) == [bad]


def loop_song(bars=1, hold_ticks=0):
    """A chord at the beginning and a crash on the last beat, which rings on far beyond it."""
    length = 1_920 * bars
    piano = tuple(Note(pitch, 100, 0, length + hold_ticks) for pitch in (48, 60))
    crash = (Note(49, 120, length - 480, 60),)
    return Song((Clip(piano, 0, PPQ, "Piano"), Clip(crash, 0, PPQ, "Kit", is_drum=True)), TimeMap(PPQ))


@pytest.mark.parametrize(("bars", "hold_ticks"), [(1, 0), (3, 0), (2, 100)])
def test_a_loop_is_as_long_as_its_bars_and_rings_on_in_its_beginning(tmp_path, bars, hold_ticks):
    music = loop_song(bars, hold_ticks)
    whole = bounce(music, tmp_path / "whole.wav", soundfont=BUNDLED)
    looped = bounce(music, tmp_path / "loop.wav", soundfont=BUNDLED, stems_dir=tmp_path / "stems", loop=True)
    samples = 2 * 44_100 * bars
    long, short = (soundfile.read(report.path)[0] for report in (whole, looped))
    assert len(short) == samples == round(looped.seconds * 44_100)
    assert looped.peak_dbfs == pytest.approx(-1.0, abs=0.01)
    assert len(long) > samples + 44_100
    folded = np.zeros((samples, 2))
    for start in range(0, len(long), samples):
        part = long[start : start + samples]
        folded[: len(part)] += part
    assert short == pytest.approx(folded / np.max(np.abs(folded)) * np.max(np.abs(short)), abs=2e-5)
    stems = [soundfile.read(stem)[0] for stem in looped.stems]
    assert [len(stem) for stem in stems] == [samples, samples]
    assert np.max(np.abs(sum(stems) - short)) < 1e-6


def test_the_second_turn_of_a_loop_is_that_of_the_drums_played_on(tmp_path):
    """The open hat on the last eighth is choked by the closed one on the first, as when it plays on."""
    hits = [Note(36, 110, 0, 60), Note(42, 100, 0, 60), Note(38, 100, 480, 60), Note(46, 120, 840, 60)]
    meter = (TimeSignature(0, 2, 4),)
    turn = Song((Clip(tuple(hits), 960, PPQ, "Kit", is_drum=True),), TimeMap(PPQ, (), meter))
    report = bounce(turn, tmp_path / "loop.wav", soundfont=BUNDLED, loop=True)
    loop, rate_hz = soundfile.read(report.path)
    assert len(loop) == round(turn.time_map.seconds_at(960) * rate_hz) == round(report.seconds * rate_hz)
    played_on = render(repeated(turn, 960, 2), open_soundfont(BUNDLED), rate_hz)[len(loop) : 2 * len(loop)]
    twice = np.concatenate([loop, loop])[len(loop) :]
    scale = np.max(np.abs(loop)) / np.max(np.abs(played_on))
    difference = np.abs(twice - scale * played_on)
    assert np.max(difference) < 0.02  # what the turns before these two leave of a kick and a snare
    assert np.sqrt(np.mean(difference**2)) < 0.002


def test_a_loop_of_hours_is_refused(tmp_path):
    hour_ticks = 3_600 * 2 * PPQ
    music = Song((Clip((Note(42, 100, 0, 60),), hour_ticks * 5 // 4, PPQ, is_drum=True),), TimeMap(PPQ))
    with pytest.raises(AudioError, match="A loop of 75 minutes is too long"):
        bounce(music, tmp_path / "loop.wav", soundfont=BUNDLED, loop=True)
    assert not list(tmp_path.iterdir())


def test_a_loop_that_ends_in_silence_is_filled_to_its_bar(tmp_path):
    music = Song((Clip((Note(42, 100, 0, 60),), 0, PPQ, is_drum=True),), TimeMap(PPQ))
    report = bounce(music, tmp_path / "loop.wav", soundfont=BUNDLED, loop=True)
    assert len(soundfile.read(report.path)[0]) == 2 * 44_100


def test_a_channel_at_volume_nothing_is_a_silent_file(tmp_path):
    messages = (ChannelMessage(0, MessageKind.CONTROL_CHANGE, 7, 0),)
    music = Song((Clip((Note(60, 100, 0, 1_920),), 0, PPQ, messages=messages),), TimeMap(PPQ))
    report = bounce(music, tmp_path / "mix.wav", soundfont=BUNDLED)
    assert not np.any(soundfile.read(report.path)[0])
    assert report.peak_dbfs == -math.inf
