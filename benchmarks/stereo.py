"""What becomes of a stereo image in the vocoder, and what it costs, on bounces of the bundled clips panned by CC 10."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from musegen_daw import resource_paths as resources
from musegen_daw.api import bounce as bounce_with_drums
from musegen_daw.midi.file import read_midi
from musegen_daw.playback.bounce import bounce
from musegen_daw.vocoder.decoder_input import input_of_audio
from musegen_daw.vocoder.vocoder import Vocoder

RUNS = 5
"""Of each decoding; the one that took the processor least is told, for others are slowed by what runs beside."""
WINDOW_SAMPLES = 4096
ONE_SIDED_DB = 20.0
_PAN = 10

Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """A bundled clip, the pan of its tracks (0 left, 127 right), and whether drums are written to it."""

    name: str
    clip: str
    pans: Mapping[str, int]
    has_drums: bool = False


SOURCES = (
    Source("demo, piano left, guitar right, drums", "demo", {"Piano": 16, "Guitar": 112}, has_drums=True),
    Source("guitar hard left, bass hard right", "guitar-pop", {"Guitar": 0, "Bass": 127}),
    Source("guitar hard left, piano hard right", "swing-comp", {"Guitar": 0, "Piano": 127}),
    Source("piano hard right", "piano-ballad", {"Piano": 127}),
    Source("bass a little left, drums", "funk-bass", {"Bass": 48}, has_drums=True),
)


def benchmark(seed: int, models: tuple[str, ...] = ("vocoder-12k", "vocoder-44k")) -> list[dict[str, Any]]:
    """Print and return balance, correlation, how far apart the sides are, and speed, of each source and model."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            path = Path(folder) / f"{len(rows)}.wav"
            _bounced(source, path, seed)
            for name in models:
                vocoder = Vocoder.open(resources.vocoder_dir(name))
                rows.append({"source": source.name, "model": name, **_measured(path, vocoder)})
    _print(rows)
    return rows


def _bounced(source: Source, path: Path, seed: int) -> None:
    midi = mido.MidiFile(resources.clips_dir() / f"{source.clip}.mid")
    for track in midi.tracks:
        channels = {message.channel for message in track if message.type == "note_on"}
        if track.name in source.pans and channels:
            value = source.pans[track.name]
            track.insert(0, mido.Message("control_change", channel=min(channels), control=_PAN, value=value))
    panned = path.with_suffix(".mid")
    midi.save(panned)
    if source.has_drums:
        bounce_with_drums(panned, path, seed=seed)
    else:
        bounce(read_midi(panned), path, soundfont=None)


def _measured(path: Path, vocoder: Vocoder) -> dict[str, float]:
    mono, stereo = (input_of_audio(path, vocoder.mel, is_mono=is_mono) for is_mono in (True, False))
    mel, samples, image = stereo.given.mel, stereo.given.samples, stereo.image
    made = vocoder.vocode(mel, image=image)[:samples].astype(np.float64)
    audio, rate_hz = soundfile.read(path, always_2d=True)
    source = soxr.resample(audio, rate_hz, vocoder.mel.sample_rate_hz)[:samples]
    seconds = len(made) / vocoder.mel.sample_rate_hz
    mono_seconds, stereo_seconds = _fastest(
        lambda: vocoder.vocode(mono.given.mel), lambda: vocoder.vocode(mel, image=image)
    )
    reading_mono, reading_stereo = _fastest(
        lambda: input_of_audio(path, vocoder.mel, is_mono=True), lambda: input_of_audio(path, vocoder.mel)
    )
    levels, made_levels = _levels_db(source), _levels_db(made)
    apart, made_apart = _apart_db(source, source), _apart_db(source, made)
    return {
        "balance_db": float(levels[0] - levels[1]),
        "made_balance_db": float(made_levels[0] - made_levels[1]),
        "correlation": _correlation(source),
        "made_correlation": _correlation(made),
        "apart_db": apart,
        "made_apart_db": made_apart,
        "mono_rtf": mono_seconds / seconds,
        "stereo_rtf": stereo_seconds / seconds,
        "ratio": stereo_seconds / mono_seconds,
        "whole_ratio": (reading_stereo + stereo_seconds) / (reading_mono + mono_seconds),
    }


def _fastest(*runs: Callable[[], object]) -> list[float]:
    """The least processor time of each, in seconds; they take turns."""
    least = [np.inf] * len(runs)
    for _ in range(RUNS):
        for number, run in enumerate(runs):
            start_seconds = time.process_time()
            run()
            least[number] = min(least[number], time.process_time() - start_seconds)
    return least


def _levels_db(audio: Audio) -> Audio:
    return 10 * np.log10(np.maximum((audio**2).mean(axis=0), 1e-12))


def _correlation(audio: Audio) -> float:
    left, right = audio.T
    return float((left * right).sum() / max(1e-12, np.sqrt((left**2).sum() * (right**2).sum())))


def _apart_db(source: Audio, audio: Audio) -> float:
    """How much louder the side of `audio` is, in times and frequencies where nearly all of `source` is on that side."""
    own, made = _powers(source), _powers(audio)
    ratio = 10 ** (ONE_SIDED_DB / 10)
    near = far = 0.0
    for side, other in ((0, 1), (1, 0)):
        is_there = own[side] > ratio * own[other]
        near += float(made[side][is_there].sum())
        far += float(made[other][is_there].sum())
    return float(10 * np.log10(max(near, 1e-12) / max(far, 1e-12)))


def _powers(audio: Audio) -> Audio:
    """The STFT power of both channels: (2, windows, bins)."""
    windows = np.lib.stride_tricks.sliding_window_view(audio, WINDOW_SAMPLES, axis=0)[:: WINDOW_SAMPLES // 2]
    return np.abs(np.fft.rfft(windows * np.hanning(WINDOW_SAMPLES), axis=-1)).transpose(1, 0, 2) ** 2


def _print(rows: list[dict[str, Any]]) -> None:
    print(
        "| source | model | balance dB | made | correlation | made | apart dB | made | RTF mono | stereo | times | "
        "with reading |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        figures = (
            f"{row['balance_db']:.2f}", f"{row['made_balance_db']:.2f}",
            f"{row['correlation']:.3f}", f"{row['made_correlation']:.3f}",
            f"{row['apart_db']:.1f}", f"{row['made_apart_db']:.1f}",
            f"{row['mono_rtf']:.4f}", f"{row['stereo_rtf']:.4f}", f"{row['ratio']:.2f}", f"{row['whole_ratio']:.2f}",
        )  # fmt: skip
        print(f"| {row['source']} | {row['model']} | {' | '.join(figures)} |")
