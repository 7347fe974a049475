"""The jam panel: its few controls, what it keeps, MIDI learn, and what it says."""

import pytest
from PySide6.QtCore import Qt

from musegen_daw.core.drums import VOICES
from musegen_daw.live.controls import Controls
from musegen_daw.live.patterns import LIVE_PPQ
from musegen_daw.live.picture import JamPicture
from musegen_daw.ui.jam_choices import JamChoices
from musegen_daw.ui.jam_control import JamControl
from musegen_daw.ui.jam_panel import JamPanel
from musegen_daw.ui.panel import WARN
from tests.ui.rig import Rigs


@pytest.fixture
def control(qtbot):
    made = JamControl(Rigs())
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, context, control):
    made = JamPanel(context, control)
    qtbot.addWidget(made)
    made.resize(1196, 612)
    made.said_all = []
    made.said.connect(lambda sentence, level: made.said_all.append((sentence, level)))
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    with qtbot.waitSignal(control.opened):
        made.restore_state({})
    yield made
    made.close_work()


def look(qtbot, control, times=2):
    for _ in range(times):
        with qtbot.waitSignal(control.looked):
            pass


def test_sliders_set_the_controls_and_are_kept(qtbot, panel, control):
    panel._sliders["energy"].setValue(80)
    panel._sliders["density"].setValue(25)
    panel._sliders["density"].reset()
    assert control.rig.told == [
        Controls(energy=0.8), Controls(energy=0.8, density=0.25), Controls(energy=0.8, density=None),
    ]  # fmt: skip
    assert JamChoices.from_dict(panel.saved_state()).controls == Controls(energy=0.8)


def test_what_a_knob_moves_is_shown_and_kept(qtbot, panel, control):
    control.rig.show(controls=Controls(density=0.7, variation=0.2, hold=True, muted=frozenset({"crash"})))
    look(qtbot, control)
    assert panel._sliders["density"].text() == "70 %"
    assert panel._sliders["variation"].text() == "20 %"
    assert panel._hold.isChecked()
    assert [mute.text() for mute in panel._mutes if mute.isChecked()] == ["crash"]
    assert JamChoices.from_dict(panel.saved_state()).controls.muted == {"crash"}
    assert control.rig.told == []


def test_keys_fill_hold_and_mute(qtbot, panel, control):
    for key in (Qt.Key.Key_F, Qt.Key.Key_H, Qt.Key.Key_1, Qt.Key.Key_9):
        qtbot.keyClick(panel, key)
    assert control.rig.told[0] == "fill"
    assert control.rig.status.jam.controls == Controls(hold=True, muted=frozenset({VOICES[0], VOICES[8]}))
    qtbot.keyClick(panel, Qt.Key.Key_1)
    assert control.rig.status.jam.controls.muted == {VOICES[8]}


def test_midi_learn_by_right_click_and_giving_up(qtbot, panel, control):
    slider = panel._sliders["energy"]
    slider.actions()[0].trigger()
    assert control.rig.told == [("learn", "energy")]
    look(qtbot, control)
    assert slider.text() == "move a knob"
    assert panel.escape_pressed()
    assert control.rig.told[-1] == ("learn", None)
    look(qtbot, control)
    assert slider.text() == "50 %"
    assert not panel.escape_pressed()


def test_every_control_can_be_learned(panel, control):
    learned = [*panel._sliders.values(), panel._fill, panel._hold, *panel._mutes]
    for widget in learned:
        widget.actions()[0].trigger()
    targets = [target for _, target in control.rig.told]
    assert targets == [
        "density",
        "energy",
        "variation",
        "fill now",
        "hold",
        *(f"mute {voice}" for voice in VOICES),
    ]


def test_a_late_plan_is_said_in_words(qtbot, panel, control):
    control.rig.show(late_bars=1)
    look(qtbot, control, 3)
    late = [sentence for sentence, level in panel.said_all if level == WARN]
    assert len(late) == 1
    assert "came late" in late[0]


def test_choosing_a_clock_or_sound_opens_the_jam_anew(qtbot, panel, control):
    clock = panel._pickers._clock
    with qtbot.waitSignal(control.opened):
        clock.setCurrentIndex(1)
        clock.activated.emit(1)
    assert control.rig.settings.clock.value == "midi"
    assert not panel._pickers._count_in.isEnabled()
    with qtbot.waitSignal(control.opened):
        panel._pickers._sound.click()
    assert control.rig.settings.audio


def test_choosing_a_port_is_a_setting_and_opens_the_jam_anew(qtbot, panel, control, context):
    with qtbot.waitSignal(control.opened):
        context.settings.change(input_port="Keys")
    assert control.rig.settings.input_names == ("Keys",)
    assert panel._pickers._input.currentText() == "Keys (not there)"
    opened = control.rig
    context.settings.change(theme="light")
    assert control.rig is opened


def test_the_playhead_moves_while_it_plays(qtbot, panel, control):
    control.rig.picture = JamPicture(beats=9.0, bar=2)
    control.rig.beats = 9.5
    control.rig.show(is_playing=True, song_bar=2, beat=1)
    look(qtbot, control)
    qtbot.waitUntil(lambda: panel._strips.grid.playhead_ticks == 9.5 * LIVE_PPQ)
    assert panel._strips.axis.first_ticks == 0
    control.rig.show(is_playing=False)
    qtbot.waitUntil(lambda: panel._strips.grid.playhead_ticks is None)


def test_nonsense_in_the_saved_state_is_said(qtbot, panel, control):
    with qtbot.waitSignal(control.opened):
        panel.restore_state({"way": "sideways"})
    assert any("could not be used" in sentence for sentence, _ in panel.said_all)
    assert JamChoices.from_dict(panel.saved_state()) == JamChoices()
