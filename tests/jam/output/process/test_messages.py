"""What two processes say to each other arrives as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.jam.events import MidiEvent, TimedNote
from musegen_daw.jam.output.process import messages
from musegen_daw.jam.output.process.messages import SenderState
from musegen_daw.jam.output.scheduler import Lateness

seconds = st.floats(0, 1e6)
sevens = st.integers(0, 127)


@st.composite
def timed_notes(draw):
    start, length = draw(seconds), draw(st.floats(0, 10))
    return TimedNote(start, start + length, draw(st.integers(0, 15)), draw(sevens), draw(st.integers(1, 127)))


def through(word, value):
    said, (heard,) = messages.read(messages.line(word, value))
    assert said == word
    return heard


@given(st.lists(timed_notes()))
def test_notes_arrive_to_the_last_bit_of_their_times(notes):
    assert messages.notes_of(through(messages.PLAY, messages.note_values(notes))) == notes


@given(st.lists(st.builds(MidiEvent, seconds, st.binary(max_size=20))))
def test_messages_arrive_to_the_last_bit_of_their_times(events):
    assert messages.events_of(through(messages.SEND, messages.event_values(events))) == events


@given(st.frozensets(st.tuples(st.integers(0, 15), sevens)), st.integers(0), seconds)
def test_a_state_arrives(sounding, sent, late_seconds):
    state = SenderState(sounding, Lateness(sent, 2, 0.0, late_seconds, late_seconds))
    assert messages.state_of(through(messages.ANSWER, messages.state_values(state))) == state


@pytest.mark.parametrize("data", [b"", b"nonsense\n", b"{}\n", b"[]\n", b"[1]\n", b'"play"\n'])
def test_what_is_no_message_is_refused(data):
    with pytest.raises(ValueError, match="not a message|Expecting value"):
        messages.read(data)
