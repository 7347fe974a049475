"""One part of prepared audio, made by one worker of a few recordings: chunks of one length, one after the other."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.files import atomic_path
from training.common.attempts import Attempts
from training.common.duplicates import signature
from training.common.prepared import write_json
from training.vocoder import fingerprint
from training.vocoder.recordings import Recording, Samples, Unusable

FORMAT = 3
# a chunk in a prepared folder: which recording of its split it is of, and the samples of it
CHUNK = np.dtype([("recording", np.int32), ("samples", np.int32), ("start", np.int64)])
FULL_SCALE = 32768
DTYPES = ("int16", "float32")
MIN_SECONDS = 1.0
SILENCE_PEAK = 1e-3
PART_RECORDINGS = 8
POISON = ("unreadable", "truncated", "no samples", "not finite", "too large", "ended its reader")


@dataclass(frozen=True, slots=True)
class ChunkConfig:
    """The form of the chunks.

    int16 adds noise at -98 dBFS, float32 none: a vocoder measured by what lies above a low-pass filter learns
    from float32 that there is nothing.
    """

    sample_rate_hz: int = 12_000
    seconds: float = 15.0
    dtype: str = "int16"

    def __post_init__(self) -> None:
        if self.sample_rate_hz < 1000 or self.seconds < MIN_SECONDS:
            raise ValueError(
                f"chunks need a rate of 1000 Hz and {MIN_SECONDS:g} s or more, got {self.sample_rate_hz} Hz "
                f"and {self.seconds:g} s"
            )
        if self.dtype not in DTYPES:
            raise ValueError(f"samples are stored as {' or '.join(DTYPES)}, not {self.dtype}")

    @property
    def samples(self) -> int:
        return round(self.sample_rate_hz * self.seconds)


@dataclass(frozen=True, slots=True)
class AudioPart:
    """A few recordings, the form of their chunks, and where the part goes: JSON at `path`, samples beside it."""

    recordings: tuple[Recording, ...]
    config: ChunkConfig
    path: Path

    @classmethod
    def below(cls, folder: Path, recordings: tuple[Recording, ...], config: ChunkConfig) -> AudioPart:
        """The part of some recordings, under a name that stays the same for the same recordings and form."""
        facts: list[Any] = [FORMAT, config.sample_rate_hz, config.samples, config.dtype]
        facts += [
            (each.key, each.group, each.split, each.source, each.licence, each.place.identity)
            for each in recordings
        ]
        name = hashlib.sha1(json.dumps(facts).encode()).hexdigest()[:16]
        return cls(recordings, config, folder / f"{name}.json")


def cut(audio: Samples, config: ChunkConfig) -> list[tuple[int, Samples]]:
    """The chunks (start, samples) of a recording, the last one as long as it is.

    Raises Unusable for a recording that is too short or silent. What exceeds full scale is brought down to it.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if len(audio) < MIN_SECONDS * config.sample_rate_hz:
        raise Unusable("too short")
    if peak < SILENCE_PEAK:
        raise Unusable("silent")
    if peak * FULL_SCALE > FULL_SCALE - 1:
        audio = audio * ((FULL_SCALE - 1) / FULL_SCALE / peak)
    return [(start, audio[start : start + config.samples]) for start in range(0, len(audio), config.samples)]


def stored(audio: Samples, config: ChunkConfig) -> npt.NDArray[Any]:
    """Samples within full scale as one whole chunk (config.samples,), zeros at the end."""
    whole = np.zeros(config.samples, config.dtype)
    whole[: len(audio)] = np.rint(audio * FULL_SCALE) if config.dtype == "int16" else audio
    return whole


def write_part(part: AudioPart) -> None:
    """Read the recordings and write their chunks, what identifies each, and the reasons why others gave none."""
    config = part.config
    dropped: Counter[str] = Counter()
    dropped_chunks: Counter[str] = Counter()
    poison: list[tuple[str, str]] = []
    kept: list[dict[str, Any]] = []
    with (
        Attempts(part.path) as attempts,
        atomic_path(part.path.with_suffix(".pcm")) as beside,
        beside.open("wb") as file,
    ):
        for number, recording in enumerate(part.recordings):
            try:
                if attempts.begin(number):
                    raise Unusable("ended its reader")
                audio = recording.place.mono(config.sample_rate_hz)
                pieces = cut(audio, config)
            except Unusable as reason:
                dropped[str(reason)] += 1
                if str(reason).startswith(POISON):
                    poison.append((recording.key, str(reason)))
                continue
            chunks: list[dict[str, Any]] = []
            for start, piece in pieces:
                if len(piece) < MIN_SECONDS * config.sample_rate_hz:
                    dropped_chunks[f"a rest of under {MIN_SECONDS:g} s"] += 1
                elif np.abs(piece).max() < SILENCE_PEAK:
                    dropped_chunks["silent"] += 1
                else:
                    file.write(stored(piece, config).tobytes())
                    chunks.append({"start": start, "samples": len(piece)})
            kept.append(
                {
                    "key": recording.key,
                    "group": recording.group,
                    "source": recording.source,
                    "licence": recording.licence,
                    "split": recording.split,
                    "digest": hashlib.sha1(audio.tobytes()).hexdigest()[:32],
                    "signature": signature(fingerprint.words(audio, config.sample_rate_hz)).tolist(),
                    "chunks": chunks,
                }
            )
    content = {"dropped": dropped, "dropped_chunks": dropped_chunks, "poison": poison, "recordings": kept}
    write_json(part.path, content)
