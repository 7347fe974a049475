"""`musegen-daw reaper`: install the script for REAPER."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from musegen_daw import reaper_script
from musegen_daw.cli import terminal
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser("reaper", parents=[for_both], help="install the script for REAPER")
    command.add_argument("what", choices=["install"], help="put the script into REAPER's Scripts folder")
    command.add_argument(
        "--folder", type=Path, metavar="DIR", help="REAPER's resource path (default: that of this system)"
    )
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Install the script, say what to do next, and return 0."""
    script = reaper_script.install(args.folder)
    terminal.say(f"Wrote {script}.")
    terminal.say(
        "In REAPER: Actions, Show action list, New action, Load ReaScript, choose it. Then select MIDI items and run "
        "it, while this runs: musegen-daw watch"
        + (f" {reaper_script.exchange_folder(args.folder)}" if args.folder else "")
    )
    return 0
