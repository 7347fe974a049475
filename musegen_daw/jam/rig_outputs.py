"""What the drums and the clock are sent to: a port and its scheduler, in this process or in one of their own."""

from __future__ import annotations

from collections.abc import Callable

from musegen_daw.devices.ports import MidiOutput, PortDirectory
from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.events import MidiEvent
from musegen_daw.jam.output.process.lasting import LastingScheduler
from musegen_daw.jam.output.process.messages import OutputPlace
from musegen_daw.jam.output.scheduler import Scheduler

Tell = Callable[[str], None]


class LocalOut:
    """A MIDI output of `directory` with its scheduler; both end with `close`. Raises PortError."""

    def __init__(
        self, directory: PortDirectory, clock: Clock, name: str, *, created: bool, tell: Tell
    ) -> None:
        self._created = created
        self._port = directory.create_output(name) if created else directory.open_output(name)
        # The scheduler closes a port that fails; this one is found again when it is back.
        self._lasting = _Lasting(self._port)
        self.scheduler = Scheduler(clock, self._lasting, name=f"{name} sender", lost=tell)

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port.name

    @property
    def is_lost(self) -> bool:
        """Whether what is behind the port has vanished."""
        return self._port.is_lost

    def send(self, data: bytes) -> None:
        """Send one message now, past the scheduler; raises PortError."""
        self._port.send(data)

    def found(self) -> None:
        """The port is back: go on with it."""
        self.scheduler.attach(self._lasting, ends_again=self._created)

    def close(self) -> None:
        """End what sounds and give the port back; a second call does nothing."""
        self.scheduler.close()
        self._port.close()


class RemoteOut:
    """A MIDI output and its scheduler in a process of their own, which ends every note even when this one is killed.

    When that process dies, another goes on from `resumes`; `failed` is told when there is none. Raises PortError.
    """

    def __init__(
        self,
        system: str | None,
        clock: Clock,
        name: str,
        *,
        created: bool,
        tell: Tell,
        resumes: Callable[[], float],
        failed: Tell,
    ) -> None:
        self.is_lost = False
        self._clock, self._tell = clock, tell
        place = OutputPlace(name, created, system)
        # Not in real time: while a JACK server without it is held up, its driver waits busily, and would keep it so.
        self.scheduler = LastingScheduler(
            place, resumes=resumes, lost=self._was_lost, found=self._was_found, failed=failed
        )
        self.name = self.scheduler.port_name or name

    def send(self, data: bytes) -> None:
        """Send one message now; of notes only those that the scheduler plays."""
        self.scheduler.send(MidiEvent(self._clock.now_seconds(), data))

    def found(self) -> None:
        """Nothing to do: the process finds its port itself."""

    def close(self) -> None:
        """End what sounds and give the port back; a second call does nothing."""
        self.scheduler.close()

    def _was_lost(self, sentence: str) -> None:
        self.is_lost = True
        self._tell(sentence)

    def _was_found(self) -> None:
        self.is_lost = False
        self._tell(f"The MIDI output {self.name!r} is back.")


MidiOut = LocalOut | RemoteOut
OpenOut = Callable[[str, bool], MidiOut]
"""Opens the output of that name, as a new port or another's."""


def opener(
    directory: PortDirectory,
    clock: Clock,
    tell: Tell,
    *,
    apart: bool,
    resumes: Callable[[], float] = lambda: 0.0,
    failed: Tell | None = None,
) -> OpenOut:
    """Opens outputs in processes of their own, or here; `tell` is given a sentence for what becomes of them.

    `failed` is given one when such a process is gone for good, `resumes` gives the seconds of the next bar.
    """

    def open_out(name: str, created: bool) -> MidiOut:
        if apart:
            system = directory.created_on() if created else None
            return RemoteOut(
                system, clock, name, created=created, tell=tell, resumes=resumes, failed=failed or tell
            )
        return LocalOut(directory, clock, name, created=created, tell=tell)

    return open_out


class _Lasting:
    def __init__(self, port: MidiOutput) -> None:
        self.name = port.name
        self._port = port

    def send(self, data: bytes) -> None:
        self._port.send(data)

    def close(self) -> None:
        pass
