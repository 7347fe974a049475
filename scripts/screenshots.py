"""Pictures of every panel with real content, in both themes and at two scales, as files for the README and for eyes."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCALES = (1, 2)
THEMES = ("dark", "light")
SHOWN = ("jam", "clips", "vocoder", "settings-connect")
WIDTH, HEIGHT = 1280, 720


def main() -> int:
    """Take the pictures; each scale needs a process of its own, as Qt reads it once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", metavar="DIR")
    parser.add_argument(
        "--all", action="store_true", help="every scene at both scales, not only what the README shows"
    )
    parser.add_argument("--only", default="", metavar="NAME", help="only pictures whose name begins so")
    parser.add_argument("--scale", type=int, choices=SCALES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.scale is not None:
        return _take(args.out, args.scale, args.only, () if args.all else SHOWN)
    for scale in SCALES if args.all else SCALES[:1]:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)}
        command = [sys.executable, "-m", "scripts.screenshots", "--out", str(args.out), "--only", args.only]
        command += ["--scale", str(scale), *(["--all"] if args.all else [])]
        subprocess.run(command, check=True, env=environment, cwd=ROOT)
    return 0


def _take(folder: Path, scale: int, only: str, shown: tuple[str, ...]) -> int:
    from PySide6.QtWidgets import QApplication

    from musegen_daw.ui.widgets.look import apply_theme
    from scripts.opened_app import no_slot_fails
    from scripts.screenshot_scenes import Stage, scenes

    application = QApplication(["musegen-daw"])
    apply_theme(application, "dark")
    with tempfile.TemporaryDirectory() as state, no_slot_fails():
        stage = Stage(Path(state))
        stage.window.resize(WIDTH, HEIGHT)
        stage.window.show()
        for name, scene in scenes(stage):
            if not name.startswith(only) or (shown and name not in shown):
                continue
            scene()
            for theme in THEMES:
                stage.app.settings.change(theme=theme)
                _settle(application, lambda: False, 0.3)
                path = folder / f"{name}-{theme}{'' if scale == 1 else f'-{scale}x'}.png"
                stage.window.grab().save(str(path))
                print(path, flush=True)
        stage.close()
    return 0


def _settle(application: object, done: Callable[[], bool], seconds: float) -> None:
    from PySide6.QtWidgets import QApplication

    assert isinstance(application, QApplication)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until and not done():
        application.processEvents()


if __name__ == "__main__":
    sys.exit(main())
