"""The real window with real models does not stall under load."""

import re
import subprocess
import sys

from tests.ui.doubles import PATIENCE_SECONDS

USUAL_SECONDS = 0.05
"""How late most beats may be on a computer that others use as well; the script measures the longest on a quiet one."""
TRIES = 3


def test_the_window_does_not_stall_under_load():
    said = ""
    for _ in range(TRIES):
        result = subprocess.run(
            [sys.executable, "-m", "scripts.heartbeat", "--seconds", "5", "--longest", "1000"],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        said = result.stdout + result.stderr
        assert result.returncode == 0, said
        found = re.search(r"stall p50 ([\d.]+) ms", said)
        assert found is not None, said
        if float(found[1]) / 1000 <= USUAL_SECONDS:
            return
    raise AssertionError(said)
