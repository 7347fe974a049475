"""Two other preparations to compare with: a file for every track and sequence, and miditok's own utilities.

The first is the plain way: every track of every song becomes a MIDI file, miditok splits these into files of about 512
tokens, and each of them is read and tokenised again when it is loaded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import LISTED_PROGRAMS
from musegen_daw.drums.tokens import BOS, EOS, DrumTokenizer, DrumVocabulary, base_tokenizer
from musegen_daw.music.kit import PIECE_OF_PITCH
from training.drums.gigamidi import CorpusFile, Unit, find_units, read_unit
from training.drums.pairs import MAX_NOTES, MIN_HITS
from training.drums.prepare import VOCABULARY_SIZE

MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class OtherPreparation:
    """The token sequences of one epoch, and the seconds of each step."""

    songs: int
    track_files: int
    sequence_files: int
    sequences: list[npt.NDArray[np.uint16]]
    seconds: dict[str, float]

    def row(self) -> dict[str, Any]:
        return {
            "stages": self.seconds,
            "songs": self.songs,
            "sequences": len(self.sequences),
            "files_written": self.track_files + self.sequence_files,
        }


def prepare_plainly(
    corpus: Path, tokenizer_path: Path, folder: Path, *, workers: int, train_tokenizer: bool = False
) -> OtherPreparation:
    """Prepare `corpus` the plain way below `folder`, and tokenise with the tokenizer at `tokenizer_path`.

    `train_tokenizer` also trains one on the drum tracks, for the time that it takes.
    """
    seconds: dict[str, float] = {}
    tracks, chunks = folder / "tracks", folder / "sequences"
    tracks.mkdir(parents=True)
    chunks.mkdir()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        work = partial(_write_tracks, folder=tracks)
        found = _timed(seconds, "split tracks", lambda: list(pool.map(work, find_units(corpus))))
        pairs = {key: pair for part in found for key, pair in part.items()}
        (folder / "pairs.json").write_text(json.dumps(pairs, indent=1), encoding="utf-8")
        paths = [Path(path) for pair in pairs.values() for path in (pair["drum"], *pair["others"])]
        if train_tokenizer:
            drums = [Path(pair["drum"]) for pair in pairs.values()]
            _timed(seconds, "train tokenizer", partial(_train_tokenizer, drums))
        cut = partial(_split_sequences, paths, tokenizer_path, chunks, workers)
        files = _timed(seconds, "split sequences", cut)
        sequences = _timed(seconds, "tokenise", lambda: _tokenise_all(pool, tokenizer_path, files, workers))
    return OtherPreparation(len(pairs), len(paths), len(files), sequences, seconds)


def prepare_with_miditok(
    corpus: Path, tokenizer_path: Path, folder: Path, *, workers: int
) -> OtherPreparation:
    """What miditok's own utilities do with the usable files of `corpus` as they are: split them, then tokenise.

    There is no pairing and no index: every sequence has all tracks, one token stream each.
    """
    seconds: dict[str, float] = {}
    files, chunks = folder / "files", folder / "sequences"
    files.mkdir(parents=True)
    chunks.mkdir()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        work = partial(_write_whole, folder=files)
        found = _timed(seconds, "write files", lambda: list(pool.map(work, find_units(corpus))))
        paths = [Path(path) for part in found for path in part]
        cut = partial(_split_sequences, paths, tokenizer_path, chunks, workers)
        pieces = _timed(seconds, "split files", cut)
        sequences = _timed(seconds, "tokenise", lambda: _tokenise_all(pool, tokenizer_path, pieces, workers))
    return OtherPreparation(len(paths), len(paths), len(pieces), sequences, seconds)


def count_hits(sequences: Sequence[npt.NDArray[np.uint16]], tokenizer_path: Path) -> int:
    """Drum hits on pieces of the kit in token sequences."""
    from miditok import REMI

    vocabulary = DrumTokenizer.load(tokenizer_path).vocabulary()
    hits = (vocabulary.kinds == DrumVocabulary.PIECE).sum(axis=1)
    # pitches that the kit takes for another piece have a token of their own, in which nothing was joined
    remi: Any = REMI(params=tokenizer_path)
    for name, token in remi._vocab_base.items():
        kind, _, value = name.partition("_")
        if kind == "PitchDrum" and int(value) in PIECE_OF_PITCH:
            hits[token] = 1
    return int(sum(hits[tokens].sum() for tokens in sequences))


def _timed(seconds: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = work()
    seconds[name] = time.perf_counter() - started
    return result


def _write_whole(unit: Unit, *, folder: Path) -> list[str]:
    paths: list[str] = []
    for source in read_unit(unit):
        if _usable(source) is not None:
            path = folder / f"{Path(source.key).stem}.mid"
            path.write_bytes(source.data)
            paths.append(str(path))
    return paths


def _write_tracks(unit: Unit, *, folder: Path) -> dict[str, dict[str, Any]]:
    pairs: dict[str, dict[str, Any]] = {}
    for source in read_unit(unit):
        score = _usable(source)
        if score is None:
            continue
        name = Path(source.key).stem
        drums = [track for track in score.tracks if track.is_drum and len(track.notes)]
        notes = drums[0]
        for other in drums[1:]:
            notes.notes.extend(other.notes)
        notes.notes.sort()
        listed = [track for track in score.tracks if _is_listed(track)]
        paths = [_write_track(score, notes, folder / f"{name}_drum.mid")]
        paths += [_write_track(score, track, folder / f"{name}_{at}.mid") for at, track in enumerate(listed)]
        pairs[source.key] = {"drum": paths[0], "others": paths[1:]}
    return pairs


def _usable(source: CorpusFile) -> Any:
    from symusic import Score

    try:
        score: Any = Score.from_midi(source.data)
    except Exception:  # noqa: BLE001 symusic raises several unrelated types for malformed files
        return None
    drums = sum(len(track.notes) for track in score.tracks if track.is_drum)
    listed = sum(len(track.notes) for track in score.tracks if _is_listed(track))
    return score if drums >= MIN_HITS and listed and drums + listed <= MAX_NOTES else None


def _is_listed(track: Any) -> bool:
    return not track.is_drum and track.program in LISTED_PROGRAMS and len(track.notes) > 0


def _write_track(score: Any, track: Any, path: Path) -> str:
    from symusic import Score

    alone: Any = Score(score.tpq)
    alone.tempos.extend(score.tempos)
    alone.time_signatures.extend(score.time_signatures)
    alone.tracks.append(track)
    alone.dump_midi(path)
    return str(path)


def _train_tokenizer(drums: list[Path]) -> None:
    base_tokenizer().train(vocab_size=VOCABULARY_SIZE, model="BPE", files_paths=drums)


def _split_sequences(paths: list[Path], tokenizer_path: Path, folder: Path, workers: int) -> list[Path]:
    from miditok import REMI
    from miditok.utils import split_files_for_training

    # no overlap and no shortest sequence: every note comes once, as in the shards
    return split_files_for_training(
        paths,
        REMI(params=tokenizer_path),
        folder,
        MAX_TOKENS,
        num_overlap_bars=0,
        min_seq_len=1,
        parallel_workers_size=workers,
    )


def _tokenise_all(
    pool: ProcessPoolExecutor, tokenizer_path: Path, files: list[Path], workers: int
) -> list[npt.NDArray[np.uint16]]:
    size = max(1, -(-len(files) // (8 * workers)))
    groups = [files[start : start + size] for start in range(0, len(files), size)]
    loaded = pool.map(partial(_tokenise, tokenizer_path), groups)
    return [tokens for group in loaded for tokens in group]


def _tokenise(tokenizer_path: Path, paths: list[Path]) -> list[npt.NDArray[np.uint16]]:
    from miditok import REMI
    from symusic import Score

    tokenizer: Any = REMI(params=tokenizer_path)
    return [
        np.array([BOS, *sequence.ids, EOS], np.uint16)
        for path in paths
        for sequence in tokenizer.encode(Score(path))
    ]
