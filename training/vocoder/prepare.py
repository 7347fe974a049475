"""From recordings to chunks of one length in few large files: parallel, resumable, the same for the same input.

Written below `--out`: for each split `audio.npy` (chunks · samples a chunk,), mono, int16 or float32, all
chunks one after the other, their index `chunks.npy`, and a line of `recordings.jsonl` for what each is of;
`facts.json` says what was kept and why the rest was not, `quarantine.csv` which files could not be read.
`training.vocoder.dataset` reads them. While the parts are joined twice their room is needed.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from musegen_daw.files import atomic_path, write_bytes
from training.common.commands import add_map_options, run_preparation
from training.common.duplicates import (
    ENCODED_AGAIN,
    KEPT,
    REASONS,
    SIGNATURE_SIZE,
    find_duplicates,
)
from training.common.prepared import as_lines, write_json
from training.common.shard_map import open_shard_map
from training.vocoder import audio_folder, jamendo
from training.vocoder.parts import CHUNK, DTYPES, FORMAT, PART_RECORDINGS, AudioPart, ChunkConfig, write_part
from training.vocoder.recordings import SPLITS, Found, with_splits

DESCRIPTION = ("key", "group", "source", "licence")
_COPY_SAMPLES = 1 << 24


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.vocoder prepare", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, action="append", default=[], help="folder of audio; may be given again")
    add("--jamendo", type=Path, help="folder with the tables and the audio (tars or unpacked) of MTG-Jamendo")
    add("--split-file", type=Path, action="append", help="a table to use instead of the official split 0")
    add("--midi", type=Path, help="MIDI corpus to render as a further source")
    add("--midi-files", type=int, default=150, help="files of its training split to render")
    add("--drum-files", type=int, default=0, help="files of it of which to render the drums alone as well")
    add(
        "--acoustic-files",
        type=int,
        default=0,
        help="the same for strings, winds, voices, pianos and guitars alone",
    )
    add("--midi-licence-class", nargs="*", default=["A", "B"], help="A B by default; none given: all")
    add("--soundfont", type=Path, help="SoundFont to render with; the bundled one by default")
    add(
        "--acoustic-soundfont",
        type=Path,
        help="SoundFont for the files of --acoustic-files; --soundfont by default",
    )
    add("--out", type=Path, required=True, help="folder to write")
    add("--rate", type=int, default=12_000, help="sample rate in Hz")
    add("--seconds", type=float, default=15.0, help="length of a chunk")
    add("--dtype", choices=DTYPES, default="int16", help="how samples are stored")
    add_map_options(parser)
    options = parser.parse_args(argv)
    if not options.data and options.jamendo is None and options.midi is None:
        parser.error("give a source: --data, --jamendo or --midi")

    def prepared() -> dict[str, Any]:
        config = ChunkConfig(options.rate, options.seconds, options.dtype)
        return prepare(
            _sources(options),
            options.out,
            config,
            keep_duplicates=options.keep_duplicates,
            workers=options.workers,
            scheduler=options.scheduler,
        )

    columns = ("recordings", "groups", "chunks", "hours", "bytes")
    return run_preparation(parser, options.out, prepared, "recordings", columns)


def _sources(options: argparse.Namespace) -> list[Found]:
    sources = [audio_folder.find_recordings(root) for root in options.data]
    if options.jamendo is not None:
        sources.append(jamendo.find_recordings(options.jamendo, options.split_file))
    if options.midi is not None:
        from training.vocoder import rendered

        sources += [
            rendered.find_recordings(
                options.midi,
                files,
                licence_classes=tuple(options.midi_licence_class),
                soundfont=soundfont,
                part=part,
            )
            for files, part, soundfont in (
                (options.midi_files, rendered.Part.WHOLE, options.soundfont),
                (options.drum_files, rendered.Part.DRUMS, options.soundfont),
                (
                    options.acoustic_files,
                    rendered.Part.ACOUSTIC,
                    options.acoustic_soundfont or options.soundfont,
                ),
            )
            if files
        ]
    return sources


def prepare(
    sources: Iterable[Found],
    out: Path,
    config: ChunkConfig,
    *,
    keep_duplicates: bool = False,
    workers: int = 0,
    scheduler: str = "",
) -> dict[str, Any]:
    """Write the chunks of `sources` to `out`; returns the facts that are also written to facts.json.

    It runs on `workers` processes (0: one a core) or the Dask cluster at `scheduler`, which must see the same
    paths; the result is the same. Parts that an earlier, interrupted run has left are taken over when they are of
    the same recordings and form. Raises ValueError where nothing to train on is left.
    """
    sources = list(sources)
    recordings = [recording for found in sources for recording in found.recordings]
    chosen = with_splits(recordings)
    folder = out / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        AudioPart.below(folder, tuple(recordings[at : at + PART_RECORDINGS]), config)
        for at in range(0, len(recordings), PART_RECORDINGS)
    ]
    waiting = [part for part in parts if not part.path.exists()]
    with open_shard_map(workers, scheduler, len(waiting)) as shards:
        shards.each(write_part, waiting, "preparing", len(parts) - len(waiting))
    contents = [json.loads(part.path.read_text(encoding="utf-8")) for part in parts]
    for content in contents:
        for recording in content["recordings"]:
            recording["split"] = recording["split"] or chosen[recording["group"]]
    dropped = sum((found.dropped for found in sources), Counter[str]())
    dropped.update(_leave_out_duplicates(contents) if not keep_duplicates else ())
    if not any(row["split"] == "train" for content in contents for row in content["recordings"]):
        raise ValueError("no recording of the training split was kept")
    (out / "facts.json").unlink(missing_ok=True)
    for split in SPLITS:
        _join(out / split, split, [part.path for part in parts], contents, config)
    _write_quarantine(out / "quarantine.csv", contents)
    facts = _facts(sources, dropped, contents, config)
    for split in SPLITS:
        facts["splits"][split]["bytes"] = (out / split / "audio.npy").stat().st_size
    write_json(out / "facts.json", facts)
    shutil.rmtree(folder)
    return facts


def _leave_out_duplicates(contents: Sequence[dict[str, Any]]) -> list[str]:
    """Mark the chunks of recordings that are there twice as those of no split; returns a reason for each recording."""
    recordings = [recording for content in contents for recording in content["recordings"]]
    digests = np.array([bytes.fromhex(each["digest"]) for each in recordings], "V16")
    signatures = np.array([each["signature"] for each in recordings], np.uint32)
    ranks = [0 if each["split"] == "validation" else 1 for each in recordings]
    found = find_duplicates(digests, signatures.reshape(-1, SIGNATURE_SIZE), ranks, ENCODED_AGAIN).tolist()
    for recording, code in zip(recordings, found, strict=True):
        if code != KEPT:
            recording["split"] = ""
    return [REASONS[code] for code in found if code != KEPT]


def _rows(contents: Iterable[dict[str, Any]], split: str) -> list[dict[str, Any]]:
    """The chunks of a split, each with what its recording is."""
    return [
        {name: recording[name] for name in DESCRIPTION} | chunk
        for content in contents
        for recording in content["recordings"]
        if recording["split"] == split
        for chunk in recording["chunks"]
    ]


def _join(
    folder: Path, split: str, paths: list[Path], contents: list[dict[str, Any]], config: ChunkConfig
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = _rows(contents, split)
    with atomic_path(folder / "audio.npy") as beside:
        if rows:
            joined = open_memmap(beside, mode="w+", dtype=config.dtype, shape=(len(rows) * config.samples,))
            at = 0
            for path, content in zip(paths, contents, strict=True):
                own = [each["split"] == split for each in content["recordings"] for _ in each["chunks"]]
                if any(own):
                    part = np.memmap(path.with_suffix(".pcm"), config.dtype, "r").reshape(-1, config.samples)
                    at = _copy(part, np.flatnonzero(own), joined, at)
            joined.flush()
            del joined  # some systems keep a file that is mapped from being renamed
        else:
            with beside.open("wb") as file:
                np.save(file, np.zeros(0, config.dtype))
    _write_index(
        folder, [each for content in contents for each in content["recordings"] if each["split"] == split]
    )


def _write_index(folder: Path, recordings: Sequence[dict[str, Any]]) -> None:
    text, starts = as_lines([{name: recording[name] for name in DESCRIPTION} for recording in recordings])
    counts = [len(recording["chunks"]) for recording in recordings]
    chunks = [chunk for recording in recordings for chunk in recording["chunks"]]
    index = np.zeros(len(chunks), CHUNK)
    index["recording"] = np.repeat(np.arange(len(recordings)), counts)
    for name in ("start", "samples"):
        index[name] = [chunk[name] for chunk in chunks]
    for name, values in (("chunks", index), ("recordings_starts", starts)):
        with atomic_path(folder / f"{name}.npy") as beside, beside.open("wb") as file:
            np.save(file, values)
    write_bytes(folder / "recordings.jsonl", text)


def _copy(part: Any, rows: npt.NDArray[np.int64], target: Any, at: int) -> int:
    step = max(1, _COPY_SAMPLES // part.shape[1])
    for start in range(0, len(rows), step):
        piece = part[rows[start : start + step]].reshape(-1)
        target[at : at + len(piece)] = piece
        at += len(piece)
    return at


def _write_quarantine(path: Path, contents: Iterable[dict[str, Any]]) -> None:
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "reason"))
        writer.writerows(row for content in contents for row in content["poison"])


def _facts(
    sources: list[Found], dropped: Counter[str], contents: list[dict[str, Any]], config: ChunkConfig
) -> dict[str, Any]:
    dropped_chunks: Counter[str] = Counter()
    for content in contents:
        dropped.update(content["dropped"])
        dropped_chunks.update(content["dropped_chunks"])
    splits = {split: _rows(contents, split) for split in SPLITS}
    kept = {(row["source"], row["key"]) for rows in splits.values() for row in rows}
    return {
        "format": FORMAT,
        "sample_rate_hz": config.sample_rate_hz,
        "chunk_seconds": config.seconds,
        "chunk_samples": config.samples,
        "dtype": config.dtype,
        "recordings": sum(len(found.recordings) + found.dropped.total() for found in sources),
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
