"""Arbitrary notes, clips, time maps and songs for the property tests."""

from hypothesis import strategies as st

from musegen_daw.core.clip import Clip, Note, Song
from musegen_daw.core.messages import ChannelMessage, MessageKind
from musegen_daw.core.time import Tempo, TimeMap, TimeSignature

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
    kinds = st.sampled_from([kind for kind in MessageKind if kind is not MessageKind.PITCH_BEND])
    seven_bits = st.integers(0, 127)
    ticks = st.integers(0, max_start_ticks)
    bend = st.builds(
        ChannelMessage, ticks, st.just(MessageKind.PITCH_BEND), st.just(0), st.integers(0, 16_383)
    )
    return st.builds(ChannelMessage, ticks, kinds, seven_bits, seven_bits) | bend


@st.composite
def clips(draw, ppqs=PPQS, is_drum=st.booleans(), max_notes=30):
    return Clip(
        notes=tuple(draw(st.lists(notes(), max_size=max_notes))),
        length_ticks=draw(st.integers(0, 30_000)),
        ppq=draw(ppqs),
        name=draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)),
        program=draw(st.integers(0, 127)),
        is_drum=draw(is_drum),
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
