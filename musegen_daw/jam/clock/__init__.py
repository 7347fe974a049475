"""Whose time it is: MIDI clock followed or sent, transport, tap tempo."""
