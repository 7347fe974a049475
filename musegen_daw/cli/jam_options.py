"""The options of `musegen-daw jam`, and the rig settings they make."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from musegen_daw import files
from musegen_daw import resource_paths as resources
from musegen_daw.cli.arguments import number, whole
from musegen_daw.devices.drivers import APIS
from musegen_daw.errors import MidiFileError
from musegen_daw.music.drum_maps import GENERAL_MIDI
from musegen_daw.music.parts import MAX_LOOP_BARS
from musegen_daw.sampler_maps import load_drum_map
from musegen_daw.suffixes import WRITTEN_MIDI_SUFFIXES

if TYPE_CHECKING:
    from musegen_daw.jam.settings import RigSettings

NONE = "none"
MAX_METER_LETTERS, MAX_BAR_BEATS = 5, 8
MAX_COUNT_IN_BARS, MAX_FILL_BARS = 16, 64


def add_options(command: argparse.ArgumentParser) -> None:
    _add_ports(command.add_argument_group("ports"))
    _add_sound(command.add_argument_group("sound and recording"))
    _add_time(command.add_argument_group("time"))
    _add_drums(command.add_argument_group("drums"))
    _add_knobs(command.add_argument_group("knobs"))
    command.add_argument("--json", action="store_true", help="print one JSON object for each bar and event")


def _add_ports(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--in", dest="inputs", action="append", default=[], metavar="PORT",
        help="listen to this port (repeatable; default: a new one, 'musegen in'; 'none': no input)",
    )  # fmt: skip
    group.add_argument(
        "--out",
        metavar="PORT",
        help="send the drums here (default: a new port, 'musegen drums'; 'none': no output)",
    )
    group.add_argument(
        "--api", choices=[api.key for api in APIS], help="only this MIDI system, where several run"
    )
    group.add_argument(
        "--channel", type=whole(1, 16), action="append", default=[], metavar="N",
        help="listen to this channel only (repeatable)",
    )  # fmt: skip
    group.add_argument(
        "--drum-channel",
        type=whole(1, 16),
        default=10,
        metavar="N",
        help="send on this channel (default: 10)",
    )
    group.add_argument(
        "--note-length",
        type=number(1, 10_000),
        default=100.0,
        metavar="MS",
        help="note length in ms (default: 100)",
    )
    group.add_argument(
        "--drum-map", metavar="NAME|FILE", help="drum map of your sampler (default: General MIDI)"
    )
    group.add_argument(
        "--offset", type=number(-500, 500), metavar="MS",
        help="send later, or earlier if negative (default: what was measured for the port)",
    )  # fmt: skip
    group.add_argument(
        "--measure-offset", action="store_true",
        help="send notes around a loop through the DAW, keep half of the time that takes as offset, and end",
    )  # fmt: skip


def _add_sound(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--audio", action="store_true", help="also play the drums on the sound device")
    group.add_argument("--audio-device", metavar="NAME", help="sound device (default: that of the system)")
    group.add_argument("--soundfont", type=Path, metavar="F", help="SoundFont (.sf2)")
    group.add_argument("--record", type=Path, metavar="OUT.mid", help="keep all that is heard and played")


def _add_time(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--clock",
        choices=["internal", "midi", "link"],
        default="internal",
        help="keep time, follow the DAW's MIDI clock, or share tempo and bars by Ableton Link",
    )
    group.add_argument(
        "--tempo", type=number(20, 300), default=120.0, metavar="BPM", help="tempo (default: 120)"
    )
    group.add_argument(
        "--meter", type=meter, default=(4, 4), metavar="N/D", help="3/4, 6/8, 7/8 ... (default: 4/4)"
    )
    group.add_argument("--count-in", type=whole(0, MAX_COUNT_IN_BARS), default=0, metavar="BARS")
    group.add_argument(
        "--send-clock", action="store_true", help="lead: send MIDI clock from a new port, 'musegen clock'"
    )
    group.add_argument("--wait", action="store_true", help="do not start before the space bar is pressed")


def _add_drums(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--mode", choices=["follow", "loop", "accompany"], default="follow",
        help="follow the player; play to a loop of the first bars; or keep going when the player rests",
    )  # fmt: skip
    group.add_argument(
        "--bars", type=whole(1, MAX_LOOP_BARS), default=4, metavar="N", help="length of a loop (default: 4)"
    )
    group.add_argument(
        "--when-silent", choices=["keep", "fade"], default="keep", help="with --mode accompany: keep on, or fade"
    )  # fmt: skip
    group.add_argument(
        "--fill-every",
        type=whole(0, MAX_FILL_BARS),
        default=8,
        metavar="BARS",
        help="a fill every so many bars, 0: never (default: 8)",
    )
    group.add_argument(
        "--density", type=number(0, 1), metavar="D", help="0 sparse to 1 busy; else as you play"
    )
    group.add_argument(
        "--energy", type=number(0, 1), default=0.5, metavar="E", help="0 soft to 1 hard (default: 0.5)"
    )
    group.add_argument(
        "--variation", type=number(0, 1), default=0.5, metavar="V", help="0 safe to 1 wild (default: 0.5)"
    )
    group.add_argument(
        "--swing",
        type=number(0.5, 0.75),
        default=0.5,
        metavar="S",
        help="0.5 straight to 0.75 (default: 0.5)",
    )
    group.add_argument(
        "--follow", type=number(0, 4), default=1.0, metavar="X", help="0 loosely to 4 closely (default: 1)"
    )
    group.add_argument(
        "--style", default="", metavar="NAME|CODE|FILE.mid",
        help="a style (see --list-styles), or that of these drums; else one that fits what you play first",
    )  # fmt: skip
    group.add_argument("--seed", type=whole(0, 2**31 - 1), default=0, metavar="S")
    group.add_argument(
        "--model", type=Path, default=resources.drum_model_dir(), metavar="DIR", help="another drum model"
    )


def _add_knobs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--controls", metavar="NAME", help="a saved set of knobs; made if there is none yet")
    group.add_argument(
        "--control-channel", type=whole(1, 16), metavar="N",
        help="program changes on this channel choose styles (1 to 19; 100: as you play) and sections (101 to 104)",
    )  # fmt: skip
    group.add_argument(
        "--learn", action="append", default=[], metavar="CONTROL",
        help="map the next knob or pad that moves to this control (repeatable; needs --controls)",
    )  # fmt: skip


def meter(text: str) -> tuple[int, int]:
    """Parses a meter such as 6/8: bars of one to eight quarter notes."""
    from musegen_daw.jam.patterns import DENOMINATORS

    above, _, below = text.partition("/")
    is_meter = above.isdecimal() and below.isdecimal() and len(text) <= MAX_METER_LETTERS
    if (
        not is_meter
        or int(below) not in DENOMINATORS
        or not 1 <= 4 * int(above) / int(below) <= MAX_BAR_BEATS
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is no meter such as 4/4, 3/4 or 6/8")
    return int(above), int(below)


def misuse(args: Namespace) -> str | None:
    """The contradiction in the options, as a sentence; None without one."""
    from musegen_daw.jam.control.controls import TARGETS

    if args.send_clock and args.clock != "internal":
        return f"--send-clock cannot go with --clock {args.clock}: a clock is either followed or sent"
    if args.out == NONE and not args.audio:
        return "--out none needs --audio: the drums have to go somewhere"
    if NONE in args.inputs and len(args.inputs) > 1:
        return "--in none cannot go with another --in"
    if args.inputs == [NONE] and (args.clock == "midi" or args.mode != "accompany"):
        return "--in none goes with --mode accompany and without --clock midi"
    if args.measure_offset and (args.out == NONE or args.inputs == [NONE]):
        return "--measure-offset needs a MIDI input and output"
    if args.learn and args.controls is None:
        return "--learn needs --controls NAME, to keep what is learned"
    unknown = [target for target in args.learn if target not in TARGETS]
    if unknown:
        return f"--learn: there is no control {unknown[0]!r}; there are {', '.join(TARGETS)}"
    return None


def rig_settings(args: Namespace) -> RigSettings:
    """Raises MusegenError."""
    from musegen_daw.jam.control.controls import Controls
    from musegen_daw.jam.output.performer import Kit
    from musegen_daw.jam.patterns import BarGrid
    from musegen_daw.jam.planning.modes import PlanSettings, WhenSilent
    from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode, JamSettings, RigSettings

    _check_recording(args.record)
    drum_map = load_drum_map(args.drum_map) if args.drum_map else GENERAL_MIDI
    jam = JamSettings(
        mode=JamMode(args.mode),
        when_silent=WhenSilent(args.when_silent),
        loop_bars=args.bars,
        planning=PlanSettings(seed=args.seed, follow=args.follow, fill_every_bars=args.fill_every),
        kit=Kit(drum_map, args.drum_channel - 1, args.note_length / 1000),
        grid=BarGrid(*args.meter),
        channels=frozenset(channel - 1 for channel in args.channel) or None,
    )
    return RigSettings(
        input_names=() if args.inputs == [NONE] else tuple(args.inputs) or (OWN_INPUT,),
        output_name=None if args.out == NONE else args.out or OWN_OUTPUT,
        audio=args.audio,
        audio_device=args.audio_device,
        soundfont=args.soundfont,
        clock=ClockSource(args.clock),
        tempo_bpm=args.tempo,
        count_in_bars=args.count_in,
        send_clock=args.send_clock,
        jam=jam,
        controls=Controls(
            density=args.density, energy=args.energy, variation=args.variation, swing=args.swing
        ),
        offset_seconds=None if args.offset is None else args.offset / 1000,
        record_path=args.record,
        style=args.style,
        control_channel=None if args.control_channel is None else args.control_channel - 1,
        control_map=args.controls,
    )


def _check_recording(path: Path | None) -> None:
    """Raises MidiFileError where a recording could not be written, before anything is played."""
    if path is None:
        return
    if path.suffix.lower() not in WRITTEN_MIDI_SUFFIXES:
        raise MidiFileError(f"The recording {path} must end in .mid.")
    files.check_writable(path, MidiFileError)
