"""The tempo that a person would write."""

from __future__ import annotations


def shortest_bpm(quarter_microseconds: int) -> float:
    """The quarter notes a minute with the fewest decimals that give these microseconds: 72, not 72.0000288."""
    bpm = 60e6 / quarter_microseconds
    rounded = (round(bpm, decimals) for decimals in range(4))
    return next((each for each in rounded if each and round(60e6 / each) == quarter_microseconds), bpm)
