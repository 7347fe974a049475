"""The endings of file names that are read and written, in lower case: one list each, whoever opens the file."""

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".kar", ".rmi")
"""Of MIDI files that are read; `.kar` has lyrics in it, `.rmi` a wrapper around it."""

WRITTEN_MIDI_SUFFIXES = (".mid", ".midi")

MEL_SUFFIX = ".npy"

AUDIO_SUFFIXES = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
)  # fmt: skip
"""Of audio that a window offers to open; what a file is read as, its content says."""
