"""Undo steps, and which clip is shown."""

import pytest

from musegen_daw.clips import edits
from musegen_daw.clips.document import MidiSource, Project
from musegen_daw.clips.editor import Editor
from musegen_daw.errors import MidiFileError


@pytest.fixture
def told():
    return []


@pytest.fixture
def editor(told):
    return Editor(Project(), lambda: told.append(True))


def test_opening_editing_and_closing_are_steps(editor, source, told):
    first = editor.open([source])
    second = editor.open([source])
    assert editor.clip == second
    editor.edit("add kick", lambda clip: edits.add_hit(clip, 0, 0), first.identity)
    assert editor.undo_label == "add kick"
    editor.close_clip(first.identity)
    assert editor.project.clips == (second,)
    for label in ("close verse", "add kick", "open verse", "open verse"):
        assert editor.undo_label == label
        editor.undo()
    assert editor.project == Project()
    assert len(told) == 8
    for _ in range(3):
        editor.redo()
    assert len(editor.project.find(first.identity).drums.notes) == 1


def test_an_edit_without_effect_adds_no_step(editor, source, told):
    editor.open([source])
    editor.edit("swing", lambda clip: edits.set_swing(clip, 0.5))
    editor.edit("nothing", lambda clip: clip, identity=99)
    assert editor.undo_label == "open verse"
    assert len(told) == 1


def test_undo_shows_the_clip_it_changes(editor, source):
    first, second = editor.open([source]), editor.open([source])
    editor.show(first.identity)
    editor.edit("swing", lambda clip: edits.set_swing(clip, 0.6))
    editor.show(second.identity)
    editor.undo()
    assert editor.clip.identity == first.identity
    assert editor.undo_label == "open verse"


def test_a_rejected_edit_changes_nothing(editor, source):
    editor.open([source])
    before = editor.project
    with pytest.raises(MidiFileError):
        editor.open([MidiSource("text.mid", b"no music")])
    editor.edit("lock", lambda clip: edits.lock_voice(clip, "kick", True))
    with pytest.raises(edits.LockedError):
        editor.edit("add", lambda clip: edits.add_hit(clip, 0, 0))
    editor.undo()
    assert editor.project == before


def test_a_new_clip_takes_the_settings_of_the_one_shown(editor, source):
    editor.open([source])
    editor.edit("density", lambda clip: edits.set_settings(clip, edits.replace(clip.settings, density=0.25)))
    assert editor.open([source]).settings.density == 0.25


def test_joined_edits_are_one_step_until_it_ends(editor, source):
    editor.open([source])
    for ratio in (0.55, 0.6):
        editor.edit("swing", lambda clip, ratio=ratio: edits.set_swing(clip, ratio), joined=True)
    editor.edit("humanise", lambda clip: edits.set_humanise(clip, 0.5), joined=True)
    editor.edit("swing", lambda clip: edits.set_swing(clip, 0.7), joined=True)
    editor.end_step()
    editor.edit("swing", lambda clip: edits.set_swing(clip, 0.75), joined=True)
    ratios = []
    while editor.clip is not None:
        ratios.append((editor.clip.swing_ratio, editor.clip.humanise_amount))
        editor.undo()
    assert ratios == [(0.75, 0.5), (0.7, 0.5), (0.6, 0.5), (0.6, 0.0), (0.5, 0.0)]
