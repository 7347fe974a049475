"""The recordings of a SoundFont as they are read, and what of them is kept because notes come again."""

from __future__ import annotations

from collections import OrderedDict
from typing import cast

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from musegen_daw.playback.synth.envelope import Envelope
from musegen_daw.playback.synth.pitch import Pitch
from musegen_daw.playback.synth.reading import Audio, KeptReading, padded
from musegen_daw.playback.synth.soundfont import SoundFont
from musegen_daw.playback.synth.zones import Zone, ZoneShape

MAX_KEPT_SAMPLES = 1 << 26
"""Of all that is kept between blocks: 256 MiB."""


class Recordings:
    """Recordings through their filters, and the sounds of voices whose pitch rests; what is used least is let go."""

    def __init__(self, soundfont: SoundFont) -> None:
        self.soundfont = soundfont
        self._audio: OrderedDict[tuple[object, ...], Audio] = OrderedDict()
        self._kept: OrderedDict[tuple[object, ...], KeptReading] = OrderedDict()

    def of(self, zone: Zone, shape: ZoneShape) -> Audio:
        """The sample of a zone as it is read: filtered and padded."""
        key = _key(zone, shape)
        if key not in self._audio:
            samples = self.soundfont.samples[zone.start : zone.end].astype(np.float32)
            samples *= np.float32(1 / 32_768)
            if shape.cutoff_hz < 0.45 * zone.rate_hz:
                samples = low_passed(samples, zone.rate_hz, shape.cutoff_hz, shape.resonance_db)
            self._audio[key] = padded(samples, zone.loop, loops_until_release=zone.loops_until_release)
        self._audio.move_to_end(key)
        return self._audio[key]

    def kept(self, zone: Zone, shape: ZoneShape, pitch: Pitch, envelope: Envelope | None) -> KeptReading:
        """The sound of a zone at a pitch that rests, with the envelope of a held note if that is given."""
        swings = tuple(
            (swing.delay_samples, swing.cycles_per_sample, swing.depth.constant) for swing in pitch.swings
        )
        key = (*_key(zone, shape), pitch.ratio, swings, envelope)
        if key not in self._kept:
            self._kept[key] = KeptReading(self.of(zone, shape), zone.loop, pitch, envelope)
        self._kept.move_to_end(key)
        return self._kept[key]

    def trim(self) -> None:
        """Let go of what was used least lately, as far as there is too much."""
        size = sum(len(audio) for audio in self._audio.values()) + sum(
            kept.samples for kept in self._kept.values()
        )
        for shelf in (self._kept, self._audio):
            while size > MAX_KEPT_SAMPLES and shelf:
                _, gone = shelf.popitem(last=False)
                size -= gone.samples if isinstance(gone, KeptReading) else len(cast("Audio", gone))


def _key(zone: Zone, shape: ZoneShape) -> tuple[object, ...]:
    return zone.start, zone.end, zone.loop, zone.loops_until_release, shape.cutoff_hz, shape.resonance_db


def low_passed(samples: Audio, rate_hz: int, cutoff_hz: float, resonance_db: float) -> Audio:
    """The samples through a two-pole low-pass filter; its response is applied to the spectrum."""
    size = int(scipy.fft.next_fast_len(len(samples) + rate_hz // 20, real=True) or 0)
    relative = np.fft.rfftfreq(size, 1 / rate_hz) / cutoff_hz
    quality = 10 ** ((resonance_db - 3.01) / 20)
    # Half of the resonance is taken back from the whole, as section 8.1.3 says of initialFilterQ.
    response: NDArray[np.complex128] = 10 ** (-resonance_db / 40) / (
        1 - relative**2 + 1j * relative / quality
    )
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)].astype(np.float32)
