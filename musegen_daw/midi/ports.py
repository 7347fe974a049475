"""Which of several ports a track is for: the meta event that old sequencers wrote for more than 16 channels."""

from __future__ import annotations

from musegen_daw.midi import smf


def first_port(track: smf.Track) -> int:
    """The port that a track begins with, times 16: the one it names before its first note, also for what comes earlier.

    A later one holds from there on.
    """
    for _, status, kind, _, payload in track.events:
        if status < smf.KEY_PRESSURE:
            break
        if status == smf.META and kind == smf.PORT and payload:
            return payload[0] << 4
    return 0
