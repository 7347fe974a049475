"""Styles and sections are called up by program change, knob, pad, key and button."""

from __future__ import annotations

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.jam.control.control_map import ControlMap, Knob, save_control_map
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.control.sections import Section, Sections
from musegen_daw.jam.events import control_change, note_off, note_on, program_change
from musegen_daw.jam.user_settings import controls_dir, load_sections, save_sections
from tests.jam.conftest import ALONE

CONTROL_CHANNEL = 15
STYLES = resources.style_names()
BUSY = Section.of("bossa", Controls(density=0.9, energy=0.7, muted=frozenset({"ride"})))
CALM = Section.of("", Controls(density=0.2, swing=0.6))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "config"


@pytest.fixture
def jam(rigs, folder):
    """A jam with two sections that were stored before."""
    save_sections(folder, Sections({"A": BUSY, "C": CALM}))
    return rigs(jam=ALONE, control_channel=CONTROL_CHANNEL)


def program(jam, number, channel=CONTROL_CHANNEL):
    """Send a program as controllers show it, from 1."""
    jam.arrive(program_change(channel, number - 1))
    jam.clock.advance(0.1)


def now(jam):
    status = jam.rig.status
    return status.called_up.section, status.called_up.style, status.jam.controls


def test_programs_are_the_styles_in_the_order_of_their_list(jam) -> None:
    for number, style in enumerate(STYLES, 1):
        program(jam, number)
        assert jam.rig.style == style
        assert jam.rig.status.message == f"Style: {style.replace('-', ' ')}."
    program(jam, 100)
    assert jam.rig.style == ""
    assert jam.rig.status.message == "Style: as you play."


def test_the_styles_can_be_others_than_the_bundled_ones(rigs) -> None:
    jam = rigs(jam=ALONE, control_channel=0, styles=("funk", "swing"))
    program(jam, 2, channel=0)
    assert jam.rig.style == "swing"
    program(jam, 3, channel=0)
    assert jam.rig.style == "swing"
    assert jam.rig.status.message.startswith("Program 3 is free: 1 to 2 are styles")


def test_a_style_that_is_called_up_is_asked_for_in_the_next_bars(jam) -> None:
    jam.rig.start()
    jam.clock.advance(4.0)
    program(jam, 1 + STYLES.index("samba"))
    jam.clock.advance(4.0)
    assert jam.drummer.requests[-1].style.name == "samba"


def test_programs_on_other_channels_say_what_instrument_the_part_is(jam) -> None:
    jam.rig.start()
    jam.clock.advance(0.2)
    program(jam, 33, channel=0)
    for _ in range(8):
        jam.arrive(note_on(0, 40, 90))
        jam.clock.advance(0.25)
        jam.arrive(note_off(0, 40))
        jam.clock.advance(0.25)
    assert jam.rig.style == ""
    assert {part.program for part in jam.drummer.requests[-1].parts} == {32}


def test_without_a_control_channel_no_program_is_a_style(rigs) -> None:
    jam = rigs(jam=ALONE)
    for channel in range(16):
        program(jam, 3, channel)
    assert jam.rig.style == ""


def test_a_section_is_recalled_with_its_style_and_controls_by_program(jam) -> None:
    jam.rig.session.change(lambda _: Controls(hold=True))
    program(jam, 101)
    assert now(jam) == ("A", "bossa", BUSY.controls)
    assert jam.rig.status.message == "Section A: style bossa."
    program(jam, 103)
    assert now(jam) == ("C", "", CALM.controls)
    program(jam, 102)
    assert now(jam) == ("C", "", CALM.controls)
    assert jam.rig.status.message.startswith("Section B is empty")


def test_a_section_is_marked_as_changed_once_something_is_moved(jam) -> None:
    jam.rig.recall_section("A")
    jam.clock.advance(0.1)
    called_up = jam.rig.status.called_up
    assert not called_up.is_changed(jam.rig.status.jam.controls)
    assert called_up.is_changed(Controls())
    jam.rig.set_style("funk")
    assert jam.rig.status.called_up.is_changed(BUSY.controls)


def test_what_is_stored_is_there_in_the_next_jam(jam, rigs, folder) -> None:
    jam.rig.set_style("metal")
    jam.rig.session.change(lambda _: Controls(energy=0.9, hold=True))
    jam.clock.advance(0.1)
    jam.rig.store_section("D")
    jam.clock.advance(0.1)
    stored = Section.of("metal", Controls(energy=0.9))
    assert jam.rig.status.called_up.sections.get("D") == stored
    assert jam.rig.status.called_up.section == "D"
    assert load_sections(folder, pytest.fail) == Sections({"A": BUSY, "C": CALM, "D": stored})
    jam.close()
    again = rigs(jam=ALONE)
    again.rig.recall_section("D")
    again.clock.advance(0.1)
    assert now(again) == ("D", "metal", Controls(energy=0.9))


@pytest.mark.parametrize("message", [note_on(9, 50, 100), control_change(2, 50, 127)])
def test_a_pad_or_a_button_recalls_the_section_it_is_mapped_to(rigs, folder, message) -> None:
    save_sections(folder, Sections({"A": BUSY}))
    knob = Knob("note" if message[0] & 0xF0 == 0x90 else "cc", message[0] & 15, message[1])
    save_control_map(ControlMap("pads", ((knob, "section A"),)), controls_dir(folder))
    jam = rigs(jam=ALONE, control_map="pads")
    jam.arrive(message)
    jam.clock.advance(0.1)
    assert now(jam) == ("A", "bossa", BUSY.controls)


def test_a_knob_sweeps_through_the_styles_and_buttons_step(rigs, folder) -> None:
    knobs = [
        (Knob("cc", 0, 20), "style"),
        (Knob("cc", 0, 21), "next style"),
        (Knob("cc", 0, 22), "previous style"),
    ]
    save_control_map(ControlMap("knobs", tuple(knobs)), controls_dir(folder))
    jam = rigs(jam=ALONE, control_map="knobs")

    def turn(number, *values):
        for value in values:
            jam.arrive(control_change(0, number, value))
            jam.clock.advance(0.1)
        return jam.rig.style

    seen = list(dict.fromkeys(turn(20, value) for value in range(128)))
    assert seen == ["", *STYLES]
    assert turn(21, 127, 0) == ""
    assert turn(21, 127, 0) == STYLES[0]
    assert turn(22, 127, 0, 127, 0) == STYLES[-1]


def test_damaged_sections_are_set_aside_and_what_is_good_is_kept(rigs, folder) -> None:
    folder.mkdir()
    path = folder / "sections.json"
    path.write_text('{"sections": {"A": {"style": "funk"}, "B": {"controls": {"energy": "loud"}}}}')
    jam = rigs(jam=ALONE)
    assert (
        "has sections that cannot be used (energy of section B); it was set aside" in jam.rig.status.message
    )
    assert load_sections(folder, pytest.fail) == Sections({"A": Section("funk"), "B": Section()})
    assert len(list(folder.iterdir())) == 2


def test_sections_that_are_no_sections_are_set_aside(folder) -> None:
    folder.mkdir()
    (folder / "sections.json").write_text("[1, 2")
    told = []
    assert load_sections(folder, told.append) == Sections()
    assert len(told) == 1
    assert "holds no sections; it was set aside" in told[0]
    assert not (folder / "sections.json").exists()


def test_a_folder_that_cannot_be_written_is_told_and_the_section_holds(rigs, folder) -> None:
    jam = rigs(jam=ALONE)
    folder.write_text("a file where the folder should be")
    jam.rig.store_section("B")
    jam.clock.advance(0.1)
    assert jam.rig.status.message.startswith("Cannot make the folder")
    assert jam.rig.status.called_up.sections.get("B") == Section()
