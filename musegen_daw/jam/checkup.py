"""Checks all that playing needs: ports, sound, a drum model that is fast enough, a SoundFont."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from musegen_daw.devices.findings import Finding, Level, diagnose
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.devices.survey import LISTEN_SECONDS, ListDevices, Survey, listen, look
from musegen_daw.drums.job import OpenGenerator
from musegen_daw.drums.request import DrumRequest
from musegen_daw.errors import MusegenError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.parts import clip_bars
from musegen_daw.music.time import TimeMap

FASTEST_BAR_SECONDS = 1.0
"""A bar of 4/4 at 240 BPM: what a plan of one bar may take at most."""

_PPQ = 480


def examine(
    directory: PortDirectory,
    list_devices: ListDevices,
    open_generator: OpenGenerator,
    model_dir: Path,
    listen_seconds: float = LISTEN_SECONDS,
) -> tuple[Survey, tuple[Finding, ...]]:
    """Survey the computer and judge it; takes seconds, opens every input and sends every output a probe."""
    survey = look(directory, list_devices)
    clock_bpm, feedback = listen(directory, listen_seconds)
    survey = replace(survey, clock_bpm=clock_bpm, feedback=feedback)
    return survey, (*diagnose(survey), *_model(model_dir, open_generator), *_soundfont())


def speed(name: str, bar_seconds: float) -> Finding:
    """Whether a generator that takes `bar_seconds` for a bar of 4/4 is fast enough for every tempo."""
    what = f"{name} writes a bar of drums in {bar_seconds:.2f} s."
    if bar_seconds < FASTEST_BAR_SECONDS:
        return Finding(Level.OK, "model", what)
    bpm = 240 * FASTEST_BAR_SECONDS / bar_seconds
    advice = f"plans come late above {bpm:.0f} BPM: end what else keeps the computer busy"
    return Finding(Level.NOTE, "model", what, advice)


def _model(folder: Path, open_generator: OpenGenerator) -> Iterator[Finding]:
    try:
        generator = open_generator(folder)
        generator.generate(_one_bar())  # the first is slower than all others
        start_seconds = time.perf_counter()
        generator.generate(_one_bar())
        seconds = time.perf_counter() - start_seconds
    except MusegenError as error:
        yield Finding(Level.PROBLEM, "model", str(error), "install the program again, or give --model")
        return
    yield speed(generator.name, seconds)


def _one_bar() -> DrumRequest:
    notes = tuple(Note(48, 90, beat * _PPQ, _PPQ // 2) for beat in range(4))
    part = Clip(notes, 4 * _PPQ, _PPQ, "Bass", 33)
    return DrumRequest((part,), clip_bars(TimeMap(_PPQ), (part,)), _PPQ, bpm=120)


def _soundfont() -> Iterator[Finding]:
    from musegen_daw.playback.synth.soundfont import find_soundfont

    try:
        found = find_soundfont()
        found.open()
    except MusegenError as error:
        yield Finding(Level.NOTE, "sound", str(error), "needed for --audio and for bounces")
        return
    yield Finding(Level.OK, "sound", f"The SoundFont is {found.path} ({found.origin.value}).")
