"""File name suffixes that are read and written, in lower case."""

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".kar", ".rmi")
"""That are read; `.kar` has lyrics, `.rmi` a RIFF wrapper."""

WRITTEN_MIDI_SUFFIXES = (".mid", ".midi")

PROJECT_SUFFIX = ".musegen"

MEL_SUFFIX = ".npy"

AUDIO_SUFFIXES = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
)  # fmt: skip
"""That a file dialog offers; the content decides how a file is read."""
