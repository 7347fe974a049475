"""Bounces a song to a WAV file and its stems, all written whole or not at all."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from musegen_daw.audio.file import wav_writer
from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_path, atomic_paths, reason, scratch_folder
from musegen_daw.music.clip import Clip, Song
from musegen_daw.part_files import is_part
from musegen_daw.playback.looping import bar_end_samples, fold, frames_of
from musegen_daw.playback.synth.soundfont import find_soundfont, open_soundfont
from musegen_daw.playback.synth.synth import BLOCK_SAMPLES, check_renderable, render_blocks, song_seconds
from musegen_daw.progress import Cancelled, IsCancelled, Progress

PEAK_DBFS = -1.0
BIT_DEPTHS = (16, 24)
_SILENCE = 1e-6


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What was written: the mix, its length and peak (-inf for silence), the SoundFont and the stems."""

    path: Path
    seconds: float
    peak_dbfs: float
    soundfont: Path
    stems: tuple[Path, ...]


def bounce(
    song: Song,
    path: Path,
    *,
    soundfont: Path | None = None,
    sample_rate_hz: int = 44_100,
    bit_depth: int = 24,
    stems_dir: Path | None = None,
    loop: bool = False,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> BounceReport:
    """Renders `song` to a stereo WAV at `path` whose peak is -1 dBFS, silence left silent.

    With `stems_dir` every clip that has notes becomes a WAV of its own there, at the same gain, so that the stems add
    up to the mix. With `loop` all last exactly to the end of the last bar, and what rings beyond it is added to their
    beginning, so that they repeat without a seam. `progress` is called with (blocks done, blocks in all). Raises
    AudioError with a sentence, Cancelled when `cancelled` said so; then no file is left or changed.
    """
    path = Path(path)
    if path.suffix.lower() != ".wav" and not is_part(path):
        raise AudioError(
            f"Cannot bounce to {path}: only WAV files are written, so give a name that ends in .wav."
        )
    if bit_depth not in BIT_DEPTHS:
        raise AudioError(f"A bit depth of {bit_depth} is not possible: give 16 or 24.")
    check_renderable(song, sample_rate_hz)
    found = find_soundfont(soundfont)
    font = open_soundfont(found)
    steps = _Steps(2 * math.ceil(song_seconds(song) * sample_rate_hz / BLOCK_SAMPLES), progress, cancelled)

    with ExitStack() as stack:
        sounding = [index for index, clip in enumerate(song.clips) if clip.notes]
        stems = _stem_paths([song.clips[index] for index in sounding], stems_dir)
        besides = [stack.enter_context(atomic_path(path, AudioError))]
        if stems_dir is not None:
            names = [stem.name for stem in stems]
            besides += stack.enter_context(atomic_paths(stems_dir, names, AudioError))
        try:
            folder = scratch_folder(path)
            takes = [stack.enter_context(tempfile.TemporaryFile(dir=folder)) for _ in besides]
            peak, samples = 0.0, 0
            for block in render_blocks(song, font, sample_rate_hz):
                mix = block.sum(axis=0, dtype=np.float32)
                peak = max(peak, _peak(mix))
                samples += len(mix)
                parts = (mix, *block[sounding]) if stems else (mix,)
                for take, part in zip(takes, parts, strict=True):
                    take.write(part.tobytes())
                steps.done()
            if loop:
                samples = bar_end_samples(song, sample_rate_hz)
                for take in takes:
                    fold(take, samples)
                peak = max(_peak(frames) for frames in frames_of(takes[0]))
        except OSError as error:
            raise AudioError(
                f"Cannot keep the rendered audio of {path} for a while: {reason(error)}."
            ) from error
        gain = 10 ** (PEAK_DBFS / 20) / peak if peak > _SILENCE else 1.0
        for take, beside, target in zip(takes, besides, (path, *stems), strict=True):
            try:
                _write_wav(take, beside, gain, sample_rate_hz, bit_depth, steps)
            except OSError as error:
                raise AudioError(f"Cannot write {target}: {reason(error)}.") from error
        steps.finish()
    level = peak * gain
    return BounceReport(
        path=path,
        seconds=samples / sample_rate_hz,
        peak_dbfs=20 * math.log10(level) if level > 0 else -math.inf,
        soundfont=found,
        stems=stems,
    )


class _Steps:
    """Counts blocks, tells the caller, and stops when asked to."""

    def __init__(self, total: int, progress: Progress | None, cancelled: IsCancelled | None) -> None:
        self._total = max(1, total)
        self._count = 0
        self._progress = progress
        self._cancelled = cancelled

    def done(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        self._count += 1
        if self._progress is not None:
            self._progress(min(self._count, self._total - 1), self._total)

    def finish(self) -> None:
        if self._progress is not None:
            self._progress(self._total, self._total)


def _stem_paths(clips: Sequence[Clip], folder: Path | None) -> tuple[Path, ...]:
    """One path a clip."""
    if folder is None:
        return ()
    return tuple(
        folder / f"{number:02d} {_stem_name(clip)}.wav" for number, clip in enumerate(clips, start=1)
    )


def _stem_name(clip: Clip) -> str:
    name = re.sub(r"[^\w +-]", "_", clip.name).strip(" _")[:60]
    return name or ("Drums" if clip.is_drum else f"Program {clip.program}")


def _write_wav(
    take: IO[bytes], path: Path, gain: float, sample_rate_hz: int, bit_depth: int, steps: _Steps
) -> None:
    """A take of interleaved float32 frames as PCM, block by block."""
    with wav_writer(path, sample_rate_hz, 2, bit_depth) as write:
        for frames in frames_of(take):
            write(frames * np.float32(gain))
            steps.done()


def _peak(frames: NDArray[np.float32]) -> float:
    return max(float(frames.max(initial=0.0)), float(-frames.min(initial=0.0)))
