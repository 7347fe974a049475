"""Ports of a program whose JACK server is killed and started again; a process of its own, as libjack has one memory."""

import json
import os
import subprocess
import sys
import time

from musegen_daw.devices.ports import PortDirectory, PortWatcher
from musegen_daw.errors import PortError
from tests.jack_server import jack_server

WAIT_SECONDS = 60
PLAYER = """
import time
from musegen_daw.devices.ports import PortDirectory
keys = PortDirectory.open("jack").open_output("musegen in")
while True:
    keys.send(bytes((0x90, 60, 100)))
    time.sleep(0.05)
"""


def main():
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-restart-{os.getpid()}"
    changes, heard = [], []
    said = {"changes": changes}
    with PortDirectory.open("jack") as directory:
        said["without a server"] = directory.problem()
        with jack_server(name) as server:
            directory.create_input("musegen in", lambda seconds, data: heard.append(list(data)))
            drums = directory.create_output("musegen drums")
            watcher = PortWatcher(directory, lambda change: changes.append(change.present))
            server.kill()
            server.wait()
            wait_until(lambda: len(changes) == 2)
            try:
                drums.send(b"\x90\x24\x64")
            except PortError as error:
                said["sent while away"] = str(error)
        with jack_server(name, patience_seconds=0.5), watcher:
            wait_until(lambda: len(changes) == 4)
            drums.send(b"\x90\x24\x64")
            player = subprocess.Popen([sys.executable, "-c", PLAYER])
            wait_until(lambda: bool(heard))
            player.kill()
            player.wait()
            said["heard after"] = heard[:1]
            watcher.close()
            directory.close()
    print(json.dumps(said))


def wait_until(is_so):
    end = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {WAIT_SECONDS} s in vain")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
