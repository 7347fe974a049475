"""What a hostile file may cost, and what its reader may answer."""

MAX_SECONDS, MAX_MIB = 2.0, 1_024.0
"""Of the processor, beyond what the same deed costs at a sound file, and of memory in all."""
GIVEN_UP_SECONDS = 30
MAX_SENTENCE = 300
