"""Every reader reads its sound files, and of damaged ones refuses what it cannot read in words of the program."""

import json
import subprocess
import sys

import pytest

from benchmarks.file_fuzz_worker import READERS

MUTANTS = 40
"""For each reader; `python -m benchmarks hostile` has a hundred thousand read."""


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(name, tmp_path):
    command = [
        sys.executable,
        "-m",
        "benchmarks.file_fuzz_worker",
        name,
        "0",
        str(MUTANTS),
        "3",
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["words"] == []
    assert found["read"] + found["refused"] == found["next"] == MUTANTS
    assert found["slow"] == 0
