"""The tempo of a recording is that which was played: as few tempi as there were, in time with what was played."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.senders import ClockSource
from musegen_daw.jam.events import note_off, note_on
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.jam.recording.played_tempo import PlayedTempo
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.music.time import TimeMap
from tests.jam.jam import ALONE, Jam

JITTER_SECONDS = 0.004


def played(*parts, jitter=0.0, seed=0, start=0.0):
    """Beats and seconds of a clock that plays (bpm, beats) one after the other."""
    quarters = np.concatenate([np.full(round(beats * 24), 60 / bpm) for bpm, beats in parts])
    beats = start + np.arange(len(quarters)) / 24
    seconds = 100 + np.concatenate(([0.0], np.cumsum(quarters / 24)))[:-1]
    late = np.random.default_rng(seed).uniform(-jitter, jitter, len(beats))
    return beats, np.maximum.accumulate(seconds + late)


def fitted(beats, seconds):
    tempo = PlayedTempo()
    for beat, at in zip(beats.tolist(), seconds.tolist(), strict=True):
        tempo.add(beat, at)
    return tempo.tempos(LIVE_PPQ)


def told(tempos):
    return [(tempo.start_ticks / LIVE_PPQ, tempo.bpm) for tempo in tempos]


@pytest.mark.parametrize("jitter", [0.0, 0.002, 0.004, 0.008])
@pytest.mark.parametrize("bpm", [20.0, 40.0, 96.0, 117.3, 174.0, 300.0])
def test_a_steady_clock_has_one_tempo(bpm, jitter):
    tempos = fitted(*played((bpm, max(16, bpm / 4)), jitter=jitter))
    assert told(tempos) == [(0.0, pytest.approx(bpm, abs=0.1))]


@pytest.mark.parametrize("jitter", [0.0, 0.004])
@pytest.mark.parametrize(
    ("before", "after"), [(120, 121), (120, 124), (120, 140), (120, 90), (120, 60), (100, 200)]
)
def test_a_jump_is_sharp(before, after, jitter):
    tempos = fitted(*played((before, 16), (after, 16), jitter=jitter))
    change = 0.3 if abs(after - before) < 3 and jitter else 0.06
    assert told(tempos) == [
        (0.0, pytest.approx(before, abs=0.1)),
        (pytest.approx(16, abs=change), pytest.approx(after, abs=0.1)),
    ]


@given(
    st.lists(st.tuples(st.floats(50, 200), st.floats(8, 24)), min_size=1, max_size=5),
    st.integers(0, 99),
    st.sampled_from([0.0, 0.001, 0.004]),
)
def test_few_tempi_for_few_and_every_beat_in_time(parts, seed, jitter):
    beats, seconds = played(*parts, jitter=jitter, seed=seed)
    tempos = fitted(beats, seconds)
    assert len(tempos) <= len(parts)
    assert all(one.start_ticks < other.start_ticks for one, other in pairwise(tempos))
    time_map = TimeMap(LIVE_PPQ, tempos)
    late = seconds - [time_map.seconds_at(beat * LIVE_PPQ) for beat in beats.tolist()]
    late -= np.median(late)
    # The tolerance on both sides of the line, and that much again for the jitter around it.
    assert np.abs(late).max() < 2 * max(0.003, 2.5 * jitter)


def test_a_ramp_is_a_staircase_close_to_what_was_played():
    quarters = 60 / np.linspace(120, 160, 32 * 24)
    beats, seconds = np.arange(32 * 24) / 24, np.cumsum(quarters / 24)
    tempos = fitted(beats, seconds)
    assert 4 <= len(tempos) <= 14
    assert all(one.bpm < other.bpm for one, other in pairwise(tempos))
    time_map = TimeMap(LIVE_PPQ, tempos)
    bpm = np.array([time_map.bpm_at(beat * LIVE_PPQ) for beat in beats.tolist()])
    assert np.abs(bpm - 60 / quarters).max() < 4
    late = seconds - [time_map.seconds_at(beat * LIVE_PPQ) for beat in beats.tolist()]
    assert np.abs(late - np.median(late)).max() < 0.006


@pytest.mark.parametrize("period_seconds", [256 / 48_000, 1024 / 48_000])
@pytest.mark.parametrize("bpm", [78.1, 100.0, 117.19, 174.0])
def test_times_that_are_rounded_to_a_period_are_no_tempo(bpm, period_seconds):
    beats, seconds = played((bpm, 1000), jitter=0.0002)
    rounded = np.ceil(seconds / period_seconds) * period_seconds
    # As a jam is told: of ticks that come at once only the last.
    kept = np.append(np.diff(rounded) > 0, True)
    assert told(fitted(beats[kept], rounded[kept])) == [(0.0, pytest.approx(bpm, abs=0.05))]


def test_ticks_that_come_late_now_and_then_are_no_tempo():
    beats, seconds = played((96.0, 400), jitter=0.003)
    random = np.random.default_rng(1)
    late = seconds + (random.random(len(seconds)) < 0.01) * random.uniform(0, 0.03, len(seconds))
    assert told(fitted(beats, np.maximum.accumulate(late))) == [(0.0, pytest.approx(96, abs=0.02))]


def test_a_stop_is_no_tempo_and_what_is_played_after_it_is():
    tempo = PlayedTempo()
    now = 50.0
    for bpm, first in ((120.0, 0.0), (120.0, 8.0), (90.0, 20.0)):
        for tick in range(8 * 24):
            tempo.add(first + tick / 24, now)
            now += 60 / bpm / 24
        now += 7.7
        tempo.interrupt()
    assert told(tempo.tempos(LIVE_PPQ)) == [(0.0, pytest.approx(120)), (20.0, pytest.approx(90))]


def test_loops_of_one_tempo_are_one():
    tempo, random = PlayedTempo(), np.random.default_rng(3)
    for tick in range(100 * 4 * 24):
        if tick % (4 * 24) == 0:
            tempo.interrupt()
        tempo.add(tick / 24, tick * 60 / 131 / 24 + random.uniform(-JITTER_SECONDS, JITTER_SECONDS))
    assert told(tempo.tempos(LIVE_PPQ)) == [(0.0, pytest.approx(131, abs=0.01))]


def test_time_that_is_lost_at_one_tempo_is_bridged():
    beats, seconds = played((120.0, 64))
    tempos = fitted(beats, seconds + 0.02 * (beats >= 32))
    assert [tempo.bpm for tempo in tempos] == [
        pytest.approx(120),
        pytest.approx(115.4, abs=0.1),
        pytest.approx(120),
    ]
    time_map = TimeMap(LIVE_PPQ, tempos)
    assert time_map.seconds_at(64 * LIVE_PPQ) == pytest.approx(32.02, abs=0.001)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_next_to_nothing_makes_at_most_one_tempo_that_can_be(count):
    beats, seconds = played((120.0, 1))
    tempos = fitted(beats[:count], seconds[:count])
    assert len(tempos) <= 1
    assert all(17 <= tempo.bpm <= 357 for tempo in tempos)


def recorded(sender):
    """What a session that follows `sender` records of a note on every beat: its song, and when the notes were meant."""
    recorder = Recorder(BarGrid())
    recorder.start(0.0)
    jam = Jam(ALONE, follows=True, recorder=recorder)
    meant = []
    ticks = 0
    for event, truth in sender.messages:
        jam.clock.advance(max(0.0, event.time_seconds - jam.clock.now_seconds()))
        if truth is not None:
            if ticks % 24 == 0:
                jam.receive(note_on(0, 60, 90), "keys")
                meant.append(event.time_seconds)
            elif ticks % 24 == 12:
                jam.receive(note_off(0, 60), "keys")
            ticks += 1
        jam.follower.feed(event.data, event.time_seconds)
        jam.session.wake()
    jam.clock.advance(0.05)
    jam.close()
    return recorder.stop(), np.array(meant)


@pytest.mark.parametrize("bpm", [40.0, 96.0, 120.0, 174.0, 300.0])
def test_a_jam_with_a_clock_that_jitters_is_recorded_at_one_tempo(bpm):
    sender = ClockSource(int(bpm), JITTER_SECONDS)
    sender.start()
    sender.play(bpm, beats=24)
    song, meant = recorded(sender)
    assert told(song.time_map.tempos) == [(0.0, pytest.approx(bpm, abs=0.1))]
    off = [song.time_map.seconds_at(note.start_ticks) for note in song.parts[0].notes] - meant
    assert np.abs(off - np.median(off)).max() < 0.008


def test_a_jam_is_recorded_with_its_notes_where_they_were_in_time_though_the_tempo_moves():
    sender = ClockSource(5, JITTER_SECONDS)
    sender.start()
    sender.play(120, beats=16)
    sender.play(120, 140, beats=16)
    sender.play(90, beats=16)
    song, meant = recorded(sender)
    tempos = told(song.time_map.tempos)
    assert 4 <= len(tempos) <= 9
    assert tempos[0] == (0.0, pytest.approx(120, abs=0.5))
    assert tempos[-1] == (pytest.approx(32, abs=0.1), pytest.approx(90, abs=0.1))
    off = [song.time_map.seconds_at(note.start_ticks) for note in song.parts[0].notes] - meant
    assert np.abs(off - np.median(off)).max() < 0.012


def test_a_clock_that_comes_twice_is_recorded_at_its_own_tempo():
    sender = ClockSource(2, 0.001)
    sender.start()
    sender.play(120, beats=16, copies_seconds=(0.003,))
    song, _ = recorded(sender)
    assert told(song.time_map.tempos) == [(0.0, pytest.approx(120, abs=0.1))]
