"""Arbitrary notes, clips, time maps and songs for the property tests."""

from hypothesis import strategies as st

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature

PPQS = st.sampled_from([1, 24, 96, 120, 220, 384, 480, 960, 10080])


def notes(max_start_ticks=20_000):
    return st.builds(
        Note,
        pitch=st.integers(0, 127),
        velocity=st.integers(1, 127),
        start_ticks=st.integers(0, max_start_ticks),
        duration_ticks=st.integers(0, 3_000),
    )


def messages(max_start_ticks=20_000):
    ticks, seven_bits, nothing = st.integers(0, max_start_ticks), st.integers(0, 127), st.just(0)
    numbered = st.sampled_from([MessageKind.CONTROL_CHANGE, MessageKind.KEY_PRESSURE])
    return (
        st.builds(ChannelMessage, ticks, numbered, seven_bits, seven_bits)
        | st.builds(ChannelMessage, ticks, st.just(MessageKind.CHANNEL_PRESSURE), nothing, seven_bits)
        | st.builds(ChannelMessage, ticks, st.just(MessageKind.PITCH_BEND), nothing, st.integers(0, 16_383))
    )


def banks(is_drum):
    """Banks that do not say the contrary: 120, 126 and 127 of controller 0 are drums, 121 is none."""
    contrary = {121} if is_drum else {120, 126, 127}
    return st.just(0) | st.integers(0, 16_383).filter(lambda bank: bank >> 7 not in contrary)


@st.composite
def clips(draw, ppqs=PPQS, is_drum=st.booleans(), max_notes=30):
    drums = draw(is_drum)
    return Clip(
        notes=tuple(draw(st.lists(notes(), max_size=max_notes))),
        length_ticks=draw(st.integers(0, 30_000)),
        ppq=draw(ppqs),
        name=draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)),
        program=draw(st.integers(0, 127)),
        is_drum=drums,
        bank=draw(banks(is_drum=drums)),
        messages=tuple(draw(st.lists(messages(), max_size=2))),
    )


@st.composite
def time_maps(draw, ppqs=PPQS):
    tempos = st.builds(Tempo, st.integers(0, 30_000), st.integers(1, 0xFF_FFFF))
    denominators = st.sampled_from([1, 2, 4, 8, 16, 32])
    signatures = st.builds(TimeSignature, st.integers(0, 30_000), st.integers(1, 32), denominators)
    return TimeMap(
        draw(ppqs), tuple(draw(st.lists(tempos, max_size=6))), tuple(draw(st.lists(signatures, max_size=6)))
    )


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


@st.composite
def songs(draw, max_clips=20):
    time_map = draw(time_maps())
    of_song = clips(ppqs=st.just(time_map.ppq), max_notes=12)
    return Song(
        tuple(without_nesting(clip) for clip in draw(st.lists(of_song, max_size=max_clips))), time_map
    )
