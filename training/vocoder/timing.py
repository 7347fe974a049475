"""Real-time factors of several ways, measured in one run, each with the same number of threads."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from training.vocoder.ways import ReferenceClip, decoder


def real_time_factors(
    ways: Sequence[str],
    clip: ReferenceClip,
    model: Path,
    *,
    threads: int,
    repeats: int = 5,
    done: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Seconds of work for a second of audio, from log-mel to audio: the median of `repeats` after one to warm up.

    The ways take turns, so that what else the machine does falls on all of them.
    """
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    with threadpool_limits(threads):
        for repeat in range(repeats + 1):
            for way in ways:
                vocode = decoder(way, model, clip.config, threads).vocode
                started = time.perf_counter()
                vocode(clip.mel)
                if repeat:
                    seconds[way].append(time.perf_counter() - started)
                done()
    length = len(clip.audio) / clip.config.sample_rate_hz
    return {way: statistics.median(taken) / length for way, taken in seconds.items()}


def machine() -> str:
    """The processor, its cores, and how busy it is with other work."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{load}"
