"""How hard the drums are to be played: as the player says, else as the player plays."""

from __future__ import annotations

from collections.abc import Iterable

from musegen_daw.jam.control.controls import Controls

MIDDLE_VELOCITY = 80.0
VELOCITY_SPAN = 160.0  # a drummer goes along, but not all the way
SOFTEST, LOUDEST = 0.2, 0.85
STEPS = 20


def wanted_energy(controls: Controls, velocities: Iterable[int]) -> float | None:
    """The energy to ask for, 0 to 1: the control where it was moved, else what the velocities just heard suggest.

    None where there is neither. In steps, so that what is played evenly is asked for alike.
    """
    heard = list(velocities)
    if controls.asked_energy is not None or not heard:
        return controls.asked_energy
    suggested = 0.5 + (sum(heard) / len(heard) - MIDDLE_VELOCITY) / VELOCITY_SPAN
    return round(min(LOUDEST, max(SOFTEST, suggested)) * STEPS) / STEPS
