"""The exploratory analysis of a prepared corpus and of a run: numbers as Markdown, the rest as pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musegen_daw.drums.tokens import DrumTokenizer
from training.common.files import write_json, write_text
from training.common.prepared import read_facts
from training.common.report_command import run_report
from training.drums.analysis import PROGRAM_NAMES, analyse, per_bar
from training.drums.corpus import Corpus
from training.drums.gigamidi import SPLITS
from training.drums.parts import FORMAT

PICTURE_BARS = 4


def main(argv: list[str] | None = None) -> int:
    """Write the report from the command line."""
    program = "python -m training.drums report"
    return run_report(argv, program, __doc__, report, Path("out/report"), "pairs")


def report(data: Path, out: Path, *, run: Path | None = None, seed: int = 0) -> Path:
    """Write report.md, statistics.json and the pictures for the prepared folder `data`; returns the page's path."""
    from training.drums import charts, pictures

    out.mkdir(parents=True, exist_ok=True)
    corpora = {split: Corpus(data, split) for split in SPLITS}
    tokenizer = DrumTokenizer.load(data / "tokenizer.json")
    facts = read_facts(data, FORMAT)
    statistics, figures = analyse(facts, corpora, tokenizer.vocabulary())
    charts.draw_files(statistics, out / "files.png")
    charts.draw_lengths(figures.values, out / "lengths.png")
    charts.draw_drums(
        figures.values["hits per bar"], figures.lanes, figures.where, figures.levels, out / "drums.png"
    )
    charts.draw_feel(statistics["feel"], out / "feel.png")
    log = run / "log.csv" if run else None
    has_log = log is not None and log.is_file()
    if log is not None and has_log:
        pictures.draw_loss_curves(log, out / "loss.png")
    captions = draw_pairs(corpora["validation"], out, seed)
    write_json(out / "statistics.json", statistics)
    sections = [
        *_files_section(statistics),
        *_music_section(statistics),
        *_tokens_section(statistics),
        *_run_section(run, has_log),
        *_pairs_section(captions),
    ]
    page = out / "report.md"
    write_text(page, "\n".join(sections) + "\n")
    return page


def draw_pairs(corpus: Corpus, out: Path, seed: int, pairs: int = 4) -> list[str]:
    """Draw pair-1.png ... from songs chosen by `seed`: bars in which parts and drums play; returns captions."""
    from training.drums.pictures import draw_grids

    random = np.random.default_rng(seed)
    captions: list[str] = []
    for song in random.permutation(len(corpus.songs)).tolist():
        facts = corpus.songs[song]
        first_bar = _lively_bar(corpus, song, random)
        if first_bar is None:
            continue
        hits = corpus.between("hits", song, first_bar, PICTURE_BARS)
        onsets = corpus.between("onsets", song, first_bar, PICTURE_BARS)
        programs = list(
            dict.fromkeys(PROGRAM_NAMES.get(track["program"], "other") for track in facts["tracks"])
        )
        rest = f" and {len(programs) - 3} more" if len(programs) > 3 else ""
        # the key alone: a transcription's own title stays out of the report
        caption = (
            f"{facts['key'][:12]} · class {facts['licence_class'] or '–'} · {facts['bpm']:.0f} BPM"
            f" · bars {first_bar + 1}–{first_bar + PICTURE_BARS} · {', '.join(programs[:3])}{rest}"
        )
        captions.append(caption)
        path = out / f"pair-{len(captions)}.png"
        draw_grids(
            [("human drums", hits, PICTURE_BARS)], path, onsets=onsets, title=caption, first_bar=first_bar
        )
        if len(captions) == pairs:
            break
    return captions


def _lively_bar(corpus: Corpus, song: int, random: np.random.Generator) -> int | None:
    counts = np.minimum(per_bar(corpus, "hits", song), per_bar(corpus, "onsets", song))
    if len(counts) < PICTURE_BARS:
        return None
    lively = np.convolve(counts >= 4, np.ones(PICTURE_BARS, int), "valid") == PICTURE_BARS
    starts = np.flatnonzero(lively)
    return int(random.choice(starts)) if len(starts) else None


def _files_section(statistics: Mapping[str, Any]) -> list[str]:
    splits = statistics["splits"]
    kept = sum(split["songs"] for split in splits.values())
    reasons = [
        (reason, f"{count:,}", _share(count, statistics["files"]))
        for reason, count in statistics["dropped"].items()
    ]
    classes = statistics["licence_classes"]
    class_rows = [
        (name, *(f"{row[split]:,}" for split in SPLITS), f"{sum(row.values()):,}")
        for name, row in classes.items()
    ]
    return [
        "# The corpus",
        "",
        "Written by `python -m training.drums report`. Files, classes, sources, programs and feel count all splits;"
        " distributions are those of the training split.",
        "",
        "## Files",
        "",
        f"{statistics['files']:,} files were read, {kept:,} kept as songs.",
        "",
        *_markdown(("dropped", "files", "share"), reasons),
        "",
        *_markdown(
            ("split", "songs", "bars", "drum hits", "onsets of the parts", "drum tokens"),
            [
                (split, *(f"{row[name]:,}" for name in ("songs", "bars", "hits", "onsets", "tokens")))
                for split, row in splits.items()
            ],
        ),
        "",
        *_markdown(("licence class", *SPLITS, "songs"), class_rows),
        "",
        f"The songs come from {len(statistics['sources'])} sources:",
        "",
        *_markdown(
            ("source", "songs"), [(name, f"{count:,}") for name, count in statistics["sources"].items()]
        ),
        "",
        "![Files, licence classes, sources and programs](files.png)",
        "",
    ]


def _music_section(statistics: Mapping[str, Any]) -> list[str]:
    feel = statistics["feel"]
    kinds = list(next(iter(feel.values()), {}))
    pieces = statistics["hits_by_piece"]
    hits = sum(pieces.values())
    names = next((list(row) for row in statistics["distributions"].values() if row), [])
    return [
        "## Music",
        "",
        *_markdown(
            ("program", "tracks"), [(name, f"{count:,}") for name, count in statistics["programs"].items()]
        ),
        "",
        *_markdown(
            ("", *names),
            [
                (name, *(f"{value:,.10g}" for value in row.values()))
                for name, row in statistics["distributions"].items()
                if row
            ],
        ),
        "",
        f"What is counted by bar is counted over bars with drums; {statistics['bars_without_drums']:.1%} of the bars"
        " have none.",
        "",
        "![Tempo, lengths and tokens](lengths.png)",
        "",
        "## Drums",
        "",
        "![Density, voices, places in the bar and velocities](drums.png)",
        "",
        *_markdown(
            ("piece", "hits", "share"),
            [
                (name, f"{count:,}", _share(count, hits))
                for name, count in sorted(pieces.items(), key=lambda item: -item[1])
            ],
        ),
        "",
        "A song is expressive where it uses at least 5 of the 16 velocity levels, and its timing human where more than"
        " a fifth of the hits lie neither on a 32nd nor on a triplet.",
        "",
        *_markdown(
            ("licence class", *kinds),
            [(name, *(f"{row[kind]:,}" for kind in kinds)) for name, row in feel.items()],
        ),
        "",
        "![Dynamics and timing by licence class](feel.png)",
        "",
    ]


def _tokens_section(statistics: Mapping[str, Any]) -> list[str]:
    def table(tokens: Sequence[Mapping[str, Any]]) -> list[str]:
        return _markdown(
            ("token", "count", "share", "in words"),
            [(each["token"], f"{each['count']:,}", f"{each['share']:.2%}", each["words"]) for each in tokens],
        )

    return [
        "## Tokens",
        "",
        f"The vocabulary has {statistics['vocabulary']:,} tokens. The most frequent that the byte pair encoding has"
        " joined, with beat and sixteenth (1 e & a), and piece; offsets are in 48ths of a beat, and … stands"
        " for what the token before has said:",
        "",
        *table(statistics["frequent_tokens"]),
        "",
        "The most frequent that hold two hits or more:",
        "",
        *table(statistics["frequent_patterns"]),
        "",
    ]


def _run_section(run: Path | None, has_log: bool) -> list[str]:
    if run is None:
        return []
    found = (
        "![Loss and bits per bar](loss.png)"
        if has_log
        else "The run has no log.csv yet: it begins with its first validation."
    )
    return ["## Training", "", found, ""]


def _pairs_section(captions: Sequence[str]) -> list[str]:
    lines = ["## Pairs", "", "Parts above, the human's drums below, from the validation split.", ""]
    for number, caption in enumerate(captions, start=1):
        lines += [f"![{caption}](pair-{number}.png)", ""]
    return lines


def _markdown(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> list[str]:
    def line(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + " --- |" * len(head), *(line(row) for row in rows)]


def _share(count: int, total: int) -> str:
    return f"{count / max(1, total):.1%}"
