"""Why a plan plays what it plays: its density, how far it follows, whether it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen_daw.jam.patterns import LEAD_TICKS, BarGrid, Pattern
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES

STEP_TICKS = 2 * LEAD_TICKS  # a sixteenth
ACCENTS = frozenset(VOICES.index(voice) for voice in ("kick", "snare", "crash"))
REFERENCE_BARS = 2
BUSY_HITS, SPARSE_HITS = 16, 8  # a bar of a rock beat with eighths on the hat has 12
CLOSELY, PARTLY = 0.7, 0.4


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a plan plays what it plays, in numbers.

    `follow` is the share of its kicks, snares and crashes that fall on a sixteenth which the player struck: in
    the same bar where that was heard, else in the last two bars heard. None where nothing was heard.
    """

    hits_per_bar: float
    follow: float | None
    heard_notes: int
    is_fill: bool

    def __str__(self) -> str:
        density = "busy" if self.hits_per_bar >= BUSY_HITS else "steady"
        density = "sparse" if self.hits_per_bar < SPARSE_HITS else density
        words = [f"{density} ({self.hits_per_bar:.0f} hits a bar)"]
        if self.follow is None:
            words.append("nothing heard to follow")
        else:
            manner = "closely" if self.follow >= CLOSELY else "partly"
            manner = "loosely" if self.follow < PARTLY else manner
            words.append(f"follows {manner} ({self.follow:.0%} on your notes)")
        if self.is_fill:
            words.append("with a fill")
        return ", ".join(words)


def reason_of(patterns: Sequence[Pattern], parts: Sequence[Clip], until_ticks: int, grid: BarGrid) -> Reason:
    struck: dict[int, set[int]] = {}
    heard_notes = 0
    for part in parts:
        for note in part.notes:
            if note.start_ticks < until_ticks:
                bar, step = _place(note.start_ticks, grid)
                struck.setdefault(bar, set()).add(step)
                heard_notes += 1
    recent = set[int]().union(*(struck[bar] for bar in sorted(struck)[-REFERENCE_BARS:]))
    accents = [
        _place(note.start_ticks, grid)
        for pattern in patterns
        for note in pattern.notes
        if VOICE_OF_PITCH.get(note.pitch) in ACCENTS
    ]
    together = sum(step in struck.get(bar, recent) for bar, step in accents)
    hits = sum(len(pattern.notes) for pattern in patterns)
    return Reason(
        hits_per_bar=hits / max(1, len(patterns)),
        follow=together / len(accents) if recent and accents else None,
        heard_notes=heard_notes,
        is_fill=any(pattern.is_fill for pattern in patterns),
    )


def _place(start_ticks: int, grid: BarGrid) -> tuple[int, int]:
    """Bar and nearest sixteenth of an onset."""
    bar, ticks = divmod(start_ticks + LEAD_TICKS, grid.bar_ticks)
    return bar, ticks // STEP_TICKS
