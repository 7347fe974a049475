"""Styled: drums in the style of a groove, which the generator is shown as if it had just been played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from musegen_daw.core.clip import Clip
from musegen_daw.core.time import Bar
from musegen_daw.drumming.job import Primer
from musegen_daw.drumming.request import DrumRequest, DrumResult
from musegen_daw.live.patterns import LEAD_TICKS
from musegen_daw.live.planner import WritesDrums

PAST_BARS = 4
"""Of drums in the new style; after so many they go on from themselves."""


class Styled:
    """Asks `generator`, with the groove before all that was played since it was chosen.

    `choose` may be called from any thread, `generate` from one.
    """

    def __init__(self, generator: WritesDrums, primer: Primer | None = None) -> None:
        self._generator = generator
        self._chosen = self._used = _Choice(primer)
        self._since_ticks = 0

    def choose(self, primer: Primer | None) -> None:
        """Go on from another groove with the next question, or from what was played."""
        self._chosen = _Choice(primer)

    def generate(self, request: DrumRequest, *, cancelled: Callable[[], bool] | None = None) -> DrumResult:
        """The takes for `request`, in its ticks."""
        chosen = self._chosen
        if chosen is not self._used:
            self._used, self._since_ticks = chosen, request.bars[_past_bars(request)].start_ticks
        primer = chosen.primer
        if primer is None:
            return self._generator.generate(request, cancelled=cancelled)
        recent = _since(request, self._since_ticks)
        if _past_bars(recent) >= PAST_BARS:
            return self._generator.generate(recent, cancelled=cancelled)
        primed, moved_ticks = _primed(recent, primer)
        result = self._generator.generate(primed, cancelled=cancelled)
        takes = (replace(take, drums=_moved(take.drums, -moved_ticks)) for take in result.takes)
        return replace(result, takes=tuple(takes))


class _Choice:
    """A groove that was chosen; choosing the same one again is another choice."""

    def __init__(self, primer: Primer | None) -> None:
        self.primer = primer


def _past_bars(request: DrumRequest) -> int:
    """How many bars at its beginning were played already; one is always left to write."""
    bars = range(len(request.bars))
    return next((index for index in bars if index not in request.kept_bars), len(request.bars) - 1)


def _since(request: DrumRequest, ticks: int) -> DrumRequest:
    """The request without the bars that were played before `ticks`."""
    past = request.bars[: _past_bars(request)]
    old = sum(bar.start_ticks < ticks for bar in past)
    if not old:
        return request
    bars = request.bars[old:]
    kept_bars = frozenset(index - old for index in request.kept_bars if index >= old)
    start_ticks = bars[0].start_ticks - LEAD_TICKS
    kept = request.kept
    if kept is not None:
        kept = kept.with_notes(note for note in kept.notes if note.start_ticks >= start_ticks)
    return replace(request, bars=bars, kept=kept if kept_bars else None, kept_bars=kept_bars)


def _primed(request: DrumRequest, primer: Primer) -> tuple[DrumRequest, int]:
    """The request with the groove before its first bar, and by how many ticks it was moved to make room."""
    moved_ticks = primer.bars[-1].end_ticks - request.bars[0].start_ticks
    until_ticks = request.heard_until_ticks
    primed = replace(
        request,
        parts=tuple(_moved(part, moved_ticks) for part in request.parts),
        bars=tuple(Bar(bar.start_ticks + moved_ticks, bar.length_ticks) for bar in request.bars),
        heard_until_ticks=None if until_ticks is None else max(0, until_ticks + moved_ticks),
        primer=primer.drums,
        primer_bars=primer.bars,
        kept=None if request.kept is None else _moved(request.kept, moved_ticks),
    )
    return primed, moved_ticks


def _moved(clip: Clip, ticks: int) -> Clip:
    """The clip by `ticks` later, without what would lie before 0 but for hits ahead of the first bar."""
    notes = (
        replace(note, start_ticks=max(0, note.start_ticks + ticks))
        for note in clip.notes
        if note.start_ticks + ticks >= -LEAD_TICKS
    )
    return replace(clip, notes=tuple(notes), length_ticks=max(0, clip.length_ticks + ticks))
