"""Standard MIDI Files: reading, drum detection, and writing."""
