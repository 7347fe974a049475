"""JamControl: opens in the background, replaces the jam, and closes it in any state."""

import threading

import pytest
from PySide6.QtWidgets import QApplication

from musegen_daw.errors import PortError
from musegen_daw.jam.control.control_map import Knob
from musegen_daw.jam.settings import RigSettings
from musegen_daw.ui.jam.control import JamControl
from tests.ui.doubles import PATIENCE_SECONDS
from tests.ui.jam.rig import FakeRig, Rigs


@pytest.fixture
def rigs():
    return Rigs()


@pytest.fixture
def control(qtbot, rigs):
    made = JamControl(rigs)
    yield made
    made.close()


def opened(qtbot, control, settings=None):
    with qtbot.waitSignal(control.opened):
        control.open(settings or RigSettings())
    return control.rig


def test_a_jam_is_opened_and_polled(qtbot, control, rigs):
    statuses = []
    control.polled.connect(statuses.append)
    assert control.rig is None
    rig = opened(qtbot, control)
    assert rig is rigs.opened[0]
    qtbot.waitUntil(lambda: len(statuses) > 2)
    assert statuses[0] is rig.status


def test_the_old_jam_is_closed_before_a_new_one_opens(qtbot, control, rigs):
    first = opened(qtbot, control)
    second = opened(qtbot, control, RigSettings(tempo_bpm=90))
    assert rigs.closed == [first]
    assert control.rig is second
    assert second.settings.tempo_bpm == 90


def test_only_the_last_of_several_opens_stays_open(qtbot, control, rigs):
    with qtbot.waitSignal(control.opened):
        for tempo_bpm in (80, 90, 100, 110):
            control.open(RigSettings(tempo_bpm=tempo_bpm))
    assert control.rig.settings.tempo_bpm == 110
    assert set(rigs.opened) - set(rigs.closed) == {control.rig}


def test_a_failure_to_open_is_reported(qtbot, control, rigs):
    rigs.error = PortError("No MIDI system runs.")
    with qtbot.waitSignal(control.unavailable) as absent:
        control.open(RigSettings())
    assert absent.args == ["No MIDI system runs."]
    assert control.rig is None
    rigs.error = None
    assert opened(qtbot, control) is not None


def test_closing_while_it_opens_leaves_nothing(qtbot):
    begun, go, closed, told = threading.Event(), threading.Event(), [], []

    def open_slowly(settings):
        begun.set()
        assert go.wait(PATIENCE_SECONDS)
        return FakeRig(settings, closed)

    control = JamControl(open_slowly)
    control.open(RigSettings())
    assert begun.wait(PATIENCE_SECONDS)
    control.opened.connect(lambda: told.append("opened"))
    opener = threading.Timer(0.05, go.set)  # `close` waits for it
    opener.start()
    control.close()
    opener.join()
    QApplication.processEvents()
    assert len(closed) == 1
    assert control.rig is None
    assert told == []


def test_a_message_of_the_jam_is_shown_once(qtbot, control):
    rig, said = opened(qtbot, control), []
    settled = []
    control.reported.connect(said.append)
    control.settled.connect(settled.append)
    rig.show(message="The MIDI input 'Keys' is gone.")
    looks = []
    control.polled.connect(looks.append)
    qtbot.waitUntil(lambda: len(looks) > 3)
    assert said == ["The MIDI input 'Keys' is gone."]
    assert settled == []
    rig.show(message="The MIDI input 'Keys' is back.")
    qtbot.waitUntil(lambda: len(said) == 2)
    assert settled == said[:1]
    opened(qtbot, control)  # another jam, of which that is not said
    assert settled == said
    assert len(said) == 2


def test_what_to_do_to_map_a_knob_is_said_until_it_is_mapped(qtbot, control):
    rig, said, settled = opened(qtbot, control), [], []
    control.message.connect(said.append)
    control.settled.connect(settled.append)
    control.learn("energy")
    with qtbot.waitSignal(control.polled):
        pass
    assert settled == []
    rig.show(learning=None)  # a knob was moved
    qtbot.waitUntil(lambda: settled == said == ["Move a knob or hit a pad to map 'energy' (Esc: cancel)."])
    control.learn("hold")
    control.learn(None)
    assert settled == said


def test_sections_are_recalled_and_stored_once_there_is_a_jam(qtbot, control):
    said = []
    control.message.connect(said.append)
    control.recall_section("A")
    assert said == ["The jam is not ready yet."]
    rig = opened(qtbot, control)
    control.recall_section("A")
    control.store_section("D")
    assert rig.told == [("recall", "A"), ("store", "D")]


def test_a_failed_jam_is_closed_and_another_can_be_opened(qtbot, control, rigs):
    rig = opened(qtbot, control)
    with qtbot.waitSignal(control.unavailable) as absent:
        rig.failure = "The output process keeps crashing."
    assert absent.args == ["The output process keeps crashing."]
    assert control.rig is None
    assert rigs.closed == [rig]
    assert opened(qtbot, control) is not rig


def test_starting_is_explained_while_a_daw_leads(qtbot, control):
    rig, said = opened(qtbot, control), []
    control.message.connect(said.append)
    control.toggle()
    rig.is_led = True
    control.toggle()
    assert rig.told.count("toggle") == 1
    assert "The DAW controls the transport" in said[0]


def test_calls_before_the_jam_opens_are_harmless(control):
    said = []
    control.message.connect(said.append)
    control.toggle()
    control.panic()
    control.learn("density")
    control.change(lambda controls: controls)
    assert said == ["The jam is not ready yet."]


def test_a_learned_mapping_is_announced_and_saved(qtbot, control):
    with qtbot.waitSignal(control.mapped) as told:
        rig = opened(qtbot, control)
    assert told.args == [rig.control_map]
    learned = rig.control_map.bound(Knob("cc", 0, 21), "energy")
    with qtbot.waitSignal(control.mapped) as told:
        rig.control_map = learned
    assert told.args == [learned]
    qtbot.waitUntil(lambda: rig.told == ["saved"])
    looks = []
    control.polled.connect(looks.append)
    qtbot.waitUntil(lambda: len(looks) > 2)
    assert rig.told == ["saved"]
