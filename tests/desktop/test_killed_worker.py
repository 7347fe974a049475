"""Worker processes are killed during generation: the real window completes it all the same."""

import os
import signal

from benchmarks.killed_processes import children, kill_processes
from musegen_daw import resource_paths as resources
from tests.desktop.hands import window

CLIP = resources.clips_dir() / "funk-bass.mid"
COMPUTER = b"musegen_daw.workers"


def test_generation_survives_a_killed_worker(desktop, tmp_path):
    with window(desktop, tmp_path / "state") as hands:
        hands.open_file(CLIP)
        hands.generate()
        killed = children(COMPUTER, hands.process.pid)
        for process_id in killed:
            os.kill(process_id, signal.SIGSTOP)  # so that nothing is done before it is killed
        before = hands.see()["sentences"].count("Wrote ")
        hands.key("ctrl+g")
        hands.wait(lambda seen: not seen["widgets"]["Generate"]["enabled"], "No drums are being written.")
        kill_processes(*killed)
        seen = hands.wait(lambda seen: seen["sentences"].count("Wrote ") > before, "No drums were written.")
        assert killed
        assert seen["hits"]
        assert "unexpected" not in seen["sentences"]
        assert not set(killed) & set(children(COMPUTER, hands.process.pid))
        assert hands.close() == 0
