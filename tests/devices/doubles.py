"""A python-rtmidi whose ports are lists in memory, as Windows, CoreMIDI or ALSA would show them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class FakeRtMidiError(OSError):
    pass


class FakeRtMidi:
    """The module: `inputs` and `outputs` are what the driver lists, `leads_to` what an output comes back at."""

    RtMidiError = FakeRtMidiError
    API_LINUX_ALSA, API_UNIX_JACK, API_MACOSX_CORE, API_WINDOWS_MM = range(4)

    def __init__(self, *apis: str, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:
        self.apis = [getattr(self, api) for api in apis]
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.leads_to: dict[str, str] = {}
        self.taken: set[str] = set()
        self.open: list[FakePort] = []
        self.log: list[str] = []

    def get_compiled_api(self) -> list[int]:
        return self.apis

    def MidiIn(self, api: int, name: str, queue_size_limit: int) -> FakePort:  # noqa: N802
        return FakePort(self, self.inputs, name)

    def MidiOut(self, api: int, name: str) -> FakePort:  # noqa: N802
        return FakePort(self, self.outputs, name)

    def arrive(self, name: str, *message: int) -> None:
        """A message comes in from the port of that name."""
        for port in [each for each in self.open if each.peer == name and each.listed is self.inputs]:
            port.arrive(list(message))


class FakePort:
    def __init__(self, library: FakeRtMidi, listed: list[str], client: str) -> None:
        self.library = library
        self.listed = listed
        self.client = client
        self.peer: str | None = None
        self.callback = None
        self.ignored: set[str] = set()
        self.queue: deque[tuple[list[int], float]] = deque()
        self.sent: list[bytes] = []

    def get_ports(self) -> list[str]:
        return list(self.listed)

    def open_port(self, index: int, name: str) -> None:
        if self.listed[index] in self.library.taken:
            raise FakeRtMidiError("error creating the port")
        self._opened(self.listed[index])

    def open_virtual_port(self, name: str) -> None:
        self._opened(name)

    def _opened(self, name: str) -> None:
        self.peer = name
        self.library.open.append(self)

    def set_callback(self, callback) -> None:
        self.callback = callback

    def cancel_callback(self) -> None:
        self.callback = None
        self.library.log.append("cancel")

    def ignore_types(self, sysex: bool, timing: bool, active_sense: bool) -> None:
        named = {"sysex": sysex, "timing": timing, "active_sense": active_sense}
        self.ignored = {name for name, ignored in named.items() if ignored}

    def arrive(self, message: list[int]) -> None:
        kind = {0xF0: "sysex", 0xF8: "timing", 0xF1: "timing", 0xFE: "active_sense"}.get(message[0])
        if kind in self.ignored:
            return
        if self.callback is not None:
            self.callback((message, 0.0), None)
        else:
            self.queue.append((message, 0.0))

    def get_message(self) -> tuple[list[int], float] | None:
        return self.queue.popleft() if self.queue else None

    def send_message(self, data: bytes) -> None:
        if self.peer not in self.listed and self.peer in self.library.leads_to:
            raise FakeRtMidiError("error sending")
        self.sent.append(bytes(data))
        heard_at = self.library.leads_to.get(self.peer or "")
        if heard_at is not None:
            self.library.arrive(heard_at, *data)

    def close_port(self) -> None:
        self.library.log.append("close")
        if self in self.library.open:
            self.library.open.remove(self)

    def delete(self) -> None:
        self.library.log.append("delete")
