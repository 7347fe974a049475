"""`python -m benchmarks`: how it plays live, how it sounds, what becomes of files, how fast models are made and run."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from training.common.machine import machine

Rows = list[dict[str, Any]]
Run = Callable[[argparse.Namespace], "Rows | tuple[Rows, int]"]
AddCommand = Callable[[str, str, Run], argparse.ArgumentParser]


def main(argv: list[str] | None = None) -> int:
    """Print a table, from the command line; optionally write JSON. Returns an exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, summary: str, run: Run) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        made.add_argument("--seed", type=int, default=0)
        made.add_argument("--json", type=Path, help="write the rows here too")
        return made

    _add_clocks(command)
    _add_jams(command)
    _add_files(command)
    _add_models(command)
    options = parser.parse_args(argv)
    print(f"{platform.platform()}, Python {platform.python_version()}, {machine()}\n")
    found = options.run(options)
    rows, status = found if isinstance(found, tuple) else (found, 0)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return status


def _module(name: str) -> Any:
    return import_module(f"benchmarks.{name}")


def _add_usual_priority(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--usual-priority",
        dest="in_real_time",
        action="store_false",
        help="a JACK server without real-time priority",
    )


def _add_clocks(command: AddCommand) -> None:
    clock = command(
        "clock",
        "how a MIDI clock is followed, in simulated time",
        lambda given: [
            *_module("clock").benchmark(given.seeds),
            *_module("clock_bound").benchmark(given.runs, given.seed),
        ],
    )
    clock.add_argument("--seeds", type=int, default=10, help="recordings of each sender that jitters")
    clock.add_argument("--runs", type=int, default=400, help="clocks from which the tempo is told")
    drift = command(
        "drift",
        "whether the clock that is sent keeps time",
        lambda given: _module("drift").benchmark(
            given.simulated_minutes, given.minutes, given.seed, in_real_time=given.in_real_time
        ),
    )
    drift.add_argument("--simulated-minutes", type=float, default=60.0)
    drift.add_argument("--minutes", type=float, default=5.0, help="through JACK, in real time")
    _add_usual_priority(drift)
    link = command(
        "link",
        "how closely another peer of an Ableton Link session is followed",
        lambda given: _module("link").benchmark(given.changes, given.starts, given.seed),
    )
    link.add_argument("--changes", type=int, default=40, help="of the tempo")
    link.add_argument("--starts", type=int, default=20, help="each with a stop")
    recording = command(
        "recording",
        "the tempo and the times of a recording, through JACK",
        lambda given: _module("recording").benchmark(given.seconds, in_real_time=given.in_real_time),
    )
    recording.add_argument("--seconds", type=float, default=20.0, help="of each song")
    _add_usual_priority(recording)


def _add_jams(command: AddCommand) -> None:
    live = command(
        "live",
        "from due time to wire and from wire to callback, through JACK",
        lambda given: _module("live").benchmark(given.events, given.seed, in_real_time=given.in_real_time),
    )
    live.add_argument("--events", type=int, default=10_000)
    _add_usual_priority(live)
    plans = command(
        "plans",
        "whether plans are ready before their bar, with the real generator",
        lambda given: _module("plans").benchmark(given.real_bars, given.bars, given.seed),
    )
    plans.add_argument("--real-bars", type=int, default=8, help="at each tempo, in real time")
    plans.add_argument("--bars", type=int, default=200, help="at each tempo, in simulated time")
    stuck = command(
        "stuck",
        "whether a note ever hangs, in jams through JACK",
        lambda given: _module("stuck").benchmark(given.jams, given.seed, in_real_time=given.in_real_time),
    )
    stuck.add_argument("--jams", type=int, default=100)
    _add_usual_priority(stuck)
    killed = command(
        "killed-processes",
        "jams whose processes or JACK server are killed, and random bytes as input",
        lambda given: _module("killed_processes").benchmark(
            given.kills, given.servers, given.seconds, given.seed
        ),
    )
    killed.add_argument("--kills", type=int, default=50, help="of each process")
    killed.add_argument("--servers", type=int, default=20, help="that are killed")
    killed.add_argument("--seconds", type=float, default=600.0, help="of random bytes")
    ardour = command(
        "ardour",
        "jams with a real DAW, and where its drums are recorded",
        lambda given: _module("ardour.report").benchmark(
            given.runs, given.tempo, given.bars, in_real_time=given.in_real_time, picture=given.picture
        ),
    )
    ardour.add_argument("--runs", type=int, default=3)
    ardour.add_argument("--tempo", type=float, default=118.4)
    ardour.add_argument("--bars", type=int, default=16)
    ardour.add_argument("--picture", type=Path, help="draw what was recorded as this PNG")
    _add_usual_priority(ardour)
    fuzz = command(
        "fuzz",
        "random sequences of what can happen to a session",
        lambda given: _module("session_fuzz").benchmark(given.sequences),
    )
    fuzz.add_argument("--sequences", type=int, default=10_000)


def _add_files(command: AddCommand) -> None:
    play = command(
        "play",
        "from a click on Play, and from an edit, to what is heard, in the window",
        lambda given: _module("play").benchmark(given.clicks, given.seed),
    )
    play.add_argument("--clicks", type=int, default=50, help="of each kind")
    renderer = command(
        "renderer",
        "the renderer beside FluidSynth, and how fast it bounces",
        lambda given: _module("renderer").benchmark(given.soundfont),
    )
    renderer.add_argument("--soundfont", type=Path, help="the .sf2 for both (default: the bundled one)")
    kit = command(
        "kit",
        "the drums of SoundFonts, voice by voice: level, brightness, ring",
        lambda given: _module("kit").benchmark(given.soundfonts, given.kit, given.velocity),
    )
    kit.add_argument("soundfonts", type=Path, nargs="*", metavar="SF2", help="(default: the bundled one)")
    kit.add_argument("--kit", type=int, default=0, help="program of the drum kit")
    kit.add_argument("--velocity", type=int, default=100, help="1 to 127")
    hostile = command(
        "hostile",
        "what small hostile and damaged files cost each reader, in time and memory",
        lambda given: _module("hostile").benchmark(given.only, given.mutants, given.seed, given.keep),
    )
    hostile.add_argument("--only", default="", metavar="WORDS", help="inputs and readers with these words")
    hostile.add_argument(
        "--mutants", type=int, default=100_000, metavar="N", help="damaged files, for all readers"
    )
    hostile.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="write the files that made a reader fail here"
    )
    killed = command(
        "killed-commands",
        "what is left where a command that writes, or the window, is killed",
        lambda given: _module("killed_commands").benchmark(given.kills, given.seed, given.only, given.signal),
    )
    killed.add_argument("--kills", type=int, default=200, help="of each")
    killed.add_argument(
        "--only", default="", metavar="WORDS", help="the one of that name, else those with it"
    )
    killed.add_argument(
        "--signal", choices=("KILL", "TERM", "HUP", "INT"), default="KILL", help="to end them by"
    )
    roundtrip = command(
        "roundtrip",
        "whether files that drums are put into stay else as they are",
        lambda given: _module("roundtrip").benchmark(given.corpora),
    )
    roundtrip.add_argument("corpora", type=Path, nargs="+", metavar="PARQUET|ZIP|FOLDER")


def _add_models(command: AddCommand) -> None:
    command(
        "stereo",
        "what becomes of a stereo image in the vocoder, and what it costs",
        lambda given: _module("stereo").benchmark(given.seed),
    )
    mels = command(
        "mels",
        "how near the mels of other tools come to the program's own",
        lambda given: _module("mels").benchmark(given.audio),
    )
    mels.add_argument("--audio", type=Path, required=True, help="folder of audio")
    generation = command(
        "generation",
        "the drum model from request to notes, beside plain PyTorch",
        lambda given: _module("generation").benchmark(given.model, given.checkpoint, given.runs),
    )
    generation.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    generation.add_argument("--checkpoint", type=Path, help="for PyTorch (default: only onnxruntime)")
    generation.add_argument("--runs", type=int, default=200)
    controls = command(
        "controls",
        "what pad, energy, density, fills, crashes and complexity do to the drums",
        lambda given: _module("controls").benchmark(given.model, given.takes, given.seed),
    )
    controls.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    controls.add_argument("--takes", type=int, default=4, help="takes of each clip")
    tapping = command(
        "tapping",
        "how often a tapped groove finds its style",
        lambda given: _module("tapping").benchmark(
            given.data, given.model, given.split, given.grooves, given.seed
        ),
    )
    tapping.add_argument("--data", type=Path, required=True, help="prepared corpus of drums")
    tapping.add_argument("--model", type=Path, default=Path("resources/models/drums"))
    tapping.add_argument("--split", default="validation")
    tapping.add_argument("--grooves", type=int, default=100)
    preparation = command(
        "preparation",
        "preparing a corpus of drums, beside other ways",
        lambda given: _module("preparation").benchmark(
            given.data, given.files, given.workers, plain_trains=given.plain_trains
        ),
    )
    scale = command(
        "scale",
        "preparing a growing corpus on more workers",
        lambda given: _module("preparation_scale").benchmark(
            given.data, given.files, given.copies, given.workers, given.audio
        ),
    )
    for each, files in ((preparation, 500), (scale, 1000)):
        each.add_argument("--data", type=Path, required=True, help="corpus")
        each.add_argument("--files", type=int, default=files, help="how many, spread over the corpus")
        each.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    preparation.add_argument(
        "--plain-trains", action="store_true", help="the plain way trains a tokenizer too"
    )
    scale.add_argument("--copies", type=int, nargs="+", default=[1, 20], help="of each file")
    scale.add_argument("--audio", type=Path, help="folder of audio to prepare for the vocoder too")
    _add_training(command)


def _add_training(command: AddCommand) -> None:
    open_drums = command(
        "open-drums",
        "how soon training starts on a corpus of any size",
        lambda given: _module("opening").benchmark_drums(given.data, given.songs),
    )
    open_drums.add_argument(
        "--songs", type=int, nargs="+", default=[0, 2_000_000], help="stretched to (0: as it is)"
    )
    open_vocoder = command(
        "open-vocoder",
        "how soon training starts on audio of any length",
        lambda given: _module("opening").benchmark_vocoder(given.data, given.config, given.hours),
    )
    open_vocoder.add_argument("--hours", type=float, default=1126.0)
    train_drums = command(
        "train-drums",
        "training with the real loader beside a bare loop on random tensors",
        lambda given: _module("training_speed").benchmark_drums(
            given.data, given.config, given.steps, given.threads, given.seed
        ),
    )
    train_vocoder = command(
        "train-vocoder",
        "training with the real loader beside a bare loop on random tensors",
        lambda given: _module("training_speed").benchmark_vocoder(
            given.data, given.config, given.steps, given.threads, adversarial=given.adversarial
        ),
    )
    train_vocoder.add_argument("--adversarial", action="store_true", help="the stage with discriminators")
    for each, steps in ((train_drums, 30), (train_vocoder, 10)):
        each.add_argument("--steps", type=int, default=steps)
        each.add_argument("--threads", type=int, default=0, help="of torch (default: as they are)")
    for each in (open_drums, open_vocoder, train_drums, train_vocoder):
        each.add_argument("--data", type=Path, required=True, help="folder written by prepare")
        if each is not open_drums:
            each.add_argument(
                "--config", type=Path, required=each is not train_drums, help="TOML file of the training"
            )


if __name__ == "__main__":
    raise SystemExit(main())
