"""Commands and the window are killed indeed, and a file that is broken or left is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.killed_commands import COMMANDS, NAMES, OLD, Count, WritingCommand, compare

ROOT = Path(__file__).resolve().parent.parent.parent
EXPECTED = {"stems/1.wav": b"one", "stems/2.wav": b"two", "mix.wav": b"mix"}


@pytest.mark.parametrize("name", NAMES)
def test_a_kill_leaves_whole_files_and_nothing_else(name):
    """In a process of its own, for the commands are copies of it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "killed-commands", "--kills", "2", "--only", name],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith(f"| {name} |")]
    _, kills, _, broken, _, left = row.strip("| ").split(" | ")
    assert (kills, broken, left) == ("2", "0", "0")


def test_a_signal_that_can_be_heard_leaves_nothing_at_all():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "killed-commands", "--kills", "2", "--only", "stems", "--signal", "TERM"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("| 0 | 0 |")


def counted(command, **found):
    count = Count(command.name)
    compare(command, EXPECTED, found, count)
    return count.whole, count.broken, count.most_left


def test_what_is_broken_or_left_is_counted():
    new, replaced = WritingCommand("new", ()), WritingCommand("replaced", (), ("mix.wav",), replaces=True)
    assert counted(new, **{"mix.wav": b"mix"}) == (1, 0, 0)
    assert counted(new, **{"mix.wav": b"mi"}) == (0, 1, 0)
    assert counted(new, **{"mix.wav": OLD}) == (0, 1, 0)
    assert counted(replaced, **{"mix.wav": OLD}) == (0, 0, 0)
    assert counted(new, **{".musegen-1.part": b"", "temporary/x": b""}) == (0, 0, 2)
    assert counted(new, **{"stems/1.wav": b"one"}) == (1, 1, 0)
    assert counted(new, **{"stems/1.wav": b"one", "stems/2.wav": b"two"}) == (2, 0, 0)


def test_every_command_that_writes_files_is_there():
    assert {command.words[0] for command in COMMANDS} == {"generate", "bounce", "vocode"}
