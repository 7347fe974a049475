"""The report counts what is there, measures what it says, and draws it."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from matplotlib.image import imread

from musegen_daw.vocoder.mel import MelConfig
from tests.training.vocoder.audio_corpus import tone
from training.common.figures import DPI, draw_curves
from training.common.report import distribution
from training.vocoder import report
from training.vocoder.dataset import AudioCorpus
from training.vocoder.recordings import SPLITS
from training.vocoder.report import bandwidth_hz, durations, level_dbfs, mean_power, padding_share, peak_dbfs


def test_the_page_says_what_was_prepared(prepared_audio, tmp_path, capsys) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with (run / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "epoch", "seconds", "rate", "stft", "m_stft"])
        writer.writerows([[250 * at, 0, 60 * at, 1e-3, 1 + 1 / at, 1.2 + 1 / at] for at in range(1, 6)])
    out = tmp_path / "out"
    arguments = ["--data", str(prepared_audio), "--run", str(run), "--out", str(out)]
    assert report.main(arguments) == 0
    page = (out / "report.md").read_text(encoding="utf-8")
    facts = json.loads((prepared_audio / "facts.json").read_text(encoding="utf-8"))
    for split, row in facts["splits"].items():
        assert f"| {split} | {row['hours']:.2f} | {row['chunks']} |" in page
    for reason in ("unreadable: 2", "silent: 1", "too short: 1"):
        assert f"- {reason} recordings" in page
    pictures = {path.name for path in out.glob("*.png")}
    assert pictures == {"corpus.png", "audio.png", "spectra.png", "examples.png", "loss.png"}
    assert all(f"({name})" in page for name in pictures)
    assert not list(out.glob("*.part"))
    statistics = json.loads((out / "statistics.json").read_text(encoding="utf-8"))
    assert statistics["distributions"]["duration"]["median"] == pytest.approx(3.3, abs=0.01)
    assert "5 pictures" in capsys.readouterr().out


def test_without_a_run_there_are_no_curves(prepared_audio, tmp_path) -> None:
    page = report.report(prepared_audio, tmp_path).read_text(encoding="utf-8")
    assert "Training" not in page
    assert not (tmp_path / "loss.png").exists()
    page = report.report(prepared_audio, tmp_path, run=tmp_path).read_text(encoding="utf-8")
    assert "has no log.csv yet" in page


def test_a_folder_that_was_not_prepared_is_refused(tmp_path, capsys) -> None:
    with pytest.raises(SystemExit):
        report.main(["--data", str(tmp_path)])
    assert "was not written by prepare" in capsys.readouterr().err


def test_examples_are_of_different_artists_and_have_their_mels(prepared_audio, tmp_path) -> None:
    corpus = AudioCorpus(prepared_audio, "train")
    captions = report.draw_examples(corpus, tmp_path / "a.png", seed=1)
    artists = {chunk["key"]: chunk["group"] for chunk in corpus.chunks}
    assert len({artists[caption.partition(" (")[0]] for caption in captions}) == 4
    assert all("mel (96, 94)" in caption for caption in captions)
    assert imread(tmp_path / "a.png").shape[1] == 11 * DPI
    assert report.draw_examples(corpus, tmp_path / "a.png", seed=1) == captions
    assert report.draw_examples(corpus, tmp_path / "a.png", seed=2) != captions


def test_the_mel_of_another_rate_reaches_half_of_it() -> None:
    assert report.report_mel(12_000) == MelConfig()
    assert report.report_mel(44_100).fmax_hz == 22_050


def test_levels_are_those_of_a_sine() -> None:
    audio = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(24_000) / 12_000)).astype(np.float32)
    assert level_dbfs(audio) == pytest.approx(-6.02, abs=0.01)
    assert peak_dbfs(audio) == pytest.approx(-6.02, abs=0.01)
    assert 10 * np.log10(mean_power(audio).max()) == pytest.approx(-6.02, abs=1.5)  # between two bins


@pytest.mark.parametrize("cut_off_hz", [1500, 3000, 5000])
def test_the_bandwidth_is_where_a_low_pass_cuts(cut_off_hz) -> None:
    from scipy.signal import firwin, lfilter

    noise = np.random.default_rng(0).normal(0, 0.1, 60_000)
    taps = firwin(801, cut_off_hz, fs=12_000, window=("kaiser", 12.0))
    power = mean_power(lfilter(taps, 1, noise).astype(np.float32))
    assert bandwidth_hz(power, 12_000) == pytest.approx(cut_off_hz, abs=90)


def test_durations_and_padding_are_counted_by_recording(prepared_audio) -> None:
    corpora = {split: AudioCorpus(prepared_audio, split) for split in SPLITS}
    assert np.allclose(durations(corpora, 12_000), 3.3, atol=0.01)
    assert len(durations(corpora, 12_000)) == 10
    assert padding_share(corpora) == pytest.approx(1 - 3.3 / 4, abs=0.01)
    assert distribution(np.zeros(0)) == {}
    assert distribution(np.arange(101.0))["95 %"] == 95


def test_nothing_to_draw_is_an_error(tmp_path) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        report.draw_chunks([], MelConfig(), tmp_path / "x.png")
    (tmp_path / "log.csv").write_text("step,loss\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no line yet"):
        draw_curves(tmp_path / "log.csv", tmp_path / "x.png")


def test_curves_have_a_panel_for_every_figure(tmp_path) -> None:
    for columns in (1, 3, 4):
        names = [f"figure {at}" for at in range(columns)]
        with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["step", "epoch", "seconds", *names])
            writer.writerows([[at, 0, at, *range(columns)] for at in range(1, 4)])
        draw_curves(tmp_path / "log.csv", tmp_path / f"{columns}.png")
    heights = [imread(tmp_path / f"{columns}.png").shape[0] for columns in (1, 3, 4)]
    assert heights[0] == heights[1] < heights[2]


def test_a_chart_needs_audio_of_any_length(tmp_path) -> None:
    mel = np.zeros((96, 10), np.float32)
    report.draw_chunks([("short", tone(0.2, rate=12_000), mel)], MelConfig(), tmp_path / "x.png")
    assert imread(tmp_path / "x.png").shape[0] > 2 * DPI
