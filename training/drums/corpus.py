"""A prepared corpus as training reads it: mapped into memory, opened at once however large it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import Array
from training.common.prepared import JsonLines, mapped, read_facts
from training.drums.blocks import SONG, STREAMS
from training.drums.parts import FORMAT


class Corpus:
    """One split of a prepared folder, mapped into memory: nothing is read before it is asked for.

    `songs` says everything of each song, a line of JSON at a time; `index` (songs,) what training asks, see SONG.
    Raises TrainingFileError for a folder that another version has prepared, and for one that is damaged.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self.folder, self.split = folder, split
        base = folder / split
        read_facts(folder, FORMAT)
        self.index = mapped(base / "songs.npy", SONG)
        self.songs: Sequence[dict[str, Any]] = JsonLines(base / "songs.jsonl", self.index["line"])
        self._arrays = {
            name: (mapped(base / f"{name}.npy", dtype), mapped(base / f"{name}_starts.npy", np.int64))
            for name, dtype in STREAMS.items()
        }

    def between(self, name: str, song: int, first_bar: int, bars: int) -> Array:
        """The tokens, hits or onsets of some bars of a song; `bar` counted from the first of them."""
        values, starts = self._arrays[name]
        first = int(self.index["first_bar"][song]) + first_bar
        found = np.array(values[starts[first] : starts[first + bars]])
        if found.dtype.names:
            found["bar"] -= first_bar
        return found

    def per_bar(self, name: str, songs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many tokens, hits or onsets there are in each bar of some songs, one song after the other."""
        starts = self._arrays[name][1]
        first, bars = self.index["first_bar"][songs], self.index["bars"][songs].astype(np.int64)
        bar = np.arange(bars.sum()) + np.repeat(first - (np.cumsum(bars) - bars), bars)
        return starts[bar + 1] - starts[bar]

    def counts(self, name: str, song: int, first_bar: int, bars: int) -> npt.NDArray[np.int64]:
        """How many tokens, hits or onsets there are in each of some bars of a song (bars,)."""
        first = int(self.index["first_bar"][song]) + first_bar
        return np.diff(self._arrays[name][1][first : first + bars + 1].astype(np.int64))
