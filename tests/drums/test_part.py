"""What the parts do, bar by bar."""

from __future__ import annotations

import numpy as np

from musegen_daw.drums.events import ONSET
from musegen_daw.drums.part import AHEAD, CONTENT, PLACE, bar_features, section_numbers

BAR = 192


def onsets(*notes: tuple[int, int, int, int], family: int = 0, level: int = 10) -> np.ndarray:
    """Notes of (bar, sixteenth, pitch, duration in positions)."""
    rows = [(bar, 6 + 12 * frame, pitch, level, duration, family, 0) for bar, frame, pitch, duration in notes]
    return np.array(sorted(rows), ONSET)


def riff(bars: range, pitches: tuple[int, ...], frames: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    return [(bar, frame, pitch, 12) for bar in bars for pitch, frame in zip(pitches, frames, strict=True)]


def test_shapes_and_numbers():
    part = bar_features(onsets((0, 0, 60, 48), (1, 4, 40, 12)), 3)
    assert part.content.shape == (3, CONTENT)
    assert part.place.shape == (3, PLACE)
    assert part.ahead.shape == (3, AHEAD)
    for values in (part.content, part.place, part.ahead):
        assert np.isfinite(values).all()
        assert values.dtype == np.float32
    assert part.onsets.tolist() == [1, 1, 0]


def test_a_chord_that_is_held_sounds_in_the_bars_it_lasts():
    part = bar_features(onsets((1, 0, 60, 3 * BAR)), 6)
    assert part.sounds.tolist() == [False, True, True, True, False, False]
    assert part.onsets.tolist() == [0, 1, 0, 0, 0, 0]


def test_no_notes_and_no_bars_are_fine():
    assert not bar_features(np.zeros(0, ONSET), 4).sounds.any()
    assert len(bar_features(np.zeros(0, ONSET), 0)) == 0


def test_the_bar_in_which_another_riff_begins_is_a_section():
    first = riff(range(8), (40, 43, 45, 40), (0, 3, 6, 8))
    then = riff(range(8, 16), (41, 46, 48, 53), (2, 5, 10, 13))
    part = bar_features(onsets(*first, *then), 16)
    assert part.sections == (0, 8)
    assert not part.marked
    assert part.boundary.argmax() == 8
    assert section_numbers(part.sections, 16).tolist() == [0] * 8 + [1] * 8


def test_the_same_riff_throughout_is_one_section_and_like_itself():
    part = bar_features(onsets(*riff(range(16), (40, 43, 45, 40), (0, 3, 6, 8))), 16)
    assert part.sections == (0,)
    assert (part.likeness[8:, :4] > 0.99).all()


def test_marked_sections_go_before_those_that_are_found():
    part = bar_features(onsets(*riff(range(16), (40,), (0,))), 16, sections=(0, 4))
    assert part.sections == (0, 4)
    assert part.marked


def test_what_is_not_heard_yet_tells_nothing():
    notes = riff(range(12), (40, 43), (0, 3))
    heard = np.arange(12) < 6
    part = bar_features(onsets(*notes), 12, heard=heard)
    other = bar_features(onsets(*notes[:12], *riff(range(6, 12), (70, 75), (1, 2))), 12, heard=heard)
    np.testing.assert_array_equal(part.content, other.content)
    np.testing.assert_array_equal(part.place, other.place)
    assert not part.ahead.any()
    assert not part.content[6:].any()
    assert part.plays_on.all()


def test_what_comes_later_does_not_change_what_a_bar_says_of_itself():
    notes = riff(range(12), (40, 43), (0, 3))
    whole, half = bar_features(onsets(*notes), 12), bar_features(onsets(*notes[:12]), 6)
    np.testing.assert_allclose(whole.content[:6], half.content, atol=1e-6)
    np.testing.assert_array_equal(whole.place[:6], half.place)
