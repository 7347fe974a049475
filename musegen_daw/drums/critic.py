"""Scores how well drums fit their parts, as learned from which drums belong to which parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR, Array
from musegen_daw.drums.features import PART_FEATURES, frame_of, offset_of
from musegen_daw.models.session import Graph
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES

Floats = npt.NDArray[np.float32]

WINDOW_BARS = 8
WINDOW_FRAMES = WINDOW_BARS * FRAMES_PER_BAR
VOICE_FEATURES = len(VOICES) + 1

_VOICES = np.array([-1 if voice is None else voice for voice in VOICE_OF_PIECE])


def voice_frames(hits: Array, bars: int) -> Floats:
    """Features of drums, HIT on the grid of `quantise`, at each sixteenth: (16·bars, VOICE_FEATURES).

    Which voices are struck, then whether a hit lies off the sixteenths, in triplets. Hits beyond `bars` are left out.
    """
    features = np.zeros((bars * FRAMES_PER_BAR, VOICE_FEATURES), np.float32)
    voice = _VOICES[hits["piece"]]
    keep = (voice >= 0) & (hits["bar"] < bars)
    own = hits[keep]
    frame = own["bar"].astype(np.int64) * FRAMES_PER_BAR + frame_of(own["position"])
    features[frame, voice[keep]] = 1
    features[frame[offset_of(own["position"]) != 0], -1] = 1
    return features


def window_starts(bars: int) -> npt.NDArray[np.int64]:
    """First bars of the windows of eight that cover `bars`; the last one can overlap the one before."""
    if bars <= WINDOW_BARS:
        return np.zeros(min(bars, 1), np.int64)
    starts = np.arange(0, bars - WINDOW_BARS + 1, WINDOW_BARS)
    return starts if bars % WINDOW_BARS == 0 else np.append(starts, bars - WINDOW_BARS)


def windows(frames: Floats) -> Floats:
    """Features (16·bars, width) as windows of eight bars (windows, 128, width), zero-padded where they are shorter."""
    bars = len(frames) // FRAMES_PER_BAR
    short = max(0, WINDOW_FRAMES - len(frames))
    padded = np.pad(frames, ((0, short), (0, 0)))
    first = window_starts(bars) * FRAMES_PER_BAR
    return padded[first[:, None] + np.arange(WINDOW_FRAMES)]


class Critic:
    """A contrastive score of drums against a part (InfoNCE, Oord et al., 2018).

    The graph takes windows of the part (n, 128, PART_FEATURES) and of drums (m, 128, VOICE_FEATURES) and returns a
    vector for each, (n, width) and (m, width), whose product is cosine over temperature. Windows in which the part
    rests are left out.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def score(self, part: Floats, hits: Array, bars: int) -> float:
        """How well `hits` (HIT on the grid) fit `part` (16·bars, PART_FEATURES, see `part_frames`): higher is better.

        The mean over windows of eight bars; 0 where the part never sounds. Only scores for the same part compare.
        Raises ValueError where the part has another length.
        """
        return float(self.scores(part, [hits], bars)[0])

    def scores(self, part: Floats, takes: Sequence[Array], bars: int) -> npt.NDArray[np.float64]:
        """The `score` of each of `takes` (takes,)."""
        if part.shape != (bars * FRAMES_PER_BAR, PART_FEATURES):
            raise ValueError(f"a part of {bars} bars has {bars * FRAMES_PER_BAR} frames, got {part.shape}")
        heard = windows(part)
        telling = np.flatnonzero(heard[:, :, -1].any(axis=1))
        if len(takes) == 0 or len(telling) == 0:
            return np.zeros(len(takes))
        drums = [windows(voice_frames(take, bars))[telling] for take in takes]
        parts, played = self._graph(heard[telling], np.concatenate(drums))
        played = played.reshape(len(takes), len(telling), -1)
        return (played * parts).sum(axis=-1, dtype=np.float64).mean(axis=1)

    def compare(self, parts: Floats, drums: Floats) -> npt.NDArray[np.float64]:
        """Scores (m, n) of windows of drums (m, 128, VOICE_FEATURES) with windows of parts (n, 128, PART_FEATURES)."""
        heard, played = self._graph(parts, drums)
        return (played @ heard.T).astype(np.float64)
