"""Print the tables of measures of vocoders beside every baseline and oracle; write what to hear, see and check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import soundfile
from tqdm import tqdm

from musegen_daw.errors import MusegenError
from musegen_daw.files import atomic_path
from musegen_daw.vocoder.mel import MelConfig
from training.common.figures import short
from training.common.machine import machine
from training.common.prepared import write_json
from training.vocoder.attack import steepest_attack
from training.vocoder.checks import check, in_words
from training.vocoder.listening.page import check_new_folder, write_page
from training.vocoder.measures import Distances, Reference, means
from training.vocoder.methods import (
    LABELS,
    MODEL,
    TIMED,
    ReferenceClip,
    Row,
    decoder,
    make,
    real_time_factors,
    rows_of,
)
from training.vocoder.pictures import PictureLine, Sound, draw_lines
from training.vocoder.recordings import SUFFIXES
from training.vocoder.tables import THREADS, print_tables

SHOWN_CLIPS = 4
DOCUMENTED_CONFIG = MelConfig()


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """What is compared: which methods, for mels of which configuration, and which models beside them.

    `pairs` is where to write audio.
    """

    model: Path
    config: MelConfig
    methods: tuple[str, ...]
    seed: int = 0
    pairs: Path | None = None
    beside: tuple[Path, ...] = ()

    @property
    def rows(self) -> list[Row]:
        """The rows of the table; raises ModelError or ValueError, see `rows_of`."""
        return rows_of(self.methods, self.model, self.config, self.beside)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.vocoder evaluate", description=__doc__)
    add = parser.add_argument
    add("--audio", type=Path, required=True, help="folder of clips the model was not trained on")
    add("--model", type=Path, default=Path("resources/models/vocoder-12k"))
    add(
        "--beside",
        nargs="+",
        type=Path,
        default=[],
        metavar="MODEL",
        help="more models, each at its own rate",
    )
    add("--only", nargs="+", choices=list(LABELS), help="methods to compare; all by default")
    add("--clips", nargs="+", default=[], help="only clips whose names hold one of these words")
    add("--out", type=Path, default=Path("out/vocoder"), help="folder for pairs, pictures and checks")
    add("--pairs", action="store_true", help="write every clip, and what each method makes of it, as WAV")
    add("--pictures", nargs="*", metavar="CLIP", help="draw spectrograms of these clips, or of four")
    add("--listen", type=Path, metavar="DIR", help="write a page for blind listening into this new folder")
    add("--checks", action="store_true", help="silence, a sine sweep, and chunks against one pass")
    add("--repeats", type=int, default=5, help="repeats to time; 0 leaves the real-time factors out")
    add("--workers", type=int, default=1)
    add("--seed", type=int, default=0, help="of the phases Griffin-Lim begins with, and of the intervals")
    add("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(argv)
    methods = tuple(options.only or LABELS)
    try:
        paths = find_clips(options.audio, options.clips)
        needs_model = MODEL in methods or options.checks or (options.model / "model.json").is_file()
        config = decoder(MODEL, options.model, DOCUMENTED_CONFIG).mel if needs_model else DOCUMENTED_CONFIG
        pairs = options.out / "pairs" if options.pairs else None
        settings = ComparisonSettings(
            options.model, config, methods, options.seed, pairs, tuple(options.beside)
        )
        if options.listen is not None:
            check_new_folder(options.listen)
        figures = evaluate(settings, paths, workers=options.workers, repeats=options.repeats)
        print_tables(figures)
        compared = [row for row in settings.rows if row.method == MODEL or row.key == "gl32"]
        if options.pictures is not None:
            draw_page(
                compared, chosen(paths, options.pictures), options.seed, options.out / "spectrograms.png"
            )
            print(options.out / "spectrograms.png")
        if options.listen is not None:
            print(write_page(compared, paths, options.listen, options.seed, workers=options.workers))
        if options.checks:
            clips = [ReferenceClip.load(path, config) for path in paths]
            figures["checks"] = check(
                options.model, max(clips, key=lambda clip: len(clip.audio)), options.out
            )
            print(in_words(figures["checks"]))
    except (MusegenError, ValueError) as error:
        parser.error(str(error))
    if options.json is not None:
        write_json(options.json, figures)
    return 0


def find_clips(folder: Path, words: Sequence[str] = ()) -> list[Path]:
    """The audio files in `folder` whose names hold one of `words` (none: all); raises ValueError for none."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    found = [path for path in found if not words or any(word in path.stem for word in words)]
    if not found:
        named = f" named {', '.join(words)}" if words else ""
        raise ValueError(f"{folder} holds no audio file{named}")
    return found


def chosen(paths: list[Path], words: Sequence[str]) -> list[Path]:
    """For every word the first clip that holds it in its name; without words four, evenly spread."""
    if not words:
        return paths[len(paths) // (2 * SHOWN_CLIPS) :: max(1, len(paths) // SHOWN_CLIPS)][:SHOWN_CLIPS]
    missing = [word for word in words if not any(word in path.stem for path in paths)]
    if missing:
        raise ValueError(f"no clip is named {', '.join(missing)}")
    return [next(path for path in paths if word in path.stem) for word in words]


def evaluate(
    settings: ComparisonSettings, paths: list[Path], *, workers: int = 1, repeats: int = 5
) -> dict[str, Any]:
    found: list[dict[str, Distances]] = []
    rows = settings.rows
    with (
        tqdm(total=len(paths), desc="measuring", unit="clip", disable=not sys.stderr.isatty()) as bar,
        ProcessPoolExecutor(workers) as pool,
    ):
        for clip in pool.map(partial(measure_clip, settings), paths):
            found.append(clip)
            bar.update()
    figures: dict[str, Any] = {}
    for row in rows:
        own = [clip[row.key] for clip in found]
        figures[row.key] = {
            "label": row.label,
            "sample_rate_hz": row.config.sample_rate_hz,
            "means": {
                name: None if mean is None else asdict(mean)
                for name, mean in means(own, seed=settings.seed).items()
            },
            "clips": {path.stem: asdict(each) for path, each in zip(paths, own, strict=True)},
            "real_time_factor": {},
        }
    timed = [row for row in rows if row.method in TIMED]
    if timed and repeats:
        longest = max(paths, key=lambda path: len(ReferenceClip.load(path, settings.config).audio))
        clips = {row.config: ReferenceClip.load(longest, row.config) for row in timed}
        total = len(THREADS) * len(timed) * (repeats + 1)
        with tqdm(total=total, desc="timing", unit="run", disable=not sys.stderr.isatty()) as bar:
            for threads in THREADS:
                factors = real_time_factors(timed, clips, threads=threads, repeats=repeats, done=bar.update)
                for key, factor in factors.items():
                    figures[key]["real_time_factor"][str(threads)] = factor
    return {
        "machine": machine(),
        "model": settings.model.name,
        "mel": settings.config.to_dict(),
        "seed": settings.seed,
        "clips": len(paths),
        "repeats": repeats,
        "rows": figures,
    }


def measure_clip(settings: ComparisonSettings, path: Path) -> dict[str, Distances]:
    """The distances of what every row makes of a clip, by its key."""
    rows = settings.rows
    clips = {row.config: ReferenceClip.load(path, row.config) for row in rows}
    references = {config: Reference(clip.audio, config) for config, clip in clips.items()}
    found: dict[str, Distances] = {}
    if settings.pairs is not None:
        for config, clip in clips.items():
            rate = "" if config == settings.config else f"-{config.sample_rate_hz}"
            _write(settings.pairs / f"{clip.name}-reference{rate}.wav", clip, clip.audio)
    for row in rows:
        clip = clips[row.config]
        audio = make(row.method, clip, row.model, settings.seed)
        found[row.key] = references[row.config].distances(audio)
        if settings.pairs is not None:
            _write(settings.pairs / f"{clip.name}-{row.key.replace(' ', '-')}.wav", clip, audio)
    return found


def _write(path: Path, clip: ReferenceClip, audio: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as beside:
        soundfile.write(beside, audio.clip(-1, 1), clip.config.sample_rate_hz, "PCM_16", format="WAV")


def draw_page(rows: Sequence[Row], paths: Sequence[Path], seed: int, path: Path) -> None:
    """Draw a page with a line for each of the clips: the original, then what each of `rows` makes of it.

    Under them the steepest attack of all these clips, drawn out.
    """
    lines: list[PictureLine] = []
    attacks: list[tuple[float, PictureLine]] = []
    for clip_path in paths:
        clips = {row.config: ReferenceClip.load(clip_path, row.config) for row in rows}
        config, clip = max(clips.items(), key=lambda each: each[0].sample_rate_hz)
        sounds = [Sound("original", clip.audio, config.sample_rate_hz)]
        sounds += [
            Sound(row.label, make(row.method, clips[row.config], row.model, seed), row.config.sample_rate_hz)
            for row in rows
        ]
        lines.append(PictureLine(short(clip.name, 34), tuple(sounds)))
        steepest = steepest_attack(clip.audio, config.sample_rate_hz)
        if steepest is not None:
            at_seconds, rise_db = steepest
            title = f"{short(clip.name, 24)}, {at_seconds:.1f} s"
            attacks.append((rise_db, PictureLine(title, tuple(sounds), at_seconds)))
    if attacks:
        lines.append(max(attacks, key=lambda each: each[0])[1])
    draw_lines(lines, path)
