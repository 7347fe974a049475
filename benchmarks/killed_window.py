"""The window in a process of its own, with a clip that is edited in bursts and saves itself."""

from __future__ import annotations

import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

from musegen_daw.cli.endings import handle_endings
from musegen_daw.clips.autosave import restored
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.edits import set_humanise
from musegen_daw.clips.project_file import load_project
from musegen_daw.errors import MusegenError
from musegen_daw.resource_paths import clips_dir
from musegen_daw.ui import saved_session, session_lock
from musegen_daw.ui.clips.panel import SESSION

READY = "ready"
EDIT_MILLISECONDS = 7
BURST_SECONDS, REST_SECONDS = 0.4, 1.3
"""Long enough a rest for the session to be flushed to disk and put in its place."""
_NEWEST = f"{Path(SESSION).stem}-newest{Path(SESSION).suffix}"
KEPT = frozenset((saved_session.FILE_NAME, SESSION, _NEWEST))
WHILE_OPEN = KEPT | {session_lock.FILE_NAME}


def kept(state: Path) -> list[Path]:
    """The files of the session that are there."""
    return [state / name for name in sorted(KEPT) if (state / name).exists()]


def faults(state: Path) -> list[str]:
    """A sentence for each file of the session that cannot be read, or has to be set aside."""
    found: list[str] = []
    for path in kept(state):
        if path.name == saved_session.FILE_NAME:
            found += [sentence for sentence in (saved_session.load(state)[1],) if sentence]
            continue
        try:
            load_project(path)
        except MusegenError as error:
            found.append(str(error))
    return found or [sentence for sentence in (restored(state / SESSION)[1],) if sentence]


def main(state: Path) -> int:
    """Open the window on the session in `state`, say when it saves, and go on until a signal ends it."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App
    from musegen_daw.ui.clips.panel import ClipsPanel
    from musegen_daw.ui.session_lock import SessionLock

    application = QApplication(["musegen-kills"])
    session = SessionLock(state)
    app = App(session.data_dir)
    app.window.show()
    numbers = count()
    timer = QTimer(app.window)

    def edit() -> None:
        panel = app.window.panel("clips")
        assert isinstance(panel, ClipsPanel)
        if not panel.is_restored:
            return
        if panel.editor.clip is None:
            app.open_files([clips_dir() / "demo.mid"])
            timer.start(500)
            return
        timer.setInterval(EDIT_MILLISECONDS)
        number = next(numbers)
        if number == 0:
            print(READY, flush=True)
        if time.monotonic() % (BURST_SECONDS + REST_SECONDS) < BURST_SECONDS:
            panel.edit("Feel", partial(_changed, amount=number % 97 / 97))
            app.settings.change(theme=("dark", "light")[number % 2])

    timer.timeout.connect(edit)
    app.window.begun.connect(lambda: timer.start(EDIT_MILLISECONDS))
    QTimer.singleShot(0, app.window, app.window.begin)
    # Heard at the next edit, which is soon.
    handle_endings(lambda *_: QTimer.singleShot(0, app.window, app.window.close))
    try:
        return application.exec()
    finally:
        app.window.close()
        app.close()
        session.close()


def _changed(document: ClipDocument, *, amount: float) -> ClipDocument:
    return set_humanise(document, amount)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
