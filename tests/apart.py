"""Runs scripts of tests in a process of their own: libjack knows one server in a process, PortAudio looks once."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_SECONDS = 400


def run_apart(module):
    """The JSON that a module prints as its last line, and what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", module],
        capture_output=True, text=True, timeout=MAX_SECONDS, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr
