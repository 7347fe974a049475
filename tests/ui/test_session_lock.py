"""Two windows at once: the second has a session of its own and reports it."""

import subprocess
import sys

from musegen_daw.ui import saved_session
from musegen_daw.ui.session_lock import SessionLock

HELD_AND_KILLED = """
import os, sys
from pathlib import Path
from musegen_daw.ui.session_lock import SessionLock
lock = SessionLock(Path(sys.argv[1]))
os._exit(0 if lock.sentence == "" else 1)
"""


def test_the_second_window_saves_elsewhere_and_reports_it(tmp_path):
    first, second, third = SessionLock(tmp_path), SessionLock(tmp_path), SessionLock(tmp_path)
    assert (first.data_dir, first.sentence) == (tmp_path, "")
    assert len({each.data_dir for each in (first, second, third)}) == 3
    assert str(second.data_dir) in second.sentence
    saved_session.save(first.data_dir, {"jam": {"of": "first"}})
    saved_session.save(second.data_dir, {"jam": {"of": "second"}})
    assert saved_session.load(tmp_path)[0] == {"jam": {"of": "first"}}
    second.close()
    again = SessionLock(tmp_path)  # the end of the second gave nothing of the first away
    assert saved_session.load(again.data_dir)[0] == {"jam": {"of": "second"}}
    first.close()
    last = SessionLock(tmp_path)
    assert (last.data_dir, last.sentence) == (tmp_path, "")
    for each in (again, third, last):
        each.close()


def test_a_killed_window_releases_the_lock(tmp_path):
    subprocess.run([sys.executable, "-c", HELD_AND_KILLED, str(tmp_path)], check=True, timeout=120)
    assert list(tmp_path.iterdir())
    lock = SessionLock(tmp_path)
    assert (lock.data_dir, lock.sentence) == (tmp_path, "")
    lock.close()
