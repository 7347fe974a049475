"""The controls of a player: what a knob, a pad and a button do, learning, and maps that are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.errors import MusegenError
from musegen_daw.jam.control.control_map import (
    ControlMap,
    ControlSurface,
    Knob,
    control_map_names,
    load_control_map,
    save_control_map,
)
from musegen_daw.jam.control.controls import (
    CONTINUOUS,
    TARGETS,
    TRIGGERS,
    ControllerMove,
    Controls,
    moved_controls,
)
from musegen_daw.jam.events import MidiEvent, control_change, note_off, note_on

KNOB = Knob("cc", 0, 21)
PAD = Knob("note", 9, 36)


def surface(**targets):
    knobs = {"knob": KNOB, "pad": PAD}
    return ControlSurface(
        ControlMap("test", tuple((knobs[each], target) for each, target in targets.items()))
    )


def cc(value, number=21, channel=0):
    return MidiEvent(0.0, control_change(channel, number, value))


def pad(velocity=100, pitch=36, channel=9):
    return MidiEvent(0.0, note_on(channel, pitch, velocity))


def pad_up(pitch=36, channel=9):
    return MidiEvent(0.0, note_off(channel, pitch))


@pytest.mark.parametrize("target", CONTINUOUS)
def test_a_knob_runs_from_end_to_end(target) -> None:
    lowest, highest = CONTINUOUS[target]
    moved = surface(knob=target)
    ends = [getattr(moved_controls(Controls(), moved.feed(cc(value))), target) for value in (0, 127)]
    assert ends == [lowest, highest]


@pytest.mark.parametrize("target", ["hold", "mute snare"])
def test_a_pad_flips_a_switch_and_a_knob_sets_it(target) -> None:
    def is_on(controls):
        return controls.hold if target == "hold" else "snare" in controls.muted

    flipped = [Controls()]
    pads = surface(pad=target)
    for event in (pad(), pad_up(), pad(), pad_up()):
        move = pads.feed(event)
        flipped.append(flipped[-1] if move is None else moved_controls(flipped[-1], move))
    assert [is_on(controls) for controls in flipped] == [False, True, True, False, False]
    knob = surface(knob=target)
    set_to = [moved_controls(Controls(), knob.feed(cc(value))) for value in (127, 100, 20)]
    assert [is_on(controls) for controls in set_to] == [True, True, False]


def test_a_button_triggers_once_a_press() -> None:
    button = surface(knob="fill now")
    moves = [button.feed(cc(value)) for value in (127, 127, 0, 30, 64, 90, 0)]
    assert [move is not None for move in moves] == [True, False, False, False, True, False, False]


def test_a_pad_triggers_at_any_velocity() -> None:
    assert surface(pad="panic").feed(pad(1)) == ControllerMove("panic", 1 / 127, is_pad=True)


def test_what_moves_a_control_is_no_music_and_all_else_is() -> None:
    moved = surface(knob="energy", pad="fill now")
    assert all(moved.takes(event) for event in (cc(5), pad(), pad_up()))
    music = (cc(5, channel=1), cc(5, number=22), pad(pitch=37), pad(channel=0), MidiEvent(0, bytes((0xF8,))))
    assert not any(moved.takes(event) for event in music)
    assert [moved.feed(event) for event in music] == [None] * len(music)


@pytest.mark.parametrize(("event", "knob"), [(cc(40), KNOB), (pad(), PAD)])
def test_the_next_knob_or_pad_is_learned(event, knob) -> None:
    moved = ControlSurface(ControlMap())
    moved.learn("density")
    assert not moved.takes(pad_up())
    assert not moved.takes(cc(0, number=123))
    assert moved.takes(event)
    assert moved.feed(event) is None
    assert moved.learning is None
    assert moved.control_map.target_of(knob) == "density"
    assert moved.feed(event).target == "density"


def test_a_knob_learned_again_lets_go_of_what_it_moved() -> None:
    moved = surface(knob="density")
    moved.learn("energy")
    moved.feed(cc(1))
    assert moved.control_map.bindings == ((KNOB, "energy"),)


def test_learning_can_be_given_up_and_nothing_unknown_is_learned() -> None:
    moved = ControlSurface(ControlMap())
    moved.learn("hold")
    moved.learn(None)
    assert not moved.takes(cc(1))
    with pytest.raises(ValueError, match="there is no control 'reverb'"):
        moved.learn("reverb")


def test_controls_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="energy must be within 0..1, got 1.5"):
        Controls(energy=1.5)
    with pytest.raises(ValueError, match="unknown voices: gong"):
        Controls(muted=frozenset({"gong"}))


def test_the_middle_leaves_the_model_and_the_velocities_as_they_are() -> None:
    assert Controls().temperature == pytest.approx(0.9)
    assert Controls().velocity_exponent() == 1
    assert Controls(energy=1).velocity_exponent() < 1 < Controls(energy=0).velocity_exponent()
    assert (Controls().asked_energy, Controls(energy=0.8).asked_energy) == (None, 0.8)


def test_what_was_written_for_an_energy_is_not_bent_by_it_again() -> None:
    assert Controls(energy=0.9).velocity_exponent(0.9) == 1
    assert Controls(energy=0.7).velocity_exponent(0.9) > 1 > Controls(energy=1).velocity_exponent(0.9)


knobs = st.builds(Knob, st.just("cc"), st.integers(0, 15), st.integers(0, 119)) | st.builds(
    Knob, st.just("note"), st.integers(0, 15), st.integers(0, 127)
)


@given(
    bindings=st.dictionaries(knobs, st.sampled_from(TARGETS), max_size=20),
    name=st.sampled_from(["a", "Ä 2-b"]),
)
def test_a_map_comes_back_by_its_name(tmp_path_factory, bindings, name) -> None:
    folder = tmp_path_factory.mktemp("maps") / "made"
    kept = ControlMap(name, tuple(bindings.items()))
    save_control_map(kept, folder)
    assert load_control_map(name, folder) == kept
    assert control_map_names(folder) == (name,)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("name", ["", "../x", "a/b", " a", "a ", "x" * 64, ".", "a.b"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name) -> None:
    with pytest.raises(MusegenError, match="is no name for a control map"):
        save_control_map(ControlMap(name), tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "cannot be used"),
        ("colour = 1", "unknown key 'colour'"),
        ("bindings = 3", r"must be tables"),
        ("bindings = [3]", "a binding has a target"),
        ('[[bindings]]\ntarget = "hold"\ncc = 3', "a binding has a target"),
        ('[[bindings]]\ntarget = "gong"\ncc = 3\nchannel = 1', "there is no control 'gong'"),
        ('[[bindings]]\ntarget = "hold"\ncc = 123\nchannel = 1', "there is no cc 123"),
        ('[[bindings]]\ntarget = "hold"\ncc = 3\nchannel = 17', "a channel must be within 1..16, got 17"),
        ('[[bindings]]\ntarget = "hold"\ncc = true\nchannel = 1', "whole numbers"),
        ('[[bindings]]\ntarget = "hold"\ncc = 3\nchannel = 1\n' * 2, "is bound twice"),
        (b"\xff", "cannot be used"),
    ],
)
def test_a_damaged_map_is_told_in_one_sentence(tmp_path, text, reason) -> None:
    (tmp_path / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MusegenError, match=reason):
        load_control_map("bad", tmp_path)


def test_a_missing_map_is_told(tmp_path) -> None:
    with pytest.raises(MusegenError, match="does not exist"):
        load_control_map("none", tmp_path)


@given(st.lists(st.tuples(st.sampled_from(TARGETS), st.binary(max_size=4)), max_size=30))
def test_no_bytes_break_the_controls(moves) -> None:
    moved, controls = ControlSurface(ControlMap()), Controls()
    for target, data in moves:
        moved.learn(target)
        for _ in range(2):
            move = moved.feed(MidiEvent(0.0, data))
            if move is not None:
                assert move.is_trigger == (move.target in TRIGGERS)
                controls = moved_controls(controls, move)
