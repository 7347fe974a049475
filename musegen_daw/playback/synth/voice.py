"""One sounding zone: from key and velocity to a tone, and from a tone to sound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from musegen_daw.playback.synth.channel import ChannelControls, Curve, KeyVelocity, added
from musegen_daw.playback.synth.envelope import RESTING, Envelope, Lfo, Pitch
from musegen_daw.playback.synth.recordings import Audio, PitchedReader, Reader
from musegen_daw.playback.synth.zones import (
    ATTENUATION,
    COARSE_TUNE,
    FINE_TUNE,
    MOD_LFO_TO_PITCH,
    PAN,
    PITCH,
    VIB_LFO_TO_PITCH,
    Zone,
    ZoneShape,
)

CHOKE_SECONDS = 0.012
MAX_CACHED = 16_384
_MAX_CENTS = 8_400


@dataclass(frozen=True, slots=True)
class Tremolo:
    """An LFO on the volume, by up to `depth_db` both ways."""

    lfo: Lfo
    depth_db: float

    def level(self, first: int, last: int) -> Audio:
        lfo = self.lfo.triangle(first, last).astype(np.float32)
        return np.exp(np.float32(self.depth_db / 20 * math.log(10)) * lfo)


@dataclass(frozen=True, slots=True)
class VoiceSpan:
    """When a voice is released and when it is choked, in samples from its start."""

    gate_samples: float
    choke_samples: float
    sample_rate_hz: int
    envelope: Envelope

    def end_samples(self, length_samples: float = math.inf) -> int:
        """Where it is silent, at least 1, for a recording of `length_samples`."""
        choked = self.choke_samples + CHOKE_SECONDS * self.sample_rate_hz
        return max(1, math.ceil(min(choked, length_samples, self.envelope.end_samples(self.gate_samples))))

    def choked_at(self, samples: int) -> VoiceSpan:
        return replace(self, choke_samples=min(self.choke_samples, max(0, samples)))


@dataclass(frozen=True, slots=True)
class Voice:
    """A zone played by one note.

    `level` is its amplitude, `gains` are the amplitudes of the channel, left and right, over the song. `end_samples` is
    the first silent sample of the song. `is_shaped`: whether `reader` includes the envelope of a held note.
    """

    reader: Reader
    envelope: Envelope
    level: float
    gains: tuple[Curve, Curve]
    exclusive_class: int
    start_samples: int
    span: VoiceSpan
    end_samples: int
    is_shaped: bool
    tremolo: Tremolo | None = None

    @property
    def is_over(self) -> bool:
        """Whether its recording has ended, maybe before `end_samples`."""
        return isinstance(self.reader, PitchedReader) and self.reader.is_over

    def choked_at(self, samples: int) -> Voice:
        """The voice choked at a sample of the song."""
        span = self.span.choked_at(samples - self.start_samples)
        end_samples = min(self.end_samples, self.start_samples + span.end_samples())
        return replace(self, span=span, end_samples=end_samples)

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """[first, last) of the song in ranges for `mono`, cut at the release."""
        turn = self.start_samples + math.floor(min(self.span.gate_samples, 2**62)) + 1
        return [(first, turn), (turn, last)] if self.is_shaped and first < turn < last else [(first, last)]

    def mono(self, first: int, last: int) -> Audio:
        """Its sound over samples [first, last) from its own start, (last - first,), read-only."""
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


@dataclass(frozen=True, slots=True)
class Tone:
    """A zone at a key and velocity: everything of a `Voice` but its time."""

    zone: Zone
    shape: ZoneShape
    envelope: Envelope
    level: float
    gains: tuple[Curve, Curve]
    ratio: float
    cents: Curve
    lfos: tuple[Lfo, ...]
    tremolo: Tremolo | None

    def pitch(self, start_samples: int) -> Pitch:
        """Its pitch when it starts at a sample of the song."""
        return Pitch(self.ratio, start_samples, self.cents, self.lfos)


class Tones:
    """The tones of a clip, cached unless they depend on the time of the note."""

    def __init__(self, controls: ChannelControls, sample_rate_hz: int) -> None:
        self._controls = controls
        self._sample_rate_hz = sample_rate_hz
        self._cached: dict[tuple[Zone, int, int], Tone] = {}

    def of(self, zone: Zone, pitch: int, velocity: int, start_samples: int) -> Tone:
        key = zone, pitch, velocity
        tone = self._cached.get(key)
        if tone is None:
            tone = self._made(zone, pitch, velocity, start_samples)
            if len(self._cached) < MAX_CACHED and not zone.modulation.at_start:
                self._cached[key] = tone
        return tone

    def _made(self, zone: Zone, pitch: int, velocity: int, start_samples: int) -> Tone:
        controls, modulation, rate = self._controls, zone.modulation, self._sample_rate_hz
        struck = KeyVelocity(
            pitch if zone.fixed_key is None else zone.fixed_key,
            velocity if zone.fixed_velocity is None else zone.fixed_velocity,
        )
        settled = controls.settled(modulation, struck)
        shape = zone.shape
        if modulation.shapes_notes:
            shape = zone.shape_with(added(settled, controls.at_start(modulation, struck, start_samples)))
        attenuation_db = max(0.0, zone.attenuation_db + settled.get(ATTENUATION, 0.0) / 10)
        own = (
            shape.vib_lfo.pitch_cents + settled.get(VIB_LFO_TO_PITCH, 0.0),
            shape.mod_lfo.pitch_cents + settled.get(MOD_LFO_TO_PITCH, 0.0),
        )
        depths = controls.depths(modulation, struck, own)
        return Tone(
            zone=zone,
            shape=shape,
            envelope=Envelope.of(shape, rate),
            level=10 ** (-attenuation_db / 20),
            gains=controls.gains(modulation, struck, zone.pan + settled.get(PAN, 0.0) / 1000),
            ratio=_ratio(zone, struck, settled) / rate,
            cents=controls.cents(modulation, struck),
            lfos=tuple(
                Lfo.of(oscillator, depth, rate)
                for oscillator, depth in zip((shape.vib_lfo, shape.mod_lfo), depths, strict=True)
                if depth.constant != 0
            ),
            tremolo=Tremolo(Lfo.of(shape.mod_lfo, RESTING, rate), shape.tremolo_db)
            if shape.tremolo_db
            else None,
        )


def _ratio(zone: Zone, struck: KeyVelocity, settled: Mapping[int, float]) -> float:
    """Recording samples per second of output."""
    cents = (struck.key - zone.root_key) * zone.cents_per_key + zone.tune_cents
    cents += settled.get(PITCH, 0.0) + settled.get(FINE_TUNE, 0.0) + 100 * settled.get(COARSE_TUNE, 0.0)
    return 2 ** (min(_MAX_CENTS, max(-_MAX_CENTS, cents)) / 1200) * zone.rate_hz
