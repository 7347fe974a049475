"""Controls: what a player sets while the drums play, and how a controller changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from musegen_daw.jam.patterns import USUAL_ENERGY
from musegen_daw.music.kit import VOICES

MAX_SWING = 0.75
CONTINUOUS = {"density": (0.0, 1.0), "energy": (0.0, 1.0), "variation": (0.0, 1.0), "swing": (0.5, MAX_SWING)}
MUTES = {f"mute {voice}": voice for voice in VOICES}
SWITCHES = ("hold", *MUTES)
FILL_NOW, PANIC = "fill now", "panic"
STYLE, NEXT_STYLE, PREVIOUS_STYLE = "style", "next style", "previous style"
SECTIONS = {f"section {name}": name for name in ("A", "B", "C", "D")}
"""The names of sections, by their controls."""
CALLS = (STYLE, NEXT_STYLE, PREVIOUS_STYLE, *SECTIONS)
"""Controls that call up a style or a section."""
TRIGGERS = (FILL_NOW, PANIC, NEXT_STYLE, PREVIOUS_STYLE, *SECTIONS)
TARGETS = (*CONTINUOUS, *SWITCHES, *TRIGGERS, STYLE)


@dataclass(frozen=True, slots=True)
class Controls:
    """What the player sets while the drums play.

    `density` (None: as the part suggests), `energy` and `variation` run from 0 to 1; at `energy`
    0.5 the loudness follows the player. `swing` is the share of the first 8th in a pair, 0.5 to 0.75.
    `hold` repeats the current pattern; `muted` are names of `music.kit.VOICES`.
    """

    density: float | None = None
    energy: float = USUAL_ENERGY
    variation: float = 0.5
    swing: float = 0.5
    hold: bool = False
    muted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, (lowest, highest) in CONTINUOUS.items():
            value = getattr(self, name)
            if value is not None and not lowest <= value <= highest:
                raise ValueError(f"{name} must be within {lowest:g}..{highest:g}, got {value}")
        unknown = self.muted - set(VOICES)
        if unknown:
            raise ValueError(f"unknown voices: {', '.join(sorted(unknown))}")

    @property
    def temperature(self) -> float:
        """Of the sampling: 0.5 to 1.3, with the model's own 0.9 in the middle."""
        return 0.5 + 0.8 * self.variation

    @property
    def asked_energy(self) -> float | None:
        """The energy, None at its default."""
        return None if self.energy == USUAL_ENERGY else self.energy

    def velocity_exponent(self, written_energy: float = USUAL_ENERGY) -> float:
        """For `music.groove.velocity_curve`, of drums that were written when the energy was `written_energy`.

        1 if it has not moved since; from the middle, 2 (softer) at no energy and 1/2 (louder) at full energy.
        """
        return 4 ** (written_energy - self.energy)


@dataclass(frozen=True, slots=True)
class ControllerMove:
    """A move of a mapped controller: the control, its value from 0 to 1, and whether a key or pad moved it."""

    target: str
    value: float
    is_pad: bool

    @property
    def is_trigger(self) -> bool:
        """Whether the control triggers an event, such as a fill."""
        return self.target in TRIGGERS


def moved_controls(controls: Controls, move: ControllerMove) -> Controls:
    """The controls after a move; a knob sets a switch from its middle on, a pad flips it.

    A trigger, and a call of a style or section, changes none.
    """
    target, value = move.target, move.value
    if target in CONTINUOUS:
        lowest, highest = CONTINUOUS[target]
        return replace(controls, **{target: lowest + (highest - lowest) * value})
    if target == "hold":
        return replace(controls, hold=not controls.hold if move.is_pad else value >= 0.5)
    if target in MUTES:
        voice = MUTES[target]
        is_muted = voice not in controls.muted if move.is_pad else value >= 0.5
        return replace(controls, muted=controls.muted | {voice} if is_muted else controls.muted - {voice})
    if move.is_trigger or target in CALLS:
        return controls
    raise ValueError(f"there is no control {target!r}; there are {', '.join(TARGETS)}")
