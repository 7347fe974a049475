"""The words and pictures for a source and a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen_daw.ui.vocoder.mel_drawing import Row
from musegen_daw.ui.vocoder.span import clock

if TYPE_CHECKING:
    from musegen_daw.ui.vocoder.jobs import Loaded, Made

ORIGINAL = "Original"


def source_facts(source: Loaded) -> tuple[str, str, bool, str]:
    """Name, facts, whether it is a mel, and the scale that was named for it."""
    given, request = source.given, source.request
    is_mel = given.original is None
    name = request.name or given.name
    if request.path is not None:
        name = request.path.name
    bands, frames = given.mel.mel.shape
    kind = (
        "A mel without its audio" if is_mel else "The clip, rendered" if request.song is not None else "Audio"
    )
    facts = f"{kind}, {clock(given.seconds)}, as {bands} bands × {frames} frames"
    return name, facts, is_mel, request.scale or ""


def rows_of(
    source: Loaded, shown: Made | None, choice: str, is_busy: bool, is_difference: bool
) -> tuple[Row, Row]:
    """The two pictures: the source, and the result, or how far it is from what was asked."""
    above = Row("Source", source.picture, is_heard=choice == ORIGINAL)
    if shown is None:
        words = "Resynthesising …" if is_busy else "Resynthesise to see and hear the result."
        return above, Row("Result", empty_text=words)
    made = shown.rendition
    speed = made.seconds / made.decoding_seconds if made.decoding_seconds > 0 else 0.0
    facts = [shown.by, *([shown.shape.text] if shown.shape.text else []), f"{speed:.0f} times real time"]
    title = f"{made.method}   {'   '.join(facts)}"
    if is_difference:
        title = f"{made.method} less what was asked: blue is missing, amber too much, to ±24 dB"
    return above, Row(
        title,
        shown.difference if is_difference else shown.picture,
        stretch=shown.shape.stretch,
        is_difference=is_difference,
        is_heard=choice == made.method,
    )
