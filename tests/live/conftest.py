"""Sessions on a clock that stands, each closed with all its notes ended once."""

from __future__ import annotations

import pytest

from tests.live.jam import Jam


@pytest.fixture
def jams():
    """Makes sessions, and sees to it that each is closed with all its notes ended once."""
    made: list[Jam] = []

    def make(*args, **given) -> Jam:
        made.append(Jam(*args, **given))
        return made[-1]

    yield make
    for jam in made:
        jam.close()
        jam.port.check_notes_end_once()
