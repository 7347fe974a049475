"""Put the sampled drum kits of a General MIDI SoundFont into the bundled one, beside its instruments.

usage: python -m scripts.kits FluidR3_GM.sf2

The kits are those of Fluid (R3) by Frank Wen and contributors, under the MIT licence (Debian: fluid-soundfont-gm).
Kept are the sounds of the kit's pieces and the usual percussion; levels are set by `GAINS_DB`.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen_daw.errors import AudioError
from musegen_daw.files import write_bytes
from musegen_daw.playback.synth.riff import Tables, read_tables
from musegen_daw.resource_paths import soundfont_dir

DRUM_BANK = 128
KITS = {0: "Studio", 8: "Room", 16: "Rock", 24: "Electronic", 25: "TR-808", 32: "Jazz", 40: "Brush"}
"""The GS numbers of the kits that are taken, with the names they get."""
KEYS = frozenset(range(27, 88))
ALIASES = {22: 42, 26: 46}
"""Keys of electronic drum kits that sound like another: hats hit at their edge."""
GAINS_DB: Mapping[str, float] = {
    "Ride1": 4, "Ride2": 4, "BellRide": 4,
    "Std Kick 7": -5, "Power Bass": -2, "Flr Studio": -3, "Low Flr Studio": -3,
    "Brush Snr": 8, "Brush": 8,
    "808 Kick": -4, "808 Snare": -2, "808 Closed": -7, "808 Open": -9, "808 Hat": -8, "808 Ride": -8, "808 Clap": -4,
    "808 Cow": -6, "808 Tom": -5, "808": -5,
}  # fmt: skip
"""By the beginning of a sample's name, the first that fits."""
COPYRIGHT = "Instruments: musegen-daw contributors. Drum kits: Fluid (R3), Copyright 2000-2008 Frank Wen. MIT licence."
_INSTRUMENT, _KEY_RANGE, _ATTENUATION, _SAMPLE = (
    41,
    43,
    48,
    53,
)  # generators: SoundFont Technical Specification 2.01, section 8.1.2
_ATTENUATION_SCALE = 0.4  # what players make of it, and SoundFonts are balanced for
_SAMPLE_MODES, _ROOT_KEY = 54, 58
_ENVELOPE_TO_CUTOFF = 11
_VELOCITY_DOWNWARDS, _CUTOFF = 0x0102, 8  # a source and a destination of modulators, section 8.2
_DULL_CENTS, _DULL_CYMBAL_CENTS = -3_600, -3_000
_CYMBALS = ("Hi-Hat", "Crsh", "Ride", "BellRide", "China", "Splash")
_ONSET_SAMPLES, _FADE_SAMPLES = 8, 441
_GUARD_SAMPLES = 46  # zeros behind every sample, section 6.1
_LINKED = 2 | 4  # kinds of sample that are one side of a stereo pair


@dataclass(slots=True)
class Writer:
    """Collects presets of several SoundFonts, each instrument and sample once."""

    presets: list[bytes] = field(default_factory=list)
    preset_bags: list[bytes] = field(default_factory=list)
    preset_generators: list[bytes] = field(default_factory=list)
    preset_modulators: list[bytes] = field(default_factory=list)
    instruments: list[bytes] = field(default_factory=list)
    instrument_bags: list[bytes] = field(default_factory=list)
    instrument_generators: list[bytes] = field(default_factory=list)
    instrument_modulators: list[bytes] = field(default_factory=list)
    headers: list[bytes] = field(default_factory=list)
    audio: list[NDArray[np.int16]] = field(default_factory=list)
    sample_count: int = 0

    def file(self, name: str) -> bytes:
        """The bytes of the SoundFont; presets are in the order in which they were added."""
        zero = struct.pack("<HHHHH", 0, 0, 0, 0, 0)
        tables = {
            b"phdr": [*self.presets, _preset_header("EOP", 0, 0, len(self.preset_bags))],
            b"pbag": [
                *self.preset_bags,
                struct.pack("<HH", len(self.preset_generators), len(self.preset_modulators)),
            ],
            b"pmod": [*self.preset_modulators, zero],
            b"pgen": [*self.preset_generators, bytes(4)],
            b"inst": [*self.instruments, struct.pack("<20sH", b"EOI", len(self.instrument_bags))],
            b"ibag": [
                *self.instrument_bags,
                struct.pack("<HH", len(self.instrument_generators), len(self.instrument_modulators)),
            ],
            b"imod": [*self.instrument_modulators, zero],
            b"igen": [*self.instrument_generators, bytes(4)],
            b"shdr": [*self.headers, struct.pack("<20s26x", b"EOS")],
        }
        info = b"".join(
            (
                _chunk(b"ifil", struct.pack("<HH", 2, 1)),
                _chunk(b"isng", b"EMU8000\0"),
                _chunk(b"INAM", name.encode() + b"\0"),
                _chunk(b"ICOP", COPYRIGHT.encode() + b"\0"),
            )
        )
        samples = _chunk(b"smpl", np.concatenate(self.audio).astype("<i2").tobytes())
        hydra = b"".join(_chunk(name, b"".join(records)) for name, records in tables.items())
        lists = ((b"INFO", info), (b"sdta", samples), (b"pdta", hydra))
        return _chunk(b"RIFF", b"sfbk" + b"".join(_chunk(b"LIST", kind + body) for kind, body in lists))


class Source:
    """The presets of one SoundFont, for a writer to take; zones without any of `keys` are left out."""

    def __init__(
        self,
        tables: Tables,
        writer: Writer,
        keys: Iterable[int] = range(128),
        gains_db: Mapping[str, float] | None = None,
        alias_keys: Mapping[int, int] | None = None,
    ) -> None:
        self._tables, self._writer = tables, writer
        self._keys = frozenset(keys)
        self._gains_db = gains_db or {}
        self._alias_keys = alias_keys or {}
        self._instruments: dict[int, int] = {}
        self._samples: dict[int, int] = {}

    def presets(self) -> Iterator[tuple[int, int, int, str]]:
        """Index, bank, program and name of each, by bank and program."""
        rows = [
            (int(row["bank"]), int(row["program"]), index, _name(row))
            for index, row in enumerate(self._tables.presets[:-1])
        ]
        for bank, program, index, name in sorted(rows):
            yield index, bank, program, name

    def take(self, index: int, name: str, bank: int, program: int) -> None:
        """Add the preset at `index` under a name and a number."""
        tables, writer = self._tables, self._writer
        zones: list[tuple[list[tuple[int, int]], bytes]] = []
        for generators, modulators in _zones(tables.presets, tables.preset_bags, tables.preset_generators,
                                             tables.preset_modulators, index):  # fmt: skip
            if self._sounds(generators):
                zones.append(([(number, self._instrument(value) if number == _INSTRUMENT else value)
                               for number, value in generators], modulators))  # fmt: skip
        writer.presets.append(_preset_header(name, program, bank, len(writer.preset_bags)))
        for generators, modulators in zones:
            writer.preset_bags.append(
                struct.pack("<HH", len(writer.preset_generators), len(writer.preset_modulators))
            )
            writer.preset_generators += [struct.pack("<HH", *each) for each in generators]
            writer.preset_modulators += _split(modulators)

    def _instrument(self, index: int) -> int:
        if index not in self._instruments:
            tables, writer = self._tables, self._writer
            zones: list[tuple[list[tuple[int, int]], list[bytes]]] = []
            for generators, modulators in _zones(
                tables.instruments, tables.instrument_bags, tables.instrument_generators,
                tables.instrument_modulators, index,
            ):  # fmt: skip
                for each in (generators, *self._aliases(generators)) if self._sounds(generators) else ():
                    zones.append((self._zone(each), [*_split(modulators), *self._softness(each)]))
            self._instruments[index] = len(writer.instruments)
            name = _name(tables.instruments[index]).encode("latin-1")
            writer.instruments.append(struct.pack("<20sH", name, len(writer.instrument_bags)))
            for generators, records in zones:
                writer.instrument_bags.append(
                    struct.pack("<HH", len(writer.instrument_generators), len(writer.instrument_modulators))
                )
                writer.instrument_generators += [struct.pack("<HH", *each) for each in generators]
                writer.instrument_modulators += records
        return self._instruments[index]

    def _aliases(self, generators: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """The same zone at each key that is to sound like its own."""
        values = dict(generators)
        low, high = _range(values)
        for alias, key in self._alias_keys.items():
            if low == high == key and _SAMPLE in values:
                root = values.get(_ROOT_KEY, int(self._tables.headers[values[_SAMPLE]]["root_key"]))
                changed = {**values, _KEY_RANGE: alias * 257, _ROOT_KEY: root + alias - key}
                yield [(_KEY_RANGE, changed.pop(_KEY_RANGE)), *changed.items()]

    def _softness(self, generators: list[tuple[int, int]]) -> list[bytes]:
        """What makes a soft stroke duller than a hard one, for drums."""
        values = dict(generators)
        if not self._alias_keys or _SAMPLE not in values:
            return []
        name = _name(self._tables.headers[values[_SAMPLE]])
        cents = _DULL_CYMBAL_CENTS if name.startswith(_CYMBALS) else _DULL_CENTS
        return [struct.pack("<HHhHH", _VELOCITY_DOWNWARDS, _CUTOFF, cents, 0, 0)]

    def _zone(self, generators: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """With the number that its sample has here, and louder or softer by its gain."""
        values = dict(generators)
        if _SAMPLE not in values:
            return generators
        name = _name(self._tables.headers[values.pop(_SAMPLE)])
        if self._alias_keys:
            values.pop(_ENVELOPE_TO_CUTOFF, None)  # in place of which velocity moves the filter
        gain_db = next((db for begin, db in self._gains_db.items() if name.startswith(begin)), 0.0)
        if gain_db:
            told = values.get(_ATTENUATION, 0) - round(10 * gain_db / _ATTENUATION_SCALE)
            values[_ATTENUATION] = max(0, told)
        is_looped = bool(values.get(_SAMPLE_MODES, 0) & 1)
        return [*values.items(), (_SAMPLE, self._sample(dict(generators)[_SAMPLE], is_looped=is_looped))]

    def _sample(self, index: int, *, is_looped: bool = False) -> int:
        if index not in self._samples:
            writer, header = self._writer, self._tables.headers[index]
            start, end = int(header["start"]), int(header["end"])
            name = _name(header)
            audio = self._tables.samples[start:end]
            if self._alias_keys and not is_looped:
                audio = _faded(audio)
            writer.audio += [audio, np.zeros(_GUARD_SAMPLES, np.int16)]
            place, moved = writer.sample_count, writer.sample_count - start
            writer.sample_count += end - start + _GUARD_SAMPLES
            self._samples[index] = len(writer.headers)
            writer.headers.append(b"")
            kind = int(header["kind"])
            link = self._sample(int(header["link"]), is_looped=is_looped) if kind & _LINKED else 0
            writer.headers[self._samples[index]] = struct.pack(
                "<20sIIIIIBbHH", name.encode("latin-1"), place, end + moved, int(header["loop_start"]) + moved,
                int(header["loop_end"]) + moved, int(header["rate"]), int(header["root_key"]),
                int(header["correction"]), link, kind,
            )  # fmt: skip
        return self._samples[index]

    def _sounds(self, generators: list[tuple[int, int]]) -> bool:
        low, high = _range(dict(generators))
        return any(low <= key <= high for key in self._keys)


def _zones(
    owners: NDArray[np.void],
    bags: NDArray[np.void],
    generators: NDArray[np.void],
    modulators: NDArray[np.void],
    index: int,
) -> Iterator[tuple[list[tuple[int, int]], bytes]]:
    """Generators (number, 16 bits) and the records of modulators of each zone of a preset or an instrument."""
    for bag in range(int(owners[index]["bag"]), int(owners[index + 1]["bag"])):
        here, after = bags[bag], bags[bag + 1]
        rows = generators[int(here["generator"]) : int(after["generator"])]
        told = modulators[int(here["modulator"]) : int(after["modulator"])]
        yield [(int(row["number"]), int(row["amount"]) & 0xFFFF) for row in rows], told.tobytes()


def _faded(audio: NDArray[np.int16]) -> NDArray[np.int16]:
    """Without a click at its start and its end."""
    faded = audio.astype(np.float64)
    faded[:_ONSET_SAMPLES] *= np.linspace(0, 1, _ONSET_SAMPLES)
    faded[-_FADE_SAMPLES:] *= np.linspace(1, 0, len(faded[-_FADE_SAMPLES:]))
    return np.rint(faded).astype(np.int16)


def _range(generators: Mapping[int, int]) -> tuple[int, int]:
    """The lowest and the highest key of a zone."""
    high, low = divmod(generators.get(_KEY_RANGE, 0x7F00), 256)
    return low, high


def _split(modulators: bytes) -> list[bytes]:
    return [modulators[at : at + 10] for at in range(0, len(modulators), 10)]


def _name(row: np.void) -> str:
    return bytes(row["name"]).split(b"\0")[0].decode("latin-1")


def _preset_header(name: str, program: int, bank: int, bag: int) -> bytes:
    return struct.pack("<20sHHHIII", name.encode("latin-1")[:19], program, bank, bag, 0, 0, 0)


def _chunk(identifier: bytes, body: bytes) -> bytes:
    return identifier + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def with_kits(instruments: Tables, kits: Tables) -> bytes:
    """A SoundFont of the melodic presets of one and the kits of another; raises AudioError where a kit is missing."""
    writer = Writer()
    melodic = Source(instruments, writer)
    for index, bank, program, name in melodic.presets():
        if bank != DRUM_BANK:
            melodic.take(index, name, bank, program)
    drums = Source(kits, writer, KEYS, GAINS_DB, ALIASES)
    found = {(bank, program): index for index, bank, program, _ in drums.presets()}
    for program, name in KITS.items():
        if (DRUM_BANK, program) not in found:
            raise AudioError(f"It has no drum kit {program}.")
        drums.take(found[DRUM_BANK, program], name, DRUM_BANK, program)
    return writer.file("Musegen")


def main(arguments: list[str] | None = None) -> int:
    """Write the bundled SoundFont anew; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.kits", description="Renew the bundled drum kits."
    )
    parser.add_argument("soundfont", type=Path, help="FluidR3_GM.sf2")
    parser.add_argument("-o", "--output", type=Path, default=soundfont_dir() / "musegen.sf2")
    args = parser.parse_args(arguments)
    try:
        bundled = read_tables(soundfont_dir() / "musegen.sf2")
        data = with_kits(bundled, read_tables(args.soundfont))
        write_bytes(args.output, data)
    except AudioError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.output}: {len(data) / 2**20:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
