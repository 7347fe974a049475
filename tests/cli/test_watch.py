"""`musegen-daw watch` and `musegen-daw reaper`."""

from pathlib import Path

import pytest

from musegen_daw import reaper_script
from musegen_daw import resource_paths as resources
from musegen_daw.midi.file import read_midi
from tests.cli.doubles import one_sentence


def test_a_folder_is_answered_once(run, clip, tmp_path, drummer):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "verse.mid").write_bytes(clip.read_bytes())
    code, out, _ = run("watch", folder, "--once", "--density", "0.8", "--loop")
    assert code == 0
    assert "verse.mid" in out
    assert read_midi(folder / "answers" / "verse.mid").end_ticks > 0
    (asked,) = drummer.requests
    assert asked.variations == 1
    assert run("watch", folder, "--once")[:2] == (0, "")
    assert len(drummer.requests) == 1


def test_what_cannot_be_answered_is_told_and_ends_with_one(run, tmp_path, drummer):
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    code, _, err = run("watch", tmp_path, "--once")
    assert code == 1
    assert "bad.mid" in err
    assert (tmp_path / "answers" / "bad.txt").exists()


def test_a_folder_is_needed(run, tmp_path, monkeypatch):
    assert "There is no folder" in one_sentence(run("watch", tmp_path / "gone", "--once")[2])
    monkeypatch.setattr(reaper_script, "exchange_folder", lambda folder=None: tmp_path / "gone")
    assert "musegen-daw reaper install" in one_sentence(run("watch", "--once")[2])


def test_the_script_is_installed_into_reapers_folder(run, tmp_path):
    code, out, _ = run("reaper", "install", "--folder", tmp_path)
    assert code == 0
    script = tmp_path / "Scripts" / "musegen.lua"
    assert script.read_bytes() == (resources.resources_dir() / "reaper" / "musegen.lua").read_bytes()
    assert str(script) in out
    assert (tmp_path / "musegen-daw").is_dir()
    assert run("reaper", "install", "--folder", tmp_path)[0] == 0
    assert [path.name for path in script.parent.iterdir()] == ["musegen.lua"]


def test_without_reaper_one_sentence_says_what_to_do(run, tmp_path):
    code, _, err = run("reaper", "install", "--folder", tmp_path / "gone")
    assert code == 1
    assert "start REAPER once" in one_sentence(err)
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("win32", {"APPDATA": "roaming"}, "roaming/REAPER"),
        ("win32", {}, "home/AppData/Roaming/REAPER"),
        ("darwin", {}, "home/Library/Application Support/REAPER"),
        ("linux", {}, "home/.config/REAPER"),
        ("linux", {"XDG_CONFIG_HOME": "configuration"}, "configuration/REAPER"),
    ],
)
def test_reapers_folder_is_where_each_system_keeps_it(platform, environment, folder):
    found = reaper_script.reaper_folder(platform, environment, Path("home"))
    assert found == Path(folder)
    assert reaper_script.exchange_folder(found) == Path(folder) / "musegen-daw"


def test_script_and_program_agree_about_the_folder():
    script = (resources.resources_dir() / "reaper" / reaper_script.NAME).read_text()
    assert f'"{reaper_script.EXCHANGE}"' in script or f"/{reaper_script.EXCHANGE}" in script
    assert "answers" in script
