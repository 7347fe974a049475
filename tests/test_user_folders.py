"""The user's folder, and files of earlier versions that are copied into it."""

import sys

import pytest

from musegen_daw.user_folders import user_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets XDG variables")


@pytest.fixture
def folders(tmp_path, monkeypatch):
    for name in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path / "config" / "musegen-daw", tmp_path / "data" / "musegen-daw"


def test_a_new_user_has_one_folder_that_is_made_by_who_writes(folders):
    _, folder = folders
    assert user_folder() == folder
    assert not folder.exists()


def test_files_of_earlier_versions_are_copied(folders):
    former, folder = folders
    (former / "controls").mkdir(parents=True)
    (former / "controls" / "window.toml").write_text("knobs")
    (former / "offsets.json").write_text("{}")
    folder.mkdir(parents=True)
    (folder / "session.json").write_text("session")
    assert user_folder() == folder
    assert (folder / "controls" / "window.toml").read_text() == "knobs"
    assert sorted(each.name for each in folder.iterdir()) == ["controls", "offsets.json", "session.json"]
    assert (former / "offsets.json").exists()


def test_what_cannot_be_copied_costs_nothing_else(folders):
    former, folder = folders
    former.mkdir(parents=True)
    (former / "offsets.json").write_text("{}")
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")
    assert user_folder() == folder


def test_no_file_is_overwritten(folders):
    former, folder = folders
    for each in folders:
        each.mkdir(parents=True)
        (each / "offsets.json").write_text(str(each))
    user_folder()
    assert (folder / "offsets.json").read_text() == str(folder)
    assert (former / "offsets.json").read_text() == str(former)
