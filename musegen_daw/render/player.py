"""The sounding voices of one clip."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from musegen_daw.core.clip import Clip
from musegen_daw.core.time import TimeMap
from musegen_daw.render.channel import Channel, Stretch
from musegen_daw.render.controls import Controls, Struck, added
from musegen_daw.render.envelope import Envelope
from musegen_daw.render.modulators import (
    ATTENUATION,
    COARSE_TUNE,
    FINE_TUNE,
    MOD_LFO_TO_PITCH,
    PAN,
    PITCH,
    VIB_LFO_TO_PITCH,
)
from musegen_daw.render.pitch import RESTING, Pitch, Swing
from musegen_daw.render.reading import LEAD, TRAIL, Audio, Glide, KeptUntilRelease, Reader
from musegen_daw.render.recordings import Recordings
from musegen_daw.render.voice import Span, Tremolo, Voice
from musegen_daw.render.zones import Shape, Zone

MAX_VOICES = 512
"""Of one clip at a time; those that began first are cut off for those that are too many."""
MAX_ZONES_OF_A_NOTE = 64
MAX_KEPT_SECONDS = 24.0
"""Voices that sound longer read for themselves; the beginning of others is kept for the next that are alike."""
_MAX_CENTS = 8_400


class Player:
    """Plays a clip from its beginning, stretch by stretch, with what its channel is told."""

    def __init__(
        self, clip: Clip, time_map: TimeMap, recordings: Recordings, sample_rate_hz: int, limit_samples: int
    ) -> None:
        zones = recordings.soundfont.preset(clip.bank, clip.program, clip.is_drum) if clip.notes else ()
        self._parts = _Parts(zones)
        channel = Channel(clip.messages, time_map, sample_rate_hz)
        self._controls = Controls(channel)
        self._pitches = [note.pitch for note in clip.notes]
        self._stretches = channel.stretches(clip.notes, time_map, sample_rate_hz)
        self._starts = [stretch.start_samples for stretch in self._stretches]
        self._recordings = recordings
        self._sample_rate_hz = sample_rate_hz
        self._limit_samples = limit_samples
        self._next = 0
        self._voices: list[Voice] = []
        self.sounded_until_samples = 0

    @property
    def is_sounding(self) -> bool:
        """Whether anything is still to come."""
        return bool(self._voices) or self._next < len(self._starts)

    def play(self, first: int, last: int, out: NDArray[np.float32]) -> None:
        """Add the clip over [first, last), in samples from the start of the song, to `out` (2, last - first)."""
        stop = bisect_right(self._starts, last - 1, lo=self._next)
        for index in range(self._next, stop):
            self._start(self._pitches[index], self._stretches[index])
        self._next = stop
        middle = np.zeros(last - first, np.float32)
        still: list[Voice] = []
        for voice in self._voices:
            begin, end = max(first, voice.start_samples), min(last, voice.end_samples)
            if begin < end:
                mono = voice.mono(begin - voice.start_samples, end - voice.start_samples)
                _add(voice, mono, (*out, middle), (begin, end), (first, last))
                self.sounded_until_samples = max(self.sounded_until_samples, end)
            if voice.end_samples > last and not voice.is_over:
                still.append(voice)
        if self._voices:
            out += middle
        self._voices = still

    def _start(self, pitch: int, stretch: Stretch) -> None:
        zones = self._parts.of(pitch, stretch.velocity)
        classes = {zone.exclusive_class for zone in zones} - {0}
        if classes:
            self._voices = [
                voice.choked_at(stretch.start_samples)
                if voice.exclusive_class in classes and voice.end_samples > stretch.start_samples
                else voice
                for voice in self._voices
            ]
        self._voices += [self._voice(zone, pitch, stretch) for zone in zones]
        if len(self._voices) > MAX_VOICES:
            self._cut_off_the_first(stretch.start_samples)

    def _cut_off_the_first(self, start_samples: int) -> None:
        sounding = [index for index, voice in enumerate(self._voices) if voice.end_samples > start_samples]
        for index in sounding[: max(0, len(sounding) - MAX_VOICES)]:
            self._voices[index] = self._voices[index].choked_at(start_samples)

    def _voice(self, zone: Zone, pitch: int, stretch: Stretch) -> Voice:
        rate, start, modulation = self._sample_rate_hz, stretch.start_samples, zone.modulation
        struck = Struck(
            pitch if zone.fixed_key is None else zone.fixed_key,
            stretch.velocity if zone.fixed_velocity is None else zone.fixed_velocity,
        )
        settled = self._controls.settled(modulation, struck)
        shape = zone.shape
        if modulation.shapes_notes:
            shape = zone.shape_with(added(settled, self._controls.at_the_start(modulation, struck, start)))
        attenuation_db = max(0.0, zone.attenuation_db + settled.get(ATTENUATION, 0.0) / 10)
        envelope = Envelope.of(shape, rate)
        span = Span(
            stretch.gate_samples - start,
            min(stretch.cut_samples, self._limit_samples) - start,
            rate,
            envelope,
        )
        reader, length_samples, is_shaped = self._reader(
            span, zone, shape, self._pitch(zone, shape, struck, settled, start)
        )
        return Voice(
            reader=reader,
            envelope=envelope,
            level=10 ** (-attenuation_db / 20),
            gains=self._controls.gains(modulation, struck, zone.pan + settled.get(PAN, 0.0) / 1000),
            exclusive_class=zone.exclusive_class,
            start_samples=start,
            span=span,
            is_shaped=is_shaped,
            end_samples=start + span.end_samples(length_samples),
            tremolo=Tremolo(Swing.of(shape.wobble, RESTING, rate), shape.tremolo_db)
            if shape.tremolo_db
            else None,
        )

    def _pitch(
        self, zone: Zone, shape: Shape, struck: Struck, settled: Mapping[int, float], start_samples: int
    ) -> Pitch:
        cents = (struck.key - zone.root_key) * zone.cents_per_key + zone.tune_cents
        cents += settled.get(PITCH, 0.0) + settled.get(FINE_TUNE, 0.0) + 100 * settled.get(COARSE_TUNE, 0.0)
        own = (
            shape.vibrato.pitch_cents + settled.get(VIB_LFO_TO_PITCH, 0.0),
            shape.wobble.pitch_cents + settled.get(MOD_LFO_TO_PITCH, 0.0),
        )
        depths = self._controls.depths(zone.modulation, struck, own)
        return Pitch(
            2 ** (min(_MAX_CENTS, max(-_MAX_CENTS, cents)) / 1200) * zone.rate_hz / self._sample_rate_hz,
            start_samples,
            self._controls.cents(zone.modulation, struck),
            tuple(
                Swing.of(oscillator, depth, self._sample_rate_hz)
                for oscillator, depth in zip((shape.vibrato, shape.wobble), depths, strict=True)
                if depth.constant != 0
            ),
        )

    def _reader(self, span: Span, zone: Zone, shape: Shape, pitch: Pitch) -> tuple[Reader, float, bool]:
        """What a voice reads, how long that lasts, and whether it has its envelope already.

        Where its pitch rests, that is what is kept for all that are alike.
        """
        audio = self._recordings.of(zone, shape)
        samples, gate, loop = len(audio) - LEAD - TRAIL, span.gate_samples, zone.loop
        leaves_loop = loop is not None and zone.loops_until_release and gate < math.inf
        resting = pitch.resting()
        length = math.inf
        if loop is None:
            length = samples / resting.slowest_ratio
        elif leaves_loop:
            length = gate + (samples - loop[0]) / resting.slowest_ratio
        last = span.end_samples(length)
        until = gate if leaves_loop else math.inf
        if not pitch.rests(0, last):
            # How long it lasts shows when the recording has been read.
            return Glide(audio, loop, pitch, until), math.inf, False
        if last > MAX_KEPT_SECONDS * self._sample_rate_hz or (leaves_loop and resting.swings):
            return Glide(audio, loop, resting, until), length, False
        if loop is not None and leaves_loop:
            kept = self._recordings.kept(zone, shape, resting, None)
            return KeptUntilRelease(kept, audio, loop, resting.ratio, round(gate)), length, False
        is_shaped = span.envelope.may_be_shared(gate)
        return (
            self._recordings.kept(zone, shape, resting, span.envelope if is_shaped else None),
            length,
            is_shaped,
        )


class _Parts:
    """The zones of a preset by key and velocity, looked up once for each pair."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._known: dict[tuple[int, int], tuple[Zone, ...]] = {}

    def of(self, pitch: int, velocity: int) -> tuple[Zone, ...]:
        key = pitch, velocity
        if key not in self._known:
            sounding = (
                zone
                for zone in self._zones
                if zone.keys[0] <= pitch <= zone.keys[1]
                and zone.velocities[0] <= velocity <= zone.velocities[1]
            )
            self._known[key] = tuple(islice(sounding, MAX_ZONES_OF_A_NOTE))
        return self._known[key]


def _add(
    voice: Voice,
    mono: Audio,
    rows: tuple[Audio, Audio, Audio],
    own: tuple[int, int],
    block: tuple[int, int],
) -> None:
    """A voice over `own` samples of the song to the rows of a block of it: left, right, and what is alike in both."""
    left, right, middle = (row[own[0] - block[0] : own[1] - block[0]] for row in rows)
    gains = [gain.at(own[0]) if gain.rests(*own) else None for gain in voice.gains]
    if gains[0] is not None and gains[0] == gains[1]:
        if gains[0]:
            middle += np.float32(voice.level * gains[0]) * mono
        return
    for row, curve, gain in zip((left, right), voice.gains, gains, strict=True):
        if gain is None:
            moving = curve.over(*block)[own[0] - block[0] : own[1] - block[0]]
            row += np.float32(voice.level) * moving * mono
        elif gain:
            row += np.float32(voice.level * gain) * mono
