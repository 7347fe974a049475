"""What leaves a document as files: the .mid that is dragged out, and bounces of mix, drums and stems."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from musegen_daw import files
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.performing import Profile, drums_alone, drums_as_midi, mix
from musegen_daw.errors import MidiFileError
from musegen_daw.playback.bounce import BounceReport, bounce
from musegen_daw.progress import IsCancelled, Progress

MAX_NAME = 60


class Bounce(Enum):
    """What is bounced to WAV."""

    MIX = "Mix"
    DRUMS = "Drums only"
    STEMS = "Mix and stems"


def write_for_drag(document: ClipDocument, profile: Profile, folder: Path) -> Path:
    """The drums as a .mid in `folder`, named after clip and take; a file of that name with other notes is left alone.

    It is never deleted nor changed, for a DAW may go on reading what was dragged into it. Raises ProjectError where
    there are no drums, MidiFileError where nothing can be written.
    """
    data = drums_as_midi(document, profile)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MidiFileError(f"Cannot make the folder {folder}: {files.reason(error)}.") from error
    name = f"{file_name(document)} drums {document.picked}"
    number = 1
    while True:
        path = folder / (f"{name}.mid" if number == 1 else f"{name} ({number}).mid")
        if not path.exists():
            files.write_bytes(path, data, MidiFileError)
            return path
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return path
        number += 1


def file_name(document: ClipDocument) -> str:
    """The name of the clip as part of a file name that every system takes."""
    return re.sub(r"[^\w +-]", "_", document.name).strip(" _")[:MAX_NAME] or "clip"


def bounce_document(
    document: ClipDocument,
    what: Bounce,
    path: Path,
    soundfont: Path | None = None,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> BounceReport:
    """Render to a WAV at `path`, stems into a folder beside it; raises ProjectError without drums, AudioError."""
    song = drums_alone(document) if what is Bounce.DRUMS else mix(document)
    stems_dir = path.with_name(f"{path.stem} stems") if what is Bounce.STEMS else None
    return bounce(
        song, path, soundfont=soundfont, stems_dir=stems_dir, progress=progress, cancelled=cancelled
    )
