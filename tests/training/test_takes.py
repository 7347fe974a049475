"""Takes beside each other and beside fixed loops."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from musegen_daw.music.kit import VOICES
from training.drums.baselines import fixed_loops, looped, mean_bars, rock_beat
from training.drums.corpus import Corpus
from training.drums.measures import best_loop_f1, takes_alike
from training.drums.overlap import best_f1, window_f1
from training.drums.styles import Grooves

WINDOWS = np.array([0, 2])


def test_takes_alike_by_hand() -> None:
    rock = looped(rock_beat(), 4)
    sparse = rock.copy()
    sparse[:, :, VOICES.index("closed hat")] = False
    alike = 2 * 4 / (12 + 4)
    assert window_f1(rock, sparse, WINDOWS) == pytest.approx(alike)
    assert takes_alike([rock, rock, sparse], WINDOWS) == pytest.approx((1 + 2 * alike) / 3)
    assert takes_alike([rock], WINDOWS) == 1
    assert best_f1([sparse, rock], rock, WINDOWS) == 1
    assert best_loop_f1([sparse[:2], np.zeros((2, 16, 9), bool)], rock, WINDOWS) == pytest.approx(alike)


def test_only_windows_that_count_are_compared() -> None:
    rock = looped(rock_beat(), 4)
    other = rock.copy()
    other[2:] = False
    assert window_f1(rock, other, np.array([0])) == 1
    assert window_f1(rock, other, np.array([2])) == 0


def test_loops_are_the_kinds_of_groove_there_are() -> None:
    random = np.random.default_rng(0)
    kinds = random.random((3, 2, 16, 9)) < 0.2
    means = np.concatenate([np.abs(kind - 0.1 * random.random((20, 2, 16, 9))) for kind in kinds])
    loops = fixed_loops(means.astype(np.float32), 3)
    assert {loop.tobytes() for loop in loops} == {kind.tobytes() for kind in kinds}
    assert [loop.tobytes() for loop in fixed_loops(means.astype(np.float32), 3)] == [
        loop.tobytes() for loop in loops
    ]
    assert len(fixed_loops(means[:2].astype(np.float32), 8)) == 2


def test_the_mean_bars_are_those_of_the_training_songs(prepared, tmp_path) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "train" / "grooves.npz"
    path.unlink()
    corpus = Corpus(tmp_path, "train")
    with pytest.raises(ValueError, match="styles"):
        mean_bars(corpus)
    np.savez(path, patterns=Grooves.read(corpus).patterns)
    means = mean_bars(corpus)
    assert means.shape[1:] == (2, 16, 9)
    assert means[:, :, 4, VOICES.index("snare")].min() > 0.9
    assert means.max() <= 1
