"""The Jam panel: controls, saved choices, MIDI learn, messages."""

import threading
from datetime import datetime

import pytest
from PySide6.QtCore import Qt

from musegen_daw.errors import PortError
from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.control.sections import Section, Sections
from musegen_daw.jam.offset import OffsetMeasurement
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.planning.heard import HeardNote
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.repertoire import CalledUp
from musegen_daw.jam.settings import ClockSource
from musegen_daw.music.kit import VOICES
from musegen_daw.sampler_maps import load_drum_map
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.jam.controls import recording_path
from musegen_daw.ui.jam.panel import JamPanel
from musegen_daw.ui.jam.pickers import JamChoices
from musegen_daw.ui.jam.styles import heard_request
from musegen_daw.ui.panel import GOOD, INFO, WARN
from tests.pages.jam import LEARNABLE, JamPage
from tests.pages.page import drag_out, drop
from tests.style_book import NAMES
from tests.ui.doubles import PATIENCE_SECONDS
from tests.ui.jam.rig import Rigs


@pytest.fixture
def control(qtbot):
    made = JamControl(Rigs())
    yield made
    made.close()


@pytest.fixture
def drags():
    return []


@pytest.fixture
def panel(qtbot, context, control, drags):
    made = JamPanel(context, control, drag=lambda widget, paths, picture: drags.append(list(paths)) or True)
    qtbot.addWidget(made)
    made.resize(1196, 612)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    with qtbot.waitSignal(control.opened):
        made.restore_state({})
    yield made
    made.close_work()


@pytest.fixture
def page(qtbot, panel):
    return JamPage(panel, qtbot)


@pytest.fixture
def messages(panel, control):
    """The sentences of the panel and of the jam, with their levels."""
    found = []
    panel.message.connect(lambda sentence, level: found.append((sentence, level)))
    control.message.connect(lambda sentence: found.append((sentence, INFO)))
    return found


def look(qtbot, control, times=2):
    for _ in range(times):
        with qtbot.waitSignal(control.polled):
            pass


STORED = Sections({"A": Section.of("bossa", Controls(energy=0.5)), "C": Section()})


def test_a_section_is_recalled_by_a_click_and_by_its_key(control, page):
    page.click("section-b")
    for key in (Qt.Key.Key_F5, Qt.Key.Key_F8):
        page.key(key)
    assert control.rig.told == [("recall", name) for name in "BAD"]
    assert not page.is_checked("section-b")  # until the jam says so


def test_a_section_is_stored_by_a_long_press_a_shift_click_and_its_key(qtbot, control, page):
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(page.find("section-a"), left, shift)
    page.key(Qt.Key.Key_F6, shift)
    qtbot.mousePress(page.find("section-c"), left)
    page.until(lambda: len(control.rig.told) == 3)
    qtbot.mouseRelease(page.find("section-c"), left)
    assert control.rig.told == [("store", name) for name in "ABC"]
    qtbot.mouseClick(page.find("section-c"), left)
    assert control.rig.told[3:] == [("recall", "C")]


def test_the_sections_tell_what_is_stored_which_is_current_and_whether_it_was_changed(qtbot, control, page):
    def shown():
        look(qtbot, control)
        found = [page.find(f"section-{name}") for name in "abcd"]
        return [each.text() for each in found], [each.isChecked() for each in found]

    assert shown() == (["A", "B", "C", "D"], [False] * 4)
    assert page.find("section-a").accessibleDescription() == "empty"
    control.rig.show(called_up=CalledUp("bossa", "A", STORED))
    assert shown() == (["A", "B", "C", "D"], [True, False, False, False])
    assert page.find("section-a").accessibleDescription() == "style bossa, current"
    assert page.find("section-c").accessibleDescription() == "style as you play"
    control.rig.show(controls=Controls(energy=0.9))
    assert shown()[0] == ["A*", "B", "C", "D"]
    control.rig.show(called_up=CalledUp("", "C", STORED), controls=Controls())
    assert shown() == (["A", "B", "C", "D"], [False, False, True, False])


def test_a_style_that_was_called_up_elsewhere_is_shown_and_kept(qtbot, panel, control, page):
    control.rig.show(called_up=CalledUp("half-time"))
    look(qtbot, control)
    assert page.find("style").style_name == "half-time"
    assert panel.saved_state()["style"] == "half-time"


def test_the_channel_of_program_changes_is_chosen_and_opens_the_jam_with_it(qtbot, panel, control, page):
    with qtbot.waitSignal(control.opened):
        page.choose("program-changes", "PC: channel 16")
    assert control.rig.settings.control_channel == 15
    assert panel.saved_state()["control_channel"] == 16
    with qtbot.waitSignal(control.opened):
        page.choose("program-changes", "PC: off")
    assert control.rig.settings.control_channel is None


def test_styles_and_sections_can_be_mapped(control, page):
    assert page.menu("style") == [
        "MIDI learn: move a knob or hit a pad, for 'style'",
        "MIDI learn: move a knob or hit a pad, for 'next style'",
        "MIDI learn: move a knob or hit a pad, for 'previous style'",
    ]
    page.find("style").actions()[1].trigger()
    page.learn("section-d")
    assert control.rig.told == [("learn", "next style"), ("learn", "section D")]
    page.until(lambda: page.text("section-d") == "pad?")
    control.rig.show(learning=None)
    page.until(lambda: page.text("section-d") == "D")


@pytest.fixture
def link_is_missing(monkeypatch):
    monkeypatch.setattr("musegen_daw.devices.link.PACKAGE", "no_such_package_of_link")


def test_link_is_greyed_with_how_to_install_it_where_it_is_missing(link_is_missing, qtbot, context, control):
    made = JamPanel(context, control)
    qtbot.addWidget(made)
    said = []
    made.message.connect(lambda *message: said.append(message))
    with qtbot.waitSignal(control.opened):
        made.restore_state({"clock": "link"})
    clock = JamPage(made, qtbot).find("clock")
    row = clock.findText("Ableton Link (not installed)")
    assert not clock.model().flags(clock.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled
    assert "pip install 'musegen-daw[link]'" in clock.itemData(row, Qt.ItemDataRole.ToolTipRole)
    assert "pip install 'musegen-daw[link]'" in clock.toolTip()
    assert control.rig.settings.clock is ClockSource.INTERNAL
    assert said[0][1] == WARN
    assert "The jam keeps its own tempo. Ableton Link is not installed." in said[0][0]
    made.close_work()


def test_link_is_chosen_where_it_is_there(monkeypatch, qtbot, context, control):
    monkeypatch.setattr("musegen_daw.devices.link.PACKAGE", "json")
    made = JamPanel(context, control)
    qtbot.addWidget(made)
    with qtbot.waitSignal(control.opened):
        made.restore_state({})
    page = JamPage(made, qtbot)
    with qtbot.waitSignal(control.opened):
        page.choose("clock", "Ableton Link")
    assert control.rig.settings.clock is ClockSource.LINK
    assert made.saved_state()["clock"] == "link"
    assert not page.is_enabled("count-in")
    made.close_work()


def test_pad_and_slider_set_the_controls_and_are_kept(panel, control, page):
    page.set("variation", 80)
    page.move_pad(0.25, 0.9)
    moved = control.rig.status.jam.controls
    assert (moved.variation, moved.density, moved.energy) == pytest.approx((0.8, 0.25, 0.9), abs=0.02)
    assert JamChoices.from_dict(panel.saved_state())[0].controls == moved
    page.key(Qt.Key.Key_A, widget=page.find("feel"))
    assert control.rig.status.jam.controls == Controls(variation=0.8)


def test_controls_moved_by_a_knob_are_shown_and_saved(qtbot, panel, control, page):
    control.rig.show(controls=Controls(density=0.7, variation=0.2, hold=True, muted=frozenset({"crash"})))
    look(qtbot, control)
    assert page.find("feel").point == (0.7, 0.5)
    assert page.text("variation") == "20 %"
    assert page.is_checked("hold")
    assert page.muted == ["crash"]
    assert JamChoices.from_dict(panel.saved_state())[0].controls.muted == {"crash"}
    assert control.rig.told == []


def test_keys_fill_hold_and_mute(qtbot, panel, control):
    for key in (Qt.Key.Key_F, Qt.Key.Key_H, Qt.Key.Key_1, Qt.Key.Key_9):
        qtbot.keyClick(panel, key)
    assert control.rig.told[0] == "fill"
    assert control.rig.status.jam.controls == Controls(hold=True, muted=frozenset({VOICES[0], VOICES[8]}))
    qtbot.keyClick(panel, Qt.Key.Key_1)
    assert control.rig.status.jam.controls.muted == {VOICES[8]}


def test_midi_learn_by_right_click_can_be_cancelled(qtbot, panel, control, page):
    page.find("feel").actions()[1].trigger()
    assert control.rig.told == [("learn", "energy")]
    look(qtbot, control)
    assert page.find("feel").accessibleDescription().startswith("energy: move a knob")
    assert panel.escape_pressed()
    assert control.rig.told[-1] == ("learn", None)
    look(qtbot, control)
    assert page.find("feel").accessibleDescription().startswith("Feel, auto density: ")
    assert not panel.escape_pressed()


def test_every_control_can_be_learned(control, page):
    for name in LEARNABLE:
        page.learn(name)
    targets = [each[1] for each in control.rig.told if each[0] == "learn"]
    assert targets == [
        "density",
        "variation",
        "fill now",
        "hold",
        "swing",
        *(f"mute {voice}" for voice in VOICES),
        *(f"section {name}" for name in "ABCD"),
        "style",
    ]


def test_late_drums_are_reported(qtbot, panel, control, messages):
    control.rig.show(late_bars=1)
    look(qtbot, control, 3)
    late = [sentence for sentence, level in messages if level == WARN]
    assert len(late) == 1
    assert "were late" in late[0]


def test_another_clock_or_sound_device_reopens_the_jam(qtbot, control, page):
    with qtbot.waitSignal(control.opened):
        page.choose("clock", "MIDI clock")
    assert control.rig.settings.clock.value == "midi"
    assert not page.is_enabled("count-in")
    with qtbot.waitSignal(control.opened):
        page.click("sound-device")
    assert control.rig.settings.audio


def test_another_port_is_a_setting_and_reopens_the_jam(qtbot, control, context, page):
    with qtbot.waitSignal(control.opened):
        context.settings.change(input_port="Keys")
    assert control.rig.settings.input_names == ("Keys",)
    assert page.text("midi-input") == "Keys (not connected)"
    opened = control.rig
    context.settings.change(theme="light")
    assert control.rig is opened
    with qtbot.waitSignal(control.opened):
        context.settings.change(drum_map="ssd5")
    assert control.rig.settings.jam.kit.drum_map.pitches["kick"] == load_drum_map("ssd5").pitches["kick"]


def test_the_playhead_moves_while_it_plays(qtbot, control, page):
    control.rig.picture = JamPicture(beats=9.0, bar=2)
    control.rig.beats = 9.5
    control.rig.show(is_playing=True, song_bar=2, beat=1)
    look(qtbot, control)
    qtbot.waitUntil(lambda: page.grid.playhead_ticks == 9.5 * LIVE_PPQ)
    assert page.grid.axis.first_ticks == 0
    control.rig.show(is_playing=False)
    qtbot.waitUntil(lambda: page.grid.playhead_ticks is None)


def test_invalid_saved_state_is_reported(qtbot, panel, control, messages):
    with qtbot.waitSignal(control.opened):
        panel.restore_state({"way": "sideways"})
    assert any("could not be used" in sentence for sentence, _ in messages)
    assert JamChoices.from_dict(panel.saved_state())[0] == JamChoices()


def bound(qtbot, control, *bindings):
    with qtbot.waitSignal(control.mapped):
        control.rig.control_map = ControlMap("window", bindings)


def test_mapped_controls_are_marked_and_can_be_unmapped(qtbot, control, page, messages):
    assert page.mapped(LEARNABLE) == []
    first, second, pad = Knob("cc", 0, 21), Knob("cc", 0, 22), Knob("note", 9, 49)
    bound(qtbot, control, (first, "density"), (second, "density"), (pad, "mute crash"))
    assert page.mapped(LEARNABLE) == ["feel", "mute-crash"]
    assert "Mapped to CC 21 (channel 1) and CC 22 (channel 1)" in page.find("feel").toolTip()
    assert page.menu("feel")[2:] == ["Unmap CC 21 (channel 1)", "Unmap CC 22 (channel 1)"]
    with qtbot.waitSignal(control.mapped):
        page.unmap("feel", 1)
    assert ("forget", first) in control.rig.told
    assert "CC 21 (channel 1) is unmapped." in [sentence for sentence, _ in messages]
    assert page.menu("feel")[2:] == ["Unmap CC 22 (channel 1)"]
    assert page.menu("mute-crash")[1] == "Unmap note 49 (channel 10)"


def test_the_more_button_shows_the_other_controls(panel, page):
    assert not page.is_visible("more-row")
    page.key(Qt.Key.Key_M)
    assert page.is_visible("more-row")
    state = panel.saved_state()
    page.click("more")
    assert not page.is_visible("more-row")
    panel.restore_state(state)
    assert page.is_visible("more-row")


def test_swing_and_style_reach_the_jam_and_are_saved(qtbot, panel, control, page):
    page.set("swing", 68)
    assert control.rig.status.jam.controls.swing == pytest.approx(0.67)
    assert page.text("swing") == "67 %"
    page.choose_style("bossa")
    qtbot.waitUntil(lambda: ("style", "bossa") in control.rig.told)
    kept = JamChoices.from_dict(panel.saved_state())[0]
    assert (kept.style, kept.controls.swing) == ("bossa", pytest.approx(0.67))
    with qtbot.waitSignal(control.opened):
        page.click("sound-device")
    assert control.rig.settings.style == "bossa"
    assert page.find("style").style_name == "bossa"


def test_the_latency_offset_is_set_shown_and_kept(qtbot, control, page):
    page.set("latency-offset", -8.5)
    qtbot.waitUntil(lambda: "offset saved" in control.rig.told)
    assert control.rig.offset_seconds == -0.0085
    control.rig.show(offset_seconds=-0.003)
    look(qtbot, control)
    assert page.text("latency-offset") == "Offset -3.0 ms"


def test_measuring_closes_the_jam_and_opens_it_again(qtbot, control, monkeypatch, page):
    asked = []

    def measure_offset(settings, directory, *, told, is_over):
        asked.append((settings, control.rig))
        told("Connect the ports.")
        return OffsetMeasurement("musegen drums", 0.01, 0.001, 24, 24)

    monkeypatch.setattr("musegen_daw.jam.offset.measure_offset", measure_offset)
    saved = []
    monkeypatch.setattr("musegen_daw.jam.user_settings.save_offset", lambda *what: saved.append(what[1:]))
    page.click("more")
    said = []
    control.message.connect(said.append)
    with qtbot.waitSignal(control.opened):
        page.click("measure")
    assert asked == [(control.settings, None)]
    assert saved == [("musegen drums", -0.005)]
    assert said[0] == "Connect the ports."
    assert "24 of 24 notes came back, after 10.0 ms" in said[1]


def test_escape_cancels_the_measurement(qtbot, panel, control, monkeypatch, page):
    begun, never = threading.Event(), threading.Event()

    def measure_offset(settings, directory, *, told, is_over):
        begun.set()
        while not is_over():
            never.wait(0.01)
        raise PortError("nothing was measured")

    monkeypatch.setattr("musegen_daw.jam.offset.measure_offset", measure_offset)
    page.click("measure")
    assert begun.wait(PATIENCE_SECONDS)
    with qtbot.waitSignal(control.opened):
        assert panel.escape_pressed()
    assert control.rig is not None
    assert not panel.escape_pressed()


def test_a_recording_is_made_shown_and_dragged_out(
    qtbot, panel, control, drags, tmp_path, monkeypatch, page, messages
):
    path = tmp_path / "music" / "jam.mid"
    monkeypatch.setattr("musegen_daw.ui.jam.panel.recording_path", lambda: path)
    page.click("more")
    assert not page.is_enabled("drag-recording")
    qtbot.keyClick(panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: control.rig.record_path == path)
    assert path.parent.is_dir()
    look(qtbot, control)
    assert page.text("record") == "Stop"
    assert page.text("more") == "More ●"
    path.write_bytes(b"MThd")
    with qtbot.waitSignal(control.recorded):
        qtbot.keyClick(panel, Qt.Key.Key_R)
    assert (f"The recording is {path}; drag it into the DAW.", GOOD) in messages
    assert page.is_enabled("drag-recording")
    drag_out(page.find("drag-recording"))
    assert drags == [[path]]
    look(qtbot, control)
    assert page.text("record") == "Record"


def test_a_running_recording_is_saved_when_the_jam_is_reopened(qtbot, control, tmp_path, page):
    control.start_recording(tmp_path / "jam.mid")
    qtbot.waitUntil(lambda: control.rig.record_path is not None)
    with qtbot.waitSignal(control.recorded) as recorded:
        page.click("sound-device")
    assert recorded.args == [tmp_path / "jam.mid"]
    qtbot.waitUntil(lambda: control.rig is not None)


def test_recordings_go_to_the_music_folder():
    path = recording_path(datetime(2026, 3, 1, 20, 15, 7))
    assert path.name == "jam 2026-03-01 20.15.07.mid"
    assert path.parent.name == "musegen-daw"


def test_styles_are_listed_by_how_well_they_fit_what_was_heard(page, context):
    page.open_styles()
    assert [name for name in page.styles.names if name in NAMES] == list(reversed(NAMES))
    assert page.styles.names[0] == "As you play"
    assert not page.styles.tap.isVisible()


def test_a_dropped_loop_is_played_like(qtbot, control, page, tmp_path):
    loop = tmp_path / "my loop.mid"
    loop.touch()
    drop(page.find("style"), loop)
    qtbot.waitUntil(lambda: ("style", str(loop)) in control.rig.told)
    assert page.find("style").style_name == "like my loop"


def test_favourites_are_what_program_changes_choose(qtbot, panel, control, context, page):
    context.settings.change(favourite_styles=("bossa", "funk"))
    with qtbot.waitSignal(control.opened):
        page.click("sound-device")
    assert control.rig.settings.styles == ("bossa", "funk")


def test_what_was_heard_asks_for_its_bars_by_sound():
    notes = tuple(HeardNote("in", 0, 33, 40, 90, 8.0 + beat, 8.5 + beat) for beat in range(4))
    request = heard_request(
        JamPicture(beats=12.0, bar=2, heard=(*notes, HeardNote("in", 1, 0, 60, 80, 11.0)))
    )
    assert [part.program for part in request.parts] == [33, 0]
    assert len(request.bars) == 4
    assert request.parts[0].notes[0].start_ticks == 2 * request.bars[0].length_ticks
    assert request.parts[1].notes[0].duration_ticks == LIVE_PPQ
