"""Saves the session shortly after a change, off the GUI thread, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from musegen_daw.errors import MusegenError
from musegen_daw.ui import saved_session
from musegen_daw.ui.work import Workers

DELAY_MILLISECONDS = 500


class Autosave(QObject):
    """Writes the result of `state` into `folder` half a second after `touch`; `failed` carries a sentence."""

    failed = Signal(str)

    def __init__(
        self, folder: Path, state: Callable[[], saved_session.State], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder, self._state = folder, state
        self._workers = Workers(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MILLISECONDS)
        self._timer.timeout.connect(self._write)

    def touch(self) -> None:
        """Note a change; changes within the delay are written together."""
        if not self._timer.isActive():
            self._timer.start()

    def close(self, state: saved_session.State) -> None:
        """Write a last state and wait for it."""
        self._timer.stop()
        self._workers.close()
        try:
            saved_session.save(self._folder, state)
        except MusegenError as error:
            self.failed.emit(str(error))

    def _write(self) -> None:
        state = self._state()
        self._workers.start(lambda task: saved_session.save(self._folder, state), failed=self.failed.emit)
