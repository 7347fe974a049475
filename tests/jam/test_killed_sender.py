"""A jam outlives the process that sends its notes, and says so where it cannot."""

from tests.apart import run_apart


def test_a_jam_goes_on_and_no_note_hangs_when_the_process_that_sends_is_killed():
    said, stderr = run_apart("tests.jam.killed_sender")
    assert len(said["owed"]) == 4
    assert all(said["owed"])
    assert said["struck_twice"] == said["stuck"] == 0
    assert said["exit code"] == 0
    assert said["sentences"] == [
        "The MIDI output 'musegen drums' is back.",
        "The output process has ended.",
    ]
    assert said["exit code in the end"] == 1
    assert said["stderr in the end"].startswith("Error: The output process ")
    assert said["stderr in the end"].count("\n") == 1
    assert stderr == ""
