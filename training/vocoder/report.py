"""The report of prepared audio and of a run: numbers as Markdown, the rest as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.vocoder.mel import Floats, MelConfig, log_mel
from training.common.figures import (
    BLUE,
    COLOURS,
    GREEN,
    LINE,
    ORANGE,
    RED,
    TEAL,
    TEXT,
    VIOLET,
    bars,
    four_panels,
    histogram,
    new_figure,
    save_figure,
    short,
    style,
)
from training.common.prepared import read_facts, write_json, write_text
from training.common.report import distribution, run_report, run_section
from training.vocoder.dataset import AudioCorpus
from training.vocoder.parts import FORMAT
from training.vocoder.recordings import SPLITS

MAX_CHUNKS = 2000
BANDWIDTH_RANGE_DB = 70.0
N_FFT, HOP = 2048, 1024
FLOOR_DB = -120.0


@dataclass(frozen=True, slots=True)
class AudioFigures:
    """What is drawn: values by chunk or by recording, and the mean level of every bin by source."""

    values: dict[str, npt.NDArray[np.float64]]
    spectra: dict[str, Floats]  # (1 + N_FFT // 2,) in dB


def analyse(
    facts: Mapping[str, Any], corpora: Mapping[str, AudioCorpus]
) -> tuple[dict[str, Any], AudioFigures]:
    """The numbers of the report as plain values, and what is drawn.

    Durations are those of the recordings of all splits; levels and bandwidths those of at most 2000 chunks
    spread evenly over the training split, without their padding.
    """
    rate = facts["sample_rate_hz"]
    train = corpora["train"]
    chosen = np.unique(np.linspace(0, len(train.chunks) - 1, min(MAX_CHUNKS, len(train.chunks))).astype(int))
    rows: list[tuple[float, float, float]] = []
    powers: dict[str, list[Floats]] = {}
    for chunk in chosen.tolist():
        told = train.chunks[chunk]
        audio = train.read(chunk, 0, told["samples"])
        power = mean_power(audio)
        rows.append((level_dbfs(audio), peak_dbfs(audio), bandwidth_hz(power, rate)))
        powers.setdefault(told["source"], []).append(power)
    level, peak, bandwidth = np.array(rows, np.float64).reshape(-1, 3).T
    values = {
        "duration": durations(corpora, rate),
        "level": level,
        "peak": peak,
        "bandwidth": bandwidth,
    }
    spectra = {
        source: 10 * np.log10(np.maximum(np.mean(own, axis=0), 10 ** (FLOOR_DB / 10)))
        for source, own in sorted(powers.items(), key=lambda item: -len(item[1]))
    }
    statistics = {
        **{name: facts[name] for name in ("sample_rate_hz", "chunk_seconds", "recordings", "kept", "splits")},
        "dropped": facts["dropped"],
        "dropped_chunks": facts["dropped_chunks"],
        "measured_chunks": len(chosen),
        "padding_share": padding_share(corpora),
        "distributions": {name: distribution(array) for name, array in values.items()},
        "full_band_share": float((bandwidth > 0.9 * rate / 2).mean()),
    }
    return statistics, AudioFigures(values, spectra)


def mean_power(audio: Floats) -> Floats:
    """The power (1 + n_fft // 2,) of a sine of that level at every bin, averaged over frames; 1 is full scale."""
    from librosa import stft

    padded = np.pad(audio, (0, max(0, N_FFT - len(audio))))
    spectrum = stft(padded, n_fft=N_FFT, hop_length=HOP, center=False)
    return ((np.abs(spectrum) * (4 / N_FFT)) ** 2).mean(axis=1)


def bandwidth_hz(power: Floats, sample_rate_hz: int) -> float:
    """The highest frequency whose mean power is within 70 dB of the strongest: where a low-pass has cut it off."""
    loud = np.flatnonzero(power > power.max() * 10 ** (-BANDWIDTH_RANGE_DB / 10))
    return float(loud[-1] * sample_rate_hz / N_FFT) if len(loud) else 0.0


def level_dbfs(audio: Floats) -> float:
    """The RMS in dB, 0 for a sine of full scale."""
    return _decibels(float(np.sqrt(2 * np.mean(audio.astype(np.float64) ** 2))))


def peak_dbfs(audio: Floats) -> float:
    """The peak in dB below full scale."""
    return _decibels(float(np.abs(audio).max()))


def durations(corpora: Mapping[str, AudioCorpus], sample_rate_hz: int) -> npt.NDArray[np.float64]:
    """Seconds of every recording that was kept."""
    lengths = (
        np.bincount(corpus.index["recording"], weights=corpus.index["samples"]) for corpus in corpora.values()
    )
    seconds = np.concatenate(list(lengths)) / sample_rate_hz
    return seconds[seconds > 0]


def padding_share(corpora: Mapping[str, AudioCorpus]) -> float:
    """How much of all chunks is padding."""
    real = sum(int(corpus.index["samples"].sum()) for corpus in corpora.values())
    whole = sum(len(corpus.chunks) * corpus.chunk_samples for corpus in corpora.values())
    return 1 - real / max(1, whole)


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 10 ** (FLOOR_DB / 20))))


SHOWN_SOURCES = 10
MEL_RANGE = 18.0  # natural logarithm of power: 78 dB


def draw_corpus(statistics: Mapping[str, Any], path: Path) -> None:
    """Recordings kept and dropped; hours by split, source and licence."""
    figure, (top_left, top_right, low_left, low_right) = four_panels(left=0.15, gap=0.17)
    dropped = dict(statistics["dropped"])
    style(top_left, f"{statistics['recordings']:,} recordings: kept and left out")
    bars(top_left, {"kept": statistics["kept"]} | dropped, [GREEN] + [RED] * len(dropped))
    splits = statistics["splits"]
    style(top_right, "hours, by split")
    bars(top_right, {name: row["hours"] for name, row in splits.items()}, [ORANGE, TEAL], form="{:.2f}")
    for axes, title, name, colour in (
        (low_left, "source", "hours_by_source", BLUE),
        (low_right, "licence", "hours_by_licence", VIOLET),
    ):
        hours: dict[str, float] = {}
        for row in splits.values():
            for kind, value in row[name].items():
                hours[kind] = hours.get(kind, 0.0) + value
        largest = dict(sorted(hours.items(), key=lambda item: -item[1])[:SHOWN_SOURCES])
        style(axes, f"hours, by {title}")
        bars(axes, largest, [colour] * len(largest), form="{:.2f}")
    save_figure(figure, path)


def draw_audio(values: Mapping[str, npt.NDArray[Any]], sample_rate_hz: int, path: Path) -> None:
    """Durations of recordings; levels, peaks and bandwidths of chunks: one histogram each, with its median."""
    figure, panels = four_panels(left=0.055, gap=0.055)
    for axes, (name, unit, bottom, top, colour) in zip(
        panels,
        (
            ("duration", "seconds, by recording", 0.0, None, ORANGE),
            ("level", "RMS, dBFS, by chunk", -60.0, 0.0, TEAL),
            ("peak", "peak, dBFS, by chunk", -36.0, 0.0, BLUE),
            ("bandwidth", "Hz, by chunk", 0.0, sample_rate_hz / 2, VIOLET),
        ),
        strict=True,
    ):
        style(axes, name)
        histogram(axes, values[name], unit, colour, bottom=bottom, top=top)
    save_figure(figure, path)


def draw_spectra(spectra: Mapping[str, Floats], sample_rate_hz: int, path: Path) -> None:
    """The mean level of every frequency, a curve for each of the largest sources."""
    figure = new_figure(11.0, 4.2)
    axes = figure.add_axes((0.07, 0.13, 0.9, 0.77))
    style(axes, "mean spectra, by source")
    for (source, levels), colour in zip(spectra.items(), COLOURS, strict=False):
        kilohertz = np.linspace(0, sample_rate_hz / 2000, len(levels))
        axes.plot(kilohertz, levels, color=colour, lw=1.4, label=short(source, 28))
    axes.set(
        xlim=(0, sample_rate_hz / 2000), ylim=(-120, 0), xlabel="kHz", ylabel="dB below a sine of full scale"
    )
    axes.grid(color=LINE, lw=0.8)
    if spectra:
        axes.legend(frameon=False, labelcolor=TEXT, fontsize=8, loc="upper right", ncols=2)
    save_figure(figure, path)


def draw_chunks(examples: Sequence[tuple[str, Floats, Floats]], config: MelConfig, path: Path) -> None:
    """Chunks as (caption, audio, log-mel): the waveform above its mel. Raises ValueError for none."""
    if not examples:
        raise ValueError("nothing to draw: no chunk was given")
    row, width = 2.9, 11.0
    height = 0.15 + row * len(examples) + 0.25
    figure = new_figure(width, height)
    for at, (caption, audio, mel) in enumerate(examples):
        seconds = len(audio) / config.sample_rate_hz
        top = height - 0.15 - at * row
        wave = figure.add_axes((0.06, (top - 0.85) / height, 0.92, 0.5 / height))
        style(wave, short(caption, 110))
        wave.plot(np.arange(len(audio)) / config.sample_rate_hz, audio, color=ORANGE, lw=0.3)
        wave.set(xlim=(0, seconds), ylim=(-1, 1), xticks=[], yticks=[])
        bands = figure.add_axes((0.06, (top - 2.6) / height, 0.92, 1.7 / height))
        style(bands, "")
        loudest = float(mel.max())
        bands.imshow(
            mel, cmap="magma", vmin=loudest - MEL_RANGE, vmax=loudest, origin="lower", aspect="auto",
            extent=(0, seconds, 0, len(mel)), interpolation="nearest",
        )  # fmt: skip
        bands.set_ylabel("mel band")
    save_figure(figure, path)


EXAMPLES = 4
UNITS = {"duration": "s", "level": "dBFS", "peak": "dBFS", "bandwidth": "Hz"}


def main(argv: list[str] | None = None) -> int:
    program = "python -m training.vocoder report"
    return run_report(argv, program, __doc__, report, Path("out/vocoder-report"), "chunks")


def report(data: Path, out: Path, *, run: Path | None = None, seed: int = 0) -> Path:
    """Write report.md, statistics.json and the pictures for the prepared folder `data`; returns the page's path."""
    out.mkdir(parents=True, exist_ok=True)
    facts = read_facts(data, FORMAT)
    corpora = {split: AudioCorpus(data, split) for split in SPLITS}
    statistics, figures = analyse(facts, corpora)
    draw_corpus(statistics, out / "corpus.png")
    draw_audio(figures.values, facts["sample_rate_hz"], out / "audio.png")
    draw_spectra(figures.spectra, facts["sample_rate_hz"], out / "spectra.png")
    captions = draw_examples(corpora["train"], out / "examples.png", seed)
    write_json(out / "statistics.json", statistics)
    sections = [
        *_corpus_section(statistics),
        *_audio_section(statistics),
        *_examples_section(captions),
        *run_section(run, out),
    ]
    write_text(out / "report.md", "\n".join(sections) + "\n")
    return out / "report.md"


def report_mel(sample_rate_hz: int) -> MelConfig:
    """The mel that examples are drawn with: the project's own, its bands up to half of any other rate."""
    if sample_rate_hz == MelConfig().sample_rate_hz:
        return MelConfig()
    return MelConfig(sample_rate_hz=sample_rate_hz, fmax_hz=sample_rate_hz / 2)


def draw_examples(corpus: AudioCorpus, path: Path, seed: int) -> list[str]:
    """Draw chunks chosen by `seed`, each of another group where there are enough, with their mels; returns captions."""
    order = np.random.default_rng(seed).permutation(len(corpus.chunks)).tolist()
    firsts: dict[str, int] = {}
    for chunk in order:
        firsts.setdefault(corpus.chunks[chunk]["group"], chunk)
    chosen = (list(firsts.values()) + [chunk for chunk in order if chunk not in firsts.values()])[:EXAMPLES]
    config = report_mel(corpus.sample_rate_hz)
    captions: list[str] = []
    examples: list[tuple[str, Any, Any]] = []
    for chunk in chosen:
        facts = corpus.chunks[chunk]
        audio = corpus.read(chunk, 0, corpus.chunk_samples)
        mel = log_mel(audio, config)
        start = facts["start"] / corpus.sample_rate_hz
        captions.append(f"{facts['key']} ({facts['source']}), from {start:.0f} s, mel {mel.shape}")
        examples.append((captions[-1], audio, mel))
    draw_chunks(examples, config, path)
    return captions


def _corpus_section(statistics: Mapping[str, Any]) -> list[str]:
    splits = statistics["splits"]
    lines = [
        "# Prepared audio",
        "",
        f"{statistics['recordings']:,} recordings were found, {statistics['kept']:,} kept: mono at "
        f"{statistics['sample_rate_hz']:,} Hz in chunks of {statistics['chunk_seconds']:g} s, of which "
        f"{100 * statistics['padding_share']:.1f} % is padding at the ends.",
        "",
        "| split | hours | chunks | recordings | groups |",
        "|---|---|---|---|---|",
        *(
            f"| {split} | {row['hours']:.2f} | {row['chunks']:,} | {row['recordings']:,} | {row['groups']:,} |"
            for split, row in splits.items()
        ),
        "",
        "No group (artist, song) is in two splits.",
        "",
        "![hours and what was left out](corpus.png)",
        "",
    ]
    for title, name in (("source", "hours_by_source"), ("licence", "hours_by_licence")):
        kinds = sorted({kind for row in splits.values() for kind in row[name]})
        lines += [f"| {title} | {' | '.join(f'{split}, hours' for split in splits)} |"]
        lines += ["|---|" + "---|" * len(splits)]
        lines += [
            f"| {kind} | " + " | ".join(f"{row[name].get(kind, 0):.2f}" for row in splits.values()) + " |"
            for kind in kinds
        ]
        lines += [""]
    dropped = [f"- {reason}: {count:,} recordings" for reason, count in statistics["dropped"].items()]
    dropped += [f"- {reason}: {count:,} chunks" for reason, count in statistics["dropped_chunks"].items()]
    return [*lines, "Left out:", "", *(dropped or ["- nothing"]), ""]


def _audio_section(statistics: Mapping[str, Any]) -> list[str]:
    distributions = statistics["distributions"]
    columns = list(next((row for row in distributions.values() if row), {}))
    return [
        "## Durations, levels, bandwidth",
        "",
        f"| | {' | '.join(columns)} |",
        "|---|" + "---|" * len(columns),
        *(
            f"| {name}, {UNITS[name]} | " + " | ".join(f"{row[column]:,.1f}" for column in columns) + " |"
            for name, row in distributions.items()
            if row
        ),
        "",
        f"Durations are those of recordings; the rest is of {statistics['measured_chunks']:,} chunks of the training "
        "split, without padding. The level is the RMS, 0 dBFS for a sine of full scale. The bandwidth is the highest "
        f"frequency whose mean power is within {BANDWIDTH_RANGE_DB:g} dB of the strongest: "
        f"{100 * statistics['full_band_share']:.0f} % of the chunks reach 90 % of half the rate.",
        "",
        "![durations, levels, bandwidth](audio.png)",
        "",
        "![mean spectra](spectra.png)",
        "",
    ]


def _examples_section(captions: list[str]) -> list[str]:
    return [
        "## Example chunks",
        "",
        "![chunks and their mels](examples.png)",
        "",
        *(f"- {line}" for line in captions),
    ]
