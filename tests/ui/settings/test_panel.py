"""Settings apply at once, and the help pages describe this computer."""

import pytest

from musegen_daw.devices.findings import Finding, Level
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.ui.settings.about import libraries, version_text
from musegen_daw.ui.settings.connect import RoutingPage, likely_daw, recipes
from musegen_daw.ui.settings.panel import SettingsPanel
from tests.pages.settings import SettingsPage


@pytest.fixture
def panel(qtbot, context):
    made = SettingsPanel(context)
    qtbot.addWidget(made)
    made.sentences = []
    made.message.connect(lambda sentence, level: made.sentences.append(sentence))
    made.show()
    yield made
    made.close_work()


@pytest.fixture
def page(panel, qtbot):
    return SettingsPage(panel, qtbot)


@pytest.fixture
def routing(qtbot):
    made = RoutingPage()
    qtbot.addWidget(made)
    return SettingsPage(made, qtbot)


def test_a_choice_applies_at_once(panel, context, page):
    page.choose("theme", "Light")
    page.choose("note-names", "German")
    assert (context.settings.current.theme, context.settings.current.note_names) == ("light", "German")


def test_a_missing_path_is_refused_with_a_message(panel, context, tmp_path, page):
    page.type("soundfont", str(tmp_path / "gone.sf2"))
    assert context.settings.current.soundfont == ""
    assert "There is no SoundFont file" in panel.sentences[-1]
    good = tmp_path / "kit.sf2"
    good.write_bytes(b"RIFF")
    page.type("soundfont", str(good))
    assert context.settings.current.soundfont == str(good)
    page.type("soundfont", "")
    assert context.settings.current.soundfont == ""


def test_the_soundfont_that_plays_where_none_is_chosen_is_named(panel, page, monkeypatch):
    monkeypatch.setattr("musegen_daw.playback.synth.soundfont._system_folders", lambda: ())
    panel.activated()
    page.until(lambda: page.find("soundfont").placeholderText() == "musegen.sf2, the bundled one")


def test_the_soundfont_of_the_computer_is_named_where_it_plays(panel, page, monkeypatch, tmp_path):
    (tmp_path / "FluidR3_GM.sf2").write_bytes(b"RIFF....sfbk".ljust(400, b"\0"))
    monkeypatch.setattr("musegen_daw.playback.synth.soundfont._system_folders", lambda: (tmp_path,))
    panel.activated()
    words = "FluidR3_GM.sf2, with the bundled drums"
    page.until(lambda: page.find("soundfont").placeholderText() == words)


def test_a_disconnected_device_stays_chosen_and_is_marked(panel, context, page, monkeypatch):
    context.settings.change(audio_device="USB interface")
    assert page.text("sound-device") == "USB interface (not connected)"
    other = AudioDevice("Built-in", "ALSA", 48_000, True)
    monkeypatch.setattr("musegen_daw.devices.sound_devices.output_devices", lambda: (other,))
    panel.activated()
    box = page.find("sound-device")
    page.until(lambda: box.count() == 3)
    assert page.text("sound-device") == "USB interface (not connected)"
    assert context.settings.current.audio_device == "USB interface"


def test_the_first_page_names_the_ports_and_problems(panel, page):
    panel.activated()
    page.until(lambda: "No MIDI system runs" in page.text("ports"))
    assert "musegen in" in page.text("steps")


@pytest.mark.parametrize("recipe", recipes("A to", "B from"), ids=lambda recipe: recipe.daw)
def test_every_recipe_names_both_ports_and_the_clock(recipe):
    text = " ".join(recipe.steps)
    assert "A to" in text
    assert "B from" in text
    assert "clock" in text.lower()


def test_the_steps_follow_the_daw_that_is_chosen(routing):
    routing.root.show_ports("loopMIDI 1", "loopMIDI 2", "use these")
    routing.choose_daw("REAPER")
    assert routing.daw == "REAPER"
    assert "Preferences → MIDI Devices" in routing.text("steps")
    assert "loopMIDI 2" in routing.text("steps")


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
def test_the_likely_daw_is_shown_first(platform, ports, daw):
    assert likely_daw(platform, ports) == daw
    assert daw in {recipe.daw for recipe in recipes("A", "B")}


def test_a_daw_is_suggested_until_one_is_chosen(routing):
    routing.root.suggest_daw("REAPER")
    assert routing.daw == "REAPER"
    assert routing.root.chosen_daw == ""
    routing.choose_daw("Bitwig")
    routing.root.suggest_daw("REAPER")
    assert routing.daw == routing.root.chosen_daw == "Bitwig"


def test_a_daw_that_was_chosen_comes_back(panel, page, qtbot, context):
    with qtbot.waitSignal(panel.state_changed):
        page.choose_daw("Bitwig")
    other = SettingsPanel(context)
    qtbot.addWidget(other)
    other.restore_state(panel.saved_state())
    restored = SettingsPage(other, qtbot)
    other.activated()
    restored.until(lambda: "No MIDI system runs" in restored.text("ports"))
    assert restored.daw == "Bitwig"
    assert "Generic MIDI Keyboard" in restored.text("steps")
    other.restore_state({"daw": "Cubase"})
    other.restore_state({"daw": 3})
    other.close_work()


def test_findings_are_lights_with_words(panel, page):
    panel.health.show_findings((Finding(Level.PROBLEM, "sound", "PortAudio is missing.", "install it"),))
    assert "PortAudio is missing.\n→ install it" in page.words("findings")
    panel.health.show_findings(())
    page.until(lambda: "PortAudio" not in page.words("findings"))


def test_diagnostics_show_what_they_find(page):
    page.click("run-diagnostics")
    assert not page.is_enabled("run-diagnostics")
    page.until(lambda: "No MIDI system runs" in page.words("findings"))
    page.until(lambda: page.is_enabled("run-diagnostics"))
    assert "fake drummer writes a bar of drums" in page.words("findings")


def test_about_names_versions_and_licences():
    assert "(MIT)" in version_text()
    found = {library.name: library for library in libraries()}
    assert "LGPL" in found["PySide6-Essentials"].licence
    assert all(library.version and library.licence for library in found.values())


def test_the_current_tab_is_restored(panel, qtbot, context):
    panel.show_page(3)
    state = panel.saved_state()
    other = SettingsPanel(context)
    qtbot.addWidget(other)
    other.restore_state(state)
    assert other.saved_state() == state
    other.restore_state({"tab": 99})
    assert other.saved_state() == state
    other.close_work()
