"""Plays a song through a SoundFont, block by block, each clip apart from the others.

The synthesizer of symusic 0.5.9 was measured first and left: it ignores velocity, decay and filters and cuts
a drum off at the end of its note, so ghost notes came out as loud as accents and a crash lasted 31 ms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from musegen_daw.core.clip import Clip, Note, Song
from musegen_daw.core.time import TimeMap
from musegen_daw.errors import AudioError
from musegen_daw.render.soundfont import SoundFont, Zone
from musegen_daw.render.voice import Audio, Voice, low_passed, padded

MAX_SECONDS = 2 * 60 * 60
MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 8_000, 96_000
BLOCK_SAMPLES = 1 << 16
_MAX_CENTS = 8_400
TAIL_SECONDS = 8.0
"""How long the last sounds may ring after the end of the song."""


def song_seconds(song: Song) -> float:
    """Seconds from the start to the end of the last bar or note."""
    return song.time_map.seconds_at(song.end_ticks)


def check_renderable(song: Song, sample_rate_hz: int) -> None:
    """Raises AudioError when there is nothing to render, too much of it, or at no usable rate."""
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"A sample rate of {sample_rate_hz} Hz is not possible: "
            f"give {MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz."
        )
    seconds = song_seconds(song)
    if seconds == 0:
        raise AudioError("The song is empty: there is nothing to render.")
    if seconds > MAX_SECONDS:
        raise AudioError(
            f"The song lasts {seconds / 3600:.1f} hours; at most {MAX_SECONDS // 3600} are rendered."
        )


def render_blocks(song: Song, soundfont: SoundFont, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """The song as consecutive blocks of shape (clips, samples, 2), float32, without a limit on level.

    A note starts at the sample nearest to its time in seconds. Memory is bounded by the block and the
    sounding notes. The blocks cover the song and the ringing of its last notes, at most 8 seconds.
    """
    check_renderable(song, sample_rate_hz)
    recordings = _Recordings(soundfont)
    song_samples = round(song_seconds(song) * sample_rate_hz)
    limit_samples = song_samples + round(TAIL_SECONDS * sample_rate_hz)
    players = [_Player(clip, song.time_map, recordings, sample_rate_hz, limit_samples) for clip in song.clips]
    first = 0
    while first < song_samples or any(player.is_sounding for player in players):
        last = first + BLOCK_SAMPLES
        blocks = [player.play(first, last) for player in players]
        if last >= song_samples:
            ends = [song_samples, *(player.sounded_until_samples for player in players)]
            blocks = [block[: max(ends) - first] for block in blocks]
        yield np.stack(blocks) if blocks else np.zeros((0, min(last, song_samples) - first, 2), np.float32)
        first = last


def render(song: Song, soundfont: SoundFont, sample_rate_hz: int = 44_100) -> NDArray[np.float32]:
    """The whole song as (samples, 2) float32, without a limit on level; see `render_blocks`."""
    return np.concatenate([block.sum(axis=0) for block in render_blocks(song, soundfont, sample_rate_hz)])


class _Recordings:
    """The samples of a SoundFont as voices read them, filtered and kept as long as the song is rendered."""

    def __init__(self, soundfont: SoundFont) -> None:
        self.soundfont = soundfont
        self._kept: dict[tuple[int, int, float, float], Audio] = {}

    def of(self, zone: Zone) -> Audio:
        key = (zone.start, zone.end, zone.cutoff_hz, zone.resonance_db)
        if key not in self._kept:
            samples = self.soundfont.samples[zone.start : zone.end].astype(np.float32) / np.float32(32_768)
            if zone.cutoff_hz < 0.45 * zone.rate_hz:
                samples = low_passed(samples, zone.rate_hz, zone.cutoff_hz, zone.resonance_db)
            self._kept[key] = padded(samples)
        return self._kept[key]


class _Player:
    """The sounding voices of one clip."""

    def __init__(
        self, clip: Clip, time_map: TimeMap, recordings: _Recordings, sample_rate_hz: int, limit_samples: int
    ) -> None:
        self._zones = recordings.soundfont.preset(clip.program, clip.is_drum) if clip.notes else ()
        self._notes = clip.notes
        self._starts = [round(time_map.seconds_at(note.start_ticks) * sample_rate_hz) for note in clip.notes]
        self._time_map = time_map
        self._recordings = recordings
        self._sample_rate_hz = sample_rate_hz
        self._limit_samples = limit_samples
        self._next = 0
        self._voices: list[Voice] = []
        self.sounded_until_samples = 0

    @property
    def is_sounding(self) -> bool:
        return bool(self._voices) or self._next < len(self._notes)

    def play(self, first: int, last: int) -> NDArray[np.float32]:
        """The clip over [first, last), in samples from the start of the song; (last - first, 2)."""
        stop = bisect_right(self._starts, last - 1, lo=self._next)
        for note, start_samples in zip(
            self._notes[self._next : stop], self._starts[self._next : stop], strict=True
        ):
            self._start(note, start_samples)
        self._next = stop
        out = np.zeros((last - first, 2), np.float32)
        still: list[Voice] = []
        for voice in self._voices:
            end_samples = voice.end_samples
            begin, end = max(first, voice.start_samples), min(last, end_samples)
            if begin < end:
                mono = voice.mono(begin - voice.start_samples, end - voice.start_samples)
                for channel, gain in enumerate(voice.gains):
                    out[begin - first : end - first, channel] += gain * mono
                self.sounded_until_samples = max(self.sounded_until_samples, end)
            if end_samples > last:
                still.append(voice)
        self._voices = still
        return out

    def _start(self, note: Note, start_samples: int) -> None:
        end_seconds = self._time_map.seconds_at(note.end_ticks)
        gate_samples = max(1, round(end_seconds * self._sample_rate_hz) - start_samples)
        zones = [
            zone
            for zone in self._zones
            if zone.keys[0] <= note.pitch <= zone.keys[1]
            and zone.velocities[0] <= note.velocity <= zone.velocities[1]
        ]
        classes = {zone.exclusive_class for zone in zones} - {0}
        if classes:
            self._voices = [
                voice.choked_at(start_samples) if voice.zone.exclusive_class in classes else voice
                for voice in self._voices
            ]
        self._voices += [self._voice(zone, note, start_samples, gate_samples) for zone in zones]

    def _voice(self, zone: Zone, note: Note, start_samples: int, gate_samples: int) -> Voice:
        pitch = note.pitch if zone.fixed_key is None else zone.fixed_key
        velocity = note.velocity if zone.fixed_velocity is None else zone.fixed_velocity
        cents = (pitch - zone.root_key) * zone.cents_per_key + zone.tune_cents
        cents = min(_MAX_CENTS, max(-_MAX_CENTS, cents))
        # The default velocity modulator of section 8.4.1 comes to this: 40 dB for a tenth of full velocity.
        gain = (velocity / 127) ** 2 * 10 ** (-zone.attenuation_db / 20)
        angle = np.pi / 4 * (1 + 2 * zone.pan)
        return Voice(
            zone=zone,
            audio=self._recordings.of(zone),
            ratio=2 ** (cents / 1200) * zone.rate_hz / self._sample_rate_hz,
            gains=(float(gain * np.cos(angle)), float(gain * np.sin(angle))),
            start_samples=start_samples,
            gate_samples=gate_samples,
            sample_rate_hz=self._sample_rate_hz,
            choke_samples=self._limit_samples - start_samples,
        )
