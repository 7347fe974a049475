"""An echo of the drums is told from what a player plays."""

from random import Random

from musegen_daw.jam.events import MidiEvent, TimedNote, note_off, note_on
from musegen_daw.jam.output.feedback import SURE_NOTES, EchoFilter

RANDOM = Random(4)


def drums(count, start_seconds=0.0):
    return [
        TimedNote(
            start_seconds + 0.2 * index,
            start_seconds + 0.2 * index + 0.1,
            9,
            RANDOM.choice((36, 38, 42)),
            RANDOM.randint(1, 127),
        )
        for index in range(count)
    ]


def back(note, late_seconds=0.01, channel=3):
    return MidiEvent(note.start_seconds + late_seconds, note_on(channel, note.pitch, note.velocity))


def test_what_comes_back_is_left_out_once_it_is_sure():
    echo = EchoFilter()
    notes = drums(30)
    echo.play(*notes)
    taken = [echo.takes(back(note), "in") for note in notes]
    assert taken == [False] * (SURE_NOTES - 1) + [True] * (30 - SURE_NOTES + 1)
    assert echo.sources == {"in"}
    assert not echo.takes(MidiEvent(6.0, note_off(9, 36)), "in")
    assert not echo.takes(MidiEvent(6.0, note_on(0, 60, 100)), "in")


def test_a_player_in_between_does_not_hide_it():
    echo = EchoFilter()
    notes = drums(16)
    echo.play(*notes)
    for note in notes:
        echo.takes(back(note), "in")
        assert not echo.takes(MidiEvent(note.start_seconds + 0.05, note_on(0, 60, 100)), "in")
    assert echo.sources == {"in"}


def test_a_bass_at_the_pitches_of_the_kit_is_no_echo():
    echo = EchoFilter()
    notes = drums(400)
    for note in notes:
        echo.play(note)
        played = note_on(0, RANDOM.choice((36, 38, 41, 43)), RANDOM.randint(60, 110))
        echo.takes(MidiEvent(note.start_seconds + 0.02, played), "in")
    assert not echo.sources


def test_what_was_cancelled_cannot_come_back():
    echo = EchoFilter()
    notes = drums(20)
    echo.play(*notes)
    echo.cancel_after(0.0)
    assert not any(echo.takes(back(note), "in") for note in notes)
    assert not echo.sources


def test_what_comes_much_later_is_played():
    echo = EchoFilter()
    notes = drums(20)
    echo.play(*notes)
    assert not any(echo.takes(back(note, late_seconds=30), "in") for note in notes)
    assert not echo.sources
