"""An item that ends its process is told from one that was in hand when a process was ended from outside."""

from __future__ import annotations

import pytest

from training.common.attempts import Attempts


def test_three_deaths_make_an_item_deadly_and_fewer_do_not(tmp_path) -> None:
    part = tmp_path / "part.npz"
    found = []
    for _ in range(7):
        attempts = Attempts(part)
        found.append((attempts.begin(1), attempts.begin(10)))
        del attempts  # killed while it had item 10 in hand
    assert found == [(0, 0)] * 3 + [(0, 1)] * 3 + [(0, 2)]


def test_a_part_that_was_made_leaves_no_journal(tmp_path) -> None:
    part = tmp_path / "part.npz"
    Attempts(part).begin(3)
    assert list(tmp_path.iterdir())
    with Attempts(part) as attempts:
        attempts.begin(0)
    assert not list(tmp_path.iterdir())


def test_an_error_is_no_death(tmp_path) -> None:
    part = tmp_path / "part.npz"
    for _ in range(5):
        with pytest.raises(ValueError, match="no"):
            _fail(part)
    with Attempts(part) as attempts:
        assert attempts.begin(2) == 0


def _fail(part) -> None:
    with Attempts(part) as attempts:
        attempts.begin(2)
        raise ValueError("no")
