"""The controls of a jam, and the MIDI controllers that are mapped to them."""
