"""RigPorts: the MIDI ports of a jam, opened by name or created, without a way back from the drums to the part."""

from __future__ import annotations

from collections.abc import Callable

from musegen_daw.devices import loopback
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.hotplug import PortWatcher
from musegen_daw.devices.ports import MidiInput, PortChange, PortDirectory
from musegen_daw.errors import PortError
from musegen_daw.jam.rig_outputs import MidiOut, OpenOut
from musegen_daw.jam.rig_settings import OWN_CLOCK, OWN_INPUT, OWN_OUTPUT, ClockSource, RigSettings

Received = Callable[[str, float, bytes], None]
"""Called on a driver's thread with the name of the input, the seconds of `time.perf_counter`, and the bytes."""


class RigPorts:
    """The inputs that `settings` name, on the ports of `directory`, which stays its owner's, and the outputs, which
    `open_out` opens.

    `advice` says what that means where ports cannot be created: what to choose in the DAW, or do without. Raises
    PortError, with nothing left open, where a port cannot be had or the drums would come back as the part.
    """

    def __init__(
        self,
        settings: RigSettings,
        directory: PortDirectory,
        received: Received,
        open_out: OpenOut,
        *,
        refuses_feedback: bool = True,
    ) -> None:
        self._directory = directory
        self._received = received
        self._open_out = open_out
        self._watcher: PortWatcher | None = None
        self._opened: list[MidiInput | MidiOut] = []
        self.advice = ""
        self.inputs: tuple[MidiInput, ...] = ()
        self.output: MidiOut | None = None
        self.clock: MidiOut | None = None
        try:
            self._open(settings)
            if refuses_feedback:
                self._refuse_feedback()
        except BaseException:
            self.close()
            raise

    def watch(self, changed: Callable[[PortChange], None]) -> None:
        """Look after the ports from now on; `changed` is told what goes and what is back."""
        self._watcher = PortWatcher(self._directory, changed)

    def close_inputs(self) -> None:
        """End the watch and stop listening: nothing is received after the return."""
        if self._watcher is not None:
            self._watcher.close()
        for port in self.inputs:
            port.close()

    def close(self) -> None:
        """Give all ports back; a second call does nothing."""
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
            self.output = self._output(output_name, OWN_OUTPUT)
        if settings.send_clock:
            self.clock = self._output(OWN_CLOCK, OWN_CLOCK)

    def _resolved(self, settings: RigSettings) -> tuple[tuple[str, ...], str | None]:
        """The names to open, those of a loopback driver in place of own ports that cannot be created."""
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
        # The name is the port's own once that is known, which may be longer than the one asked for.
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

    def _output(self, name: str, own: str) -> MidiOut:
        output = self._open_out(name, name == own)
        self._opened.append(output)
        return output

    def _refuse_feedback(self) -> None:
        if self.output is None or not self.inputs:
            return
        loopback.refuse_same_loop([self.output.name], [port.name for port in self.inputs])
        loopback.refuse_feedback(self.output, self.inputs)
