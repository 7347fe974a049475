"""The Standard MIDI File format: bytes to tracks of events and back, every byte checked.

Read in Python because the compiled readers crash on damaged events, and a file from elsewhere may be damaged.
"""

from musegen_daw.smf.events import (
    CHANNEL_PRESSURE,
    CONTROL_CHANGE,
    CUE_POINT,
    END_OF_TRACK,
    INSTRUMENT_NAME,
    KEY_PRESSURE,
    MARKER,
    MAX_DELTA_TICKS,
    MAX_DENOMINATOR_POWER,
    MAX_NOTES,
    MAX_QUARTERS,
    META,
    NOTE_OFF,
    NOTE_ON,
    PITCH_BEND,
    PORT,
    PROGRAM_CHANGE,
    SYSEX,
    SYSEX_ESCAPE,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
    MidiData,
    Track,
)
from musegen_daw.smf.reading import parse
from musegen_daw.smf.writing import build

__all__ = [
    "CHANNEL_PRESSURE",
    "CONTROL_CHANGE",
    "CUE_POINT",
    "END_OF_TRACK",
    "INSTRUMENT_NAME",
    "KEY_PRESSURE",
    "MARKER",
    "MAX_DELTA_TICKS",
    "MAX_DENOMINATOR_POWER",
    "MAX_NOTES",
    "MAX_QUARTERS",
    "META",
    "NOTE_OFF",
    "NOTE_ON",
    "PITCH_BEND",
    "PORT",
    "PROGRAM_CHANGE",
    "SYSEX",
    "SYSEX_ESCAPE",
    "TEMPO",
    "TIME_SIGNATURE",
    "TRACK_NAME",
    "Event",
    "MidiData",
    "Track",
    "build",
    "parse",
]
