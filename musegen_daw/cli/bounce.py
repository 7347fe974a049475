"""`musegen-daw bounce`: render a clip to a WAV, with generated drums if it has none."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from musegen_daw import files
from musegen_daw.cli import standard_output, terminal
from musegen_daw.cli.arguments import STANDARD_OUTPUT, output_place, whole
from musegen_daw.cli.drum_options import drum_options, drum_parser
from musegen_daw.cli.drum_request import DrumOptions, drum_task, read_drums, read_song
from musegen_daw.cli.resynthesis import chosen_model, resynthesise
from musegen_daw.cli.services import BounceSong, Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.drums.job import OpenGenerator
from musegen_daw.errors import AudioError, MidiFileError
from musegen_daw.music.clip import Song
from musegen_daw.music.parts import describe_strays, without_strays
from musegen_daw.vocoder.options import DecoderOptions

if TYPE_CHECKING:
    from musegen_daw.playback.bounce import BounceReport


DEFAULT_RATE_HZ, MIN_RATE_HZ, MAX_RATE_HZ = 44_100, 8_000, 96_000


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser(
        "bounce", parents=[for_both, drum_parser()], help="render a clip with drums to WAV"
    )
    command.add_argument(
        "input", type=Path, metavar="IN.mid", help="a clip; drums are written if it has none"
    )
    add_wav_output(command)
    command.add_argument("--drums", type=Path, metavar="DRUMS.mid", help="use these drums")
    command.add_argument("--stems", type=Path, metavar="DIR", help="also write one WAV for each track")
    command.add_argument(
        "--loop", action="store_true", help="end exactly with the last bar, for a seamless loop"
    )
    command.add_argument("--soundfont", type=Path, metavar="F", help="SoundFont (.sf2)")
    command.add_argument(
        "--sample-rate", type=whole(MIN_RATE_HZ, MAX_RATE_HZ), metavar="HZ",
        help=f"sample rate, {MIN_RATE_HZ} to {MAX_RATE_HZ} (default: {DEFAULT_RATE_HZ}, or with --vocode "
        "that of the model)",
    )  # fmt: skip
    command.add_argument("--vocode", action="store_true", help="send the mix through the vocoder")
    command.add_argument(
        "--vocoder", metavar="NAME|DIR",
        help="the vocoder model, for --vocode (default: vocoder-44k where the mix has sound above 6 kHz, else "
        "vocoder-12k)",
    )  # fmt: skip
    command.add_argument("--mono", action="store_true", help="one channel, for --vocode")
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Render one clip, through the vocoder if asked; returns 0."""
    options = drum_options(args)
    check_wav_output(args.output)
    if args.vocoder is not None and not args.vocode:
        raise AudioError("--vocoder names the model for --vocode, which was not given.")
    if args.mono and not args.vocode:
        raise AudioError("--mono belongs to --vocode, which was not given.")
    if args.vocode and args.stems is not None:
        raise AudioError("--stems add up to the mix as it is rendered, so they do not go with --vocode.")
    if args.vocode and args.loop:
        raise AudioError(
            "--loop is exact to the sample, which a vocoder is not, so it does not go with --vocode."
        )
    # A model that is named is opened first, because rendering takes long.
    named = services.open_decoder(DecoderOptions(model=args.vocoder)) if args.vocoder else None
    song, seed = song_with_drums(args.input, args.drums, args.model, options, services.open_generator)
    with standard_output.delivered(args.output, ".wav", AudioError) as output:
        if not args.vocode:
            rate_hz = args.sample_rate or DEFAULT_RATE_HZ
            report = render(
                song,
                output,
                services.bounce_song,
                args.soundfont,
                rate_hz,
                args.stems,
                loop=args.loop,
                shown_as=args.output,
            )
            vocoded = None
        else:
            from musegen_daw.vocoder.decoder_input import input_of_audio

            with rendered_beside(args.output) as rendered:
                report = render(song, rendered, services.bounce_song, args.soundfont, shown_as=args.output)
                decoder = named or services.open_decoder(
                    DecoderOptions(model=chosen_model(rendered, args.input))
                )
                source = input_of_audio(rendered, decoder.mel, is_mono=args.mono)
            rate_hz = args.sample_rate
            vocoded = resynthesise(source, decoder, output, sample_rate_hz=rate_hz, shown_as=args.output)
    peak_dbfs = report.peak_dbfs if vocoded is None else vocoded.peak_dbfs
    facts = {
        "input": str(args.input),
        "stems": [str(path) for path in report.stems],
        "seed": seed,
        "seconds": round(report.seconds, 3),
        "peak_dbfs": round(peak_dbfs, 2) if isfinite(peak_dbfs) else None,
        "soundfont": str(report.soundfont),
        **({} if vocoded is None else vocoded.facts()),
        "output": str(args.output),
    }
    written = "" if seed is None else f", drums written with seed {seed}"
    stems = f" and {len(report.stems)} stems in {args.stems}" if report.stems else ""
    through = "" if vocoded is None else f", through {vocoded.decoder}, {vocoded.form}"
    sentence = f"{args.output}{stems}: {report.seconds:.1f} s, peak {peak_dbfs:.1f} dBFS{through}{written}"
    terminal.say_facts(facts, sentence, as_json=args.json, output=args.output)
    return 0


def add_wav_output(command: terminal.Parser) -> None:
    command.add_argument(
        "-o", "--output", required=True, type=output_place, metavar="OUT.wav",
        help="the WAV to write, or - for the standard output",
    )  # fmt: skip


def check_wav_output(output: Path) -> None:
    """Raises AudioError unless `output` is the standard output or a .wav in an existing folder."""
    standard_output.check(output, AudioError)
    if output == STANDARD_OUTPUT:
        return
    if output.suffix.lower() != ".wav":
        raise AudioError(f"The output {output} must end in .wav.")
    files.check_writable(output, AudioError)


def song_with_drums(
    path: Path,
    drums_path: Path | None,
    model_dir: Path,
    options: DrumOptions,
    open_generator: OpenGenerator,
    note: Callable[[str], None] = terminal.note,
) -> tuple[Song, int | None]:
    """The song with drums: the given ones, else its own, else generated ones, and then also their seed.

    `note` receives remarks. Raises MidiFileError where it cannot be read or has no notes.
    """
    song, seed = read_song(path, options, note).song, None
    if drums_path is not None:
        drums, _ = read_drums(drums_path, note)
        given = replace(drums.at_ppq(song.time_map.ppq), name="Drums")
        song = Song((*song.parts, given), song.time_map)
    elif not any(clip.notes for clip in song.drums):
        task = drum_task(song, str(path), options, note)
        generator = open_generator(model_dir)
        job = task.job(generator.styles)
        with terminal.TerminalProgress(f"{path.name}: writing drums") as progress:
            result = generator.generate(job.request, progress=progress)
        seed = result.seed
        song = Song((*song.parts, job.drums_of(result.takes[0].drums)), song.time_map)
    song, strays = without_strays(song)
    if strays and seed is None:  # where drums were written it has been said
        note(f"{path}: {describe_strays(strays)}.")
    if not any(clip.notes for clip in song.clips):
        raise MidiFileError(f"{path} has no notes to render.")
    return song, seed


def render(
    song: Song,
    output: Path,
    bounce_song: BounceSong,
    soundfont: Path | None = None,
    sample_rate_hz: int = DEFAULT_RATE_HZ,
    stems_dir: Path | None = None,
    *,
    shown_as: Path,
    loop: bool = False,
) -> BounceReport:
    """Bounce `song` to `output` and show progress."""
    with terminal.TerminalProgress(f"{shown_as.name}: rendering") as progress:
        return bounce_song(
            song,
            output,
            soundfont=soundfont,
            sample_rate_hz=sample_rate_hz,
            stems_dir=stems_dir,
            loop=loop,
            progress=progress,
        )


@contextmanager
def rendered_beside(output: Path) -> Iterator[Path]:
    """A temporary file on the disk of `output` for audio on its way there; raises AudioError without one."""
    folder = Path(tempfile.gettempdir()) if output == STANDARD_OUTPUT else files.scratch_folder(output)
    with files.scratch(folder, ".wav", AudioError) as path:
        yield path
