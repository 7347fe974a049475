"""Settings and help: what is set is set at once, and the pages say what is true of this computer."""

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit

from musegen_daw.devices.findings import Finding, Level
from musegen_daw.ui.settings.help_pages import libraries, likely_daw, recipes, version_text
from musegen_daw.ui.settings.panel import SettingsPanel


@pytest.fixture
def panel(qtbot, context):
    made = SettingsPanel(context)
    qtbot.addWidget(made)
    made.sentences = []
    made.message.connect(lambda sentence, level: made.sentences.append(sentence))
    made.show()
    yield made
    made.close_work()


def words(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_a_choice_is_a_setting_at_once(panel, context):
    form = panel._form
    form._theme.setCurrentIndex(1)
    form._theme.activated.emit(1)
    form._names.setCurrentIndex(2)
    form._names.activated.emit(2)
    assert (context.settings.current.theme, context.settings.current.note_names) == ("light", "German")


def test_a_path_that_is_not_there_is_refused_with_a_sentence(panel, context, tmp_path):
    line = panel._form._soundfont.findChild(QLineEdit)
    line.setText(str(tmp_path / "gone.sf2"))
    line.editingFinished.emit()
    assert context.settings.current.soundfont == ""
    assert "There is no SoundFont file" in panel.sentences[-1]
    good = tmp_path / "kit.sf2"
    good.write_bytes(b"RIFF")
    line.setText(str(good))
    line.editingFinished.emit()
    assert context.settings.current.soundfont == str(good)
    line.setText("")
    line.editingFinished.emit()
    assert context.settings.current.soundfont == ""


def test_a_device_that_is_gone_stays_chosen_and_is_marked(panel, context):
    context.settings.change(audio_device="USB interface")
    assert panel._form._device.currentText() == "USB interface (not there)"
    panel._form._show_devices(())
    assert context.settings.current.audio_device == "USB interface"


def test_the_first_page_has_the_ports_and_says_what_is_wrong(qtbot, panel):
    panel.activated()
    qtbot.waitUntil(lambda: "No MIDI system runs" in words(panel._routing))
    assert "musegen in" in words(panel._routing)


@pytest.mark.parametrize("recipe", recipes("A to", "B from"), ids=lambda recipe: recipe.daw)
def test_every_recipe_names_both_ports_and_the_clock(recipe):
    text = " ".join(recipe.steps)
    assert "A to" in text
    assert "B from" in text
    assert "clock" in text.lower()


def test_the_steps_follow_the_daw_that_is_chosen(panel):
    panel._routing.show_ports("loopMIDI 1", "loopMIDI 2", "use these")
    panel._routing._daws._buttons["REAPER"].click()
    assert "Preferences → MIDI Devices" in words(panel._routing)
    assert "loopMIDI 2" in words(panel._routing)


@pytest.mark.parametrize(
    ("platform", "ports", "daw"),
    [
        ("darwin", ["ardour:MIDI out"], "Live"),
        ("win32", [], "Live"),
        ("linux", [], "Ardour"),
        ("linux", ["Midi Through", "REAPER:MIDI Input 1"], "REAPER"),
        ("linux", ["Bitwig Studio:out"], "Bitwig"),
        ("linux", ["Bitwig Studio:out", "ardour:MIDI Clock out"], "Ardour"),
    ],
)
def test_the_daw_that_is_likely_is_shown_first(platform, ports, daw):
    assert likely_daw(platform, ports) == daw
    assert daw in {recipe.daw for recipe in recipes("A", "B")}


def test_a_daw_that_was_chosen_stays_and_comes_back(panel, qtbot, context):
    panel._routing.suggest_daw("REAPER")
    assert panel._routing._daws.key == "REAPER"
    assert panel.saved_state()["daw"] == ""
    with qtbot.waitSignal(panel.state_changed):
        panel._routing._daws._buttons["Bitwig"].click()
    panel._routing.suggest_daw("REAPER")
    assert panel._routing._daws.key == "Bitwig"
    other = SettingsPanel(context)
    qtbot.addWidget(other)
    other.restore_state(panel.saved_state())
    other._routing.suggest_daw("Live")
    assert other._routing._daws.key == "Bitwig"
    assert "Generic MIDI Keyboard" in words(other._routing)
    other.restore_state({"daw": "Cubase"})
    other.restore_state({"daw": 3})
    other.close_work()


def test_findings_are_lights_with_words(panel):
    panel.health.show_findings((Finding(Level.PROBLEM, "sound", "PortAudio is missing.", "install it"),))
    assert "PortAudio is missing.\n→ install it" in words(panel.health)
    panel.health.show_findings(())
    assert not panel.health._rows.count()


def test_an_examination_shows_what_it_finds(qtbot, panel):
    panel.health.examine()
    assert not panel.health._examine.isEnabled()
    qtbot.waitUntil(lambda: "No MIDI system runs" in words(panel.health))
    assert panel.health._examine.isEnabled()
    assert "fake drummer writes a bar of drums" in words(panel.health)


def test_about_names_versions_and_licences():
    assert "(MIT)" in version_text()
    found = {library.name: library for library in libraries()}
    assert "LGPL" in found["PySide6-Essentials"].licence
    assert all(library.version and library.licence for library in found.values())


def test_the_page_in_sight_comes_back(panel, qtbot, context):
    panel.show_page(3)
    state = panel.saved_state()
    other = SettingsPanel(context)
    qtbot.addWidget(other)
    other.restore_state(state)
    assert other.saved_state() == state
    other.restore_state({"tab": 99})
    assert other.saved_state() == state
    other.close_work()
