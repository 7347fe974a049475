"""A jam with a real DAW: Ardour, without its window, plays the parts, sends its clock and records the drums."""
