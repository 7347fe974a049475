"""Describes a groove in musicians' words: its feel, and its timekeeper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.meter import METERS, Meter
from musegen_daw.drums.style import Floats
from musegen_daw.music.kit import PIECES, VOICE_OF_PIECE, VOICES

SWUNG = 0.5
"""The share of beats in triplets from which a groove counts as swung."""

SLOW_BPM, FAST_BPM = 84, 160
_FOUR_FOUR = Meter(FRAMES_PER_BAR, is_compound=False)
_BEATS, _EIGHTHS, _BACKBEATS = [0, 4, 8, 12], [2, 6, 10, 14], [4, 12]
_LATE_SIXTEENTHS = [3, 7, 11, 15]
_SON_CLAVE = ((0, 6, 12), (4, 10))

_TIMEKEEPERS = {
    "hats": ("closed hat",),
    "pedal hats": ("pedal hat",),
    "open hats": ("open hat",),
    "ride": ("ride", "ride bell"),
    "crashes": ("crash", "china", "splash"),
    "shaker": ("shaker",),
    "tambourine": ("tambourine",),
    "cowbell": ("cowbell",),
    "toms": ("low tom", "mid tom", "high tom"),
}
_NAMES = [piece.name for piece in PIECES]
_TOMS = [
    index
    for index, voice in enumerate(VOICE_OF_PIECE)
    if voice is not None and VOICES[voice] in _TIMEKEEPERS["toms"]
]


@dataclass(frozen=True, eq=False)
class GrooveFacts:
    """Two bars of probabilities (2, 16, pieces), the share of beats in triplets, the meter, and quarters a minute."""

    pattern: Floats
    triplets: float
    meter: Meter = _FOUR_FOUR
    bpm: float | None = None

    def of(self, *names: str) -> npt.NDArray[np.float32]:
        """The probability of any of the pieces at each sixteenth, averaged over both bars: (16,), at most 1."""
        own = self.pattern[..., [_NAMES.index(name) for name in names]].sum(axis=-1)
        return np.minimum(own, 1.0).mean(axis=0).astype(np.float32)

    @property
    def kick(self) -> npt.NDArray[np.float32]:
        return self.of("kick")

    @property
    def snare(self) -> npt.NDArray[np.float32]:
        """Snare, side stick and clap (16,)."""
        return self.of("snare", "side stick", "clap")

    @property
    def backbeat(self) -> float:
        """The probability of the snare on two and four."""
        return float(self.snare[_BACKBEATS].mean())

    @property
    def hits(self) -> float:
        """Hits a bar."""
        return float(self.pattern.sum()) / len(self.pattern)


def describe(pattern: Floats, triplets: float, meter: str, bpm: float | None = None) -> str:
    """Feel and timekeeper of a style, such as "half-time rock, eighth hats".

    `pattern` (2, 16, pieces) holds probabilities, `triplets` is the share of beats in triplets, `meter` a name in
    `METERS`. With `bpm` a slow backbeat is a ballad and a fast one is punk.
    """
    groove = GrooveFacts(pattern, triplets, METERS.get(meter, _FOUR_FOUR), bpm)
    feel = feel_of(groove, meter)
    keeper = timekeeper(groove)
    if feel == "tom groove" and keeper.endswith("toms"):
        return feel if keeper == "toms" else f"{keeper.removesuffix(' toms')} {feel}"
    return f"{feel}, {keeper or 'few cymbals'}"


def feel_of(groove: GrooveFacts, meter: str) -> str:
    """The feel alone, such as "shuffle" or "four on the floor"."""
    if meter == "3/4":
        return _of_three(groove)
    if meter == "6/8":
        return _of_six(groove)
    if meter != "4/4":
        return {"2/4": "two-beat", "7/8": "seven eight"}.get(meter, "odd meter")
    rules = _SWUNG_FEELS if groove.triplets >= SWUNG or _rides_in_swing(groove) else _STRAIGHT_FEELS
    found = next((name for name, fits in rules if fits(groove)), "")
    return _by_tempo(found, groove) if found else _without_backbeat(groove)


def _by_tempo(feel: str, groove: GrooveFacts) -> str:
    if groove.bpm is None:
        return feel
    if feel == "rock" and groove.bpm >= FAST_BPM:
        return "punk"
    return "ballad" if feel in ("rock", "pop") and groove.bpm <= SLOW_BPM and groove.hits <= 15 else feel


def _of_three(groove: GrooveFacts) -> str:
    if _tom_mass(groove) >= 3:
        return "tom waltz"
    if groove.triplets >= 0.4:
        return "jazz waltz"
    return "busy waltz" if groove.kick.sum() >= 4 else "waltz"


def _of_six(groove: GrooveFacts) -> str:
    if groove.snare.sum() >= 4:
        return "6/8 march"
    if groove.snare[6] >= 0.35:
        return "6/8 ballad" if groove.hits <= 11 else "6/8 rock"
    return "6/8 groove"


def _rides_in_swing(groove: GrooveFacts) -> bool:
    """Whether the ride plays the jazz pattern, with the last third of two and four, while others play straight."""
    ride = groove.of("ride", "ride bell", "closed hat")
    skips = float(ride[[7, 15]].mean())
    others = max(float(ride[[3, 11]].mean()), float(ride[_EIGHTHS].mean()))
    return groove.triplets >= 0.3 and groove.backbeat < 0.6 and skips >= 0.4 and skips > 1.5 * others


def _tom_mass(groove: GrooveFacts) -> float:
    return float(groove.pattern[..., _TOMS].sum()) / 2


def _is_tom_groove(groove: GrooveFacts) -> bool:
    return _tom_mass(groove) >= 3 and _tom_mass(groove) > float(groove.snare.sum())


def _is_bossa(groove: GrooveFacts) -> bool:
    stick = groove.pattern[..., _NAMES.index("side stick")]
    if float(stick[:, _BACKBEATS].min(axis=1).mean()) >= 0.4:
        return False
    sides = [
        np.concatenate([stick[turn, _SON_CLAVE[0]], stick[1 - turn, _SON_CLAVE[1]]]).mean() for turn in (0, 1)
    ]
    return max(sides) >= 0.6


def _is_samba(groove: GrooveFacts) -> bool:
    kick = groove.kick
    pushes = float(kick[_LATE_SIXTEENTHS].mean())
    between = max(float(kick[1::4].mean()), float(kick[_EIGHTHS].mean()))
    return pushes >= 0.4 and float(kick[_BACKBEATS].mean()) >= 0.4 and pushes >= 2 * between


def _is_one_drop(groove: GrooveFacts) -> bool:
    kick, snare = groove.kick, groove.snare
    return bool(kick[0] < 0.3 and kick[8] >= 0.4 and snare[8] >= 0.35 and groove.backbeat < 0.3)


def _is_four_floor(groove: GrooveFacts) -> bool:
    kick = groove.kick
    return bool(kick[_BEATS].min() >= 0.5 and kick[_BEATS].mean() >= 1.6 * kick[_EIGHTHS].mean())


def _is_disco(groove: GrooveFacts) -> bool:
    opened, snare, clap = groove.of("open hat"), groove.of("snare"), groove.of("clap")
    return (
        _is_four_floor(groove)
        and float(opened[_EIGHTHS].mean()) >= 0.4
        and float(snare[_BACKBEATS].mean()) >= max(0.4, float(clap[_BACKBEATS].mean()))
    )


def _is_half_time(groove: GrooveFacts) -> bool:
    third = float(groove.snare[8])
    return third >= 0.35 and third >= 1.8 * groove.backbeat


def _is_double_time(groove: GrooveFacts) -> bool:
    off = float(groove.snare[_EIGHTHS].mean())
    return off >= 0.5 and off > 1.5 * float(groove.snare[_BEATS].mean())


def _is_on_every_beat(groove: GrooveFacts) -> bool:
    snare = groove.snare
    return bool(
        groove.kick.sum() >= 1.5
        and snare[_BEATS].min() >= 0.5
        and snare[_BEATS].mean() >= 2 * snare[_EIGHTHS].mean()
    )


def _is_train(groove: GrooveFacts) -> bool:
    snare = groove.snare
    return bool(snare.mean() >= 0.45 and snare[1::2].mean() >= 0.4)


def _is_brushed(groove: GrooveFacts) -> bool:
    snare = groove.snare
    return bool(snare.sum() >= 6 and snare[[0, 8]].mean() >= 0.5 * groove.backbeat)


def _is_march(groove: GrooveFacts) -> bool:
    snare = groove.snare
    even = groove.backbeat <= 1.8 * float(snare[[0, 8]].mean())
    return bool(even and snare[::2].mean() >= 0.4 and snare.sum() >= 1.4 * groove.kick.sum())


def _is_blast(groove: GrooveFacts) -> bool:
    return bool(groove.snare[::2].mean() >= 0.5 and groove.kick[::2].mean() >= 0.5)


def _is_gallop(groove: GrooveFacts) -> bool:
    kick = groove.kick
    gallop = min(float(kick[places].mean()) for places in (_BEATS, _EIGHTHS, _LATE_SIXTEENTHS))
    return bool(kick[_BEATS].min() >= 0.4 and gallop >= 0.45 and gallop >= 1.5 * float(kick[1::4].mean()))


def _is_funk(groove: GrooveFacts) -> bool:
    snare, kick = groove.snare, groove.kick
    ghosts = float(snare.sum() - snare[_BEATS].sum())
    return groove.backbeat >= 0.35 and ghosts >= 1.3 and float(kick.sum() - kick[_BEATS].sum()) >= 1.2


def _is_break(groove: GrooveFacts) -> bool:
    kick = groove.kick
    return bool(groove.backbeat >= 0.4 and min(kick[2], kick[10]) >= 0.6 and kick[10] >= 2 * kick[8])


def _has_backbeat(groove: GrooveFacts) -> bool:
    return groove.backbeat >= 0.3 and groove.backbeat >= 1.5 * float(groove.snare[[0, 8]].mean())


def _is_ballad(groove: GrooveFacts) -> bool:
    stick, others = groove.of("side stick"), groove.of("snare", "clap")
    return float(stick[_BACKBEATS].mean()) >= max(0.35, float(others[_BACKBEATS].mean()))


def _is_pop(groove: GrooveFacts) -> bool:
    return _has_backbeat(groove) and float(groove.of("closed hat", "pedal hat", "shaker")[1::2].mean()) >= 0.3


def _is_heavy(groove: GrooveFacts) -> bool:
    cymbals = groove.of("crash", "china", "open hat")
    return _has_backbeat(groove) and float(cymbals[_BEATS].mean()) >= 0.3


def _is_upside_down(groove: GrooveFacts) -> bool:
    kick = groove.kick
    return bool(kick[_BACKBEATS].mean() >= 0.5 and kick[_BACKBEATS].mean() >= 1.6 * kick[[0, 8]].mean())


Rules = tuple[tuple[str, Callable[[GrooveFacts], bool]], ...]

_SWUNG_FEELS: Rules = (
    ("tom groove", _is_tom_groove),
    ("half-time shuffle", _is_half_time),
    ("brush swing", _is_brushed),
    ("ballad shuffle", lambda groove: _is_ballad(groove) and not _rides_in_swing(groove)),
    ("shuffle", lambda groove: groove.backbeat >= 0.35 and not _rides_in_swing(groove)),
    ("swing", lambda groove: float(groove.of("ride", "ride bell", "closed hat").sum()) >= 2),
    ("shuffle", lambda groove: groove.triplets >= SWUNG),
)
_STRAIGHT_FEELS: Rules = (
    ("tom groove", _is_tom_groove),
    ("bossa nova", _is_bossa),
    ("samba", _is_samba),
    ("latin", lambda groove: float(groove.of("cowbell").sum()) >= 4 and groove.backbeat < 0.7),
    ("reggae one drop", _is_one_drop),
    ("disco", _is_disco),
    ("train beat", _is_train),
    ("double-time punk", _is_double_time),
    ("soul, snare on every beat", _is_on_every_beat),
    ("four on the floor", _is_four_floor),
    ("blast beat", _is_blast),
    ("metal gallop", _is_gallop),
    ("double-kick metal", lambda groove: float(groove.kick[1::2].mean()) >= 0.4),
    ("march", _is_march),
    ("kick on two and four", _is_upside_down),
    ("half-time rock", _is_half_time),
    ("ballad, side stick", _is_ballad),
    ("breakbeat", _is_break),
    ("funk", _is_funk),
    ("pop", _is_pop),
    ("heavy rock", _is_heavy),
    ("rock", _has_backbeat),
)


def _without_backbeat(groove: GrooveFacts) -> str:
    kick, snare = float(groove.kick.sum()), float(groove.snare.sum())
    if kick >= 1 and snare < 0.8:
        return "kick without snare"
    if kick < 1 and snare < 1:
        return "cymbals alone"
    return "busy groove" if groove.hits >= 14 else "loose groove"


def timekeeper(groove: GrooveFacts) -> str:
    """The timekeeper and its rate, such as "eighth hats"; "" where there is none."""
    lines = {name: groove.of(*pieces)[: groove.meter.frames] for name, pieces in _TIMEKEEPERS.items()}
    main = max(lines, key=lambda name: float(lines[name].sum()))
    beats = groove.meter.frames / 4
    if float(lines[main].sum()) < (0.75 if main == "toms" else 0.45) * beats:
        return ""
    opened = lines["open hats"]
    half = opened[2::4]
    if (
        not groove.meter.is_compound
        and main != "open hats"
        and half.mean() >= 0.4
        and half.mean() >= 2 * opened[::4].mean()
    ):
        return "off-beat open hats"
    rate = _rate(lines[main], groove)
    return f"{rate} {main}".strip()


def steadiness(groove: GrooveFacts) -> float:
    """The strokes a bar of the timekeeper."""
    return max(float(groove.of(*pieces).sum()) for pieces in _TIMEKEEPERS.values())


def _rate(line: npt.NDArray[np.float32], groove: GrooveFacts) -> str:
    """The rate of a timekeeper (sixteenths of a bar,) in words."""
    beat, odd = float(line[::4].mean()), float(line[1::2].mean())
    if groove.meter.is_compound:
        beat, half = float(line[::6].mean()), float(line[::2].mean())
        if odd >= 0.4 * half:
            return "sixteenth"
        return "eighth" if half >= 0.5 * beat else "dotted"
    half = float(line[2::4].mean())
    late = float(line[3::4].mean())
    if groove.triplets >= SWUNG or (_rides_in_swing(groove) and late >= half):
        if float(line[1::4].mean()) >= 0.4 * beat:
            return "triplet"
        return "swung" if late >= 0.3 * beat else "quarter"
    if odd >= 0.5 * max(beat, half):
        return "sixteenth"
    if beat < 0.4 * half:
        return "off-beat"
    if half >= 0.5 * beat:
        return "eighth"
    two_and_four = line[4::8]
    return (
        "two-and-four"
        if len(line) == FRAMES_PER_BAR and two_and_four.mean() >= 2.5 * line[::8].mean()
        else "quarter"
    )
