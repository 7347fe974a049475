"""A playhead that moves leaves nothing behind, also where a pixel of a widget is no whole pixel of the screen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_the_playhead_leaves_no_trail(scale):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.ui.widgets.trail"],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["scale"] == scale
    assert found["left"] == {}
