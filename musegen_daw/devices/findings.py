"""The findings of a survey: what works, what does not, what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from musegen_daw.devices import loopback
from musegen_daw.devices.drivers import ALSA, JACK
from musegen_daw.devices.ports import PortInfo, no_system
from musegen_daw.devices.survey import Survey
from musegen_daw.errors import PortError

# JACK clients that are no programs: sound cards, and ALSA ports shown by a bridge.
_BRIDGES = ("system", "a2j", "alsa_midi", "midi-bridge", "alsa_pcm")
_CLOCK_ADVICE = (
    "to be in time with the DAW let it send clock (Live: Settings, Link/Tempo/MIDI, Sync of the output; REAPER: "
    "Preferences, MIDI Devices, output, Send clock; Bitwig: Settings, Synchronization; Ardour: Preferences, MIDI, "
    "Generate MIDI clock) and connect it to 'musegen in'"
)


class Level(StrEnum):
    """OK; NOTE: something optional is missing; PROBLEM: playing will not work."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a subject, and advice where something can be done."""

    level: Level
    subject: str
    what: str
    advice: str = ""


def usable(findings: Sequence[Finding]) -> bool:
    """Whether nothing prevents playing."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def diagnose(survey: Survey, platform: str = sys.platform) -> tuple[Finding, ...]:
    """Judge a survey, MIDI systems first."""
    return (
        *_systems(survey),
        *_own_ports(survey, platform),
        *_unreached(survey),
        *_feedback(survey),
        *_clock(survey),
        *_sound(survey),
    )


def _systems(survey: Survey) -> Iterator[Finding]:
    problem = no_system(survey.systems)
    if problem is not None:
        yield Finding(Level.PROBLEM, "MIDI", problem, "start one of them, then run this again")
        return
    for label, reason in survey.systems.items():
        ports = f"{len(survey.inputs)} inputs and {len(survey.outputs)} outputs in all"
        if reason is None:
            yield Finding(Level.OK, "MIDI", f"{label} runs; there are {ports}.")
        else:
            yield Finding(
                Level.NOTE,
                "MIDI",
                reason,
                f"only needed to reach programs and devices that are on {label} alone",
            )


def _own_ports(survey: Survey, platform: str) -> Iterator[Finding]:
    if no_system(survey.systems) is not None:
        return
    if survey.created_on is not None:
        what = f"The ports 'musegen in' and 'musegen drums' can be created on {survey.created_on.upper()}."
        yield Finding(Level.OK, "ports", what)
        return
    try:
        wiring = loopback.wiring(
            [port.name for port in survey.inputs], [port.name for port in survey.outputs], platform
        )
    except PortError as error:
        yield Finding(Level.PROBLEM, "ports", "The program cannot create ports here.", str(error))
        return
    what = f"Ports cannot be created, but {wiring.input_name!r} and {wiring.output_name!r} lead to the DAW."
    yield Finding(Level.OK, "ports", what, wiring.advice)


def _unreached(survey: Survey) -> Iterator[Finding]:
    by_api = {key: _clients((*survey.inputs, *survey.outputs), key) for key in (ALSA.key, JACK.key)}
    for other, here in ((JACK, ALSA), (ALSA, JACK)):
        alone = by_api[other.key] - by_api[here.key]
        if survey.created_on == here.key and alone:
            yield Finding(
                Level.NOTE,
                "ports",
                f"On {other.label} only: {', '.join(sorted(alone))}; the ports of this program are created on "
                f"{here.label}.",
                f"to create them there, use --api {other.key}; to bridge the two, run 'a2jmidid -e'",
            )


def _clients(ports: Sequence[PortInfo], api: str) -> set[str]:
    clients = {port.name.partition(":")[0] for port in ports if port.api == api and port.loopback is None}
    return {client for client in clients if not client.casefold().startswith(_BRIDGES)}


def _feedback(survey: Survey) -> Iterator[Finding]:
    for output, heard_at in survey.feedback:
        yield Finding(
            Level.NOTE,
            "feedback",
            f"What is sent to {output!r} comes back at {heard_at!r}.",
            "do not listen to the one and play to the other: the drums would answer themselves",
        )


def _clock(survey: Survey) -> Iterator[Finding]:
    if not survey.clock_bpm and no_system(survey.systems) is None:
        yield Finding(
            Level.NOTE, "clock", "No MIDI clock is heard, so the program keeps its own tempo.", _CLOCK_ADVICE
        )
    for name, bpm in survey.clock_bpm.items():
        yield Finding(Level.OK, "clock", f"A MIDI clock of about {bpm:g} BPM comes from {name!r}.")


def _sound(survey: Survey) -> Iterator[Finding]:
    if survey.sound_problem is not None:
        yield Finding(Level.NOTE, "sound", survey.sound_problem, "only needed to hear drums without a DAW")
    elif not survey.sound_devices:
        yield Finding(
            Level.NOTE,
            "sound",
            "No audio device available.",
            "only needed to hear drums without a DAW",
        )
    else:
        default = next((each for each in survey.sound_devices if each.is_default), survey.sound_devices[0])
        what = f"Drums can be heard on {default.name!r} ({default.host}, {default.sample_rate_hz} Hz)."
        yield Finding(Level.OK, "sound", what)
