"""LinkedTransport: beats of an Ableton Link session, which all its peers share and any of them may change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol

from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM, ClockState
from musegen_daw.jam.clock.transport import BEATS_PER_BAR, START_LEAD_SECONDS, TapTempo, TransportState

POLL_SECONDS = 0.001
LATE_SECONDS = 0.1  # a start that is seen this long after a bar line is a start on that line
JUMP_BEATS = 0.05  # what the beat may be corrected by without being a jump
MAX_SAMPLES, FINE_SECONDS = 5, 0.00005  # of the beat, until one took no longer than this
SAME_BPM = 1e-6

_log = logging.getLogger(__name__)


class LinkSession(Protocol):
    """What `LinkedTransport` needs of a peer, see `devices.link.LinkPeer`."""

    @property
    def beat(self) -> float: ...

    @property
    def tempo_bpm(self) -> float: ...

    @property
    def is_playing(self) -> bool: ...

    @property
    def peers(self) -> int: ...

    def set_tempo(self, tempo_bpm: float) -> None: ...

    def set_playing(self, is_playing: bool) -> None: ...

    def request_beat(self, beat: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Line:
    """At `seconds` the session was at `beat`, and moves on at `bpm`; beat 0 of the song is the bar line `origin_beat`.

    `held_beat` is where the song stands while it does not play. It is replaced as a whole, so that any thread reads it
    without a lock.
    """

    beat: float
    seconds: float
    bpm: float
    peers: int
    plays: bool = False
    origin_beat: float = 0.0
    held_beat: float = 0.0
    jumps: int = 0

    def beat_at(self, time_seconds: float) -> float:
        return self.beat + (time_seconds - self.seconds) * self.bpm / 60.0

    def position(self, time_seconds: float) -> float:
        return self.beat_at(time_seconds) - self.origin_beat if self.plays else self.held_beat


class LinkedTransport:
    """Follows `session`, which stays the caller's to close after this.

    Peers share tempo, bar lines, start and stop. A song begins at beat 0 on the bar line after its start, whoever
    started it; alone in a session, it begins at once. `changed` is called, on any thread, when it has started, stopped,
    jumped or changed tempo. `clock_state` is None, as no clock is received that could be missing.
    """

    def __init__(
        self,
        clock: Clock,
        session: LinkSession,
        beats_per_bar: float = BEATS_PER_BAR,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        if beats_per_bar <= 0:
            raise ValueError(f"a bar must have a length, got {beats_per_bar} beats")
        self.beats_per_bar = beats_per_bar
        self.clock_state: ClockState | None = None
        self._clock, self._session, self._changed = clock, session, changed
        self._polling = threading.Lock()
        self._taps = TapTempo()
        self._has_left = False
        beat, seconds, _ = self._sampled()
        self._line = _Line(beat, seconds, session.tempo_bpm, session.peers)
        self._polled_seconds = seconds
        self._logged: tuple[int, float] | None = None
        self._worker = clock.start("musegen link", self._step, self._failed)

    @property
    def state(self) -> TransportState:
        line = self._line
        if not line.plays:
            return TransportState.STOPPED
        begun = line.position(self._clock.now_seconds()) >= self.first_beat
        return TransportState.PLAYING if begun else TransportState.COUNTING_IN

    @property
    def is_playing(self) -> bool:
        return self._line.plays

    @property
    def first_beat(self) -> float:
        """0: the bar line after the start."""
        return 0.0

    @property
    def jumps(self) -> int:
        return self._line.jumps

    @property
    def tempo_bpm(self) -> float:
        return self._line.bpm

    @property
    def peers(self) -> int:
        """How many others are in the session."""
        return self._line.peers

    def position(self, time_seconds: float) -> float:
        return self._line.position(time_seconds)

    def seconds_at(self, beat: float) -> float | None:
        line = self._line
        if not line.plays:
            return None
        return line.seconds + (beat + line.origin_beat - line.beat) * 60.0 / line.bpm

    def mark(self, time_seconds: float) -> tuple[float, float] | None:
        line = self._line
        return (line.position(time_seconds), time_seconds) if line.plays else None

    def start(self) -> None:
        """Start all peers; nothing while they play."""
        if self._line.plays or self._has_left:
            return
        if not self._session.peers:
            # Nobody's bars have to be waited for.
            self._session.request_beat(-START_LEAD_SECONDS * self._session.tempo_bpm / 60.0)
        self._session.set_playing(True)
        self._poll()

    def stop(self) -> None:
        """Stop all peers."""
        if not self._has_left:
            self._session.set_playing(False)
            self._poll()

    def set_tempo(self, tempo_bpm: float) -> None:
        """Change the tempo of all peers; raises ValueError outside 20 to 300 BPM."""
        if not MIN_BPM <= tempo_bpm <= MAX_BPM:
            raise ValueError(f"a tempo must be within {MIN_BPM:g}..{MAX_BPM:g} BPM, got {tempo_bpm:g}")
        if not self._has_left:
            self._session.set_tempo(tempo_bpm)
            self._poll()

    def tap(self) -> float | None:
        """Take a tap at the current time; from the second on, set the tempo of all peers and return it."""
        bpm = self._taps.tap(self._clock.now_seconds())
        if bpm is not None:
            self.set_tempo(bpm)
        return bpm

    def leave(self) -> None:
        """Stop here, while the others play on; nothing is followed any more."""
        with self._polling:
            self._has_left = True
            line, now_seconds = self._line, self._clock.now_seconds()
            if line.plays:
                self._line = replace(
                    line, plays=False, held_beat=line.position(now_seconds), jumps=line.jumps + 1
                )
        self._changed()

    def close(self) -> None:
        """Stop the worker; a second call does nothing."""
        self._worker.stop()

    def _step(self, now_seconds: float) -> float | None:
        self._poll()
        line = self._line
        if (line.peers, line.bpm) != self._logged:
            self._logged = line.peers, line.bpm
            _log.info("Link: %d peers, %.2f BPM", line.peers, line.bpm)
        return None if self._has_left else now_seconds + POLL_SECONDS

    def _failed(self, error: Exception) -> None:
        _log.error("Link is not followed any more", exc_info=error)

    def _poll(self) -> None:
        with self._polling:
            if self._has_left:
                return
            old = self._line
            self._line = new = self._next_line(old)
        if (new.plays, new.jumps, new.bpm) != (old.plays, old.jumps, old.bpm):
            self._changed()

    def _next_line(self, old: _Line) -> _Line:
        session = self._session
        bpm, plays = session.tempo_bpm, session.is_playing
        beat, seconds, spread_seconds = self._sampled()
        since_seconds, self._polled_seconds = seconds - self._polled_seconds, seconds
        off_beats = beat - old.beat_at(seconds)
        is_same_tempo = abs(bpm - old.bpm) <= SAME_BPM
        # A line that fits what was read is kept: it is surer than one reading.
        if not is_same_tempo or abs(off_beats) * 60.0 / bpm > max(spread_seconds, FINE_SECONDS):
            line = replace(old, beat=beat, seconds=seconds, bpm=bpm, peers=session.peers)
        else:
            line = replace(old, peers=session.peers)
        if plays != old.plays:
            return self._started(line, seconds) if plays else self._stopped(line, old, seconds)
        slack_beats = JUMP_BEATS + (abs(bpm - old.bpm) * since_seconds + bpm * spread_seconds) / 60.0
        return self._jumped(line, old, seconds) if plays and abs(off_beats) > slack_beats else line

    def _started(self, line: _Line, seconds: float) -> _Line:
        late_beats = LATE_SECONDS * line.bpm / 60.0
        bars = ceil((line.beat_at(seconds) - late_beats) / self.beats_per_bar)
        return replace(line, plays=True, origin_beat=bars * self.beats_per_bar, jumps=line.jumps + 1)

    def _stopped(self, line: _Line, old: _Line, seconds: float) -> _Line:
        held_beat = max(self.first_beat, old.position(seconds))
        return replace(line, plays=False, held_beat=held_beat, jumps=line.jumps + 1)

    def _jumped(self, line: _Line, old: _Line, seconds: float) -> _Line:
        """The song goes on as near as the bars of the session allow; whole bars between are no jump."""
        beat, position = line.beat_at(seconds), old.position(seconds)
        bars = round((beat - position) / self.beats_per_bar)
        line = replace(line, origin_beat=bars * self.beats_per_bar)
        is_jump = abs(line.position(seconds) - position) > JUMP_BEATS
        return replace(line, jumps=line.jumps + is_jump)

    def _sampled(self) -> tuple[float, float, float]:
        """The beat of the session, when it was read, and how long that took: the surest of some readings."""
        best: tuple[float, float, float] | None = None
        for _ in range(MAX_SAMPLES):
            before_seconds = self._clock.now_seconds()
            beat = self._session.beat
            spread_seconds = self._clock.now_seconds() - before_seconds
            if best is None or spread_seconds < best[2]:
                best = beat, before_seconds + spread_seconds / 2, spread_seconds
            if spread_seconds <= FINE_SECONDS:
                break
        assert best is not None
        return best
