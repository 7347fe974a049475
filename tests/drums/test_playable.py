"""What is played can be played by one drummer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drums.events import HIT
from musegen_daw.drums.hand import playable
from musegen_daw.music.kit import PIECES

NAMES = [piece.name for piece in PIECES]
FEET = {"kick", "pedal hat"}
positions = st.sampled_from([6 + 12 * step for step in range(16)] + [6 + 8 * step for step in range(24)])
hit_lists = st.lists(
    st.tuples(st.integers(0, 2), positions, st.integers(0, 17), st.integers(0, 15)),
    max_size=80,
    unique_by=lambda hit: hit[:3],
).map(lambda rows: np.array(sorted(rows), HIT))


def at_once(*names, position=54, levels=None):
    rows = sorted(
        (0, position, NAMES.index(name), level)
        for name, level in zip(names, levels or [12] * len(names), strict=True)
    )
    return np.array(rows, HIT)


def left(hits, bpm=None):
    return {NAMES[piece] for piece in playable(hits, bpm)["piece"]}


def hands_at(hits):
    counts = {}
    for bar, position, piece, _ in hits.tolist():
        counts.setdefault((bar, position), []).append(NAMES[piece])
    return {place: [name for name in names if name not in FEET] for place, names in counts.items()}


@given(hit_lists, st.none() | st.floats(40, 400))
def test_nothing_is_added_and_no_third_hand_is_needed(hits, bpm):
    found = playable(hits, bpm)
    assert set(found.tolist()) <= set(hits.tolist())
    assert len(found) <= len(hits)
    assert all(len(names) <= 2 for names in hands_at(found).values())
    # What sounds at a position is thinned, never silenced.
    if bpm is None:
        assert hands_at(found).keys() == hands_at(hits).keys()


@given(hit_lists, st.none() | st.floats(40, 400))
def test_what_is_playable_stays_as_it_is(hits, bpm):
    once = playable(hits, bpm)
    assert np.array_equal(playable(once, bpm), once)


@given(hit_lists, st.floats(60, 300))
def test_no_piece_is_struck_too_fast(hits, bpm):
    found = playable(hits, bpm)
    seconds = (found["bar"].astype(int) * 192 + found["position"]) * 60 / (48 * bpm)
    for piece in set(found["piece"].tolist()):
        assert np.all(np.diff(seconds[found["piece"] == piece]) >= 1 / 14 - 1e-9)


@given(hit_lists)
def test_two_hands_are_all_used_where_nothing_rules_a_piece_out(hits):
    free = {
        "snare",
        "low tom",
        "mid tom",
        "high tom",
        "crash",
        "closed hat",
        "cowbell",
        "shaker",
        "tambourine",
    }
    own = hits[[NAMES[piece] in free for piece in hits["piece"]]]
    before, after = hands_at(own), hands_at(playable(own))
    assert {place: min(2, len(names)) for place, names in before.items()} == {
        place: len(names) for place, names in after.items()
    }


@pytest.mark.parametrize(
    ("struck", "kept"),
    [
        (("kick", "snare", "closed hat"), {"kick", "snare", "closed hat"}),
        (("open hat", "closed hat"), {"open hat"}),
        (("side stick", "snare", "ride"), {"snare", "ride"}),
        (("crash", "china"), {"crash"}),
        (("snare", "crash", "closed hat"), {"snare", "crash"}),
        (("snare", "ride", "closed hat"), {"snare", "ride"}),
        (("snare", "clap", "closed hat"), {"snare", "closed hat"}),
        (("clap", "closed hat", "shaker"), {"clap", "closed hat"}),
        (("closed hat", "tambourine", "cowbell"), {"closed hat", "cowbell"}),
        (("snare", "low tom", "closed hat", "kick", "pedal hat"), {"snare", "low tom", "kick", "pedal hat"}),
    ],
)
def test_the_least_needed_goes(struck, kept):
    assert left(at_once(*struck)) == kept


def test_a_crash_stays_before_a_tom_on_the_downbeat_alone():
    pieces = ("crash", "low tom", "snare")
    assert left(at_once(*pieces, position=6)) == {"crash", "snare"}
    assert left(at_once(*pieces, position=54)) == {"low tom", "snare"}


def test_of_three_toms_the_louder_stay():
    assert left(at_once("low tom", "mid tom", "high tom", levels=[14, 3, 9])) == {"low tom", "high tom"}


def test_fast_sixteenths_are_thinned_only_beyond_what_a_drummer_plays():
    hats = np.array([(0, 6 + 12 * step, NAMES.index("closed hat"), 9) for step in range(16)], HIT)
    assert np.array_equal(playable(hats, 200), hats)
    assert (playable(hats, 240)["position"] - 6).tolist() == list(range(0, 192, 24))


def test_no_hits_are_no_hits():
    assert len(playable(np.zeros(0, HIT), 120)) == 0
