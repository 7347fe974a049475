"""`musegen-daw doctor`: what of playing live works on this computer, what does not, and what to do."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from musegen_daw.commands.drum_request import OpenGenerator
from musegen_daw.commands.ports import OpenPorts, facts
from musegen_daw.core.clip import Clip, Note
from musegen_daw.core.parts import clip_bars
from musegen_daw.core.time import TimeMap
from musegen_daw.devices.findings import Finding, Level, diagnose, usable
from musegen_daw.devices.survey import ListDevices, listen, look
from musegen_daw.drumming.request import DrumRequest
from musegen_daw.errors import MusegenError

FASTEST_BAR_SECONDS = 1.0
"""A bar of 4/4 at 240 BPM: what a plan of one bar may take at most."""

_PPQ = 480
_MARKS = {Level.OK: "ok", Level.NOTE: "note", Level.PROBLEM: "PROBLEM"}


def run(
    args: Namespace, open_ports: OpenPorts, list_devices: ListDevices, open_generator: OpenGenerator
) -> int:
    """Print what was found; returns 0 when one can play, else 1."""
    with open_ports(args.api) as directory:
        survey = look(directory, list_devices)
        clock_bpm, feedback = listen(directory, args.listen)
    survey = replace(survey, clock_bpm=clock_bpm, feedback=feedback)
    findings = (*diagnose(survey), *_model(args.model, open_generator), *_soundfont())
    if args.json:
        said = {
            "usable": usable(findings),
            "findings": [asdict(finding) for finding in findings],
            **facts(survey),
            "clock_bpm": survey.clock_bpm,
            "feedback": survey.feedback,
        }
        print(json.dumps(said), flush=True)
    else:
        for finding in findings:
            print(_line(finding))
        print(
            "All that is needed to play is there." if usable(findings) else "Playing live will not work yet."
        )
    return 0 if usable(findings) else 1


def speed(name: str, bar_seconds: float) -> Finding:
    """Whether a generator that writes a bar of 4/4 in so many seconds is fast enough for every tempo."""
    what = f"{name} writes a bar of drums in {bar_seconds:.2f} s."
    if bar_seconds < FASTEST_BAR_SECONDS:
        return Finding(Level.OK, "model", what)
    bpm = 240 * FASTEST_BAR_SECONDS / bar_seconds
    advice = f"plans come late above {bpm:.0f} BPM: end what else keeps the computer busy"
    return Finding(Level.NOTE, "model", what, advice)


def _line(finding: Finding) -> str:
    advice = f"\n{'':17}-> {finding.advice}" if finding.advice else ""
    return f"{_MARKS[finding.level]:<8}{finding.subject:<9}{finding.what}{advice}"


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
    from musegen_daw.render.soundfont import find_soundfont, open_soundfont

    try:
        path = find_soundfont()
        open_soundfont(path)
    except MusegenError as error:
        yield Finding(Level.NOTE, "sound", str(error), "needed for --audio and for bounces")
        return
    yield Finding(Level.OK, "sound", f"The SoundFont is {path}.")
