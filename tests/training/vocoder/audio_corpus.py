"""Small synthetic corpora of audio: tones by invented artists, in every layout that is read."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"


def tone(seconds: float, hertz: float = 440.0, rate: int = 22_050, level: float = 0.4) -> np.ndarray:
    """A sine with its octave (samples,)."""
    time = np.arange(round(seconds * rate)) / rate
    audio = level * (np.sin(2 * np.pi * hertz * time) + 0.3 * np.sin(4 * np.pi * hertz * time))
    return audio.astype(np.float32)


def melody(pitches: Sequence[int] | np.ndarray, seconds: float = 0.25) -> np.ndarray:
    """Plucked tones one after the other, by MIDI pitch (samples,)."""
    notes = [tone(seconds, 440 * 2 ** ((int(pitch) - 69) / 12)) for pitch in pitches]
    return np.concatenate([note * np.linspace(1, 0, len(note), dtype=np.float32) for note in notes])


def packed(audio: np.ndarray, kind: str = "MP3", rate: int = 22_050) -> bytes:
    """Audio (samples,) or (samples, channels) as the bytes of a file."""
    file = io.BytesIO()
    soundfile.write(file, audio, rate, format=kind)
    return file.getvalue()


def write_audio_folder(root: Path, artists: int = 5) -> Path:
    """A folder of tones of 3.3 s, two by each artist; one silent, one short, one empty, one no audio at all."""
    rows: list[dict[str, str]] = []
    (root / "songs").mkdir(parents=True)
    for artist in range(artists):
        for song in range(2):
            name = f"songs/a{artist}-{song}.flac"
            (root / name).write_bytes(packed(tone(3.3, 200 + 90 * artist + 31 * song), "FLAC"))
            rows.append({"file": name, "author": f"Artist {artist}", "licence": "CC0", "split": "train"})
    (root / "songs/silent.wav").write_bytes(packed(np.zeros(44_100), "WAV"))
    (root / "songs/short.wav").write_bytes(packed(tone(0.3), "WAV"))
    (root / "songs/empty.mp3").write_bytes(b"")
    (root / "songs/text.ogg").write_text("no audio", encoding="utf-8")
    (root / "songs/notes.txt").write_text("no audio either", encoding="utf-8")
    with (root / "attribution.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["file", "author", "licence", "split"])
        writer.writeheader()
        writer.writerows(rows)
    return root


def table(rows: Sequence[tuple[int, int, Sequence[str]]]) -> bytes:
    """A table as it is published: CRLF, each tag a column of its own; rows are (track, artist, tags)."""
    lines = [HEADER] + [
        f"track_{track:07d}\tartist_{artist:06d}\talbum_000001\t{track % 100:02d}/{track}.mp3\t2.5\t"
        + "\t".join(f"mood/theme---{tag}" for tag in tags)
        for track, artist, tags in rows
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def write_tar(path: Path, members: Mapping[str, bytes]) -> None:
    """A tar of files; names are taken as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
