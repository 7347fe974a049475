"""Ports that the program creates or opens by name, and reopens after they were unplugged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from musegen_daw.devices import drivers, loopback
from musegen_daw.devices.drivers import CLIENT, Connection, Direction, Driver, PortAddress
from musegen_daw.devices.loopback import Loopback
from musegen_daw.errors import PortError

_log = logging.getLogger(__name__)

Received = Callable[[float, bytes], None]
"""Called on a thread of the driver with the seconds of `time.perf_counter` at which a message came, and its bytes."""

_SYSEX, _SYSTEM = 0xF0, 0xF0
_TIME = frozenset({0xF2, 0xF8, 0xFA, 0xFB, 0xFC})
_OWN_CLIENT = f"{CLIENT}:", f"{CLIENT}-"  # JACK numbers the clients of one name: musegen-daw-01


@dataclass(frozen=True, slots=True)
class PortInfo:
    """An existing port: name, direction, MIDI system, and loopback driver if it is one."""

    name: str
    direction: Direction
    api: str
    loopback: Loopback | None = None


@dataclass(frozen=True, slots=True)
class PortChange:
    """A port in use has vanished (`present` False) or is back."""

    name: str
    direction: Direction
    present: bool


class Port:
    """A port in use, created here or opened by name; `attend` notices when it goes and when it is back."""

    def __init__(
        self, driver: Driver, direction: Direction, name: str, created: bool, closed: Callable[[Port], None]
    ) -> None:
        self.name = name
        self.direction = direction
        self.driver = driver
        self.created = created
        self._told_when_closed = closed
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._driver_name = ""
        self._closed = False

    @property
    def is_lost(self) -> bool:
        """Whether what is behind the port has vanished."""
        return self._connection is None or self._connection.is_closed

    def open(self) -> None:
        """Connect; raises PortError."""
        with self._lock:
            if self.created:
                self._connection = self.driver.create(self.direction, self.name, self._message())
            else:
                place = self._place()
                if place is None:
                    raise PortError(f"There is no MIDI {self.direction} {self.name!r} any more.")
                self._driver_name = place.driver_name
                self._connection = self.driver.connect(self.direction, place, self._message())
            self._opened(self._connection)

    def attend(self) -> PortChange | None:
        """Release a port that has vanished, reopen one that is back; returns the change, if any."""
        with self._lock:
            if self._closed or (self._connection is not None and self._is_there()):
                return None
            if self._connection is not None:
                self._disconnect()
                _log.warning("MIDI %s %r lost", self.direction, self.name)
                return PortChange(self.name, self.direction, present=False)
            try:
                self.open()
            except PortError:
                return None
            _log.info("MIDI %s %r reopened", self.direction, self.name)
            return PortChange(self.name, self.direction, present=True)

    def close(self) -> None:
        """Close the port; nothing is received afterwards, and a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._disconnect()
        _log.info("MIDI %s %r closed", self.direction, self.name)
        self._told_when_closed(self)

    def _is_there(self) -> bool:
        try:
            self.driver.attend()
            place = None if self.created else self._place()
        except PortError:
            return False
        found = self.created or (place is not None and place.driver_name == self._driver_name)
        return found and not self.is_lost

    def _place(self) -> PortAddress | None:
        return next((each for each in self.driver.places(self.direction) if each.name == self.name), None)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _message(self) -> drivers.Message | None:
        return None

    def _opened(self, connection: Connection) -> None:
        """Called with a new connection, before anything else uses it."""


class MidiOutput(Port):
    """An output; `send` from one thread, whatever happens to the port meanwhile."""

    def send(self, data: bytes) -> None:
        """Send one complete message now; raises PortError while the port is lost or once it is closed."""
        connection = self._connection
        if connection is None or connection.is_closed:
            raise PortError(f"The MIDI output {self.name!r} is {'closed' if self._closed else 'gone'}.")
        connection.send(data)


class MidiInput(Port):
    """An input: channel messages, and the clock where `clock` is set, go to `received`.

    Active sensing and other system messages are dropped before anything is queued.
    """

    def __init__(
        self,
        driver: Driver,
        name: str,
        created: bool,
        closed: Callable[[Port], None],
        received: Received,
        clock: bool,
    ) -> None:
        super().__init__(driver, Direction.INPUT, name, created, closed)
        self._received = received
        self._clock = clock
        self._delivery = threading.RLock()
        self._listeners: tuple[Callable[[bytes], None], ...] = ()

    def close(self) -> None:
        with self._delivery:
            self._received = _nothing
        super().close()

    @contextmanager
    def overheard(self, listener: Callable[[bytes], None]) -> Iterator[None]:
        """Call `listener` with every message, SysEx included, while in the context."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
            self._pass_on()
        try:
            yield
        finally:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)
                self._pass_on()

    def _pass_on(self) -> None:
        if self._connection is not None:
            self._connection.pass_on(clock=self._clock, sysex=bool(self._listeners))

    def _opened(self, connection: Connection) -> None:
        self._pass_on()

    def _message(self) -> drivers.Message | None:
        return self._arrived

    def _arrived(self, time_seconds: float, message: Sequence[int]) -> None:
        if not message:
            return
        data = bytes(message)
        for listener in self._listeners:
            listener(data)
        if data[0] < _SYSTEM or (self._clock and data[0] in _TIME):
            with self._delivery:
                self._received(time_seconds, data)


def no_system(systems: Mapping[str, str | None]) -> str | None:
    """Why no MIDI system can be used, from the problem of each; None when one can."""
    if None in systems.values():
        return None
    reasons = " ".join(reason for reason in systems.values() if reason is not None)
    return f"No MIDI system runs on this computer. {reasons}".strip()


P = TypeVar("P", bound=Port)


class PortDirectory:
    """All ports of this computer, and those that the program uses; `close` closes the latter.

    Where no MIDI system runs it opens and lists nothing; `problem` says what to do.
    """

    def __init__(self, systems: Sequence[Driver]) -> None:
        self._drivers = tuple(systems)
        self._lock = threading.Lock()
        self._ports: tuple[Port, ...] = ()

    @classmethod
    def open(cls, only: str | None = None) -> PortDirectory:
        """All MIDI systems, or only the one with that key (see `drivers.APIS`); raises PortError."""
        return cls(drivers.open_drivers(only=only))

    def __enter__(self) -> PortDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_use(self) -> tuple[Port, ...]:
        """The ports that are open, or lost and waited for."""
        return self._ports

    def systems(self) -> dict[str, str | None]:
        """The problem of each MIDI system, by its label; None for those that can be used."""
        return {driver.api.label: driver.problem() for driver in self._drivers}

    def problem(self) -> str | None:
        """Why no port can be used, with advice; None when one can."""
        return no_system(self.systems())

    @property
    def creates_ports(self) -> bool:
        """Whether ports can be created that other programs connect to."""
        return self._creator() is not None

    def created_on(self) -> str | None:
        """The key of the MIDI system on which ports are created; None where there is none."""
        creator = self._creator()
        return None if creator is None else creator.api.key

    def ports(self, direction: Direction) -> tuple[PortInfo, ...]:
        """The ports of other programs and devices that can be opened in a direction."""
        return tuple(
            PortInfo(place.name, direction, driver.api.key, loopback.kind(place.name))
            for driver, place in self._places(direction)
        )

    def create_input(self, name: str, received: Received, *, clock: bool = False) -> MidiInput:
        """Create an input for others to connect to; a taken name gets a number. Raises PortError."""
        driver, free = self._creator_and_name(name)
        return self._started(MidiInput(driver, free, True, self._forget, received, clock))

    def create_output(self, name: str) -> MidiOutput:
        """Create an output for others to connect to; a taken name gets a number. Raises PortError."""
        driver, free = self._creator_and_name(name)
        return self._started(MidiOutput(driver, Direction.OUTPUT, free, True, self._forget))

    def open_input(self, name: str, received: Received, *, clock: bool = False) -> MidiInput:
        """Open an input by its name or a part of it; raises PortError that lists the ports."""
        driver, place = self._find(Direction.INPUT, name)
        return self._started(MidiInput(driver, place.name, False, self._forget, received, clock))

    def open_output(self, name: str) -> MidiOutput:
        """Open an output by its name or a part of it; raises PortError that lists the ports."""
        driver, place = self._find(Direction.OUTPUT, name)
        return self._started(MidiOutput(driver, Direction.OUTPUT, place.name, False, self._forget))

    def close(self) -> None:
        for port in self._ports:
            port.close()
        for driver in self._drivers:
            driver.close()

    def _started(self, port: P) -> P:
        port.open()
        how = "created" if port.created else "opened"
        _log.info("MIDI %s %r %s on %s", port.direction, port.name, how, port.driver.api.label)
        with self._lock:
            self._ports = (*self._ports, port)
        return port

    def _forget(self, port: Port) -> None:
        with self._lock:
            self._ports = tuple(each for each in self._ports if each is not port)

    def _creator(self) -> Driver | None:
        return next((each for each in self._drivers if each.api.creates_ports and not each.problem()), None)

    def _creator_and_name(self, name: str) -> tuple[Driver, str]:
        creator = self._creator()
        if creator is None:
            raise PortError(self.problem() or loopback.installation())
        taken = {
            part
            for direction in Direction
            for place in creator.places(direction)
            for part in place.name.split(":")
        }
        return creator, next(each for each in _numbered(name) if each not in taken)

    def _places(self, direction: Direction) -> list[tuple[Driver, PortAddress]]:
        places: list[tuple[Driver, PortAddress]] = []
        own = {port.name for port in self._ports if port.created}
        for driver in self._drivers:
            try:
                found = driver.places(direction)
            except PortError:
                continue
            places += [(driver, place) for place in found if not _is_own(place.name, own)]
        return places

    def _find(self, direction: Direction, name: str) -> tuple[Driver, PortAddress]:
        places = self._places(direction)
        if not places:
            raise PortError(self.problem() or f"There is no MIDI {direction} that could be opened.")
        for matches in (str.__eq__, _same, _within):
            found = [each for each in places if matches(name, each[1].name)]
            if found:
                break
        names = ", ".join(place.name for _, place in found or places)
        if not found:
            raise PortError(f"There is no MIDI {direction} {name!r}; there are: {names}.")
        if len({place.name for _, place in found}) > 1:
            raise PortError(f"Several MIDI {direction}s are called {name!r}: {names}; give more of the name.")
        return found[0]


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1


def _is_own(name: str, created: set[str]) -> bool:
    return name.startswith(_OWN_CLIENT) or any(name in (each, f"{each}:{each}") for each in created)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


def _within(name: str, other: str) -> bool:
    return name.casefold() in other.casefold()


def _nothing(_time_seconds: float, _data: bytes) -> None:
    pass


POLL_SECONDS = 0.25
"""Lost and found again takes two rounds at most, well within a second."""


def attend(directory: PortDirectory) -> tuple[PortChange, ...]:
    """Check every port in use once; returns what has vanished or is back."""
    changes = (port.attend() for port in directory.in_use)
    return tuple(change for change in changes if change is not None)


class PortWatcher:
    """A thread that attends to the ports in use until it is closed, and calls `changed`."""

    def __init__(
        self,
        directory: PortDirectory,
        changed: Callable[[PortChange], None] | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._directory = directory
        self._changed = changed
        self._poll_seconds = poll_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="musegen port watcher", daemon=True)
        self._thread.start()

    def __enter__(self) -> PortWatcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop; the thread is gone afterwards, and a second call does nothing."""
        self._ended.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._poll_seconds):
            for change in attend(self._directory):
                if self._changed is not None:
                    self._changed(change)
