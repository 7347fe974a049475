"""The page that connects a DAW: loopback ports, steps, and the script for REAPER."""

from pathlib import Path

import pytest

from musegen_daw import reaper_script
from musegen_daw.ui.settings.connect import loops_of, ports_here, recipes
from musegen_daw.ui.settings.panel import SettingsPanel
from tests.pages.settings import SettingsPage
from tests.ui.doubles import NoSystem, make_context

LOOPS = "loopMIDI Port", "loopMIDI Port 1"
PAIR = "Default App Loopback (A)", "Default App Loopback (B)"


class Port:
    loopback = None

    def __init__(self, name):
        self.name = name


class Windows(NoSystem):
    def __init__(self, *names):
        self.names = names

    def problem(self):
        return None

    def ports(self, direction):
        return tuple(Port(name) for name in self.names)


@pytest.fixture
def open_page(qtbot, tmp_path):
    panels = []

    def make(*names):
        directory = Windows(*names)
        context = make_context(tmp_path, ports=lambda: directory)
        panel = SettingsPanel(context)
        panel.settings = context.settings
        qtbot.addWidget(panel)
        panel.told = []
        panel.message.connect(lambda sentence, level: panel.told.append((level, sentence)))
        panel.show()
        panels.append(panel)
        return SettingsPage(panel, qtbot)

    yield make
    for panel in panels:
        panel.close_work()


@pytest.fixture
def reaper(tmp_path, monkeypatch):
    folder = tmp_path / "REAPER"
    monkeypatch.setattr(reaper_script, "reaper_folder", lambda: folder)
    return folder


def test_loopback_ports_are_found_by_their_names():
    names = ("Keystation", *LOOPS, *PAIR, "LoopBe Internal MIDI")
    found = {wiring.input_name: wiring for wiring in loops_of(names, names)}
    assert set(found) == {LOOPS[0], PAIR[1]}
    assert (found[LOOPS[0]].to_program, found[LOOPS[0]].from_program) == LOOPS
    assert (found[PAIR[1]].to_program, found[PAIR[1]].from_program) == (PAIR[0], PAIR[0])


def test_the_steps_name_the_side_that_the_daw_uses(open_page):
    page = open_page(*PAIR)
    page.root.activated()
    page.until(lambda: page.is_visible("use-these-ports"))
    page.choose_daw("REAPER")
    assert PAIR[0] in page.text("steps")
    assert PAIR[1] not in page.text("steps")


def test_loopback_ports_are_offered_and_taken(open_page):
    page = open_page(*LOOPS, *PAIR)
    page.root.activated()
    page.until(lambda: page.is_visible("use-these-ports"))
    page.choose("loopback-ports", "Windows MIDI Services")
    assert PAIR[0] in page.text("steps")
    page.choose("loopback-ports", "loopMIDI")
    assert LOOPS[1] in page.text("steps")
    page.click("use-these-ports")
    settings = page.root.settings.current
    assert (settings.input_port, settings.output_port) == LOOPS
    assert LOOPS[0] in page.root.told[-1][1]


def test_what_the_jam_takes_comes_first(tmp_path):
    context = make_context(tmp_path, ports=lambda: Windows(*LOOPS, *PAIR))
    assert ports_here(context).loops[0].input_name == PAIR[1]
    context.settings.change(input_port=LOOPS[0], output_port=LOOPS[1])
    found = ports_here(context)
    assert found.loops[0].input_name == found.to_program == LOOPS[0]
    assert len(found.loops) == 2


def test_without_loopback_ports_nothing_is_offered(open_page):
    page = open_page("Keystation")
    page.root.activated()
    page.until(lambda: page.text("ports"))
    assert not page.is_visible("use-these-ports")


def test_where_one_loop_is_too_few_it_says_so(tmp_path):
    found = ports_here(make_context(tmp_path, ports=lambda: Windows("loopMIDI Port")))
    assert found.loops == ()
    assert "second port in loopMIDI" in found.sentence


def test_reapers_script_is_installed_and_its_folder_watched(open_page, reaper):
    reaper.mkdir()
    page = open_page()
    page.choose_daw("Live")
    assert not page.is_visible("install-the-reaper-script")
    page.choose_daw("REAPER")
    page.click("install-the-reaper-script")
    page.until(lambda: page.root.told)
    assert page.root.told[-1][0] == "good"
    assert (reaper / "Scripts" / "musegen.lua").exists()
    settings = page.root.settings.current
    assert settings.watched_dir == str(reaper / "musegen-daw")
    assert settings.watched_writes_back
    assert page.text("watched-folder") == settings.watched_dir


def test_another_watched_folder_is_left_alone(open_page, reaper, tmp_path):
    reaper.mkdir()
    page = open_page()
    page.root.settings.change(watched_dir=str(tmp_path))
    page.choose_daw("REAPER")
    page.click("install-the-reaper-script")
    page.until(lambda: page.root.told)
    assert "set the watched folder to" in page.root.told[-1][1]
    assert page.root.settings.current.watched_dir == str(tmp_path)


def test_without_reaper_a_sentence_says_so(open_page, reaper):
    page = open_page()
    page.choose_daw("REAPER")
    page.click("install-the-reaper-script")
    page.until(lambda: page.root.told)
    assert "start REAPER once" in page.root.told[-1][1]


@pytest.mark.parametrize(
    ("daw", "words"),
    [
        ("Live", ("Sync", "second MIDI track", "MIDI From", "MIDI To")),
        ("REAPER", ("Send clock/SPP", "MIDI hardware output")),
        ("Bitwig", ("HW Instrument", "Generic MIDI Keyboard", "before the instrument or in place of it")),
        ("Ardour", ("Enable Mclk generator", "MIDI Connections")),
        ("Logic", ("Synchronization", "MIDI input port|MIDI In Port")),
    ],
)
def test_page_and_documentation_say_the_same(daw, words):
    steps = " ".join(next(each for each in recipes("A", "B") if each.daw == daw).steps)
    routing = (Path(__file__).parents[3] / "docs" / "routing.md").read_text()
    row = next(
        line for line in routing.splitlines() if line.startswith(f"| {daw}") or f"| Ableton {daw}" in line
    )
    for each in words:
        assert any(word.casefold() in steps.casefold() for word in each.split("|")), each
        assert any(word.casefold() in row.casefold() for word in each.split("|")), each
