"""Part files of programs that were killed."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path

import pytest

from musegen_daw import part_files
from musegen_daw.errors import AudioError
from musegen_daw.files import atomic_paths, scratch, write_bytes
from musegen_daw.part_files import is_part, part_file, part_folder, sweep
from tests.systems import SYSTEMS, live_on

STEPS = "open", "link", "fsync", "replace", "rename", "mkdir", "chmod", "chown", "close", "unlink", "rmdir"
WHOLE = b"drums" * 1000


@pytest.fixture(params=SYSTEMS)
def system(request, monkeypatch):
    live_on(request.param, monkeypatch)
    return request.param


def new_file(folder):
    write_bytes(folder / "song.mid", WHOLE)


def new_folder(folder):
    with atomic_paths(folder / "a" / "stems", ["1.wav", "2.wav"]) as paths:
        for path in paths:
            path.write_bytes(WHOLE)


def scratch_file(folder):
    with scratch(folder, ".wav") as path:
        path.write_bytes(WHOLE)


def scratch_folder(folder):
    with part_folder(folder) as made:
        (made / "graph.onnx").write_bytes(WHOLE)


def step_count(work, folder, monkeypatch, killed_at=None):
    """Do `work`, and count what it asks of the system; before the step `killed_at` the program is killed."""
    count = 0

    def counted(function):
        def step(*args, **named):
            nonlocal count
            if count == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return function(*args, **named)

        return step

    with monkeypatch.context() as patch:
        for name in STEPS:
            if hasattr(os, name):
                patch.setattr(os, name, counted(getattr(os, name)))
        work(folder)
    return count


def is_killed(work, folder, monkeypatch, step):
    process = os.fork()
    if process == 0:
        try:
            step_count(work, folder, monkeypatch, step)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("before", [None, b"old"])
@pytest.mark.parametrize("work", [new_file, new_folder, scratch_file, scratch_folder])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_file(system, work, before, tmp_path, monkeypatch):
    (tmp_path / "first").mkdir()
    steps = step_count(work, tmp_path / "first", monkeypatch)
    assert steps >= 2
    possible = {(), *({tuple(names(tmp_path / "first"))} if work in (new_file, new_folder) else ())}
    for step in range(steps):
        folder = tmp_path / f"killed {step}"
        folder.mkdir()
        if before is not None:
            (folder / "song.mid").write_bytes(before)
            (folder / "song.mid").chmod(0o640)
        is_killed(work, folder, monkeypatch, step)
        monkeypatch.setattr(part_files, "UNLOCKED_SECONDS", -1)
        write_bytes(folder / "other.mid", b"next")
        monkeypatch.setattr(part_files, "UNLOCKED_SECONDS", 3600)
        (folder / "other.mid").unlink()
        left = names(folder)
        for path in (folder / name for name in left):
            if path.is_file():
                assert path.read_bytes() in (WHOLE, before)
        if before is not None:
            assert (folder / "song.mid").stat().st_mode & 0o777 == 0o640
            left.remove("song.mid")
        assert tuple(left) in possible or (before is not None and left == [])


def test_every_step_can_be_the_last(tmp_path, monkeypatch):
    """The test above kills indeed."""
    assert is_killed(new_file, tmp_path, monkeypatch, 0)
    assert not is_killed(new_file, tmp_path, monkeypatch, 1000)
    assert names(tmp_path) == ["song.mid"]


def test_a_part_file_in_use_is_not_swept(system, tmp_path):
    with part_file(tmp_path, ".wav") as part, part_folder(tmp_path) as made:
        (made / "graph.onnx").write_bytes(WHOLE)
        part.path.write_bytes(WHOLE)
        sweep(tmp_path)
        write_bytes(tmp_path / "other.mid", b"other")
        assert (made / "graph.onnx").read_bytes() == WHOLE
        assert part.path.read_bytes() == WHOLE
    assert names(tmp_path) == ["other.mid"]


def test_nothing_else_is_swept(tmp_path):
    token = secrets.token_hex(16)
    others = (
        f".musegen-{token}",
        f".musegen-{token[1:]}.part",
        f"musegen-{token}.part",
        ".part",
        f"{token}.part",
    )
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / f".musegen-{token}.part").symlink_to(tmp_path / ".part")
    (tmp_path / f".musegen-{token[::-1]}.part.wav").write_bytes(b"left")
    sweep(tmp_path)
    assert names(tmp_path) == sorted((*others, f".musegen-{token}.part"))


def test_an_existing_link_is_not_followed(tmp_path, monkeypatch):
    """Whoever guessed the name could not have another file written through it."""
    live_on("no unnamed files", monkeypatch)
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0" * 32)
    theirs = tmp_path / "theirs"
    (tmp_path / f".musegen-{'0' * 32}.part.mid").symlink_to(theirs)
    with pytest.raises(AudioError, match="Cannot write .*song.mid: file exists"):
        write_bytes(tmp_path / "song.mid", WHOLE, AudioError)
    assert not theirs.exists()


def test_a_replacement_of_a_private_file_is_private_from_the_start(system, tmp_path):
    (tmp_path / "song.mid").write_bytes(b"old")
    with part_file(tmp_path, is_private=True) as part:
        assert part.path.stat().st_mode & 0o777 == 0o600


def test_a_concurrently_created_file_is_replaced(system, tmp_path):
    with part_file(tmp_path) as part:
        part.path.write_bytes(WHOLE)
        (tmp_path / "song.mid").write_bytes(b"somebody else's")
        part.become(tmp_path / "song.mid")
    assert (tmp_path / "song.mid").read_bytes() == WHOLE
    assert names(tmp_path) == ["song.mid"]


def test_a_part_file_is_written_directly(system, tmp_path):
    with scratch(tmp_path, ".wav") as path:
        assert is_part(path)
        write_bytes(path, WHOLE)
        assert path.read_bytes() == WHOLE
    assert names(tmp_path) == []
    (tmp_path / "song.mid").write_bytes(b"")
    assert not is_part(tmp_path / "song.mid")
    assert not is_part(tmp_path / "none.mid")


def test_a_full_disk_leaves_no_folder(system, tmp_path):
    def broken_off():
        with atomic_paths(tmp_path / "stems", ["1.wav", "2.wav"], AudioError) as paths:
            paths[0].write_bytes(WHOLE)
            raise OSError(28, "No space left on device")

    with pytest.raises(AudioError, match="^Cannot write .*stems: no space left on device.$"):
        broken_off()
    assert names(tmp_path) == []


def test_a_concurrently_created_folder_raises(system, tmp_path):
    def met():
        with atomic_paths(tmp_path / "stems", ["1.wav"], AudioError) as (path,):
            path.write_bytes(WHOLE)
            (tmp_path / "stems").mkdir()
            (tmp_path / "stems" / "theirs").write_bytes(b"")

    with pytest.raises(AudioError, match="^Cannot write .*stems: directory not empty.$"):
        met()
    assert names(tmp_path) == ["stems", "stems/theirs"]


def test_a_deleted_open_file_is_written_directly(tmp_path):
    with (tmp_path / "gone.mid").open("wb+") as file:
        Path(file.name).unlink()
        write_bytes(Path(f"/proc/self/fd/{file.fileno()}"), WHOLE)
        assert file.read() == WHOLE
    assert names(tmp_path) == []
