"""What a packaged program stands on: how it begins, what it leaves out, its icon and its place in a menu."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImageReader

from musegen_daw import __version__
from musegen_daw import subprocesses as own_processes
from musegen_daw.cli import main as cli
from musegen_daw.jam.output.process import messages
from musegen_daw.ui.widgets.icons import icon_path
from musegen_daw.workers import messages as computing_messages

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
ENTRY = PACKAGING / "musegen-daw.desktop"


def _run(*command: str | Path, **given) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(list(map(str, command)), capture_output=True, timeout=300, check=False, **given)


def _start(*arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    outside = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPROFILEIMPORTTIME": "1"}
    return _run(sys.executable, PACKAGING / "start.py", *arguments, input=said, env=outside)


def _entry(path: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(path, encoding="utf-8")
    return parser["Desktop Entry"]


def test_notes_are_sent_by_python_or_by_the_packaged_program(monkeypatch, tmp_path):
    module, flag = "musegen_daw.jam.output.process", own_processes.AS_SENDER
    assert own_processes.command_of(module, flag) == (sys.executable, "-m", "musegen_daw.jam.output.process")
    program = tmp_path / "musegen-daw-window.exe"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "platform", "linux")
    assert own_processes.command_of(module, flag) == (str(program), flag)
    monkeypatch.setattr(sys, "platform", "win32")
    assert own_processes.command_of(module, flag) == (str(tmp_path / "musegen-daw.exe"), flag)


def test_the_packaged_program_begins_as_the_computing_process():
    asked = b"".join(computing_messages.packed(computing_messages.CALL, 5, ("dance", ())))
    result = _start(own_processes.AS_COMPUTER, said=asked)
    assert result.returncode == 0, result.stderr
    imported = {line.rpartition(b"|")[2].strip().partition(b".")[0] for line in result.stderr.splitlines()}
    assert b"musegen_daw" in imported
    assert not imported & {b"PySide6", b"rtmidi", b"sounddevice"}


def test_the_packaged_program_begins_as_the_sending_process_without_qt_and_models():
    asked = messages.line(messages.OPEN, "no such port", False, "jack", 0.0, False, False)
    result = _start(own_processes.AS_SENDER, said=asked)
    assert result.returncode == 0, result.stderr
    word, values = messages.read(result.stdout)
    assert word == messages.REFUSED
    assert values[0].endswith(".")
    imported = {line.rpartition(b"|")[2].strip().partition(b".")[0] for line in result.stderr.splitlines()}
    assert b"musegen_daw" in imported
    assert not imported & {b"PySide6", b"onnxruntime", b"librosa"}


def test_the_packaged_program_begins_as_the_command_line():
    result = _start("--version")
    assert result.returncode == 0
    assert result.stdout.decode().split() == ["musegen-daw", __version__]


def test_nothing_that_the_program_imports_is_left_out():
    spec = ast.parse((PACKAGING / "musegen-daw.spec").read_text(encoding="utf-8"))
    (left_out,) = (
        ast.literal_eval(line.value)
        for line in spec.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "UNUSED_MODULES"
    )
    assert {"torch", "matplotlib", "tkinter"} <= set(left_out)
    imported = set()
    for path in (ROOT / "musegen_daw").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    assert "onnxruntime" in imported
    imported -= {"aalink", "aalink.Link"}  # an extra: its licence is not that of the package
    assert not [name for name in imported if name in left_out or name.partition(".")[0] in left_out]


def test_the_icon_is_drawn_in_every_format(tmp_path):
    result = _run(
        sys.executable, PACKAGING / "icons.py", tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert result.returncode == 0, result.stderr
    name = _entry(ENTRY)["Icon"]
    drawn = sorted((tmp_path / "hicolor").glob(f"*/apps/{name}.png"))
    assert len(drawn) == 8
    for path in drawn:
        width, height = map(int, path.parent.parent.name.split("x"))
        image = QImageReader(str(path)).read()
        assert (image.width(), image.height()) == (width, height)
        assert image.pixelColor(0, 0).alpha() < 128 < image.pixelColor(width // 2, 1).alpha()
    assert (tmp_path / f"hicolor/scalable/apps/{name}.svg").read_bytes() == icon_path("musegen").read_bytes()
    windows = QImageReader(str(tmp_path / f"{name}.ico"), b"ico")
    assert windows.imageCount() == 7
    mac = QImageReader(str(tmp_path / f"{name}.icns"), b"icns")
    assert mac.imageCount() == 5
    assert not mac.read().isNull()


def test_the_desktop_entry_starts_what_there_is():
    entry = _entry(ENTRY)
    assert entry["Type"] == "Application"
    assert entry["Categories"] == "AudioVideo;Audio;Midi;"
    assert entry["MimeType"] == "audio/midi;"
    program, *arguments, files = entry["Exec"].split()
    assert program == entry["TryExec"] == "musegen-daw"
    assert files == "%F"
    opened = []
    assert cli.main([*arguments, "a.mid"], open_window=lambda asked: opened.append(asked) or 0) == 0
    assert opened == [["a.mid"]]
    validate = shutil.which("desktop-file-validate")
    if validate:
        result = _run(validate, ENTRY)
        assert result.returncode == 0, result.stdout


@pytest.fixture
def folder(tmp_path):
    """A packaged folder, less the program."""
    made = tmp_path / "my programs" / "musegen-daw"
    (made / "share/applications").mkdir(parents=True)
    (made / "share/icons/hicolor/scalable/apps").mkdir(parents=True)
    shutil.copy(ENTRY, made / "share/applications")
    shutil.copy(PACKAGING / "add-to-menu.sh", made)
    shutil.copy(icon_path("musegen"), made / "share/icons/hicolor/scalable/apps/musegen-daw.svg")
    (made / "musegen-daw").write_text("")
    return made


def test_the_program_is_put_into_the_menu_and_taken_out(folder, tmp_path):
    home = tmp_path / "home"
    outside = {"PATH": os.environ["PATH"], "HOME": str(home)}
    assert _run("sh", folder / "add-to-menu.sh", env=outside).returncode == 0
    entry = _entry(home / ".local/share/applications/musegen-daw.desktop")
    assert entry["Exec"] == f'"{folder / "musegen-daw"}" open %F'
    assert entry["TryExec"] == str(folder / "musegen-daw")
    assert (home / ".local/bin/musegen-daw").resolve() == (folder / "musegen-daw").resolve()
    assert (home / ".local/share/icons/hicolor/scalable/apps/musegen-daw.svg").is_file()
    assert _run("sh", folder / "add-to-menu.sh", "--remove", env=outside).returncode == 0
    assert not [path for path in home.rglob("*") if path.is_file() or path.is_symlink()]
