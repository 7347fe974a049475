"""`musegen-daw doctor`: what of playing live works on this computer, what does not, and what to do."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from musegen_daw.cli import terminal
from musegen_daw.cli.ports import OpenPorts, facts
from musegen_daw.devices.findings import Finding, Level, usable
from musegen_daw.devices.survey import ListDevices
from musegen_daw.drums.job import OpenGenerator
from musegen_daw.jam.checkup import examine

_MARKS = {Level.OK: "ok", Level.NOTE: "note", Level.PROBLEM: "PROBLEM"}


def run(
    args: Namespace, open_ports: OpenPorts, list_devices: ListDevices, open_generator: OpenGenerator
) -> int:
    """Print what was found; returns 0 when one can play, else 1."""
    with open_ports(args.api) as directory:
        survey, findings = examine(directory, list_devices, open_generator, args.model, args.listen)
    if args.json:
        said = {
            "usable": usable(findings),
            "findings": [asdict(finding) for finding in findings],
            **facts(survey),
            "clock_bpm": survey.clock_bpm,
            "feedback": survey.feedback,
        }
        terminal.say(terminal.json_line(said))
    else:
        for finding in findings:
            terminal.say(_line(finding))
        terminal.say(
            "All that is needed to play is there." if usable(findings) else "Playing live will not work yet."
        )
    return 0 if usable(findings) else 1


def _line(finding: Finding) -> str:
    advice = f"\n{'':17}-> {finding.advice}" if finding.advice else ""
    return f"{_MARKS[finding.level]:<8}{finding.subject:<9}{finding.what}{advice}"
