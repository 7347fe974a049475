"""A journal of the items of a shard, to find those that end the process every time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from training.common.prepared import write_text

PATIENCE = 3


class Attempts:
    """A journal beside a part that is being made; it is gone when the part has been made.

    A process may be ended from outside as well, so an item is held to be deadly only after `patience` deaths.
    """

    def __init__(self, part: Path, patience: int = PATIENCE) -> None:
        self._current, self._deaths = part.with_suffix(".trying"), part.with_suffix(".deaths")
        self._patience = patience
        self._count: dict[str, int] = {}
        if self._deaths.exists():
            self._count = json.loads(self._deaths.read_text(encoding="utf-8"))
        if self._current.exists():
            last = self._current.read_bytes().split(b"\n")[0].decode()
            if last:
                self._count[last] = self._count.get(last, 0) + 1
                write_text(self._deaths, json.dumps(self._count))
        self._file = os.open(self._current, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def begin(self, item: int) -> int:
        """Note that `item` is begun; returns how often it has used up the patience so far."""
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, b"%d\n" % item)
        return self._count.get(str(item), 0) // self._patience

    def __enter__(self) -> Attempts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the journal: an error that was raised counts as no death."""
        os.close(self._file)
        self._current.unlink(missing_ok=True)
        if kind is None:
            self._deaths.unlink(missing_ok=True)
