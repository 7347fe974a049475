"""Bounces a song to a WAV file and its stems, all written completely or not at all."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
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
from musegen_daw.music.loops import repeated
from musegen_daw.part_files import is_part
from musegen_daw.playback.levels import gain_for, peak_of
from musegen_daw.playback.synth.soundfont import find_soundfont
from musegen_daw.playback.synth.synth import (
    BLOCK_SAMPLES,
    MAX_SECONDS,
    TAIL_SECONDS,
    check_renderable,
    render_blocks,
    song_seconds,
)
from musegen_daw.progress import Cancelled, IsCancelled, Progress

BIT_DEPTHS = (16, 24)
_FRAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class BounceReport:
    """The written mix, its length and peak (-inf for silence), the SoundFont and the stems."""

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
    """Renders `song` to a stereo WAV at `path` with a peak of -1 dBFS.

    With `stems_dir` every clip that has notes becomes a WAV there, at the same gain, so that stems add up to the mix.
    With `loop` all files are exactly as long as the bars, and begin with what rings on from their end, as in a later
    turn of the song played in a row. `progress` receives blocks done and blocks in all. Raises AudioError, or
    Cancelled when `cancelled` returns true; then no file is written or changed.
    """
    path = Path(path)
    _check_format(path, bit_depth)
    check_renderable(song, sample_rate_hz)
    found = find_soundfont(soundfont)
    font = found.open()
    window = None
    if loop:
        song, window = _turns(song, sample_rate_hz)
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
            files = [stack.enter_context(tempfile.TemporaryFile(dir=folder)) for _ in besides]
            rows = sounding if stems else []
            blocks = render_blocks(song, font, sample_rate_hz)
            peak, samples = _render(blocks if window is None else _within(blocks, window), files, rows, steps)
        except OSError as error:
            raise AudioError(f"Cannot buffer the rendered audio of {path}: {reason(error)}.") from error
        gain = gain_for(peak)
        for file, beside, target in zip(files, besides, (path, *stems), strict=True):
            try:
                _write_wav(file, beside, gain, sample_rate_hz, bit_depth, steps)
            except OSError as error:
                raise AudioError(f"Cannot write {target}: {reason(error)}.") from error
        steps.finish()
    level = peak * gain
    return BounceReport(
        path=path,
        seconds=samples / sample_rate_hz,
        peak_dbfs=20 * math.log10(level) if level > 0 else -math.inf,
        soundfont=found.path,
        stems=stems,
    )


def _check_format(path: Path, bit_depth: int) -> None:
    if path.suffix.lower() != ".wav" and not is_part(path):
        raise AudioError(
            f"Cannot bounce to {path}: only WAV files are written, so give a name that ends in .wav."
        )
    if bit_depth not in BIT_DEPTHS:
        raise AudioError(f"A bit depth of {bit_depth} is not possible: give 16 or 24.")


def _render(
    blocks: Iterable[NDArray[np.float32]], files: Sequence[IO[bytes]], rows: Sequence[int], steps: _Steps
) -> tuple[float, int]:
    """Write the mix to the first file and the clips in `rows` to the others; returns the peak and the samples."""
    peak, samples = 0.0, 0
    for block in blocks:
        mix = block.sum(axis=0, dtype=np.float32)
        peak = max(peak, peak_of(mix))
        samples += len(mix)
        for file, part in zip(files, (mix, *block[rows]), strict=True):
            file.write(part.tobytes())
        steps.done()
    return peak, samples


class _Steps:
    """Counts blocks for `progress`, and raises Cancelled."""

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
    if folder is None:
        return ()
    return tuple(
        folder / f"{number:02d} {_stem_name(clip)}.wav" for number, clip in enumerate(clips, start=1)
    )


def _stem_name(clip: Clip) -> str:
    name = re.sub(r"[^\w +-]", "_", clip.name).strip(" _")[:60]
    return name or ("Drums" if clip.is_drum else f"Program {clip.program}")


def _write_wav(
    file: IO[bytes], path: Path, gain: float, sample_rate_hz: int, bit_depth: int, steps: _Steps
) -> None:
    """A file of interleaved float32 frames as PCM, block by block."""
    with wav_writer(path, sample_rate_hz, 2, bit_depth) as write:
        for frames in frames_of(file):
            write(frames * np.float32(gain))
            steps.done()


def bar_end_ticks(song: Song) -> int:
    """The end of the last bar.

    A last bar without note starts, into which a note reaches by a sixteenth at most, does not count.
    """
    bars = song.time_map.bars(song.end_ticks)
    last_start = max((note.start_ticks for clip in song.clips for note in clip.notes), default=0)
    begun = bars[-1].start_ticks
    is_overhang = last_start < begun and song.end_ticks - begun <= song.time_map.ppq // 4
    return begun if is_overhang and begun > 0 else bars[-1].end_ticks


def _turns(song: Song, sample_rate_hz: int) -> tuple[Song, range]:
    """The song in a row until nothing rings on from before it, and the samples of its last turn.

    Raises AudioError for a loop that is too long.
    """
    end_ticks = bar_end_ticks(song)
    seconds = song.time_map.seconds_at(end_ticks)
    turns = 1 + math.ceil(TAIL_SECONDS / seconds)
    if seconds * turns > MAX_SECONDS:
        raise AudioError(
            f"A loop of {seconds / 60:.0f} minutes is too long: cut the song, or render it once."
        )
    first = round((turns - 1) * seconds * sample_rate_hz)
    return repeated(song, end_ticks, turns), range(first, first + round(seconds * sample_rate_hz))


def _within(blocks: Iterable[NDArray[np.float32]], window: range) -> Iterator[NDArray[np.float32]]:
    """The samples of `window` in consecutive blocks (clips, samples, 2)."""
    first = 0
    for block in blocks:
        last = first + block.shape[1]
        if first < window.stop and last > window.start:
            yield block[:, max(0, window.start - first) : window.stop - first]
        first = last


def frames_of(file: IO[bytes]) -> Iterator[NDArray[np.float32]]:
    """A file of interleaved float32 frames from its beginning, in blocks (samples, 2)."""
    file.seek(0)
    while raw := file.read(BLOCK_SAMPLES * _FRAME_BYTES):
        yield np.frombuffer(raw, np.float32).reshape(-1, 2)
