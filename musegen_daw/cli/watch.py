"""`musegen-daw watch`: answer the .mid files of a folder with drums until it is interrupted."""

from __future__ import annotations

import time
from argparse import Namespace
from functools import cache
from pathlib import Path

from musegen_daw import reaper_script
from musegen_daw import resource_paths as resources
from musegen_daw.cli import terminal
from musegen_daw.cli.arguments import number
from musegen_daw.cli.drum_options import MAX_SWING
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.drums.request import DEFAULT_FOLLOW, DrumSettings
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.sampler_maps import load_drum_map

LOOKS_AT_ONCE = 2
"""With --once: a file is complete when it has not grown from one look to the next."""


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser(
        "watch", parents=[for_both], help="write drums for every .mid that is put into a folder"
    )
    command.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="the folder (default: that of the script for REAPER)",
    )
    command.add_argument("--once", action="store_true", help="answer what is there, and end")
    command.add_argument("--style", metavar="NAME|CODE|FILE.mid", help="a style (see --list-styles)")
    for control, low, high in (
        ("density", "sparse", "busy"),
        ("energy", "soft", "hard"),
        ("fills", "none", "wherever one can be"),
        ("complexity", "always the same", "ever new"),
    ):
        command.add_argument(
            f"--{control}", type=number(0, 1), metavar=control[0].upper(), help=f"0 {low} to 1 {high}"
        )
    command.add_argument(
        "--follow", type=number(0, 4), default=DEFAULT_FOLLOW, metavar="X",
        help="how closely the drums follow the part, 0 to 4 (default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--swing", type=number(STRAIGHT, MAX_SWING), default=STRAIGHT, metavar="S", help="0.5 to 0.75"
    )
    command.add_argument("--loop", action="store_true", help="write loops, exact to the bar")
    command.add_argument("--drum-map", metavar="NAME|FILE", help="drum map of your sampler")
    command.add_argument(
        "--model", type=Path, default=resources.drum_model_dir(), metavar="DIR", help="another model"
    )
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Answer requests until the end is asked for; with --once returns 0, or 1 where one could not be answered."""
    from musegen_daw.clips.exchange import LOOK_SECONDS, Exchange, Wishes

    wishes = Wishes(
        DrumSettings(
            style=args.style, density=args.density, energy=args.energy, fills=args.fills,
            complexity=args.complexity, follow=args.follow,
        ),
        load_drum_map(args.drum_map) if args.drum_map else GENERAL_MIDI,
        args.swing,
        args.loop,
    )  # fmt: skip
    folder = args.folder or reaper_script.exchange_folder()
    if args.folder is None and not folder.is_dir():
        raise MusegenError("Name a folder to watch, or first run: musegen-daw reaper install")
    exchange = Exchange(folder)
    writer = cache(lambda: services.open_generator(args.model))
    if not args.once:
        terminal.note(f"Watching {folder}; Ctrl+C ends.")
    failed, looks = 0, 0
    while not args.once or looks < LOOKS_AT_ONCE:
        for request in exchange.waiting():
            try:
                answer = exchange.answer(request, writer, wishes)
            except MusegenError as error:
                terminal.report_error(error, verbose=args.verbose)
                failed = 1
                continue
            if answer.is_good:
                terminal.say(answer.sentence)
            else:
                terminal.note(answer.sentence)
                failed = 1
        looks += 1
        if not args.once or looks < LOOKS_AT_ONCE:
            time.sleep(LOOK_SECONDS)  # what grows is given the time to
    return failed
