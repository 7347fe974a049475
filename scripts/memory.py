"""How much memory the window takes while it is jammed with for hours: a session on a clock that is told to go on, a
real drum model, and the window drawing what it can. Prints the memory every five minutes of the song."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from scripts.opened_app import BPM, opened_app

TOLD_SECONDS = 300.0
WARM_SECONDS = 600.0
"""What is loaded, cached and filled once is there by then."""


def main() -> int:
    """Jam, and return 0 when the memory grew by no more than asked after ten minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--growth", type=float, default=8.0, metavar="MIB", help="the growth allowed after ten minutes"
    )
    args = parser.parse_args()
    from scripts.played_rig import PlayedRig

    begun_seconds = time.perf_counter()
    found: list[tuple[float, float]] = []
    with opened_app() as (application, app):
        while app.control.rig is None:
            application.processEvents()
        rig = app.control.rig
        assert isinstance(rig, PlayedRig)
        rig.start()
        number, seconds, looks = 0, 0.0, 0
        while seconds < 60 * args.minutes:
            rig.play_round(number)
            number += 1
            seconds = number * rig.length_beats * 60 / BPM
            for _ in range(4):
                application.processEvents()
                app.window.grab()
                looks += 1
            if not found or seconds - found[-1][0] >= TOLD_SECONDS:
                found.append((seconds, _resident_mib()))
                print(f"minute {seconds / 60:5.1f}: {found[-1][1]:.1f} MiB", flush=True)
        found.append((seconds, _resident_mib()))
        late_bars = rig.status.jam.late_bars
    settled = [mib for at, mib in found if at >= WARM_SECONDS] or [found[0][1]]
    growth = found[-1][1] - settled[0]
    print(
        f"{seconds / 60:.0f} minutes of song in {time.perf_counter() - begun_seconds:.0f} s, {looks} pictures, "
        f"bars late {late_bars}; start {found[0][1]:.1f}, middle {found[len(found) // 2][1]:.1f}, "
        f"end {found[-1][1]:.1f} MiB, grown by {growth:+.1f} MiB after ten minutes"
    )
    return 0 if growth <= args.growth else 1


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
