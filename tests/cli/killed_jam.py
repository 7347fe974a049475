"""A jam that is killed, on a JACK server of its own, as such an end holds up all others on a server."""

import json
import os
import subprocess
import sys
import tempfile

from musegen_daw.devices.ports import PortDirectory
from tests.jack_server import jack_server
from tests.jam.daw import Daw

JAM = (sys.executable, "-m", "musegen_daw", "jam", "--api", "jack", "--mode", "accompany", "--tempo", "200")
LONG = "--note-length", "5000"  # so that something sounds at every moment


def main():
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-killed-{os.getpid()}"
    with tempfile.TemporaryDirectory() as config, jack_server(name, patience_seconds=0.5):
        jam = subprocess.Popen(
            [*JAM, *LONG],
            env={**os.environ, "XDG_CONFIG_HOME": config, "XDG_DATA_HOME": config},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            with PortDirectory.open("jack") as directory:
                there = Daw(directory)
                there.wait_for_hits(10)
                said = {"sounding as it was killed": sorted(there.sounding)}
                jam.kill()
                there.wait_for(lambda heard: not there.sounding)
                said["sounding"] = sorted(there.sounding)
                there.close()
        finally:
            jam.kill()
            jam.wait()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
