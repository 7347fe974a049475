"""The window with its panels: pages, saved session, keys, and closing."""

import json
import os

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from musegen_daw import resource_paths as resources
from musegen_daw.app import App
from musegen_daw.errors import PortError
from musegen_daw.jam.clock.midi_clock import MIN_BPM, ClockState
from musegen_daw.jam.settings import JamMode
from musegen_daw.ui import saved_session
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.jam.panel import JamPanel
from musegen_daw.ui.panel import BAD, WARN, Page, Panel
from musegen_daw.ui.settings.panel import SettingsPanel
from musegen_daw.ui.widgets.theme import theme
from musegen_daw.ui.window import Window
from tests.pages.page import drop
from tests.pages.window import WindowPage
from tests.ui.doubles import NoSystem, make_context
from tests.ui.jam.rig import Rigs


class Notes(Panel):
    """A panel that plays something of its own, and remembers."""

    def __init__(self, context):
        super().__init__()
        self.log = []
        self.plays = False
        self.line = QLineEdit(self)
        self.button = QPushButton("press", self)
        self.button.clicked.connect(lambda: self.log.append("pressed"))
        self.state = {}

    def activated(self):
        self.button.setFocus()
        self.log.append("activated")

    def deactivated(self):
        self.log.append("left")

    def play_pressed(self):
        self.log.append("play")
        return self.plays

    def escape_pressed(self):
        self.log.append("escape")
        return True

    def close_work(self):
        self.log.append("closed")

    def saved_state(self):
        return self.state

    def restore_state(self, state):
        self.state = dict(state)


class Desk:
    def __init__(self, data_dir, qtbot):
        self.rigs = Rigs()
        self.context = make_context(data_dir)
        self.control = JamControl(self.rigs)
        pages = (
            Page("jam", "Jam", "jam", "Ctrl+1", lambda context: JamPanel(context, self.control)),
            Page("notes", "Notes", "clips", "Ctrl+2", Notes),
            Page("settings", "Settings", "settings", "Ctrl+4", SettingsPanel),
        )
        self.window = Window(self.context, pages, self.control)
        qtbot.addWidget(self.window)
        self.qtbot = qtbot
        self.page = WindowPage(self.window, qtbot)

    def open(self):
        self.window.show()
        self.window.activateWindow()
        self.window.begin()
        self.page.wait_for_panels()
        self.qtbot.waitUntil(lambda: self.control.rig is not None or self.rigs.error is not None)
        return self

    @property
    def rig(self):
        return self.control.rig

    @property
    def notes(self):
        return self.window.panel("notes")

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.page.key(key, modifier)


@pytest.fixture
def desk(qtbot, tmp_path):
    desks = []

    def make(**settings):
        desk = Desk(tmp_path, qtbot)
        desk.context.settings.change(**settings)
        desks.append(desk)
        return desk

    yield make
    for each in desks:
        each.window.close()


@pytest.fixture
def program(qtbot, tmp_path):
    """Opens the whole program, again and again on one session."""
    opened = []

    def start():
        made = App(tmp_path, NoSystem, Rigs())
        opened.append(made)
        made.window.show()
        made.window.begin()
        page = WindowPage(made.window, qtbot)
        page.wait_for_panels()
        qtbot.waitUntil(lambda: made.window.panel("clips").is_restored and made.control.rig is not None)
        return made, page

    yield start
    for each in opened:
        each.window.close()
        each.close()


def test_the_first_start_shows_clips_and_later_ones_the_last_page(program):
    first, _ = program()
    assert first.window.page == "clips"
    first.window.go_to("vocoder")
    first.window.close()
    second, _ = program()
    assert second.window.page == "vocoder"


@pytest.mark.parametrize("place", ["jam", "settings", "vocoder", "clips"])
def test_midi_files_open_in_clips_wherever_they_are_dropped(program, place):
    made, page = program()
    clips = made.window.panel("clips")
    wanted = [resources.clips_dir() / "funk-bass.mid", resources.clips_dir() / "demo.mid"]
    made.window.go_to(place)
    under = made.window.panel(place)
    page.drag_over(
        under, wanted[0], lambda: page.until(lambda: page.is_visible("drop-overlay") or place == "clips")
    )
    page.until(lambda: clips.editor.clip is not None and clips.editor.clip.name == "funk-bass")
    assert made.window.page == "clips"
    made.window.go_to(place)
    page.drag_over(page.find("transport"), wanted[1])
    page.until(lambda: clips.editor.clip.name == "demo")
    assert made.window.page == "clips"


def test_midi_files_dropped_on_the_navigation_open_in_clips(program):
    made, page = program()
    clips = made.window.panel("clips")
    made.window.go_to("settings")
    drop(page.find("navigation"), resources.clips_dir() / "funk-bass.mid")
    page.until(lambda: clips.editor.clip is not None)
    assert made.window.page == "clips"


def test_other_files_are_refused_in_one_sentence(program, tmp_path):
    made, page = program()
    made.window.go_to("settings")
    page.drag_over(made.window.panel("settings"), tmp_path / "photo.jpg")
    assert made.window.line.sentence.startswith(
        "photo.jpg cannot be used here: drop MIDI files or a project (.mid"
    )
    assert made.window.page == "settings"


def test_pages_are_reached_by_key_and_activated(desk):
    it = desk().open()
    assert it.window.page == "jam"
    it.key(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert it.window.page == "notes"
    assert it.notes.log == ["activated"]
    it.key(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert it.notes.log == ["activated", "left"]
    it.key(Qt.Key.Key_F1)
    assert it.window.page == "settings"


def test_space_plays_the_page_or_the_jam_but_not_in_text_fields(desk):
    it = desk().open()
    it.key(Qt.Key.Key_Space)
    assert it.rig.told == ["toggle"]
    it.window.go_to("notes")
    it.notes.plays = True
    it.key(Qt.Key.Key_Space)
    assert it.notes.log[-1] == "play"
    assert it.rig.told == ["toggle"]
    it.notes.plays = False
    it.key(Qt.Key.Key_Space)
    assert it.rig.told == ["toggle", "toggle"]
    it.notes.line.setFocus()
    it.key(Qt.Key.Key_Space)
    assert it.notes.line.text() == " "
    assert it.rig.told == ["toggle", "toggle"]


def test_return_presses_the_focused_button_and_escape_cancels(desk):
    it = desk().open()
    it.window.go_to("notes")
    it.key(Qt.Key.Key_Return)
    assert "pressed" in it.notes.log
    it.key(Qt.Key.Key_Escape)
    assert it.notes.log[-1] == "escape"


@pytest.mark.parametrize(
    "keys", [(Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier), (Qt.Key.Key_F12,)]
)
def test_panic_is_always_in_reach(desk, keys):
    it = desk().open()
    it.window.go_to("settings")
    it.key(*keys)
    assert it.rig.told == ["panic"]
    assert it.window.line.sentence == "All notes off."


def test_a_session_comes_back(desk, tmp_path):
    it = desk().open()
    it.window.go_to("notes")
    it.notes.state = {"song": "Blue"}
    it.context.settings.change(theme="light")
    it.rig.show(mode=JamMode.LOOP, bpm=97.0)
    it.qtbot.waitUntil(lambda: it.window.panel("jam").saved_state()["tempo_bpm"] == 97.0)
    screen = it.window.screen().availableSize()
    it.window.resize(940, screen.height() - 100)
    it.window.close()
    again = Desk(tmp_path, it.qtbot).open()
    assert again.window.page == "notes"
    assert again.notes.state == {"song": "Blue"}
    assert theme().name == "light"
    assert again.window.height() == screen.height() - 100
    assert again.rig.settings.tempo_bpm == 97.0
    assert again.rig.settings.jam.mode is JamMode.LOOP
    again.window.close()


def test_a_change_is_saved_without_closing(desk, tmp_path):
    it = desk().open()
    it.notes.state = {"bar": 7}
    it.notes.state_changed.emit()
    path = tmp_path / "session.json"

    def is_saved():
        return path.exists() and json.loads(path.read_text())["panels"].get("notes") == {"bar": 7}

    it.qtbot.waitUntil(is_saved)


def test_a_damaged_session_is_reported_and_the_window_opens(desk, tmp_path):
    (tmp_path / "session.json").write_text("half a fi")
    it = desk().open()
    assert "could not be read and is kept as" in it.window.line.sentence
    assert it.window.line.level == WARN


def test_an_invalid_setting_is_reported_and_the_rest_is_kept(desk, tmp_path):
    settings = {"theme": 7, "note_names": "C3"}
    document = {"version": 1, "panels": {"app settings": settings, "jam": {"tempo_bpm": "fast"}}}
    (tmp_path / "session.json").write_text(json.dumps(document))
    it = Desk(tmp_path, desk().qtbot).open()
    assert it.context.settings.current.note_names == "C3"
    assert it.context.settings.current.theme == "dark"
    assert "theme" in it.window.line.sentence
    assert it.rig.settings.tempo_bpm == 120.0
    it.window.close()


def test_without_midi_the_panel_offers_the_sound_device(desk):
    it = desk()
    it.rigs.error = PortError("No MIDI system runs on this computer: start JACK.")
    it.open()
    it.page.until(lambda: it.page.is_visible("error-page"))
    assert it.page.text("error-text") == "No MIDI system runs on this computer: start JACK."
    assert it.window.line.level == BAD
    assert it.page.light("midi-input")[1] == "no input"
    it.rigs.error = None
    it.page.press("Use the sound device only")
    it.page.until(lambda: it.rig is not None and it.page.is_visible("strips"))
    settings = it.rig.settings
    assert settings.audio
    assert settings.output_name is None
    assert settings.input_names == ()


def test_closing_ends_the_jam_and_all_work_and_saves(desk, tmp_path):
    it = desk().open()
    rig = it.rig
    it.window.close()
    assert it.rigs.closed == [rig]
    assert it.notes.log[-1] == "closed"
    assert (tmp_path / "session.json").exists()
    it.window.close()
    assert it.notes.log.count("closed") == 1


def test_the_lights_describe_problems(desk):
    it = desk().open()

    def shown(light):
        with it.qtbot.waitSignal(it.control.polled):
            pass
        return it.page.light(light)

    it.rig.show(clock=ClockState.LOCKED)
    assert shown("clock") == ("good", "clock: locked")
    it.rig.show(clock=ClockState.STALLED)
    assert shown("clock") == ("bad", "clock lost")
    port = it.rig.status.inputs[0]
    it.rig.show(inputs=(type(port)("Keys", is_lost=True),))
    assert shown("midi-input") == ("bad", "Keys is gone")
    it.rig.show(is_ready=False)
    assert shown("output") == ("warn", "model is loading")


def test_a_missing_clock_is_said_in_the_jam_alone(desk):
    it = desk().open()

    def shown(clock):
        it.rig.show(clock=clock)
        with it.qtbot.waitSignal(it.control.polled):
            pass
        with it.qtbot.waitSignal(it.control.polled):
            pass
        return it.page.light("clock")

    for state in (ClockState.NO_CLOCK, ClockState.STALLED, ClockState.STOPPED):
        it.window.go_to("jam")
        assert shown(state)[0] in ("bad", "warn")
        for place in ("notes", "settings"):
            it.window.go_to(place)
            assert it.page.light("clock") == shown(state) == ("off", "MIDI clock")
    assert shown(ClockState.LOCKED) == ("good", "clock: locked")


def test_a_link_session_says_how_many_are_in_it_and_its_tempo_can_be_set(desk):
    it = desk().open()
    for peers, light in (
        (0, ("off", "Link: no peers")),
        (1, ("good", "Link: 1 peer")),
        (3, ("good", "Link: 3 peers")),
    ):
        it.rig.show(link_peers=peers)
        with it.qtbot.waitSignal(it.control.polled):
            pass
        with it.qtbot.waitSignal(it.control.polled):
            pass
        assert it.page.light("clock") == light
    it.page.find("tempo").setValue(97.0)
    assert it.rig.told == [("tempo", 97.0)]
    assert it.page.is_enabled("start")


def test_tempo_position_and_mode_of_the_jam_are_shown_in_the_jam_alone(desk):
    it = desk().open()
    of_the_jam = ("tempo", "tap", "position", "mode")
    assert all(it.page.is_visible(name) for name in of_the_jam)
    assert it.page.text("start") == "Start"
    it.window.go_to("notes")
    assert not any(it.page.is_visible(name) for name in of_the_jam)
    assert it.page.text("start") == "Start jam"
    it.page.click("start")
    assert it.rig.told == ["toggle"]
    it.rig.show(is_playing=True)
    it.page.until(lambda: it.page.text("start") == "Stop jam")
    assert it.page.is_visible("panic")


def test_sentences_of_the_jam_wait_in_the_jam_and_a_mark_says_so(desk):
    it = desk().open()
    it.window.go_to("notes")
    it.rig.show(message="The MIDI input 'Keys' is gone; it reconnects when it is back.")
    with it.qtbot.waitSignal(it.control.reported):
        pass
    assert it.window.line.sentence == ""
    it.rigs.error = PortError("No MIDI system runs on this computer: start JACK.")
    with it.qtbot.waitSignal(it.control.unavailable):
        it.control.open(it.rig.settings)
    assert it.window.line.sentence == ""
    jam = next(each for each in it.page.find("navigation").children() if each.objectName() == "jam")
    assert (jam.text(), jam.accessibleDescription()) == ("Jam •", "A message waits on this page.")
    it.window.go_to("jam")
    assert it.window.line.sentence == "No MIDI system runs on this computer: start JACK."
    assert jam.text() == "Jam"
    it.window.go_to("notes")
    it.rigs.error = None
    with it.qtbot.waitSignal(it.control.opened):
        it.control.open(it.control.settings)
    it.window.go_to("jam")
    assert it.window.line.sentence == ""
    assert jam.text() == "Jam"


def test_everything_that_takes_focus_has_a_name_and_every_button_a_tooltip(desk):
    it = desk().open()
    for page in ("jam", "settings"):
        it.window.go_to(page)
    for widget in it.window.findChildren(QWidget):
        if isinstance(widget, QPushButton) and widget.text() and widget is not it.notes.button:
            assert widget.toolTip(), widget.text()
    jam = it.window.panel("jam")
    for widget in jam.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(jam):
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named or widget.parent() is not jam, widget


@pytest.mark.parametrize("size", [(1280, 720), (960, 540)])
def test_nothing_is_cut_off_in_a_small_window(desk, size):
    it = desk().open()
    it.window.resize(*size)
    QApplication.processEvents()
    assert (it.window.width(), it.window.height()) == size
    assert not it.page.is_scrolled("jam")
    bar = it.page.find("transport")
    for button in bar.findChildren(QPushButton):
        corner = button.mapTo(bar, QPoint(button.width(), button.height()))
        assert corner.x() <= bar.width()
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())


def test_the_tempo_is_that_of_the_clock_or_a_dash(desk):
    it = desk().open()
    tempo = it.page.find("tempo")

    def shown(**status):
        it.rig.show(**status)
        with it.qtbot.waitSignal(it.control.polled):
            pass
        return tempo.text(), tempo.isReadOnly()

    assert shown(bpm=97.0) == ("97.0", False)
    assert shown(clock=ClockState.NO_CLOCK, bpm=None) == ("–", True)
    assert shown(clock=ClockState.LOCKED, bpm=116.0) == ("116.0", True)
    assert shown(clock=ClockState.STOPPED, bpm=116.0) == ("116.0", True)
    assert shown(clock=None, bpm=97.0) == ("97.0", False)
    assert tempo.minimum() == MIN_BPM


@pytest.mark.parametrize(
    "value",
    [10**400, "9" * 5000, "a\0b", "\udcff", {"x": []}],
    ids=["huge", "long", "null", "no text", "table"],
)
def test_any_saved_value_lets_the_program_open_and_save(qtbot, tmp_path, value):
    keys = ("place", "width", "height", "maximized", "tempo_bpm", "count_in_bars", "controls", "clock", "style", "tab",
            "daw", "theme", "watched_dir", "models_dir", "input_port", "stretch", "path", "output")  # fmt: skip
    pages = ("window", "app settings", "jam", "clips", "vocoder", "settings")
    saved_session.save(tmp_path, {page: dict.fromkeys(keys, value) for page in pages})
    program = App(tmp_path, NoSystem, Rigs())
    try:
        program.window.show()
        program.window.begin()
        for page in pages[2:]:
            program.window.go_to(page)
        qtbot.waitUntil(lambda: program.window.panel("clips").is_restored)
    finally:
        program.window.close()
        program.close()
    state, sentence = saved_session.load(tmp_path)
    assert sentence == ""
    assert state["jam"]["count_in_bars"] == 0
    assert 20 <= state["jam"]["tempo_bpm"] <= 300
    assert not list(tmp_path.glob("session-damaged*"))


def test_the_session_is_saved_even_if_closing_fails(desk, monkeypatch):
    it = desk().open()
    it.notes.state = {"kept": os.fsdecode(b"\xff")}

    def fail():
        raise RuntimeError("stuck")

    monkeypatch.setattr(it.notes, "close_work", fail)
    with pytest.raises(RuntimeError):
        it.window.closeEvent(QCloseEvent())
    assert saved_session.load(it.context.data_dir)[0]["notes"] == it.notes.state
