"""Parts and the styles their songs are in: whole songs, and pieces of them as a musician would hand them over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from musegen_daw.drums.events import VELOCITY_LEVELS, Array
from musegen_daw.drums.part import PART_SUMMARY, part_summary
from training.drums.corpus import Corpus
from training.drums.styles import Grooves, LearnedGroove, codes_of, meter_levels, read_styles

WHOLE_BARS = 64
LEAST_ONSETS = 4
LEAST_BARS, MOST_BARS = 4, 48
DEFAULT_PROGRAMS = (0, 27, 33)  # of the families, where a part does not say what plays it
SEMITONES = 5
_SUBSET, _UNNAMED, _TRANSPOSED, _FLAT, _NO_TEMPO = 0.4, 0.25, 0.5, 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Views:
    """Summaries of parts (views, PART_SUMMARY) and the styles of their songs (views,)."""

    summaries: npt.NDArray[np.float32]
    codes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)


def read_views(data: Path, split: str, views: int, seed: int = 0) -> Views:
    """So many views of each song of a prepared split that has parts: the whole song, then pieces of it.

    Every other view is in the style of its song, the rest in that which is nearest to what is played in the same
    bars: both are to be told, and a piece tells its song's better.
    """
    corpus, book = Corpus(data, split), read_styles(data)
    with np.load(data / split / "grooves.npz") as stored:
        codes_of_songs = stored["codes"]
    summaries: list[npt.NDArray[np.float32]] = []
    grooves: list[LearnedGroove] = []
    codes_of_views: list[int] = []
    songs = np.flatnonzero(corpus.index["tracks"] > 0).tolist()
    for song in tqdm(songs, desc=f"parts of {split}", leave=False, mininterval=2):
        for view in range(views):
            found = _view(corpus, song, np.random.default_rng((seed, song, view)) if view else None)
            if found is not None:
                summaries.append(found[0])
                grooves.append(found[1])
                codes_of_views.append(int(codes_of_songs[song]) if view % 2 == 0 else -1)
    if not summaries:
        return Views(np.zeros((0, PART_SUMMARY), np.float32), np.zeros(0, np.int64))
    by_song = np.array(codes_of_views, np.int64)
    codes = np.where(by_song >= 0, by_song, codes_of(Grooves.of(grooves), book))
    told = codes >= 0
    return Views(np.stack(summaries)[told], codes[told])


def _view(
    corpus: Corpus, song: int, random: np.random.Generator | None
) -> tuple[npt.NDArray[np.float32], LearnedGroove] | None:
    """The parts and the groove of a song, or of a piece of it that `random` cuts and changes; None without parts."""
    facts: dict[str, Any] = corpus.songs[song]
    length = int(facts["bars"])
    first, bars = 0, min(length, WHOLE_BARS)
    if random is not None:
        bars = min(length, round(LEAST_BARS * (MOST_BARS / LEAST_BARS) ** random.random()))
        first = int(random.integers(0, (length - bars) // 2 + 1)) * 2
    onsets = corpus.between("onsets", song, first, bars)
    programs = [int(track["program"]) for track in facts["tracks"]]
    bpm: float | None = float(facts["bpm"])
    if random is not None:
        onsets, programs = _changed(onsets, programs, random)
        bpm = None if random.random() < _NO_TEMPO else bpm
    if len(onsets) < LEAST_ONSETS:
        return None
    levels = meter_levels(facts["meters"], length)[first : first + bars]
    meter = int(np.bincount(levels).argmax())
    hits = corpus.between("hits", song, first, bars)
    return part_summary(onsets, programs, bars, bpm, meter), LearnedGroove.read(hits, levels)


def _changed(onsets: Array, programs: list[int], random: np.random.Generator) -> tuple[Array, list[int]]:
    """Some of the tracks, perhaps without their programs, in another key, or all equally loud."""
    if len(programs) > 1 and random.random() < _SUBSET:
        kept = random.permutation(len(programs)) < random.integers(1, len(programs))
        onsets = onsets[kept[np.minimum(onsets["track"], len(programs) - 1)]]
    if random.random() < _UNNAMED:
        families = {int(track): int(family) for track, family in onsets[["track", "family"]].tolist()}
        programs = [
            DEFAULT_PROGRAMS[families[track]] if track in families else program
            for track, program in enumerate(programs)
        ]
    if random.random() < _TRANSPOSED:
        moved = onsets["pitch"].astype(np.int64) + random.integers(-SEMITONES, SEMITONES + 1)
        onsets["pitch"] = np.clip(moved, 0, 127)
    if random.random() < _FLAT:
        onsets["level"] = random.integers(VELOCITY_LEVELS // 2, VELOCITY_LEVELS)
    return onsets, programs
