"""What a zone makes of a key and a velocity on the channel of its clip, whenever it is struck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from musegen_daw.playback.synth.controls import ChannelControls, Struck, added
from musegen_daw.playback.synth.curves import Curve
from musegen_daw.playback.synth.envelope import Envelope
from musegen_daw.playback.synth.modulators import (
    ATTENUATION,
    COARSE_TUNE,
    FINE_TUNE,
    MOD_LFO_TO_PITCH,
    PAN,
    PITCH,
    VIB_LFO_TO_PITCH,
)
from musegen_daw.playback.synth.pitch import RESTING, Pitch, Swing
from musegen_daw.playback.synth.voice import Tremolo
from musegen_daw.playback.synth.zones import Zone, ZoneShape

MAX_KEPT = 16_384
_MAX_CENTS = 8_400


@dataclass(frozen=True, slots=True)
class Tone:
    """A zone at a key and velocity: `level` is its amplitude, `gains` what the channel makes of it over the song."""

    zone: Zone
    shape: ZoneShape
    envelope: Envelope
    level: float
    gains: tuple[Curve, Curve]
    ratio: float
    cents: Curve
    swings: tuple[Swing, ...]
    tremolo: Tremolo | None

    def pitch(self, start_samples: int) -> Pitch:
        """Its pitch when it is struck at a sample of the song."""
        return Pitch(self.ratio, start_samples, self.cents, self.swings)


class Tones:
    """The tones of a clip, each made once where the moment at which it is struck makes no difference."""

    def __init__(self, controls: ChannelControls, sample_rate_hz: int) -> None:
        self._controls = controls
        self._sample_rate_hz = sample_rate_hz
        self._kept: dict[tuple[Zone, int, int], Tone] = {}

    def of(self, zone: Zone, pitch: int, velocity: int, start_samples: int) -> Tone:
        """The tone of a zone that is struck at a sample of the song."""
        key = zone, pitch, velocity
        tone = self._kept.get(key)
        if tone is None:
            tone = self._made(zone, pitch, velocity, start_samples)
            if len(self._kept) < MAX_KEPT and not zone.modulation.at_the_start:
                self._kept[key] = tone
        return tone

    def _made(self, zone: Zone, pitch: int, velocity: int, start_samples: int) -> Tone:
        controls, modulation, rate = self._controls, zone.modulation, self._sample_rate_hz
        struck = Struck(
            pitch if zone.fixed_key is None else zone.fixed_key,
            velocity if zone.fixed_velocity is None else zone.fixed_velocity,
        )
        settled = controls.settled(modulation, struck)
        shape = zone.shape
        if modulation.shapes_notes:
            shape = zone.shape_with(added(settled, controls.at_the_start(modulation, struck, start_samples)))
        attenuation_db = max(0.0, zone.attenuation_db + settled.get(ATTENUATION, 0.0) / 10)
        own = (
            shape.vibrato.pitch_cents + settled.get(VIB_LFO_TO_PITCH, 0.0),
            shape.wobble.pitch_cents + settled.get(MOD_LFO_TO_PITCH, 0.0),
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
            swings=tuple(
                Swing.of(oscillator, depth, rate)
                for oscillator, depth in zip((shape.vibrato, shape.wobble), depths, strict=True)
                if depth.constant != 0
            ),
            tremolo=Tremolo(Swing.of(shape.wobble, RESTING, rate), shape.tremolo_db)
            if shape.tremolo_db
            else None,
        )


def _ratio(zone: Zone, struck: Struck, settled: Mapping[int, float]) -> float:
    """Samples of the recording that are read in a second."""
    cents = (struck.key - zone.root_key) * zone.cents_per_key + zone.tune_cents
    cents += settled.get(PITCH, 0.0) + settled.get(FINE_TUNE, 0.0) + 100 * settled.get(COARSE_TUNE, 0.0)
    return 2 ** (min(_MAX_CENTS, max(-_MAX_CENTS, cents)) / 1200) * zone.rate_hz
