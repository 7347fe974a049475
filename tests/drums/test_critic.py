"""The critic's windows and what it reads of drums; scores with a graph that counts what coincides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from musegen_daw.drums.critic import (
    VOICE_FEATURES,
    WINDOW_BARS,
    WINDOW_FRAMES,
    Critic,
    voice_frames,
    window_starts,
    windows,
)
from musegen_daw.drums.events import HIT, ONSET
from musegen_daw.drums.features import part_frames
from musegen_daw.music.kit import PIECES, VOICES
from tests.drum_strategies import drum_hits

PIECE = {piece.name: index for index, piece in enumerate(PIECES)}


def _kicks(*places: tuple[int, int]) -> np.ndarray:
    return np.array([(bar, 6 + 12 * step, PIECE["kick"], 12) for bar, step in places], HIT)


def _part(bars: int, *places: tuple[int, int]) -> np.ndarray:
    onsets = np.zeros(len(places), ONSET)
    onsets["bar"], onsets["position"] = ([bar for bar, _ in places], [6 + 12 * step for _, step in places])
    onsets["pitch"], onsets["duration"], onsets["family"] = 40, 12, 2
    return part_frames(onsets, bars)


def _together(parts: np.ndarray, drums: np.ndarray) -> list[np.ndarray]:
    """A vector says at which sixteenths there is anything: the product counts where both are."""
    return [parts[:, :, -1], drums[:, :, 0]]


def test_drums_are_read_by_voice() -> None:
    rows = [(0, 6, "kick"), (0, 22, "ride bell"), (1, 54, "clap"), (1, 54, "cowbell")]
    hits = np.array([(bar, position, PIECE[name], 9) for bar, position, name in rows], HIT)
    found = {(int(frame), int(column)) for frame, column in np.argwhere(voice_frames(hits, 2))}
    ride, snare = VOICES.index("ride"), VOICES.index("snare")
    assert found == {(0, 0), (1, ride), (1, VOICE_FEATURES - 1), (20, snare)}
    assert voice_frames(hits, 1).shape == (16, VOICE_FEATURES)


@given(drum_hits(max_bars=4))
def test_each_voice_is_where_it_is_struck(given_hits) -> None:
    hits, bars = given_hits
    frames = voice_frames(hits, bars)
    assert frames.shape == (16 * bars, VOICE_FEATURES)
    for hit in hits:
        voice = PIECES[hit["piece"]].voice
        frame = hit["bar"] * 16 + hit["position"] // 12
        assert voice is None or frames[frame, VOICES.index(voice)] == 1


@pytest.mark.parametrize(
    ("bars", "starts"), [(0, []), (1, [0]), (8, [0]), (9, [0, 1]), (16, [0, 8]), (20, [0, 8, 12])]
)
def test_windows_cover_all_bars(bars, starts) -> None:
    assert window_starts(bars).tolist() == starts
    frames = np.arange(1, bars * 16 + 1, dtype=np.float32)[:, None]
    found = windows(frames)
    assert found.shape == (len(starts), WINDOW_FRAMES, 1)
    assert set(found.ravel().tolist()) - {0} == set(frames.ravel().tolist())


def test_a_score_is_the_mean_over_windows_in_which_the_part_sounds() -> None:
    bars = 3 * WINDOW_BARS
    part = _part(bars, (0, 0), (1, 4), (16, 8))
    critic = Critic(_together)
    assert critic.score(part, _kicks((0, 0), (1, 4), (9, 0), (16, 8)), bars) == (2 + 1) / 2
    takes = [_kicks((0, 0)), _kicks(), _kicks((1, 4), (16, 8))]
    assert critic.scores(part, takes, bars).tolist() == [0.5, 0, 1]
    assert [critic.score(part, take, bars) for take in takes] == [0.5, 0, 1]


def test_nothing_to_hear_is_no_score() -> None:
    critic = Critic(_together)
    assert critic.score(_part(4), _kicks((0, 0)), 4) == 0
    assert critic.scores(_part(4, (0, 0)), [], 4).tolist() == []
    assert critic.score(_part(0), _kicks(), 0) == 0
    with pytest.raises(ValueError, match="5 bars has 80 frames"):
        critic.score(_part(4, (0, 0)), _kicks(), 5)


def test_all_are_compared_with_all() -> None:
    critic = Critic(_together)
    parts = np.concatenate([windows(_part(8, (0, 0))), windows(_part(8, (1, 4), (2, 4)))])
    drums = np.concatenate(
        [windows(voice_frames(_kicks(*own), 8)) for own in ([(0, 0), (1, 4)], [(2, 4)], [])]
    )
    assert critic.compare(parts, drums).tolist() == [[1, 1], [0, 1], [0, 0]]
