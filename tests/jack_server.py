"""The JACK server of the tests is the one of the benchmarks."""

from benchmarks.jack_server import INSTALL, jack_server

__all__ = ["INSTALL", "jack_server"]
