"""The error of files that training reads: configurations, checkpoints, prepared data."""

from __future__ import annotations

from musegen_daw.errors import MusegenError


class TrainingFileError(MusegenError, ValueError):
    """A file of training cannot be read or is damaged; the message is one sentence that names it."""
