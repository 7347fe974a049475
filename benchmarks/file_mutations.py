"""Damaged files: bytes changed, cut, inserted and repeated, and JSON values replaced; and what reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen_daw import resource_paths as resources

_TELLING = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\x7f",
    b"9" * 40,
)
_SIGNS = b"([{}])'\",:=.0123456789-+eE<>|\\\n\t \x00_#"
_CHANGES = 1, 1, 1, 2, 3, 6
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, -(2**63), 10**25, 0.5, -0.0, 1e308, -1e308, float("inf"), float("nan"), "", "x",
    "\x00", "\udcff", "../../etc/passwd", "9" * 400, "x" * 5_000, [], {}, [[]], [None], {"": None}, [0] * 300,
    {"file": "x"},
)  # fmt: skip


def damaged(data: bytes, drawn: random.Random) -> bytes:
    """`data` with a few changes of any kind."""
    changed = bytearray(data)
    for _ in range(drawn.choice(_CHANGES)):
        at = drawn.randrange(len(changed) + 1)
        kind = drawn.randrange(8)
        if kind == 0 and at < len(changed):
            changed[at] = drawn.randrange(256)
        elif kind == 1 and at < len(changed):
            changed[at] ^= 1 << drawn.randrange(8)
        elif kind == 2:
            del changed[at : at + drawn.choice((1, 2, 4, 16, 200))]
        elif kind == 3:
            changed[at:at] = drawn.choice(_TELLING)
        elif kind == 4:
            telling = drawn.choice(_TELLING)
            changed[at : at + len(telling)] = telling
        elif kind == 5:
            changed.insert(at, drawn.choice(_SIGNS))
        elif kind == 6:
            length = drawn.choice((1, 4, 32, 400))
            changed[at:at] = changed[at : at + length] * drawn.choice((1, 1, 2, 40))
        elif drawn.random() < 0.3:
            del changed[at:]
    return bytes(changed)


def damaged_json(data: bytes, drawn: random.Random) -> bytes:
    """A document with one to three of its values replaced, taken out, or moved to another place."""
    document = json.loads(data)
    for _ in range(drawn.choice((1, 1, 2, 3))):
        holder, key = _place(document, drawn)
        if holder is None:
            return json.dumps(drawn.choice(_ODD_VALUES)).encode()
        kind = drawn.randrange(4)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            other, other_key = _place(document, drawn)
            if other is not None:
                holder[key] = deepcopy(other[other_key])
        elif kind == 2 and type(holder[key]) in (int, float):
            holder[key] = drawn.choice((holder[key] + 1, -holder[key], holder[key] * 1e6, str(holder[key])))
        else:
            holder[key] = deepcopy(drawn.choice(_ODD_VALUES))  # for it may be changed in its turn
    return json.dumps(document).encode()


def _place(document: Any, drawn: random.Random) -> tuple[Any, Any]:
    """A place anywhere in a document, the nearer to its root the likelier: what holds a value, and its key there."""
    holder, key = None, None
    here = document
    while isinstance(here, dict | list) and here and (holder is None or drawn.random() < 0.8):
        holder, key = here, drawn.choice(list(here)) if isinstance(here, dict) else drawn.randrange(len(here))
        here = holder[key]
    return holder, key


Mutate = Callable[[bytes, random.Random], bytes]
JSON: tuple[Mutate, ...] = (damaged, damaged_json, damaged_json)


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, valid files of its kind, the name of the file in its folder, and its share of all damaged files.

    `prepare` puts whatever else the reader needs into the folder.
    """

    share: int
    file: str
    sound: Callable[[], Sequence[bytes]]
    read: Callable[[Path], object]
    mutate: Sequence[Mutate] = (damaged,)
    prepare: Callable[[Path], None] = lambda folder: None


def bundled(*parts: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(resources.resources_dir().glob("/".join(parts)))]
