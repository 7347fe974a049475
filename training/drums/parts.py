"""One part of a corpus, written by one worker: its songs as arrays, and what identifies each in the whole corpus."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import HIT, ONSET, POSITIONS_PER_FRAME
from musegen_daw.files import atomic_path
from training.common.attempts import Attempts
from training.common.duplicates import SIGNATURE_SIZE, Words, mixed, signature
from training.drums.gigamidi import SPLITS, CorpusFile, Unit, read_unit
from training.drums.pairs import Pair, make_pair

FORMAT = 4
DIGEST = np.dtype("V16")
POISON = ("empty, too large or damaged", "unreadable", "ended its reader", "damaged from here on")


@dataclass(frozen=True, slots=True)
class DrumPart:
    """A unit, how it is to be read, and where its part goes."""

    unit: Unit
    drums_only: bool
    licence_classes: tuple[str, ...]
    path: Path
    excluded: frozenset[str] = frozenset()

    @classmethod
    def below(
        cls,
        folder: Path,
        unit: Unit,
        drums_only: bool,
        licence_classes: tuple[str, ...],
        excluded: frozenset[str] = frozenset(),
    ) -> DrumPart:
        """The part of a unit, under a name that stays the same from run to run for the same options."""
        suffix = "".join(licence_classes) or "all"
        if excluded:
            suffix += hashlib.sha1("\n".join(sorted(excluded)).encode()).hexdigest()[:8]
        name = f"{unit.name}-{int(drums_only)}-{suffix}-{FORMAT}.npz"
        return cls(unit, drums_only, licence_classes, folder / name, excluded)


def write_part(part: DrumPart) -> None:
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
        facts = {"files": len(sizes), "bytes": sum(sizes), "dropped": dropped, "poison": poison}
        save_arrays(
            part.path,
            hits=np.concatenate([np.zeros(0, HIT), *(pair.hits for pair in pairs)]),
            onsets=np.concatenate([np.zeros(0, ONSET), *(pair.onsets for pair in pairs)]),
            digests=np.frombuffer(b"".join(digests), DIGEST),
            signatures=np.array([signature(content_words(pair)) for pair in pairs], np.uint32).reshape(
                -1, SIGNATURE_SIZE
            ),
            names=np.array([_name_digest(pair.key) for pair in pairs], np.uint64),
            splits=np.array([SPLITS.index(pair.split) for pair in pairs], np.uint8),
            bars=np.array([pair.bars for pair in pairs], np.int32),
            songs=as_array([_song(pair) for pair in pairs]),
            facts=as_array(facts),
        )


def _pair(source: CorpusFile, part: DrumPart, deaths: int) -> Pair | str:
    if part.licence_classes and source.licence_class not in part.licence_classes:
        return "licence class not asked for"
    if source.split == "train" and source.key in part.excluded:
        return "excluded from training"
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
        "meters": [list(run) for run in pair.meters],
        "four_four": pair.four_four,
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


def _name_digest(key: str) -> int:
    return int.from_bytes(hashlib.sha1(key.encode()).digest()[:8], "little")


def read_facts(path: Path) -> dict[str, Any]:
    """What a part says of its files: how many, how large, left out for which reasons."""
    with np.load(path) as part:
        return from_array(part["facts"])


def read_songs(path: Path) -> list[dict[str, Any]]:
    with np.load(path) as part:
        return from_array(part["songs"])


class Identities(NamedTuple):
    """What the whole corpus asks of each song of a part, (songs,) each."""

    digests: npt.NDArray[np.void]
    signatures: npt.NDArray[np.uint32]  # (songs, SIGNATURE_SIZE)
    names: npt.NDArray[np.uint64]
    splits: npt.NDArray[np.uint8]
    bars: npt.NDArray[np.int32]


def read_identities(path: Path) -> Identities:
    with np.load(path) as part:
        return Identities(*(part[name] for name in Identities._fields))


def save_arrays(path: Path, **arrays: Any) -> None:
    """Write an .npz to `path`, whole or not at all; two workers that make the same one do not meet."""
    with atomic_path(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def as_array(value: Any) -> npt.NDArray[np.uint8]:
    """A plain value as bytes that an .npz can hold."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def from_array(array: npt.NDArray[np.uint8]) -> Any:
    """The plain value of `as_array`."""
    return json.loads(array.tobytes())
