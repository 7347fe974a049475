"""`musegen-daw bounce`: from a clip to a WAV, with drums written for it where it has none."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from musegen_daw.commands import terminal
from musegen_daw.commands.drum_request import DrumOptions, OpenGenerator, drum_job, read_drums
from musegen_daw.core.clip import Song
from musegen_daw.errors import AudioError, MidiFileError
from musegen_daw.midi_file import read_midi

if TYPE_CHECKING:
    from musegen_daw.render.bounce import BounceReport


class BounceSong(Protocol):
    """What the command needs of the renderer."""

    def __call__(
        self,
        song: Song,
        path: Path,
        *,
        soundfont: Path | None,
        sample_rate_hz: int = ...,
        stems_dir: Path | None = ...,
        progress: Callable[[int, int], None] | None = ...,
    ) -> BounceReport:
        """Render `song` to a WAV at `path`."""
        ...


def run(args: Namespace, options: DrumOptions, open_generator: OpenGenerator, bounce_song: BounceSong) -> int:
    """Render one clip; returns 0."""
    output: Path = args.output
    if output.suffix.lower() != ".wav":
        raise AudioError(f"The output {output} must end in .wav.")
    if not output.parent.is_dir():
        raise AudioError(f"Cannot write {output}: the folder {output.parent} does not exist.")
    song, seed = _with_drums(read_midi(args.input), args, options, open_generator)
    if not any(clip.notes for clip in song.clips):
        raise MidiFileError(f"{args.input} has no notes to render.")
    with terminal.Progress(f"{output.name}: rendering") as progress:
        report = bounce_song(
            song,
            output,
            soundfont=args.soundfont,
            sample_rate_hz=args.sample_rate,
            stems_dir=args.stems,
            progress=progress,
        )
    facts = {
        "input": str(args.input),
        "output": str(report.path),
        "stems": [str(path) for path in report.stems],
        "seed": seed,
        "seconds": round(report.seconds, 3),
        "peak_dbfs": round(report.peak_dbfs, 2) if isfinite(report.peak_dbfs) else None,
        "soundfont": str(report.soundfont),
    }
    written = "" if seed is None else f", drums written with seed {seed}"
    stems = f" and {len(report.stems)} stems in {args.stems}" if report.stems else ""
    sentence = f"{report.path}{stems}: {report.seconds:.1f} s, peak {report.peak_dbfs:.1f} dBFS{written}"
    terminal.say_facts(facts, sentence, as_json=args.json)
    return 0


def _with_drums(
    song: Song, args: Namespace, options: DrumOptions, open_generator: OpenGenerator
) -> tuple[Song, int | None]:
    """The song with drums, and the seed if they had to be written."""
    if args.drums is not None:
        drums, _ = read_drums(args.drums, terminal.note)
        given = replace(drums.at_ppq(song.time_map.ppq), name="Drums")
        return Song((*song.parts, given), song.time_map), None
    if any(clip.notes for clip in song.drums):
        return song, None
    job = drum_job(song, str(args.input), options, terminal.note)
    generator = open_generator(args.model)
    with terminal.Progress(f"{args.input.name}: writing drums") as progress:
        result = generator.generate(job.request, progress=progress)
    return Song((*song.parts, job.drums_of(result.takes[0].drums)), song.time_map), result.seed
