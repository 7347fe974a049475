"""TapTempo: the tempo that a hand beats."""

from __future__ import annotations

MAX_TAPS = 8
FORGET_SECONDS = 3.0
MIN_TAP_BPM, MAX_TAP_BPM = 20.0, 300.0
NEW_TEMPO = 0.3


class TapTempo:
    """Averages the last taps; a pause, or a tap that is far from the beat so far, begins anew."""

    def __init__(self) -> None:
        self._taps: list[float] = []

    def tap(self, time_seconds: float) -> float | None:
        """Take a tap; the tempo in quarter notes per minute from the second one on, None at the first."""
        taps = self._taps
        if taps and not 0.0 < time_seconds - taps[-1] <= FORGET_SECONDS:
            taps.clear()
        if len(taps) >= 2:
            expected_seconds = (taps[-1] - taps[0]) / (len(taps) - 1)
            if abs(time_seconds - taps[-1] - expected_seconds) > NEW_TEMPO * expected_seconds:
                del taps[:-1]
        taps.append(time_seconds)
        del taps[:-MAX_TAPS]
        if len(taps) < 2:
            return None
        bpm = 60.0 * (len(taps) - 1) / (taps[-1] - taps[0])
        return min(MAX_TAP_BPM, max(MIN_TAP_BPM, bpm))
