"""The table compares what it says, writes what it was asked to, and its checks find what they look for."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from musegen_daw.vocoder.mel import MelConfig
from tests.training.vocoder.audio_corpus import packed, tone
from tests.vocoder.tiny_vocoder import SMALL, write_tiny_vocoder
from training.common.figures import DPI
from training.vocoder import checks, evaluate
from training.vocoder.checks import constant_line, peak_dbfs, sine_sweep
from training.vocoder.methods import LABELS, ReferenceClip, make, real_time_factors
from training.vocoder.pictures import draw_spectrograms, spectrogram_db

SECONDS = 0.6


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for at, name in enumerate(("piano", "voice", "drums")):
        audio = tone(SECONDS + 0.1 * at, 220 * (at + 1), 16_000) + 0.05 * tone(
            SECONDS + 0.1 * at, 777, 16_000
        )
        (folder / f"{name}.flac").write_bytes(packed(audio, "FLAC", 16_000))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    write_tiny_vocoder(folder)
    return folder


@pytest.fixture(scope="module")
def clip(clips) -> ReferenceClip:
    return ReferenceClip.load(clips / "voice.flac", SMALL)


@pytest.mark.parametrize("method", LABELS)
def test_every_way_gives_audio_as_long_as_the_clip(method, clip, model) -> None:
    audio = make(method, clip, model)
    assert audio.shape == clip.audio.shape
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() > 1e-3


def test_oracles_know_more_and_come_nearer(clips, model) -> None:
    settings = evaluate.ComparisonSettings(model, MelConfig(), ("gl32", "oracle-magnitude", "oracle-phase"))
    found = evaluate.measure_clip(settings, clips / "voice.flac")
    assert found["oracle-magnitude"].stft < found["gl32"].stft
    assert found["oracle-phase"].stft < found["gl32"].stft


def test_the_table_holds_every_way_every_clip_and_the_times(clips, model, tmp_path, capsys) -> None:
    json_path = tmp_path / "figures.json"
    out = tmp_path / "out"
    assert evaluate.main([
        "--audio", str(clips), "--model", str(model), "--only", "gan", "gl32", "oracle-phase", "--repeats", "2",
        "--pairs", "--pictures", "voice", "--out", str(out), "--json", str(json_path),
    ]) == 0  # fmt: skip
    figures = json.loads(json_path.read_text(encoding="utf-8"))
    assert (figures["clips"], figures["seed"]) == (3, 0)
    assert figures["mel"] == SMALL.to_dict()
    assert list(figures["rows"]) == ["gan", "gl32", "oracle-phase"]
    for method, row in figures["rows"].items():
        values = [clip["stft"] for clip in row["clips"].values()]
        assert list(row["clips"]) == ["drums", "piano", "voice"]
        assert row["means"]["stft"]["mean"] == pytest.approx(np.mean(values))
        assert min(values) <= row["means"]["stft"]["low"] <= row["means"]["stft"]["high"] <= max(values)
        timed = row["real_time_factor"]
        assert (
            (set(timed) == {"1", "2"} and min(timed.values()) > 0) if method != "oracle-phase" else not timed
        )
    printed = capsys.readouterr().out
    assert all(LABELS[method] in printed for method in figures["rows"])
    names = {path.name for path in (out / "pairs").iterdir()}
    assert names == {
        f"{clip}-{method}.wav"
        for clip in ("piano", "voice", "drums")
        for method in ("reference", "gan", "gl32", "oracle-phase")
    }
    written, rate = soundfile.read(out / "pairs/voice-reference.wav")
    assert rate == SMALL.sample_rate_hz
    assert len(written) == pytest.approx((SECONDS + 0.1) * rate, abs=2)
    assert imread(out / "spectrograms.png").shape[0] > DPI


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--audio", "{clips}", "--model", "{none}"], "There is no model in"),
        (["--audio", "{none}", "--only", "gl32"], "holds no audio file"),
        (["--audio", "{clips}", "--only", "gl32", "--clips", "flute"], "no audio file named flute"),
    ],
)
def test_what_is_missing_ends_in_a_sentence(clips, tmp_path, capsys, arguments, sentence) -> None:
    given = [each.format(clips=clips, none=tmp_path / "none") for each in arguments]
    with pytest.raises(SystemExit):
        evaluate.main(given)
    assert sentence in capsys.readouterr().err


def test_clips_are_chosen_by_word_or_evenly(clips) -> None:
    paths = evaluate.find_clips(clips)
    assert [path.stem for path in paths] == ["drums", "piano", "voice"]
    assert [path.stem for path in evaluate.find_clips(clips, ["pian", "voic"])] == ["piano", "voice"]
    assert [path.stem for path in evaluate.chosen(paths, ["voice", "drums"])] == ["voice", "drums"]
    assert len(evaluate.chosen([*paths] * 4, [])) == 4
    with pytest.raises(ValueError, match="no clip is named flute"):
        evaluate.chosen(paths, ["flute"])


def test_times_are_taken_for_each_way_in_turn(clip, model) -> None:
    turns: list[int] = []
    found = real_time_factors(
        ("gl32", "gan"), clip, model, threads=1, repeats=3, done=lambda: turns.append(1)
    )
    assert len(turns) == 2 * 4
    assert found["gl32"] > found["gan"] > 0


def test_the_checks_run_the_model(clip, model, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(checks, "LONG_SECONDS", 20.0)
    monkeypatch.setattr(checks, "SWEEP_SECONDS", 2.0)
    found = checks.check(model, clip, tmp_path)
    assert found["seam_difference"] < 1e-6
    assert np.isfinite(found["silence_dbfs"])
    assert (tmp_path / "sweep.png").is_file()
    assert "dBFS out" in checks.in_words(found)


def test_a_seam_is_found(clip, model, tmp_path) -> None:
    write_tiny_vocoder(tmp_path, context_frames=0)
    assert checks.seam_difference(tmp_path, clip) > 1e-4


def test_a_constant_line_is_found_and_the_sweep_alone_has_none() -> None:
    config = MelConfig()
    sweep, hertz = sine_sweep(config)
    assert hertz[0] == pytest.approx(50)
    assert hertz[-1] == pytest.approx(5400, rel=1e-3)
    noisy = sweep + np.random.default_rng(0).normal(0, 1e-4, len(sweep)).astype(np.float32)
    clean_db, *_ = constant_line(noisy, hertz, config)
    line = 10 ** (-50 / 20) * np.sin(2 * np.pi * 1500 * np.arange(len(sweep)) / 12_000)
    line_db, level_db, line_hertz = constant_line(noisy + line.astype(np.float32), hertz, config)
    assert clean_db < 6
    assert line_db > 20
    assert level_db == pytest.approx(-50 - 20 * np.log10(0.25), abs=2)
    assert line_hertz == pytest.approx(1500, abs=6)


def test_levels_are_in_dbfs() -> None:
    assert peak_dbfs(np.zeros(5, np.float32)) == -np.inf
    assert peak_dbfs(np.array([0.1, -0.5], np.float32)) == pytest.approx(-6.02, abs=0.01)


def test_a_spectrogram_shows_a_tone_where_it_is(tmp_path) -> None:
    levels = spectrogram_db(tone(1, 1500, 12_000))
    assert abs(int(levels.mean(axis=1).argmax()) * 12_000 / 1024 - 1500) < 12
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_spectrograms([], 12_000, tmp_path / "x.png")
    draw_spectrograms([[("a", tone(1)), ("b", tone(1))]] * 2, 22_050, tmp_path / "two.png")
    draw_spectrograms([[("a", tone(0.01))]], 22_050, tmp_path / "one.png")
    two, one = (imread(tmp_path / f"{name}.png").shape for name in ("two", "one"))
    assert two[0] > 1.7 * one[0]
    assert two[1] > 1.7 * one[1]
