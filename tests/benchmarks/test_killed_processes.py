"""A jam outlives what is killed under it, and hears whatever comes after random_messages; elsewhere many times more."""

from benchmarks.killed_processes import BAR_SECONDS, bars_without
from tests.apart import run_apart


def test_notes_end_and_drums_come_back_whatever_is_killed_and_a_start_is_heard_after_any_nonsense():
    said, stderr = run_apart("tests.benchmarks.killed_processes")
    for what in ("drummer", "server"):
        assert said[what]["stuck"] == said[what]["struck_twice"] == 0, said[what]
        assert said[what]["notes_after"] > 0
        assert said[what]["failure"] == ""
    assert said["renderer"]["same"] == said["renderer"]["times"] == 1
    assert said["noise"]["heard"] == said["noise"]["starts"] == 2
    assert said["jam"]["notes_after"] > 0
    assert said["jam"]["stuck"] == 0
    assert stderr == ""


def test_bars_without_drums_are_counted_from_bar_line_to_bar_line():
    hits = [10.0 + bar * BAR_SECONDS + 0.5 for bar in (0, 1, 4, 5)]
    assert bars_without(hits, 10.0) == 2
    assert bars_without([*hits, 10.0 + 3 * BAR_SECONDS - 0.05], 10.0) == 1
    assert bars_without([], 10.0) == 0
