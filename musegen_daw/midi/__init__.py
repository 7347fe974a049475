"""What the tracks of a MIDI file mean: their text, their drums, their clips, and back."""
