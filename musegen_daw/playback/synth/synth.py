"""Plays a song through a SoundFont, block by block, each clip apart from the others.

The synthesizer of symusic 0.5.9 is no replacement: it ignores velocity, decay and filters and cuts drums off at the end
of their notes.
"""

from __future__ import annotations

import copy
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.channel import Channel, ChannelControls, NoteSpan
from musegen_daw.playback.synth.envelope import Pitch
from musegen_daw.playback.synth.recordings import (
    Audio,
    CachedUntilRelease,
    PitchedReader,
    Reader,
    Recordings,
)
from musegen_daw.playback.synth.soundfont import SoundFont
from musegen_daw.playback.synth.voice import CHOKE_SECONDS, Tone, Tones, Voice, VoiceSpan
from musegen_daw.playback.synth.zones import Zone

MAX_VOICES = 512
"""At a time in one clip; beyond, the oldest are cut off."""
MAX_ZONES_OF_A_NOTE = 64
MAX_CACHED_SECONDS = 24.0
"""Longer voices are not cached."""
MAX_SECONDS = 2 * 60 * 60
MAX_CLIPS = 512
"""Each clip has a block of its own in memory."""
MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 8_000, 96_000
BLOCK_SAMPLES = 1 << 16
_INAUDIBLE = 1e-5
"""Relative to the peak: -100 dB."""
_STRIDE = 64
TAIL_SECONDS = 8.0
"""The longest tail after the end of the song."""


class VoicePlayer:
    """Plays a clip from its beginning, block by block, with the messages of its channel."""

    def __init__(
        self, clip: Clip, time_map: TimeMap, recordings: Recordings, sample_rate_hz: int, limit_samples: int
    ) -> None:
        zones = recordings.soundfont.preset(clip.bank, clip.program, clip.is_drum) if clip.notes else ()
        self._zones_of = _ZoneLookup(zones)
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
        self._ends: NDArray[np.float64] | None = None
        self._fades: dict[tuple[int, int], list[tuple[Zone, float, Pitch | None]]] = {}
        self.sounded_until_samples = 0

    def starting_at(self, sample: int) -> VoicePlayer:
        """A player of the same clip that begins at a sample of the song, with the notes that sound there.

        The two must not play at the same time. Beyond `MAX_VOICES` it can keep other voices than one that played from
        the beginning.
        """
        if self._ends is None:
            spans = zip(self._pitches, self._stretches, strict=True)
            self._ends = np.array([self._silent_from(pitch, span) for pitch, span in spans], np.float64)
        other = copy.copy(self)
        other._next = bisect_left(self._starts, sample)
        other._voices = []
        other._product = np.empty(0, np.float32)
        sounding = np.flatnonzero(self._ends[: other._next] > sample)
        for index in range(int(sounding[0]) if len(sounding) else other._next, other._next):
            pitch, span = self._pitches[index], self._stretches[index]
            if self._ends[index] > sample or self._chokes(pitch, span.velocity):
                other._start(pitch, span, sample)
        return other

    def strengths(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The start of each note in samples and its highest amplitude, both (notes,)."""
        known: dict[tuple[int, int], list[tuple[Tone, float]]] = {}
        found: list[float] = []
        for pitch, span in zip(self._pitches, self._stretches, strict=True):
            key, start = (pitch, span.velocity), span.start_samples
            if key not in known:
                tones = (self._tones.of(zone, *key, start) for zone in self._zones_of.of(*key))
                known[key] = [(tone, tone.level * self._recordings.peak(tone.zone)) for tone in tones]
            sides = (sum(level * tone.gains[side].at(start) for tone, level in known[key]) for side in (0, 1))
            found.append(max(sides))
        return np.array(self._starts, np.int64), np.array(found, np.float64)

    @property
    def is_sounding(self) -> bool:
        """Whether there is more to play."""
        return bool(self._voices) or self._next < len(self._starts)

    def play(self, first: int, last: int, out: NDArray[np.float32]) -> None:
        """Add samples [first, last) of the song to `out` (2, last - first)."""
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
        """Add a voice over `own` samples of the song to the rows of a block: left, right, and centre."""
        begin, end = own[0] - block[0], own[1] - block[0]
        left, right, middle = (row[begin:end] for row in rows)
        mono = voice.mono(own[0] - voice.start_samples, own[1] - voice.start_samples)
        # One array for all products: allocating one each time would cost more than the product.
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

    def _chokes(self, pitch: int, velocity: int) -> bool:
        return any(zone.exclusive_class for zone in self._zones_of.of(pitch, velocity))

    def _silent_from(self, pitch: int, stretch: NoteSpan) -> float:
        """The sample from which a note is silent, or a later one."""
        key = pitch, stretch.velocity
        if key not in self._fades:
            zones = self._zones_of.of(*key)
            tones = [(zone, self._tones.of(zone, *key, stretch.start_samples)) for zone in zones]
            if any(zone.modulation.at_start for zone in zones):  # it is another for each note
                return max((self._span(zone, pitch, stretch)[2] for zone in zones), default=-1.0)
            self._fades[key] = [
                (zone, tone.envelope.release_samples, _resting(tone, stretch.start_samples))
                for zone, tone in tones
            ]
        start, gate = stretch.start_samples, stretch.gate_samples
        ends = [
            min(
                gate + release,
                start + (math.inf if resting is None else _length(zone, gate - start, resting)),
            )
            for zone, release, resting in self._fades[key]
        ]
        choked = min(stretch.cut_samples, self._limit_samples) + CHOKE_SECONDS * self._sample_rate_hz
        return min(choked, max(ends, default=-1.0))

    def _start(self, pitch: int, stretch: NoteSpan, from_samples: int = 0) -> None:
        """Start a note, of which nothing is heard before a sample of the song."""
        zones = self._zones_of.of(pitch, stretch.velocity)
        classes = {zone.exclusive_class for zone in zones} - {0}
        if classes:
            self._voices = [
                voice.choked_at(stretch.start_samples)
                if voice.exclusive_class in classes and voice.end_samples > stretch.start_samples
                else voice
                for voice in self._voices
            ]
        self._voices += [self._voice(zone, pitch, stretch, from_samples) for zone in zones]
        if len(self._voices) > MAX_VOICES:
            self._cut_off_the_oldest(stretch.start_samples)

    def _cut_off_the_oldest(self, start_samples: int) -> None:
        sounding = [index for index, voice in enumerate(self._voices) if voice.end_samples > start_samples]
        for index in sounding[: max(0, len(sounding) - MAX_VOICES)]:
            self._voices[index] = self._voices[index].choked_at(start_samples)

    def _span(self, zone: Zone, pitch: int, stretch: NoteSpan) -> tuple[Tone, VoiceSpan, float]:
        """The tone of a zone, its time, and the sample of the song from which it is silent, or a later one."""
        start = stretch.start_samples
        tone = self._tones.of(zone, pitch, stretch.velocity, start)
        span = VoiceSpan(
            stretch.gate_samples - start,
            min(stretch.cut_samples, self._limit_samples) - start,
            self._sample_rate_hz,
            tone.envelope,
        )
        resting = _resting(tone, start)
        length = math.inf if resting is None else _length(zone, span.gate_samples, resting)
        return tone, span, start + span.end_samples(length)

    def _voice(self, zone: Zone, pitch: int, stretch: NoteSpan, from_samples: int) -> Voice:
        start = stretch.start_samples
        tone, span, _ = self._span(zone, pitch, stretch)
        passed = from_samples - start
        reader, length_samples, is_shaped = self._reader(span, tone, tone.pitch(start), passed)
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

    def _reader(self, span: VoiceSpan, tone: Tone, pitch: Pitch, passed: int) -> tuple[Reader, float, bool]:
        """The reader of a voice of which `passed` samples are over, its length, and whether it includes the envelope.

        It is cached where the pitch rests and the voice is heard from its start.
        """
        zone, shape = tone.zone, tone.shape
        audio = self._recordings.of(zone, shape)
        loop, gate = zone.loop, span.gate_samples
        leaves_loop = loop is not None and zone.loops_until_release and gate < math.inf
        resting = pitch.resting()
        length = _length(zone, gate, resting)
        last = span.end_samples(length)
        until = gate if leaves_loop else math.inf
        if not pitch.rests(0, last):
            # The length is known only after reading.
            return _passed(PitchedReader(audio, loop, pitch, until), passed), math.inf, False
        if last > MAX_CACHED_SECONDS * self._sample_rate_hz or (leaves_loop and resting.lfos) or passed > 0:
            return _passed(PitchedReader(audio, loop, resting, until), passed), length, False
        is_shaped = span.envelope.can_be_shared(gate)
        envelope = span.envelope if is_shaped else None
        cached = self._recordings.cached(zone, shape, resting, envelope)
        if loop is not None and leaves_loop:
            until_release = CachedUntilRelease(cached, audio, loop, resting.ratio, round(gate), envelope)
            return until_release, length, is_shaped
        return cached, length, is_shaped


def _resting(tone: Tone, start_samples: int) -> Pitch | None:
    """The pitch of a tone, None where it moves."""
    rests = tone.cents.constant is not None and all(lfo.depth.constant is not None for lfo in tone.lfos)
    return tone.pitch(start_samples).resting() if rests else None


def _length(zone: Zone, gate_samples: float, resting: Pitch) -> float:
    """The samples after which a recording at a resting pitch has ended."""
    samples = zone.end - zone.start
    if zone.loop is None:
        return samples / resting.slowest_ratio
    if zone.loops_until_release and gate_samples < math.inf:
        return gate_samples + (samples - zone.loop[0]) / resting.slowest_ratio
    return math.inf


def _passed(reader: PitchedReader, samples: int) -> PitchedReader:
    if samples > 0:
        reader.skip(samples)
    return reader


class _ZoneLookup:
    """The zones of a preset by key and velocity, cached."""

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


def song_seconds(song: Song) -> float:
    """Seconds from the start to the end of the last bar or note."""
    return song.time_map.seconds_at(song.end_ticks)


def check_renderable(song: Song, sample_rate_hz: int) -> None:
    """Raises AudioError for an empty or too large song, or an impossible sample rate."""
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"A sample rate of {sample_rate_hz} Hz is not possible: "
            f"give {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz."
        )
    if len(song.clips) > MAX_CLIPS:
        raise AudioError(f"The song has {len(song.clips):,} clips; at most {MAX_CLIPS} are rendered.")
    seconds = song_seconds(song)
    if seconds == 0:
        raise AudioError("The song is empty: there is nothing to render.")
    if seconds > MAX_SECONDS:
        raise AudioError(
            f"The song lasts {seconds / 3600:.1f} hours; at most {MAX_SECONDS // 3600} are rendered."
        )


def render_blocks(song: Song, soundfont: SoundFont, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """The song as consecutive blocks (clips, samples, 2) of float32, without a limit on level.

    Notes start at the sample nearest to their time in seconds. Memory is bounded by a block, the sounding notes and the
    cache of recordings. The blocks cover the song and its tail until that is inaudible, at most 8 seconds. Raises
    AudioError, see `check_renderable`.
    """
    check_renderable(song, sample_rate_hz)
    recordings = Recordings(soundfont)
    song_samples = round(song_seconds(song) * sample_rate_hz)
    limit_samples = song_samples + round(TAIL_SECONDS * sample_rate_hz)
    players = [
        VoicePlayer(clip, song.time_map, recordings, sample_rate_hz, limit_samples) for clip in song.clips
    ]
    tail = _Tail(song_samples)
    first = 0
    while first < song_samples or any(player.is_sounding for player in players):
        last = first + BLOCK_SAMPLES
        block = np.zeros((len(players), 2, BLOCK_SAMPLES), np.float32)
        for player, out in zip(players, block, strict=True):
            player.play(first, last, out)
        if last >= song_samples:
            ends = [song_samples, *(player.sounded_until_samples for player in players)]
            block = block[:, :, : max(ends) - first]
        recordings.trim()
        yield from tail.until_audible(block.transpose(0, 2, 1), first)
        first = last


class _Tail:
    """Holds back inaudible blocks after the end of the song, until something is audible again."""

    def __init__(self, song_samples: int) -> None:
        self._song_samples = song_samples
        self._peak = 0.0
        self._held: list[NDArray[np.float32]] = []

    def until_audible(self, block: NDArray[np.float32], first: int) -> Iterator[NDArray[np.float32]]:
        """The blocks to play once `block` (clips, samples, 2) follows at sample `first`."""
        certain = max(0, self._song_samples - first)
        # A fraction of the samples is enough to estimate the peak.
        some = block[:, -first % _STRIDE : certain : _STRIDE]
        self._peak = max(self._peak, float(some.max(initial=0.0)), float(-some.min(initial=0.0)))
        if certain >= block.shape[1]:
            yield block
            return
        loud = np.flatnonzero((np.abs(block) > _INAUDIBLE * self._peak).any(axis=(0, 2)))
        if len(loud):
            certain = max(certain, int(loud[-1]) + 1)
        if certain:
            yield from self._held
            self._held = []
            yield block[:, :certain]
        if certain < block.shape[1]:
            self._held.append(block[:, certain:])


def render(song: Song, soundfont: SoundFont, sample_rate_hz: int = 44_100) -> NDArray[np.float32]:
    """The whole song as (samples, 2) float32, without a limit on level; see `render_blocks`."""
    return np.concatenate([block.sum(axis=0) for block in render_blocks(song, soundfont, sample_rate_hz)])
