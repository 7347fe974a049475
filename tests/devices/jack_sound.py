"""Clicks on the sound device of a JACK server, recorded by another process; PortAudio looks for servers only once."""

import json
import subprocess
import sys
import time

import numpy as np

from musegen_daw.devices.audio_output import SamplePlayer
from musegen_daw.devices.sound_devices import load_portaudio, output_devices

RATE_HZ = 48_000
CLICKS = 8
SPACING_SAMPLES = 4_800
LEAD_SECONDS = 0.5


def play():
    player = SamplePlayer({"click": np.full((1, 2), 0.5, np.float32)}, RATE_HZ)
    print("ready", flush=True)
    sys.stdin.readline()
    first_seconds = time.perf_counter() + LEAD_SECONDS
    for click in range(CLICKS):
        player.play("click", 1.0, first_seconds + click * SPACING_SAMPLES / RATE_HZ)
    sys.stdin.readline()
    print(json.dumps({"underflows": player.underflows, "late": player.late}), flush=True)
    player.close()


def record():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.devices.jack_sound", "play"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as player:  # fmt: skip
        player.stdout.readline()
        blocks = []
        sounddevice = load_portaudio()
        with sounddevice.InputStream(
            device="PortAudio",
            channels=2,
            samplerate=RATE_HZ,
            callback=lambda *args: blocks.append(args[0].copy()),
        ):
            player.stdin.write("\n")
            player.stdin.flush()
            wait_for(blocks, LEAD_SECONDS + CLICKS * SPACING_SAMPLES / RATE_HZ + 1)
        facts = json.loads(player.communicate("\n")[0])
    at = np.flatnonzero(np.concatenate(blocks)[:, 0])
    said = {"clicks": len(at), "wanted clicks": CLICKS, "at": at.tolist(), "spacing": SPACING_SAMPLES}
    print(json.dumps({**said, **facts, "devices": [device.host for device in output_devices()]}))


def wait_for(blocks, seconds):
    """Until so much was recorded: counted in samples, as a busy computer may deliver them late."""
    end = time.monotonic() + 60
    while sum(map(len, blocks)) < seconds * RATE_HZ:
        if time.monotonic() > end:
            raise TimeoutError("the sound device delivers nothing")
        time.sleep(0.05)


if __name__ == "__main__":
    play() if sys.argv[1:] == ["play"] else record()
