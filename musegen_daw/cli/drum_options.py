"""The options of every command that generates drums."""

from __future__ import annotations

import argparse
import json
import secrets
from argparse import Namespace
from pathlib import Path
from typing import Any, cast

from musegen_daw import files
from musegen_daw import resource_paths as resources
from musegen_daw.cli import terminal
from musegen_daw.cli.arguments import number, whole
from musegen_daw.cli.drum_request import DrumOptions
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import (
    DEFAULT_FOLLOW,
    DEFAULT_TEMPERATURE,
    DEFAULT_TOP_P,
    SETTINGS,
    DrumSettings,
)
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.music.parts import MAX_BARS
from musegen_daw.sampler_maps import load_drum_map

MAX_SWING = 0.75
"""As far as the sliders go."""


def drum_parser() -> terminal.Parser:
    """The options of drum generation, as a parent of a command."""
    parser = terminal.Parser(add_help=False)
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        metavar="NAME|N",
        help="a track to follow, by name or number (repeatable)",
    )
    parser.add_argument(
        "--drum-track", action="append", default=[], metavar="NAME|N",
        help="a track that is drums on any channel, by name or number (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--bars", type=whole(1, MAX_BARS), metavar="N", help="number of bars (default: that of the clip)"
    )
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), metavar="S", help="the same seed, the same drums")
    parser.add_argument(
        "--temperature", type=number(0, 10, above=True), default=DEFAULT_TEMPERATURE, metavar="T",
        help="how much surprise; lower is safer (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--top-p", type=number(0, 1, above=True), default=DEFAULT_TOP_P, metavar="P",
        help="leave out the least likely choices beyond this share (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--follow", type=number(0, 4), default=DEFAULT_FOLLOW, metavar="X",
        help="how closely the drums follow the part, 0 to 4 (default: %(default)s)",
    )  # fmt: skip
    for control, low, high in (
        ("density", "sparse", "busy"),
        ("energy", "soft", "hard"),
        ("fills", "none", "wherever one can be"),
        ("crashes", "none", "wherever one can be"),
        ("complexity", "always the same", "ever new"),
    ):
        parser.add_argument(
            f"--{control}", type=number(0, 1), metavar=control[0].upper(), help=f"0 {low} to 1 {high}"
        )
    for former, control in (("loudness", "energy"), ("fill", "fills")):
        parser.add_argument(f"--{former}", dest=control, type=number(0, 1), help=argparse.SUPPRESS)
    parser.add_argument(
        "--any-hands", action="store_true", help="allow what two hands and two feet cannot play"
    )
    parser.add_argument(
        "--plan", type=Path, metavar="FILE.json", help="the plan of the bars, as --json prints it"
    )
    parser.add_argument(
        "--swing", type=number(STRAIGHT, MAX_SWING), default=STRAIGHT, metavar="S",
        help="0.5 straight to 0.75, 0.67 is a triplet (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--timing",
        choices=["grid", "human"],
        help="quantised, or with human timing (default: human)",
    )
    primer = parser.add_mutually_exclusive_group()
    primer.add_argument("--primer", type=Path, metavar="DRUMS.mid", help="continue these drums")
    primer.add_argument(
        "--style", metavar="NAME|CODE|FILE.mid", help="a style (see --list-styles), or that of these drums"
    )
    parser.add_argument(
        "--strict-meter", action="store_true", help="refuse meters without styles of their own"
    )
    parser.add_argument(
        "--model", type=Path, default=resources.drum_model_dir(), metavar="DIR", help="another model"
    )
    parser.add_argument("--json", action="store_true", help="print facts as one JSON object a line")
    return parser


def drum_options(args: Namespace) -> DrumOptions:
    """Raises MusegenError where a plan or drum map cannot be read."""
    asked = {name: getattr(args, name) for name in SETTINGS if hasattr(args, name)}
    timing = None if args.timing is None else args.timing == "human"
    settings = DrumSettings(**{**asked, "seed": chosen_seed(args), "human_timing": timing})
    return DrumOptions(
        settings,
        bar_count=args.bars,
        tracks=tuple(args.track),
        drum_tracks=tuple(args.drum_track),
        primer_path=args.primer,
        plan=None if args.plan is None else read_plan(args.plan),
        keep_drums=getattr(args, "keep_drums", False),
        strict_meter=args.strict_meter,
        drum_map=load_drum_map(args.drum_map) if getattr(args, "drum_map", None) else GENERAL_MIDI,
        swing_ratio=args.swing,
    )


def chosen_seed(args: Namespace) -> int:
    """The given seed, else a random one."""
    return secrets.randbelow(2**31) if args.seed is None else args.seed


MAX_BYTES = 8 * 2**20


def read_plan(path: Path) -> Plan:
    """Read a plan from JSON: a list, or an object with one as "plan"; raises MusegenError naming the file."""
    try:
        document = json.loads(files.read_bytes(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise MusegenError(f"{path} is no plan: it cannot be read as JSON.") from error
    if isinstance(document, dict):
        document = cast("dict[str, Any]", document).get("plan")
    if not isinstance(document, list) or not document:
        raise MusegenError(f'{path} is no plan: it must be a list of bars, or an object with one as "plan".')
    rows = cast("list[Any]", document)
    if len(rows) > MAX_BARS:
        raise MusegenError(f"{path} has {len(rows)} bars, at most {MAX_BARS} are read.")
    try:
        return Plan.from_list(rows)
    except (ValueError, OverflowError) as error:
        raise MusegenError(f"{path} is no plan: {' '.join(str(error).split())}.") from error
