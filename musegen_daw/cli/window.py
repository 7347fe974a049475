"""`musegen-daw open`: open the window with files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands, Parser


def register(commands: Commands, for_both: Parser) -> None:
    command = commands.add_parser("open", parents=[for_both], help="open the window, with clips")
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a .mid, or a .musegen project")
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Open the window and return its exit code."""
    files = [str(path) for path in getattr(args, "files", [])]
    verbose = ["--verbose"] if args.verbose else []
    log = [] if args.log is None else ["--log", str(args.log)]
    return services.show_window([*verbose, *log, *files])
