"""Small synthetic MIDI corpora in the layouts of real ones, and a tiny training configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

PPQ = 480
KICK, SNARE, HAT, CRASH = 36, 38, 42, 49
TINY_CONFIG = """
validation_crops = 8

[model]
frame_width = 12
encoder_width = 8
encoder_layers = 1
context_width = 16
history_width = 8
attention_heads = 2
attention_width = 8
token_width = 16
decoder_width = 16
dropout = 0.1

[data]
max_tokens = 120
max_bars = 8

[loop]
steps = 2
batch_size = 4
warmup_steps = 1
validate_every = 1
checkpoint_every = 1
"""


def drum_clip(bars: int, random: np.random.Generator, bar_ticks: int = 4 * PPQ) -> Clip:
    """A rock beat with some variation, of human velocities."""
    notes: list[Note] = []
    for bar in range(bars):
        for eighth in range(0, bar_ticks, PPQ // 2):
            hits = [HAT] if random.random() < 0.9 else []
            hits += [KICK] if eighth % (2 * PPQ) == 0 or random.random() < 0.15 else []
            hits += [SNARE] if eighth % (2 * PPQ) == PPQ else []
            hits += [CRASH] if eighth == 0 and bar % 4 == 0 else []
            notes += [
                Note(pitch, int(random.integers(50, 120)), bar * bar_ticks + eighth, 60) for pitch in hits
            ]
    return Clip(tuple(notes), bars * bar_ticks, PPQ, "Drums", is_drum=True)


def part_clip(bars: int, random: np.random.Generator, program: int = 33) -> Clip:
    """Eighth notes over a few pitches, with rests."""
    starts = [eighth * PPQ // 2 for eighth in range(bars * 8) if random.random() < 0.7] or [0]
    notes = tuple(
        Note(int(random.integers(30, 60)), int(random.integers(40, 110)), start, 200) for start in starts
    )
    return Clip(notes, bars * 4 * PPQ, PPQ, f"Part {program}", program)


def song_bytes(seed: int = 0, bars: int = 8, programs=(33, 0), meter=(4, 4), *, drums: bool = True) -> bytes:
    """A .mid file with drums and one part for each of `programs`."""
    random = np.random.default_rng(seed)
    clips = [drum_clip(bars, random)] if drums else []
    clips += [part_clip(bars, random, program) for program in programs]
    time_map = TimeMap(PPQ, (Tempo(0, 60_000_000 // (90 + seed)),), (TimeSignature(0, *meter),))
    return song_to_bytes(Song(tuple(clips), time_map))


def write_parquet(path: Path, songs: dict[str, bytes], *, as_struct: bool = False, **columns) -> None:
    """A parquet file as a hub release has it: `md5`, `music` and more columns by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    music = (
        [{"path": f"{key}.mid", "bytes": data} for key, data in songs.items()]
        if as_struct
        else list(songs.values())
    )
    pq.write_table(pa.table({"md5": list(songs), "music": music, **columns}), path, row_group_size=3)


def write_corpus(root: Path) -> Path:
    """A release of 18 songs in three splits, two of them broken or unusable; returns `root`."""
    for split, count, first in (("train", 10, 0), ("validation", 4, 100), ("test", 4, 200)):
        songs = {f"{split}{n}": song_bytes(first + n, 6 + n, (33, 0, 27)[: 1 + n % 3]) for n in range(count)}
        if split == "train":
            songs |= {"broken": b"MThd nonsense", "waltz": song_bytes(50, meter=(3, 4))}
        classes = ["A" if n % 2 else "D" for n in range(len(songs))]
        groups = [f"group of {key}" for key in songs]
        write_parquet(
            root / split / "0.parquet",
            songs,
            song_group=groups,
            licence_class=classes,
            source=["made"] * len(songs),
        )
    return root
