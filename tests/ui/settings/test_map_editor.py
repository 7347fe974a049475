"""The editor of drum maps."""

import threading

import pytest

from musegen_daw import sampler_maps
from musegen_daw.errors import PortError
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.ui.settings.panel import SettingsPanel
from tests.pages.settings import SettingsPage
from tests.ui.doubles import NoSystem, make_context

DRUM_MAPS = 5
"""The place of its tab."""


class Pads(NoSystem):
    """A directory with the input "Pads", which can be pressed, and one that is in use elsewhere."""

    def __init__(self):
        self.received = None
        self.is_open = False

    def ports(self, direction):
        return (self, Busy())

    name = "Pads"
    loopback = None

    def open_input(self, name, received, *, clock=False):
        if name != self.name:
            raise PortError(f"{name} is in use.")
        self.received, self.is_open = received, True
        return self

    def close(self):
        self.is_open = False

    def press(self, pitch, velocity=100):
        """As a driver does: on a thread of its own."""
        thread = threading.Thread(target=lambda: self.received(0.0, bytes((0x99, pitch, velocity))))
        thread.start()
        thread.join()


class Busy:
    name = "Busy"
    loopback = None


@pytest.fixture
def pads():
    return Pads()


@pytest.fixture
def page(qtbot, tmp_path, pads, monkeypatch):
    monkeypatch.setattr(sampler_maps, "user_folder", lambda: tmp_path / "user")
    context = make_context(tmp_path, ports=lambda: pads)
    panel = SettingsPanel(context)
    panel.settings = context.settings
    qtbot.addWidget(panel)
    panel.told = []
    panel.message.connect(lambda sentence, level: panel.told.append(sentence))
    panel.show()
    panel.show_page(DRUM_MAPS)
    page = SettingsPage(panel, qtbot)
    panel.activated()
    page.until(lambda: page.find("listen-to").count() == 3)
    yield page
    panel.close_work()
    assert not pads.is_open


def test_a_pad_gives_the_chosen_piece_its_note_and_the_next_waits(page, pads):
    page.choose("listen-to", "Pads")
    page.until(lambda: pads.is_open)
    page.click("learn-kick")
    pads.press(48)
    page.until(lambda: page.find("note-of-kick").value() == 48)
    assert page.is_checked("learn-side-stick")
    pads.press(49, velocity=0)  # lets go
    pads.press(50)
    page.until(lambda: page.find("note-of-side-stick").value() == 50)
    assert "The side stick is note 50. Next, the snare." in page.text("told")
    page.choose("listen-to", "no MIDI input")
    page.until(lambda: not pads.is_open)


def test_the_last_piece_ends_the_round(page, pads):
    page.choose("listen-to", "Pads")
    page.until(lambda: pads.is_open)
    page.click("learn-shaker")
    pads.press(1)
    page.until(lambda: page.find("note-of-shaker").value() == 1)
    assert not page.is_checked("learn-shaker")
    pads.press(2)
    page.until(lambda: "choose its piece first" in page.text("told"))
    assert page.find("note-of-shaker").value() == 1


def test_nothing_is_heard_on_another_page(page, pads):
    page.choose("listen-to", "Pads")
    page.until(lambda: pads.is_open)
    page.root.deactivated()
    page.until(lambda: not pads.is_open)
    assert page.text("listen-to") == "no MIDI input"


def test_a_port_that_cannot_be_opened_is_told(page):
    page.choose("listen-to", "Busy")
    page.until(lambda: page.root.told)
    assert page.root.told == ["Busy is in use."]
    assert page.text("listen-to") == "no MIDI input"


def test_a_map_starts_from_another_and_is_saved(page):
    page.choose("start-from", "Superior Drummer 3")
    base = sampler_maps.load_drum_map("superior-drummer-3")
    assert page.find("note-of-kick").value() == base.pitches["kick"]
    page.find("note-of-kick").setValue(24)
    page.find("note-of-snare").setValue(-1)
    page.type("name-of-the-map", "My kit")
    page.click("save-map")
    saved = sampler_maps.load_drum_map("my-kit")
    assert saved.pitches == {**{k: v for k, v in base.pitches.items() if k != "snare"}, "kick": 24}
    assert page.text("start-from") == "My kit"
    assert "Saved My kit" in page.text("told")
    page.choose("drum-map-of-the-jam", "My kit")
    assert page.root.settings.current.drum_map == "my-kit"
    changes = []
    page.root.settings.changed.connect(lambda settings: changes.append(settings.drum_map))
    page.find("note-of-kick").setValue(25)
    page.click("save-map")
    assert changes[-1] == "my-kit"  # the jam reads it again
    assert sampler_maps.load_drum_map("my-kit").pitches["kick"] == 25


@pytest.mark.parametrize("name", ["", "General MIDI"])
def test_a_name_is_needed(page, name):
    page.type("name-of-the-map", name)
    page.click("save-map")
    assert page.root.told
    assert sampler_maps.user_map_names() == ()


def test_notes_have_the_names_of_the_settings(page):
    assert page.text("note-of-kick") == "36  C2"
    page.root.settings.change(note_names="Solfège")
    assert page.text("note-of-kick") == "36  Do2"
    assert page.find("note-of-ride").value() == GENERAL_MIDI.pitches["ride"]
