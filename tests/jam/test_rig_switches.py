"""What is switched while a rig plays: a recording, a style, and a knob that is to move nothing any more."""

from dataclasses import replace

import pytest

from musegen_daw.errors import MidiFileError, MusegenError
from musegen_daw.jam.control.control_map import Knob, load_control_map
from musegen_daw.jam.events import control_change
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.midi.file import read_midi
from tests.jam.conftest import ALONE
from tests.jam.test_rig import play_chords
from tests.style_book import NAMES


def test_a_recording_is_begun_and_ended_while_it_plays(rigs, tmp_path):
    jam = rigs()
    path = tmp_path / "jam.mid"
    jam.rig.start()
    jam.clock.advance(0.1)
    play_chords(jam, 2)
    assert jam.rig.record_path is None
    assert jam.rig.stop_recording() is None
    jam.rig.start_recording(path)
    assert jam.rig.record_path == path
    play_chords(jam, 2)
    assert jam.rig.stop_recording() == path
    assert jam.rig.record_path is None
    heard, drums = read_midi(path).clips
    assert len(heard.notes) == 2 * 4 * 3
    assert drums.is_drum
    assert len(drums.notes) >= 2 * 4
    assert heard.length_ticks <= 3 * 4 * heard.ppq
    play_chords(jam, 1)
    jam.close()
    assert len(read_midi(path).clips[0].notes) == len(heard.notes)


def test_a_recording_that_runs_is_written_at_the_end(rigs, tmp_path):
    jam = rigs(jam=ALONE)
    jam.rig.start()
    jam.clock.advance(4.0)
    jam.rig.start_recording(tmp_path / "jam.mid")
    jam.clock.advance(4.0)
    jam.close()
    (drums,) = read_midi(tmp_path / "jam.mid").clips
    assert drums.notes


def test_where_it_cannot_be_written_is_said_and_the_jam_goes_on(rigs, tmp_path):
    jam = rigs(jam=ALONE)
    jam.rig.start()
    jam.rig.start_recording(tmp_path / "gone" / "jam.mid")
    jam.clock.advance(1.0)
    with pytest.raises(MidiFileError, match="gone"):
        jam.rig.stop_recording()
    jam.clock.advance(1.0)
    assert jam.rig.status.jam.is_playing


def test_a_style_is_asked_for_from_then_on(rigs):
    jam = rigs(jam=ALONE)
    jam.rig.start()
    jam.clock.advance(9.0)
    assert {request.style.name for request in jam.drummer.requests if request.style} == {NAMES[0]}
    asked = len(jam.drummer.requests)
    jam.rig.set_style("bossa")
    assert jam.rig.style == "bossa"
    jam.clock.advance(0.5)
    assert len(jam.drummer.requests) > asked
    assert jam.drummer.requests[-1].style.name == "bossa"
    jam.clock.advance(20.0)
    assert jam.drummer.requests[-1].locked_bars
    assert {request.style.name for request in jam.drummer.requests[asked:]} == {"bossa"}
    with pytest.raises(MusegenError, match="There is no style 'xyzzy'"):
        jam.rig.set_style("xyzzy")
    assert jam.rig.style == "bossa"
    asked = len(jam.drummer.requests)
    jam.rig.set_style("")
    jam.clock.advance(1.0)
    assert jam.rig.style == ""
    assert jam.drummer.requests[asked].style is None


def test_a_jam_begins_in_a_style(rigs):
    jam = rigs(jam=ALONE, style="samba")
    jam.rig.start()
    jam.clock.advance(3.0)
    styles = [request.style for request in jam.drummer.requests if request.parts or len(request.bars) > 2]
    assert all(style.name == "samba" for style in styles)
    assert jam.drummer.requests[-1].style.name == "samba"
    with pytest.raises(MusegenError, match="There is no style"):
        rigs(style="xyzzy")


@pytest.mark.parametrize(
    ("meter", "beats", "clicks"), [((3, 4), 3.0, 3), ((6, 8), 3.0, 2), ((7, 8), 3.5, 7), ((5, 4), 5.0, 5)]
)
def test_a_jam_in_another_meter_counts_in_and_plays_its_bars(rigs, meter, beats, clicks):
    grid = BarGrid(*meter)
    jam = rigs(jam=replace(ALONE, grid=grid), count_in_bars=1)
    wire = jam.hears()
    jam.rig.start()
    jam.clock.advance(0.1 + beats * 0.5 - 0.05)
    assert sum(data[0] & 0xF0 == 0x90 for data in wire.datas) == clicks
    jam.clock.advance(10 * beats * 0.5)
    request = jam.drummer.requests[-1]
    assert {bar.length_ticks for bar in request.bars} == {round(beats * LIVE_PPQ)}
    assert {bar.is_compound for bar in request.bars} == {meter == (6, 8)}
    assert jam.rig.status.jam.song_bar == 9
    assert jam.rig.status.jam.late_bars == 0


def test_a_knob_is_forgotten_and_the_map_saved_without_it(rigs, tmp_path):
    jam = rigs(control_map="pads")
    for target, number in (("density", 21), ("density", 22)):
        jam.rig.session.learn(target)
        jam.arrive(control_change(0, number, 64))
        jam.clock.advance(0.1)
    first, second = Knob("cc", 0, 21), Knob("cc", 0, 22)
    assert jam.rig.session.control_map.knobs_of("density") == (first, second)
    jam.rig.session.forget(first)
    jam.clock.advance(0.1)
    jam.rig.save_learned()
    assert load_control_map("pads", tmp_path / "config" / "controls").bindings == ((second, "density"),)
    before = jam.rig.status.jam.controls
    jam.arrive(control_change(0, 21, 5))
    jam.clock.advance(0.1)
    assert jam.rig.status.jam.controls == before
    assert str(first) == "CC 21 (channel 1)"
    assert str(Knob("note", 9, 36)) == "note 36 (channel 10)"
