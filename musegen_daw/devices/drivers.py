"""The MIDI systems of this computer (ALSA, JACK, CoreMIDI, Windows), reached through python-rtmidi."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from weakref import WeakSet

from musegen_daw.devices.messages import END_OF_SYSEX, whole_messages
from musegen_daw.devices.queue_reader import QueueReader
from musegen_daw.devices.quiet import quieten
from musegen_daw.errors import PortError

CLIENT = "musegen-daw"
"""What the program calls itself where it takes part without a port of its own."""

Message = Callable[[float, Sequence[int]], None]
"""Called on a thread of the driver with the seconds of `time.perf_counter` and the bytes of one message."""

_SEQUENCER = Path("/dev/snd/seq")
_SOCKETS = Path("/proc/net/unix")
_LISTENING = "00010000"
_DRAIN_SECONDS = 0.01
_QUEUE_MESSAGES = 4096
_LISTED_TRIES, _LISTED_SECONDS = 10, 0.01
_HEALER = "end of SysEx"
_CLIENT_TRIES, _CLIENT_SECONDS = 3, 0.05
_SETTLED_SECONDS = 0.02


class Direction(StrEnum):
    """Seen from this program."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Api:
    """A MIDI system: its short name, its constant in python-rtmidi, and its abilities.

    `changing` matches the suffix of a port's name that differs each time. `calls_back` is whether the driver's thread
    may run Python: JACK's may not, because the server waits for it, and so does whoever opens or closes a port while
    holding the interpreter lock. Such a driver holds back what follows a cut SysEx until an end of SysEx comes, which
    this program sends to its own inputs. `carrying_seconds` is how long an output must stay open after its last
    message: JACK delivers it in a later period, and drops it if the port is gone by then.
    """

    key: str
    label: str
    constant: str
    creates_ports: bool
    changing: re.Pattern[str] | None = None
    calls_back: bool = True
    carrying_seconds: float = 0.0


ALSA = Api("alsa", "ALSA", "API_LINUX_ALSA", True, re.compile(r" \d+:\d+$"))
JACK = Api("jack", "JACK", "API_UNIX_JACK", True, calls_back=False, carrying_seconds=0.1)
COREMIDI = Api("coremidi", "CoreMIDI", "API_MACOSX_CORE", True)
WINMM = Api("winmm", "Windows MIDI", "API_WINDOWS_MM", False, re.compile(r" \d+$"))
APIS = (ALSA, JACK, COREMIDI, WINMM)  # where several are there, ports are created on the first


@dataclass(frozen=True, slots=True)
class PortAddress:
    """A port of another program or device: its stable name, and the name that the driver gives it now."""

    name: str
    driver_name: str


def presence(api: Api) -> str:
    """Identifies the running instance of a MIDI system; raises PortError with advice when none runs."""
    if api is ALSA:
        if not _SEQUENCER.exists():
            raise PortError("ALSA has no sequencer on this computer (try: sudo modprobe snd-seq).")
        if not os.access(_SEQUENCER, os.R_OK | os.W_OK):
            raise PortError(
                f"ALSA's {_SEQUENCER} may not be used by you (try: sudo usermod -aG audio $USER, then log in again)."
            )
    if api is JACK and _SOCKETS.exists():
        return _jack_server()
    return api.key


def _jack_server() -> str:
    # From the listening sockets: asking libjack takes a new client, and files of dead servers stay.
    server = os.environ.get("JACK_DEFAULT_SERVER") or "default"
    sockets = _SOCKETS.read_text(encoding="utf-8", errors="replace")
    ends = (f"/jack_{server}_{os.getuid()}_0", f"/jack_{server}_0")
    for line in sockets.splitlines() if any(end in sockets for end in ends) else ():
        fields = line.split(maxsplit=7)
        if line.endswith(ends) and fields[3] == _LISTENING:
            return fields[6]  # the inode: another server, another number
    raise PortError(f"No JACK server {server!r} runs (start one with QjackCtl, Ardour or jackd).")


def load_rtmidi() -> Any:
    """python-rtmidi, with its drivers silenced; raises PortError where the installation is broken."""
    try:
        import rtmidi
    except ImportError as error:
        raise PortError(f"MIDI ports cannot be used, python-rtmidi does not load: {error}.") from error
    quieten(str(rtmidi._rtmidi.__file__))
    return rtmidi


def open_drivers(
    library: Any = None, present: Callable[[Api], str] = presence, only: str | None = None
) -> tuple[Driver, ...]:
    """A driver for each MIDI system that python-rtmidi supports here, running or not.

    `library` stands for python-rtmidi and `present` for `presence`. `only` keeps the one of that key.
    Raises PortError where that one, or any, is not available on this computer.
    """
    library = library or load_rtmidi()
    compiled = library.get_compiled_api()
    apis = [api for api in APIS if getattr(library, api.constant) in compiled]
    keys = ", ".join(api.key for api in apis)
    if only is not None:
        apis = [api for api in apis if api.key == only]
        if not apis:
            raise PortError(f"There is no MIDI system {only!r} here; python-rtmidi knows {keys or 'none'}.")
    return tuple(Driver(api, library, present) for api in apis)


class Driver:
    """One MIDI system: its ports, and connections to them. Thread-safe."""

    def __init__(self, api: Api, library: Any, present: Callable[[Api], str] = presence) -> None:
        self.api = api
        self._library = library
        self._present = present
        self._lock = threading.RLock()
        self._scanners: dict[Direction, Any] = {}
        self._connections: WeakSet[Connection] = WeakSet()
        self._instance: str | None = None

    def attend(self) -> None:
        """Close connections to an instance of the MIDI system that has ended; raises PortError when none runs."""
        with self._lock:
            try:
                instance = self._present(self.api)
            except PortError:
                self._instance = None
                self.close()
                raise
            if instance != self._instance:
                # All of it, before anything is opened on the new one: libjack has one state per process.
                self.close()
                self._instance = instance

    def problem(self) -> str | None:
        """Why this system cannot be used now, as a sentence; None when it can."""
        try:
            self.places(Direction.INPUT)
        except PortError as error:
            return str(error)
        return None

    def places(self, direction: Direction) -> tuple[PortAddress, ...]:
        """The ports that others offer, including this program's own; raises PortError."""
        with self._lock:
            self.attend()
            if direction not in self._scanners:
                self._scanners[direction] = self._client(direction, CLIENT)
            try:
                names: list[str] = self._scanners[direction].get_ports()
            except self._library.RtMidiError as error:
                raise PortError(f"{self.api.label} cannot list its ports: {error}") from error
        stays = [self.api.changing.sub("", name) if self.api.changing else name for name in names]
        twins = [stays[:index].count(name) for index, name in enumerate(stays)]
        return tuple(
            PortAddress(f"{name} #{twin + 1}" if twin else name, driver_name)
            for name, twin, driver_name in zip(stays, twins, names, strict=True)
        )

    def create(self, direction: Direction, name: str, received: Message | None = None) -> Connection:
        """Create a port that others connect to; raises PortError."""
        return self._connected(direction, name, received, lambda port: port.open_virtual_port(name), name)

    def connect(
        self, direction: Direction, place: PortAddress, received: Message | None = None
    ) -> Connection:
        """Connect to an existing port; raises PortError when it is gone or in use."""

        def open_port(port: Any) -> None:
            # Looked up last: the numbers change when other ports come and go.
            names = port.get_ports()
            if place.driver_name not in names:
                raise PortError(f"The MIDI {direction} {place.name!r} is gone.")
            port.open_port(names.index(place.driver_name), place.name)

        return self._connected(direction, CLIENT, received, open_port, place.name)

    def close(self) -> None:
        """Close every connection, and the clients that list ports."""
        with self._lock:
            for connection in tuple(self._connections):
                connection.close()
            for scanner in self._scanners.values():
                scanner.delete()
            self._scanners.clear()

    def _client(self, direction: Direction, name: str) -> Any:
        constant = getattr(self._library, self.api.constant)
        tries = _CLIENT_TRIES
        while True:
            try:
                if direction is Direction.INPUT:
                    return self._library.MidiIn(constant, name, _QUEUE_MESSAGES)
                return self._library.MidiOut(constant, name)
            except self._library.RtMidiError as error:
                tries -= 1
                if not tries:
                    raise PortError(f"{self.api.label} cannot be used: {error}") from error
            time.sleep(_CLIENT_SECONDS)  # libjack fails at times while others come and go

    def _connected(
        self,
        direction: Direction,
        client: str,
        received: Message | None,
        open_port: Callable[[Any], None],
        name: str,
    ) -> Connection:
        with self._lock:
            self.attend()
            port = self._client(direction, client)
            connection = Connection(port, self._library.RtMidiError, self.api.carrying_seconds)
            try:
                if received is not None:
                    connection.receive(received, calls_back=self.api.calls_back)
                if received is None or self.api.calls_back:
                    open_port(port)
                else:
                    healer = self._client(Direction.OUTPUT, CLIENT)
                    connection.keep(healer)
                    before = healer.get_ports()
                    open_port(port)
                    if _leads_to_new(healer, before, client, name):
                        connection.heal()
            except self._library.RtMidiError as error:
                connection.close()
                raise PortError(
                    f"The MIDI port {name!r} cannot be opened; another program may hold it ({error})."
                ) from error
            except PortError:
                connection.close()
                raise
            self._connections.add(connection)
            return connection


def _leads_to_new(healer: Any, before: Sequence[str], client: str, name: str) -> bool:
    """Whether an output could be connected to the input that was opened since, which the driver does not name."""
    own = re.compile(rf"{re.escape(client)}(-\d+)?:{re.escape(name)}")  # JACK numbers the clients of one name
    for _ in range(_LISTED_TRIES):
        names = healer.get_ports()
        found = [each for each in names if each not in before and own.fullmatch(each)]
        if found:
            healer.open_port(names.index(found[-1]), _HEALER)
            return True
        time.sleep(_LISTED_SECONDS)  # a busy server tells late of a port
    return False


class Connection:
    """One open port of the driver; closed by its opener or, when the MIDI system ends, by its `Driver`."""

    def __init__(self, port: Any, error_type: type[Exception], carrying_seconds: float = 0.0) -> None:
        self._port = port
        self._error_type = error_type
        self._carrying_seconds = carrying_seconds
        self._sent_seconds = float("-inf")
        self._lock = threading.Lock()
        self._calls_back = False
        self._reader: QueueReader | None = None
        self._healer: Any = None
        self._closed = False

    @property
    def is_closed(self) -> bool:
        return self._closed

    def receive(self, received: Message, *, calls_back: bool) -> None:
        """Pass on what comes in, with the time of arrival."""

        def arrived(event: tuple[Sequence[int], float], _: object) -> None:
            # Stamped here: the times of some drivers are wrong.
            now_seconds = time.perf_counter()
            for message in whole_messages(event[0]):
                received(now_seconds, message)

        if calls_back:
            self._calls_back = True
            self.pass_on()
            self._port.set_callback(arrived)
        else:
            # Filter nothing: the driver counts times from the previous message, filtered or not.
            self._port.ignore_types(sysex=False, timing=False, active_sense=False)
            self._reader = QueueReader(self._port, received)

    def keep(self, healer: Any) -> None:
        """Close an output together with this input."""
        self._healer = healer

    def heal(self) -> None:
        """End a SysEx that was cut, through the output that is kept, which leads here."""

        def end_sysex() -> None:
            with suppress(self._error_type):
                self._healer.send_message((END_OF_SYSEX,))

        if self._reader is not None:
            self._reader.heal_with(end_sysex)

    def pass_on(self, *, clock: bool = False, sysex: bool = False) -> None:
        """Which frequent messages the driver passes on, where it can filter; active sensing never."""
        with self._lock:
            if not self._closed and self._calls_back:
                self._port.ignore_types(sysex=not sysex, timing=not clock, active_sense=True)

    def send(self, data: bytes) -> None:
        """Raises PortError when the connection is closed or the driver refuses."""
        with self._lock:
            if self._closed:
                raise PortError("The MIDI port was closed.")
            try:
                self._port.send_message(data)
                self._sent_seconds = time.perf_counter()
            except self._error_type as error:
                raise PortError(f"The MIDI driver refuses to send: {error}") from error

    def close(self) -> None:
        """Close the port; nothing is received afterwards, and a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._reader is not None:
                self._reader.close()
            if self._calls_back:
                self._port.cancel_callback()
                # A message on its way into Python needs the interpreter lock, which closing holds while it waits for
                # the driver's thread: let it through first.
                time.sleep(_DRAIN_SECONDS)
            time.sleep(max(0.0, self._sent_seconds + self._carrying_seconds - time.perf_counter()))
            ports = [port for port in (self._healer, self._port) if port is not None]
            for port in ports:
                port.close_port()
            if self._carrying_seconds:
                # An output of JACK frees its queue before it ends the thread, which may be about to read it.
                time.sleep(_SETTLED_SECONDS)
            for port in ports:
                port.delete()
