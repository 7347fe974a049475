"""Mixes recordings that start at exact samples."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

CHANNELS = 2
MAX_VOICES = 64
CHOKE_SECONDS = 0.012


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a recording within a block."""

    offset_samples: int
    piece: Hashable
    gain: float = 1.0


@dataclass(slots=True)
class _Voice:
    audio: Audio
    gain: float
    group: Hashable | None
    begins_samples: int
    choked_samples: int | None = None


class Mixer:
    """Mixes `pieces`, arrays of (samples, 2); pieces of one group in `groups` choke each other, as hi-hats do."""

    def __init__(
        self,
        pieces: Mapping[Hashable, Audio],
        sample_rate_hz: int,
        groups: Mapping[Hashable, Hashable] | None = None,
    ) -> None:
        for name, audio in pieces.items():
            if audio.ndim != 2 or audio.shape[1] != CHANNELS:
                raise ValueError(f"piece {name!r} must have the shape (samples, 2), got {audio.shape}")
        self.pieces = {name: np.ascontiguousarray(audio, np.float32) for name, audio in pieces.items()}
        self._groups = dict(groups or {})
        self._fade_samples = max(1, round(CHOKE_SECONDS * sample_rate_hz))
        self._voices: list[_Voice] = []

    @property
    def sounding(self) -> int:
        return len(self._voices)

    def silence(self, offset_samples: int = 0) -> None:
        """Fade out everything, from a sample of the next block on."""
        for voice in self._voices:
            _choke(voice, offset_samples)

    def mix(self, out: Audio, starts: Sequence[Start] = ()) -> None:
        """Write the next block, (frames, 2), within -1..1; `starts` are in order of their offsets."""
        for start in starts:
            self._start(start)
        out[:] = 0
        for voice in self._voices:
            self._add(voice, out)
        np.clip(out, -1, 1, out=out)
        frames = len(out)
        for voice in self._voices:
            voice.begins_samples -= frames
            if voice.choked_samples is not None:
                voice.choked_samples -= frames
        self._voices = [voice for voice in self._voices if not self._is_over(voice)]

    def _start(self, start: Start) -> None:
        group = self._groups.get(start.piece)
        if group is not None:
            for voice in self._voices:
                if voice.group == group:
                    _choke(voice, start.offset_samples)
        held = [voice for voice in self._voices if voice.choked_samples is None]
        if len(held) >= MAX_VOICES:
            _choke(held[0], start.offset_samples)
        self._voices.append(_Voice(self.pieces[start.piece], start.gain, group, start.offset_samples))

    def _add(self, voice: _Voice, out: Audio) -> None:
        first = max(0, voice.begins_samples)
        played = first - voice.begins_samples
        sound = voice.audio[played : played + len(out) - first]
        if voice.choked_samples is None:
            out[first : first + len(sound)] += sound * np.float32(voice.gain)
            return
        after_choke = np.arange(first, first + len(sound), dtype=np.float32) - voice.choked_samples
        gains = voice.gain * (1 - np.clip(after_choke / self._fade_samples, 0, 1))
        out[first : first + len(sound)] += sound * gains[:, None].astype(np.float32)

    def _is_over(self, voice: _Voice) -> bool:
        ended = -voice.begins_samples >= len(voice.audio)
        return ended or (voice.choked_samples is not None and -voice.choked_samples >= self._fade_samples)


def _choke(voice: _Voice, offset_samples: int) -> None:
    if voice.choked_samples is None or voice.choked_samples > offset_samples:
        voice.choked_samples = offset_samples
