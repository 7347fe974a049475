"""RigPorts: the MIDI ports of a jam, opened by name or created, without a loop from the drums back to the part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from musegen_daw.devices import loopback
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import MidiInput, MidiOutput, PortChange, PortDirectory, PortWatcher
from musegen_daw.errors import PortError
from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import RemoteScheduler
from musegen_daw.jam.output.scheduler import Scheduler
from musegen_daw.jam.settings import OWN_CLOCK, OWN_INPUT, OWN_OUTPUT, ClockSource, RigSettings

Received = Callable[[str, float, bytes], None]
"""Called on a driver's thread with the name of the input, the seconds of `time.perf_counter`, and the bytes."""

MidiScheduler = Scheduler | RemoteScheduler


@dataclass(frozen=True, slots=True)
class _Unscheduled:
    """An output past its scheduler, for what is sent before the jam."""

    name: str
    send: Callable[[bytes], None]


class RigPorts:
    """The inputs that `settings` name, and a scheduler for each output: here, on a port of `directory`, or in a
    process of its own where they ask for that.

    `tell` is given sentences about outputs in processes, `failed` one when such a process is gone for good, and
    `resumes` says when one that was started again may play (see `RemoteScheduler`). `advice` says what to choose in
    the DAW where ports cannot be created. The directory stays the caller's. Raises PortError, with nothing left open,
    where a port cannot be had or the drums would come back as the part.
    """

    def __init__(
        self,
        settings: RigSettings,
        directory: PortDirectory,
        clock: Clock,
        received: Received,
        tell: Callable[[str], None],
        *,
        resumes: Callable[[], float] = lambda: 0.0,
        failed: Callable[[str], None] | None = None,
        refuses_feedback: bool = True,
    ) -> None:
        self._directory, self._clock, self._received = directory, clock, received
        self._tell, self._resumes, self._failed = tell, resumes, failed
        self._sends_apart = settings.sends_apart
        self._watcher: PortWatcher | None = None
        self._opened: list[MidiInput | MidiOutput | MidiScheduler] = []
        self.advice = ""
        self.inputs: tuple[MidiInput, ...] = ()
        self.output: MidiScheduler | None = None
        self.clock: MidiScheduler | None = None
        try:
            self._open(settings)
            if refuses_feedback:
                self._refuse_feedback()
        except BaseException:  # an interrupt leaves no port open either
            self.close()
            raise

    def watch(self, changed: Callable[[PortChange], None]) -> None:
        """Watch the ports from now on; `changed` is told which go and which are back."""
        self._watcher = PortWatcher(self._directory, changed)

    def found(self, name: str) -> None:
        """Go on with an output whose port is back; a process finds its port itself."""
        for output in (self.output, self.clock):
            if isinstance(output, Scheduler) and output.name == name:
                output.found()

    def close_inputs(self) -> None:
        """End the watch and stop listening: nothing is received after the return."""
        if self._watcher is not None:
            self._watcher.close()
        for port in self.inputs:
            port.close()

    def close(self) -> None:
        """End what sounds and close all ports; a second call does nothing."""
        self.close_inputs()
        for each in reversed(self._opened):
            each.close()

    def _open(self, settings: RigSettings) -> None:
        names, output_name = self._resolved(settings)
        loopback.refuse_same_loop([output_name] if output_name else [], names)
        with_clock = settings.clock is ClockSource.MIDI
        inputs: list[MidiInput] = []
        for name in names:
            if name in [port.name for port in inputs]:
                raise PortError(f"The MIDI input {name!r} is named twice; once is enough.")
            inputs.append(self._input(name, with_clock))
            self.inputs = tuple(inputs)
        if output_name is not None:
            self.output = self._output(output_name, is_created=output_name == OWN_OUTPUT)
        if settings.send_clock:
            self.clock = self._output(OWN_CLOCK, is_created=True)

    def _resolved(self, settings: RigSettings) -> tuple[tuple[str, ...], str | None]:
        """The names to open, with a loopback driver's ports in place of own ports that cannot be created."""
        names, output_name = settings.input_names, settings.output_name
        if self._directory.creates_ports:
            return names, output_name
        if output_name == OWN_OUTPUT and settings.audio and OWN_INPUT not in names:
            self.advice = (
                f"The drums are heard on the sound device alone, as {OWN_OUTPUT!r} cannot be created here."
            )
            return names, None
        if output_name != OWN_OUTPUT and OWN_INPUT not in names:
            return names, output_name
        problem = self._directory.problem()
        if problem is not None:
            raise PortError(problem)
        wiring = loopback.wiring(
            [port.name for port in self._directory.ports(Direction.INPUT)],
            [port.name for port in self._directory.ports(Direction.OUTPUT)],
        )
        self.advice = wiring.advice
        return (
            tuple(wiring.input_name if name == OWN_INPUT else name for name in names),
            wiring.output_name if output_name == OWN_OUTPUT else output_name,
        )

    def _input(self, name: str, with_clock: bool) -> MidiInput:
        # Replaced by the port's full name once it is open.
        source = [name]

        def received(time_seconds: float, data: bytes) -> None:
            self._received(source[0], time_seconds, data)

        if name == OWN_INPUT:
            port = self._directory.create_input(name, received, clock=with_clock)
        else:
            port = self._directory.open_input(name, received, clock=with_clock)
        source[0] = port.name
        self._opened.append(port)
        return port

    def _output(self, name: str, *, is_created: bool) -> MidiScheduler:
        if self._sends_apart:
            system = self._directory.created_on() if is_created else None
            output = RemoteScheduler(
                OutputAddress(name, is_created, system),
                tell=self._tell,
                failed=self._failed,
                resumes=self._resumes,
            )
        else:
            open_port = self._directory.create_output if is_created else self._directory.open_output
            port = open_port(name)
            self._opened.append(port)
            output = Scheduler(
                self._clock, port, name=f"{name} sender", lost=self._tell, is_created=is_created
            )
        self._opened.append(output)
        return output

    def _refuse_feedback(self) -> None:
        if self.output is None or not self.inputs:
            return
        loopback.refuse_same_loop([self.output.name], [port.name for port in self.inputs])
        loopback.refuse_feedback(_Unscheduled(self.output.name, self.output.send_now), self.inputs)
