"""How well a tempo can be known at all from the first beats of a jittering clock, beside what the follower knows.

Ticks that come up to J early or late, every time alike, tell no more than that the true line passes within J of each.
The best estimate that treats all phases and tempi alike is the mean over all such lines (Pitman 1939), the
centre of gravity of a polygon. Least squares is what most followers do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.senders import ClockSource, follow
from musegen_daw.jam.events import CLOCKS_PER_BEAT

BEATS = (1, 2, 3, 4, 6, 8)
BPM, NEAR_BPM = 120.0, 0.1
JITTER_SECONDS = 0.004
TICK_SECONDS = 60 / BPM / CLOCKS_PER_BEAT

HALVINGS, SLOPES = 50, 500

Floats = npt.NDArray[np.float64]


def errors_bpm(runs: int, seed: int) -> dict[str, Floats]:
    """The tempo error after each of `BEATS`, (runs, beats), of least squares, the best estimate and the follower."""
    squares, best, followed = ([] for _ in range(3))
    for run in range(runs):
        sender = ClockSource(seed + run, JITTER_SECONDS)
        sender.start()
        begin = sender.now_seconds
        sender.play(BPM, beats=max(BEATS))
        times = np.array([event.time_seconds for event, truth in sender.messages if truth is not None])
        jitter = times - begin - np.arange(len(times)) * TICK_SECONDS
        counts = [beats * CLOCKS_PER_BEAT for beats in BEATS]
        squares.append([_bpm_error(np.polyfit(np.arange(count), jitter[:count], 1)[0]) for count in counts])
        best.append([_bpm_error(_mean_slope(jitter[:count])) for count in counts])
        measures = follow(sender)
        followed.append([measures[count - 1].tempo_error_bpm for count in counts])
    return {
        "least squares": np.array(squares),
        "best possible": np.array(best),
        "this follower": np.array(followed),
    }


def _bpm_error(slope_seconds: float) -> float:
    return 60 / CLOCKS_PER_BEAT / (TICK_SECONDS + slope_seconds) - BPM


def _mean_slope(late: Floats) -> float:
    """The mean slope of all lines that pass within the jitter of every tick, all of them equally likely.

    `late` is counted from the true line, whose slope, 0, is one of them. Of the lines of one slope those between
    the highest lower bound and the lowest upper bound pass.
    """
    index = np.arange(len(late)) - (len(late) - 1) / 2

    def passing(slopes: Floats) -> Floats:
        bounds = late[:, None] - index[:, None] * slopes
        return bounds.min(axis=0) - bounds.max(axis=0) + 2 * JITTER_SECONDS

    ends: list[float] = []
    for side in (-1, 1):
        inside, outside = 0.0, side * 8 * JITTER_SECONDS / len(late)
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            if passing(np.array([middle]))[0] >= 0:
                inside = middle
            else:
                outside = middle
        ends.append(inside)
    slopes = np.linspace(ends[0], ends[1], SLOPES)
    shares = np.maximum(0.0, passing(slopes))
    return float((slopes * shares).sum() / shares.sum())


def benchmark(runs: int, seed: int) -> list[dict[str, Any]]:
    """Print the share of clocks whose tempo is known to ±0.1 BPM after so many beats, and return the rows."""
    rows = [
        {
            "estimate": name,
            **{
                f"deviation_bpm_{beats}": float(each.std())
                for beats, each in zip(BEATS, errors.T, strict=True)
            },
            **{
                f"near_{beats}": float((np.abs(each) <= NEAR_BPM).mean())
                for beats, each in zip(BEATS, errors.T, strict=True)
            },
        }
        for name, errors in errors_bpm(runs, seed).items()
    ]
    print(
        f"\nTempo of a steady clock of {BPM:g} BPM, ±{JITTER_SECONDS * 1e3:g} ms, {runs} clocks: standard deviation in "
        f"BPM, and share within ±{NEAR_BPM} BPM, after so many beats\n\n| | {' | '.join(map(str, BEATS))} |\n"
        f"|---|{'---|' * len(BEATS)}"
    )
    for row in rows:
        cells = [f"{row[f'deviation_bpm_{beats}']:.3f}, {row[f'near_{beats}']:.0%}" for beats in BEATS]
        print(f"| {row['estimate']} | {' | '.join(cells)} |", flush=True)
    return rows
