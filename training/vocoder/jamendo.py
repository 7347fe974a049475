"""MTG-Jamendo as it is published: its tables, its official splits, and its audio in tars or unpacked.

D. Bogdanov et al., The MTG-Jamendo Dataset for Automatic Music Tagging, ICML 2019 workshops.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.vocoder.recordings import SPLITS, Found, Recording, StoredAudio

COLUMNS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION")
TABLE = "autotagging_moodtheme"
SOURCE = "jamendo"


@dataclass(frozen=True, slots=True)
class JamendoTrack:
    """One line of a table."""

    track_id: str
    artist_id: str
    path: str
    duration_seconds: float
    tags: tuple[str, ...]


def find_recordings(root: Path, tables: list[Path] | None = None) -> Found:
    """The tracks of `tables` whose audio lies below `root`, unpacked or in tars.

    Without `tables` those below `root` are taken: the official split 0, else the table of all tracks. A
    table whose name ends in the name of a split gives its tracks that split. Raises ValueError when there
    is no table, or one is none.
    """
    tables = tables or find_tables(root)
    stored = find_audio(root)
    recordings: list[Recording] = []
    dropped: Counter[str] = Counter()
    for table in tables:
        split = table.stem.rpartition("-")[2] if "-" in table.stem else ""
        for track in read_table(table):
            place = next((stored[name] for name in audio_names(track.path) if name in stored), None)
            if split == "test":
                dropped["of the test split"] += 1
            elif place is None:
                dropped["audio not found"] += 1
            else:
                key = track.path.rpartition(".")[0]
                group = f"jamendo {track.artist_id}"
                chosen = split if split in SPLITS else ""
                recordings.append(Recording(key, group, place, SOURCE, chosen))
    return Found(recordings, dropped)


def find_tables(root: Path) -> list[Path]:
    """The tables below `root`: those of split 0 (train, validation, test), else the one of all tracks."""
    for folder in sorted(path for path in root.rglob("split-0") if path.is_dir()):
        found = [folder / f"{TABLE}-{split}.tsv" for split in (*SPLITS, "test")]
        if all(path.is_file() for path in found[:2]):
            return [path for path in found if path.is_file()]
    found = sorted(root.rglob(f"{TABLE}.tsv"))
    if not found:
        raise ValueError(f"{root} holds neither split-0/{TABLE}-train.tsv nor {TABLE}.tsv; name a table")
    return found[:1]


def read_table(path: Path) -> list[JamendoTrack]:
    """The tracks of a table; all columns after the fifth are tags. Raises ValueError naming file and line."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.read().splitlines()
    if not lines or tuple(lines[0].split("\t")[: len(COLUMNS)]) != COLUMNS:
        raise ValueError(f"{path} is no table of MTG-Jamendo: it does not begin with {', '.join(COLUMNS)}")
    tracks: list[JamendoTrack] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        try:
            track_id, artist_id, _, audio, seconds, *tags = line.split("\t")
            tracks.append(JamendoTrack(track_id, artist_id, audio, float(seconds), tuple(filter(None, tags))))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return tracks


def audio_names(path: str) -> tuple[str, str]:
    """The names under which the audio of a table's PATH is published: audio-low and full quality."""
    stem, _, suffix = path.rpartition(".")
    return f"{stem}.low.{suffix}", path


def find_audio(root: Path) -> dict[str, StoredAudio]:
    """Every mp3 below `root` and in the tars there, by its last two names (`48/948.low.mp3`).

    Of a tar only the headers are read. Names found in it serve for looking up, never as paths; a damaged
    or incomplete tar gives what comes before the damage.
    """
    found: dict[str, StoredAudio] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix == ".mp3" and path.is_file():
            found.setdefault(_name(path.as_posix()), StoredAudio(path))
        elif path.suffix == ".tar" and path.is_file():
            for name, place in _members(path):
                found.setdefault(name, place)
    return found


def _members(path: Path) -> list[tuple[str, StoredAudio]]:
    members: list[tuple[str, StoredAudio]] = []
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if member.isreg() and not member.issparse() and member.name.endswith(".mp3"):
                    place = StoredAudio(path, member.offset_data, member.size)
                    members.append((_name(member.name), place))
    except (tarfile.TarError, OSError, EOFError):
        pass
    return members


def _name(path: str) -> str:
    return "/".join(PurePosixPath(path).parts[-2:])
