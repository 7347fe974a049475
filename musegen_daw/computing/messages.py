"""What the program and its computing process say to each other: a length of four bytes, then a pickled tuple.

Each is the other's only partner, over a pipe that nobody else can open, so that what is read can be trusted.
"""

from __future__ import annotations

import pickle
from dataclasses import fields
from io import BytesIO
from typing import IO, Any

from musegen_daw import errors
from musegen_daw.core.clip import Clip, Note

# Said to the process; all but OPEN go with the number of a request.
OPEN, WRITE, CANCEL = "open", "write", "cancel"
# Said by it; all but the first two go with the number of the request.
OPENED, REFUSED, PROGRESS, DONE, FAILED = "opened", "refused", "progress", "done", "failed"

_LENGTH_BYTES = 4


def message(word: str, *values: Any) -> bytes:
    """One message with its length."""
    written = BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {Clip: _clip_values}
    pickler.dump((word, *values))
    data = written.getvalue()
    return len(data).to_bytes(_LENGTH_BYTES, "little") + data


def read(pipe: IO[bytes]) -> tuple[str, tuple[Any, ...]] | None:
    """The word and the values of the next message; None at the end of the pipe, within a message too."""
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "little")
    data = pipe.read(length)
    if len(data) < length:
        return None
    word, *values = pickle.loads(data)  # noqa: S301 - of the partner alone
    return word, tuple(values)


def error_values(error: Exception) -> tuple[str, str]:
    """What went wrong, as it is said: the kind of error and its sentence."""
    known = isinstance(error, errors.MusegenError | ValueError)
    return type(error).__name__, str(error) if known else f"{type(error).__name__}: {error}"


def error_of(kind: str, sentence: str) -> Exception:
    """The error that was said: one of the family, a ValueError, or a RuntimeError for all others."""
    made = getattr(errors, kind, ValueError if kind == "ValueError" else RuntimeError)
    return made(sentence)


def _clip_values(clip: Clip) -> tuple[Any, ...]:
    """A clip as it is pickled: ten thousand notes one by one would take a tenth of a second."""
    notes = [(note.pitch, note.velocity, note.start_ticks, note.duration_ticks) for note in clip.notes]
    rest = tuple(getattr(clip, each.name) for each in fields(Clip)[1:])
    return _clip_of, (notes, rest)


def _clip_of(notes: list[tuple[int, int, int, int]], rest: tuple[Any, ...]) -> Clip:
    return Clip(tuple(Note(*each) for each in notes), *rest)
