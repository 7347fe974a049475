"""What a command tells of a take: its style, its plan and where its sections begin."""

from __future__ import annotations

from typing import Any

from musegen_daw.drumming.request import DrumTake


def take_facts(take: DrumTake) -> dict[str, Any]:
    """The style, null where there is none, the plan bar by bar, and the numbers of the bars that begin a section."""
    style = take.style
    return {
        "style": None if style is None else style.name,
        "style_code": None if style is None or style.code < 0 else style.code,
        "style_probability": None if style is None else round(take.style_probability, 4),
        "sections": [
            number
            for number, bar in enumerate(take.plan, 1)
            if number == 1 or bar.section != take.plan[number - 2].section
        ],
        "plan": take.plan.to_list(),
    }


def style_words(take: DrumTake) -> str:
    """The style of a take in a sentence, empty where there is none."""
    return "" if take.style is None or not take.style.name else f" of {take.style.name!r}"
