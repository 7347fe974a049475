"""The numbers of the corpus report: what was kept, what is in it, how it is played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, LEAD_POSITIONS, POSITIONS_PER_FRAME, VELOCITY_LEVELS
from musegen_daw.drums.features import frame_of
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES
from training.drums.corpus import Corpus
from training.drums.gigamidi import SPLITS

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
        "distributions": {name: _distribution(array) for name, array in values.items()},
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
    """A long array, a piece that fits into memory at a time."""
    for start in range(0, len(array), BLOCK):
        yield np.asarray(array[start : start + BLOCK])


def _distribution(values: npt.NDArray[Any]) -> dict[str, float]:
    if len(values) == 0:
        return {}
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return {
        name: round(float(value), 2)
        for name, value in (
            ("least", values.min()),
            ("5 %", low),
            ("median", middle),
            ("mean", values.mean()),
            ("95 %", high),
            ("most", values.max()),
        )
    }
