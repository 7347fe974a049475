"""`musegen-daw generate`: write drums for clips."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from musegen_daw import files
from musegen_daw.cli import standard_output, terminal
from musegen_daw.cli.arguments import STANDARD_OUTPUT, output_place, whole
from musegen_daw.cli.drum_options import drum_options, drum_parser
from musegen_daw.cli.drum_request import DrumOptions, FileForm, drum_task, read_song
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.daw.projects import SUFFIXES, is_project
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.request import MAX_VARIATIONS, DrumTake
from musegen_daw.errors import MidiFileError, ModelError, MusegenError
from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.programs import PROGRAM_NAMES
from musegen_daw.suffixes import WRITTEN_MIDI_SUFFIXES

MAX_NAME_BYTES = 255


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser("generate", parents=[for_both, drum_parser()], help="write drums for clips")
    command.add_argument(
        "inputs", nargs="+", type=Path, metavar="IN.mid", help="a clip with a part to follow"
    )
    command.add_argument(
        "-o", "--output", required=True, type=output_place, metavar="OUT.mid|DIR",
        help="the file to write: MIDI, or a project with all tracks (.dawproject, .rpp, .rtracktemplate); a folder for "
        "a file named after each clip, or - for the standard output",
    )  # fmt: skip
    command.add_argument(
        "--variations", type=whole(1, MAX_VARIATIONS), default=1, metavar="K",
        help="write K takes in the K likeliest styles, the first as OUT-1.mid",
    )  # fmt: skip
    command.add_argument("--within-style", action="store_true", help="write all takes in one style")
    command.add_argument(
        "--drum-map", metavar="NAME|FILE", help="drum map of your sampler (default: General MIDI)"
    )
    command.add_argument(
        "--split-drums", action="store_true", help="write a track for each piece of the drum kit"
    )
    command.add_argument(
        "--loop", action="store_true", help="end every track exactly at the last bar line, for a loop"
    )
    command.add_argument(
        "--no-meta",
        action="store_true",
        help="write notes without tempo, meter, names and markers, so that a DAW asks nothing",
    )
    command.add_argument("--only-drums", action="store_true", help="write the drum track alone")
    command.add_argument(
        "--keep-drums",
        action="store_true",
        help="keep the drums that are there, and fill the bars without any",
    )
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Write drums for every input; returns 0, or 1 when one failed (the others are still written)."""
    options = drum_options(args)
    if args.no_meta and is_project(args.output):
        raise MidiFileError(f"--no-meta is for MIDI files, and {args.output} is a project: leave it out.")
    outputs = output_paths(args.inputs, args.output, options.settings.variations)
    # Open the model once, after the first input turned out to be readable.
    generator = cache(lambda: services.open_generator(args.model))
    exit_code = 0
    for input_path, output in zip(args.inputs, outputs, strict=True):
        try:
            _generate(input_path, output, args, options, generator)
        except ModelError:
            raise
        except MusegenError as error:
            terminal.report_error(error, verbose=args.verbose)
            exit_code = 1
    return exit_code


def output_paths(inputs: Sequence[Path], output: Path, variations: int) -> list[tuple[Path, ...]]:
    """The files to write for each input, one per variation; makes the output folder.

    In a folder a file is named after its input, with "-drums". Raises MidiFileError when two files
    would have one name, an input would be overwritten, or the folder does not exist.
    """
    standard_output.check(output, MidiFileError)
    if output == STANDARD_OUTPUT:
        if len(inputs) > 1 or variations > 1:
            raise MidiFileError("Only one clip can go to the standard output; give a folder for several.")
        return [(output,)]
    into_folder = files.is_folder(output) or output.suffix == ""
    if not into_folder and not is_project(output) and output.suffix.lower() not in WRITTEN_MIDI_SUFFIXES:
        suffixes = ", ".join((".mid", *SUFFIXES))
        raise MidiFileError(f"The output {output} must be a folder or end in {suffixes}.")
    if len(inputs) > 1 and not into_folder:
        raise MidiFileError(f"With several inputs the output must be a folder, and {output} is a file name.")
    if into_folder:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MidiFileError(f"Cannot make the folder {output}: {files.reason(error)}.") from error
        bases = [output / f"{_cut(path.stem, '-drums.mid', variations)}-drums.mid" for path in inputs]
    else:
        bases = [output]
    for path, base in zip(inputs, bases, strict=True):
        if bases.count(base) > 1:
            raise MidiFileError(
                f"Two inputs named {path.name} would be written to one file; give them apart."
            )
        files.check_writable(base, MidiFileError)
    numbers = range(1, variations + 1)
    outputs = [
        (base,) if variations == 1 else tuple(base.with_stem(f"{base.stem}-{number}") for number in numbers)
        for base in bases
    ]
    read = {path.resolve() for path in inputs}
    for path in (path for of_input in outputs for path in of_input):
        if path.resolve() in read:
            raise MidiFileError(f"Writing {path} would overwrite an input; choose another output.")
    return outputs


def _cut(stem: str, ending: str, variations: int) -> str:
    """As much of a name as leaves room for its ending."""
    numbers = f"-{variations}" if variations > 1 else ""
    room = MAX_NAME_BYTES - len(os.fsencode(ending + numbers))
    name = os.fsencode(stem)
    return name[:room].decode(errors="ignore") if len(name) > room else stem


def _generate(
    input_path: Path,
    outputs: tuple[Path, ...],
    args: Namespace,
    options: DrumOptions,
    generator: Callable[[], DrumWriter],
) -> None:
    given = read_song(input_path, options, terminal.note)
    song = given.song
    task = drum_task(song, str(input_path), options, terminal.note)
    writer = generator()
    job = task.job(writer.styles)
    start_seconds = time.perf_counter()
    with terminal.TerminalProgress(f"{input_path.name}: writing drums") as progress:
        result = writer.generate(job.request, progress=progress)
    seconds = time.perf_counter() - start_seconds
    bar_count = len(job.bars)
    form = FileForm(
        only_drums=args.only_drums, split_drums=args.split_drums, loop=args.loop, no_meta=args.no_meta
    )
    told: list[tuple[dict[str, object], str, Path]] = []
    for take, output in zip(result.takes, outputs, strict=True):
        written = job.file_of(take.drums, given, output, form)
        if output == STANDARD_OUTPUT:
            standard_output.write(written, MidiFileError)
        else:
            files.write_bytes(output, written, MidiFileError)
        hit_count = len(job.drums_of(take.drums).notes)
        facts = {
            "input": str(input_path),
            "output": str(output),
            "seed": result.seed,
            "bars": bar_count,
            "hits": hit_count,
            "hits_per_bar": round(hit_count / bar_count, 3),
            "log_likelihood": round(take.log_likelihood, 4),
            "seconds": round(seconds, 4),
            "model": writer.name,
            "parts": part_facts(song, task.parts),
            **take_facts(take),
        }
        sentence = (
            f"{output}: {hit_count} hits{style_words(take)} in {bar_count} bars, seed {result.seed}, "
            f"log-likelihood {take.log_likelihood:.1f} a bar, {seconds:.2f} s"
        )
        told.append((facts, sentence, output))
    # Last, because this fails where the standard output is full.
    for facts, sentence, output in told:
        terminal.say_facts(facts, sentence, as_json=args.json, output=output)


def take_facts(take: DrumTake) -> dict[str, Any]:
    """The style (null without one), the plan bar by bar, and the numbers of the bars that start a section."""
    style = take.style
    return {
        "style": None if style is None else style.name,
        "style_code": None if style is None or style.code < 0 else style.code,
        "style_probability": None if style is None else round(take.style_probability, 4),
        "sections": [
            number
            for number, bar in enumerate(take.plan, 1)
            if number == 1 or bar.section != take.plan[number - 2].section
        ],
        "plan": take.plan.to_list(),
    }


def part_facts(song: Song, followed: Collection[Clip]) -> list[dict[str, Any]]:
    """The parts by the numbers that --track takes: name, channel from 1, program from 0, whether followed."""
    return [
        {
            "number": number,
            "name": part.name,
            "channel": part.channel,
            "program": part.program,
            "instrument": PROGRAM_NAMES[part.program],
            "followed": any(part is each for each in followed),
        }
        for number, part in enumerate(song.parts, 1)
    ]


def style_words(take: DrumTake) -> str:
    """The style of a take in a sentence, empty without one."""
    return "" if take.style is None or not take.style.name else f" of {take.style.name!r}"
