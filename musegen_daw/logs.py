"""The log of a run: lines of every process of the program in one file, written by a thread that may wait for the disk.

Loggers are those of the standard library, by module. Whoever logs only puts a record into a queue, so a thread that
plays never waits for a file or a terminal.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue

from musegen_daw import files
from musegen_daw.errors import MusegenError

PACKAGE = "musegen_daw"
OPTION = "--log"
MAIN, OUTPUT, WORKER = "main", "output", "worker"
"""What the processes of the program are called in the log."""


class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - the name is logging's
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


class _QueueHandler(QueueHandler):
    """The way into the queue; `path` is the file that is written at its other end."""

    def __init__(self, queue: SimpleQueue[logging.LogRecord], path: Path | None) -> None:
        super().__init__(queue)
        self.path = path


@contextmanager
def logging_to(
    path: Path | None, process: str = MAIN, *, beside: Sequence[logging.Handler] = ()
) -> Iterator[None]:
    """While in the context, append DEBUG lines with time, process and module to `path`, and give `beside` records.

    `process` is the name of this process in the lines. Nothing is done without a path and handlers. Raises
    MusegenError where the file cannot be written.
    """
    handlers = [*beside, *(() if path is None else (_file_handler(path, process),))]
    if not handlers:
        yield
        return
    logger = logging.getLogger(PACKAGE)
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = _QueueHandler(queue, path)
    listener = QueueListener(queue, *handlers, respect_handler_level=True)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(max(logging.DEBUG, min(each.level for each in handlers)))
    listener.start()
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        listener.stop()
        for each in handlers:
            each.close()


def log_file() -> Path | None:
    """The file that is written to now; None without one."""
    handlers = logging.getLogger(PACKAGE).handlers
    return next((each.path for each in handlers if isinstance(each, _QueueHandler)), None)


def options_of_a_process() -> tuple[str, ...]:
    """What another process of the program is started with to write to the same file."""
    path = log_file()
    return () if path is None else (OPTION, str(path))


def path_of_a_process() -> Path | None:
    """The file that `options_of_a_process` named when this process was started."""
    return Path(sys.argv[-1]) if sys.argv[-2:-1] == [OPTION] else None


def _file_handler(path: Path, process: str) -> logging.Handler:
    files.check_writable(path)
    try:
        # Opened to append: each process writes whole lines at the end, wherever the others have brought it.
        handler = logging.FileHandler(path, mode="a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise MusegenError(f"Cannot write the log {path}: {files.reason(error)}.") from error
    handler.setLevel(logging.DEBUG)
    line = f"%(asctime)s %(levelname)-7s {process}[%(process)d] %(name)s: %(message)s"
    handler.setFormatter(_Formatter(line))
    return handler
