"""A computer whose DAW sends the drums on to where the part comes in, for measuring how long that takes."""

from __future__ import annotations

import threading

from tests.devices.doubles import FakeRtMidi

LOOP_SECONDS = 0.02


class Loop(FakeRtMidi):
    """A computer whose DAW sends what it gets at `musegen drums` on to `musegen in`, some time later."""

    def __init__(self, keeps=1.0):
        super().__init__("API_LINUX_ALSA")
        self.keeps = keeps
        self.count = 0
        self.timers = []

    def MidiOut(self, api, name):  # noqa: N802
        port = super().MidiOut(api, name)
        send = port.send_message

        def send_message(data):
            send(data)
            self.count += 1
            if self.count % 10 < 10 * self.keeps:
                timer = threading.Timer(LOOP_SECONDS, self.arrive, ("musegen in", *data))
                timer.start()
                self.timers.append((timer, port))

        port.send_message = send_message
        return port
