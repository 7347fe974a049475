"""A rig plays, is steered and ends as a whole, on ports in memory and a clock that is told to go on."""

from __future__ import annotations

import pytest

from musegen_daw.errors import PortError
from musegen_daw.jam import user_settings
from musegen_daw.jam.clock.midi_clock import ClockState
from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.control.control_map import ControlMap, Knob, load_control_map
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import CLOCK, CONTINUE, START, STOP, control_change, note_off, note_on
from musegen_daw.jam.output.performer import Kit as DrumKit
from musegen_daw.jam.settings import ClockSource, JamMode, JamSettings, RigSettings
from musegen_daw.midi.file import read_midi
from musegen_daw.music.drum_maps import DrumMap
from tests.devices.doubles import FakeRtMidi
from tests.jam.clock.link_session import FakeLink
from tests.jam.conftest import ALONE, PLAIN, absent
from tests.jam.doubles import CLOSED_HAT, KICK

BEAT = 0.5  # seconds at 120 BPM


def play_chords(jam, bars):
    """Four chords a bar from now on."""
    for _ in range(4 * bars):
        for pitch in (48, 52, 55):
            jam.arrive(note_on(0, pitch, 80))
        jam.clock.advance(BEAT / 2)
        for pitch in (48, 52, 55):
            jam.arrive(note_off(0, pitch))
        jam.clock.advance(BEAT / 2)


def test_drums_follow_what_comes_in_and_all_ends_with_the_rig(rigs) -> None:
    jam = rigs()
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(0.1)
    play_chords(jam, 4)
    jam.clock.advance(0.05)
    status = jam.rig.status
    assert (status.transport, status.clock, status.is_ready) == (TransportState.PLAYING, None, True)
    assert [port.name for port in (*status.inputs, *status.outputs)] == ["musegen in", "musegen drums"]
    assert status.inputs[0].active_seconds is not None
    assert (status.jam.song_bar, status.jam.phase) == (4, "following")
    assert sum(wire.strikes.values()) >= 3 * 4
    assert set(wire.strikes) >= {(9, KICK), (9, CLOSED_HAT)}
    assert wire.sounding
    jam.close()
    assert not wire.sounding
    assert not wire.faults


def test_the_picture_has_what_was_heard_what_plays_and_what_comes(rigs) -> None:
    jam = rigs()
    jam.rig.start()
    jam.clock.advance(0.1)
    play_chords(jam, 3)
    jam.clock.advance(0.8 * BEAT)
    assert jam.rig.session.picture.heard == ()  # nobody had looked
    jam.clock.advance(0.05)
    picture = jam.rig.session.picture
    assert picture.bar == 3
    assert picture.beats == pytest.approx(jam.rig.beats_now(), abs=0.2)
    assert len(picture.heard) == 3 * 4 * 3
    assert [pattern.bar for pattern in picture.played] == [1, 2, 3]
    assert [pattern.bar for pattern in picture.planned] == [4, 5]


def test_tempo_taps_and_switches(rigs) -> None:
    jam = rigs(jam=ALONE, tempo_bpm=100.0)
    assert not jam.rig.time.is_led
    jam.rig.toggle()
    jam.clock.advance(1.0)
    assert jam.rig.status.jam.is_playing
    jam.rig.time.set_tempo(90.0)
    jam.clock.advance(0.1)
    assert jam.rig.status.jam.bpm == pytest.approx(90)
    for _ in range(4):
        bpm = jam.rig.time.tap()
        jam.clock.advance(0.4)
    assert bpm == pytest.approx(150)
    with pytest.raises(ValueError, match="tempo"):
        jam.rig.time.set_tempo(1000.0)
    jam.rig.toggle()
    jam.clock.advance(0.1)
    assert jam.rig.status.transport is TransportState.STOPPED


def test_controls_and_ways_are_changed_while_playing(rigs) -> None:
    jam = rigs(jam=ALONE, controls=Controls(energy=0.7))
    jam.rig.start()
    jam.clock.advance(5.0)
    assert jam.rig.status.jam.controls == Controls(energy=0.7)
    jam.rig.session.change(lambda _: Controls(density=0.2))
    jam.rig.session.change(lambda controls: Controls(density=controls.density, hold=True))
    jam.rig.session.set_mode(JamMode.LOOP)
    jam.clock.advance(0.1)
    assert jam.rig.status.jam.controls == Controls(density=0.2, hold=True)
    assert jam.rig.status.jam.phase == "waiting for the first note"


def test_panic_silences_and_a_fill_is_played(rigs) -> None:
    jam = rigs(jam=ALONE)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(4.15)
    assert wire.sounding
    jam.rig.session.panic()
    assert not wire.sounding
    jam.rig.session.fill_now()
    jam.clock.advance(6.0)
    assert any(request.fill_bars for request in jam.drummer.requests)
    assert not wire.faults


def test_a_count_in_is_heard_on_the_side_stick_and_has_no_drums(rigs) -> None:
    jam = rigs(jam=ALONE, count_in_bars=1)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(0.1 + 4 * BEAT - 0.03)
    assert [(event.data[1], event.data[2]) for event in wire.events if event.is_note_on] == [
        (37, 110),
        (37, 80),
        (37, 80),
        (37, 80),
    ]
    assert jam.rig.status.transport is TransportState.COUNTING_IN
    jam.clock.advance(0.1)
    assert wire.strikes[9, CLOSED_HAT] == 1


def test_the_drums_go_to_the_kit_that_the_settings_name(rigs) -> None:
    kit = DrumKit(DrumMap("odd", {"kick": 60, "closed hat": 61, "snare": 62}), 3)
    jam = rigs(jam=JamSettings(mode=JamMode.ACCOMPANY, planning=PLAIN.planning, kit=kit), count_in_bars=1)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(6.0)
    assert {channel for channel, _ in wire.strikes} == {3}
    assert {pitch for _, pitch in wire.strikes} <= {60, 61, 62}


def test_a_daw_leads_by_its_clock(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.MIDI)
    wire = jam.hears()
    assert jam.rig.time.is_led
    jam.rig.start()
    jam.rig.time.set_tempo(100.0)
    assert jam.rig.status.clock is ClockState.NO_CLOCK
    jam.arrive(bytes((START,)))
    for _ in range(24 * 9):
        jam.arrive(bytes((CLOCK,)))
        jam.clock.advance(60 / 140 / 24)
    status = jam.rig.status
    assert (status.clock, status.jam.song_bar) == (ClockState.LOCKED, 2)
    assert status.jam.bpm == pytest.approx(140, abs=0.1)
    assert wire.strikes[9, CLOSED_HAT] == pytest.approx(9, abs=1)
    jam.rig.time.stop()
    assert jam.rig.status.jam.is_playing
    jam.arrive(bytes((STOP,)))
    jam.clock.advance(0.1)
    assert not wire.sounding
    assert not jam.rig.status.jam.is_playing


def test_in_a_link_session_drums_begin_on_its_bar_line_and_end_with_its_stop(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.LINK, tempo_bpm=100.0)
    wire, (link,) = jam.hears(), jam.links
    assert link.tempo_bpm == 100.0
    assert not jam.rig.time.is_led
    link.set_tempo(120.0)
    jam.clock.advance(3 * BEAT)
    begin = jam.clock.now_seconds() - link.beat * BEAT + 4 * BEAT
    link.set_playing(True)
    jam.clock.advance(9.5 * BEAT)
    status = jam.rig.status
    assert (status.clock, status.link_peers, status.jam.bpm) == (None, 1, 120.0)
    hats = [event.time_seconds for event in wire.events if event.is_note_on and event.data[1] == CLOSED_HAT]
    assert [round((at - begin) / BEAT, 3) for at in hats[:4]] == [0, 1, 2, 3]
    assert (status.jam.song_bar, status.jam.beat) == (2, 0)
    link.set_playing(False)
    jam.clock.advance(0.02)
    assert not wire.sounding
    assert not jam.rig.status.jam.is_playing
    jam.rig.toggle()
    assert link.is_playing
    jam.rig.time.set_tempo(90.0)
    assert link.tempo_bpm == 90.0


def test_a_jam_that_is_closed_leaves_the_link_session_and_the_others_play_on(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.LINK)
    (link,) = jam.links
    link.set_playing(True)
    jam.clock.advance(9 * BEAT)
    jam.close()
    assert (link.is_playing, link.is_closed) == (True, True)


def test_a_jam_that_cannot_open_its_ports_is_in_no_link_session(rigs, monkeypatch) -> None:
    links = []

    def kept(clock, *given):
        links.append(FakeLink(clock, *given))
        return links[-1]

    monkeypatch.setattr("tests.jam.conftest.FakeLink", kept)
    with pytest.raises(PortError):
        rigs(clock=ClockSource.LINK, input_names=("Nobody's keyboard",))
    assert [link.is_closed for link in links] == [True]


def test_a_tap_says_where_the_bar_begins_of_a_song_joined_midway(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.MIDI)
    for _ in range(24 * 6):
        jam.arrive(bytes((CLOCK,)))
        jam.clock.advance(BEAT / 24)
    assert jam.rig.status.jam.beat == 1
    assert jam.rig.time.tap() is None
    jam.clock.advance(0.05)
    assert jam.rig.status.jam.beat == 0


def test_leading_it_sends_clock_from_a_port_of_its_own(rigs) -> None:
    jam = rigs(jam=ALONE, send_clock=True)
    wire = jam.hears("musegen clock")
    jam.rig.start()
    jam.clock.advance(0.1 + 4 * BEAT)
    assert wire.datas[0] == bytes((START,))
    assert wire.datas.count(bytes((CLOCK,))) == pytest.approx(96, abs=1)
    jam.close()
    assert wire.datas[-1] == bytes((STOP,))


def test_the_sound_device_is_told_as_much_earlier_as_it_is_late(rigs) -> None:
    jam = rigs(jam=ALONE, audio=True)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(8.0)
    by_midi = [event.time_seconds for event in wire.events if event.is_note_on]
    by_sound = [event.time_seconds for event in jam.sound.events if event.is_note_on]
    early = [midi - sound for midi, sound in zip(by_midi[1:], by_sound[1:], strict=False)]
    assert early == pytest.approx([0.05] * len(early))
    assert [port.name for port in jam.rig.status.outputs] == ["musegen drums", "sound device"]
    jam.close()
    assert jam.kits[0].is_closed
    assert not jam.sound.sounding


def test_the_sound_device_alone_needs_no_midi_output(rigs) -> None:
    jam = rigs(jam=ALONE, audio=True, output_name=None, input_names=(), library=FakeRtMidi(), present=absent)
    jam.rig.start()
    jam.clock.advance(3.0)
    assert jam.sound.strikes
    assert jam.rig.offset_seconds == -0.05


def test_an_offset_is_kept_for_its_port(rigs, tmp_path) -> None:
    jam = rigs()
    assert jam.rig.offset_seconds == 0
    jam.rig.offset_seconds = -0.012
    jam.rig.save_offset()
    jam.close()
    assert user_settings.load_offset(tmp_path / "config", "musegen drums", pytest.fail) == -0.012
    again = rigs()
    assert again.rig.status.offset_seconds == -0.012
    again.close()
    assert rigs(offset_seconds=0.02).rig.offset_seconds == 0.02


def test_what_is_learned_is_saved_by_name(rigs, tmp_path) -> None:
    jam = rigs(control_map="pads")
    with pytest.raises(ValueError, match="no control"):
        jam.rig.session.learn("loudness")
    jam.rig.session.learn("density")
    jam.clock.advance()
    assert jam.rig.status.jam.learning == "density"
    jam.arrive(control_change(2, 21, 64))
    jam.clock.advance()
    jam.rig.save_learned()
    folder = user_settings.controls_dir(tmp_path / "config")
    wanted = ControlMap("pads", ((Knob("cc", 2, 21), "density"),))
    assert jam.rig.session.control_map == load_control_map("pads", folder) == wanted
    jam.close()
    again = rigs(control_map="pads")
    again.arrive(control_change(2, 21, 127))
    again.clock.advance()
    assert again.rig.status.jam.controls.density == 1.0


def test_what_is_learned_last_is_saved_at_the_end(rigs, tmp_path) -> None:
    jam = rigs(control_map="knobs")
    jam.rig.session.learn("panic")
    jam.clock.advance()
    jam.arrive(note_on(9, 40, 100))
    jam.clock.advance()
    jam.close()
    wanted = ControlMap("knobs", ((Knob("note", 9, 40), "panic"),))
    assert load_control_map("knobs", user_settings.controls_dir(tmp_path / "config")) == wanted


def test_a_recording_has_a_track_for_what_was_heard_and_one_for_the_drums(rigs, tmp_path) -> None:
    path = tmp_path / "out.mid"
    jam = rigs(record_path=path)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(0.1)
    play_chords(jam, 3)
    jam.clock.advance(0.03)
    jam.close()
    song = read_midi(path)
    (part,), (drums,) = song.parts, song.drums
    assert (part.name, len(part.notes), len(drums.notes)) == (
        "musegen in",
        3 * 4 * 3,
        sum(wire.strikes.values()),
    )
    assert song.time_map.bpm_at(0) == pytest.approx(120)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"tempo_bpm": 1000.0}, "tempo"),
        ({"output_name": None}, "MIDI output or the sound device"),
        ({"send_clock": True, "clock": ClockSource.MIDI}, "followed or sent"),
        ({"offset_seconds": 2.0}, "offset"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        RigSettings(**settings)


def test_continue_goes_on_where_it_stopped(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.MIDI)
    jam.arrive(bytes((START,)))
    for _ in range(24 * 6):
        jam.arrive(bytes((CLOCK,)))
        jam.clock.advance(BEAT / 24)
    jam.arrive(bytes((STOP,)))
    jam.clock.advance(1.0)
    jam.arrive(bytes((CONTINUE,)))
    for _ in range(25):
        jam.arrive(bytes((CLOCK,)))
        jam.clock.advance(BEAT / 24)
    assert jam.rig.status.jam.song_bar == 1


def test_an_input_is_active_when_notes_arrive_and_not_for_clock_or_active_sensing(rigs) -> None:
    jam = rigs(jam=ALONE, clock=ClockSource.MIDI)
    for message in (bytes((START,)), bytes((CLOCK,)), bytes((0xFE,)), control_change(0, 1, 64)):
        jam.arrive(message)
        assert jam.rig.status.inputs[0].active_seconds is None
    jam.arrive(note_on(0, 60, 80))
    assert jam.rig.status.inputs[0].active_seconds == jam.clock.now_seconds()
    jam.clock.advance(1.0)
    jam.arrive(bytes((CLOCK,)))
    assert jam.rig.status.inputs[0].active_seconds == jam.clock.now_seconds() - 1.0
