"""How the drums of SoundFonts sound: level, brightness and ring of every voice, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.soundfont import SoundFont, open_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.resource_paths import soundfont_dir

RATE_HZ = 44_100
PPQ = 480
SECONDS = 4
FALL_DB = 40.0
_ATTACK_SECONDS = 0.2
_WINDOW_SECONDS = 0.02
SNARE = 38


@dataclass(frozen=True, slots=True)
class Sound:
    """One hit: its peak, its loudest 200 ms, the centroid of these, and the seconds until it has fallen by 40 dB."""

    peak_db: float
    level_db: float
    centroid_hz: float
    ring_seconds: float


def measure(soundfont: SoundFont, kit: int, pitch: int, velocity: int) -> Sound:
    """A hit rendered alone; raises AudioError where the SoundFont has no drum kit."""
    note = Note(pitch, velocity, 0, PPQ // 4)
    clip = Clip((note,), SECONDS * 2 * PPQ, PPQ, program=kit, is_drum=True)
    return described(render(Song((clip,), TimeMap(PPQ)), soundfont, RATE_HZ))


def described(audio: NDArray[np.float32]) -> Sound:
    """The figures of audio (samples, 2) that begins with a hit."""
    power = np.square(audio.astype(np.float64)).sum(axis=1)
    window = round(_WINDOW_SECONDS * RATE_HZ)
    smooth = np.convolve(power, np.ones(window) / window, "valid") if len(power) >= window else power
    if not power.any():
        return Sound(-np.inf, -np.inf, 0.0, 0.0)
    attack = round(_ATTACK_SECONDS * RATE_HZ)
    head = audio[:attack].astype(np.float64).sum(axis=1) * np.hanning(2 * attack)[attack:][: len(audio)]
    spectrum = np.square(np.abs(np.fft.rfft(head)))
    frequencies = np.fft.rfftfreq(len(head), 1 / RATE_HZ)
    loud = np.flatnonzero(smooth > smooth.max() * 10 ** (-FALL_DB / 10))
    return Sound(
        20 * np.log10(np.abs(audio).max()),
        10 * np.log10(power[:attack].mean() / 2),
        float((spectrum * frequencies).sum() / spectrum.sum()),
        float(loud[-1] / RATE_HZ),
    )


def benchmark(paths: Sequence[Path], kit: int, velocity: int) -> list[dict[str, Any]]:
    """Print a Markdown table: for each piece, level in dB against the snare's, centroid in kHz and ring in seconds."""
    fonts = [open_soundfont(path) for path in paths or [soundfont_dir() / "musegen.sf2"]]
    print("| voice | " + " | ".join(f"{font.path.stem}: dB, kHz, s" for font in fonts) + " |")
    print("|---" * (len(fonts) + 1) + "|")
    rows: list[dict[str, Any]] = []
    for piece in PIECES:
        cells: list[str] = []
        for font in fonts:
            sound, snare = (measure(font, kit, pitch, velocity) for pitch in (piece.pitch, SNARE))
            level_db = sound.level_db - snare.level_db
            cells.append(f"{level_db:+.1f}, {sound.centroid_hz / 1000:.1f}, {sound.ring_seconds:.2f}")
            rows.append(
                {
                    "soundfont": font.path.stem,
                    "voice": piece.name,
                    "against_snare_db": level_db,
                    **asdict(sound),
                }
            )
        print(f"| {piece.name} | " + " | ".join(cells) + " |")
    return rows
