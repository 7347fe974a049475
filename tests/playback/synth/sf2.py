"""Writes SoundFont 2.01 files: the RIFF structure and nothing about how a sound is made."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 44_100

# Generator numbers of the SoundFont 2.01 specification, section 8.1.
_INITIAL_FILTER_FC = 8
_PAN = 17
_ATTACK_VOL_ENV = 34
_DECAY_VOL_ENV = 36
_SUSTAIN_VOL_ENV = 37
_RELEASE_VOL_ENV = 38
_INSTRUMENT = 41
_KEY_RANGE = 43
_VEL_RANGE = 44
_SAMPLE_ID = 53
_SAMPLE_MODES = 54
_EXCLUSIVE_CLASS = 57
_GUARD_SAMPLES = 46
"""Zeros after every sample that section 6.1 asks for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording: `audio` (samples,) float in -1..1, sounding `root_key` at its own rate.

    `loop` is the half-open interval of samples that repeats; None for a sound that ends by itself.
    """

    name: str
    audio: NDArray[np.float64]
    root_key: int
    loop: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a sample sounds (inclusive ranges of key and velocity) and how it is shaped.

    `root_key` moves the sample to another key without a copy of its audio. Times are in seconds; the
    decay falls to `sustain_db` below full level. `pan` goes from -0.5 (left) to 0.5. `generators` are further ones,
    by number and amount; `modulators` are records of `imod`, as section 7.8 lists their fields.
    """

    sample: Sample
    keys: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (0, 127)
    root_key: int | None = None
    pan: float = 0.0
    attack_seconds: float | None = None
    decay_seconds: float | None = None
    sustain_db: float = 0.0
    release_seconds: float | None = None
    cutoff_hz: float | None = None
    exclusive_class: int = 0
    generators: tuple[tuple[int, int], ...] = ()
    modulators: tuple[tuple[int, int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Instrument:
    """A named set of zones."""

    name: str
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Preset:
    """What a program change selects: one instrument at a bank and program."""

    name: str
    bank: int
    program: int
    instrument: Instrument


def soundfont_bytes(name: str, copyright_line: str, presets: tuple[Preset, ...]) -> bytes:
    """A whole SoundFont file; the same presets give the same bytes.

    Source: SoundFont Technical Specification 2.01, sections 4 to 8.
    """
    ordered = sorted(presets, key=lambda preset: (preset.bank, preset.program))
    by_id = {id(preset.instrument): preset.instrument for preset in ordered}
    instruments = list(by_id)
    layout = _SampleLayout()
    inst, ibag, igen, imod = b"", b"", b"", b""
    for key in instruments:
        instrument = by_id[key]
        inst += struct.pack("<20sH", _text(instrument.name), len(ibag) // 4)
        for zone in instrument.zones:
            ibag += struct.pack("<HH", len(igen) // 4, len(imod) // 10)
            imod += b"".join(struct.pack("<HHhHH", *modulator) for modulator in zone.modulators)
            igen += _zone_generators(zone, layout.index_of(zone))
    inst += struct.pack("<20sH", _text("EOI"), len(ibag) // 4)
    ibag += struct.pack("<HH", len(igen) // 4, len(imod) // 10)
    igen += struct.pack("<HH", 0, 0)

    phdr, pbag, pgen = b"", b"", b""
    for preset in ordered:
        phdr += _preset_header(preset.name, preset.program, preset.bank, len(pbag) // 4)
        pbag += struct.pack("<HH", len(pgen) // 4, 0)
        pgen += struct.pack("<HH", _INSTRUMENT, instruments.index(id(preset.instrument)))
    phdr += _preset_header("EOP", 0, 0, len(pbag) // 4)
    pbag += struct.pack("<HH", len(pgen) // 4, 0)
    pgen += struct.pack("<HH", 0, 0)

    info = (
        _chunk(b"ifil", struct.pack("<HH", 2, 1))
        + _chunk(b"isng", _padded("EMU8000"))
        + _chunk(b"INAM", _padded(name))
        + _chunk(b"ICOP", _padded(copyright_line))
    )
    no_modulator = struct.pack("<HHhHH", 0, 0, 0, 0, 0)
    pdta = b"".join(
        _chunk(identifier, body)
        for identifier, body in (
            (b"phdr", phdr),
            (b"pbag", pbag),
            (b"pmod", no_modulator),
            (b"pgen", pgen),
            (b"inst", inst),
            (b"ibag", ibag),
            (b"imod", imod + no_modulator),
            (b"igen", igen),
            (b"shdr", layout.headers()),
        )
    )
    body = _list(b"INFO", info) + _list(b"sdta", _chunk(b"smpl", layout.audio())) + _list(b"pdta", pdta)
    return _chunk(b"RIFF", b"sfbk" + body)


class _SampleLayout:
    """Places each recording once in `smpl`; one header for every pair of recording and root key."""

    def __init__(self) -> None:
        self._starts: dict[int, int] = {}
        self._parts: list[bytes] = []
        self._end_samples = 0
        self._headers: list[bytes] = []
        self._indices: dict[tuple[int, int], int] = {}

    def index_of(self, zone: Zone) -> int:
        root_key = zone.sample.root_key if zone.root_key is None else zone.root_key
        key = (id(zone.sample), root_key)
        if key not in self._indices:
            self._indices[key] = len(self._headers)
            self._headers.append(self._header(zone.sample, root_key, self._place(zone.sample)))
        return self._indices[key]

    def _place(self, sample: Sample) -> int:
        if id(sample) not in self._starts:
            audio = np.clip(np.rint(sample.audio * 32767), -32768, 32767).astype("<i2")
            self._starts[id(sample)] = self._end_samples
            self._parts += [audio.tobytes(), b"\0\0" * _GUARD_SAMPLES]
            self._end_samples += len(audio) + _GUARD_SAMPLES
        return self._starts[id(sample)]

    @staticmethod
    def _header(sample: Sample, root_key: int, start: int) -> bytes:
        end = start + len(sample.audio)
        loop_start, loop_end = (0, len(sample.audio)) if sample.loop is None else sample.loop
        mono = 1
        return struct.pack(
            "<20sIIIIIBbHH",
            _text(sample.name), start, end, start + loop_start, start + loop_end,
            SAMPLE_RATE_HZ, root_key, 0, 0, mono,
        )  # fmt: skip

    def headers(self) -> bytes:
        terminal = struct.pack("<20sIIIIIBbHH", _text("EOS"), 0, 0, 0, 0, 0, 0, 0, 0, 0)
        return b"".join(self._headers) + terminal

    def audio(self) -> bytes:
        return b"".join(self._parts)


def _zone_generators(zone: Zone, sample_index: int) -> bytes:
    """Key range first, then velocity range, the sample last, as section 8.1.2 demands."""
    generators = struct.pack("<HBB", _KEY_RANGE, *zone.keys) + struct.pack(
        "<HBB", _VEL_RANGE, *zone.velocities
    )

    def add(number: int, amount: int) -> None:
        nonlocal generators
        generators += struct.pack("<Hh", number, amount)

    if zone.cutoff_hz is not None:
        add(_INITIAL_FILTER_FC, round(1200 * math.log2(zone.cutoff_hz / 8.176)))
    if zone.pan:
        add(_PAN, round(1000 * zone.pan))
    for number, seconds in (
        (_ATTACK_VOL_ENV, zone.attack_seconds),
        (_DECAY_VOL_ENV, zone.decay_seconds),
        (_RELEASE_VOL_ENV, zone.release_seconds),
    ):
        if seconds is not None:
            add(number, round(1200 * math.log2(seconds)))
    if zone.sustain_db:
        add(_SUSTAIN_VOL_ENV, round(10 * zone.sustain_db))
    if zone.sample.loop is not None and _SAMPLE_MODES not in dict(zone.generators):
        add(_SAMPLE_MODES, 1)
    for number, amount in zone.generators:
        add(number, amount)
    if zone.exclusive_class:
        add(_EXCLUSIVE_CLASS, zone.exclusive_class)
    add(_SAMPLE_ID, sample_index)
    return generators


def _preset_header(name: str, program: int, bank: int, bag_index: int) -> bytes:
    return struct.pack("<20sHHHIII", _text(name), program, bank, bag_index, 0, 0, 0)


def _text(text: str) -> bytes:
    return text.encode("ascii")[:19]


def _padded(text: str) -> bytes:
    raw = text.encode("ascii") + b"\0"
    return raw + b"\0" * (len(raw) % 2)


def _chunk(identifier: bytes, body: bytes) -> bytes:
    return identifier + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _list(kind: bytes, body: bytes) -> bytes:
    return _chunk(b"LIST", kind + body)
