"""A SoundFont of one steady tone, and what is heard of it."""

from __future__ import annotations

import numpy as np

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth.soundfont import open_soundfont
from tests.playback.synth.sf2 import SAMPLE_RATE_HZ, Instrument, Preset, Sample, soundfont_bytes

PPQ = 480
TIME_MAP = TimeMap(PPQ)
SECOND = 960
TONE_HZ = 441.0


def tone(seconds=0.1, hz=TONE_HZ):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ)


def held(hz=TONE_HZ):
    """A loop of 200 samples: exactly two cycles of 441 Hz, at key 69."""
    return Sample("held", tone(hz=hz), 69, loop=(2_000, 2_200))


def font(tmp_path, *presets):
    """A SoundFont with (bank, program, zones) each."""
    path = tmp_path / "test.sf2"
    made = tuple(
        Preset(f"p{bank}-{program}", bank, program, Instrument(f"i{bank}-{program}", zones))
        for bank, program, zones in presets
    )
    path.write_bytes(soundfont_bytes("test", "none", made))
    return open_soundfont(path)


def control(seconds, number, value):
    return ChannelMessage(round(seconds * SECOND), MessageKind.CONTROL_CHANGE, number, value)


def bend(seconds, value):
    return ChannelMessage(round(seconds * SECOND), MessageKind.PITCH_BEND, 0, value)


def note(start=0.0, seconds=4.0, pitch=69, velocity=127):
    return Note(pitch, velocity, round(start * SECOND), round(seconds * SECOND))


def song(notes, messages=(), **clip):
    return Song((Clip(tuple(notes), 0, PPQ, messages=tuple(messages), **clip),), TIME_MAP)


def rms(audio, start, end):
    part = np.atleast_1d(audio[round(start * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ)])
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2))) if len(part) else 0.0


def decibels(audio, before, after):
    """How much louder `after` is than `before`, both (start, end) in seconds."""
    return 20 * np.log10(rms(audio, *after) / rms(audio, *before))


def hz(audio, start, end):
    """The strongest frequency between two seconds."""
    part = audio[round(start * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ)]
    mono = part if part.ndim == 1 else part.sum(axis=1)
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size))
    top = int(np.argmax(spectrum))
    before, at, after = np.log(spectrum[top - 1 : top + 2])
    return (top + 0.5 * (before - after) / (before - 2 * at + after)) * SAMPLE_RATE_HZ / size
