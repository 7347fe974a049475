"""How much memory the window takes while it is jammed with for hours: a session on a clock that is told to go on, a
real drum model, and the window drawing what it can. Prints the memory every five minutes of the song."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

CLIP, BPM = "funk-bass", 120.0
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
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App, run_smoothly
    from musegen_daw.ui.look import wear
    from scripts.played_rig import PlayedRig
    from scripts.screenshot_scenes import ShownPorts

    application = QApplication(["musegen-daw"])
    wear(application, "dark")
    begun_seconds = time.perf_counter()
    found: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as state:
        app: App

        def open_rig(settings: object) -> PlayedRig:
            return PlayedRig(app.context.drum_generator(), CLIP, BPM)

        app = App(Path(state), ShownPorts, open_rig)
        run_smoothly(app.window)
        app.settings.change(is_first_run=False)
        app.window.show()
        app.window.begin()
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
        app.window.close()
        app.close()
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
