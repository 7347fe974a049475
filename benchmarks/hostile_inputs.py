"""Small files that make a careless reader take minutes or gigabytes."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

_END = b"\x00\xff\x2f\x00"
_FLOOD_BYTES = 60 * 10**6
_NOTES = b"".join(bytes((0, 0x90, pitch, 90, 0x83, 0x60, 0x80, pitch, 64)) for pitch in (60, 64, 67, 72))


def number(value: int) -> bytes:
    out = bytes((value & 0x7F,))
    while value := value >> 7:
        out = bytes((value & 0x7F | 0x80,)) + out
    return out


def midi(tracks: Sequence[bytes], ppq: int = 480) -> bytes:
    """A type 1 file of these track bodies, to each of which an End of Track is added."""
    head = b"MThd" + struct.pack(">IHHH", 6, 1, min(len(tracks), 0xFFFF), ppq)
    return head + b"".join(
        b"MTrk" + struct.pack(">I", len(body) + len(_END)) + body + _END for body in tracks
    )


def stray_note(quarter: int = 49_990) -> bytes:
    """One bar of music, and one note far behind it."""
    return midi([_NOTES + number(quarter * 480 - 4 * 480) + b"\x90\x3c\x5a\x60\x80\x3c\x40"])


def late_note(quarter: int = 49_990) -> bytes:
    """A single note far out, with silence before it."""
    return midi([number(quarter * 480) + b"\x90\x3c\x5a\x60\x80\x3c\x40"])


def held_note(quarters: int = 49_990) -> bytes:
    return midi([b"\x00\x90\x3c\x5a" + number(quarters * 480) + b"\x80\x3c\x40"])


def tiny_bars(quarters: int = 37_500) -> bytes:
    """A note held over 64 bars of 1/256 for each quarter note."""
    meter = b"\x00\xff\x58\x04\x01\x08\x18\x08"
    return midi([meter + b"\x00\x90\x3c\x5a" + number(quarters * 64) + b"\x80\x3c\x40"], ppq=64)


def many_tracks(count: int, channel: int) -> bytes:
    return midi([bytes((0, 0x90 | channel, 38, 90, 96, 0x80 | channel, 38, 64))] * count)


def flood(first: bytes, again: bytes, size: int = _FLOOD_BYTES) -> bytes:
    """A bar of music on a track of `size` bytes in which one event is told over and over."""
    return midi([_NOTES + first + again * ((size - len(first)) // len(again))])


def soundfont(
    presets: int,
    preset_zones: int,
    instrument_zones: int,
    *,
    keys: tuple[int, int] = (0, 127),
    shared: int = 0,
) -> bytes:
    """Presets of so many zones, each of which plays the one instrument of so many zones of one short sample.

    The global zone of the instrument, if it has one, has so many `shared` generators, each of another number.
    """

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)

    def listed(kind: bytes, *chunks: bytes) -> bytes:
        return chunk(b"LIST", kind + b"".join(chunks))

    def generator(of: int, amount: int) -> bytes:
        return struct.pack("<HH", of, amount)

    zones = presets * preset_zones
    key_range = generator(43, keys[0] | keys[1] << 8)
    phdr = b"".join(
        struct.pack("<20sHHHIII", b"p", index & 127, index >> 7, index * preset_zones, 0, 0, 0)
        for index in range(presets + 1)
    )
    pbag = b"".join(struct.pack("<HH", index, 0) for index in range(zones + 1))
    own = range(shared, shared + 2 * instrument_zones + 1, 2)
    ibag = b"".join(struct.pack("<HH", first, 0) for first in ([0] if shared else []) + [*own])
    igen = b"".join(generator(61 + number, 0) for number in range(shared))
    igen += (key_range + generator(53, 0)) * instrument_zones
    shdr = struct.pack("<20sIIIIIBbHH", b"s", 0, 64, 8, 56, 44_100, 60, 0, 0, 1)
    body = b"sfbk" + b"".join(
        (
            listed(b"INFO", chunk(b"ifil", struct.pack("<HH", 2, 1))),
            listed(b"sdta", chunk(b"smpl", bytes(256))),
            listed(
                b"pdta",
                chunk(b"phdr", phdr),
                chunk(b"pbag", pbag),
                chunk(b"pmod", bytes(10)),
                chunk(b"pgen", generator(41, 0) * zones + bytes(4)),
                chunk(b"inst", struct.pack("<20sH20sH", b"i", 0, b"", instrument_zones + (shared > 0))),
                chunk(b"ibag", ibag),
                chunk(b"imod", bytes(10)),
                chunk(b"igen", igen + bytes(4)),
                chunk(b"shdr", shdr + bytes(46)),
            ),
        )
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav(claimed_bytes: int, body: bytes, *, channels: int = 1, before: bytes = b"") -> bytes:
    """A WAV of 16 bits whose data chunk says that it has `claimed_bytes`, with chunks `before` it."""
    shape = struct.pack(
        "<4sIHHIIHH",
        b"fmt ",
        16,
        1,
        channels,
        44_100,
        88_200 * channels & 0xFFFF_FFFF,
        2 * channels & 0xFFFF,
        16,
    )
    rest = shape + before + b"data" + struct.pack("<I", claimed_bytes) + body
    return b"RIFF" + struct.pack("<I", (4 + len(rest)) & 0xFFFF_FFFF) + b"WAVE" + rest


def npy(shape: str, descr: str = "'<f4'", count: int = 16) -> bytes:
    """A .npy file of `count` numbers whose header says that it has this shape."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    header = header[:65_535]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<f", -3.0) * count


def mutants(count: int, seed: int) -> list[bytes]:
    """A sound .npy file of a mel with up to four bytes of its header changed, cut out or put in."""
    drawn = random.Random(seed)
    file = io.BytesIO()
    np.save(file, np.full((96, 4), -3.0, np.float32))
    whole = file.getvalue()
    made: list[bytes] = []
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            at = drawn.randrange(128)
            kind = drawn.randrange(3)
            if kind == 0:
                data[at] = drawn.randrange(256)
            elif kind == 1:
                del data[at]
            else:
                data.insert(at, drawn.choice(b"([{}])'\",:0123456789-<>|fOVSU\\\0 "))
        made.append(bytes(data))
    return made


def tempo_flood() -> bytes:
    return flood(b"", b"\x01\xff\x51\x03\x07\xa1\x20")


SOUND = "a bar of music", "a SoundFont of one zone", "a drum map", "a WAV", "a .npy"
"""The inputs that are as they should be: what they cost is what reading costs at all."""
INPUTS: Mapping[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "a bar of music": (".mid", lambda: midi([_NOTES]), ("midi", "drums", "generate", "bounce")),
    "a SoundFont of one zone": (".sf2", lambda: soundfont(1, 1, 1), ("soundfont",)),
    "a drum map": (".toml", lambda: b"[pitches]\nsnare = 38\n", ("drum map", "controls", "config")),
    "a WAV": (".wav", lambda: wav(88_200, bytes(88_200)), ("audio",)),
    "a .npy": (".npy", lambda: npy("(96, 4)", count=384), ("mel",)),
    "a stray note at quarter 49,990": (".mid", stray_note, ("midi", "generate", "bounce")),
    "one note at quarter 49,990": (".mid", late_note, ("midi", "generate", "bounce")),
    "one note of 49,990 quarters": (".mid", held_note, ("midi", "generate", "bounce")),
    "2.4 million bars of 1/256": (".mid", tiny_bars, ("midi", "generate", "bounce")),
    "20,000 drum tracks": (".mid", lambda: many_tracks(20_000, 9), ("midi", "drums", "bounce")),
    "65,535 tracks": (".mid", lambda: many_tracks(65_535, 0), ("midi", "generate", "bounce")),
    "60 MB of controllers": (".mid", lambda: flood(b"\x00\xb0\x07\x40", b"\x00\x07\x41"), ("midi", "bounce")),
    "60 MB of pressure": (".mid", lambda: flood(b"\x00\xd0\x40", b"\x00\x41"), ("midi", "bounce")),
    "60 MB of tempi": (".mid", tempo_flood, ("midi", "bounce")),
    "60 MB of meters": (
        ".mid",
        lambda: flood(b"", b"\x01\xff\x58\x04\x01\x02\x18\x08"),
        ("midi", "bounce"),
    ),
    "60 MB of markers": (".mid", lambda: flood(b"", b"\x01\xff\x06\x01a"), ("midi",)),
    "490,000 controllers": (
        ".mid",
        lambda: flood(b"\x00\xb0\x07\x40", b"\x00\x07\x41", 3 * 490_000),
        ("midi",),
    ),
    "99,000 tempi": (".mid", lambda: flood(b"", b"\x01\xff\x51\x03\x07\xa1\x20", 7 * 99_000), ("midi",)),
    "99,000 meters": (
        ".mid",
        lambda: flood(b"", b"\x01\xff\x58\x04\x01\x02\x18\x08", 8 * 99_000),
        ("midi",),
    ),
    "99,000 markers": (".mid", lambda: flood(b"", b"\x01\xff\x06\x01a", 6 * 99_000), ("midi", "generate")),
    "16,000 tracks": (".mid", lambda: many_tracks(16_000, 0), ("midi", "drums")),
    "49,990 bars of 1/4": (".mid", lambda: held_note(49_990 * 4), ("midi",)),
    "60 MB of tracks without events": (".mid", lambda: midi([b""]) + b"MTrk\0\0\0\0" * 7_000_000, ("midi",)),
    "a SoundFont of 2,000 x 2,000 zones": (".sf2", lambda: soundfont(1, 2_000, 2_000), ("soundfont",)),
    "a SoundFont of 2,000 x 2,000 empty zones": (
        ".sf2",
        lambda: soundfont(1, 2_000, 2_000, keys=(9, 1)),
        ("soundfont",),
    ),
    "a SoundFont of 200 presets of 5 x 199 zones": (
        ".sf2",
        lambda: soundfont(200, 5, 199),
        ("soundfont",),
    ),
    "a SoundFont of 128 x 256 zones": (".sf2", lambda: soundfont(1, 128, 256), ("soundfont",)),
    "a SoundFont of 20,000 zones with 25,000 shared generators": (
        ".sf2",
        lambda: soundfont(1, 1, 20_000, shared=25_000),
        ("soundfont",),
    ),
    "a SoundFont of 60 MB of empty chunks": (
        ".sf2",
        lambda: b"RIFF\0\0\0\0sfbk" + b"junk\0\0\0\0" * 7_500_000,
        ("soundfont",),
    ),
    "a drum map of 64 kB of pitches": (
        ".toml",
        lambda: b"[pitches]\n" + b"".join(b"a%d = 1\n" % line for line in range(6_000)),
        ("drum map", "controls", "config"),
    ),
    "a drum map of 64 kB of tables": (
        ".toml",
        lambda: b"".join(b"[a%d.b.c.d.e.f.g.h]\n" % line for line in range(2_900)),
        ("drum map", "controls", "config"),
    ),
    "a drum map of 500 kB of dotted keys": (
        ".toml",
        lambda: b"a" + b".a" * 250_000 + b" = 1\n",
        ("drum map", "controls", "config"),
    ),
    "a drum map of dotted keys, a line each": (
        ".toml",
        lambda: b"".join(b"a" + b".a" * 100 + b".b%d = 1\n" % line for line in range(2_400)),
        ("drum map", "controls", "config"),
    ),
    "a drum map of [[[[": (".toml", lambda: b"a = " + b"[" * 60_000, ("drum map", "controls", "config")),
    "a WAV that claims a gigabyte": (".wav", lambda: wav(2**30, bytes(1_000)), ("audio",)),
    "a WAV of 65,535 channels": (".wav", lambda: wav(2**30, bytes(1_000), channels=65_535), ("audio",)),
    "a WAV of 60 MB of empty chunks": (
        ".wav",
        lambda: wav(0, bytes(64), before=b"junk\0\0\0\0" * 7_500_000),
        ("audio",),
    ),
    "a .npy that claims a terabyte": (".npy", lambda: npy("(96, 3000000000)"), ("mel",)),
    "a .npy of 480 MB of silence": (".npy", lambda: npy("(96, 1250000)", count=96 * 1_250_000), ("mel",)),
    "a .npy whose header is 60 kB of brackets": (
        ".npy",
        lambda: npy("(" * 30_000 + ")" * 30_000, count=0),
        ("mel",),
    ),
    "8 MB of [ as JSON": (".json", lambda: b"[" * (8 << 20), ("plan", "session", "window", "model")),
    "8 MB of digits as JSON": (".json", lambda: b"9" * (8 << 20), ("plan", "session", "window", "model")),
    "a plan of 300,000 bars": (".json", lambda: b"[" + b"{}," * 300_000 + b"{}]", ("plan",)),
    "a session of 100,000 clips": (
        ".json",
        lambda: b'{"musegen": 2, "current": null, "clips": [' + b"{}," * 100_000 + b"{}]}",
        ("session",),
    ),
    "a model of 100,000 graphs": (
        ".json",
        lambda: (
            b'{"format": 1, "kind": "drums", "name": "a", "facts": {}, "versions": {}, "graphs": {'
            + b",".join(b'"%d": {}' % number for number in range(100_000))
            + b"}}"
        ),
        ("model",),
    ),
    "a .npy with a huge dimension": (".npy", lambda: npy("(96, " + "9" * 80 + ")"), ("mel",)),
    "6,000 mutants of a .npy": (".npys", lambda: b"".join(_framed(mutants(6_000, 0))), ("mutants",)),
}
"""By name: the suffix, what makes the bytes, and what is done with the file (see `benchmarks.hostile_worker`)."""


def _framed(files: Sequence[bytes]) -> list[bytes]:
    return [struct.pack("<I", len(data)) + data for data in files]


def unframed(data: bytes) -> list[bytes]:
    """The files that were put behind one another, each after its length."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        size = struct.unpack_from("<I", data, at)[0]
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def path_of(folder: Path, index: int, suffix: str) -> Path:
    """Where the input of this number lies in `folder`."""
    return folder / f"{index:02d}{suffix}"


def make(folder: Path) -> None:
    for index, (suffix, maker, _) in enumerate(INPUTS.values()):
        path_of(folder, index, suffix).write_bytes(maker())
