"""One sounding zone: what it reads, its envelope and its way to the two channels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from musegen_daw.playback.synth.curves import Curve
from musegen_daw.playback.synth.envelope import Envelope
from musegen_daw.playback.synth.pitch import Swing
from musegen_daw.playback.synth.reading import Audio, Glide, Reader

CHOKE_SECONDS = 0.012


@dataclass(frozen=True, slots=True)
class Tremolo:
    """An oscillator that moves the volume by up to `depth_db` both ways."""

    swing: Swing
    depth_db: float

    def level(self, first: int, last: int) -> Audio:
        """The amplitude over samples [first, last) of the voice."""
        swing = self.swing.triangle(first, last).astype(np.float32)
        return np.exp(np.float32(self.depth_db / 20 * math.log(10)) * swing)


@dataclass(frozen=True, slots=True)
class VoiceSpan:
    """How long a voice sounds: until key and pedals let go, or until it is silenced, in samples from its start."""

    gate_samples: float
    choke_samples: float
    sample_rate_hz: int
    envelope: Envelope

    def end_samples(self, length_samples: float = math.inf) -> int:
        """Where it is silent, at least 1, if its recording lasts for `length_samples`."""
        choked = self.choke_samples + CHOKE_SECONDS * self.sample_rate_hz
        return max(1, math.ceil(min(choked, length_samples, self.envelope.end_samples(self.gate_samples))))

    def choked_at(self, samples: int) -> VoiceSpan:
        """The same, silenced at `samples`."""
        return replace(self, choke_samples=min(self.choke_samples, max(0, samples)))


@dataclass(frozen=True, slots=True)
class Voice:
    """A zone played by one note: `level` is its amplitude, `gains` what the channel makes of it over the song."""

    reader: Reader
    envelope: Envelope
    level: float
    gains: tuple[Curve, Curve]
    exclusive_class: int
    start_samples: int
    span: VoiceSpan
    end_samples: int
    """First output sample, counted from the start of the song, at which it is silent."""
    is_shaped: bool
    """Whether what it reads has the envelope of a held note already."""
    tremolo: Tremolo | None = None

    @property
    def is_over(self) -> bool:
        """Whether its recording ended before it was expected to."""
        return isinstance(self.reader, Glide) and self.reader.is_over

    def choked_at(self, samples: int) -> Voice:
        """The same voice, silenced at an output sample counted from the start of the song."""
        span = self.span.choked_at(samples - self.start_samples)
        end_samples = min(self.end_samples, self.start_samples + span.end_samples())
        return replace(self, span=span, end_samples=end_samples)

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """[first, last) of the song in parts that `mono` can be asked for one after the other."""
        turn = self.start_samples + math.floor(min(self.span.gate_samples, 2**62)) + 1
        return [(first, turn), (turn, last)] if self.is_shaped and first < turn < last else [(first, last)]

    def mono(self, first: int, last: int) -> Audio:
        """Its sound over output samples [first, last), counted from its own start; (last - first,), not to change."""
        sound = self.reader.read(first, last)
        sound = self._falling(sound, first, last) if self.is_shaped else self._shaped(sound, first, last)
        if self.tremolo is not None:
            sound = sound * self.tremolo.level(first, last)
        choke = self.span.choke_samples
        if last - 1 > choke:
            fall = (np.arange(first, last) - choke) / (CHOKE_SECONDS * self.span.sample_rate_hz)
            sound = sound * np.clip(1 - fall, 0.0, 1.0).astype(np.float32)
        return sound

    def _shaped(self, sound: Audio, first: int, last: int) -> Audio:
        level = self.envelope.level(first, last, self.span.gate_samples)
        if isinstance(level, float):
            return sound if level == 1.0 else sound * np.float32(level)
        level *= sound
        return level

    def _falling(self, sound: Audio, first: int, last: int) -> Audio:
        gate = self.span.gate_samples
        return sound * self.envelope.fall(first, last, gate) if last - 1 > gate else sound
