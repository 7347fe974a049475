"""The command line: reads what a person asks for, puts the parts together, and tells how it went."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from musegen_daw import __version__
from musegen_daw import resource_paths as resources
from musegen_daw.cli import (
    bounce,
    doctor,
    generate,
    jam,
    jam_options,
    ports,
    resynthesis,
    standard_output,
    styles,
    terminal,
    vocode,
)
from musegen_daw.cli.arguments import number, output_place, whole
from musegen_daw.cli.bounce import BounceSong
from musegen_daw.cli.drum_request import DrumOptions
from musegen_daw.cli.endings import Stopped, stopping
from musegen_daw.cli.plan_file import read_plan
from musegen_daw.cli.ports import OpenPorts
from musegen_daw.cli.resynthesis import OpenDecoder
from musegen_daw.devices import sound_devices
from musegen_daw.devices.drivers import APIS
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.devices.survey import LISTEN_SECONDS, ListDevices
from musegen_daw.drums.job import DrumWriter, OpenGenerator
from musegen_daw.drums.request import (
    DEFAULT_FOLLOW,
    DEFAULT_TEMPERATURE,
    DEFAULT_TOP_P,
    SETTINGS,
    DrumSettings,
)
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.music.parts import MAX_BARS
from musegen_daw.vocoder.options import GAN, GRIFFIN_LIM

INTERRUPTED = 130
MAX_VARIATIONS = 64
MAX_THREADS = 64
MAX_ITERATIONS = 1000


def main(
    argv: Sequence[str] | None = None,
    *,
    open_generator: OpenGenerator | None = None,
    bounce_song: BounceSong | None = None,
    open_decoder: OpenDecoder = resynthesis.open_decoder,
    open_ports: OpenPorts = PortDirectory.open,
    list_devices: ListDevices = sound_devices.output_devices,
    open_window: Callable[[list[str]], int] | None = None,
) -> int:
    """Run one command and return its exit code: 0 done, 1 failed with a sentence, 2 misused, else stopped.

    What it is beyond 128 is the number of the signal that stopped it, so 130 for Ctrl-C.
    `open_generator` and `bounce_song` stand for the drum model and the renderer, which are else imported
    when they are needed; `open_decoder` gives the vocoder, `open_ports` the MIDI ports and `list_devices` the
    sound devices.
    """
    standard_output.open_closed()
    try:
        args = _parser().parse_args(argv)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    except MusegenError as error:
        terminal.report_error(error, verbose=False)
        return 1
    try:
        with stopping():
            if args.list_styles or args.list_drum_maps:
                maps = "\n".join(resources.drum_map_names())
                terminal.say(
                    styles.list_styles(open_generator or _open_generator) if args.list_styles else maps
                )
                return 0
            if args.command in (None, "open"):
                files = [str(path) for path in getattr(args, "files", [])]
                return (open_window or _open_window)([*(["--verbose"] if args.verbose else []), *files])
            open_generator = open_generator or _open_generator
            if args.command == "ports":
                return ports.run(args, open_ports, list_devices)
            if args.command == "doctor":
                return doctor.run(args, open_ports, list_devices, open_generator)
            if args.command == "jam":
                return jam.run(args, open_ports, open_generator)
            options = (
                DrumOptions(DrumSettings(seed=_seed(args)))
                if args.command == "vocode"
                else _drum_options(args)
            )
            if args.command == "generate":
                return generate.run(args, options, open_generator)
            command = vocode if args.command == "vocode" else bounce
            return command.run(args, options, open_generator, bounce_song or _renderer(), open_decoder)
    except KeyboardInterrupt as error:
        terminal.say("Stopped.", sys.stderr)
        return error.exit_code if isinstance(error, Stopped) else INTERRUPTED
    except MusegenError as error:
        terminal.report_error(error, verbose=args.verbose)
        return 1
    except Exception as error:  # noqa: BLE001 - the last place where a person can still be told
        terminal.report_error(error, verbose=args.verbose, prefix="Unexpected error")
        return 1


def _open_window(arguments: list[str]) -> int:
    variables = "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in variables):
        _parser().print_help(sys.stderr)
        terminal.note("There is no screen to open the window on.")
        return 2
    try:
        from musegen_daw import app
    except ImportError as error:
        raise MusegenError(
            f"The window cannot be opened, a library of Qt is missing ({error}): on Debian and Ubuntu run "
            "sudo apt-get install -y libegl1 libxkbcommon0 libdbus-1-3 libxcb-cursor0."
        ) from error
    return app.main(arguments)


def _open_generator(model_dir: Path) -> DrumWriter:
    from musegen_daw.drums.generator import DrumGenerator

    return DrumGenerator.open(model_dir)


def _renderer() -> BounceSong:
    from musegen_daw.playback.bounce import bounce

    return bounce


def _seed(args: argparse.Namespace) -> int:
    return secrets.randbelow(2**31) if args.seed is None else args.seed


def _drum_options(args: argparse.Namespace) -> DrumOptions:
    asked = {name: getattr(args, name) for name in SETTINGS if hasattr(args, name)}
    timing = None if args.timing is None else args.timing == "human"
    settings = DrumSettings(**{**asked, "seed": _seed(args), "human_timing": timing})
    return DrumOptions(
        settings,
        bar_count=args.bars,
        tracks=tuple(args.track),
        drum_tracks=tuple(args.drum_track),
        primer_path=args.primer,
        plan=None if args.plan is None else read_plan(args.plan),
        keep_drums=getattr(args, "keep_drums", False),
        strict_meter=args.strict_meter,
        drum_map=resources.load_drum_map(args.drum_map) if getattr(args, "drum_map", None) else GENERAL_MIDI,
    )


def _parser() -> terminal.Parser:
    # On a command these are only set when given, so that they may stand on either side of its name.
    for_both = terminal.Parser(add_help=False, argument_default=argparse.SUPPRESS)
    for_both.add_argument("--verbose", action="store_true", help="show where an error came from")
    parser = terminal.Parser(prog="musegen-daw", description="Drums that listen to the part.")
    parser.add_argument("--version", action="version", version=f"musegen-daw {__version__}")
    parser.add_argument("--verbose", action="store_true", help="show where an error came from")
    parser.add_argument("--list-styles", action="store_true", help="name the styles")
    parser.add_argument("--list-drum-maps", action="store_true", help="name the bundled drum maps")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    command = commands.add_parser("open", parents=[for_both], help="open the window, with clips")
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a .mid, or a .musegen project")

    drums = _drum_arguments()
    command = commands.add_parser("generate", parents=[for_both, drums], help="write drums for clips")
    command.add_argument(
        "inputs", nargs="+", type=Path, metavar="IN.mid", help="a clip with a part to follow"
    )
    command.add_argument(
        "-o", "--output", required=True, type=output_place, metavar="OUT.mid|DIR",
        help="the file to write, a folder for one beside each clip's name, or - for the standard output",
    )  # fmt: skip
    command.add_argument(
        "--variations", type=whole(1, MAX_VARIATIONS), default=1, metavar="K",
        help="write K takes in the K likeliest styles, the first as OUT-1.mid",
    )  # fmt: skip
    command.add_argument("--within-style", action="store_true", help="write all takes in one style")
    command.add_argument(
        "--drum-map", metavar="NAME|FILE", help="pitches of another sampler than General MIDI"
    )
    command.add_argument("--only-drums", action="store_true", help="write the drum track alone")
    command.add_argument(
        "--keep-drums",
        action="store_true",
        help="keep the drums as they are, write the bars without any around them",
    )

    command = commands.add_parser("bounce", parents=[for_both, drums], help="render a clip with drums to WAV")
    command.add_argument(
        "input", type=Path, metavar="IN.mid", help="a clip; drums are written if it has none"
    )
    _add_wav_output(command)
    command.add_argument("--drums", type=Path, metavar="DRUMS.mid", help="use these drums")
    command.add_argument("--stems", type=Path, metavar="DIR", help="also write one WAV for each track")
    command.add_argument(
        "--loop", action="store_true", help="end exactly with the last bar; what rings on begins the loop"
    )
    command.add_argument("--soundfont", type=Path, metavar="F", help="the .sf2 to play with")
    command.add_argument(
        "--sample-rate", type=whole(bounce.MIN_RATE_HZ, bounce.MAX_RATE_HZ), metavar="HZ",
        help=f"of the WAV and its stems, {bounce.MIN_RATE_HZ} to {bounce.MAX_RATE_HZ}; {bounce.DEFAULT_RATE_HZ} unless "
        "told, with --vocode that of the model",
    )  # fmt: skip
    command.add_argument("--vocode", action="store_true", help="send the mix through the vocoder")
    command.add_argument("--vocoder", metavar="NAME|DIR", help="another vocoder model, for --vocode")

    _add_vocode(commands.add_parser("vocode", parents=[for_both], help="turn mel spectrograms into audio"))

    jam_options.add_options(
        commands.add_parser("jam", parents=[for_both], help="play live: MIDI in, drums that follow out")
    )

    on_ports = terminal.Parser(add_help=False)
    on_ports.add_argument(
        "--api", choices=[api.key for api in APIS], help="only this MIDI system, where several run"
    )
    on_ports.add_argument("--json", action="store_true", help="print facts as one JSON object")
    commands.add_parser("ports", parents=[for_both, on_ports], help="list MIDI ports and sound devices")
    command = commands.add_parser(
        "doctor", parents=[for_both, on_ports], help="tell what of playing live works here, and what to do",
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
    return parser


def _add_wav_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-o", "--output", required=True, type=output_place, metavar="OUT.wav",
        help="the WAV to write, or - for the standard output",
    )  # fmt: skip


def _add_vocode(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "input",
        type=Path,
        metavar="IN",
        help="an audio file, a mel as .npy, or a .mid, which is rendered first",
    )
    _add_wav_output(command)
    command.add_argument("--model", metavar="NAME|DIR", help="another vocoder model")
    command.add_argument(
        "--method", choices=[GAN, GRIFFIN_LIM], default=GAN,
        help="the trained vocoder, or Griffin-Lim to compare it with",
    )  # fmt: skip
    command.add_argument(
        "--iterations", type=whole(1, MAX_ITERATIONS), metavar="N", help="of Griffin-Lim, 32 unless told"
    )
    command.add_argument(
        "--inversion", choices=["pinv", "nnls"], help="of the mel bands for Griffin-Lim, pinv unless told"
    )
    command.add_argument("--save-mel", type=Path, metavar="F.npy", help="also write the mel that was vocoded")
    command.add_argument(
        "--mel-scale", choices=["log", "power", "db", "magnitude"],
        help="of a .npy; recognised from its values unless told",
    )  # fmt: skip
    command.add_argument(
        "--stretch", type=number(0.1, 10), default=1.0, metavar="R", help="R times as long at the same pitch"
    )
    command.add_argument(
        "--pitch", type=number(-48, 48), default=0.0, metavar="SEMITONES", help="higher or lower"
    )
    command.add_argument("--threads", type=whole(1, MAX_THREADS), default=1, metavar="N")
    command.add_argument(
        "--seed",
        type=whole(0, 2**63 - 1),
        metavar="S",
        help="of drums written to a .mid, and of Griffin-Lim",
    )
    command.add_argument("--json", action="store_true", help="print facts as one JSON object a line")


def _drum_arguments() -> terminal.Parser:
    parser = terminal.Parser(add_help=False)
    parser.add_argument(
        "--track", action="append", default=[], metavar="NAME|N", help="a part to follow, by name or number"
    )
    parser.add_argument(
        "--drum-track", action="append", default=[], metavar="NAME|N",
        help="a track that is drums, whatever its channel, by name or number",
    )  # fmt: skip
    parser.add_argument(
        "--bars", type=whole(1, MAX_BARS), metavar="N", help="write N bars, however long the clip"
    )
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), metavar="S", help="the same seed, the same drums")
    parser.add_argument(
        "--temperature", type=number(0, 10, above=True), default=DEFAULT_TEMPERATURE, metavar="T",
        help="how much surprise; lower is safer, %(default)s unless told",
    )  # fmt: skip
    parser.add_argument(
        "--top-p", type=number(0, 1, above=True), default=DEFAULT_TOP_P, metavar="P",
        help="leave out the least likely choices beyond this share, %(default)s unless told",
    )  # fmt: skip
    parser.add_argument(
        "--follow", type=number(0, 4), default=DEFAULT_FOLLOW, metavar="X",
        help="how strongly the part draws the drums: 0 to 4, %(default)s unless told",
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
        "--plan", type=Path, metavar="FILE.json", help="what every bar is, as --json prints it"
    )
    parser.add_argument(
        "--timing",
        choices=["grid", "human"],
        help="on the grid, or with micro-timing; left to the model unless told",
    )
    primer = parser.add_mutually_exclusive_group()
    primer.add_argument("--primer", type=Path, metavar="DRUMS.mid", help="continue these drums")
    primer.add_argument(
        "--style", metavar="NAME|CODE|FILE.mid", help="a style (see --list-styles), or that of these drums"
    )
    parser.add_argument(
        "--strict-meter", action="store_true", help="refuse meters without drums of their own"
    )
    parser.add_argument(
        "--model", type=Path, default=resources.drum_model_dir(), metavar="DIR", help="another model"
    )
    parser.add_argument("--json", action="store_true", help="print facts as one JSON object a line")
    return parser
