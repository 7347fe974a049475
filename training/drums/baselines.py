"""Beats that ignore the part: a rock beat, the mean beat, fixed loops, random notes, the song's own bars repeated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES
from training.drums.corpus import Corpus
from training.drums.songs import WINDOW_BARS, Grid, MeasuredSong, drum_grid

Floats = npt.NDArray[np.float64]
_ATTEMPTS = 3


def rock_beat() -> Grid:
    """One bar: closed hat on the eighths, snare on 2 and 4, kick on 1 and 3: (1, 16, 9)."""
    grid = np.zeros((1, FRAMES_PER_BAR, len(VOICES)), bool)
    grid[0, ::2, VOICES.index("closed hat")] = True
    grid[0, [4, 12], VOICES.index("snare")] = True
    grid[0, ::8, VOICES.index("kick")] = True
    return grid


def looped(loop: Grid, bars: int) -> Grid:
    """A loop of two bars over so many bars."""
    return np.concatenate([loop] * -(-bars // len(loop)))[:bars]


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


def mean_beat(training: Corpus, validation: Corpus) -> Grid:
    """One bar (1, 16, 9): what is hit in more than a share of the training bars, the share chosen on validation."""
    mean = _mean_bar(training)
    human = _mean_bar(validation)
    bars = float(_played_bars(validation))
    best, best_f1 = mean > 0.5, -1.0
    for share in np.arange(0.05, 0.95, 0.01):
        beat = mean > share
        shared = float((human * beat).sum()) * bars
        f1 = 2 * shared / max(1.0, beat.sum() * bars + float(human.sum()) * bars)
        if f1 > best_f1:
            best, best_f1 = beat, f1
    return best[None]


def _mean_bar(corpus: Corpus) -> Floats:
    total = np.zeros((FRAMES_PER_BAR, len(VOICES)))
    for song in np.flatnonzero(corpus.index["tracks"]).tolist():
        bars = int(corpus.index["bars"][song])
        total += drum_grid(corpus.between("hits", song, 0, bars), bars).sum(axis=0)
    return total / max(1, _played_bars(corpus))


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


def _played_bars(corpus: Corpus) -> int:
    return int((corpus.per_bar("hits", np.flatnonzero(corpus.index["tracks"])) > 0).sum())


def random_notes(bars: int, hits_per_bar: float, random: np.random.Generator) -> Grid:
    """Random hits (bars, 16, 9), as many as usual, anywhere."""
    return random.random((bars, FRAMES_PER_BAR, len(VOICES))) < hits_per_bar / (FRAMES_PER_BAR * len(VOICES))


def copied(song: MeasuredSong) -> Grid:
    """The human drums of two bars before."""
    return np.concatenate([np.zeros_like(song.grid[:WINDOW_BARS]), song.grid[:-WINDOW_BARS]])


def repeated(song: MeasuredSong) -> Grid:
    """The first two human bars that count, again and again."""
    first = int(song.windows[0])
    loop = looped(song.grid[first : first + WINDOW_BARS], song.bars - first)
    return np.concatenate([np.zeros_like(song.grid[:first]), loop])
