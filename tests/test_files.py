"""Atomic writes: links and modes are kept, failures are reported."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from musegen_daw.errors import AudioError, MidiFileError, MusegenError
from musegen_daw.files import atomic_path, check_writable, write_bytes
from tests.systems import SYSTEMS, live_on

NOBODY = 65534


@pytest.fixture(params=SYSTEMS, autouse=True)
def system(request, monkeypatch):
    live_on(request.param, monkeypatch)
    return request.param


@pytest.mark.parametrize("suffix", [".mid", ".a-suffix-that-is-longer-than-any", ""])
def test_a_name_may_be_as_long_as_names_can_be(tmp_path, suffix):
    path = tmp_path / ("ü" * ((255 - len(suffix)) // 2) + suffix)
    write_bytes(path, b"drums")
    assert path.read_bytes() == b"drums"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["x" * 256, "ü" * 200, f"{'x' * 300}/a.mid", "no/a.mid", "file/a.mid"])
def test_an_invalid_name_raises(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    for work in (
        lambda path: write_bytes(path, b"", MidiFileError),
        lambda path: check_writable(path, MidiFileError),
    ):
        with pytest.raises(MidiFileError, match="^Cannot write .*[.]$"):
            work(tmp_path / name)


def test_a_link_is_followed_and_kept(tmp_path):
    (tmp_path / "far").mkdir()
    target, link, second = tmp_path / "far" / "song.mid", tmp_path / "link.mid", tmp_path / "second.mid"
    link.symlink_to("far/song.mid")
    second.symlink_to(link)
    for data in (b"one", b"two"):  # at first it leads nowhere
        write_bytes(second, data)
        assert second.is_symlink()
        assert link.is_symlink()
        assert not target.is_symlink()
        assert target.read_bytes() == data
    assert [each.name for each in (tmp_path / "far").iterdir()] == ["song.mid"]


def test_dangling_links_raise(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("none/c")
    (tmp_path / "d").symlink_to(tmp_path)
    for name, said in (("a", "links"), ("c", "does not exist"), ("d", "is a folder")):
        with pytest.raises(AudioError, match=said):
            write_bytes(tmp_path / name, b"", AudioError)
        assert (tmp_path / name).is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "song.mid"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_mode_of_new_files(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "song.mid", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "song.mid").stat().st_mode) == 0o666 & ~mask


def test_a_pipe_and_a_device_are_written_in_place(tmp_path):
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"drums" * 1000)
    reader.join()
    assert heard == [b"drums" * 1000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    link = tmp_path / "null.wav"
    link.symlink_to(os.devnull)
    write_bytes(link, b"drums")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert link.is_symlink()
    with pytest.raises(AudioError, match="^Cannot write /dev/full: no space left on device.$"):
        write_bytes(Path("/dev/full"), b"drums", AudioError)


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"old")

    def broken_off():
        with atomic_path(path) as beside:
            beside.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["song.mid"]


@pytest.fixture
def open_folder():
    """A folder that anyone may enter, for whoever the tests run as."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def without_rights(work):
    """Do `work` as a user who may not do everything, in a process of its own; what it raised as text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            if os.getuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except Exception as error:  # noqa: BLE001 - told to the process that asked
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as words:
        said = words.read()
    os.waitpid(child, 0)
    return said


def test_a_write_protected_file_is_unchanged(open_folder):
    path = open_folder / "song.mid"
    path.write_bytes(b"old")
    path.chmod(0o444)
    open_folder.chmod(0o777)
    assert (
        without_rights(lambda: write_bytes(path, b"new"))
        == f"MusegenError: Cannot write {path}: permission denied."
    )
    assert path.read_bytes() == b"old"


def test_a_file_in_a_read_only_folder_is_written(open_folder):
    path = open_folder / "song.mid"
    path.write_bytes(b"old and longer")
    path.chmod(0o666)
    open_folder.chmod(0o555)
    assert without_rights(lambda: write_bytes(path, b"new")) == ""
    assert path.read_bytes() == b"new"
    said = without_rights(lambda: write_bytes(open_folder / "other.mid", b"new"))
    assert said == f"MusegenError: Cannot write {open_folder / 'other.mid'}: permission denied."


@pytest.mark.parametrize("work", ["write_bytes(path, bytes(100_000), AudioError)", "write_wav(path)"])
def test_a_full_disk_raises_and_leaves_nothing(tmp_path, work):
    script = f"""
import sys, numpy as np
from pathlib import Path
from musegen_daw.audio.file import wav_writer
from musegen_daw.errors import AudioError
from musegen_daw.files import write_bytes, atomic_path
def write_wav(path):
    with atomic_path(path, AudioError) as beside, wav_writer(beside, 44_100) as write:
        for _ in range(10):
            write(np.zeros(10_000, np.float32))
path = Path(sys.argv[1])
try:
    {work}
except AudioError as error:
    print(error)
"""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    run = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "song.wav"],
        capture_output=True, text=True, check=True, preexec_fn=limit,
    )  # fmt: skip
    assert run.stdout.endswith(": file too large.\n")
    assert run.stdout.startswith("Cannot write ")
    assert str(tmp_path) in run.stdout
    assert run.stderr == ""
    assert [*tmp_path.iterdir()] == []


def test_a_read_only_disk_raises(tmp_path, monkeypatch):
    """As the system says it; what is there and what would be new alike."""
    path = tmp_path / "song.mid"
    path.write_bytes(b"old")
    opened = os.open

    def only_read(name, flags, *args, **named):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(name, flags, *args, **named)

    monkeypatch.setattr(os, "open", only_read)
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
    for each in (path, tmp_path / "new.mid"):
        for work in (lambda each: write_bytes(each, b"new", MidiFileError), check_writable):
            with pytest.raises(MusegenError, match=f"^Cannot write {each}: read-only file system.$"):
                work(each)
    assert path.read_bytes() == b"old"


def test_checking_for_write_access_changes_nothing(tmp_path):
    path = tmp_path / "song.mid"
    check_writable(path)
    assert [*tmp_path.iterdir()] == []
    path.write_bytes(b"old")
    path.chmod(0o600)
    check_writable(path)
    assert path.read_bytes() == b"old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [path]


def test_a_read_only_folder_raises_first(open_folder):
    path = open_folder / "song.mid"
    said = without_rights(lambda: check_writable(path))
    assert said == f"MusegenError: Cannot write {path}: permission denied."
