"""The sounding voices of one clip."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from musegen_daw.music.clip import Clip
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.channel import Channel, NoteStretch
from musegen_daw.playback.synth.controls import ChannelControls
from musegen_daw.playback.synth.pitch import Pitch
from musegen_daw.playback.synth.reading import LEAD, TRAIL, Audio, Glide, KeptUntilRelease, Reader
from musegen_daw.playback.synth.recordings import Recordings
from musegen_daw.playback.synth.tones import Tone, Tones
from musegen_daw.playback.synth.voice import Voice, VoiceSpan
from musegen_daw.playback.synth.zones import Zone

MAX_VOICES = 512
"""Of one clip at a time; those that began first are cut off for those that are too many."""
MAX_ZONES_OF_A_NOTE = 64
MAX_KEPT_SECONDS = 24.0
"""Voices that sound longer read for themselves; the beginning of others is kept for the next that are alike."""


class VoicePlayer:
    """Plays a clip from its beginning, stretch by stretch, with what its channel is told."""

    def __init__(
        self, clip: Clip, time_map: TimeMap, recordings: Recordings, sample_rate_hz: int, limit_samples: int
    ) -> None:
        zones = recordings.soundfont.preset(clip.bank, clip.program, clip.is_drum) if clip.notes else ()
        self._parts = _Parts(zones)
        channel = Channel(clip.messages, time_map, sample_rate_hz)
        self._tones = Tones(ChannelControls(channel), sample_rate_hz)
        self._pitches = [note.pitch for note in clip.notes]
        self._stretches = channel.stretches(clip.notes, time_map, sample_rate_hz)
        self._starts = [stretch.start_samples for stretch in self._stretches]
        self._recordings = recordings
        self._sample_rate_hz = sample_rate_hz
        self._limit_samples = limit_samples
        self._next = 0
        self._voices: list[Voice] = []
        self._product = np.empty(0, np.float32)
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
        if len(self._product) < last - first:
            self._product = np.empty(last - first, np.float32)
        still: list[Voice] = []
        for voice in self._voices:
            begin, end = max(first, voice.start_samples), min(last, voice.end_samples)
            if begin < end:
                for own in voice.stretches(begin, end):
                    self._add(voice, own, (*out, middle), (first, last))
                self.sounded_until_samples = max(self.sounded_until_samples, end)
            if voice.end_samples > last and not voice.is_over:
                still.append(voice)
        if self._voices:
            out += middle
        self._voices = still

    def _add(
        self,
        voice: Voice,
        own: tuple[int, int],
        rows: tuple[Audio, Audio, Audio],
        block: tuple[int, int],
    ) -> None:
        """A voice over `own` samples of the song to the rows of a block: left, right, and what is alike in both."""
        begin, end = own[0] - block[0], own[1] - block[0]
        left, right, middle = (row[begin:end] for row in rows)
        mono = voice.mono(own[0] - voice.start_samples, own[1] - voice.start_samples)
        # One array for all products: a new one for each would cost more than to multiply.
        product = self._product[: end - begin]
        is_centred = voice.gains[0] is voice.gains[1]
        for row, curve in (
            ((middle, voice.gains[0]),) if is_centred else zip((left, right), voice.gains, strict=True)
        ):
            if curve.rests(*own):
                gain = voice.level * curve.at(own[0])
                if gain == 0:
                    continue
                np.multiply(mono, np.float32(gain), out=product)
            else:
                np.multiply(mono, curve.over(*block)[begin:end], out=product, casting="same_kind")
                product *= np.float32(voice.level)
            row += product

    def _start(self, pitch: int, stretch: NoteStretch) -> None:
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

    def _voice(self, zone: Zone, pitch: int, stretch: NoteStretch) -> Voice:
        start = stretch.start_samples
        tone = self._tones.of(zone, pitch, stretch.velocity, start)
        span = VoiceSpan(
            stretch.gate_samples - start,
            min(stretch.cut_samples, self._limit_samples) - start,
            self._sample_rate_hz,
            tone.envelope,
        )
        reader, length_samples, is_shaped = self._reader(span, tone, tone.pitch(start))
        return Voice(
            reader=reader,
            envelope=tone.envelope,
            level=tone.level,
            gains=tone.gains,
            exclusive_class=zone.exclusive_class,
            start_samples=start,
            span=span,
            end_samples=start + span.end_samples(length_samples),
            is_shaped=is_shaped,
            tremolo=tone.tremolo,
        )

    def _reader(self, span: VoiceSpan, tone: Tone, pitch: Pitch) -> tuple[Reader, float, bool]:
        """What a voice reads, how long that lasts, and whether it has its envelope already.

        Where its pitch rests, that is what is kept for all that are alike.
        """
        zone, shape = tone.zone, tone.shape
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
        is_shaped = span.envelope.may_be_shared(gate)
        envelope = span.envelope if is_shaped else None
        kept = self._recordings.kept(zone, shape, resting, envelope)
        if loop is not None and leaves_loop:
            until_release = KeptUntilRelease(kept, audio, loop, resting.ratio, round(gate), envelope)
            return until_release, length, is_shaped
        return kept, length, is_shaped


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
