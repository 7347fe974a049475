"""The report of a prepared corpus and of a run: numbers as Markdown, the rest as pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, LEAD_POSITIONS, POSITIONS_PER_FRAME, VELOCITY_LEVELS
from musegen_daw.drums.features import frame_of
from musegen_daw.drums.tokens import DrumTokenizer, DrumVocabulary
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES
from training.common.prepared import read_facts, write_json, write_text
from training.common.report import distribution, markdown, run_report, run_section
from training.drums import charts
from training.drums.corpus import Corpus
from training.drums.gigamidi import SPLITS
from training.drums.parts import FORMAT
from training.drums.pictures import draw_grids

PROGRAM_NAMES = {
    0: "acoustic grand piano", 25: "steel guitar", 26: "jazz guitar", 27: "clean guitar", 28: "muted guitar",
    29: "overdriven guitar", 30: "distortion guitar", 32: "acoustic bass", 33: "fingered bass", 34: "picked bass",
}  # fmt: skip
FEELS = {
    (1, 1): "flat, on the grid",
    (1, 2): "flat, human timing",
    (2, 1): "expressive, on the grid",
    (2, 2): "expressive, human timing",
}
MOST_FREQUENT = 12
BLOCK = 1 << 22
_SIXTEENTHS = ("", "e", "&", "a")


@dataclass(frozen=True, slots=True)
class DrumFigures:
    """What is drawn: values by song or by bar of the training split, and hits by voice (the last: percussion)."""

    values: dict[str, npt.NDArray[Any]]
    lanes: npt.NDArray[np.int64]  # (10,)
    where: npt.NDArray[np.int64]  # (10, 16)
    levels: npt.NDArray[np.int64]  # (10, 16)


def analyse(
    facts: Mapping[str, Any], corpora: Mapping[str, Corpus], vocabulary: DrumVocabulary
) -> tuple[dict[str, Any], DrumFigures]:
    """The numbers of the report as plain values, and what is drawn.

    Files, classes, sources, programs and feel count all splits; distributions are those of the training split.
    """
    train = corpora["train"]
    tally = _Tally()
    for corpus in corpora.values():
        for song in corpus.songs:
            tally.add(song)
    values = {
        "tempo": np.array(train.index["bpm"]),
        "bars per song": np.array(train.index["bars"]),
        "tokens per song": _per_song(train, "tokens"),
    }
    playing = per_bar(train, "hits") > 0
    values |= {f"{name} per bar": per_bar(train, name)[playing] for name in ("tokens", "hits")}
    lane_of_piece = np.array([len(VOICES) if voice is None else voice for voice in VOICE_OF_PIECE])
    pieces = np.zeros(len(PIECES), np.int64)
    where = np.zeros((len(VOICES) + 1, FRAMES_PER_BAR), np.int64)
    levels = np.zeros((len(VOICES) + 1, VELOCITY_LEVELS), np.int64)
    for hits in _blocks(_array(train, "hits")):
        lane = lane_of_piece[hits["piece"]]
        pieces += np.bincount(hits["piece"], minlength=len(PIECES))
        where += _count(lane, frame_of(hits["position"]), FRAMES_PER_BAR)
        levels += _count(lane, hits["level"].astype(np.int64), VELOCITY_LEVELS)
    tokens = np.zeros(len(vocabulary), np.int64)
    for block in _blocks(_array(train, "tokens")):
        tokens += np.bincount(block, minlength=len(vocabulary))
    figures = DrumFigures(values, levels.sum(axis=1), where, levels)
    statistics = {
        "files": facts["files"],
        "dropped": dict(sorted(facts["dropped"].items(), key=lambda item: -item[1])),
        "splits": facts["splits"],
        "licence_classes": _by_class(tally.splits, SPLITS),
        "sources": dict(tally.sources.most_common()),
        "programs": {
            f"{program} {PROGRAM_NAMES.get(program, '')}".strip(): count
            for program, count in sorted(tally.programs.items())
        },
        "feel": _by_class(tally.feels, tuple(FEELS.values())),
        "distributions": {name: distribution(array) for name, array in values.items()},
        "bars_without_drums": float(1 - playing.mean()) if len(playing) else 0.0,
        "hits_by_piece": {piece.name: int(count) for piece, count in zip(PIECES, pieces, strict=True)},
        "velocity_levels": levels.sum(axis=0).tolist(),
        "vocabulary": len(vocabulary),
        "frequent_tokens": frequent_tokens(tokens, vocabulary),
        "frequent_patterns": frequent_tokens(tokens, vocabulary, hits=2),
    }
    return statistics, figures


def frequent_tokens(
    counts: npt.NDArray[np.int64], vocabulary: DrumVocabulary, *, hits: int = 0, most: int = MOST_FREQUENT
) -> list[dict[str, Any]]:
    """The most frequent learned tokens (at least two base tokens and `hits` hits): count, share of all, words.

    `counts` (tokens of the vocabulary,) says how often each occurs.
    """
    whole = int(counts.sum())
    is_learned = (vocabulary.kinds > 0).sum(axis=1) > 1
    is_learned &= (vocabulary.kinds == DrumVocabulary.PIECE).sum(axis=1) >= hits
    counts = np.where(is_learned, counts, 0)
    runs = vocabulary.to_runs()
    return [
        {
            "token": int(token),
            "count": int(counts[token]),
            "share": round(float(counts[token] / whole), 5),
            "words": in_words(runs[token]),
        }
        for token in np.argsort(-counts, kind="stable")[:most]
        if counts[token]
    ]


def in_words(run: Sequence[Sequence[int]]) -> str:
    """A run of base tokens in a drummer's words: `2& snare 95, closed hat 79; 3 kick 127`.

    Offsets from the sixteenth are in 48ths of a beat; `…` stands for what the token before has said.
    """
    groups: list[tuple[str, list[str]]] = []
    for kind, value in run:
        if kind == DrumVocabulary.BAR:
            groups.append(("bar line", []))
        elif kind == DrumVocabulary.POSITION:
            frame, offset = value // POSITIONS_PER_FRAME, value % POSITIONS_PER_FRAME - LEAD_POSITIONS
            place = f"{frame // 4 + 1}{_SIXTEENTHS[frame % 4]}" + (f"{offset:+d}/48" if offset else "")
            groups.append((place, []))
        else:
            if not groups:
                groups.append(("…", []))
            groups[-1][1].append(PIECES[value].name)
    return "; ".join(f"{place} {', '.join(items)}".strip() for place, items in groups)


def _array(corpus: Corpus, name: str) -> npt.NDArray[Any]:
    return np.load(corpus.folder / corpus.split / f"{name}.npy", mmap_mode="r")


def per_bar(corpus: Corpus, name: str, song: int | None = None) -> npt.NDArray[np.int64]:
    """Tokens, hits or onsets of every bar (bars,) of the split, or of one song."""
    counts = np.diff(_array(corpus, f"{name}_starts"))
    if song is None:
        return counts
    first, bars = (int(corpus.index[each][song]) for each in ("first_bar", "bars"))
    return counts[first : first + bars]


def _per_song(corpus: Corpus, name: str) -> npt.NDArray[np.int64]:
    starts, first = _array(corpus, f"{name}_starts"), corpus.index["first_bar"]
    return starts[first + corpus.index["bars"]] - starts[first]


def _count(row: npt.NDArray[Any], column: npt.NDArray[Any], columns: int) -> npt.NDArray[np.int64]:
    rows = len(VOICES) + 1
    return np.bincount(row * columns + column, minlength=rows * columns).reshape(rows, columns)


def class_of(song: Mapping[str, Any]) -> str:
    """The licence class of a song, or where it is from if it has none."""
    return song["licence_class"] or song["origin"] or "not named"


class _Tally:
    """What is counted of songs, one after another: by class and split, by class and feel, by source, by program."""

    def __init__(self) -> None:
        self.splits: Counter[tuple[str, str]] = Counter()
        self.feels: Counter[tuple[str, str]] = Counter()
        self.sources: Counter[str] = Counter()
        self.programs: Counter[int] = Counter()

    def add(self, song: Mapping[str, Any]) -> None:
        self.splits[class_of(song), song["split"]] += 1
        self.feels[class_of(song), FEELS[song["dynamics"], song["timing"]]] += 1
        self.sources[song["origin"] or "not named"] += 1
        self.programs.update(track["program"] for track in song["tracks"])


def _by_class(counts: Mapping[tuple[str, str], int], kinds: Sequence[str]) -> dict[str, dict[str, int]]:
    classes = sorted({name for name, _ in counts})
    return {name: {kind: counts.get((name, kind), 0) for kind in kinds} for name in classes}


def _blocks(array: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, len(array), BLOCK):
        yield np.asarray(array[start : start + BLOCK])


PICTURE_BARS = 4


def main(argv: list[str] | None = None) -> int:
    program = "python -m training.drums report"
    return run_report(argv, program, __doc__, report, Path("out/report"), "pairs")


def report(data: Path, out: Path, *, run: Path | None = None, seed: int = 0) -> Path:
    """Write report.md, statistics.json and the pictures for the prepared folder `data`; returns the page's path."""
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
    captions = draw_pairs(corpora["validation"], out, seed)
    write_json(out / "statistics.json", statistics)
    sections = [
        *_files_section(statistics),
        *_music_section(statistics),
        *_tokens_section(statistics),
        *run_section(run, out),
        *_pairs_section(captions),
    ]
    page = out / "report.md"
    write_text(page, "\n".join(sections) + "\n")
    return page


def draw_pairs(corpus: Corpus, out: Path, seed: int, pairs: int = 4) -> list[str]:
    """Draw pair-1.png ... from songs chosen by `seed`: bars in which parts and drums play; returns captions."""
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
        *markdown(("dropped", "files", "share"), reasons),
        "",
        *markdown(
            ("split", "songs", "bars", "drum hits", "onsets of the parts", "drum tokens"),
            [
                (split, *(f"{row[name]:,}" for name in ("songs", "bars", "hits", "onsets", "tokens")))
                for split, row in splits.items()
            ],
        ),
        "",
        *markdown(("licence class", *SPLITS, "songs"), class_rows),
        "",
        f"The songs come from {len(statistics['sources'])} sources:",
        "",
        *markdown(
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
        *markdown(
            ("program", "tracks"), [(name, f"{count:,}") for name, count in statistics["programs"].items()]
        ),
        "",
        *markdown(
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
        *markdown(
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
        *markdown(
            ("licence class", *kinds),
            [(name, *(f"{row[kind]:,}" for kind in kinds)) for name, row in feel.items()],
        ),
        "",
        "![Dynamics and timing by licence class](feel.png)",
        "",
    ]


def _tokens_section(statistics: Mapping[str, Any]) -> list[str]:
    def table(tokens: Sequence[Mapping[str, Any]]) -> list[str]:
        return markdown(
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


def _pairs_section(captions: Sequence[str]) -> list[str]:
    lines = ["## Pairs", "", "Parts above, the human's drums below, from the validation split.", ""]
    for number, caption in enumerate(captions, start=1):
        lines += [f"![{caption}](pair-{number}.png)", ""]
    return lines


def _share(count: int, total: int) -> str:
    return f"{count / max(1, total):.1%}"
