"""A Link session in memory: its beat goes on with a manual clock, and a test is the other peers."""

from __future__ import annotations

from math import ceil

from musegen_daw.jam.clock.clock import ManualClock


class FakeLink:
    """One peer of a session, with `peers` others."""

    def __init__(
        self, clock: ManualClock, bpm: float = 120.0, beats_per_bar: float = 4.0, peers: int = 1
    ) -> None:
        self._clock, self._beats_per_bar = clock, beats_per_bar
        self._beat, self._seconds = 0.0, clock.now_seconds()
        self.tempo_bpm, self.is_playing, self.peers = bpm, False, peers
        self.is_closed = False

    @property
    def beat(self) -> float:
        return self._beat + (self._clock.now_seconds() - self._seconds) * self.tempo_bpm / 60

    def set_tempo(self, tempo_bpm: float) -> None:
        self.force_beat(self.beat)
        self.tempo_bpm = tempo_bpm

    def set_playing(self, is_playing: bool) -> None:
        self.is_playing = is_playing

    def request_beat(self, beat: float) -> None:
        """With others the bars stay where they are, and the beat comes with the next one that fits."""
        if self.peers:
            late = ceil((self.beat - beat) / self._beats_per_bar) * self._beats_per_bar
            beat += self.beat - beat - late
        self.force_beat(beat)

    def force_beat(self, beat: float) -> None:
        """Another peer says that it is `beat` now."""
        self._beat, self._seconds = beat, self._clock.now_seconds()

    def close(self) -> None:
        self.is_closed = True
