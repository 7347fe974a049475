"""The window with a jam that is played to it, for the scripts that measure it; nothing of it is seen or heard."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App
    from musegen_daw.jam.clock.clock import Clock

CLIP, BPM = "funk-bass", 120.0


@contextmanager
def no_slot_fails() -> Iterator[None]:
    """Raise in the end what was raised in a slot or timer meanwhile, which Qt would only print."""
    raised: list[BaseException] = []
    before, sys.excepthook = sys.excepthook, lambda kind, error, trace: raised.append(error)
    try:
        yield
    finally:
        sys.excepthook = before
    if raised:
        raise raised[0]


@contextmanager
def opened_app(clock: Clock | None = None) -> Iterator[tuple[QApplication, App]]:
    """The application and its parts, the window shown; the jam, a `PlayedRig` on `clock`, is being opened."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App, run_smoothly
    from musegen_daw.ui.widgets.look import apply_theme
    from scripts.played_rig import PlayedRig
    from scripts.screenshot_scenes import ShownPorts

    application = QApplication(["musegen-daw"])
    apply_theme(application, "dark")
    with tempfile.TemporaryDirectory() as state:
        app: App

        def open_rig(settings: object) -> PlayedRig:
            return PlayedRig(app.context.drum_generator(), CLIP, BPM, clock)

        app = App(Path(state), ShownPorts, open_rig)
        run_smoothly(app.window)
        app.window.show()
        app.window.begin()
        try:
            with no_slot_fails():
                yield application, app
        finally:
            app.window.close()
            app.close()
