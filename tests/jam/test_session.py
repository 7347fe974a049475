"""Whole sessions, deterministic: what is sent, where it is sent, and what the player can change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import CONTINUE, START, STOP, control_change, note_off, note_on
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.planning.modes import WhenSilent
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.jam.settings import JamMode, JamSettings
from musegen_daw.midi.file import song_from_bytes, song_to_bytes
from musegen_daw.music.drum_maps import DrumMap
from musegen_daw.resource_paths import drum_model_dir
from tests.jam.doubles import CLOSED_HAT, HIGH_TOM, SNARE, drums_for, riff, struck
from tests.jam.jam import ALONE, GRID, PLAIN, bars_of, offline


@pytest.mark.parametrize("bpm", [60.0, 120.0, 240.0])
def test_the_drums_sent_are_those_generated_offline(jams, bpm) -> None:
    jam = jams(bpm=bpm)
    jam.start()
    jam.play(40, riff(range(10)))
    sent = bars_of(jam.drums())
    expected = offline(jam.drummer.requests, drums_for)
    assert [bar for bar in sent if bar < 10] == list(range(1, 10))
    assert all(sent[bar] == expected[bar] for bar in range(1, 10))
    assert jam.session.status.late_bars == 0


def test_the_bundled_model_plays_live_what_it_plays_offline(jams) -> None:
    class Asked:
        """The generator of the box, and what it was asked."""

        def __init__(self) -> None:
            self.generator = DrumGenerator.open(drum_model_dir())
            self.requests = []

        def generate(self, request, *, cancelled=None):
            self.requests.append(request)
            return self.generator.generate(request, cancelled=cancelled)

    asked = Asked()
    jam = jams(JamSettings(planning=replace(PLAIN, seed=5)), generator=asked, bpm=100.0)
    asked.requests.clear()
    jam.start()
    jam.play(15.9, riff(range(4)))
    sent = bars_of(jam.drums())
    expected = offline(asked.requests, asked.generator.generate, seed=5)
    assert jam.session.status.message == ""
    assert {1, 2, 3} <= sent.keys()
    assert all(sent[bar] == expected[bar] for bar in (1, 2, 3))


def test_two_sessions_are_the_same_to_the_microsecond(jams) -> None:
    def played():
        jam = jams(JamSettings(mode=JamMode.LOOP, loop_bars=2, planning=replace(PLAIN, fill_every_bars=4)))
        jam.start()
        jam.play(48, riff(range(12)))
        return jam.port.sent

    first = played()
    assert len(first) > 100
    assert played() == first


def test_every_hit_is_sent_at_its_time_on_its_channel(jams) -> None:
    kit = Kit(DrumMap("odd", {"closed hat": 10, "snare": 20}), channel=3, note_seconds=0.05)
    jam = jams(replace(ALONE, kit=kit), bpm=90.0)
    jam.start()
    jam.play(8.5)
    hats = [at for at, _, pitch, _ in jam.port.notes if pitch == 10]
    assert hats == pytest.approx([jam.transport.seconds_at(beat) for beat in range(9)], abs=1e-9)
    assert {(channel, pitch) for _, channel, pitch, _ in jam.port.notes} == {(3, 10), (3, 20)}
    offs = [at for at, data in jam.port.sent if data[0] == 0x83 and data[1] == 10]
    assert offs == pytest.approx([at + 0.05 for at in hats[: len(offs)]], abs=1e-9)


def test_a_port_that_is_slow_to_sound_is_sent_to_early_and_nothing_twice(jams) -> None:
    jam = jams(ALONE, offset_seconds=-0.15)
    jam.start(lead_seconds=0.3)
    jam.play(6.3)
    jam.transport.set_tempo(180.0)
    jam.play(15.5)
    hats = [
        ticks / LIVE_PPQ
        for ticks, pitch, _ in jam.drums(lambda at: jam.transport.position(at + 0.15))
        if pitch == CLOSED_HAT
    ]
    assert [beat for beat in hats if beat >= 6.9] == pytest.approx(list(range(7, 16)), abs=0.01)
    assert len(hats) == 16


@pytest.mark.parametrize("tempos", [(120, 60), (120, 240), (90, 91)])
@pytest.mark.parametrize("at_beats", [5.0, 5.9, 6.04])
def test_a_change_of_tempo_loses_and_doubles_no_hit(jams, tempos, at_beats) -> None:
    jam = jams(ALONE, bpm=tempos[0])
    jam.start()
    jam.play(at_beats)
    jam.transport.set_tempo(tempos[1])
    jam.play(12.5)
    hats = [at for at, _, pitch, _ in jam.port.notes if pitch == CLOSED_HAT]
    assert len(hats) == 13
    after = [at for at in hats if jam.transport.position(at) > at_beats + 0.05]
    expected = [jam.transport.seconds_at(beat) for beat in range(13) if beat > at_beats + 0.05]
    assert after == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("bars", [1, 2, 3])
def test_a_count_in_is_silent_and_the_drums_are_there_on_the_first_beat(jams, bars) -> None:
    jam = jams(ALONE)
    jam.start(count_in_bars=bars)
    jam.play(4.2)
    assert jam.session.status.message == ""
    drums = jam.drums()
    assert drums[0][0] == 0
    assert jam.session.status.late_bars == 0


def test_a_count_in_is_silent_later_in_a_session_too(jams) -> None:
    jam = jams(ALONE)
    jam.start()
    jam.play(9.5)
    jam.transport.stop()
    jam.clock.advance(1.0)
    before = len(jam.port.notes)
    jam.start(beat=8.0, count_in_bars=1)
    jam.play(12.2)
    assert min(ticks for ticks, _, _ in jam.drums()[before:]) == 8 * LIVE_PPQ


def test_knobs_and_pads_play_along_and_are_no_music(jams) -> None:
    bindings = (
        (Knob("note", 0, 36), "fill now"),
        (Knob("note", 0, 37), "mute closed hat"),
        (Knob("cc", 0, 7), "energy"),
    )
    jam = jams(control_map=ControlMap("", bindings))
    jam.start()
    jam.play(9.2, [*struck(36, 0.0), *struck(37, 0.5), *struck(37, 1.0)])
    assert jam.port.sent == []
    music = riff(range(3, 10))
    jam.play(20.5, music)
    jam.receive(note_on(0, 37, 100))
    jam.receive(note_off(0, 37))
    jam.receive(note_on(0, 36, 100))
    jam.play(28.2, music)
    assert jam.session.status.controls.muted == {"closed hat"}
    drums = bars_of(jam.drums())
    assert [pitch for _, pitch, _ in drums[6]].count(CLOSED_HAT) == 0
    assert [bar for bar in drums if HIGH_TOM in [pitch for _, pitch, _ in drums[bar]]] == [6]
    loud = [velocity for _, pitch, velocity in drums[6] if pitch == SNARE]
    jam.receive(control_change(0, 7, 0))
    jam.play(32.2, music)
    soft = [velocity for ticks, pitch, velocity in bars_of(jam.drums())[7] if pitch == SNARE]
    expected = offline(jam.drummer.requests, drums_for)
    assert loud == [velocity for _, pitch, velocity in expected[6] if pitch == SNARE]
    assert soft < [velocity for _, pitch, velocity in expected[7] if pitch == SNARE]


def test_a_knob_is_learned_while_playing(jams) -> None:
    jam = jams()
    jam.session.learn("density")
    jam.receive(control_change(0, 20, 64))
    jam.clock.advance(0.1)
    jam.receive(control_change(0, 20, 127))
    jam.clock.advance(0.1)
    assert jam.session.control_map.target_of(Knob("cc", 0, 20)) == "density"
    assert jam.session.status.controls.density == 1.0
    with pytest.raises(ValueError, match="there is no control"):
        jam.session.learn("reverb")


def test_controls_can_be_set_from_the_first_bar_on(jams) -> None:
    jam = jams(ALONE, controls=Controls(swing=0.6, density=0.3))
    jam.start()
    jam.play(2)
    jam.session.change(lambda _: Controls(muted=frozenset({"closed hat"})))
    jam.play(3.9)
    assert jam.drummer.requests[0].density == 0.3
    assert [ticks // LIVE_PPQ for ticks, pitch, _ in jam.drums() if pitch == CLOSED_HAT] == [0, 1, 2]


def test_a_daw_that_loops_is_followed_without_a_seam(jams) -> None:
    """Two bars that the DAW plays over and over; the drums never miss a beat and never play one twice."""
    jam = jams(replace(ALONE, when_silent=WhenSilent.KEEP), follows=True)
    jam.tick(24)
    jam.follower.feed(bytes((START,)), jam.clock.now_seconds())
    begin = jam.clock.now_seconds()
    for turn in range(4):
        if turn:
            jam.follower.feed(bytes((0xF2, 0, 0)), jam.clock.now_seconds())
        jam.tick(8 * 24)
    hats = sorted(at - begin for at, _, pitch, _ in jam.port.notes if pitch == CLOSED_HAT)
    late = [at for at in hats if at > 4.01]
    assert late == pytest.approx([beat / 2 for beat in range(9, 8 * 4 + 1)][: len(late)], abs=0.006)
    assert len(late) >= 23
    assert jam.session.status.song_bar in (0, 1)
    jam.follower.feed(bytes((STOP,)), jam.clock.now_seconds())
    jam.session.wake()
    jam.clock.advance()
    assert not jam.scheduler.sounding
    jam.follower.feed(bytes((CONTINUE,)), jam.clock.now_seconds())
    before = len(jam.port.notes)
    jam.tick(60)
    assert len(jam.port.notes) > before


def test_what_was_heard_and_sent_is_recorded_in_time(jams) -> None:
    recorder = Recorder(GRID)
    recorder.start(0.0)
    jam = jams(recorder=recorder, bpm=100.0)
    jam.start()
    jam.play(14.3, riff(range(6)))
    jam.transport.set_tempo(140.0)
    jam.play(22.05, riff(range(6)))
    positions = jam.drums()
    jam.transport.stop()
    jam.clock.advance(0.1)
    song = song_from_bytes(song_to_bytes(recorder.stop()), "jam.mid")
    heard, drums = song.clips
    onsets = [round(beats * LIVE_PPQ) for beats, data in riff(range(6)) if data[0] == 0x90 and beats < 22.05]
    assert [note.start_ticks for note in heard.notes] == pytest.approx(onsets, abs=1)
    assert len(drums.notes) == len(jam.port.notes)
    late = [(note.start_ticks, note.pitch) for note in drums.notes if note.start_ticks > 14.5 * LIVE_PPQ]
    assert late == sorted((ticks, pitch) for ticks, pitch, _ in positions if ticks > 14.5 * LIVE_PPQ)
    assert [round(tempo.bpm) for tempo in song.time_map.tempos] == [100, 140]
    assert song.time_map.tempos[1].start_ticks == pytest.approx(14.3 * LIVE_PPQ, abs=25)


def test_a_plan_tells_why(jams) -> None:
    jam = jams()
    jam.start()
    jam.play(10.1, riff(range(3)))
    status = jam.session.status
    assert status.reason.follow is not None
    assert "hits a bar" in str(status.reason)
    assert (status.song_bar, status.beat, status.bpm, status.phase) == (2, 2, 120.0, "following")
    assert len(jam.session.delays.of_plans) == len(jam.drummer.requests)
    assert jam.session.delays.of_notes
