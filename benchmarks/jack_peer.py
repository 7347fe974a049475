"""Another program on the JACK server: hears or plays MIDI in a process of its own, and notes when periods began.

What passes in a period is stamped with its begin, as it is seen here, and with the begin of the one before: what
was ready by then has missed a period. So neither what the program under test does nor a server that comes late
because the computer is busy is mistaken for the lateness of the sender.
"""

from __future__ import annotations

import ctypes
import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_uint64, c_ulong, c_void_p
from dataclasses import dataclass
from typing import Any

_NO_START_SERVER, _IS_INPUT, _IS_OUTPUT = 1, 1, 2
SAMPLE_RATE_HZ = 48_000  # of the server
_MIDI = b"8 bit raw midi"
_NAME = "peer"

CONNECTED_SECONDS = 0.5
CARRIED_SECONDS = 0.2
POLL_SECONDS = 0.05


class _Event(ctypes.Structure):
    _fields_ = [("time", c_uint32), ("size", c_size_t), ("buffer", POINTER(c_uint8))]


Stamped = tuple[float, float, str]
Plan = Sequence[tuple[float, bytes]]
"""Messages and when they come, in seconds, in order of time."""
_Process = ctypes.CFUNCTYPE(c_int, c_uint32, c_void_p)

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "client_open": (c_void_p, (c_char_p, c_int, POINTER(c_int))),
    "client_close": (c_int, (c_void_p,)),
    "port_register": (c_void_p, (c_void_p, c_char_p, c_char_p, c_ulong, c_ulong)),
    "port_name": (c_char_p, (c_void_p,)),
    "set_process_callback": (c_int, (c_void_p, _Process, c_void_p)),
    "activate": (c_int, (c_void_p,)),
    "connect": (c_int, (c_void_p, c_char_p, c_char_p)),
    "port_get_buffer": (c_void_p, (c_void_p, c_uint32)),
    "midi_get_event_count": (c_uint32, (c_void_p,)),
    "midi_event_get": (c_int, (POINTER(_Event), c_void_p, c_uint32)),
    "midi_clear_buffer": (None, (c_void_p,)),
    "midi_event_write": (c_int, (c_void_p, c_uint32, c_char_p, c_size_t)),
    "get_time": (c_uint64, ()),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message, the begin of the period in which it passed and that of the one before, in the seconds of
    `time.perf_counter`."""

    seconds: float
    before_seconds: float
    data: bytes


class Peer:
    """The process, seen from the benchmark: listens to an output until asked, or plays to an input."""

    def __init__(self, *arguments: str, words: str = "") -> None:
        command = (sys.executable, "-m", "benchmarks.jack_peer", *arguments)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if words:
            self._process.stdin.write(words + "\n")
            self._process.stdin.flush()
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"no connection to {arguments}")
        time.sleep(CONNECTED_SECONDS)  # the connection takes effect in a later period

    @classmethod
    def listening(cls, port: str) -> Peer:
        """One that hears what comes out of a port."""
        return cls("listen", port)

    @classmethod
    def playing(cls, port: str, messages: int, seed: int) -> Peer:
        """One that plays so many notes into a port, some six milliseconds apart."""
        return cls("play", port, str(messages), str(seed))

    @classmethod
    def sending(cls, port: str, plan: Plan) -> Peer:
        """One that sends messages into a port, each so many seconds after the first moment, to the sample.

        The seconds of its messages are those at which they were meant to come.
        """
        return cls("send", port, words=json.dumps([(seconds, data.hex()) for seconds, data in plan]))

    def messages(self) -> list[Message]:
        """All that passed; one that plays is waited for. Ends the process."""
        said, _ = self._process.communicate()
        return [Message(seconds, before, bytes.fromhex(data)) for seconds, before, data in json.loads(said)]


class _Client:
    """A JACK client with one MIDI port, whose messages `process` handles in every period."""

    def __init__(self, other: str, flag: int) -> None:
        library = ctypes.CDLL("libjack.so.0")
        self._functions: dict[str, Callable[..., Any]] = {}
        for name, (returned, given) in _FUNCTIONS.items():
            function = getattr(library, f"jack_{name}")
            function.restype, function.argtypes = returned, given
            self._functions[name] = function
        self._client = self._jack("client_open")(_NAME.encode(), _NO_START_SERVER, byref(c_int()))
        if not self._client:
            raise RuntimeError("no JACK server runs")
        self._port = self._jack("port_register")(self._client, b"midi", _MIDI, flag, 0)
        self._other, self._hears = other.encode(), flag == _IS_INPUT
        # JACK counts microseconds of the clock that time.perf_counter reads, or of one that runs beside it.
        offsets = [time.perf_counter() - self._jack("get_time")() / 1e6 for _ in range(200)]
        self._offset_seconds = min(offsets)
        self._seconds = self._before_seconds = 0.0

    def _jack(self, name: str) -> Callable[..., Any]:
        return self._functions[name]

    def run(self, process: Callable[[int], None]) -> None:
        """Call `process` with the samples of each period from now on, and connect to the other port."""

        def called(samples: int, _: object) -> int:
            self._before_seconds = self._seconds
            self._seconds = self._jack("get_time")() / 1e6 + self._offset_seconds
            process(samples)
            return 0

        self._called = _Process(called)  # kept, for JACK does not
        self._jack("set_process_callback")(self._client, self._called, None)
        self._jack("activate")(self._client)
        own = self._jack("port_name")(self._port)
        ends = (self._other, own) if self._hears else (own, self._other)
        if self._jack("connect")(self._client, *ends):
            raise RuntimeError(f"there is no port {self._other.decode()}")

    def stamped(self, data: bytes) -> Stamped:
        return self._seconds, self._before_seconds, data.hex()

    def heard(self, samples: int) -> list[Stamped]:
        buffer, event = self._jack("port_get_buffer")(self._port, samples), _Event()
        messages: list[Stamped] = []
        for index in range(self._jack("midi_get_event_count")(buffer)):
            self._jack("midi_event_get")(byref(event), buffer, index)
            messages.append(self.stamped(bytes(event.buffer[: event.size])))
        return messages

    def play(self, samples: int, data: bytes | None) -> None:
        """Send a message at the begin of this period, or nothing."""
        buffer = self._jack("port_get_buffer")(self._port, samples)
        self._jack("midi_clear_buffer")(buffer)
        if data is not None:
            self._jack("midi_event_write")(buffer, 0, data, len(data))

    def play_all(self, samples: int, messages: list[tuple[int, bytes]]) -> None:
        """Send messages in this period, each so many samples after its begin, in order of time."""
        buffer = self._jack("port_get_buffer")(self._port, samples)
        self._jack("midi_clear_buffer")(buffer)
        for sample, data in messages:
            self._jack("midi_event_write")(buffer, min(max(0, sample), samples - 1), data, len(data))

    @property
    def seconds(self) -> float:
        return self._seconds

    def close(self) -> None:
        self._jack("client_close")(self._client)


def _listen(port: str) -> list[Stamped]:
    client = _Client(port, _IS_INPUT)
    messages: list[Stamped] = []
    client.run(lambda samples: messages.extend(client.heard(samples)))
    print("ready", flush=True)
    sys.stdin.read()
    client.close()
    return messages


def _play(port: str, count: int, seed: int) -> list[Stamped]:
    client, chance = _Client(port, _IS_OUTPUT), random.Random(seed)
    messages: list[Stamped] = []
    starts = False

    def process(samples: int) -> None:
        data: bytes | None = None
        if starts and len(messages) < count and chance.random() < 0.85:
            number = len(messages)
            data = bytes((0x90 + number // 127 // 128 % 16, number // 127 % 128, 1 + number % 127))
            messages.append(client.stamped(data))
        client.play(samples, data)

    client.run(process)
    print("ready", flush=True)
    time.sleep(CONNECTED_SECONDS)  # whoever asked takes up the connection in the meantime
    starts = True
    while len(messages) < count:
        time.sleep(POLL_SECONDS)
    time.sleep(CARRIED_SECONDS)  # the last message is handed on in a later period, while the client is there
    client.close()
    return messages


def _send(port: str, plan: Plan) -> list[Stamped]:
    client = _Client(port, _IS_OUTPUT)
    begin_seconds = 0.0
    sent = 0

    def process(samples: int) -> None:
        nonlocal sent
        due: list[tuple[int, bytes]] = []
        while begin_seconds and sent < len(plan):
            seconds, data = plan[sent]
            sample = round((begin_seconds + seconds - client.seconds) * SAMPLE_RATE_HZ)
            if sample >= samples:
                break
            due.append((sample, data))
            sent += 1
        client.play_all(samples, due)

    client.run(process)
    print("ready", flush=True)
    time.sleep(CONNECTED_SECONDS)  # whoever asked takes up the connection in the meantime
    begin_seconds = client.seconds + CARRIED_SECONDS
    while sent < len(plan):
        time.sleep(POLL_SECONDS)
    time.sleep(CARRIED_SECONDS)  # the last message is carried in a later period, while the client is there
    client.close()
    return [(begin_seconds + seconds, begin_seconds + seconds, data.hex()) for seconds, data in plan]


def main() -> None:
    gc.disable()
    what, port, *rest = sys.argv[1:]
    if what == "send":
        plan = json.loads(sys.stdin.readline())
        messages = _send(port, [(seconds, bytes.fromhex(data)) for seconds, data in plan])
    else:
        messages = _listen(port) if what == "listen" else _play(port, *map(int, rest))
    print(json.dumps(messages), flush=True)


if __name__ == "__main__":
    main()
