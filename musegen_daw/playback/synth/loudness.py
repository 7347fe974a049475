"""How loud a song is likely to be, told from its notes before any of it is rendered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.recordings import Recordings
from musegen_daw.playback.synth.synth import VoicePlayer

Strengths = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Starts in samples and amplitudes of notes, both (notes,)."""

WINDOW_SECONDS = 0.25
"""Notes that begin within it add up; what began before has mostly faded."""
CREST = 1.2
"""By how much notes together are louder than the root of the sum of their squares."""
_PPQ = 480
_HIT_VELOCITY = 110
_LOUD_HITS = (36, 38, 42, 49)
"""Kick, snare, hat and crash at once."""


def likely_peak(parts: Sequence[VoicePlayer], recordings: Recordings, sample_rate_hz: int) -> float:
    """The amplitude that the parts, together with loud drums, are likely to reach.

    It depends on the parts alone, so that every take of the drums is played at one level.
    """
    together = _joined([player.strengths() for player in parts])
    # The drums may strike at the loudest moment of the parts.
    powers = [
        _highest_power(*each, sample_rate_hz) for each in (together, *_loud_drums(recordings, sample_rate_hz))
    ]
    return CREST * float(np.sqrt(sum(powers)))


def _joined(
    found: Sequence[Strengths],
) -> Strengths:
    if not found:
        return np.zeros(0, np.int64), np.zeros(0)
    starts, strengths = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(starts, kind="stable")
    return starts[order], strengths[order]


def _highest_power(starts: NDArray[np.int64], strengths: NDArray[np.float64], sample_rate_hz: int) -> float:
    """The largest sum of squares of the notes that begin within a window."""
    if not len(starts):
        return 0.0
    sums = np.r_[0.0, np.cumsum(strengths**2)]
    begins = np.searchsorted(starts, starts - round(WINDOW_SECONDS * sample_rate_hz), side="right")
    ends = np.searchsorted(starts, starts, side="right")
    return float((sums[ends] - sums[begins]).max())


def _loud_drums(recordings: Recordings, sample_rate_hz: int) -> list[Strengths]:
    """Nothing for a SoundFont without drums."""
    notes = tuple(Note(pitch, _HIT_VELOCITY, 0, _PPQ) for pitch in _LOUD_HITS)
    clip = Clip(notes, 4 * _PPQ, _PPQ, is_drum=True)
    try:
        player = VoicePlayer(clip, TimeMap(_PPQ), recordings, sample_rate_hz, limit_samples=sample_rate_hz)
    except AudioError:
        return []
    return [player.strengths()]
