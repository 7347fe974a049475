"""The one family of errors that a person is meant to read."""


class MusegenError(Exception):
    """Something outside the program went wrong; the message is one sentence for a person."""


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
