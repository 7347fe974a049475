"""How to route from each DAW to the program and back, step by step, with the names of this computer's ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps of one DAW, in its own words."""

    daw: str
    steps: tuple[str, ...]


LINUX_DAWS = ("Ardour", "REAPER", "Bitwig")
"""Those with a recipe that run there, as likely as they stand."""


def likely_daw(platform: str, port_names: Iterable[str]) -> str:
    """The DAW to show first: on Linux the one whose ports are there, elsewhere Live."""
    if not platform.startswith("linux"):
        return "Live"
    names = [name.casefold() for name in port_names]
    found = (daw for daw in LINUX_DAWS if any(daw.casefold() in name for name in names))
    return next(found, LINUX_DAWS[0])


def recipes(to_program: str, from_program: str) -> tuple[Recipe, ...]:
    """The recipes, where a DAW sends to `to_program` and records what comes from `from_program`.

    After the manuals of the DAWs: MIDI settings, sync or clock, and the input and output choosers of tracks.
    """
    to, back = f"“{to_program}”", f"“{from_program}”"
    return (
        Recipe(
            "Live",
            (
                f"Settings → Link, Tempo & MIDI: for the output {to} turn Track and Sync on; for the input {back} turn "
                "Track on.",
                f"On the instrument's MIDI track set MIDI To to {to}.",
                f"On a MIDI track with a drum rack set MIDI From to {back}, Monitor to In.",
                "In Jam choose Clock: MIDI clock. Press play in Live.",
            ),
        ),
        Recipe(
            "REAPER",
            (
                f"Preferences → MIDI Devices: enable the output {to} and tick Send clock/SPP; enable the input {back}.",
                f"On the instrument's track: Route → MIDI hardware output → {to}.",
                f"On a track with a drum instrument: input MIDI → {back} → all channels, record arm, monitor on.",
                "In Jam choose Clock: MIDI clock. Press play in REAPER.",
            ),
        ),
        Recipe(
            "Bitwig",
            (
                f"Settings → Controllers: add a Generic MIDI Keyboard with the input {back}.",
                f"Settings → Synchronization: send MIDI clock to {to}.",
                f"After the instrument on its track add the device HW Instrument or Note → MIDI Out with {to}.",
                f"On a drum track choose {back} as note input and arm it. In Jam choose Clock: MIDI clock.",
            ),
        ),
        Recipe(
            "Logic",
            (
                f"File → Project Settings → Synchronization → MIDI: send MIDI clock to {to}.",
                f"Make a track of an External Instrument with {to} as MIDI destination and copy the part there.",
                f"Make a track with Drum Kit Designer, in its inspector set the MIDI input port to {back}, arm it.",
                "In Jam choose Clock: MIDI clock. Press play in Logic.",
            ),
        ),
        Recipe(
            "Ardour",
            (
                "Preferences → Transport → Generate: enable MIDI clock.",
                f"Window → MIDI Connections: connect Ardour's MIDI Clock out, and the output of the instrument's MIDI "
                f"track, to {to}.",
                f"Add a MIDI track with a drum instrument and connect its input to {back}; arm it.",
                "In Jam choose Clock: MIDI clock. Roll in Ardour.",
            ),
        ),
    )
