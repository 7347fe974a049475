"""What the Vocoder panel says of a source and of what was made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen_daw.suffixes import MEL_SUFFIX
from musegen_daw.ui.vocoder.mel_view import Row, clock
from musegen_daw.ui.vocoder.workbench import ORIGINAL, LoadRequest

if TYPE_CHECKING:
    from musegen_daw.ui.vocoder.jobs import Loaded, Made


def source_facts(source: Loaded) -> tuple[str, str]:
    """Name and facts."""
    given, request = source.given, source.request
    is_mel = given.original is None
    name = request.name or given.name
    if request.path is not None:
        name = request.path.name
    bands, frames = given.mel.mel.shape
    kind = (
        "A mel without its audio" if is_mel else "The clip, rendered" if request.song is not None else "Audio"
    )
    channels = "" if is_mel else "stereo, " if given.input.channels == 2 else "mono, "
    facts = f"{kind}, {clock(given.seconds)}, {channels}as {bands} bands × {frames} frames"
    return name, facts


def scale_of(request: LoadRequest | None) -> str | None:
    """The scale that was asked for, empty to detect it; None where no mel was."""
    if request is None or request.path is None or request.path.suffix.lower() != MEL_SUFFIX:
        return None
    return request.scale or ""


def rows_of(
    source: Loaded, shown: Made | None, choice: str, is_busy: bool, is_difference: bool
) -> tuple[Row, Row]:
    """The two rows: the source, and below it the result or its difference."""
    above = Row("Source", source.picture, is_heard=choice == ORIGINAL)
    if shown is None:
        words = "Resynthesising …" if is_busy else "Resynthesise to see and hear the result."
        return above, Row("Result", empty_text=words)
    made = shown.rendition
    speed = made.seconds / made.decoding_seconds if made.decoding_seconds > 0 else 0.0
    facts = [shown.by, *([shown.shape.text] if shown.shape.text else []), f"{speed:.0f} times real time"]
    title = f"{made.method}   {'   '.join(facts)}"
    if is_difference:
        title = f"{made.method} minus its mel: blue is too quiet, amber too loud, up to ±24 dB"
    return above, Row(
        title,
        shown.difference if is_difference else shown.picture,
        stretch=shown.shape.stretch,
        is_difference=is_difference,
        is_heard=choice == made.method,
    )
