"""What a plan asks of the model in every bar: its control levels, and how much busier than usual it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES, CRASH, CYMBAL, KIND, METER, TEMPO, tempo_level
from musegen_daw.drums.plan import BarKind, Cymbal, Plan
from musegen_daw.drums.plan_reading import CYMBALS, PlanScale
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.scene import Scene
from musegen_daw.drums.style import Style, by_identity
from musegen_daw.music.kit import VOICE_OF_PIECE, VOICES

USUAL_DENSITY = 0.92
DENSITY_SHARE = 1.0  # of how much busier or sparser than usual a bar is planned
DENSITY_NATS = 1.6
MOST_EVENED = 2.0  # by how much bars not of four quarters are busier or sparser than expected, at most
_KINDS = {BarKind.GROOVE: 1, BarKind.VARIATION: 2, BarKind.FILL: 3}


def how_busy(request: DrumRequest, plan: Plan, scale: PlanScale) -> npt.NDArray[np.float64]:
    """How many times as many hits as are expected in its style each bar of a plan has: (bars,).

    A plan says where a song is busier and where sparser; how busy it is on the whole is a matter of the style,
    or of what was asked for.
    """
    hits = np.array([scale.hits_at(bar.density) if bar.is_written else 0 for bar in plan], float)
    usual = hits[hits > 0].mean() if (hits > 0).any() else 1.0
    if request.plan is not None:
        usual = scale.hits_at(0.5)
    usual_density = USUAL_DENSITY if request.style is None else 1.0
    found = usual_density * np.clip(hits / max(usual, 1.0), 0.25, 3.0) ** DENSITY_SHARE
    if request.density is not None:
        found *= np.exp((request.density - 0.5) * DENSITY_NATS)
    return found


def evened(
    expected: npt.NDArray[np.float32], frames: npt.NDArray[np.int64], usual_hits: float
) -> npt.NDArray[np.float32]:
    """How many times as many hits as are expected the bars of each row have by their meter: (rows, bars).

    Of meters that were seldom heard what is expected, (rows, bars, 16, pieces), is spread thin. `frames` (bars,) are
    the sixteenths of the bars, `usual_hits` the hits a sixteenth in 4/4.
    """
    short = frames < FRAMES_PER_BAR
    found = np.ones(expected.shape[:2], np.float32)
    if short.any():
        inside = np.arange(FRAMES_PER_BAR) < frames[:, None]
        own = (expected * inside[None, :, :, None]).sum(axis=(2, 3))[:, short].sum(axis=1) / frames[
            short
        ].sum()
        level = usual_hits / np.maximum(own, 1e-3)
        found[:, short] = np.clip(level, 1 / MOST_EVENED, MOST_EVENED)[:, None]
    return found


def plan_controls(
    request: DrumRequest, scene: Scene, lines: Sequence[Sequence[Style]], plans: Sequence[Plan]
) -> npt.NDArray[np.int64]:
    """The control levels of every bar of every take: (rows, bars, 6).

    What keeps time is left to the style, unless a person has said it or the style knows both.
    """
    found = np.zeros((len(plans), len(scene.bars), len(CONTROL_SIZES)), np.int64)
    found[..., METER] = scene.meters
    found[..., TEMPO] = tempo_level(request.bpm)
    for row, plan in enumerate(plans):
        known = {key: _timekeepers(style) for key, style in by_identity(lines[row]).items()}
        for bar, own in enumerate(plan.bars):
            found[row, bar, KIND] = _KINDS.get(own.kind, 0)
            found[row, bar, CRASH] = 1 + own.crash
            if request.plan is not None or own.cymbal in known[id(lines[row][bar])]:
                found[row, bar, CYMBAL] = 1 + CYMBALS.index(own.cymbal)
    return found


def _timekeepers(style: Style) -> frozenset[Cymbal]:
    """What may keep time in a style: cymbals that play at least a third as much as the one that plays most."""
    played = {
        cymbal: sum(
            float(style.pattern[..., piece].sum())
            for piece, voice in enumerate(VOICE_OF_PIECE)
            if voice is not None and VOICES[voice] == cymbal.value
        )
        for cymbal in Cymbal
        if cymbal is not Cymbal.NONE
    }
    most = max(played.values())
    return frozenset(cymbal for cymbal, share in played.items() if most > 0 and share >= most / 3)
