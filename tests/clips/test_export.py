"""Exported files: dragged drums never change afterwards."""

from dataclasses import replace

from musegen_daw.clips import edits
from musegen_daw.clips.export import Profile, file_name, write_for_drag
from musegen_daw.midi.file import read_midi


def test_a_dragged_file_is_never_changed_and_equal_drums_reuse_it(document, tmp_path):
    folder = tmp_path / "dragged out"
    one = edits.add_hit(document, 0, 0)
    first = write_for_drag(one, Profile.LIVE, folder)
    before = first.read_bytes()
    assert write_for_drag(one, Profile.LIVE, folder) == first
    second = write_for_drag(edits.add_hit(one, 1, 480), Profile.LIVE, folder)
    assert second != first
    assert first.read_bytes() == before
    assert len(read_midi(second).clips[0].notes) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["verse drums 1 (2).mid", "verse drums 1.mid"]


def test_a_file_name_is_safe_and_never_empty(document, tmp_path):
    named = replace(edits.add_hit(document, 0, 0), name='../a/b:"c"')
    assert write_for_drag(named, Profile.OTHERS, tmp_path).parent == tmp_path
    assert file_name(replace(document, name="///")) == "clip"
