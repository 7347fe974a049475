"""Arbitrary documents, and arbitrary edits of them, for the property tests."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from musegen_daw.clips import edits
from musegen_daw.clips.document import MidiSource, Take
from musegen_daw.clips.opening import open_clip, set_primer
from musegen_daw.clips.voice_mix import MIXED
from musegen_daw.drums.plan import BarKind, BarPlan, Cymbal, Plan
from musegen_daw.drums.request import DrumSettings
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.kit import PIECES, VOICES
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.drum_strategies import METERS

PPQS = st.sampled_from([24, 96, 120, 220, 480, 960])
SHARES = st.none() | st.floats(0, 1)


@cache
def settings():
    return st.builds(
        DrumSettings,
        seed=st.integers(0, 2**31),
        temperature=st.floats(0.1, 2),
        density=SHARES,
        energy=SHARES,
        fills=SHARES,
        crashes=SHARES,
        complexity=SHARES,
        style=st.none() | st.sampled_from(["", "bossa", "3"]),
        within_style=st.booleans(),
        any_hands=st.booleans(),
        human_timing=st.none() | st.booleans(),
        variations=st.integers(1, 8),
    )


@st.composite
def sources(draw, ppqs=PPQS, with_drums=st.booleans()):
    """A .mid of one to five bars with one or two parts, perhaps with drums."""
    ppq = draw(ppqs)
    time_map = TimeMap(
        ppq, (Tempo(0, draw(st.integers(200_000, 900_000))),), (TimeSignature(0, *draw(METERS)),)
    )
    length_ticks = time_map.bars(1)[0].length_ticks * draw(st.integers(1, 5))
    starts = st.integers(0, length_ticks - 1)
    part = st.lists(starts, min_size=1, max_size=6, unique=True)
    clips = [
        Clip(
            tuple(Note(60, 80, start, 10) for start in draw(part)),
            length_ticks,
            ppq,
            f"Part {index}",
            program,
        )
        for index, program in enumerate(draw(st.lists(st.sampled_from([0, 33, 48]), min_size=1, max_size=2)))
    ]
    if draw(with_drums):
        clips.append(draw(drum_clips(ppq, length_ticks)))
    return MidiSource("clip.mid", song_to_bytes(Song(tuple(clips), time_map)))


@st.composite
def drum_clips(draw, ppq, length_ticks):
    places = st.tuples(st.sampled_from([piece.pitch for piece in PIECES]), st.integers(0, length_ticks - 1))
    hits = draw(st.dictionaries(places, st.integers(1, 127), min_size=1, max_size=20))
    notes = tuple(Note(pitch, velocity, start, max(1, ppq // 4)) for (pitch, start), velocity in hits.items())
    return Clip(notes, length_ticks, ppq, "Drums", 0, True)


@st.composite
def plans(draw, bars):
    """A plan of so many bars, or none."""
    shares = st.floats(0, 1)
    kinds = st.sampled_from([kind for kind in BarKind if kind is not BarKind.REPEAT])
    own = st.builds(
        BarPlan,
        kind=kinds,
        crash=st.booleans(),
        cymbal=st.sampled_from(Cymbal),
        density=shares,
        energy=shares,
        section=st.integers(0, 3),
        style=st.sampled_from(["", "funk", "four on the floor, open hats"]),
    )
    return draw(
        st.just(Plan()) | st.lists(own, min_size=bars, max_size=bars).map(lambda row: Plan(tuple(row)))
    )


@st.composite
def takes(draw, document):
    """A take as the model writes it."""
    asked = draw(st.none() | settings())
    return Take.new(
        draw(drum_clips(document.ppq, document.end_ticks)),
        "written",
        seed=None if asked is None else asked.seed,
        settings=asked,
        log_likelihood=draw(st.none() | st.floats(-90, 0)),
        index=draw(st.integers(0, 9)),
        style=draw(st.none() | st.sampled_from(["funk", "bossa"])),
        plan=draw(plans(len(document.bars))),
    )


@st.composite
def documents(draw, identity=1):
    """A document with takes, edits, locks and a sound of its own."""
    document = open_clip(
        [draw(sources()) for _ in range(draw(st.integers(1, 2)))], identity, draw(settings())
    )
    for _ in range(draw(st.integers(0, 2))):
        document = edits.add_takes(document, draw(st.lists(takes(document), min_size=1, max_size=3)))
    if draw(st.booleans()):
        document = set_primer(document, draw(sources(with_drums=st.just(True))))
    for change in draw(st.lists(changes(), max_size=6)):
        document = change(document)
    return document


@st.composite
def hand_edits(draw):
    """A change of hits, as a function; one that is refused changes nothing."""
    kind = draw(st.sampled_from(["add", "remove", "velocity", "offset", "move", "pick", "revert"]))
    share, voice = draw(st.floats(0, 0.999)), draw(st.integers(0, len(VOICES) - 1))
    amount = draw(st.integers(-1000, 1000))

    def change(document):
        hits, place = document.drums.notes, int(share * document.end_ticks)
        hit = hits[int(share * len(hits))] if hits else None
        try:
            if kind == "add":
                return edits.add_hit(document, voice, place)
            if kind == "pick" and document.takes:
                return edits.pick_take(document, document.takes[int(share * len(document.takes))].number)
            if kind == "revert":
                return edits.revert_take(document)
            if hit is None:
                return document
            if kind == "remove":
                return edits.remove_hits(document, [hit])
            if kind == "velocity":
                return edits.set_velocity(document, hits[::2], amount)
            if kind == "offset":
                return edits.set_offset(document, hits[::2], amount)
            return edits.move_hit(document, hit, voice, place)
        except edits.LockedError:
            return document

    return change


@st.composite
def other_edits(draw):
    """A change of what is around the hits, as a function."""
    kinds = ["voice", "bar", "swing", "humanise", "tempo", "map", "settings", "mute", "solo", "level"]
    kind = draw(st.sampled_from(kinds))
    share, yes, asked = draw(st.floats(0, 0.999)), draw(st.booleans()), draw(settings())
    kits = st.sampled_from([GENERAL_MIDI, DrumMap("pads", {"kick": 40, "snare": 41, "closed hat": 40})])
    kit = draw(kits)

    def change(document):
        if kind == "voice":
            return edits.lock_voice(document, VOICES[int(share * len(VOICES))], yes)
        if kind == "bar":
            return edits.lock_bar(document, int(share * len(document.bars)), yes)
        if kind == "swing":
            return edits.set_swing(document, 0.5 + share / 2)
        if kind == "humanise":
            return edits.set_humanise(document, share)
        if kind == "tempo":
            return edits.set_tempo(document, 400 * share if yes else None)
        if kind == "map":
            return edits.set_drum_map(document, kit)
        if kind == "settings":
            return edits.set_settings(document, asked)
        voice = MIXED[int(share * len(MIXED))]
        if kind == "level":
            return edits.set_level(document, voice, int(300 * share))
        return (edits.set_mute if kind == "mute" else edits.set_solo)(document, voice, yes)

    return change


def changes():
    return hand_edits() | other_edits()
