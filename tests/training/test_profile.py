"""The profile of a drummer: the same as a slow reckoning note by note, and by hand where a hand suffices."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from musegen_daw.music.clip import Song
from musegen_daw.music.kit import VOICES
from tests.training.drum_songs import composed, song_bytes
from training.drums.baselines import looped, rock_beat
from training.drums.measures import FIGURES, distance, fills, part_shape, profile
from training.drums.songs import MeasuredSong, read_song

VOICE = {36: 0, 35: 0, 38: 1, 37: 1, 42: 2, 44: 2, 46: 3, 41: 4, 45: 5, 48: 6, 49: 7, 57: 7, 51: 8, 53: 8}
Bars = list[set[tuple[int, int]]]  # of each bar the sixteenths and voices


def _step(ticks: int, ppq: int) -> int:
    return round(Fraction(4 * ticks, ppq))


class Slow:
    """A song reckoned with sets and sums alone."""

    def __init__(self, song: Song) -> None:
        drums, *parts = song.clips
        ppq = drums.ppq
        last = max(note.end_ticks for clip in song.clips for note in clip.notes)
        self.bars = 2 * math.ceil(Fraction(last, 8 * ppq))
        self.drums: Bars = [set() for _ in range(self.bars)]
        for note in drums.notes:
            bar, step = divmod(_step(note.start_ticks, ppq), 16)
            if note.pitch in VOICE and bar < self.bars:
                self.drums[bar].add((step, VOICE[note.pitch]))
        self.starts: list[set[int]] = [set() for _ in range(self.bars)]
        self.bass: list[set[int]] = [set() for _ in range(self.bars)]
        self.chroma = [[0.0] * 12 for _ in range(self.bars)]
        for clip in parts:
            for note in clip.notes:
                bar, step = divmod(_step(note.start_ticks, ppq), 16)
                if clip.program in (0, 33):
                    self.starts[bar].add(step)
                    self.chroma[bar][note.pitch % 12] += note.duration_ticks
                if clip.program in (33, 35):
                    self.bass[bar].add(step)

    def played(self) -> list[int]:
        return [bar for bar in range(self.bars) if self.drums[bar]]

    def same(self, lag: int) -> float:
        pairs = [bar for bar in range(self.bars - lag) if self.drums[bar] and self.drums[bar + lag]]
        return sum(self.drums[bar] == self.drums[bar + lag] for bar in pairs) / len(pairs)

    def fills(self) -> tuple[list[int], list[int]]:
        found, able = [], []
        for bar in range(4, self.bars - 1):
            before = self.drums[bar - 4 : bar]
            if not all(before) or not self.drums[bar] or not self.drums[bar + 1]:
                continue
            able.append(bar)
            counts = Counter(hit for each in before for hit in each)
            usual = {hit for hit, count in counts.items() if count >= 2}
            alike = len(usual & self.drums[bar]) / max(1, len(usual | self.drums[bar]))

            def more(test, bar: int = bar, before: Bars = before) -> float:
                own = sum(map(test, self.drums[bar]))
                return own - sum(sum(map(test, each)) for each in before) / 4

            toms, snares = more(lambda hit: 4 <= hit[1] <= 6), more(lambda hit: hit[1] == 1 and hit[0] >= 8)
            if alike < 0.6 and (toms >= 2 or snares >= 2):
                found.append(bar)
        return found, able

    def lock(self) -> float:
        kicks = {True: [], False: []}
        for bar in range(self.bars):
            steps = {step for step, voice in self.drums[bar] if voice == 0}
            if steps and self.bass[bar]:
                for step in range(16):
                    if step % 4:
                        kicks[step in self.bass[bar]].append(step in steps)
        return float(np.mean(kicks[True]) - np.mean(kicks[False]))

    def form(self) -> float:
        def cosine(one: list[float], other: list[float]) -> float:
            lengths = math.sqrt(sum(x * x for x in one) * sum(x * x for x in other))
            return sum(x * y for x, y in zip(one, other, strict=True)) / lengths

        both = [bar for bar in range(self.bars) if self.drums[bar] and self.starts[bar]]
        drums = [
            [float((step, voice) in self.drums[bar]) for step in range(16) for voice in range(9)]
            for bar in both
        ]
        parts = []
        for bar in both:
            length = math.sqrt(sum(x * x for x in self.chroma[bar]))
            harmony = [2 * x / length for x in self.chroma[bar]]
            parts.append([float(step in self.starts[bar]) for step in range(16)] + harmony)
        ours, theirs = (
            [cosine(rows[i], rows[j]) for i in range(len(both)) for j in range(i)] for rows in (drums, parts)
        )
        return float(np.corrcoef(ours, theirs)[0, 1])


def _slow_profile(songs: list[Slow]) -> dict[str, float]:
    fill, able = zip(*(song.fills() for song in songs), strict=True)
    crash = [
        [(0, 7) in song.drums[bar + 1] for bar in found] for song, found in zip(songs, fill, strict=True)
    ]
    every = [
        [(0, 7) in song.drums[bar + 1] for bar in found] for song, found in zip(songs, able, strict=True)
    ]
    after, all_after = (sum(map(len, rows)) for rows in (crash, every))
    crashes, all_crashes = (sum(map(sum, rows)) for rows in (crash, every))
    modes = [Counter(map(frozenset, filter(None, song.drums))).most_common(1)[0][0] for song in songs]

    def mean(values) -> float:
        return float(np.mean(list(values)))

    def over_played(song: Slow, wanted) -> float:
        return mean(sum(map(wanted, song.drums[bar])) for bar in song.played())

    def hits_and_onsets(song: Slow) -> float:
        both = [bar for bar in song.played() if song.starts[bar]]
        pairs = [(len(song.drums[bar]), len(song.starts[bar])) for bar in both]
        return float(np.corrcoef(np.array(pairs).T)[0, 1])

    found = {
        "hits per bar": mean(over_played(song, lambda hit: True) for song in songs),
        "toms per bar": mean(over_played(song, lambda hit: hit[1] in (4, 5, 6)) for song in songs),
        "tacet": mean(1 - len(song.played()) / song.bars for song in songs),
        "same1": mean(song.same(1) for song in songs),
        "same4": mean(song.same(4) for song in songs),
        "distinct": mean(
            len(set(map(frozenset, filter(None, song.drums)))) / len(song.played()) for song in songs
        ),
        "fills": mean(len(found) / len(told) for found, told in zip(fill, able, strict=True)),
        "crash after fill": crashes / after,
        "crash else": (all_crashes - crashes) / (all_after - after),
        "lock": mean(song.lock() for song in songs),
        "form": mean(song.form() for song in songs),
        "dynamics": mean(hits_and_onsets(song) for song in songs),
        "identity": mean(
            len(one & other) / len(one | other) for at, one in enumerate(modes) for other in modes[:at]
        ),
    }
    return {**found, "phrase": found["same4"] / found["same1"]}


@pytest.fixture(scope="module")
def songs() -> list[MeasuredSong]:
    found = [read_song(str(seed), song_bytes(seed)) for seed in range(4)]
    return [song for song in found if song is not None]


def test_it_is_the_same_as_a_slow_reckoning(songs) -> None:
    assert len(songs) == 4
    found = profile([song.grid for song in songs], [part_shape(song) for song in songs])
    slow = _slow_profile([Slow(composed(seed)) for seed in range(4)])
    assert set(slow) == set(FIGURES)
    assert found == pytest.approx(slow, abs=1e-6)
    assert slow["fills"] > 0.02
    assert slow["same1"] > 0.05
    assert slow["tacet"] > 0.01


def test_the_rock_beat_is_no_drummer(songs) -> None:
    parts = [part_shape(song) for song in songs]
    human = profile([song.grid for song in songs], parts)
    rock = profile([looped(rock_beat(), song.bars) for song in songs], parts)
    assert rock["same1"] == rock["same4"] == rock["phrase"] == rock["identity"] == 1
    assert rock["hits per bar"] == 12
    assert rock["fills"] == rock["form"] == rock["dynamics"] == rock["lock"] == 0
    assert distance(human, human) == 0
    assert distance(rock, human) > 0.5


def test_distance_by_hand() -> None:
    human = dict.fromkeys(FIGURES, 1.0)
    assert distance({**human, "fills": math.e}, human) == pytest.approx(1 / 14)
    assert distance({**human, "fills": 1 / math.e, "lock": -5.0}, human) == pytest.approx(3 / 14)


def test_a_fill_is_unlike_the_four_bars_before() -> None:
    grid = looped(rock_beat(), 8)
    assert not fills(grid)[0].any()
    grid[5, 8:] = False
    grid[5, 8:, VOICES.index("high tom")] = True
    found, able = fills(grid)
    assert np.flatnonzero(found).tolist() == [5]
    assert np.flatnonzero(able).tolist() == [4, 5, 6]


def test_a_song_that_hardly_plays_only_counts_as_tacet(songs) -> None:
    grid = np.zeros_like(songs[0].grid)
    grid[:3] = rock_beat()
    found = profile([grid], [part_shape(songs[0])])
    assert found["tacet"] == pytest.approx(1 - 3 / len(grid))
    assert found["hits per bar"] == 0
