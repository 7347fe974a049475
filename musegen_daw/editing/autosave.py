"""Keeps a project on disk while it is worked on, so that a crash costs at worst the edit that was being made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from musegen_daw.editing.document import Project
from musegen_daw.editing.project_file import load_project, save_project
from musegen_daw.errors import ProjectError

REST = 4.0
MAX_REST_SECONDS = 1.0


class Autosave:
    """Writes each state that `keep` is given, at once and on a thread of its own; where it cannot keep up, the newest.

    After a write it rests four times as long as that took, at most a second, so that a project of hundreds of bars
    costs little; a structural change is not kept waiting. `failed` is told one sentence, from that thread, when a
    write failed, once until one succeeds.
    """

    def __init__(self, path: Path, failed: Callable[[str], None]) -> None:
        self.path = path
        self._failed = failed
        self._wake = threading.Condition()
        self._waiting: Project | None = None
        self._is_urgent = False
        self._is_writing = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def keep(self, project: Project, *, urgent: bool = False) -> None:
        """Have a state written, from any thread, without waiting; `urgent` lets it wait for no rest."""
        with self._wake:
            self._waiting = project
            self._is_urgent |= urgent
            self._wake.notify_all()

    def flush(self) -> None:
        """Wait until all that was given is written, or has failed to be."""
        with self._wake:
            self._is_urgent = True
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._waiting is None and not self._is_writing)

    def close(self) -> None:
        """Write what waits and end the thread; a second call does nothing."""
        with self._wake:
            self._is_closed = self._is_urgent = True
            self._wake.notify_all()
        self._thread.join()

    def _run(self) -> None:
        has_failed = False
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting is not None or self._is_closed)
                project, self._waiting = self._waiting, None
                if project is None:
                    return
                self._is_urgent = self._is_closed
                self._is_writing = True
            begin_seconds = time.monotonic()
            try:
                save_project(project, self.path)
                has_failed = False
            except ProjectError as error:
                if not has_failed:
                    self._failed(f"The session is not being saved. {error}")
                has_failed = True
            rest_seconds = min(MAX_REST_SECONDS, REST * (time.monotonic() - begin_seconds))
            with self._wake:
                self._is_writing = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._is_urgent, rest_seconds)


def restored(path: Path) -> tuple[Project, str]:
    """The project that was kept at `path`, and a sentence where there is something to say of it, else "".

    A file that cannot be read is set aside, beside its place, and an empty project begun.
    """
    if not path.exists():
        return Project(), ""
    try:
        return load_project(path), ""
    except ProjectError as error:
        aside = path.with_name(f"{path.stem}-damaged{path.suffix}")
        try:
            path.replace(aside)
        except OSError:
            return Project(), f"The last session could not be restored. {error}"
        return Project(), f"The last session could not be restored and was set aside as {aside}. {error}"
