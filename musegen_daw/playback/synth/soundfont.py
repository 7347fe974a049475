"""Finds and opens SoundFonts, and selects presets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.playback.synth.riff import check_soundfont, read_tables
from musegen_daw.playback.synth.zones import Zone, read_presets

DRUM_BANK = 128
ENVIRONMENT_VARIABLE = "MUSEGEN_SOUNDFONT"

# File names of complete General MIDI sets, the better ones first.
_GENERAL_MIDI_STEMS = (
    "default-gm",
    "musescore_general",
    "fluidr3_gm",
    "fluidr3",
    "generaluser",
    "timgm6mb",
    "gm",
)
_BANKS_BY_LOW_BYTE = frozenset({0, 121})
"""High bytes of a bank for which the low byte counts: 0 in XG, 121 in General MIDI 2."""


class Samples(Protocol):
    """The samples of a SoundFont, of which the zones name slices."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> NDArray[np.int16]: ...


@dataclass(frozen=True, slots=True)
class SoundFont:
    """The presets of a SoundFont by (bank, program), and its samples (samples,) as int16."""

    path: Path
    presets: Mapping[tuple[int, int], tuple[Zone, ...]]
    samples: Samples

    def preset(self, bank: int, program: int, is_drum: bool) -> tuple[Zone, ...]:
        """The zones of a preset, or of the nearest preset where it is missing.

        `bank` is 128 times controller 0 plus controller 32; for drums `program` is the kit. Raises AudioError for a
        SoundFont without drum kits, or with drum kits alone.
        """
        for candidate in _drum_kits(program) if is_drum else _melodic(bank, program):
            if candidate in self.presets:
                return self.presets[candidate]
        for number, other in sorted(self.presets):
            if (number == DRUM_BANK) == is_drum:
                return self.presets[number, other]
        missing = "drum kit" if is_drum else "instrument"
        raise AudioError(f"The SoundFont {self.path} has no {missing}; choose a General MIDI SoundFont.")

    def with_kits_of(self, other: SoundFont) -> SoundFont:
        """Its instruments with the drum kits of another; kits that the other lacks stay."""
        moved = len(self.samples)
        kits = {
            number: tuple(replace(zone, start=zone.start + moved, end=zone.end + moved) for zone in zones)
            for number, zones in other.presets.items()
            if number[0] == DRUM_BANK
        }
        return SoundFont(self.path, {**self.presets, **kits}, _Joined(self.samples, other.samples))


@dataclass(frozen=True, slots=True)
class _Joined:
    """Two arrays of samples in a row, neither of them copied."""

    first: Samples
    second: Samples

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, place: slice, /) -> NDArray[np.int16]:
        """A slice that lies within one of them."""
        moved = len(self.first)
        if place.start < moved:
            return self.first[place]
        return self.second[place.start - moved : place.stop - moved : place.step]


def _drum_kits(program: int) -> tuple[tuple[int, int], ...]:
    return (DRUM_BANK, program), (DRUM_BANK, 0)


def _melodic(bank: int, program: int) -> tuple[tuple[int, int], ...]:
    """Candidates, the likeliest first: SoundFonts number banks in one byte, devices in two."""
    high, low = divmod(bank, 128)
    banks = [bank, high, *([low] if high in _BANKS_BY_LOW_BYTE else []), 0]
    return (
        *((number, program) for number in banks if number != DRUM_BANK),
        (0, program // 8 * 8),
        (0, 0),
    )


class Origin(Enum):
    """Where a SoundFont was found, in the words that tell what plays."""

    USER = "chosen in Settings"
    ENVIRONMENT = f"chosen by {ENVIRONMENT_VARIABLE}"
    COMPUTER = "with the bundled drums"
    BUNDLED = "the bundled one"


@dataclass(frozen=True, slots=True)
class FoundSoundFont:
    """The SoundFont that plays."""

    path: Path
    origin: Origin

    @property
    def in_words(self) -> str:
        """Its file name, and what tells it from others."""
        # Systems link the usual one to what is installed.
        return f"{self.path.resolve().name}, {self.origin.value}"

    def open(self) -> SoundFont:
        """What plays; a set of the computer, which nobody chose, leaves the drums to the bundled kits.

        Raises AudioError, see `open_soundfont`.
        """
        font = open_soundfont(self.path)
        return font.with_kits_of(open_soundfont(_bundled())) if self.origin is Origin.COMPUTER else font


def find_soundfont(user: Path | None = None) -> FoundSoundFont:
    """The SoundFont to use: the user's, else that in MUSEGEN_SOUNDFONT, else one of the system, else the bundled one.

    Raises AudioError, naming the file, when the user's choice is no SoundFont.
    """
    if user is not None:
        check_soundfont(user)
        return FoundSoundFont(user, Origin.USER)
    if value := os.environ.get(ENVIRONMENT_VARIABLE):
        check_soundfont(Path(value))
        return FoundSoundFont(Path(value), Origin.ENVIRONMENT)
    for path in _system_soundfonts(_system_folders()):
        try:
            check_soundfont(path)
        except AudioError:
            continue
        return FoundSoundFont(path, Origin.COMPUTER)
    check_soundfont(_bundled())
    return FoundSoundFont(_bundled(), Origin.BUNDLED)


def _bundled() -> Path:
    return resources.soundfont_dir() / "musegen.sf2"


def _system_folders() -> tuple[Path, ...]:
    home = Path.home()
    if sys.platform == "darwin":
        return (home / "Library/Audio/Sounds/Banks", Path("/Library/Audio/Sounds/Banks"))
    if sys.platform == "win32":
        roots = [os.environ[name] for name in ("PROGRAMDATA", "COMMONPROGRAMFILES") if name in os.environ]
        return (*(Path(root) / "SoundFonts" for root in roots), Path("C:/soundfonts"))
    return (
        home / ".local/share/sounds/sf2",
        Path("/usr/local/share/sounds/sf2"),
        Path("/usr/share/sounds/sf2"),
        Path("/usr/local/share/soundfonts"),
        Path("/usr/share/soundfonts"),
    )


def _system_soundfonts(folders: Iterable[Path]) -> list[Path]:
    """General MIDI sets alone: a SoundFont of one piano would leave the drums silent."""
    found: list[tuple[int, Path]] = []
    for folder in folders:
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".sf2")
        except OSError:
            continue
        for path in paths:
            stem = path.stem.lower().replace(" ", "_")
            ranks = [rank for rank, known in enumerate(_GENERAL_MIDI_STEMS) if stem.startswith(known)]
            if ranks:
                found.append((ranks[0], path))
    return [path for _, path in sorted(found, key=lambda entry: entry[0])]


def open_soundfont(path: Path) -> SoundFont:
    """Reads a SoundFont; raises AudioError, naming the file, for any other or a damaged file.

    Supported are sample, loop, tuning, pan, attenuation, volume envelope, exclusive classes, both LFOs on pitch and
    volume, a low-pass filter that is fixed for each note, and the modulators of these. The modulation envelope, filter
    modulation during a note, reverb and chorus are not.
    """
    tables = read_tables(path)
    try:
        presets = read_presets(tables)
    except ValueError as error:
        raise AudioError(f"The SoundFont {path} is damaged ({error}); choose another file.") from error
    return SoundFont(path, presets, tables.samples)
