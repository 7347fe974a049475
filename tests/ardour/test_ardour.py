"""A real DAW: Ardour plays a band, sends its clock, and records drums that are where they were meant to be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.ardour.measures import MAX_ERROR_MS
from benchmarks.ardour.remote import ArdourError, ardour_program

ROOT = Path(__file__).parent.parent.parent
TAKES = 5
TAKE_SECONDS = 240


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """The figures of sixteen bars; played anew where they are bad, or where Ardour did not do what it was told."""
    file = tmp_path_factory.mktemp("ardour") / "takes.json"
    row = None
    for _ in range(TAKES):
        file.unlink(missing_ok=True)
        # A process of its own, because libjack knows one server in a process.
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "ardour", "--runs", "1", "--json", str(file)],
            cwd=ROOT, capture_output=True, text=True, timeout=TAKE_SECONDS,
        )  # fmt: skip
        print(done.stdout, done.stderr)
        if not file.exists():
            continue
        (row,) = json.loads(file.read_text(encoding="utf-8"))
        if not done.returncode and _is_ruled(row):
            break
    assert row is not None, "Ardour played no take."
    return row


def _is_ruled(row):
    """Whether Ardour itself recorded what it played where it played it; it counts 1920 ticks a beat."""
    return row["ruler missing"] == 0 and row["ruler max ms"] <= 1


def test_what_ardour_plays_is_recorded_on_its_grid(take):
    assert _is_ruled(take), take


def test_drums_play_in_every_bar_from_the_second_on(take):
    assert take["hits"] > 0
    assert take["empty bars"] == 0


def test_every_hit_is_recorded_where_it_was_meant_to_be(take):
    assert (take["missing"], take["extra"]) == (0, 0)
    assert take["max ms"] <= MAX_ERROR_MS, take


def test_every_note_ends_and_nothing_sounds_after_the_stop(take):
    assert (take["hanging"], take["after stop"]) == (0, 0)


def test_without_ardour_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ArdourError, match="install -y ardour"):
        ardour_program()
