"""Audio of songs.

`synth` renders with a SoundFont, `bounce` writes files, `rendering` and `resynthesis` make sources for a `deck`, and
`player` plays a deck on the sound device.
"""
