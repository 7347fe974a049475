"""Time: MIDI clock followed or sent, transport, tap tempo."""
