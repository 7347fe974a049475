"""A MIDI system that is started after the window: the jam opens by itself."""

import os

from tests.desktop.hands import window
from tests.jack_server import jack_server


def _jam(seen: dict) -> str:
    return seen["widgets"]["Output"]["says"]


def test_the_jam_opens_when_jack_starts(desktop, tmp_path):
    name = f"musegen-late-{os.getpid()}"
    with window(desktop, tmp_path / "state", name) as hands:
        hands.press("Jam")
        hands.widget("Try again")
        assert _jam(hands.see()) == "no output"
        with jack_server(name):
            seen = hands.wait(lambda seen: _jam(seen) == "musegen drums", "There is no jam.")
            assert "Try again" not in seen["widgets"]
            assert seen["sentence"] == ""
            assert hands.close() == 0
