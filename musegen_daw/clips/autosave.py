"""Saves a project after every edit, so that a crash costs at most the edit being made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from musegen_daw import files
from musegen_daw.clips.document import Project
from musegen_daw.clips.project_file import load_project, recover_project, save_project
from musegen_daw.errors import ProjectError

REST = 4.0
MAX_REST_SECONDS = 1.0
SETTLE_SECONDS = 1.0


class StateWriter:
    """Writes each project given to `keep` on its own thread; of those that pile up, only the newest.

    A project is written to a file beside the session, which survives a killed program. After a second without changes
    it is flushed to disk, against power loss, and renamed into place. Between writes the thread rests four times as
    long as the write took, at most a second; structural changes do not wait. `failed` gets a sentence, on that
    thread, when a write fails, once until one succeeds.
    """

    def __init__(self, path: Path, failed: Callable[[str], None]) -> None:
        self.path = path
        self._newest = _newest(path)
        self._failed = failed
        self._wake = threading.Condition()
        self._waiting: Project | None = None
        self._is_urgent = False
        self._is_flushing = False
        self._is_closed = False
        self._is_unsettled = False
        self._has_failed = False
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def keep(self, project: Project, *, urgent: bool = False) -> None:
        """Queue a project, from any thread, without waiting; an `urgent` one skips the rest."""
        with self._wake:
            self._waiting = project
            self._is_urgent |= urgent
            self._wake.notify_all()

    def flush(self) -> None:
        """Wait until everything queued is in place on disk, or has failed to be."""
        with self._wake:
            self._is_flushing = True
            self._wake.notify_all()
            self._wake.wait_for(lambda: not self._is_flushing)

    def close(self) -> None:
        """Write what is queued and end the thread; a second call does nothing."""
        with self._wake:
            self._is_closed = self._is_flushing = True
            self._wake.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(
                    lambda: self._waiting is not None or self._is_flushing,
                    SETTLE_SECONDS if self._is_unsettled else None,
                )
                project, self._waiting = self._waiting, None
                self._is_urgent = False
            begin_seconds = time.monotonic()
            if project is not None:
                self._is_unsettled = self._is_done(
                    partial(save_project, project, self._newest, is_flushed=False)
                )
            elif self._is_unsettled:
                self._is_done(lambda: files.flush_to(self._newest, self.path, ProjectError))
                self._is_unsettled = False
            rest_seconds = min(MAX_REST_SECONDS, REST * (time.monotonic() - begin_seconds))
            with self._wake:
                if self._waiting is None and not self._is_unsettled:
                    self._is_flushing = False
                    self._wake.notify_all()
                    if self._is_closed:
                        return
                if project is not None:
                    self._wake.wait_for(lambda: self._is_urgent or self._is_flushing, rest_seconds)

    def _is_done(self, write: Callable[[], None]) -> bool:
        try:
            write()
            self._has_failed = False
        except ProjectError as error:
            if not self._has_failed:
                self._failed(f"The session is not being saved. {error}")
            self._has_failed = True
        return not self._has_failed


def restored(path: Path) -> tuple[Project, str]:
    """The project saved at `path`, and a sentence about problems, else "".

    The newest file beside the session is preferred if it is undamaged. Where every file is damaged they are set
    aside, and the project holds the clips that could be recovered.
    """
    states = [each for each in (_newest(path), path) if each.exists()]
    for state in states:
        # The newest was not flushed and may be damaged by a power failure; the older one in place is complete.
        with suppress(ProjectError):
            return load_project(state), ""
    if not states:
        return Project(), ""
    found: list[tuple[Project, str]] = []
    for state in states:
        try:
            project, troubles = recover_project(state)
            of = len(project.clips) + len(troubles)
            lost = f"{len(troubles)} of the {of} clips of the last session could not be restored"
            found.append((project, f"{lost}: {troubles[0]}."))
        except ProjectError as error:
            found.append((Project(), f"The last session could not be restored. {error}"))
    project, sentence = max(found, key=lambda each: len(each[0].clips))
    try:
        kept = [str(files.set_aside(state)) for state in states]
    except OSError as error:
        return project, f"{sentence} It cannot be set aside: {files.reason(error)}."
    return project, f"{sentence} All of it was set aside as {' and '.join(kept)}."


def _newest(path: Path) -> Path:
    return path.with_name(f"{path.stem}-newest{path.suffix}")
