"""Agreement between takes: by hand, and its laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.drumming.events import HIT
from musegen_daw.drumming.ranking import agreement
from tests.drum_strategies import drum_hits


def _hits(*rows: tuple[int, int, int]) -> np.ndarray:
    return np.array([(bar, position, piece, 9) for bar, position, piece in rows], HIT)


def test_by_hand() -> None:
    one, same, other = _hits((0, 6, 0), (0, 54, 2)), _hits((0, 7, 0), (0, 54, 2)), _hits((0, 6, 0), (1, 6, 4))
    assert np.allclose(agreement([one, same, other], 2), [0.75, 0.75, 0.5])
    assert agreement([one], 2).tolist() == [0.0]
    assert agreement([_hits(), _hits()], 1).tolist() == [0.0, 0.0]


@given(takes=st.lists(drum_hits(max_bars=2), min_size=2, max_size=5))
def test_the_order_of_takes_does_not_matter(takes) -> None:
    hits = [each for each, _ in takes]
    values = agreement(hits, 8)
    assert ((values >= 0) & (values <= 1 + 1e-9)).all()
    assert np.allclose(agreement(hits[::-1], 8), values[::-1])
