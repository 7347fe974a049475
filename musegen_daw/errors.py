"""Errors with messages for a person."""


class MusegenError(Exception):
    """Something outside the program failed; the message is one sentence that says what to do."""


class MidiFileError(MusegenError):
    """A MIDI file cannot be read, used or written."""


class ModelError(MusegenError):
    """A model or its sidecar is missing, damaged or of another kind."""


class AudioError(MusegenError):
    """Audio, or a SoundFont to make it, cannot be read, rendered or written."""


class PortError(MusegenError):
    """A MIDI port cannot be found or opened."""


class ProjectError(MusegenError):
    """A project cannot be read, written or changed as asked."""
