"""Any folder of audio as a source; a table beside it may name the artists and licences."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

from training.vocoder.recordings import SUFFIXES, Found, Recording, StoredAudio

ATTRIBUTION = "attribution.csv"
_FILE, _ARTIST, _LICENCE = ("file", "path", "filename"), ("author", "artist"), ("licence", "license")
_SOURCE = ("source", "repository")
_HELD_BACK = ("eval", "test")


def find_recordings(root: Path) -> Found:
    """All audio files below `root`, in order of name; raises ValueError where there is none.

    An `attribution.csv` in the folder or beside it (columns file, author, licence, split) gives each file
    its artist; files of its splits `test` and `eval` are left out. Without a line there, the artist of a
    file is the folder it is in, and a file directly in `root` is by itself.
    """
    if not root.is_dir():
        raise ValueError(f"{root} is no folder")
    table = read_attribution(root)
    recordings: list[Recording] = []
    dropped: Counter[str] = Counter()
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("._") or not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        row = table.get(path.resolve(), {})
        split = row.get("split", "")
        if split in _HELD_BACK:
            dropped[f"of the {split} split"] += 1
            continue
        group = artist(_first(row, _ARTIST)) or name.rpartition("/")[0] or name
        recordings.append(
            Recording(
                key=name,
                group=group,
                place=StoredAudio(path),
                source=_first(row, _SOURCE) or root.resolve().name,
                split=split if split == "validation" else "",  # "train" only says that it is not held back
                licence=_first(row, _LICENCE),
            )
        )
    if not recordings and not dropped:
        raise ValueError(f"{root} holds no audio file ({', '.join(SUFFIXES)})")
    return Found(recordings, dropped)


def read_attribution(root: Path) -> dict[Path, dict[str, str]]:
    """The lines of the `attribution.csv` in or beside `root`, by the file they are about; {} without one."""
    for folder in (root.resolve(), root.resolve().parent):
        if (folder / ATTRIBUTION).is_file():
            with (folder / ATTRIBUTION).open(encoding="utf-8-sig", errors="replace", newline="") as file:
                rows = [
                    {name: value or "" for name, value in row.items() if name} for row in csv.DictReader(file)
                ]
            return {(folder / _first(row, _FILE)).resolve(): row for row in rows if _first(row, _FILE)}
    return {}


def artist(credit: str) -> str:
    """Who a credit names, so that one artist credited in several ways stays one: the alias in brackets, if any.

    >>> artist("Jane Doe (janed)"), artist("by JaneD"), artist("JaneD - https://example.org/one")
    ('janed', 'janed', 'janed')
    """
    name = re.sub(r"\s+-\s+https?://.*$", "", credit.strip())
    name = re.sub(r"^by\s+", "", name, flags=re.IGNORECASE)
    alias = re.search(r"\(([^()]+)\)\s*$", name)
    return (alias[1] if alias else name).strip().casefold()


def _first(row: dict[str, str], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
