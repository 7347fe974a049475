"""WAV without a length, and FLAC in Ogg."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from musegen_daw.audio import file as audio_file
from musegen_daw.audio.file import open_audio
from musegen_daw.errors import AudioError
from tests.ogg_flac import wrapped

FRAMES = 5_000
UNKNOWN = 0xFFFFFFFF
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (FRAMES, 2))


def wav(channels=1, subtype="PCM_16", form="WAV"):
    held = io.BytesIO()
    soundfile.write(held, NOISE[:, :channels], 44_100, format=form, subtype=subtype)
    return bytearray(held.getvalue())


def with_size(data, size, riff=None):
    at = data.index(b"data") + 4
    changed = bytearray(data)
    changed[at : at + 4] = struct.pack("<I", size)
    if riff is not None:
        changed[4:8] = struct.pack("<I", riff)
    return changed


def read(path):
    reader = open_audio(path)
    frames = reader.frames
    audio = np.concatenate([*reader.blocks()])
    assert len(audio) == frames
    return audio


@pytest.mark.parametrize("riff", [None, 0, UNKNOWN])
@pytest.mark.parametrize("size", [0, UNKNOWN, 0x7FFFFFFF, 100_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_without_a_length_is_read_to_its_end(tmp_path, channels, subtype, size, riff):
    whole, broken = tmp_path / "whole.wav", tmp_path / "broken.wav"
    whole.write_bytes(wav(channels, subtype))
    broken.write_bytes(with_size(wav(channels, subtype), size, riff))
    assert np.array_equal(read(broken), read(whole))


def test_reads_at_any_offset_agree(tmp_path, monkeypatch):
    monkeypatch.setattr(audio_file, "BLOCK_SAMPLES", 7)
    (tmp_path / "whole.wav").write_bytes(wav())
    (tmp_path / "broken.wav").write_bytes(with_size(wav(), 0))
    assert np.array_equal(read(tmp_path / "broken.wav"), read(tmp_path / "whole.wav"))


def test_a_truncated_rf64_is_read_to_its_end(tmp_path):
    data = wav(form="RF64")
    at = data.index(b"ds64") + 8
    data[at : at + 24] = bytes(24)
    (tmp_path / "broken.wav").write_bytes(data)
    assert len(read(tmp_path / "broken.wav")) == FRAMES


@pytest.mark.parametrize(
    "rest", [b"", b"LIST\4\0\0\0INFO", b"LIST\5\0\0\0INFOx", b"cue \4\0\0\0\0\0\0\0fact\4\0\0\0\0\0\0\0"]
)
def test_a_wav_without_audio_stays_empty(tmp_path, rest):
    data = wav()
    empty = data[: data.index(b"data")] + b"data\0\0\0\0" + rest
    (tmp_path / "empty.wav").write_bytes(empty)
    assert len(read(tmp_path / "empty.wav")) == 0


@pytest.mark.parametrize("cut", [0, 11, 12, 15, 30, 43])
def test_a_wav_cut_in_its_header_is_rejected_or_empty(tmp_path, cut):
    (tmp_path / "cut.wav").write_bytes(with_size(wav(), 0)[:cut])
    assert outcome(tmp_path / "cut.wav") in (0, "cut.wav")


def outcome(path):
    """How many frames are read of a file, or its name where an error names it."""
    try:
        return sum(len(block) for block in open_audio(path).blocks())
    except AudioError as error:
        return path.name if path.name in str(error) else str(error)


def flac(channels):
    held = io.BytesIO()
    soundfile.write(held, NOISE[:, :channels], 44_100, format="FLAC", subtype="PCM_16")
    return held.getvalue()


@pytest.mark.parametrize("name", ["a.oga", "a.ogg", "a.flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_flac_in_ogg_is_read(tmp_path, name, channels):
    bare, path = tmp_path / "bare.flac", tmp_path / name
    bare.write_bytes(flac(channels))
    path.write_bytes(wrapped(flac(channels)))
    assert np.array_equal(read(path), read(bare))
    assert len(read(path)) == FRAMES


def test_truncated_flac_in_ogg_is_read_as_far_as_possible_or_rejected(tmp_path):
    whole = wrapped(flac(1))
    path = tmp_path / "cut.oga"
    for length in (30, 80, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        frames = outcome(path)
        assert frames == "cut.oga" or frames <= FRAMES
