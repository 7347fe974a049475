"""The command line: parse the arguments, run the command, report errors."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musegen_daw import __version__, logs, sampler_maps
from musegen_daw import resource_paths as resources
from musegen_daw.cli import (
    bounce,
    doctor,
    generate,
    jam,
    ports,
    reaper,
    services,
    standard_output,
    terminal,
    vocode,
    watch,
    window,
)
from musegen_daw.cli.endings import Stopped, stopping
from musegen_daw.cli.services import Services
from musegen_daw.drums.job import OpenGenerator
from musegen_daw.errors import MusegenError
from musegen_daw.vocoder.mel_scales import mel_scale_table

INTERRUPTED = 130
COMMANDS = (window, generate, bounce, vocode, jam, watch, reaper, ports, doctor)

_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, **opened: Any) -> int:
    """Run one command and return its exit code: 0, 1 for an error, 2 for misuse, 128 plus a signal's number.

    `opened` are fields of `Services`, in place of models, renderer, ports and window.
    """
    standard_output.open_closed()
    parser = _parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    except MusegenError as error:
        terminal.report_error(error, verbose=False)
        return 1
    try:
        with stopping():
            return _run(args, Services(**opened), parser)
    except KeyboardInterrupt as error:
        terminal.say("Stopped.", sys.stderr)
        return error.exit_code if isinstance(error, Stopped) else INTERRUPTED
    except MusegenError as error:
        terminal.report_error(error, verbose=args.verbose)
        return 1
    except Exception as error:  # noqa: BLE001 - the last place where a person can still be told
        terminal.report_error(error, verbose=args.verbose, prefix="Unexpected error")
        return 1


def _run(args: argparse.Namespace, given: Services, parser: terminal.Parser) -> int:
    if args.run is window.run:  # which begins its log itself, as it is also opened without this
        return _command(args, given, parser)
    with logs.logging_to(args.log, beside=(terminal.StderrHandler(),) if args.verbose else ()):
        _log.info("musegen-daw %s: %s", __version__, args.command)
        try:
            return _command(args, given, parser)
        except BaseException:  # an interrupt and an exit are logged too
            _log.debug("The command failed", exc_info=True)
            raise


def _command(args: argparse.Namespace, given: Services, parser: terminal.Parser) -> int:
    if args.list_styles:
        terminal.say(list_styles(given.open_generator))
        return 0
    if args.list_drum_maps:
        terminal.say("\n".join(sampler_maps.drum_map_names()))
        return 0
    if args.list_mel_scales:
        terminal.say(mel_scale_table())
        return 0
    if args.run is window.run and given.open_window is None and not services.has_screen():
        parser.print_help(sys.stderr)
        terminal.note("There is no screen to open the window on.")
        return 2
    return args.run(args, given)


def _parser() -> terminal.Parser:
    # On a command these are only set when given, so that they may stand on either side of its name.
    for_both = terminal.Parser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_common(for_both)
    parser = terminal.Parser(prog="musegen-daw", description="Drums that listen to the part.")
    parser.set_defaults(run=window.run)
    parser.add_argument("--version", action="version", version=f"musegen-daw {__version__}")
    _add_common(parser)
    parser.add_argument("--list-styles", action="store_true", help="name the styles")
    parser.add_argument("--list-drum-maps", action="store_true", help="name the drum maps, yours too")
    parser.add_argument(
        "--list-mel-scales", action="store_true", help="name the scales of mels of other tools"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        command.register(commands, for_both)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--verbose", action="store_true", help="show decisions and tracebacks on stderr")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="log decisions of all processes to this file"
    )


def list_styles(open_generator: OpenGenerator) -> str:
    """The bundled grooves, and the styles of the bundled model with their codes; raises ModelError."""
    styles = open_generator(resources.drum_model_dir()).styles
    rows = zip(range(len(styles)), styles.names, styles.meters, strict=True)
    learned = (f"{code:>3}  {name}{'' if meter == '4/4' else f' ({meter})'}" for code, name, meter in rows)
    return "\n".join(("Grooves:", *resources.style_names(), "", "Learned styles, by code:", *learned))
