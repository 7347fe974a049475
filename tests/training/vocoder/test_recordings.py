"""Audio of any container comes out as mono at the rate asked for, or with the reason why not."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.training.vocoder.audio_corpus import packed, tone
from training.vocoder.recordings import (
    Recording,
    StoredAudio,
    Unusable,
    load_mono,
    read_mono,
    with_splits,
)


@dataclass(frozen=True)
class Nowhere:
    identity: str = "nowhere"

    def mono(self, sample_rate_hz: int) -> np.ndarray:
        raise Unusable("nowhere")


def _recordings(groups: list[str], split: str = "") -> list[Recording]:
    return [Recording(f"{at}", group, Nowhere(), "test", split) for at, group in enumerate(groups)]


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", None)]
)
@pytest.mark.parametrize("rate", [12_000, 22_050, 48_000])
def test_a_tone_stays_the_tone_at_another_rate(kind, subtype, rate) -> None:
    file = io.BytesIO()
    soundfile.write(file, tone(1.5, 500.0, rate), rate, format=kind, subtype=subtype)
    file.seek(0)
    audio = read_mono(file, 12_000)
    assert abs(len(audio) - 18_000) < 1000  # MP3 adds its delay
    spectrum = np.abs(np.fft.rfft(audio[2000:14_000]))
    assert int(np.argmax(spectrum)) == 500
    assert 20 * np.log10(spectrum[500] / 6000 / 0.4) == pytest.approx(0, abs=0.5)


def test_channels_are_averaged() -> None:
    both = np.stack([tone(1, rate=12_000), np.zeros(12_000, np.float32)], axis=1)
    audio = read_mono(io.BytesIO(packed(both, "WAV", 12_000)), 12_000)
    assert np.abs(audio - both[:, 0] / 2).max() < 1e-4


def test_what_comes_after_the_longest_is_left_out() -> None:
    audio = read_mono(io.BytesIO(packed(tone(3), "WAV")), 12_000, max_seconds=1.25)
    assert len(audio) == 15_000


@pytest.mark.parametrize(
    "data", [b"", b"no audio at all", packed(tone(1))[:300], b"RIFF\xff\xff\xff\xffWAVE"]
)
def test_what_is_no_audio_is_unreadable(data) -> None:
    with pytest.raises(Unusable, match="unreadable"):
        read_mono(io.BytesIO(data), 12_000)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_never_ends_in_another_error(noise, at) -> None:
    data = packed(tone(0.1), "FLAC")
    try:
        audio = read_mono(io.BytesIO(data[:at] + noise + data[at + len(noise) :]), 12_000)
    except Unusable:
        return
    assert np.isfinite(audio).all()


def test_a_file_without_samples_and_one_with_impossible_ones_are_told_apart() -> None:
    with pytest.raises(Unusable, match="no samples"):
        read_mono(io.BytesIO(packed(np.zeros(0), "WAV")), 12_000)
    file = io.BytesIO()
    soundfile.write(file, np.array([0.0, np.nan, 0.5]), 12_000, format="WAV", subtype="FLOAT")
    file.seek(0)
    with pytest.raises(Unusable, match="not finite"):
        read_mono(file, 12_000)


def test_audio_within_a_larger_file_is_read_from_there(tmp_path) -> None:
    data = packed(tone(1), "FLAC")
    path = tmp_path / "large"
    path.write_bytes(b"x" * 1000 + data + b"y" * 50)
    audio = StoredAudio(path, 1000, len(data)).mono(22_050)
    assert np.abs(audio - tone(1)).max() < 1e-4
    with pytest.raises(Unusable, match="truncated"):
        StoredAudio(path, 1000, len(data) + 51).mono(22_050)
    with pytest.raises(Unusable, match="too large"):
        StoredAudio(path, 0, 1 << 40).mono(22_050)
    with pytest.raises(Unusable, match="unreadable"):
        StoredAudio(tmp_path / "missing", 0, 1).mono(22_050)


def test_loading_names_the_file_that_is_none(tmp_path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("text", encoding="utf-8")
    with pytest.raises(ValueError, match=r"text\.wav gives no audio: unreadable"):
        load_mono(path, 12_000)


@given(st.lists(st.sampled_from([f"artist {n}" for n in range(40)]), min_size=2, max_size=200))
def test_whole_groups_are_held_out_and_not_too_many(groups) -> None:
    splits = with_splits(_recordings(groups))
    assert set(splits) == set(groups)
    held_out = sum(splits[group] == "validation" for group in groups)
    smallest = min(groups.count(group) for group in splits)
    if len(splits) > 1:
        assert 1 <= held_out <= max(0.08 * len(groups), smallest)
    else:
        assert held_out == 0
    assert with_splits(_recordings(groups[::-1])) == splits


def test_about_the_share_is_held_out_of_many() -> None:
    groups = [f"artist {n // 3}" for n in range(600)]
    splits = with_splits(_recordings(groups))
    assert 0.07 <= np.mean([splits[group] == "validation" for group in groups]) <= 0.08
    assert with_splits(_recordings(groups, split="train")) == {}
