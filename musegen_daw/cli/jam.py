"""`musegen-daw jam`: play live, until a key, a signal or a closed terminal ends it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from musegen_daw.cli import jam_options, standard_output
from musegen_daw.cli.endings import Endings, last_resort
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands, Keys, Parser, say
from musegen_daw.drums.job import DrumWriter
from musegen_daw.errors import PortError

if TYPE_CHECKING:
    from musegen_daw.cli.jam_display import Display
    from musegen_daw.devices.ports import PortDirectory
    from musegen_daw.jam.control.controls import Controls
    from musegen_daw.jam.rig import JamRig
    from musegen_daw.jam.settings import RigSettings

REDRAW_SECONDS = 0.1
DENSITY_STEP = 0.1
MIDDLE_DENSITY = 0.5
QUIT = ("q", "Q", "\x03", "\x04", Keys.CLOSED)


def register(commands: Commands, for_both: Parser) -> None:
    command = commands.add_parser("jam", parents=[for_both], help="play live: MIDI in, drums that follow out")
    jam_options.add_options(command)
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Play until told to end; returns 0, or 2 for contradictory options; raises MusegenError."""
    misuse = jam_options.misuse(args)
    if misuse is not None:
        say(f"musegen-daw jam: error: {misuse}", sys.stderr)
        return 2
    from musegen_daw.cli.jam_display import Display, NobodyReadsError

    with Endings() as endings:
        settings = jam_options.rig_settings(args)
        display = Display(as_json=args.json)
        with services.open_ports(args.api) as directory:
            try:
                if args.measure_offset:
                    _measure_offset(settings, directory, display, endings)
                else:
                    _jam(settings, directory, services.open_generator(args.model), args, display, endings)
            except NobodyReadsError:
                standard_output.forget()
    return 0


def _jam(
    settings: RigSettings,
    directory: PortDirectory,
    generator: DrumWriter,
    args: Namespace,
    display: Display,
    endings: Endings,
) -> None:
    from musegen_daw.jam.rig import JamRig

    rig = JamRig(settings, generator, directory)
    try:
        with last_resort(rig.silence), Keys() as keys:
            _play(rig, args, display, keys, endings)
    finally:
        rig.close()
    display.end()
    sentence = "Stopped." if args.record is None else f"Stopped; what was played is in {args.record}."
    display.event("end", sentence, recorded=None if args.record is None else str(args.record))


def _measure_offset(
    settings: RigSettings, directory: PortDirectory, display: Display, endings: Endings
) -> None:
    from musegen_daw.jam.offset import measure_offset
    from musegen_daw.jam.user_settings import save_offset
    from musegen_daw.user_folders import user_folder

    found = measure_offset(
        settings,
        directory,
        told=lambda sentence: display.event("connect", sentence, sentence=sentence),
        is_over=lambda: endings.asked,
    )
    save_offset(user_folder(), found.port_name, found.offset_seconds)
    round_trip_ms, spread_ms = 1000 * found.round_trip_seconds, 1000 * found.spread_seconds
    display.event(
        "offset",
        found.sentence,
        port=found.port_name,
        offset_ms=round(1000 * found.offset_seconds, 3),
        round_trip_ms=round(round_trip_ms, 3),
        spread_ms=round(spread_ms, 3),
    )


def _play(rig: JamRig, args: Namespace, display: Display, keys: Keys, endings: Endings) -> None:
    from musegen_daw.cli.jam_display import KEYS, facts_of

    _say_ports(rig, display)
    if keys.are_read and not args.json:
        display.event("keys", KEYS)
    to_learn = list(args.learn)
    # In a Link session a start starts all peers, which is for a person to do.
    is_waiting = not (args.wait or rig.time.is_led or rig.time.link_peers is not None)
    while not endings.asked:
        status = rig.status
        if is_waiting and status.is_ready:
            rig.start()
            is_waiting = False
        if to_learn and status.jam.learning is None:
            rig.session.learn(target := to_learn.pop(0))
            display.event("learn", f"Move the knob or pad for: {target}.", control=target)
        rig.save_learned()
        display.show(facts_of(status, rig.session.picture))
        if rig.failure:
            raise PortError(rig.failure)
        for key in _pressed(keys.read(REDRAW_SECONDS)):
            if key in QUIT:
                endings.ask()
            elif key in _KEYS:
                _KEYS[key](rig)


def _pressed(text: str) -> tuple[str, ...]:
    return (text,) if text == Keys.CLOSED else tuple(text)


def _hold(controls: Controls) -> Controls:
    return replace(controls, hold=not controls.hold)


def _denser(step: float) -> Callable[[Controls], Controls]:
    def change(controls: Controls) -> Controls:
        density = MIDDLE_DENSITY if controls.density is None else controls.density
        return replace(controls, density=round(min(1.0, max(0.0, density + step)), 2))

    return change


_KEYS: dict[str, Callable[[JamRig], object]] = {
    " ": lambda rig: rig.toggle(),
    "t": lambda rig: rig.time.tap(),
    "f": lambda rig: rig.session.fill_now(),
    "h": lambda rig: rig.session.change(_hold),
    "p": lambda rig: rig.session.panic(),
    "+": lambda rig: rig.session.change(_denser(DENSITY_STEP)),
    "=": lambda rig: rig.session.change(_denser(DENSITY_STEP)),
    "-": lambda rig: rig.session.change(_denser(-DENSITY_STEP)),
    **{name.lower(): lambda rig, name=name: rig.recall_section(name) for name in "ABCD"},
    **{name: lambda rig, name=name: rig.store_section(name) for name in "ABCD"},
}


def _say_ports(rig: JamRig, display: Display) -> None:
    status = rig.status
    inputs, outputs = [port.name for port in status.inputs], [port.name for port in status.outputs]
    sentence = f"Listening to {_listed(inputs)}; the drums go to {_listed(outputs)}. {rig.advice}".rstrip()
    display.event(
        "ports",
        sentence,
        inputs=inputs,
        outputs=outputs,
        offset_ms=round(1000 * status.offset_seconds, 3),
        advice=rig.advice,
    )


def _listed(names: list[str]) -> str:
    return " and ".join(repr(name) for name in names) or "nothing"
