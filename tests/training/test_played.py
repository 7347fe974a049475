"""Hands, halves of bars, velocities and timing: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from musegen_daw.drums.events import HIT
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.kit import PIECES
from training.drums.played import PlayedNotes, loudness, of_clip, of_hits, offsets_ms, playability, touch

PIECE = {piece.name: index for index, piece in enumerate(PIECES)}


def _performance(*notes: tuple[float, int, int], bpm: float = 120.0) -> PlayedNotes:
    beats, pitch, velocity = (np.array(column) for column in zip(*sorted(notes), strict=True))
    return PlayedNotes(beats.astype(float), pitch, velocity.astype(float), bpm)


def test_three_hands_and_a_foot_twice_cannot_be_played() -> None:
    """15 ms are .03 of a beat at 120 beats a minute."""
    fine = [(0.0, 36, 90), (0.0, 42, 90), (0.02, 38, 90), (0.0, 44, 90)]
    hands = [(1.0, 42, 90), (1.01, 38, 90), (1.015, 49, 90)]
    feet = [(2.0, 36, 90), (2.01, 35, 90)]
    apart = [(3.0, 42, 90), (3.0, 38, 90), (3.04, 49, 90)]
    found = playability([_performance(*fine, *hands, *feet, *apart)])
    assert found["unplayable"] == pytest.approx(2 / 5)
    assert found["three hands"] == pytest.approx(1 / 5)
    slower = playability([_performance(*hands, bpm=30.0)])
    assert slower["unplayable"] == 0  # 15 ms are less than a hundredth of a beat
    assert slower["three hands"] == 1


def test_halves_of_bars() -> None:
    hats = [(beat + 0.5, 42, 90) for beat in range(8)] * 3
    early = [(4 * bar + eighth, 38, 90) for bar in range(10) for eighth in (0, 1, 1.9, 3)]
    found = playability([_performance(*hats), _performance(*early)])
    assert found["off-beat eighths"] == 0.5
    assert found["voices"]["closed hat"] == 0.5
    assert found["voices"]["snare"] == pytest.approx(0.5)  # 1.9 beats is nearer to the third beat
    assert set(found["voices"]) == {"closed hat", "snare"}


def test_velocities_and_accents() -> None:
    hats = [(beat + part / 4, 42, 100 - 10 * part) for beat in range(10) for part in range(4)]
    snares = [(beat, 38, velocity) for beat, velocity in enumerate([126, 127, 60, 60] * 5)]
    found = touch([_performance(*hats, *snares)])
    assert found["hats by sixteenth of the beat"] == [100, 90, 80, 70]
    assert found["voices"]["closed hat"]["velocity"] == 85
    assert found["voices"]["snare"]["loudest"] == 0.5
    assert found["voices"]["snare"]["spread"] == pytest.approx(np.std([126, 127, 60, 60]))
    assert found["loudest"] == pytest.approx(10 / 60)
    assert loudness([_performance(*hats, *snares)]) == {
        "kick": 0,
        "snare": pytest.approx(93.25),
        "closed hat": 85,
    }


def test_time_is_measured_from_sixteenths_or_from_triplets() -> None:
    straight = _performance((0.01, 42, 90), (0.25, 42, 90), (0.49, 42, 90))
    assert offsets_ms(straight) == pytest.approx([5, 0, -5])
    swung = _performance((0.0, 42, 90), (2 / 3 + 0.01, 42, 90), (1.0, 42, 90))
    assert offsets_ms(swung) == pytest.approx([0, 5, 0], abs=1e-9)
    flam = _performance((0.0, 38, 90), (0.125, 38, 90), (1.01, 38, 90))
    assert np.isnan(offsets_ms(flam)).tolist() == [False, True, False]
    assert touch([flam])["time spread"] == pytest.approx(2.5)
    early = _performance((-0.01 + 1, 42, 90), (1 + 1 / 3, 42, 90), (1 + 2 / 3, 42, 90))
    assert offsets_ms(early) == pytest.approx([-5, 0, 0], abs=1e-9)


def test_clips_and_hits_are_read_alike() -> None:
    notes = (Note(36, 95, 0, 60), Note(42, 47, 240, 60), Note(54, 12, 1920, 60))
    clip = of_clip(Clip(notes, 3840, 480, is_drum=True), 100.0)
    rows = [(0, 6, PIECE["kick"], 11), (0, 30, PIECE["closed hat"], 5), (1, 6, PIECE["tambourine"], 1)]
    hits = of_hits(np.array(rows, HIT), 100.0)
    assert clip.beats.tolist() == hits.beats.tolist() == [0, 0.5, 4]
    assert clip.pitch.tolist() == hits.pitch.tolist() == [36, 42, 54]
    assert clip.voice.tolist() == [0, 2, -1]
    assert hits.velocity == pytest.approx([91.5, 43.5, 11.5])
    empty = of_clip(Clip((), 1920, 480), 100.0)
    assert touch([empty])["time spread"] == 0
    assert playability([empty])["unplayable"] == 0
