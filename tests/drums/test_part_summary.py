"""What a part is like, in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw.drums.events import LISTED_PROGRAMS, ONSET, clip_onsets, family_of_program
from musegen_daw.drums.part import PART_SUMMARY, PROGRAMS, part_summary, sound_of
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Bar

PPQ = 480


def _summary(*parts: Clip, bars: int = 4, bpm: float | None = 120.0, meter: int = 1):
    onsets = clip_onsets(parts, [Bar(4 * PPQ * bar, 4 * PPQ) for bar in range(bars)])
    return part_summary(onsets, [part.program for part in parts], bars, bpm, meter)


def _bass(starts: list[int], program: int = 33, velocity: int = 90, pitch: int = 40) -> Clip:
    return Clip(
        tuple(Note(pitch, velocity, start * PPQ // 4, PPQ // 4) for start in starts),
        16 * PPQ,
        PPQ,
        program=program,
    )


EIGHTHS = list(range(0, 64, 2))


@pytest.mark.parametrize("program", range(128))
def test_every_program_sounds_like_a_listed_one_of_its_family(program) -> None:
    like = PROGRAMS[sound_of(program)]
    assert family_of_program(like) == family_of_program(program)
    assert program not in LISTED_PROGRAMS or like == program


def test_silence_is_a_row_of_its_own() -> None:
    empty = part_summary(np.zeros(0, ONSET), [], 0, None, 1)
    assert empty.shape == (PART_SUMMARY,)
    assert np.isfinite(empty).all()


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 191), st.integers(0, 2), st.integers(0, 127)), max_size=40
    ),
    st.one_of(st.none(), st.floats(1, 1000)),
    st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_whatever_plays_is_told_in_small_numbers(notes, bpm, meter) -> None:
    onsets = np.array(
        sorted((bar, position, 96, family, family, pitch, 9) for bar, position, family, pitch in notes),
        np.dtype(
            [
                (name, np.int64)
                for name in ("bar", "position", "duration", "family", "track", "pitch", "level")
            ]
        ),
    )
    rows = np.zeros(len(onsets), ONSET)
    for name in onsets.dtype.names:
        rows[name] = onsets[name]
    found = part_summary(rows, [0, 27, 33], 4, bpm, meter)
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 10


def test_what_tells_styles_apart_changes_it_and_what_does_not_leaves_it() -> None:
    plain = _summary(_bass(EIGHTHS))
    assert np.array_equal(plain, _summary(_bass(EIGHTHS)))
    for other in (
        _summary(_bass(EIGHTHS[::2])),
        _summary(_bass(EIGHTHS), bpm=170.0),
        _summary(_bass(EIGHTHS), meter=2),
        _summary(_bass(EIGHTHS, program=0)),
        _summary(_bass(EIGHTHS, velocity=40)),
        _summary(_bass(EIGHTHS, pitch=60)),
        _summary(_bass([start + 1 for start in EIGHTHS])),
        _summary(_bass(EIGHTHS), _bass(EIGHTHS, program=27)),
    ):
        assert np.abs(plain - other).max() > 0.05


def test_bars_that_rest_do_not_thin_the_rhythm() -> None:
    half = [start for start in EIGHTHS if start < 32]
    first, last = _summary(_bass(half)), _summary(_bass(half), bars=2)
    struck = np.flatnonzero(first == 1.0)
    assert len(struck) >= 2 * 16
    assert np.array_equal(first[struck], last[struck])
