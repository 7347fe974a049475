"""Puts the bundled SoundFont together: a kit, and a sound for each of the 128 General MIDI programs."""

from __future__ import annotations

from pathlib import Path

from resources.make import strings, sustained
from resources.make.kit_map import drum_kit
from resources.make.sf2 import Instrument, Preset, soundfont_bytes
from resources.make.strings import String
from resources.make.sustained import Tone

# First program of each run, counted from 0; a run ends where the next begins.
PROGRAM_SOUNDS: tuple[tuple[int, String | Tone], ...] = (
    (0, strings.PIANO),
    (4, sustained.ELECTRIC_PIANO),
    (6, strings.HARPSICHORD),
    (8, sustained.BELL),
    (12, sustained.MARIMBA),
    (14, sustained.BELL),
    (15, strings.HARPSICHORD),
    (16, sustained.ORGAN),
    (21, sustained.REED),
    (24, strings.NYLON),
    (25, strings.STEEL),
    (26, strings.JAZZ),
    (27, strings.CLEAN),
    (28, strings.MUTED),
    (29, strings.OVERDRIVEN),
    (30, strings.DISTORTION),
    (31, strings.CLEAN),
    (32, strings.UPRIGHT_BASS),
    (33, strings.FINGERED_BASS),
    (34, strings.PICKED_BASS),
    (35, strings.FINGERED_BASS),
    (36, strings.PICKED_BASS),
    (38, sustained.SYNTH_BASS),
    (40, sustained.STRINGS),
    (45, strings.NYLON),
    (47, sustained.MARIMBA),
    (48, sustained.STRINGS),
    (52, sustained.CHOIR),
    (55, sustained.BRASS),
    (64, sustained.REED),
    (72, sustained.FLUTE),
    (80, sustained.SQUARE),
    (81, sustained.LEAD),
    (82, sustained.FLUTE),
    (83, sustained.LEAD),
    (85, sustained.CHOIR),
    (86, sustained.LEAD),
    (88, sustained.PAD),
    (91, sustained.CHOIR),
    (92, sustained.PAD),
    (98, sustained.BELL),
    (99, sustained.PAD),
    (104, strings.STEEL),
    (108, sustained.MARIMBA),
    (109, sustained.REED),
    (110, sustained.STRINGS),
    (111, sustained.REED),
    (112, sustained.BELL),
    (113, sustained.MARIMBA),
    (120, sustained.PAD),
)


def instrument_of(sound: String | Tone) -> Instrument:
    """The playable instrument of either kind of sound."""
    return strings.instrument(sound) if isinstance(sound, String) else sustained.instrument(sound)


def presets() -> tuple[Preset, ...]:
    """All presets of the bundled SoundFont."""
    made: dict[str, Instrument] = {}
    found: list[Preset] = []
    for (first, sound), (end, _) in zip(PROGRAM_SOUNDS, (*PROGRAM_SOUNDS[1:], (128, None)), strict=True):
        if sound.name not in made:
            made[sound.name] = instrument_of(sound)
        found += [Preset(sound.name, 0, program, made[sound.name]) for program in range(first, end)]
    return (*found, Preset("Musegen Kit", 128, 0, drum_kit()))


def write_soundfont(path: Path) -> None:
    """Writes the SoundFont to `path`."""
    path.write_bytes(soundfont_bytes("Musegen", "MIT licence, the musegen-daw authors", presets()))
