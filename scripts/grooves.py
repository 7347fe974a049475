"""`python -m scripts.grooves [FOLDER]`: write the bundled grooves again, from two bars of text each.

One line a piece of the kit, one character a step: `g` ghost, `s` soft, `m` medium, `x` normal, `X` accent, `.` rest.
Sixteen steps a bar are sixteenths, twelve are eighth-note triplets. All patterns are the common property of their
styles, written down for this project. The names of learned styles come from these grooves: after a change, export
the drum model again.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np

from musegen_daw.midi.drum_channels import DRUM_CHANNEL
from musegen_daw.music.kit import PIECES
from musegen_daw.resource_paths import resources_dir

PPQ = 480
BEATS_PER_BAR = 4
VELOCITIES = {"g": 28, "s": 46, "m": 68, "x": 90, "X": 114}
BARS = 2
_HIT_TICKS = PPQ // 10
_VELOCITY_SPREAD = 3.0
_PITCHES = {piece.name: piece.pitch for piece in PIECES}


@dataclass(frozen=True, slots=True)
class Groove:
    """A pattern and its feel.

    `swing` is the share of a pair of steps that the first one takes (0.5 is straight). `late_ms` moves a
    piece against the beat, later when positive. `looseness_ms` is the standard deviation of single strokes.
    """

    name: str
    bpm: float
    grid: str
    swing: float = 0.5
    late_ms: Mapping[str, float] = field(default_factory=dict)
    looseness_ms: float = 3.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """One hit of the grid; `late_ms` is what its piece is moved by against the beat."""

    start_beats: float
    pitch: int
    velocity: int
    late_ms: float


def strokes(groove: Groove) -> tuple[Stroke, ...]:
    """The strokes of the grid; raises ValueError for a line that is not two full bars of known levels."""
    found: list[Stroke] = []
    for line in filter(None, map(str.strip, groove.grid.splitlines())):
        piece, *bars = (part.strip() for part in line.split("|"))
        if len(bars) != BARS or {len(bar) for bar in bars} not in ({16}, {12}):
            raise ValueError(f"{groove.name}: {line!r} is not {BARS} bars of 16 or 12 steps")
        if piece not in _PITCHES or not set("".join(bars)) <= {".", *VELOCITIES}:
            raise ValueError(f"{groove.name}: {line!r} names an unknown piece or level")
        steps_per_beat = len(bars[0]) // BEATS_PER_BAR
        for step, level in enumerate("".join(bars)):
            if level == ".":
                continue
            delay = 2 * groove.swing - 1 if steps_per_beat == 4 and step % 2 else 0.0
            start_beats = (step + delay) / steps_per_beat
            late_ms = groove.late_ms.get(piece, 0.0)
            found.append(Stroke(start_beats, _PITCHES[piece], VELOCITIES[level], late_ms))
    return tuple(found)


GROOVES = (
    Groove("rock", 118, """
        closed hat | X.m.x.m.X.m.x.m. | X.m.x.m.X.m.x...
        open hat   | ................ | ..............x.
        snare      | ....X.......X..g | ....X..g....X...
        kick       | X.......x.x..... | X..m....x.x.....
        """, late_ms={"snare": 3}),
    Groove("half-time", 140, """
        closed hat | X...x...X...x.m. | X...x...X...x...
        open hat   | ................ | ..............x.
        snare      | ........X....... | ........X.....g.
        kick       | X.....x.......x. | X..x..........x.
        """, late_ms={"snare": 8}),
    Groove("four-on-the-floor", 124, """
        kick       | X...X...X...X... | X...X...X...X...
        clap       | ....X.......X... | ....X.......X..s
        open hat   | ..x...x...x...x. | ..x...x...x...x.
        closed hat | ms.sms.sms.sms.s | ms.sms.sms.smssm
        """, looseness_ms=1.0),
    Groove("funk", 102, """
        closed hat | XmxmXmxmXmxmXmxm | XmxmXmxmXmxmX.xm
        open hat   | ................ | .............x..
        snare      | ....X..g.g.gX..g | ....X..g.g..X.g.
        kick       | X.....x...x..... | X..x..x...x..x..
        """, swing=0.53, late_ms={"snare": 4, "closed hat": -2}),
    Groove("soul", 108, """
        tambourine | ....x.......x... | ....x.......x...
        closed hat | x.m.x.m.x.m.x.m. | x.m.x.m.x.m.x.m.
        snare      | X...X...X...X... | X...X...X...X.mx
        kick       | X.....x.X....... | X.....x.X..m....
        """, swing=0.54, late_ms={"snare": 5, "tambourine": 7}),
    Groove("hip-hop", 88, """
        closed hat | x.m.x.m.x.m.x.mg | x.m.x.m.x.mgx.m.
        snare      | ....X.......X... | ....X..g....X...
        kick       | X......m..x..... | X.x....m..x..x..
        """, swing=0.58, late_ms={"snare": 14, "kick": 4, "closed hat": -3}, looseness_ms=4.0),
    Groove("breakbeat", 136, """
        ride       | X.m.x.m.X.m.x.m. | X.m.x.m.X.m.x...
        crash      | ................ | ..............x.
        snare      | ....X..g.g..X..g | .g..X..g.g....X.
        kick       | X.x.......x..... | X.x.......x.....
        """, swing=0.52, looseness_ms=4.0),
    Groove("reggae", 76, """
        closed hat | m...X.s.m...X.s. | m...X.s.m...X...
        open hat   | ................ | ..............x.
        side stick | ........X....... | ........X...s..m
        kick       | ........X....... | ........X.......
        """, swing=0.56, late_ms={"kick": 8, "side stick": 10}, looseness_ms=4.0),
    Groove("bossa", 138, """
        closed hat | x.s.m.s.x.s.m.s. | x.s.m.s.x.s.m.s.
        pedal hat  | ....s.......s... | ....s.......s...
        side stick | x.....x.....X... | ....x.....X.....
        kick       | x.....m.x.....m. | x.....m.x.....m.
        """),
    Groove("swing", 152, """
        ride       | x..X.mx..X.m     | x..X.mx..X.m
        pedal hat  | ...x.....x..     | ...x.....x..
        snare      | .....s......     | ..s.....g..m
        kick       | s..s..s..s..     | s..s..s..s.m
        """, late_ms={"snare": 6, "ride": -3}, looseness_ms=5.0),
    Groove("shuffle", 120, """
        closed hat | X.mx.mX.mx.m     | X.mx.mX.mx..
        open hat   | ............     | ...........x
        snare      | ..gX.g..gX.g     | ..gX.g..gX.g
        kick       | X.....x.m...     | X....mx.....
        """, late_ms={"snare": 6}),
    Groove("half-time-shuffle", 92, """
        closed hat | X.mx.mX.mx.m     | X.mx.mX.mx.m
        snare      | .g..g.X..g.g     | .g..g.X..g.g
        kick       | X....m.....x     | X.x........x
        """, late_ms={"snare": 7}, looseness_ms=4.0),
    Groove("metal", 172, """
        china      | x...x...x...x... | x...x...x...x...
        snare      | ....X.......X... | ....X.......X...
        kick       | X.xxX.xxX.xxX.xx | XxxxXxxxXxxxXxxx
        """, looseness_ms=1.5),
    Groove("disco", 118, """
        kick       | X...X...X...X... | X...X...X...X...
        snare      | ....X.......X... | ....X.......X.g.
        closed hat | xm.mxm.mxm.mxm.m | xm.mxm.mxm.mxm.m
        open hat   | ..x...x...x...x. | ..x...x...x...x.
        """, looseness_ms=2.0),
    Groove("ballad", 68, """
        closed hat | m.s.m.s.m.s.m.s. | m.s.m.s.m.s.m.s.
        side stick | ....x.......x... | ....x.......x...
        kick       | x.........m..... | x......s..m...s.
        """, late_ms={"side stick": 10, "kick": 3}, looseness_ms=6.0),
    Groove("latin", 98, """
        cowbell    | X.m.x.m.X.m.x.m. | X.m.x.m.X.m.x.m.
        side stick | ..x.x...X..x..x. | ..x.x...X..x..x.
        high tom   | ......mm......xm | ......mm......xm
        kick       | ...m..x....m..x. | ...m..x....m..x.
        """),
    Groove("samba", 104, """
        shaker     | XsmxXsmxXsmxXsmx | XsmxXsmxXsmxXsmx
        pedal hat  | ..m...m...m...m. | ..m...m...m...m.
        side stick | x.x..x.x..x.x..x | .x.x..x.x..x.x..
        kick       | m..sX..sm..sX..s | m..sX..sm..sX..s
        """, looseness_ms=4.0),
    Groove("train-beat", 110, """
        snare      | smXssmXssmXssmXs | smXssmXssmXsmxXx
        pedal hat  | ..x...x...x...x. | ..x...x...x...x.
        kick       | x...m...x...m... | x...m...x...m...
        """),
    Groove("punk", 184, """
        closed hat | X.x.X.x.X.x.X.x. | X.x.X.x.X.x.X...
        crash      | ................ | ..............X.
        snare      | ....X.......X... | ....X.......X.x.
        kick       | X.....x.X.x..... | X.....x.X.x...x.
        """, looseness_ms=4.0),
)  # fmt: skip


def write_groove(groove: Groove, path: Path) -> None:
    """A type 1 file of two bars; strokes stray from the grid at random, seeded by the name of the file."""
    rng = np.random.default_rng(list(path.stem.encode()))
    length_ticks = BARS * BEATS_PER_BAR * PPQ
    conductor = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=round(60e6 / groove.bpm)),
            mido.MetaMessage("time_signature", numerator=4, denominator=4),
            mido.MetaMessage("end_of_track", time=length_ticks),
        ]
    )
    track = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="Drums"),
            mido.Message("program_change", channel=DRUM_CHANNEL, program=0),
        ]
    )
    now = 0
    for tick, message in _events(groove, length_ticks, rng):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=length_ticks - now))
    midi = mido.MidiFile(type=1, ticks_per_beat=PPQ)
    midi.tracks += [conductor, track]
    midi.save(path)


def _events(groove: Groove, length_ticks: int, rng: np.random.Generator) -> list[tuple[int, mido.Message]]:
    ticks_per_ms = PPQ * groove.bpm / 60_000
    moments: dict[float, float] = {}
    notes: list[tuple[int, int, int, int]] = []
    for stroke in sorted(strokes(groove), key=lambda stroke: (stroke.start_beats, stroke.pitch)):
        # strokes of one moment move together, and then a little apart
        together = moments.setdefault(stroke.start_beats, float(rng.normal(0, groove.looseness_ms)))
        late_ms = stroke.late_ms + together + float(rng.normal(0, 0.3 * groove.looseness_ms))
        start = round(stroke.start_beats * PPQ + late_ms * ticks_per_ms)
        start = min(max(0, start), length_ticks - 1)
        end = min(length_ticks, start + _HIT_TICKS)
        velocity = round(stroke.velocity + float(rng.normal(0, _VELOCITY_SPREAD)))
        notes.append((start, end, stroke.pitch, min(127, max(1, velocity))))
    events: list[tuple[int, int, int, mido.Message]] = []
    next_start: dict[int, int] = {}
    for start, end, pitch, velocity in sorted(notes, reverse=True):
        # a note ends where the same pitch is played again
        end = max(start + 1, min(end, next_start.get(pitch, end)))
        next_start[pitch] = start
        on = mido.Message("note_on", channel=DRUM_CHANNEL, note=pitch, velocity=velocity)
        off = mido.Message("note_off", channel=DRUM_CHANNEL, note=pitch, velocity=0)
        events += [(start, 1, pitch, on), (end, 0, pitch, off)]
    events.sort(key=lambda event: event[:3])
    return [(tick, message) for tick, _, _, message in events]


def main(argv: list[str]) -> int:
    folder = Path(argv[0]) if argv else resources_dir() / "grooves"
    folder.mkdir(parents=True, exist_ok=True)
    for groove in GROOVES:
        write_groove(groove, folder / f"{groove.name}.mid")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
