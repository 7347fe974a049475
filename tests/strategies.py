"""Arbitrary notes, clips, time maps and songs for the property tests.

Strategies are made once: to make one for every example takes longer than to draw from it.
"""

from functools import cache

from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

PPQS = st.sampled_from([1, 24, 96, 120, 220, 384, 480, 960, 10080])


@cache
def notes(max_start_ticks=20_000):
    return st.builds(
        Note,
        pitch=st.integers(0, 127),
        velocity=st.integers(1, 127),
        start_ticks=st.integers(0, max_start_ticks),
        duration_ticks=st.integers(0, 3_000),
    )


@cache
def messages(max_start_ticks=20_000):
    ticks, seven_bits, nothing = st.integers(0, max_start_ticks), st.integers(0, 127), st.just(0)
    numbered = st.sampled_from([MessageKind.CONTROL_CHANGE, MessageKind.KEY_PRESSURE])
    return (
        st.builds(ChannelMessage, ticks, numbered, seven_bits, seven_bits)
        | st.builds(ChannelMessage, ticks, st.just(MessageKind.CHANNEL_PRESSURE), nothing, seven_bits)
        | st.builds(ChannelMessage, ticks, st.just(MessageKind.PITCH_BEND), nothing, st.integers(0, 16_383))
    )


@cache
def banks(is_drum):
    """Banks of drums or of other instruments: 120, 126 and 127 of controller 0 are drums, 121 is none."""
    contrary = {121} if is_drum else {120, 126, 127}
    return st.just(0) | st.integers(0, 16_383).filter(lambda bank: bank >> 7 not in contrary)


@cache
def note_lists(max_notes):
    return st.lists(notes(), max_size=max_notes)


TICKS = st.integers(0, 30_000)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PROGRAMS = st.integers(0, 127)
FEW_MESSAGES = st.lists(messages(), max_size=2)
TEMPOS = st.lists(st.builds(Tempo, TICKS, st.integers(1, 0xFF_FFFF)), max_size=6)
SIGNATURES = st.lists(
    st.builds(TimeSignature, TICKS, st.integers(1, 32), st.sampled_from([1, 2, 4, 8, 16, 32])), max_size=6
)


@st.composite
def clips(draw, ppqs=PPQS, is_drum=st.booleans(), max_notes=30):
    drums = draw(is_drum)
    return Clip(
        notes=tuple(draw(note_lists(max_notes))),
        length_ticks=draw(TICKS),
        ppq=draw(ppqs),
        name=draw(NAMES),
        program=draw(PROGRAMS),
        is_drum=drums,
        bank=draw(banks(is_drum=drums)),
        messages=tuple(draw(FEW_MESSAGES)),
    )


@st.composite
def time_maps(draw, ppqs=PPQS):
    return TimeMap(draw(ppqs), tuple(draw(TEMPOS)), tuple(draw(SIGNATURES)))


def without_nesting(clip):
    """The clip without notes that end before, or with, an earlier longer note of their pitch."""
    last_end_ticks = {}
    kept = []
    for note in clip.notes:
        if (
            note.end_ticks > last_end_ticks.get(note.pitch, -1)
            or note.start_ticks > last_end_ticks[note.pitch]
        ):
            kept.append(note)
            last_end_ticks[note.pitch] = note.end_ticks
    return clip.with_notes(kept)


@cache
def clips_of_song(ppq, max_clips):
    return st.lists(clips(ppqs=st.just(ppq), max_notes=12), max_size=max_clips)


TIME_MAPS = time_maps()


@st.composite
def songs(draw, max_clips=20):
    time_map = draw(TIME_MAPS)
    return Song(tuple(map(without_nesting, draw(clips_of_song(time_map.ppq, max_clips)))), time_map)
