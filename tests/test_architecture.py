"""Promises about the tree as a whole that no single module can keep, or break, alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 600
CLI_IMPORT_SECONDS = 1.0
LATE_IMPORTS = {"PySide6", "librosa", "matplotlib", "miditok", "rtmidi", "sounddevice", "symusic", "torch"}
CODE_FOLDERS = (
    "musegen_daw",
    "training",
    "export",
    "benchmarks",
    "packaging",
    "resources",
    "scripts",
    "tests",
)
TEXT_SUFFIXES = {".desktop", ".json", ".md", ".py", ".sh", ".spec", ".toml", ".txt", ".yml"}
# A path below a person's or a machine's own folders, not below a system folder that every machine has.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/*])/(home|Users|root|mnt|media|opt|tmp|work|workspace)/\w|[A-Z]:\\Users\\"
)


def _files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


PYTHON_FILES = [path for path in _files(*CODE_FOLDERS) if path.suffix == ".py"]
TEXT_FILES = [
    *(
        path
        for path in _files(*CODE_FOLDERS, "docs", ".ci")
        if path.suffix in TEXT_SUFFIXES or path.name == "run"
    ),
    *(path for path in sorted(ROOT.iterdir()) if path.suffix in TEXT_SUFFIXES or path.name == "Makefile"),
]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


IMPORT = """
import sys, time
started = time.process_time()
import musegen_daw.cli.main
print(time.process_time() - started, *sys.modules)
"""


def _imports_of_cli() -> tuple[set[str], float]:
    """Top-level names of all modules that importing the command line imports, and the processor time it took."""
    result = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds, *names = result.stdout.split()
    return {name.partition(".")[0] for name in names}, float(seconds)


def test_the_command_line_starts_without_the_slow_libraries() -> None:
    runs = [_imports_of_cli() for _ in range(3)]
    assert "musegen_daw" in runs[0][0]
    assert not runs[0][0] & LATE_IMPORTS
    # The quickest of three: the first run writes byte code.
    assert min(seconds for _, seconds in runs) < CLI_IMPORT_SECONDS


@pytest.mark.parametrize("path", PYTHON_FILES, ids=_name)
def test_every_module_says_why_it_exists_and_is_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), "no module docstring"
    line_count = source.count("\n")
    assert line_count <= MAX_LINES


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{_name(path)}:{number}: {line.strip()}"
        for path in TEXT_FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert len(TEXT_FILES) > len(PYTHON_FILES)
    assert not found


def test_the_scripts_that_are_run_are_executable() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
