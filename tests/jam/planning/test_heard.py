"""The record of what was played: against a plain model of an instrument, and where MIDI is tricky."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.planning.heard import MAX_REPEATS, Heard
from musegen_daw.music.clip import Clip, Note

PPQ = 480


def on(pitch, velocity=80, channel=0):
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch, channel=0):
    return bytes((0x80 | channel, pitch, 64))


def cc(number, value, channel=0):
    return bytes((0xB0 | channel, number, value))


def play(heard, *events, source=""):
    for beats, data in events:
        heard.feed(MidiEvent(0.0, data), beats, source)


def spans(heard, end_beats=100.0, start_beats=-10.0):
    return sorted(
        (note.pitch, note.start_beats, note.end_beats) for note in heard.notes(start_beats, end_beats)
    )


def test_a_note_is_heard_from_key_to_key() -> None:
    heard = Heard()
    play(heard, (1.0, on(60, 90)), (1.5, off(60)))
    (clip,) = heard.parts(0, 4, PPQ)
    assert clip == Clip((Note(60, 90, 480, 240),), 4 * PPQ, PPQ)
    assert heard.last_onset_beats == 1.0


def test_a_held_note_lasts_until_now_and_its_true_end_is_learned_later() -> None:
    heard = Heard()
    play(heard, (1.0, on(60)))
    assert heard.parts(0, 3, PPQ)[0].notes == (Note(60, 80, 480, 960),)
    play(heard, (6.0, off(60)))
    assert heard.parts(0, 8, PPQ)[0].notes == (Note(60, 80, 480, 5 * 480),)
    assert heard.parts(0, 4, PPQ)[0].notes == (Note(60, 80, 480, 3 * 480),)


def test_a_note_on_without_velocity_is_a_note_off() -> None:
    heard = Heard()
    play(heard, (0.0, on(60)), (1.0, on(60, 0)))
    assert spans(heard) == [(60, 0.0, 1.0)]


def test_overlapping_repeats_end_in_the_order_they_began() -> None:
    heard = Heard()
    play(heard, (0.0, on(60)), (1.0, on(60)), (1.5, off(60)), (3.0, off(60)))
    assert spans(heard) == [(60, 0.0, 1.5), (60, 1.0, 3.0)]


def test_the_pedal_holds_until_it_is_lifted() -> None:
    heard = Heard()
    play(heard, (0.0, cc(64, 127)), (0.5, on(60)), (1.0, off(60)), (1.2, on(64)), (4.0, cc(64, 0)))
    assert spans(heard) == [(60, 0.5, 4.0), (64, 1.2, None)]
    play(heard, (5.0, off(64)))
    assert spans(heard) == [(60, 0.5, 4.0), (64, 1.2, 5.0)]


def test_a_pitch_struck_again_under_the_pedal_ends_the_one_it_held() -> None:
    heard = Heard()
    play(heard, (0.0, cc(64, 100)), (0.0, on(60)), (0.5, off(60)), (2.0, on(60)), (2.5, off(60)))
    assert spans(heard) == [(60, 0.0, 2.0), (60, 2.0, None)]


def test_the_pedal_of_one_channel_holds_no_other() -> None:
    heard = Heard()
    play(heard, (0.0, cc(64, 127, channel=1)), (0.0, on(60)), (1.0, off(60)))
    assert spans(heard) == [(60, 0.0, 1.0)]


@pytest.mark.parametrize("number", range(123, 128))
def test_all_notes_off_lifts_the_keys_but_not_the_pedal(number) -> None:
    heard = Heard()
    play(heard, (0.0, on(60)), (1.0, cc(number, 0)), (2.0, cc(64, 127)), (2.0, on(62)), (3.0, cc(number, 0)))
    assert spans(heard) == [(60, 0.0, 1.0), (62, 2.0, None)]
    play(heard, (4.0, cc(64, 0)))
    assert spans(heard) == [(60, 0.0, 1.0), (62, 2.0, 4.0)]


def test_all_sound_off_silences_even_what_the_pedal_holds() -> None:
    heard = Heard()
    play(heard, (0.0, cc(64, 127)), (0.0, on(60)), (1.0, off(60)), (2.0, on(62)), (3.0, cc(120, 0)))
    assert spans(heard) == [(60, 0.0, 3.0), (62, 2.0, 3.0)]
    assert heard.sounding == 0


def test_resetting_the_controllers_lifts_the_pedal() -> None:
    heard = Heard()
    play(heard, (0.0, cc(64, 127)), (0.0, on(60)), (1.0, off(60)), (2.0, cc(121, 0)))
    assert spans(heard) == [(60, 0.0, 2.0)]


def test_only_the_channels_asked_for_are_heard() -> None:
    heard = Heard(channels=frozenset({1}))
    play(heard, (0.0, on(60)), (0.0, on(62, channel=1)), (1.0, off(62, channel=1)))
    assert spans(heard) == [(62, 0.0, 1.0)]


def test_sources_channels_and_programs_are_parts_of_their_own() -> None:
    heard = Heard(programs={"bass": 33})
    play(heard, (0.0, on(60)), (0.0, on(64, channel=3)), source="keys")
    play(heard, (0.0, on(30)), (1.0, bytes((0xC0, 38))), (1.0, on(31)), source="bass")
    parts = heard.parts(0, 4, PPQ)
    assert [(part.name, part.program, part.notes[0].pitch) for part in parts] == [
        ("bass", 33, 30),
        ("bass", 38, 31),
        ("keys", 0, 60),
        ("keys", 0, 64),
    ]


def test_a_port_that_is_gone_holds_no_note() -> None:
    heard = Heard()
    play(heard, (0.0, on(60)), source="gone")
    play(heard, (0.0, on(62)), source="there")
    heard.release(2.0, "gone")
    assert spans(heard) == [(60, 0.0, 2.0), (62, 0.0, None)]
    heard.release(3.0)
    assert spans(heard) == [(60, 0.0, 2.0), (62, 0.0, 3.0)]


def test_a_note_just_ahead_of_the_first_beat_belongs_to_it() -> None:
    heard = Heard()
    play(heard, (-0.05, on(60)), (1.0, off(60)))
    assert heard.parts(-0.125, 4, PPQ)[0].notes == (Note(60, 80, 0, 480),)
    assert heard.parts(0.0, 4, PPQ) == ()


def test_whether_anything_sounded_in_a_stretch() -> None:
    heard = Heard()
    play(heard, (1.0, on(60)), (2.0, off(60)), (6.0, on(62)))
    stretches = [(0, 1), (0, 1.5), (1.5, 1.6), (2, 3), (0, 9), (5, 6), (5, 6.5), (7, 8)]
    answers = [heard.sounded(start, end) for start, end in stretches]
    assert answers == [False, True, True, False, True, False, True, True]


def test_what_lies_too_far_back_is_forgotten() -> None:
    heard = Heard(keep_beats=8)
    for beat in range(32):
        play(heard, (float(beat), on(60)), (beat + 0.5, off(60)))
    assert min(start for _, start, _ in spans(heard)) >= 31 - 8 - 0.5


def test_a_source_that_never_lets_go_fills_no_memory() -> None:
    heard = Heard()
    for beat in range(1000):
        play(heard, (float(beat), on(60)))
    assert heard.sounding == MAX_REPEATS
    assert len(spans(heard, 2000.0)) <= 512 + MAX_REPEATS + 1


@given(st.lists(st.binary(max_size=4), max_size=60))
def test_no_bytes_do_harm(messages) -> None:
    heard = Heard()
    for index, data in enumerate(messages):
        heard.feed(MidiEvent(0.0, data), index / 4)
    heard.release(20.0)
    assert heard.sounding == 0
    assert all(note.end_beats is not None for note in heard.notes(-1, 100))


@given(st.lists(st.tuples(st.integers(58, 61), st.booleans()), max_size=60))
def test_without_pedal_the_notes_are_those_of_a_midi_file(strokes) -> None:
    """First on, first off for each pitch, whatever the order of keys."""
    heard, waiting, expected = Heard(), {pitch: [] for pitch in range(58, 62)}, []
    for index, (pitch, is_on) in enumerate(strokes):
        if is_on and len(waiting[pitch]) < MAX_REPEATS:
            play(heard, (index, on(pitch)))
            waiting[pitch].append(index)
        elif not is_on:
            play(heard, (index, off(pitch)))
            if waiting[pitch]:
                expected.append((pitch, waiting[pitch].pop(0), index))
    assert [span for span in spans(heard) if span[2] is not None] == sorted(expected)
    assert heard.sounding == sum(map(len, waiting.values()))
