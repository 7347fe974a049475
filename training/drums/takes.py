"""Are the takes a choice? How alike they are, and whether the best of them beats fixed loops that listen to nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES
from training.drums.corpus import Corpus
from training.drums.grid import WINDOW_BARS, Grid, overlap

_ATTEMPTS = 3


def window_f1(one: Grid, other: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of two grids over the windows that count."""
    return overlap(one, other, windows).f1


def takes_alike(takes: Sequence[Grid], windows: npt.NDArray[np.int64]) -> float:
    """Mean F1 of any two takes; 1 for a single one."""
    pairs = [window_f1(one, other, windows) for at, one in enumerate(takes) for other in takes[:at]]
    return float(np.mean(pairs)) if pairs else 1.0


def looped(loop: Grid, bars: int) -> Grid:
    """A loop of two bars over so many bars."""
    return np.concatenate([loop] * -(-bars // len(loop)))[:bars]


def best_f1(takes: Sequence[Grid], human: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of the take nearest to the human drums."""
    return max(window_f1(take, human, windows) for take in takes)


def best_loop_f1(loops: Sequence[Grid], human: Grid, windows: npt.NDArray[np.int64]) -> float:
    """F1 of the loop nearest to the human drums."""
    return best_f1([looped(loop, len(human)) for loop in loops], human, windows)


def mean_bars(corpus: Corpus) -> npt.NDArray[np.float32]:
    """The mean two bars of the songs in 4/4 with parts, by voice: (songs, 2, 16, 9).

    Raises ValueError where `python -m training.drums styles` has not been run on the prepared folder.
    """
    path = corpus.folder / corpus.split / "grooves.npz"
    if not path.exists():
        raise ValueError(f"{path} is missing: run `python -m training.drums styles` on the folder first")
    with np.load(path) as grooves:
        patterns = grooves["patterns"]
    wanted = [
        song for song in np.flatnonzero(corpus.index["tracks"]).tolist() if corpus.songs[song]["four_four"]
    ]
    found = np.zeros((len(wanted), *patterns.shape[1:3], len(VOICES)), np.float32)
    for piece, voice in enumerate(VOICE_OF_PIECE):
        if voice is not None:
            found[..., voice] += patterns[wanted, :, :, piece]
    found = np.minimum(found, 1)
    return found[found.any(axis=(1, 2, 3))]


def fixed_loops(means: npt.NDArray[np.float32], count: int, seed: int = 0) -> list[Grid]:
    """Loops of two bars (2, 16, 9) by k-means of mean two bars: of each cluster the hits with the best expected F1."""
    points = means.reshape(len(means), -1)
    count = min(count, len(points))
    best, least = points[:count], np.inf
    for attempt in range(_ATTEMPTS):
        random = np.random.default_rng((seed, attempt))
        centres, label = kmeans2(points, count, iter=30, minit="++", rng=random, missing="warn")
        missed = float(np.square(points - centres[label]).sum())
        if missed < least:
            best, least = centres, missed
    return [_likeliest(centre).reshape(WINDOW_BARS, *means.shape[2:]) for centre in best]


def _likeliest(centre: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """The hits (width,) that have the best F1 with drums of these probabilities, in expectation."""
    order = np.argsort(-centre, kind="stable")
    f1 = 2 * np.cumsum(centre[order]) / (np.arange(len(centre)) + 1 + centre.sum())
    return centre >= centre[order[f1.argmax()]]
