"""A drum kit without a DAW: every drum of the SoundFont, rendered once, on the sound device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from musegen_daw.devices.audio_output import KitOutput, SamplePlayer
from musegen_daw.devices.output_stream import usual_rate_hz
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.music.kit import PIECES
from musegen_daw.music.time import TimeMap

_PPQ = 480
_HI_HATS = frozenset({42, 44, 46})  # General MIDI: they silence each other
_FULL_VELOCITY = 127


def open_kit(
    drum_map: DrumMap, soundfont: Path | None = None, device: str | None = None, library: Any = None
) -> KitOutput:
    """The sound device as a drum kit on the pitches of `drum_map`; raises AudioError.

    `library` stands for sounddevice.
    """
    from musegen_daw.playback.synth.soundfont import find_soundfont
    from musegen_daw.playback.synth.synth import render

    font = find_soundfont(soundfont).open()
    rate_hz = usual_rate_hz(device, library)
    sounds, groups = {}, {}
    for index, piece in enumerate(PIECES):
        pitch = drum_map.pitch_of(index)
        if pitch is None or pitch in sounds:
            continue
        hit = Clip((Note(piece.pitch, _FULL_VELOCITY, 0, _PPQ),), _PPQ, _PPQ, is_drum=True)
        sounds[pitch] = render(Song((hit,), TimeMap(_PPQ)), font, rate_hz)
        if piece.pitch in _HI_HATS:
            groups[pitch] = "hi-hat"
    return KitOutput(SamplePlayer(sounds, rate_hz, groups, device, library), frozenset(sounds))
