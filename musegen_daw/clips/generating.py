"""New takes for a document: the request to the generator, and the result as takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.edits import add_takes
from musegen_daw.drums.job import DrumJob, LockedDrums, drum_job
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumSettings
from musegen_daw.errors import ProjectError
from musegen_daw.music.kit import VOICES
from musegen_daw.music.parts import check_bar_count, section_bars

if TYPE_CHECKING:
    from musegen_daw.drums.style import StyleBook

FROM_MODEL = "written"


@dataclass(frozen=True, slots=True)
class Generation:
    """A request to the generator for the document of that identity."""

    identity: int
    settings: DrumSettings
    job: DrumJob

    @property
    def request(self) -> DrumRequest:
        return self.job.request

    def takes_in(self, document: ClipDocument, result: DrumResult) -> ClipDocument:
        """Add the takes of the result to the document as it is now, and pick the likeliest.

        Hits that are locked by now are copied into every take.
        """
        drums = [(self.job.in_song(take.drums), take.log_likelihood) for take in result.takes]
        return add_takes(document, drums, origin=FROM_MODEL, settings=self.settings)


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
    return Generation(document.identity, settings, job)


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
