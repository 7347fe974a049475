"""Songs as the project file that a suffix asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from musegen_daw.daw import dawproject, reaper
from musegen_daw.errors import ProjectError
from musegen_daw.music.clip import Song
from musegen_daw.music.sections import Section, with_sections

SUFFIXES = (dawproject.SUFFIX, reaper.PROJECT_SUFFIX, reaper.TEMPLATE_SUFFIX)


def is_project(path: Path) -> bool:
    """Whether the suffix is that of a project or a track template."""
    return path.suffix.lower() in SUFFIXES


def project_bytes(song: Song, path: Path, sections: Sequence[Section] = ()) -> bytes:
    """The bytes of the project that the suffix of `path` names; raises ProjectError where none can hold the song.

    Its markers are those of the song, else `sections`.
    """
    song = with_sections(song, sections)
    suffix = path.suffix.lower()
    try:
        if suffix == dawproject.SUFFIX:
            return dawproject.song_to_dawproject(song, path.stem)
        if suffix == reaper.PROJECT_SUFFIX:
            return reaper.song_to_rpp(song)
        if suffix == reaper.TEMPLATE_SUFFIX:
            return reaper.song_to_track_template(song)
    except ValueError as error:
        raise ProjectError(f"{path} cannot be written: {error}.") from error
    raise ProjectError(f"{path} must end in {', '.join(SUFFIXES)}.")
