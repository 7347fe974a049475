"""A jam whose output process is killed, on a JACK server of its own, as that holds up all others on a server."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager

from benchmarks.jack_peer import Message
from benchmarks.killed_processes import SENDER, children, kill_processes
from benchmarks.stuck import faults
from musegen_daw.devices.ports import PortDirectory, PortWatcher
from tests.jack_server import jack_server
from tests.jam.daw import Daw

JAM = (
    sys.executable,
    "-m",
    "musegen_daw",
    "jam",
    "--api",
    "jack",
    "--mode",
    "accompany",
    "--tempo",
    "200",
    "--json",
)
LONG = "--note-length", "5000"  # so that something sounds at every moment
KILLS = 4
WAIT_SECONDS = 120


def main():
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-sender-{os.getpid()}"
    with tempfile.TemporaryDirectory() as config, jack_server(name, patience_seconds=0.2):
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = config
        with _jam() as jam, PortDirectory.open("jack") as directory:
            said = _killed(jam, directory)
        with _jam() as jam:
            said |= _killed_until_it_ends(jam)
    print(json.dumps(said))


@contextmanager
def _jam():
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    jam = subprocess.Popen([*JAM, *LONG], stdin=subprocess.DEVNULL, text=True, **pipes)
    try:
        yield jam
    finally:
        jam.kill()
        jam.communicate()


def _killed_until_it_ends(jam):
    next(line for line in jam.stdout if json.loads(line).get("state") == "playing")
    ended = threading.Event()

    def kill():
        while not ended.wait(0.05):
            kill_processes(*children(SENDER, jam.pid))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        _, stderr = jam.communicate(timeout=WAIT_SECONDS)
    finally:
        ended.set()
        killer.join()
    return {"exit code in the end": jam.returncode, "stderr in the end": stderr}


def _killed(jam, directory):
    there = Daw(directory)
    said = {"owed": [], "seconds until all had ended": [], "seconds until the drums were back": []}
    with PortWatcher(directory, lambda change: None):
        for _ in range(KILLS):
            count = len(there.heard)
            there.wait_for(lambda heard, count=count: sum(each.is_note_on for each in heard[count:]) >= 6)
            kill_processes(*children(SENDER, jam.pid))
            killed_seconds = time.perf_counter()
            time.sleep(0.05)  # what was on its way
            count, owed = len(there.heard), _sounding(there.heard)
            there.wait_for(lambda heard, owed=owed, count=count: owed <= _ended(heard[count:]))
            said["owed"].append(len(owed))
            said["seconds until all had ended"].append(time.perf_counter() - killed_seconds)
            there.wait_for(lambda heard, count=count: any(each.is_note_on for each in heard[count:]))
            said["seconds until the drums were back"].append(time.perf_counter() - killed_seconds)
        jam.send_signal(signal.SIGTERM)
        there.wait_for(lambda heard: not _sounding(heard))
        out, _ = jam.communicate(timeout=WAIT_SECONDS)
    there.close()
    said |= faults([Message(each.time_seconds, each.time_seconds, each.data) for each in there.heard])
    said["exit code"] = jam.returncode
    lines = [json.loads(line) for line in out.splitlines()]
    said["sentences"] = sorted({line["sentence"] for line in lines if line["event"] == "message"})
    return said


def _key(event):
    return event.channel, event.data[1]


def _ended(events):
    return {_key(event) for event in events if event.is_note_off}


def _sounding(events):
    keys = set()
    for event in tuple(events):
        if event.is_note_on:
            keys.add(_key(event))
        elif event.is_note_off:
            keys.discard(_key(event))
    return keys


if __name__ == "__main__":
    main()
