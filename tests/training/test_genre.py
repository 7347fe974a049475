"""Every rule passes a beat of its genre and fails one of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from musegen_daw.music.clip import Clip, Note
from training.drums.genre import BARS, GENRES, count_kept, share_kept

PPQ = 480
KICK, STICK, SNARE, HAT, RIDE = 36, 37, 38, 42, 51
EIGHTHS = [0, 2, 4, 6, 8, 10, 12, 14]
GALLOP = [0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15]

HOUSE = {KICK: [0, 4, 8, 12], HAT: [2, 6, 10, 14], SNARE: [4, 12]}
ROCK = {KICK: [0, 8], SNARE: [4, 12], HAT: EIGHTHS}
BEATS = {
    "house-piano": (HOUSE, ROCK),
    "metal-gallop": ({KICK: GALLOP, SNARE: [4, 12]}, ROCK),
    "bossa-guitar": ({KICK: [0, 6, 8, 14], STICK: [0, 3, 6, 10, 12], HAT: EIGHTHS}, ROCK),
    "reggae-skank": ({KICK: [8], STICK: [8], HAT: EIGHTHS}, ROCK),
    "jazz-walking-bass": ({RIDE: [0, 4, 6 + 2 / 3, 8, 12, 14 + 2 / 3]}, ROCK),
    "funk-bass-E": ({KICK: [0, 3, 10], SNARE: [4, 12], HAT: EIGHTHS}, {KICK: [1, 5, 9], SNARE: [4, 12], HAT: EIGHTHS}),
    "pop-piano-ballad": ({KICK: [0], STICK: [4, 12], HAT: EIGHTHS}, {KICK: range(16), SNARE: [4, 12]}),
}  # fmt: skip
PARTS = {"metal-gallop": GALLOP, "funk-bass-E": [0, 3, 6, 10]}


def _clip(beat: Mapping[int, Iterable[float]], *, is_drum: bool = True, bars: int = BARS) -> Clip:
    notes = [
        Note(pitch, 90, round((16 * bar + step) * PPQ / 4), 30)
        for bar in range(bars)
        for pitch, steps in beat.items()
        for step in steps
    ]
    return Clip(tuple(notes), BARS * 4 * PPQ, PPQ, is_drum=is_drum)


def test_every_genre_has_its_beats() -> None:
    assert set(BEATS) == set(GENRES)


@pytest.mark.parametrize("name", GENRES)
def test_a_rule_tells_its_genre_from_another(name) -> None:
    fitting, other = BEATS[name]
    parts = [_clip({40: PARTS.get(name, [0])}, is_drum=False)]
    assert share_kept(GENRES[name].rule, _clip(fitting), parts) == 1
    assert share_kept(GENRES[name].rule, _clip(other), parts) == 0


def test_a_share_is_of_the_first_fifteen_bars() -> None:
    assert share_kept(GENRES["house-piano"].rule, _clip(HOUSE, bars=6), []) == pytest.approx(6 / 15)
    assert count_kept([[0.2, 0.7], [0.9, 0.1], [0.6, 0.69]]) == (2, 1)
