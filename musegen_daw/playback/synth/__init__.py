"""A SoundFont synthesizer.

From file to zones: `riff` (tables), `zones` (samples with their generators and modulators), `soundfont` (presets). From
MIDI to curves: `channel`. From note to sound: `voice`, with `envelope` (volume and pitch) and `recordings` (reading and
caching samples). `synth` renders a song.
"""
