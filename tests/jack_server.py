"""The JACK server of the tests is the one of the benchmarks."""

from benchmarks.jack_server import INSTALL, jack_server, once_there

__all__ = ["INSTALL", "jack_server", "once_there"]
