"""Which SoundFont is used, and which of its zones sound for a note."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen_daw import resources
from musegen_daw.errors import AudioError
from musegen_daw.render.riff import Tables, check_soundfont, read_tables

DRUM_BANK = 128
ENVIRONMENT_VARIABLE = "MUSEGEN_SOUNDFONT"

# Names that are a whole General MIDI set, the better ones first.
_GENERAL_MIDI_STEMS = (
    "default-gm",
    "musescore_general",
    "fluidr3_gm",
    "fluidr3",
    "generaluser",
    "timgm6mb",
    "gm",
)

# Generators whose preset value is not added to the instrument's (section 8.5 of the specification).
_NOT_ADDITIVE = frozenset({0, 1, 2, 3, 4, 12, 41, 43, 44, 45, 46, 47, 50, 53, 54, 57, 58})
_DEFAULTS = {
    8: 13_500, 21: -12_000, 33: -12_000, 34: -12_000, 35: -12_000, 36: -12_000, 38: -12_000,
    46: -1, 47: -1, 56: 100, 58: -1,
}  # fmt: skip
_FULL_RANGE = (0, 127)
_MAX_ZONES = 200_000
_MAX_ZONE_SAMPLES = 2**25
_SAMPLE_RATES_HZ = range(400, 200_001)
_ATTENUATION_SCALE = 0.4
"""What hardware and software players apply to initialAttenuation, and SoundFonts are balanced for."""

Generators = dict[int, int]
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Zone:
    """One sample with everything that shapes it; times in seconds, `loop` relative to the sample's start."""

    keys: Range
    velocities: Range
    start: int
    end: int
    loop: tuple[int, int] | None
    loops_until_release: bool
    rate_hz: int
    root_key: int
    tune_cents: float
    cents_per_key: float
    fixed_key: int | None
    fixed_velocity: int | None
    attenuation_db: float
    pan: float
    cutoff_hz: float
    resonance_db: float
    delay_seconds: float
    attack_seconds: float
    hold_seconds: float
    decay_seconds: float
    sustain_db: float
    release_seconds: float
    exclusive_class: int


@dataclass(frozen=True, slots=True)
class SoundFont:
    """The presets of a SoundFont by (bank, program), and its samples (samples,) as int16."""

    path: Path
    presets: Mapping[tuple[int, int], tuple[Zone, ...]]
    samples: NDArray[np.int16]

    def preset(self, program: int, is_drum: bool) -> tuple[Zone, ...]:
        """The zones for a program, or what comes nearest to it where the SoundFont lacks it.

        Raises AudioError when it has no drum kit, or nothing but drum kits.
        """
        candidates = (
            ((DRUM_BANK, program), (DRUM_BANK, 0))
            if is_drum
            else ((0, program), (0, program // 8 * 8), (0, 0))
        )
        for candidate in candidates:
            if candidate in self.presets:
                return self.presets[candidate]
        for bank, number in sorted(self.presets):
            if (bank == DRUM_BANK) == is_drum:
                return self.presets[bank, number]
        missing = "drum kit" if is_drum else "instrument"
        raise AudioError(f"The SoundFont {self.path} has no {missing}; choose a General MIDI SoundFont.")


def find_soundfont(user: Path | None = None) -> Path:
    """The SoundFont to use: the user's, else one the system has, else the bundled one.

    The environment variable MUSEGEN_SOUNDFONT counts as the user's choice. Raises AudioError, naming the
    file, when the user's choice is no SoundFont.
    """
    chosen = user or (Path(value) if (value := os.environ.get(ENVIRONMENT_VARIABLE)) else None)
    if chosen is not None:
        check_soundfont(chosen)
        return chosen
    for path in _system_soundfonts(_system_folders()):
        try:
            check_soundfont(path)
        except AudioError:
            continue
        return path
    bundled = resources.soundfont_dir() / "musegen.sf2"
    check_soundfont(bundled)
    return bundled


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
    """General MIDI sets only: a SoundFont of one piano would leave the drums silent."""
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
    """Reads a SoundFont; raises AudioError, naming the file, when it is none or is damaged.

    Played are sample, loop, tuning, pan, attenuation, volume envelope, a fixed low-pass filter and
    exclusive classes; modulators, the modulation envelope and the low-frequency oscillators are not.
    """
    tables = read_tables(path)
    try:
        presets = _presets(tables)
    except (ValueError, IndexError) as error:
        raise AudioError(f"The SoundFont {path} is damaged ({error}); choose another file.") from error
    return SoundFont(path, presets, tables.samples)


def _presets(tables: Tables) -> dict[tuple[int, int], tuple[Zone, ...]]:
    instruments = [
        _bags(tables.instruments, tables.instrument_bags, tables.instrument_generators, index, last=53)
        for index in range(len(tables.instruments) - 1)
    ]
    presets: dict[tuple[int, int], tuple[Zone, ...]] = {}
    count = 0
    for index in range(len(tables.presets) - 1):
        zones: list[Zone] = []
        for outer in _bags(tables.presets, tables.preset_bags, tables.preset_generators, index, last=41):
            for inner in instruments[outer[41] & 0xFFFF]:
                zone = _zone(outer, inner, tables)
                if zone is not None:
                    zones.append(zone)
                    count += 1
            if count > _MAX_ZONES:
                raise ValueError(f"more than {_MAX_ZONES} zones")
        if zones:
            record = tables.presets[index]
            presets.setdefault((int(record["bank"]), int(record["program"])), tuple(zones))
    return presets


def _bags(
    owners: NDArray[np.void], bags: NDArray[np.void], generators: NDArray[np.void], index: int, last: int
) -> list[Generators]:
    """The zones of one preset or instrument; generator `last` ends each, a first one without it is global."""
    zones: list[Generators] = []
    shared: Generators = {}
    first = int(owners["bag"][index])
    for bag in range(first, int(owners["bag"][index + 1])):
        start, stop = int(bags["generator"][bag]), int(bags["generator"][bag + 1])
        own = {int(record["number"]): int(record["amount"]) for record in generators[start:stop]}
        if last in own:
            zones.append(shared | own)
        elif bag == first:
            shared = own
    return zones


def _range(generators: Generators, number: int) -> Range:
    if number not in generators:
        return _FULL_RANGE
    raw = generators[number] & 0xFFFF
    return raw & 0xFF, raw >> 8


def _zone(outer: Generators, inner: Generators, tables: Tables) -> Zone | None:
    """One playable zone, or None when its ranges are empty or its sample is not in the file."""

    def value(number: int) -> int:
        base = inner.get(number, _DEFAULTS.get(number, 0))
        return base if number in _NOT_ADDITIVE else base + outer.get(number, 0)

    def seconds(number: int) -> float:
        cents = value(number)
        return 0.0 if cents <= -12_000 else 2.0 ** (min(cents, 8_000) / 1200)

    def optional(number: int) -> int | None:
        amount = value(number)
        return amount if 0 <= amount <= 127 else None

    keys, velocities = (
        (max(a[0], b[0]), min(a[1], b[1]))
        for a, b in ((_range(outer, number), _range(inner, number)) for number in (43, 44))
    )
    header = tables.headers[inner[53] & 0xFFFF]
    start = int(header["start"]) + value(0) + 32_768 * value(4)
    end = int(header["end"]) + value(1) + 32_768 * value(12)
    rate_hz = int(header["rate"])
    is_read_only_memory = int(header["kind"]) & 0x8000
    if keys[0] > keys[1] or velocities[0] > velocities[1] or is_read_only_memory:
        return None
    is_inside = 0 <= start < end <= len(tables.samples) and end - start <= _MAX_ZONE_SAMPLES
    if not is_inside or rate_hz not in _SAMPLE_RATES_HZ:
        return None
    loop_start = int(header["loop_start"]) + value(2) + 32_768 * value(45) - start
    loop_end = int(header["loop_end"]) + value(3) + 32_768 * value(50) - start
    mode = value(54) & 3
    is_looped = mode in (1, 3) and 0 <= loop_start < loop_end <= end - start
    root_key = optional(58)
    header_key = int(header["root_key"])
    cutoff_cents = min(13_500, max(1_500, value(8) + max(0, value(11))))
    return Zone(
        keys=keys,
        velocities=velocities,
        start=start,
        end=end,
        loop=(loop_start, loop_end) if is_looped else None,
        loops_until_release=mode == 3,
        rate_hz=rate_hz,
        root_key=root_key if root_key is not None else header_key if header_key <= 127 else 60,
        tune_cents=int(header["correction"]) + value(52) + 100 * value(51),
        cents_per_key=value(56),
        fixed_key=optional(46),
        fixed_velocity=optional(47),
        attenuation_db=max(0.0, _ATTENUATION_SCALE * value(48) / 10),
        pan=min(0.5, max(-0.5, value(17) / 1000)),
        cutoff_hz=8.176 * 2 ** (cutoff_cents / 1200) if cutoff_cents < 13_500 else math.inf,
        resonance_db=min(96.0, max(0.0, value(9) / 10)),
        delay_seconds=seconds(33),
        attack_seconds=seconds(34),
        hold_seconds=seconds(35),
        decay_seconds=seconds(36),
        sustain_db=min(100.0, max(0.0, value(37) / 10)),
        release_seconds=seconds(38),
        exclusive_class=value(57),
    )
