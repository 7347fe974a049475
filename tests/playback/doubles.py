"""A sound device whose blocks a test asks for."""

from types import SimpleNamespace

import numpy as np

RATE_HZ = 48_000


class FakePortAudioError(Exception):
    pass


class FakeStream:
    def __init__(self, options) -> None:
        self.options = options
        self.latency = 0.02
        self.active = False
        self.blocks_at_close = None
        self.heard = 0

    def start(self):
        self.active = True

    def close(self):
        self.active = False
        self.options["finished_callback"]()

    def block(self, underflow=False):
        frames = self.options["blocksize"]
        out = np.full((frames, 2), np.nan, np.float32)
        self.options["callback"](out, frames, None, SimpleNamespace(output_underflow=underflow))
        self.heard += 1
        return out


class FakeSoundDevice:
    """The module sounddevice, with `devices` outputs at 48 kHz."""

    PortAudioError = FakePortAudioError

    def __init__(self, devices=1, rate_hz=RATE_HZ) -> None:
        self.devices = [
            {"name": f"out {index}", "index": index, "hostapi": 0, "max_output_channels": 2,
             "default_samplerate": float(rate_hz + 1000 * index)}
            for index in range(devices)
        ]  # fmt: skip
        self.default = SimpleNamespace(device=(0, 0))
        self.refuses = None
        self.streams = []

    def query_hostapis(self):
        return [{"name": "Fake Audio"}]

    def query_devices(self):
        return self.devices

    def OutputStream(self, **options):  # noqa: N802
        if self.refuses:
            raise self.PortAudioError(self.refuses)
        assert not any(stream.active for stream in self.streams), "two streams at a time"
        self.streams.append(FakeStream(options))
        return self.streams[-1]
