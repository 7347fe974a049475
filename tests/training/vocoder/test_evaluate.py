"""The table compares what it says, writes what it was asked to, and its checks find what they look for."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from musegen_daw.vocoder.mel import MelConfig
from tests.training.vocoder.audio_corpus import packed, tone
from tests.vocoder.tiny_vocoder import SMALL, write_tiny_vocoder
from training.common.figures import DPI
from training.vocoder import checks, evaluate
from training.vocoder.attack import steepest_attack
from training.vocoder.checks import constant_line, peak_dbfs, sine_sweep
from training.vocoder.measures import Distances
from training.vocoder.methods import LABELS, ReferenceClip, make, real_time_factors, rows_of
from training.vocoder.pictures import PictureLine, Sound, draw_lines, spectrogram_db
from training.vocoder.tables import detail_table

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
    assert all(printed.count(LABELS[method]) == 2 for method in figures["rows"])
    assert "tonal M-STFT" in printed
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
    rows = rows_of(("gl32", "gan"), model, SMALL)
    found = real_time_factors(rows, {SMALL: clip}, threads=1, repeats=3, done=lambda: turns.append(1))
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


def test_a_spectrogram_shows_a_tone_where_it_is_and_how_loud(tmp_path) -> None:
    levels = spectrogram_db(tone(1, 1500, 12_000, level=0.5), 1024, 128)
    assert abs(int(levels.mean(axis=1).argmax()) * 12_000 / 1024 - 1500) < 12
    assert levels.max() == pytest.approx(-6, abs=0.5)
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_lines([], tmp_path / "x.png")
    sounds = (Sound("original", tone(2, rate=12_000), 12_000), Sound("made", tone(2, rate=44_100), 44_100))
    draw_lines(
        [PictureLine("a", sounds), PictureLine("a, attack", sounds, attack_seconds=1.9)], tmp_path / "two.png"
    )
    short_line = PictureLine("b", (Sound("original", tone(0.01), 22_050),))
    draw_lines([short_line], tmp_path / "one.png")
    two, one = (imread(tmp_path / f"{name}.png") for name in ("two", "one"))
    assert two.shape[0] > 1.7 * one.shape[0]
    assert two.shape[1] > 1.7 * one.shape[1]


def test_the_attack_of_the_page_is_the_steepest(clips, model, tmp_path) -> None:
    hits = 1e-3 * np.random.default_rng(0).normal(size=24_000)
    for at, level in ((6_000, 0.1), (12_000, 0.5), (18_000, 0.2)):
        hits[at : at + 400] += level * np.random.default_rng(at).normal(size=400)
    at_seconds, rise_db = steepest_attack(hits.astype(np.float32), 12_000) or (0.0, 0.0)
    assert at_seconds == pytest.approx(1.0, abs=0.005)
    assert rise_db > 40
    assert steepest_attack(np.zeros(24_000, np.float32), 12_000) is None
    (tmp_path / "hits.flac").write_bytes(packed(hits, "FLAC", 12_000))
    rows = rows_of(["gan", "gl32"], model, SMALL)
    evaluate.draw_page(rows, [tmp_path / "hits.flac", clips / "voice.flac"], 0, tmp_path / "page.png")
    evaluate.draw_page(rows, [clips / "voice.flac"], 0, tmp_path / "even.png")
    page, even = (imread(tmp_path / f"{name}.png") for name in ("page", "even"))
    assert page.shape[0] > 2.5 * even.shape[0]  # two clips and the attack


def test_models_beside_stand_in_the_table_at_their_own_rate(clips, model, tmp_path, capsys) -> None:
    other = tmp_path / "wide"
    config = MelConfig(sample_rate_hz=16_000, n_fft=128, hop_length=32, n_mels=8, fmax_hz=8000.0)
    write_tiny_vocoder(other, config)
    json_path = tmp_path / "figures.json"
    assert evaluate.main([
        "--audio", str(clips), "--model", str(model), "--beside", str(other), "--only", "gan", "gl32",
        "--repeats", "1", "--json", str(json_path), "--clips", "voice", "--pairs", "--out", str(tmp_path),
    ]) == 0  # fmt: skip
    rows = json.loads(json_path.read_text(encoding="utf-8"))["rows"]
    assert list(rows) == ["gan", "gl32", "wide", "gl32 for wide"]
    assert [row["sample_rate_hz"] for row in rows.values()] == [8000, 8000, 16_000, 16_000]
    assert all(set(row["real_time_factor"]) == {"1", "2"} for row in rows.values())
    printed = capsys.readouterr().out
    assert printed.count("wide, 16 kHz") == 2
    assert soundfile.info(tmp_path / "pairs/voice-wide.wav").samplerate == 16_000
    assert soundfile.info(tmp_path / "pairs/voice-reference-16000.wav").samplerate == 16_000


def test_two_models_of_one_name_and_none_are_refused(clips, model, tmp_path, capsys) -> None:
    for folder in ("a/same", "b/same"):
        write_tiny_vocoder(tmp_path / folder)
    for given, sentence in (
        ([str(tmp_path / "a/same"), str(tmp_path / "b/same")], "two models are named same"),
        ([str(tmp_path / "none")], "There is no model in"),
    ):
        with pytest.raises(SystemExit):
            evaluate.main(["--audio", str(clips), "--model", str(model), "--beside", *given])
        assert sentence in capsys.readouterr().err


def test_the_second_table_says_what_there_is_none_of() -> None:
    mean = {"mean": 0.5, "low": 0.25, "high": 0.75}
    names = [field.name for field in fields(Distances)]
    row = {"label": "a model", "means": dict.fromkeys(names, mean) | {"attack_lost_db": None}}
    head, line, _ = detail_table({"rows": {"gan": row}})
    assert "0.500 0.250–0.750" in line
    assert " 0.5 ->  0.5" in line
    assert line.index("none") + len("none") == head.index("lost dB") + len("lost dB")
