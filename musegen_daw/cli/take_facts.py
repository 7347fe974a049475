"""What a command tells of a take: what it follows, its style, its plan and where its sections begin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from musegen_daw.drums.request import DrumTake
from musegen_daw.music.clip import Clip, Song
from musegen_daw.music.programs import PROGRAM_NAMES


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


def part_facts(song: Song, followed: Collection[Clip]) -> list[dict[str, Any]]:
    """The parts of a song by the numbers that --track takes: name, channel from 1, program from 0, whether followed."""
    return [
        {
            "number": number,
            "name": part.name,
            "channel": part.channel,
            "program": part.program,
            "instrument": PROGRAM_NAMES[part.program],
            "followed": any(part is each for each in followed),
        }
        for number, part in enumerate(song.parts, 1)
    ]


def style_words(take: DrumTake) -> str:
    """The style of a take in a sentence, empty where there is none."""
    return "" if take.style is None or not take.style.name else f" of {take.style.name!r}"
