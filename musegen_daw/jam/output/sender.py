"""Sender: hands the hits of the settled bars to the scheduler a moment ahead, again where the tempo has changed."""

from __future__ import annotations

from collections.abc import Callable

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.outputs import PlaysNotes
from musegen_daw.jam.output.performer import Kit, Performer
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, Pattern
from musegen_daw.jam.recording.recorder import Records
from musegen_daw.music.clip import Note

LATE_SECONDS = 0.03  # a hit that comes later than this is left out
RETIME_SECONDS = 0.003  # less than this a drummer is not corrected
CERTAIN_SECONDS = 0.005


class Sender:
    """Owns what lies between the settled bars and the scheduler; `seconds_at` says when a beat of the session comes.

    Not for several threads at once.
    """

    def __init__(
        self,
        scheduler: PlaysNotes,
        seconds_at: Callable[[float], float | None],
        kit: Kit,
        recorder: Records | None,
        grid: BarGrid,
    ) -> None:
        self._scheduler, self._seconds_at, self._kit, self._recorder = scheduler, seconds_at, kit, recorder
        self._performer = Performer(kit, grid)
        self._promised: tuple[float, float] | None = None  # a beat, and when it was to come

    def settle(self, pattern: Pattern, swing_ratio: float) -> None:
        """Play `pattern` in its bar."""
        self._performer.add(pattern, swing_ratio)

    def send(
        self,
        now_seconds: float,
        until_seconds: float,
        from_beats: float,
        beats_at: Callable[[float], float],
        controls: Controls,
        gain: float,
    ) -> None:
        """Hand on what is due by `until_seconds`, and anew what was handed on for times that hold no more.

        Nothing before `from_beats` is played.
        """
        until_beats = beats_at(until_seconds)
        promised_seconds = self._seconds_at(until_beats)
        if promised_seconds is None:
            return
        if self._is_off_time():
            # What is due sooner may be on its way.
            self._recall(now_seconds + CERTAIN_SECONDS - self._scheduler.offset_seconds)
        due = self._performer.take(
            _ticks(max(from_beats, beats_at(now_seconds - LATE_SECONDS))),
            _ticks(until_beats),
            controls,
            gain,
            self._due_seconds,
        )
        for note in due:
            start_seconds = self._due_seconds(note)
            end_seconds = start_seconds + self._kit.note_seconds
            self._scheduler.play(
                TimedNote(start_seconds, end_seconds, self._kit.channel, note.pitch, note.velocity)
            )
            if self._recorder is not None:
                self._recorder.sent(note)
        self._promised = until_beats, promised_seconds

    def silence(self, now_beats: float) -> None:
        """End what sounds and forget all that waits."""
        self._scheduler.release_all()
        self._performer.clear()
        self._promised = None
        if self._recorder is not None:
            self._recorder.cut(now_beats)

    def _recall(self, from_seconds: float) -> None:
        self._scheduler.cancel_after(from_seconds)
        first_ticks = self._performer.recall(from_seconds)
        if self._recorder is not None and first_ticks is not None:
            self._recorder.cut(first_ticks / LIVE_PPQ)

    def _is_off_time(self) -> bool:
        if self._promised is None:
            return False
        beats, seconds = self._promised
        now_expected = self._seconds_at(beats)
        return now_expected is not None and abs(now_expected - seconds) > RETIME_SECONDS

    def _due_seconds(self, note: Note) -> float:
        seconds = self._seconds_at(note.start_ticks / LIVE_PPQ)
        return 0.0 if seconds is None else seconds


def _ticks(beats: float) -> int:
    return round(beats * LIVE_PPQ)
