"""Write the page for blind listening: audio files, their copies in scripts, and one page of HTML."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from musegen_daw.errors import MusegenError
from musegen_daw.files import reason
from musegen_daw.part_files import part_folder
from training.vocoder.loudness import loudness_lufs
from training.vocoder.methods import ReferenceClip, Row, make
from training.vocoder.spectra import Floats

ASSETS = Path(__file__).parent / "assets"
LETTERS = "ABCDEFGH"  # keys 2 to 9
PEAK = 0.98
PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Trial:
    """A clip of the test: FLAC files of the original and of each row, and the order of the rows under letters."""

    name: str
    original: bytes
    made: tuple[bytes, ...]  # by letter
    labels: tuple[str, ...]  # by letter


def write_page(
    rows: Sequence[Row], paths: Sequence[Path], folder: Path, seed: int, *, workers: int = 1
) -> Path:
    """Write a new folder with a page that compares `rows` on the clips; returns the page.

    Loudness is matched, the order under letters is another for every clip, by `seed`. Raises MusegenError where the
    folder exists or cannot be written, ValueError for no row or more than there are letters.
    """
    if not 1 <= len(rows) <= len(LETTERS):
        raise ValueError(f"the page compares 1 to {len(LETTERS)} models and methods, not {len(rows)}")
    check_new_folder(folder)
    with ProcessPoolExecutor(workers) as pool:
        orders = letter_orders(len(rows), len(paths), seed)
        trials = list(pool.map(partial(make_trial, tuple(rows), seed), orders, paths))
    try:
        with part_folder(folder.absolute().parent) as hidden:
            made = hidden / "page"
            made.mkdir()
            write_trials(trials, made)
            made.rename(folder)
    except OSError as error:
        raise MusegenError(f"Cannot write {folder}: {reason(error)}.") from error
    return folder / PAGE


def check_new_folder(folder: Path) -> None:
    """Raises MusegenError where something is at `folder` already, or nothing can be made there."""
    try:
        if folder.exists():
            raise MusegenError(f"{folder} exists already: name a new folder for the page.")
        if not folder.absolute().parent.is_dir():
            raise MusegenError(f"Cannot write {folder}: the folder {folder.parent} does not exist.")
    except OSError as error:
        raise MusegenError(f"Cannot write {folder}: {reason(error)}.") from error


def letter_orders(rows: int, clips: int, seed: int) -> list[tuple[int, ...]]:
    """For every clip the order of the rows under the letters: random, and every row equally often under each letter.

    As often as can be: in every `rows` clips in a row all rotations of one random order occur, shuffled.
    """
    random = np.random.default_rng(seed)
    orders: list[tuple[int, ...]] = []
    while len(orders) < clips:
        order = random.permutation(rows)
        orders += [tuple(np.roll(order, shift).tolist()) for shift in random.permutation(rows)]
    return orders[:clips]


def make_trial(rows: Sequence[Row], seed: int, order: Sequence[int], path: Path) -> Trial:
    """What is heard of the clip `path`: at the highest rate of all rows, equally loud, in the order of its letters."""
    rate = max(row.config.sample_rate_hz for row in rows)
    clips = {row.config: ReferenceClip.load(path, row.config) for row in rows}
    config, clip = max(clips.items(), key=lambda each: each[0].sample_rate_hz)
    original = clip.audio
    made: list[Floats] = []
    for row in (rows[at] for at in order):
        audio = make(row.method, clips[row.config], row.model, seed)
        if row.config.sample_rate_hz != config.sample_rate_hz:
            audio = soxr.resample(audio, row.config.sample_rate_hz, rate)
        made.append(as_long(audio, len(original)))
    matched = equally_loud([original, *made], rate)
    packed = [_flac(audio, rate) for audio in matched]
    return Trial(clip.name, packed[0], tuple(packed[1:]), tuple(rows[at].label for at in order))


def as_long(audio: Floats, samples: int) -> Floats:
    """Audio (samples,) cut, or padded with zeros, to a length."""
    return np.pad(audio[:samples], (0, max(0, samples - len(audio))))


def equally_loud(sounds: Sequence[Floats], sample_rate_hz: int) -> list[Floats]:
    """All sounds (samples,) at the loudness of the first (ITU-R BS.1770), then lower by one gain if any would clip.

    Silence stays silence.
    """
    levels = [loudness_lufs(sound, sample_rate_hz) for sound in sounds]
    gains = [
        10 ** ((levels[0] - level) / 20) if math.isfinite(level) and math.isfinite(levels[0]) else 1.0
        for level in levels
    ]
    matched = [sound * np.float32(gain) for sound, gain in zip(sounds, gains, strict=True)]
    peak = max(float(np.abs(sound).max(initial=0.0)) for sound in matched)
    return [sound * np.float32(min(1.0, PEAK / max(peak, PEAK))) for sound in matched]


def write_trials(trials: Sequence[Trial], folder: Path) -> None:
    """Write the files of all trials and the page into `folder`.

    A page that is opened as a file may not read others, but may run scripts beside it: so each clip is there as FLAC
    files for any player, and as a script with the same bytes for the page.
    """
    scripts: list[str] = []
    digest = hashlib.sha256()
    for index, trial in enumerate(trials):
        name = f"clip-{index + 1:02d}"
        sounds = (trial.original, *trial.made)
        for letter, sound in zip(("original", *LETTERS), sounds, strict=False):
            (folder / f"{name}-{letter}.flac").write_bytes(sound)
            digest.update(sound)
        encoded = json.dumps([base64.b64encode(sound).decode() for sound in sounds])
        (folder / f"{name}.js").write_text(f"receiveClip({index}, {encoded});\n", encoding="utf-8")
        scripts.append(f"{name}.js")
    data = {
        "id": f"listening-{digest.hexdigest()[:16]}",
        "clips": [trial.name for trial in trials],
        "letters": list(LETTERS[: len(trials[0].made)]),
        "scripts": scripts,
        # no secret, but nobody reads it by accident
        "sealed": base64.b64encode(json.dumps([trial.labels for trial in trials]).encode()).decode(),
    }
    (folder / PAGE).write_text(page_html(data), encoding="utf-8")


def page_html(data: dict[str, Any]) -> str:
    """The page with its style, its scripts and the data of the test."""
    page = _asset("page.html")
    for mark, text in (
        ("@STYLE@", _asset("style.css")),
        ("@SESSION@", _asset("session.js")),
        ("@PLAYER@", _asset("player.js")),
        ("@DATA@", json.dumps(data).replace("<", "\\u003c")),
    ):
        page = page.replace(mark, text.strip(), 1)
    return page


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _flac(audio: Floats, sample_rate_hz: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate_hz, "PCM_16", format="FLAC")
    return file.getvalue()
