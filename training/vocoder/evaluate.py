"""Print the table of measures of a vocoder beside every baseline and oracle; write pairs, pictures and checks."""

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
from musegen_daw.vocoder.mel import Floats, MelConfig
from training.common.figures import short
from training.common.machine import machine
from training.common.prepared import write_json
from training.vocoder.checks import check, in_words
from training.vocoder.measures import Distances, distances, means
from training.vocoder.methods import LABELS, MODEL, TIMED, ReferenceClip, decoder, make, real_time_factors
from training.vocoder.pictures import draw_spectrograms
from training.vocoder.recordings import SUFFIXES

THREADS = (1, 2)
SHOWN_CLIPS = 4
DOCUMENTED_CONFIG = MelConfig()


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """What is compared: which methods, for mels of which configuration; `pairs` is where to write audio."""

    model: Path
    config: MelConfig
    methods: tuple[str, ...]
    seed: int = 0
    pairs: Path | None = None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.vocoder evaluate", description=__doc__)
    add = parser.add_argument
    add("--audio", type=Path, required=True, help="folder of clips the model was not trained on")
    add("--model", type=Path, default=Path("resources/models/vocoder-12k"))
    add("--only", nargs="+", choices=list(LABELS), help="methods to compare; all by default")
    add("--clips", nargs="+", default=[], help="only clips whose names hold one of these words")
    add("--out", type=Path, default=Path("out/vocoder"), help="folder for pairs, pictures and checks")
    add("--pairs", action="store_true", help="write every clip, and what each method makes of it, as WAV")
    add("--pictures", nargs="*", metavar="CLIP", help="draw spectrograms of these clips, or of four")
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
        settings = ComparisonSettings(options.model, config, methods, options.seed, pairs)
        figures = evaluate(settings, paths, workers=options.workers, repeats=options.repeats)
        print_table(figures)
        if options.pictures is not None:
            shown = chosen(paths, options.pictures)
            compared = tuple(method for method in methods if method in (MODEL, "gl32"))
            draw_page(settings, shown, compared, options.out / "spectrograms.png")
            print(options.out / "spectrograms.png")
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
    with (
        tqdm(total=len(paths), desc="measuring", unit="clip", disable=not sys.stderr.isatty()) as bar,
        ProcessPoolExecutor(workers) as pool,
    ):
        for clip in pool.map(partial(measure_clip, settings), paths):
            found.append(clip)
            bar.update()
    rows: dict[str, Any] = {}
    for method in settings.methods:
        own = [clip[method] for clip in found]
        rows[method] = {
            "means": {name: asdict(mean) for name, mean in means(own, seed=settings.seed).items()},
            "clips": {path.stem: asdict(each) for path, each in zip(paths, own, strict=True)},
            "real_time_factor": {},
        }
    timed = [method for method in TIMED if method in settings.methods]
    if timed and repeats:
        clip = max(
            (ReferenceClip.load(path, settings.config) for path in paths), key=lambda each: len(each.audio)
        )
        total = len(THREADS) * len(timed) * (repeats + 1)
        with tqdm(total=total, desc="timing", unit="run", disable=not sys.stderr.isatty()) as bar:
            for threads in THREADS:
                factors = real_time_factors(
                    timed, clip, settings.model, threads=threads, repeats=repeats, done=bar.update
                )
                for method, factor in factors.items():
                    rows[method]["real_time_factor"][str(threads)] = factor
    return {
        "machine": machine(),
        "model": settings.model.name,
        "mel": settings.config.to_dict(),
        "seed": settings.seed,
        "clips": len(paths),
        "repeats": repeats,
        "rows": rows,
    }


def measure_clip(settings: ComparisonSettings, path: Path) -> dict[str, Distances]:
    """The distances of what every method makes of a clip."""
    clip = ReferenceClip.load(path, settings.config)
    found: dict[str, Distances] = {}
    if settings.pairs is not None:
        _write(settings.pairs / f"{clip.name}-reference.wav", clip, clip.audio)
    for method in settings.methods:
        audio = make(method, clip, settings.model, settings.seed)
        found[method] = distances(clip.audio, audio, settings.config)
        if settings.pairs is not None:
            _write(settings.pairs / f"{clip.name}-{method}.wav", clip, audio)
    return found


def _write(path: Path, clip: ReferenceClip, audio: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as beside:
        soundfile.write(beside, audio.clip(-1, 1), clip.config.sample_rate_hz, "PCM_16", format="WAV")


def draw_page(
    settings: ComparisonSettings, paths: Sequence[Path], methods: Sequence[str], path: Path
) -> None:
    """Draw a page with a row for each clip: the reference, then what each of `methods` makes of it."""
    rows: list[list[tuple[str, Floats]]] = []
    for clip_path in paths:
        clip = ReferenceClip.load(clip_path, settings.config)
        made = [(LABELS[method], make(method, clip, settings.model, settings.seed)) for method in methods]
        rows.append([(short(clip.name, 48), clip.audio), *made])
    draw_spectrograms(rows, settings.config.sample_rate_hz, path)


def print_table(figures: dict[str, Any]) -> None:
    print(
        f"{figures['clips']} clips at {figures['mel']['sample_rate_hz']} Hz; model {figures['model']}; "
        f"seed {figures['seed']}; {figures['machine']}"
    )
    threads = " ".join(f"{f'RTF {count} thr.':>10}" for count in THREADS)
    print(f"{'':40} {'M-STFT':>6} {'95 %':>13} {'log-mel':>8} {'LSD dB':>16} {'valley dB':>17} {threads}")
    for method, row in figures["rows"].items():
        stft, mel, lsd, valley = (row["means"][name] for name in ("stft", "log_mel", "lsd_db", "valley_db"))
        factors = [row["real_time_factor"].get(str(count)) for count in THREADS]
        times = " ".join(f"{factor:10.4f}" if factor is not None else f"{'':10}" for factor in factors)
        print(
            f"{LABELS[method]:40} {stft['mean']:6.3f}  {stft['low']:.3f}–{stft['high']:.3f} {mel['mean']:8.3f} "
            f"{lsd['mean']:5.1f} {lsd['low']:4.1f}–{lsd['high']:4.1f} "
            f"{valley['mean']:+5.1f} {valley['low']:+5.1f}–{valley['high']:+5.1f} {times}".rstrip()
        )
    print("95 % intervals by bootstrap over clips; real-time factors: medians, from log-mel to audio.")
