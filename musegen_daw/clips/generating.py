"""Drums from the model for a document: requests to the generator, and results as takes."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from musegen_daw import resource_paths as resources
from musegen_daw.clips.document import ClipDocument, Take
from musegen_daw.clips.edits import add_takes, rewrite_bars
from musegen_daw.clips.plan_edits import PlanEdit
from musegen_daw.drums.job import DrumJob, LockedDrums, drum_job
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import CONTROLS, DrumRequest, DrumResult, DrumSettings
from musegen_daw.errors import ProjectError
from musegen_daw.music.kit import VOICES
from musegen_daw.music.parts import check_bar_count, section_bars

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style, StyleBook

FROM_MODEL = "written"
MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Generation:
    """A request for new takes of the document of that identity."""

    identity: int
    settings: DrumSettings
    job: DrumJob
    known_styles: frozenset[str] = frozenset()
    """Names of styles that the model can look up."""

    @property
    def request(self) -> DrumRequest:
        return self.job.request

    def takes(self, result: DrumResult) -> list[Take]:
        return [
            Take.new(
                self.job.in_song(take.drums),
                FROM_MODEL,
                seed=self.settings.seed,
                settings=self.settings,
                log_likelihood=take.log_likelihood,
                index=take.index,
                style=self._named(take.style),
                plan=take.plan,
            )
            for take in result.takes
        ]

    def takes_in(self, document: ClipDocument, result: DrumResult) -> ClipDocument:
        """Add the takes of the result to the document as it is now, and pick the first.

        Hits that are locked by now are copied into every take.
        """
        return add_takes(document, self.takes(result))

    def _named(self, style: Style | None) -> Style | str | None:
        return style.name if style is not None and style.name in self.known_styles else style


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A request to write some bars of a take again as an edit of its plan asks."""

    identity: int
    number: int
    bars: frozenset[int]
    plan: Plan
    job: DrumJob

    @property
    def request(self) -> DrumRequest:
        return self.job.request

    def applied(self, document: ClipDocument, result: DrumResult) -> ClipDocument:
        """The document with the bars of the result; the same where the take is gone."""
        if all(take.number != self.number for take in document.takes):
            return document
        drums = self.job.in_song(result.takes[0].drums)
        return rewrite_bars(document, self.number, self.bars, drums, self.plan)


def generation(document: ClipDocument, seed: int, styles: StyleBook | None = None) -> Generation:
    """Request new takes with a seed; locked hits are kept and the model writes around them.

    `styles` are those of the model. Raises ProjectError as `check_can_generate`, MusegenError for an unknown style.
    """
    check_can_generate(document)
    settings = replace(document.settings, seed=seed)
    kept = None
    if document.locked_voices or document.locked_bars:
        kept = LockedDrums(document.drums, document.locked_voices, document.locked_bars)
    job = drum_job(
        document.parts,
        document.bars,
        document.time_map,
        settings,
        document.primer,
        kept,
        styles=styles,
        sections=section_bars(document.song.markers, document.bars),
    )
    known = frozenset(() if styles is None else styles.names) | frozenset(resources.style_names())
    return Generation(document.identity, settings, job, known)


def rewriting(
    document: ClipDocument, edit: PlanEdit, styles: StyleBook | None = None, *, is_new: bool = False
) -> Rewriting | None:
    """Request the bars of the picked take that an edit of its plan changes; None where it changes no hits.

    What is locked stays. The take's seed and number are used again, so that what is not changed comes out the same,
    unless `is_new`. Raises ProjectError without a take, MusegenError for an unknown style.
    """
    take = document.take
    if take is None:
        raise ProjectError("There is no take to change: generate one first.")
    bars = edit.bars - document.locked_bars
    if not bars or len(document.locked_voices) == len(VOICES):
        return None
    asked = take.settings or document.settings
    settings = replace(
        asked,
        seed=secrets.randbelow(MAX_SEED) if is_new else asked.seed if take.seed is None else take.seed,
        variations=1,
        within_style=False,
        **dict.fromkeys(CONTROLS),
    )
    job = drum_job(
        document.parts,
        document.bars,
        document.time_map,
        settings,
        document.primer,
        LockedDrums(document.drums, document.locked_voices, _all_but(bars, document)),
        styles=styles,
        plan=edit.plan,
        plan_before=take.written_plan if len(take.written_plan) else None,
        sections=section_bars(document.song.markers, document.bars),
        bar_styles=[bar.style or take.style for bar in edit.plan],
        first_take=take.index,
    )
    return Rewriting(document.identity, take.number, frozenset(bars), edit.plan, job)


def _all_but(bars: Collection[int], document: ClipDocument) -> frozenset[int]:
    return frozenset(range(len(document.bars))) - frozenset(bars)


def check_can_generate(document: ClipDocument) -> None:
    """Raises ProjectError where no part is followed, everything is locked, or there are too many bars."""
    try:
        check_bar_count(len(document.bars))
    except ValueError as error:
        raise ProjectError(f"{document.name} {error}.") from error
    if not document.parts:
        raise ProjectError("Choose at least one track for the drums to follow.")
    if len(document.locked_bars) == len(document.bars) or len(document.locked_voices) == len(VOICES):
        raise ProjectError("Everything is locked, so there is nothing to write: unlock a voice or a bar.")
