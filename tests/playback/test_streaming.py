"""What is streamed is what the whole is, from any place on, in the order in which it is played."""

import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.rendering import render_source
from musegen_daw.playback.streaming import (
    Block,
    Order,
    Peak,
    Streamed,
    are_there,
    request_of,
    stream,
)
from musegen_daw.progress import Cancelled

RATE_HZ = 22_050
PPQ = 480
SOUNDFONT = resources.soundfont_dir() / "musegen.sf2"
TIME_MAP = TimeMap(PPQ)


def held_and_bent():
    """Seconds of sound from few notes: a pedal, a bend that moves, a held organ, drums that choke each other."""
    bends = [ChannelMessage(tick, MessageKind.PITCH_BEND, 0, 8_192 + tick) for tick in range(0, 4_000, 60)]
    pedal = [
        ChannelMessage(tick, MessageKind.CONTROL_CHANGE, 64, value) for tick, value in ((10, 127), (5_000, 0))
    ]
    hats = [
        Note((46, 42)[index % 2], 100, 480 * index + (240 if index % 2 else 0), 60) for index in range(12)
    ]
    return (
        Clip((Note(57, 90, 0, 5_000),), 5_760, PPQ, program=16, messages=tuple(bends)),
        Clip(
            tuple(Note(48 + 4 * step, 80, 700 * step, 200) for step in range(6)),
            5_760,
            PPQ,
            program=0,
            messages=tuple(pedal),
        ),
        Clip((Note(60, 70, 100, 4_800),), 5_760, PPQ, program=40),
        Clip((*hats, Note(49, 110, 0, 60)), 5_760, PPQ, is_drum=True),
    )


@pytest.fixture(scope="module")
def whole():
    return render_source("part", held_and_bent(), TIME_MAP, RATE_HZ, SOUNDFONT).audio


@pytest.fixture
def streamed(whole):
    return Streamed.of("part", None, held_and_bent(), TIME_MAP, len(whole))


def streamed_blocks(sources, order, **options):
    told = []

    def take(each):
        told.append(each)
        if isinstance(each, Block):
            sources[each.name].arriving.add(each.first, each.audio)

    stream(request_of(sources, order, RATE_HZ, SOUNDFONT, **options), progress=take)
    return told


@pytest.mark.parametrize("seconds", [0.0, 0.13, 2.0, 4.7])
def test_it_is_the_whole_from_any_place_on(whole, streamed, seconds):
    at = round(seconds * RATE_HZ)
    order = Order.of(len(whole), at, None, RATE_HZ, None)
    blocks = streamed_blocks({"part": streamed}, order)
    assert blocks[0].first == at
    assert np.abs(streamed.arriving.audio - whole).max() < 1e-5
    assert streamed.arriving.missing(0, len(whole)) == ()
    places = [block.first for block in blocks]
    assert places == sorted(place for place in places if place >= at) + sorted(
        place for place in places if place < at
    )


def test_only_what_is_missing_is_rendered(whole, streamed):
    streamed.arriving.add(0, whole[:40_000])
    order = Order.of(len(whole), 10_000, None, RATE_HZ, None)
    blocks = streamed_blocks({"part": streamed}, order)
    assert min(block.first for block in blocks) == 40_000
    assert np.abs(streamed.arriving.audio - whole).max() < 1e-5
    assert streamed_blocks({"part": streamed}, order) == []


def test_what_is_played_first_comes_first_of_every_source(whole):
    part, drums = (
        Streamed.of(name, None, clips, TIME_MAP, len(whole))
        for name, clips in (("part", held_and_bent()[:3]), ("drums", held_and_bent()[3:]))
    )
    part.arriving.add(0, whole[:60_000])
    order = Order.of(len(whole), 20_000, None, RATE_HZ, None)
    blocks = streamed_blocks({"part": part, "drums": drums}, order)
    first = [block.name for block in blocks].index("part")
    assert blocks[first].first == 60_000
    drums_by_then = sum(len(block.audio) for block in blocks[:first])
    assert drums_by_then >= 40_000
    assert np.abs(part.arriving.audio[60_000:] + drums.arriving.audio[60_000:] - whole[60_000:]).max() < 1e-5


def test_a_loop_is_rendered_before_what_is_around_it():
    order = Order.of(100_000, 30_000, (20_000, 40_000), 10_000, None)
    spans = [each.span for each in order.spans]
    assert spans == [(30_000, 42_000), (18_000, 30_000), (42_000, 100_000), (0, 18_000)]
    assert [each.rank for each in order.spans] == [0, 12_000, 24_000, 82_000]
    before = Order.of(100_000, 5_000, (20_000, 40_000), 10_000, None)
    assert before.spans[0].span == (5_000, 42_000)
    behind = Order.of(100_000, 50_000, (20_000, 40_000), 10_000, None)
    assert [each.span for each in behind.spans] == [(50_000, 100_000), (0, 50_000)]
    little = Order.of(100_000, 95_000, None, 10_000, 8_000)
    assert [each.span for each in little.spans] == [(95_000, 100_000), (0, 3_000)]


def test_a_deck_can_go_on_where_enough_of_all_is_there(whole, streamed):
    sources = {"part": streamed}
    assert not are_there(sources, 0, RATE_HZ)
    streamed.arriving.add(0, whole[:RATE_HZ])
    assert are_there(sources, 0, RATE_HZ)
    assert not are_there(sources, RATE_HZ - 100, RATE_HZ)
    streamed.arriving.add(0, whole)
    assert are_there(sources, len(whole) - 100, RATE_HZ)


def test_the_level_is_told_first_and_does_not_depend_on_the_take(whole):
    parts = held_and_bent()[:3]
    sources = {"part": Streamed.of("part", None, parts, TIME_MAP, len(whole))}
    order = Order.of(len(whole), 0, None, RATE_HZ, 1_000)
    first, *rest = streamed_blocks(sources, order, peak_of=sources["part"].clips)
    assert isinstance(first, Peak)
    assert all(isinstance(each, Block) for each in rest)
    assert sources["part"].source(first.amplitude).gain * first.amplitude == pytest.approx(10 ** (-1 / 20))
    alone, *_ = streamed_blocks({}, order, peak_of=b"")
    assert 0 < alone.amplitude < first.amplitude


@pytest.mark.parametrize("name", ["demo", "funk-bass", "piano-ballad"])
def test_the_level_is_near_that_of_the_whole(name):
    song = read_midi(resources.clips_dir() / f"{name}.mid")
    groove = read_midi(resources.style_path("metal"))
    seconds = song.time_map.seconds_at(song.end_ticks)
    part = Streamed.of("part", None, song.clips, song.time_map, round(seconds * RATE_HZ))
    kit = replace(groove.clips[0], is_drum=True)
    drums = render_source("drums", (kit,), groove.time_map, RATE_HZ, SOUNDFONT).audio
    peak, *_ = streamed_blocks(
        {"part": part}, Order.of(len(part.arriving.audio), 0, None, RATE_HZ, None), peak_of=part.clips
    )
    mix = part.arriving.audio.copy()
    for first in range(0, len(mix), len(drums)):
        mix[first : first + len(drums)] += drums[: len(mix) - first]
    above_db = 20 * math.log10(float(np.abs(mix).max()) / peak.amplitude)
    assert -4 < above_db < 2


def test_it_ends_between_two_blocks_where_it_is_given_up(whole, streamed):
    over = threading.Event()
    told = []

    def take(each):
        told.append(each)
        over.set()

    order = Order.of(len(whole), 0, None, RATE_HZ, None)
    with pytest.raises(Cancelled):
        stream(
            request_of({"part": streamed}, order, RATE_HZ, SOUNDFONT), progress=take, cancelled=over.is_set
        )
    assert len(told) == 1


def test_nothing_and_no_soundfont_are_a_sentence(whole, streamed, tmp_path):
    order = Order.of(len(whole), 0, None, RATE_HZ, None)
    empty = {"part": Streamed.of("part", None, [Clip((), 0, PPQ)], TIME_MAP, 1_000)}
    with pytest.raises(AudioError, match="nothing to render"):
        stream(request_of(empty, order, RATE_HZ, SOUNDFONT), progress=print)
    with pytest.raises(AudioError, match="no SoundFont file"):
        stream(request_of({"part": streamed}, order, RATE_HZ, tmp_path / "none.sf2"), progress=print)


def test_what_is_packed_is_the_same_music(whole):
    song = Song(held_and_bent(), TIME_MAP)
    streamed = Streamed.of("part", None, song.clips, song.time_map, 1_000)
    assert streamed.clips == Streamed.of("part", None, held_and_bent(), TIME_MAP, 1_000).clips
