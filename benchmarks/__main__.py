"""`python -m benchmarks`: how it plays live, how it sounds, what becomes of files."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[argparse.Namespace], tuple[list[dict[str, Any]], int]]


def main(argv: list[str] | None = None) -> int:
    """Print a table, from the command line; optionally write JSON. Returns an exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Run, summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        made.add_argument("--seed", type=int, default=0)
        made.add_argument("--json", type=Path, help="write the rows here, too")
        return made

    clock = command("clock", _clock, "how a MIDI clock is followed, in simulated time")
    clock.add_argument("--seeds", type=int, default=10, help="recordings of each sender that jitters")
    clock.add_argument("--runs", type=int, default=400, help="clocks from which the tempo is told")
    live = command("live", _live, "from due time to wire and from wire to callback, through JACK")
    live.add_argument("--events", type=int, default=10_000)
    plans = command("plans", _plans, "whether plans are ready before their bar, with the real generator")
    plans.add_argument("--real-bars", type=int, default=8, help="at each tempo, in real time")
    plans.add_argument("--bars", type=int, default=200, help="at each tempo, in simulated time")
    drift = command("drift", _drift, "whether the clock that is sent keeps time")
    drift.add_argument("--simulated-minutes", type=float, default=60.0)
    drift.add_argument("--minutes", type=float, default=5.0, help="through JACK, in real time")
    recording = command("recording", _recording, "the tempo and the times of a recording, through JACK")
    recording.add_argument("--seconds", type=float, default=20.0, help="of each song")
    stuck = command("stuck", _stuck, "whether a note ever hangs, in jams through JACK")
    stuck.add_argument("--jams", type=int, default=100)
    killed = command(
        "killed", _killed, "jams whose processes or JACK server are killed, and nonsense as input"
    )
    killed.add_argument("--kills", type=int, default=50, help="of each process")
    killed.add_argument("--servers", type=int, default=20, help="that are killed")
    killed.add_argument("--seconds", type=float, default=600.0, help="of random bytes")
    ardour = command("ardour", _ardour, "jams with a real DAW, and where its drums are recorded")
    ardour.add_argument("--runs", type=int, default=3)
    ardour.add_argument("--tempo", type=float, default=118.4)
    ardour.add_argument("--bars", type=int, default=16)
    ardour.add_argument("--picture", type=Path, help="draw what was recorded as this PNG")
    for each in (live, drift, recording, stuck, ardour):
        each.add_argument(
            "--usual-priority", action="store_true", help="a JACK server without real-time priority"
        )
    fuzz = command("fuzz", _fuzz, "sessions in which anything happens at any time")
    fuzz.add_argument("--sequences", type=int, default=10_000)
    renderer = command("renderer", _renderer, "the renderer beside FluidSynth, and how fast it bounces")
    renderer.add_argument("--soundfont", type=Path, help="the .sf2 for both; the bundled one unless given")
    hostile = command(
        "hostile", _hostile, "what small hostile and damaged files cost each reader, in time and memory"
    )
    hostile.add_argument(
        "--only", default="", metavar="WORDS", help="inputs and readers whose name holds these"
    )
    hostile.add_argument(
        "--mutants", type=int, default=100_000, metavar="N", help="damaged files, for all readers"
    )
    hostile.add_argument("--keep", type=Path, metavar="FOLDER", help="write the damaged files that fell here")
    kills = command("kills", _kills, "what is left where a command that writes, or the window, is killed")
    kills.add_argument("--kills", type=int, default=200, help="of each")
    kills.add_argument("--only", default="", metavar="WORDS", help="the one of that name, else those with it")
    kills.add_argument(
        "--signal", choices=("KILL", "TERM", "HUP", "INT"), default="KILL", help="to end them by"
    )
    roundtrip = command(
        "roundtrip", _roundtrip, "whether files that drums are put into stay else as they are"
    )
    roundtrip.add_argument("corpora", type=Path, nargs="+", metavar="PARQUET|ZIP|FOLDER")
    options = parser.parse_args(argv)
    print(f"{platform.platform()}, Python {platform.python_version()}, {_processor()}\n")
    rows, status = options.run(options)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return status


def _processor() -> str:
    """The model of the processor where the system tells, and how many cores may be used."""

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {cores} cores"


def _clock(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks import clock, clock_bound

    return [*clock.benchmark(options.seeds), *clock_bound.benchmark(options.runs, options.seed)], 0


def _live(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.live import benchmark

    return benchmark(options.events, options.seed, in_real_time=not options.usual_priority), 0


def _plans(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.plans import benchmark

    return benchmark(options.real_bars, options.bars, options.seed), 0


def _drift(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.drift import benchmark

    rows = benchmark(
        options.simulated_minutes, options.minutes, options.seed, in_real_time=not options.usual_priority
    )
    return rows, 0


def _recording(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.recording import benchmark

    return benchmark(options.seconds, in_real_time=not options.usual_priority), 0


def _stuck(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.stuck import benchmark

    return benchmark(options.jams, options.seed, in_real_time=not options.usual_priority)


def _killed(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.killed import benchmark

    return benchmark(options.kills, options.servers, options.seconds, options.seed)


def _ardour(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.ardour.report import benchmark

    return benchmark(
        options.runs,
        options.tempo,
        options.bars,
        in_real_time=not options.usual_priority,
        picture=options.picture,
    )


def _fuzz(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.fuzz import benchmark

    return benchmark(options.sequences)


def _renderer(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.renderer import benchmark
    from musegen_daw.resource_paths import soundfont_dir

    return benchmark(options.soundfont or soundfont_dir() / "musegen.sf2")


def _hostile(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.hostile import benchmark

    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    return benchmark(options.only, options.mutants, options.seed, options.keep)


def _kills(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.kills import benchmark

    return benchmark(options.kills, options.seed, options.only, options.signal)


def _roundtrip(options: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    from benchmarks.roundtrip import benchmark

    return benchmark(options.corpora)


if __name__ == "__main__":
    raise SystemExit(main())
