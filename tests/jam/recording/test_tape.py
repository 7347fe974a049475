"""A tape keeps what is played while it runs, from the bar on in which it was started."""

from musegen_daw.jam.events import note_off, note_on
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.jam.recording.tape import JamRecording
from musegen_daw.music.clip import Note
from tests.jam.doubles import at


def play(tape, beats):
    for tick in range(24):
        tape.time(beats + tick / 24, (beats + tick / 24) * 60 / 100)
    tape.heard(at(0.0, note_on(0, 60, 80)), beats, "keys")
    tape.heard(at(0.0, note_off(0, 60)), beats + 0.5, "keys")
    tape.sent(Note(36, 100, round(beats * LIVE_PPQ), 96))


def test_nothing_is_kept_before_and_after():
    tape = JamRecording(BarGrid())
    play(tape, 1.0)
    assert tape.stop(2.0) is None
    tape.start(9.5)
    assert tape.is_running
    for beats in (10.0, 13.0):
        play(tape, beats)
    song = tape.stop(14.0)
    assert not tape.is_running
    play(tape, 15.0)
    heard, drums = song.clips
    assert [note.start_ticks for note in heard.notes] == [2 * LIVE_PPQ, 5 * LIVE_PPQ]
    assert [note.start_ticks for note in drums.notes] == [2 * LIVE_PPQ, 5 * LIVE_PPQ]
    assert drums.length_ticks == 8 * LIVE_PPQ
    assert song.time_map.bpm_at(0) == 100


def test_what_was_sent_ahead_and_is_not_heard_is_not_kept():
    tape = JamRecording(BarGrid())
    tape.start(4.0)
    for beats in (4.0, 5.0, 6.0):
        tape.sent(Note(36, 100, round(beats * LIVE_PPQ), 96))
    tape.heard(at(0.0, note_on(0, 60, 80)), 5.0, "keys")
    heard, drums = tape.stop(5.5).clips
    assert [note.start_ticks for note in drums.notes] == [0, LIVE_PPQ]
    assert [(note.start_ticks, note.duration_ticks) for note in heard.notes] == [(LIVE_PPQ, LIVE_PPQ // 2)]


def test_a_hit_just_ahead_of_the_bar_belongs_to_it():
    tape = JamRecording(BarGrid())
    tape.start(4.0)
    tape.sent(Note(36, 100, 4 * LIVE_PPQ - 10, 96))
    tape.sent(Note(38, 100, 3 * LIVE_PPQ, 96))
    (drums,) = tape.stop(8.0).clips
    assert [(note.pitch, note.start_ticks) for note in drums.notes] == [(36, 0)]


def test_another_start_while_it_runs_changes_nothing():
    tape = JamRecording(BarGrid())
    tape.start(0.0)
    tape.start(40.0)
    play(tape, 1.0)
    assert tape.stop().clips[-1].notes[0].start_ticks == LIVE_PPQ
