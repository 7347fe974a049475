"""Standard MIDI File format: bytes to tracks of events and back.

Written in Python because the compiled readers crash on damaged events.
"""

from musegen_daw.midi.smf.events import *  # noqa: F403 - the vocabulary of the format
from musegen_daw.midi.smf.reading import parse as parse
from musegen_daw.midi.smf.writing import build as build
