"""Songs with grooves, fills, crashes and rests as MIDI bytes, for what is measured over whole songs."""

from __future__ import annotations

import numpy as np

from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

PPQ = 480
STEP = PPQ // 4
PITCHES = (36, 35, 38, 37, 42, 44, 46, 41, 45, 48, 49, 57, 51, 53, 54)
PROGRAMS = (33, 35, 0, 48)  # a listed bass, one that is not listed, a piano, strings that are not listed


def composed(seed: int, bars: int = 40, meter: tuple[int, int] = (4, 4)) -> Song:
    """Bars that repeat, vary and rest, off the grid by up to half a sixteenth, at times exactly by half."""
    random = np.random.default_rng(seed)
    drums: list[Note] = []
    pattern = random.random((16, len(PITCHES))) < 0.12
    pattern[::8, 0] = True
    late = random.choice([0, 0, 0, 20, -20, STEP // 2], pattern.shape)
    for bar in range(bars):
        kind = random.random()
        own = pattern.copy()
        if kind < 0.3:
            own ^= random.random(own.shape) < 0.03
        elif kind < 0.42:
            own[8:, 2] = True
            own[10:, 8:10] = True
        elif kind < 0.48:
            own[:] = False
        own[0, 10] = kind < 0.5 and random.random() < 0.5
        for step, piece in np.argwhere(own).tolist():
            start = max(0, (16 * bar + step) * STEP + int(late[step, piece]))
            drums.append(Note(PITCHES[piece], int(random.integers(1, 128)), start, 30))
    length_ticks = bars * 16 * STEP
    clips = [Clip(tuple(drums), length_ticks, PPQ, is_drum=True)]
    for program in PROGRAMS:
        notes = [
            Note(
                int(random.integers(30, 80)),
                90,
                step * STEP,
                min(int(random.integers(1, 6)) * STEP, length_ticks - step * STEP),
            )
            for step in range(bars * 16)
            if random.random() < 0.2 + 0.2 * (step // 128 % 2)
        ]
        clips.append(Clip(tuple(notes), length_ticks, PPQ, program=program))
    time_map = TimeMap(PPQ, (Tempo(0, 500_000 + 10_000 * seed),), (TimeSignature(0, *meter),))
    return Song(tuple(clips), time_map)


def song_bytes(seed: int, bars: int = 40, meter: tuple[int, int] = (4, 4)) -> bytes:
    """The song as a .mid file."""
    return song_to_bytes(composed(seed, bars, meter))
