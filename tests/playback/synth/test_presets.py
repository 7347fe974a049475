"""Banks, kits, loops and leftovers of a SoundFont are taken as players take them."""

import struct

import numpy as np
import pytest

from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from tests.playback.synth.sf2 import SAMPLE_RATE_HZ, Instrument, Preset, Sample, Zone, soundfont_bytes
from tests.playback.synth.sounds import TONE_HZ, font, held, hz, note, rms, song, tone

_SAMPLE_HEADER = struct.Struct("<20sIIIIIBbHH")


@pytest.fixture
def banks(tmp_path):
    def zone(semitones):
        return (Zone(held(), root_key=69 - semitones),)

    presets = [(0, 0, zone(0)), (0, 5, zone(1)), (8, 5, zone(2)), (3, 5, zone(3))]
    kits = [(128, 0, zone(4)), (128, 25, zone(5))]
    return font(tmp_path, *presets, *kits)


@pytest.mark.parametrize(
    ("bank", "program", "is_drum", "semitones"),
    [
        (0, 5, False, 1),
        (8 * 128, 5, False, 2),
        (8 * 128 + 1, 5, False, 2),
        (3, 5, False, 3),
        (121 * 128 + 3, 5, False, 3),
        (9 * 128, 5, False, 1),
        (1 * 128, 5, False, 1),
        (8 * 128, 7, False, 0),
        (0, 25, True, 5),
        (120 * 128, 25, True, 5),
        (0, 24, True, 4),
        (127 * 128, 0, True, 4),
    ],
)
def test_a_bank_and_a_kit_are_the_nearest_that_there_is(banks, bank, program, is_drum, semitones):
    audio = render(song([note(0, 1)], program=program, bank=bank, is_drum=is_drum), banks)
    assert hz(audio, 0.1, 0.9) == pytest.approx(TONE_HZ * 2 ** (semitones / 12), rel=1e-3)


def tampered(tmp_path, data):
    path = tmp_path / "tampered.sf2"
    path.write_bytes(data)
    return open_soundfont(path)


def with_loop(start, end, **zone):
    """A SoundFont of one tone whose loop is said to be from `start` to `end`."""
    zones = (Zone(held(), **zone),)
    data = bytearray(soundfont_bytes("test", "none", (Preset("p", 0, 0, Instrument("i", zones)),)))
    place = data.index(b"shdr") + 8
    fields = list(_SAMPLE_HEADER.unpack_from(data, place))
    fields[3], fields[4] = start, end
    _SAMPLE_HEADER.pack_into(data, place, *fields)
    return bytes(data)


@pytest.mark.parametrize("is_left", [False, True])
def test_a_loop_past_the_sample_ends_with_it_and_sustains(tmp_path, is_left):
    # 4410 samples are 44.1 cycles of 441 Hz; from 4310 to the end is one of them.
    modes = ((54, 3),) if is_left else ()
    font = tampered(tmp_path, with_loop(4_310, 4_430, generators=modes))
    assert font.presets[0, 0][0].loop == (4_310, 4_410)
    audio = render(song([note(0, 3)]), font)
    assert rms(audio, 2.5, 2.9) == pytest.approx(rms(audio, 0.02, 0.08), rel=0.01)
    steepest = np.max(np.abs(np.diff(tone(), 2))) * np.max(np.abs(audio)) / 0.5
    assert np.max(np.abs(np.diff(audio[: 2 * SAMPLE_RATE_HZ, 0], 2))) < 1.5 * steepest


def test_a_loop_that_is_left_at_the_release_is_followed_by_the_rest(tmp_path):
    rest = np.concatenate([tone(0.1), tone(0.5, 882.0)])
    sample = Sample("left", rest, 69, loop=(2_000, 2_200))
    zone = Zone(sample, release_seconds=4.0, generators=((54, 3),))
    audio = render(song([note(0, 1), note(2, 0.1)]), font(tmp_path, (0, 0, (zone,))))
    assert hz(audio, 0.5, 0.99) == pytest.approx(TONE_HZ, rel=1e-3)
    assert hz(audio, 1.1, 1.4) == pytest.approx(882.0, rel=1e-3)
    assert rms(audio, 1.7, 1.95) == 0


def test_what_follows_the_lists_and_the_records_is_passed_over(tmp_path):
    data = soundfont_bytes("test", "none", (Preset("p", 0, 0, Instrument("i", (Zone(held()),))),))
    sound = render(song([note(0, 1)]), tampered(tmp_path, data))
    for rubbish in (b"\0", b"LIST\xff\xff\xff\xff", bytes(range(99))):
        assert np.array_equal(render(song([note(0, 1)]), tampered(tmp_path, data + rubbish)), sound)
    place = data.index(b"shdr") + 4
    (size,) = struct.unpack_from("<I", data, place)
    longer = data[:place] + struct.pack("<I", size + 6) + data[place + 4 :] + b"\1" * 6
    at = longer.index(b"pdta") - 4
    (pdta,) = struct.unpack_from("<I", longer, at)
    longer = longer[:at] + struct.pack("<I", pdta + 6) + longer[at + 4 :]
    assert np.array_equal(render(song([note(0, 1)]), tampered(tmp_path, longer)), sound)
