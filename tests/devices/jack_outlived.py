"""A program that has looked for sound devices and ends after its JACK server; PortAudio looks for servers only once."""

import json
import os

from musegen_daw.devices.sound_devices import output_devices
from tests.jack_server import jack_server


def main():
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-outlived-{os.getpid()}"
    with jack_server(name):
        hosts = [device.host for device in output_devices()]
    print(json.dumps(hosts))


if __name__ == "__main__":
    main()
