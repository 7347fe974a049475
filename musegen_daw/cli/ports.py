"""`musegen-daw ports`: list MIDI ports and sound devices."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from musegen_daw.cli import terminal
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.devices.drivers import APIS
from musegen_daw.devices.ports import PortInfo, no_system
from musegen_daw.devices.sound_devices import AudioDevice
from musegen_daw.devices.survey import Survey, look


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser(
        "ports", parents=[for_both, on_ports()], help="list MIDI ports and sound devices"
    )
    command.set_defaults(run=run)


def on_ports() -> terminal.Parser:
    """The options of a command about ports, as its parent."""
    parser = terminal.Parser(add_help=False)
    parser.add_argument(
        "--api", choices=[api.key for api in APIS], help="only this MIDI system, where several run"
    )
    parser.add_argument("--json", action="store_true", help="print facts as one JSON object")
    return parser


def run(args: Namespace, services: Services) -> int:
    """Print ports and devices; returns 0, also when there are none, and says why."""
    with services.open_ports(args.api) as directory:
        survey = look(directory, services.list_devices)
    if args.json:
        terminal.say(terminal.json_line(facts(survey)))
        return 0
    _say_ports("Inputs, for --in", survey.inputs)
    _say_ports("Outputs, for --out", survey.outputs)
    _say_devices(survey.sound_devices)
    problem = no_system(survey.systems)
    if survey.created_on is not None:
        terminal.say(f"Ports of its own are created on {survey.created_on.upper()}.")
    elif problem is None:
        terminal.say("Ports of its own cannot be created here; 'musegen-daw doctor' tells what to do.")
    for sentence in (problem, survey.sound_problem):
        if sentence is not None:
            terminal.note(sentence)
    return 0


def facts(survey: Survey) -> dict[str, object]:
    """The survey as values for JSON."""
    return {
        "inputs": [asdict(port) for port in survey.inputs],
        "outputs": [asdict(port) for port in survey.outputs],
        "creates_ports": survey.created_on is not None,
        "created_on": survey.created_on,
        "systems": survey.systems,
        "sound_devices": [asdict(device) for device in survey.sound_devices],
        "sound_problem": survey.sound_problem,
    }


def _say_ports(title: str, ports: Sequence[PortInfo]) -> None:
    terminal.say(f"{title}:{'' if ports else ' none'}")
    width = max((len(port.name) for port in ports), default=0)
    for port in ports:
        loop = f", loopback ({port.loopback.value})" if port.loopback else ""
        terminal.say(f"  {port.name:<{width}}  {port.api}{loop}")


def _say_devices(devices: Sequence[AudioDevice]) -> None:
    terminal.say(f"Sound devices:{'' if devices else ' none'}")
    for device in devices:
        usual = "  (default)" if device.is_default else ""
        terminal.say(f"  {device.name}  {device.host}, {device.sample_rate_hz} Hz{usual}")
