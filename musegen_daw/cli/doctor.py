"""`musegen-daw doctor`: check what playing live needs on this computer."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from musegen_daw import resource_paths as resources
from musegen_daw.cli import terminal
from musegen_daw.cli.arguments import number
from musegen_daw.cli.ports import facts, on_ports
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.devices.findings import Finding, Level, usable
from musegen_daw.devices.survey import LISTEN_SECONDS
from musegen_daw.jam.checkup import examine

_MARKS = {Level.OK: "ok", Level.NOTE: "note", Level.PROBLEM: "PROBLEM"}


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser(
        "doctor", parents=[for_both, on_ports()], help="check what is needed to play live, and say what to do",
        description="Listens to every input, and sends every output a message that plays nothing.",
    )  # fmt: skip
    command.add_argument(
        "--listen",
        type=number(0, 60),
        default=LISTEN_SECONDS,
        metavar="SECONDS",
        help="how long, for a clock",
    )
    command.add_argument(
        "--model", type=Path, default=resources.drum_model_dir(), metavar="DIR", help="another drum model"
    )
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Print the findings; returns 0 when one can play, else 1."""
    with services.open_ports(args.api) as directory:
        survey, findings = examine(
            directory, services.list_devices, services.open_generator, args.model, args.listen
        )
    if args.json:
        said = {
            "usable": usable(findings),
            "findings": [asdict(finding) for finding in findings],
            **facts(survey),
            "clock_bpm": survey.clock_bpm,
            "feedback": survey.feedback,
            "log": None if args.log is None else str(args.log.absolute()),
        }
        terminal.say(terminal.json_line(said))
    else:
        for finding in findings:
            terminal.say(_line(finding))
        terminal.say(
            "All that is needed to play is there." if usable(findings) else "Playing live will not work yet."
        )
        if args.log is not None:
            terminal.say(f"The log is in {args.log.absolute()}.")
    return 0 if usable(findings) else 1


def _line(finding: Finding) -> str:
    advice = f"\n{'':17}-> {finding.advice}" if finding.advice else ""
    return f"{_MARKS[finding.level]:<8}{finding.subject:<9}{finding.what}{advice}"
