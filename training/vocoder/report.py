"""The exploratory analysis of prepared audio and of a run: numbers as Markdown, the rest as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw.vocoder.mel import MelConfig, log_mel
from training.common.files import write_json, write_text
from training.common.prepared import read_facts
from training.common.report_command import run_report
from training.vocoder.analysis import BANDWIDTH_RANGE_DB, analyse
from training.vocoder.dataset import AudioCorpus
from training.vocoder.parts import FORMAT
from training.vocoder.recordings import SPLITS

EXAMPLES = 4
UNITS = {"duration": "s", "level": "dBFS", "peak": "dBFS", "bandwidth": "Hz"}


def main(argv: list[str] | None = None) -> int:
    """Write the report from the command line."""
    program = "python -m training.vocoder report"
    return run_report(argv, program, __doc__, report, Path("out/vocoder-report"), "chunks")


def report(data: Path, out: Path, *, run: Path | None = None, seed: int = 0) -> Path:
    """Write report.md, statistics.json and the pictures for the prepared folder `data`; returns the page's path."""
    from training.vocoder import charts

    out.mkdir(parents=True, exist_ok=True)
    facts = read_facts(data, FORMAT)
    corpora = {split: AudioCorpus(data, split) for split in SPLITS}
    statistics, figures = analyse(facts, corpora)
    charts.draw_corpus(statistics, out / "corpus.png")
    charts.draw_audio(figures.values, facts["sample_rate_hz"], out / "audio.png")
    charts.draw_spectra(figures.spectra, facts["sample_rate_hz"], out / "spectra.png")
    captions = draw_examples(corpora["train"], out / "examples.png", seed)
    log = run / "log.csv" if run else None
    has_log = log is not None and log.is_file()
    if log is not None and has_log:
        charts.draw_curves(log, out / "loss.png")
    write_json(out / "statistics.json", statistics)
    sections = [
        *_corpus_section(statistics),
        *_audio_section(statistics),
        *_examples_section(captions),
        *_run_section(run, has_log),
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
    from training.vocoder.charts import draw_chunks

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


def _run_section(run: Path | None, has_log: bool) -> list[str]:
    if run is None:
        return []
    if not has_log:
        return ["", "## Training", "", f"The run {run.name} has no log yet."]
    return ["", "## Training", "", f"![curves of the run {run.name}](loss.png)"]
