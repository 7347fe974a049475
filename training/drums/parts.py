"""One part of a prepared corpus, made by one worker of one unit: songs as arrays, then the tokens of those kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drumming.events import HIT, ONSET, POSITIONS_PER_FRAME, Array
from musegen_daw.drumming.tokens import DrumTokenizer
from training.common.attempts import Attempts
from training.common.duplicates import SIGNATURE_SIZE, Words, mixed, signature
from training.drums.gigamidi import Source, Unit, read_unit
from training.drums.pairs import Pair, make_pair

FORMAT = 2
DIGEST = np.dtype("V16")
POISON = ("empty, too large or damaged", "unreadable", "ended its reader", "damaged from here on")


@dataclass(frozen=True, slots=True)
class Part:
    """A unit, how it is to be read, and where its part goes."""

    unit: Unit
    drums_only: bool
    licence_classes: tuple[str, ...]
    path: Path

    @classmethod
    def below(cls, folder: Path, unit: Unit, drums_only: bool, licence_classes: tuple[str, ...]) -> Part:
        """The part of a unit, under a name that stays the same from run to run for the same options."""
        suffix = "".join(licence_classes) or "all"
        name = f"{unit.name}-{int(drums_only)}-{suffix}-{FORMAT}.npz"
        return cls(unit, drums_only, licence_classes, folder / name)


def write_part(part: Part) -> None:
    """Read the unit and write its songs, what identifies each, and the reasons why other files gave none."""
    pairs: list[Pair] = []
    digests: list[bytes] = []
    dropped: Counter[str] = Counter()
    poison: list[tuple[str, str]] = []
    sizes: list[int] = []

    def leave_out(key: str, reason: str, files: int = 1) -> None:
        dropped[reason] += files
        if reason.startswith(POISON):
            poison.append((key, reason))

    with Attempts(part.path) as attempts:
        sources = read_unit(part.unit)
        while True:
            try:
                source = next(sources, None)
            except (OSError, ValueError, EOFError):  # pages or members that cannot be read
                rest = max(1, (part.unit.rows or len(part.unit.members)) - len(sizes))
                leave_out(f"{part.unit.path.name}, file {len(sizes)} of a part", "damaged from here on", rest)
                sizes += [0] * rest
                break
            if source is None:
                break
            deaths = attempts.begin(len(sizes))
            sizes.append(len(source.data))
            pair = _pair(source, part, deaths)
            if isinstance(pair, str):
                leave_out(source.key, pair)
            else:
                pairs.append(pair)
                digests.append(hashlib.sha1(source.data).digest()[:16])
        signatures = [signature(content_words(pair)) for pair in pairs]
        facts = {
            "files": len(sizes),
            "bytes": sum(sizes),
            "dropped": dropped,
            "poison": poison,
            "songs": [_song(pair) for pair in pairs],
        }
        save_arrays(
            part.path,
            hits=np.concatenate([np.zeros(0, HIT), *(pair.hits for pair in pairs)]),
            onsets=np.concatenate([np.zeros(0, ONSET), *(pair.onsets for pair in pairs)]),
            digests=np.frombuffer(b"".join(digests), DIGEST),
            signatures=np.array(signatures, np.uint32).reshape(-1, SIGNATURE_SIZE),
            facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
        )


def _pair(source: Source, part: Part, deaths: int) -> Pair | str:
    if part.licence_classes and source.licence_class not in part.licence_classes:
        return "licence class not asked for"
    if deaths > 1:
        return "ended its reader"
    return make_pair(source, drums_only=part.drums_only, careful=deaths > 0)


def _song(pair: Pair) -> dict[str, Any]:
    return {
        "key": pair.key,
        "split": pair.split,
        "group": pair.group,
        "licence_class": pair.licence_class,
        "origin": pair.origin,
        "bars": pair.bars,
        "bpm": round(pair.bpm, 3),
        "dynamics": pair.dynamics,
        "timing": pair.timing,
        "drum_tracks": list(pair.drum_tracks),
        "tracks": [asdict(track) for track in pair.tracks],
        "hits": len(pair.hits),
        "onsets": len(pair.onsets),
    }


def content_words(pair: Pair) -> Words:
    """A word for every different bar (bars,): its notes by sixteenth, whatever their loudness and exact place.

    Of drums without parts timing and loudness are all that tells two takes of one groove apart: both count.
    """
    hits, onsets = pair.hits, pair.onsets
    place = hits["position"] if len(onsets) == 0 else hits["position"] // POSITIONS_PER_FRAME
    notes = mixed(place.astype(np.uint64) << np.uint64(16) | hits["piece"].astype(np.uint64))
    if len(onsets) == 0:
        notes = mixed(notes ^ hits["level"].astype(np.uint64))
    played = onsets["position"].astype(np.uint64) // np.uint64(POSITIONS_PER_FRAME)
    melody = mixed(played << np.uint64(16) | onsets["pitch"].astype(np.uint64) | np.uint64(1 << 32))
    words = np.zeros(pair.bars, np.uint64)
    np.add.at(words, hits["bar"], notes)
    np.add.at(words, onsets["bar"], melody)
    return np.unique(mixed(words[words != 0]))


def read_facts(path: Path) -> dict[str, Any]:
    """What a part says of its files and songs."""
    with np.load(path) as part:
        return json.loads(part["facts"].tobytes())


def read_identities(path: Path) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint32]]:
    """The digests (songs,) and signatures (songs, SIGNATURE_SIZE) of a part."""
    with np.load(path) as part:
        return part["digests"], part["signatures"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A part and which of its songs (songs,) are kept."""

    path: Path
    songs: npt.NDArray[np.bool_]

    def hits(self) -> Iterator[tuple[dict[str, Any], Array]]:
        """The songs that are kept, with their hits."""
        with np.load(self.path) as part:
            songs, hits = json.loads(part["facts"].tobytes())["songs"], part["hits"]
        end = 0
        for song, is_kept in zip(songs, self.songs, strict=True):
            start, end = end, end + song["hits"]
            if is_kept:
                yield song, hits[start:end]

    @property
    def beats_path(self) -> Path:
        """Where the beats of its training songs go."""
        return self.path.with_name(f"{self.path.stem}.{self._choice}.beats.json")

    def tokens_path(self, digest: str) -> Path:
        """Where its tokens go, for the digest of a tokenizer: another one writes another file."""
        return self.path.with_name(f"{self.path.stem}.{self._choice}.{digest}.tokens.npz")

    @property
    def _choice(self) -> str:
        return hashlib.sha1(self.songs.tobytes()).hexdigest()[:8]


def write_beats(kept: Kept) -> None:
    """Write the beats of the training songs as the strings that a tokenizer learns from."""
    beats = [
        beat
        for song, hits in kept.hits()
        if song["split"] == "train"
        for beat in _plain().beat_strings(hits, song["bars"])
    ]
    beside = _beside(kept.beats_path)
    beside.write_text(json.dumps(beats), encoding="utf-8")
    beside.replace(kept.beats_path)


def write_tokens(item: tuple[Kept, Path, Path]) -> None:
    """Write the tokens of every bar, for a part, a tokenizer and the path to write to."""
    kept, tokenizer_path, target = item
    tokenizer = _tokenizer(tokenizer_path, tokenizer_digest(tokenizer_path))
    counts: list[int] = []
    tokens: list[int] = []
    for song, hits in kept.hits():
        for bar in tokenizer.encode_bars(hits, song["bars"]):
            counts.append(len(bar))
            tokens.extend(bar)
    save_arrays(target, tokens=np.array(tokens, np.uint16), counts=np.array(counts, np.uint16))


def tokenizer_digest(path: Path) -> str:
    """What tells one tokenizer from another."""
    return hashlib.sha1(path.read_bytes()).hexdigest()[:8]


def save_arrays(path: Path, **arrays: Any) -> None:
    """Write an .npz beside `path`, then rename; two workers that make the same one do not meet."""
    beside = _beside(path)
    np.savez(beside, allow_pickle=False, **arrays)
    beside.replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.{os.getpid()}-{os.urandom(4).hex()}.part{path.suffix}")


@cache
def _plain() -> DrumTokenizer:
    return DrumTokenizer.untrained()


@lru_cache(maxsize=1)
def _tokenizer(path: Path, digest: str) -> DrumTokenizer:
    return DrumTokenizer.load(path)
