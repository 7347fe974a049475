"""From recordings to chunks of one length in few large files: parallel, resumable, the same for the same input.

Written below `--out`: for each split `audio.npy` (chunks · samples a chunk,), mono, int16 or float32, all
chunks one after the other, and `chunks.json` with what each of them is; `facts.json` says what was kept and why
the rest was not. `training.vocoder.dataset` reads them. While the parts are joined twice their room is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap
from tqdm import tqdm

from training.common.files import write_json
from training.vocoder import audio_folder, jamendo
from training.vocoder.recordings import SPLITS, Found, Recording, Samples, Unusable, with_splits

FORMAT = 1
FULL_SCALE = 32768
DTYPES = ("int16", "float32")
MIN_SECONDS = 1.0
SILENCE_PEAK = 1e-3
PART_RECORDINGS = 8
_COPY_SAMPLES = 1 << 24


@dataclass(frozen=True, slots=True)
class ChunkConfig:
    """The form of the chunks.

    int16 adds noise at -98 dBFS, float32 none: a vocoder measured by what lies above a low-pass filter learns
    from float32 that there is nothing.
    """

    sample_rate_hz: int = 12_000
    seconds: float = 15.0
    dtype: str = "int16"

    def __post_init__(self) -> None:
        if self.sample_rate_hz < 1000 or self.seconds < MIN_SECONDS:
            raise ValueError(
                f"chunks need a rate of 1000 Hz and {MIN_SECONDS:g} s or more, got {self.sample_rate_hz} Hz "
                f"and {self.seconds:g} s"
            )
        if self.dtype not in DTYPES:
            raise ValueError(f"samples are stored as {' or '.join(DTYPES)}, not {self.dtype}")

    @property
    def samples(self) -> int:
        """Samples of a chunk."""
        return round(self.sample_rate_hz * self.seconds)


def main(argv: list[str] | None = None) -> int:
    """Prepare one or more sources from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.vocoder prepare", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, action="append", default=[], help="folder of audio; may be given again")
    add("--jamendo", type=Path, help="folder with the tables and the audio (tars or unpacked) of MTG-Jamendo")
    add("--split-file", type=Path, action="append", help="a table to use instead of the official split 0")
    add("--midi", type=Path, help="MIDI corpus to render as a further source")
    add("--midi-files", type=int, default=150, help="files of its training split to render")
    add("--midi-licence-class", nargs="*", default=["A", "B"], help="A B by default; none given: all")
    add("--soundfont", type=Path, help="SoundFont to render with; the bundled one by default")
    add("--out", type=Path, required=True, help="folder to write")
    add("--rate", type=int, default=12_000, help="sample rate in Hz")
    add("--seconds", type=float, default=15.0, help="length of a chunk")
    add("--dtype", choices=DTYPES, default="int16", help="how samples are stored")
    add("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    if not options.data and options.jamendo is None and options.midi is None:
        parser.error("give a source: --data, --jamendo or --midi")
    started = time.perf_counter()
    try:
        config = ChunkConfig(options.rate, options.seconds, options.dtype)
        sources = [audio_folder.find_recordings(root) for root in options.data]
        if options.jamendo is not None:
            sources.append(jamendo.find_recordings(options.jamendo, options.split_file))
        if options.midi is not None:
            from training.vocoder import rendered

            classes = tuple(options.midi_licence_class)
            sources.append(
                rendered.find_recordings(
                    options.midi,
                    options.midi_files,
                    licence_classes=classes,
                    soundfont=options.soundfont,
                )
            )
        facts = prepare(sources, options.out, config, workers=options.workers)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print(f"\nStopped. What is done is kept in {options.out}; the same command goes on.", file=sys.stderr)
        return 130
    print(in_words(facts, time.perf_counter() - started))
    return 0


def in_words(facts: dict[str, Any], seconds: float) -> str:
    """What was kept and what was not, as lines for a person."""
    lines = [f"{facts['recordings']} recordings in {seconds:.1f} s, {facts['kept']} kept"]
    for split, numbers in facts["splits"].items():
        lines.append(
            f"  {split}: {numbers['hours']:.2f} hours, {numbers['chunks']} chunks of {numbers['recordings']} "
            f"recordings of {numbers['groups']} groups"
        )
    for title, name in (("recordings", "dropped"), ("chunks", "dropped_chunks")):
        for reason, count in facts[name].items():
            lines.append(f"  {title} left out, {reason}: {count}")
    return "\n".join(lines)


def prepare(sources: Iterable[Found], out: Path, config: ChunkConfig, *, workers: int = 2) -> dict[str, Any]:
    """Write the chunks of `sources` to `out`; returns the facts that are also written to facts.json.

    Parts that an earlier, interrupted run has left are taken over when they are of the same recordings and
    form. Raises ValueError where nothing to train on is left.
    """
    sources = list(sources)
    recordings = [recording for found in sources for recording in found.recordings]
    chosen = with_splits(recordings)
    parts = out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    units = [recordings[at : at + PART_RECORDINGS] for at in range(0, len(recordings), PART_RECORDINGS)]
    paths = [parts / _part_name(unit, config) for unit in units]
    waiting = [(unit, path) for unit, path in zip(units, paths, strict=True) if not path.exists()]
    _write_all(waiting, config, len(units), workers)
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for content in contents:
        for chunk in content["chunks"]:
            chunk["split"] = chunk["split"] or chosen[chunk["group"]]
    if not any(chunk["split"] == "train" for content in contents for chunk in content["chunks"]):
        raise ValueError("no recording of the training split was kept")
    for split in SPLITS:
        _join(out / split, split, paths, contents, config)
    facts = _facts(sources, contents, config)
    write_json(out / "facts.json", facts)
    shutil.rmtree(parts)
    return facts


def cut(audio: Samples, config: ChunkConfig) -> list[tuple[int, Samples]]:
    """The chunks (start, samples) of a recording, the last one as long as it is.

    Raises Unusable for a recording that is too short or silent. What exceeds full scale is brought down to it.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if len(audio) < MIN_SECONDS * config.sample_rate_hz:
        raise Unusable("too short")
    if peak < SILENCE_PEAK:
        raise Unusable("silent")
    if peak * FULL_SCALE > FULL_SCALE - 1:
        audio = audio * ((FULL_SCALE - 1) / FULL_SCALE / peak)
    return [(start, audio[start : start + config.samples]) for start in range(0, len(audio), config.samples)]


def stored(audio: Samples, config: ChunkConfig) -> npt.NDArray[Any]:
    """Samples within full scale as one whole chunk (config.samples,), zeros at the end."""
    whole = np.zeros(config.samples, config.dtype)
    whole[: len(audio)] = np.rint(audio * FULL_SCALE) if config.dtype == "int16" else audio
    return whole


def _part_name(unit: list[Recording], config: ChunkConfig) -> str:
    facts = [FORMAT, config.sample_rate_hz, config.samples, config.dtype]
    facts += [
        (each.key, each.group, each.split, each.source, each.licence, each.place.identity) for each in unit
    ]
    return hashlib.sha1(json.dumps(facts).encode()).hexdigest()[:16] + ".json"


def _write_all(
    waiting: list[tuple[list[Recording], Path]], config: ChunkConfig, total: int, workers: int
) -> None:
    bar = tqdm(
        total=total,
        initial=total - len(waiting),
        desc="preparing",
        unit="part",
        disable=not sys.stderr.isatty(),
    )
    with bar, ProcessPoolExecutor(workers, initializer=_leave_interrupts_to_the_parent) as pool:
        try:
            for future in as_completed([pool.submit(_write_part, *item, config) for item in waiting]):
                future.result()
                bar.update()
        except BrokenProcessPool as error:
            raise ValueError(
                "a worker process was ended from outside (out of memory?); the same command goes on"
            ) from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write_part(unit: list[Recording], path: Path, config: ChunkConfig) -> None:
    dropped: Counter[str] = Counter()
    dropped_chunks: Counter[str] = Counter()
    chunks: list[dict[str, Any]] = []
    beside = path.with_suffix(".pcm.part")
    with beside.open("wb") as file:
        for recording in unit:
            try:
                pieces = cut(recording.place.mono(config.sample_rate_hz), config)
            except Unusable as reason:
                dropped[str(reason)] += 1
                continue
            for start, piece in pieces:
                if len(piece) < MIN_SECONDS * config.sample_rate_hz:
                    dropped_chunks[f"a rest of under {MIN_SECONDS:g} s"] += 1
                elif np.abs(piece).max() < SILENCE_PEAK:
                    dropped_chunks["silent"] += 1
                else:
                    file.write(stored(piece, config).tobytes())
                    chunks.append(
                        {
                            "key": recording.key,
                            "group": recording.group,
                            "source": recording.source,
                            "licence": recording.licence,
                            "split": recording.split,
                            "start": start,
                            "samples": len(piece),
                        }
                    )
    beside.replace(path.with_suffix(".pcm"))
    write_json(path, {"dropped": dropped, "dropped_chunks": dropped_chunks, "chunks": chunks})


def _join(
    folder: Path, split: str, paths: list[Path], contents: list[dict[str, Any]], config: ChunkConfig
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [chunk for content in contents for chunk in content["chunks"] if chunk["split"] == split]
    beside = folder / "audio.npy.part"
    if rows:
        joined = open_memmap(beside, mode="w+", dtype=config.dtype, shape=(len(rows) * config.samples,))
        at = 0
        for path, content in zip(paths, contents, strict=True):
            own = np.array([chunk["split"] == split for chunk in content["chunks"]], bool)
            if own.any():
                part = np.memmap(path.with_suffix(".pcm"), config.dtype, "r").reshape(-1, config.samples)
                at = _copy(part, np.flatnonzero(own), joined, at)
        joined.flush()
    else:
        with beside.open("wb") as file:
            np.save(file, np.zeros(0, config.dtype))
    beside.replace(folder / "audio.npy")
    write_json(
        folder / "chunks.json",
        [{name: value for name, value in row.items() if name != "split"} for row in rows],
    )


def _copy(part: Any, rows: npt.NDArray[np.int64], target: Any, at: int) -> int:
    step = max(1, _COPY_SAMPLES // part.shape[1])
    for start in range(0, len(rows), step):
        piece = part[rows[start : start + step]].reshape(-1)
        target[at : at + len(piece)] = piece
        at += len(piece)
    return at


def _facts(sources: list[Found], contents: list[dict[str, Any]], config: ChunkConfig) -> dict[str, Any]:
    dropped = sum((found.dropped for found in sources), Counter[str]())
    dropped_chunks: Counter[str] = Counter()
    for content in contents:
        dropped.update(content["dropped"])
        dropped_chunks.update(content["dropped_chunks"])
    chunks = [chunk for content in contents for chunk in content["chunks"]]
    kept = {(chunk["source"], chunk["key"]) for chunk in chunks}
    splits = {split: [chunk for chunk in chunks if chunk["split"] == split] for split in SPLITS}
    return {
        "format": FORMAT,
        "sample_rate_hz": config.sample_rate_hz,
        "chunk_seconds": config.seconds,
        "chunk_samples": config.samples,
        "dtype": config.dtype,
        "recordings": sum(len(found.recordings) for found in sources)
        + sum(found.dropped.total() for found in sources),
        "kept": len(kept),
        "dropped": dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0]))),
        "dropped_chunks": dict(sorted(dropped_chunks.items())),
        "splits": {
            split: {
                "chunks": len(rows),
                "recordings": len({(row["source"], row["key"]) for row in rows}),
                "groups": len({row["group"] for row in rows}),
                "hours": _hours(rows, config),
                "hours_by_source": _hours_by(rows, "source", config),
                "hours_by_licence": _hours_by(rows, "licence", config),
            }
            for split, rows in splits.items()
        },
    }


def _hours(rows: list[dict[str, Any]], config: ChunkConfig) -> float:
    return round(sum(row["samples"] for row in rows) / config.sample_rate_hz / 3600, 4)


def _hours_by(rows: list[dict[str, Any]], name: str, config: ChunkConfig) -> dict[str, float]:
    kinds = sorted({row[name] for row in rows})
    return {kind or "not named": _hours([row for row in rows if row[name] == kind], config) for kind in kinds}
