"""What a session leaves behind: notes where they were played, in bars and tempo that a DAW reads."""

from __future__ import annotations

import pytest

from musegen_daw.jam.events import note_off, note_on
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.midi.file import song_from_bytes, song_to_bytes
from musegen_daw.music.clip import Note
from tests.jam.doubles import at, riff


def recorder_of(events, meter=(4, 4), source="keys"):
    recorder = Recorder(BarGrid(*meter))
    recorder.start(0.0)
    for beats, data in events:
        recorder.heard(at(0.0, data), beats, source)
    return recorder


def test_a_recording_comes_back_from_a_midi_file_in_time() -> None:
    recorder = recorder_of(riff(range(2)))
    for beat in range(8):
        recorder.sent(Note(36, 100, beat * LIVE_PPQ, 96))
    for tick in range(8 * 24):
        beats = tick / 24
        recorder.time(beats, 10 + beats * 60 / 120 if beats < 4 else 12 + (beats - 4) * 60 / 90)
    song = recorder.stop()
    heard, drums = song_from_bytes(song_to_bytes(song), "jam.mid").clips
    assert (heard.name, drums.name, drums.is_drum) == ("keys", "Drums", True)
    assert heard.notes == song.clips[0].notes
    assert [note.start_ticks for note in drums.notes] == [beat * LIVE_PPQ for beat in range(8)]
    starts = [beats for beats, data in riff(range(2)) if data[0] == 0x90]
    assert [note.start_ticks for note in heard.notes] == [round(beats * LIVE_PPQ) for beats in starts]
    assert [(tempo.start_ticks, round(tempo.bpm)) for tempo in song.time_map.tempos] == [(0, 120), (1920, 90)]
    assert heard.length_ticks == drums.length_ticks == 2 * 4 * LIVE_PPQ


def test_the_first_tempo_holds_from_the_start() -> None:
    recorder = recorder_of([])
    for tick in range(4 * 24):
        recorder.time(17.3 + tick / 24, tick / 24 * 60 / 100)
    tempos = recorder.stop().time_map.tempos
    assert [(tempo.start_ticks, tempo.bpm) for tempo in tempos] == [(0, pytest.approx(100.0))]


def test_what_was_called_back_is_not_recorded_and_what_sounded_ends() -> None:
    recorder = recorder_of([])
    for start in (0, 480, 960):
        recorder.sent(Note(36, 100, start, 120))
    recorder.cut(500 / LIVE_PPQ)
    assert recorder.stop().clips[-1].notes == (Note(36, 100, 0, 120), Note(36, 100, 480, 20))


def test_held_notes_end_where_the_playing_stopped() -> None:
    recorder = recorder_of([(1.0, bytes((0x90, 60, 80)))])
    recorder.released(3.0, "other")
    recorder.released(5.0)
    (part,) = recorder.stop().parts
    assert part.notes == (Note(60, 80, LIVE_PPQ, 4 * LIVE_PPQ),)
    assert part.length_ticks == 8 * LIVE_PPQ


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (6, 8), (2, 2)])
def test_the_meter_is_told(meter) -> None:
    (signature,) = recorder_of([], meter).stop().time_map.time_signatures
    assert (signature.numerator, signature.denominator) == meter


def test_an_empty_session_is_one_empty_bar() -> None:
    song = recorder_of([]).stop()
    assert [clip.notes for clip in song.clips] == [()]
    assert song.end_ticks == 4 * LIVE_PPQ
    assert song_from_bytes(song_to_bytes(song), "jam.mid").parts == ()


def test_every_input_is_a_track_of_its_own() -> None:
    recorder = recorder_of(riff(range(1)), source="bass")
    recorder.heard(at(0.0, bytes((0x90, 60, 80))), 0.0, "")
    assert [part.name for part in recorder.stop().parts] == ["Heard", "bass"]


def play(recorder, beats):
    for tick in range(24):
        recorder.time(beats + tick / 24, (beats + tick / 24) * 60 / 100)
    recorder.heard(at(0.0, note_on(0, 60, 80)), beats, "keys")
    recorder.heard(at(0.0, note_off(0, 60)), beats + 0.5, "keys")
    recorder.sent(Note(36, 100, round(beats * LIVE_PPQ), 96))


def test_nothing_is_kept_before_and_after():
    recorder = Recorder(BarGrid())
    play(recorder, 1.0)
    assert recorder.stop(2.0) is None
    recorder.start(9.5)
    assert recorder.is_running
    for beats in (10.0, 13.0):
        play(recorder, beats)
    song = recorder.stop(14.0)
    assert not recorder.is_running
    play(recorder, 15.0)
    heard, drums = song.clips
    assert [note.start_ticks for note in heard.notes] == [2 * LIVE_PPQ, 5 * LIVE_PPQ]
    assert [note.start_ticks for note in drums.notes] == [2 * LIVE_PPQ, 5 * LIVE_PPQ]
    assert drums.length_ticks == 8 * LIVE_PPQ
    assert song.time_map.bpm_at(0) == 100


def test_what_was_sent_ahead_and_is_not_heard_is_not_kept():
    recorder = Recorder(BarGrid())
    recorder.start(4.0)
    for beats in (4.0, 5.0, 6.0):
        recorder.sent(Note(36, 100, round(beats * LIVE_PPQ), 96))
    recorder.heard(at(0.0, note_on(0, 60, 80)), 5.0, "keys")
    heard, drums = recorder.stop(5.5).clips
    assert [note.start_ticks for note in drums.notes] == [0, LIVE_PPQ]
    assert [(note.start_ticks, note.duration_ticks) for note in heard.notes] == [(LIVE_PPQ, LIVE_PPQ // 2)]


def test_a_hit_just_ahead_of_the_bar_belongs_to_it():
    recorder = Recorder(BarGrid())
    recorder.start(4.0)
    recorder.sent(Note(36, 100, 4 * LIVE_PPQ - 10, 96))
    recorder.sent(Note(38, 100, 3 * LIVE_PPQ, 96))
    (drums,) = recorder.stop(8.0).clips
    assert [(note.pitch, note.start_ticks) for note in drums.notes] == [(36, 0)]


def test_another_start_while_it_runs_changes_nothing():
    recorder = Recorder(BarGrid())
    recorder.start(0.0)
    recorder.start(40.0)
    play(recorder, 1.0)
    assert recorder.stop().clips[-1].notes[0].start_ticks == LIVE_PPQ
