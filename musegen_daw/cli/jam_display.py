"""The display of `musegen-daw jam`: one line redrawn in place, a line for each bar, or JSON for a script."""

from __future__ import annotations

import errno
import shutil
import sys
from dataclasses import dataclass
from typing import Any

from musegen_daw.cli import standard_output
from musegen_daw.cli.terminal import json_line, shown
from musegen_daw.errors import MusegenError
from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.status import RigStatus

KEYS = (
    "Keys: space start/stop, t tap the tempo (with --clock midi: a bar begins now), f fill, h hold, "
    "+ and - density, a to d recall a section, A to D store it, p panic, q quit."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of a jam; `bar` and `beat` count from 1, `heard` and `hits` are counts per bar."""

    state: str
    bar: int
    beat: int
    bpm: float | None
    clock: str
    heard: int
    hits: int
    phase: str
    reason: str
    late_bars: int
    message: str


def facts_of(status: RigStatus, picture: JamPicture) -> Facts:
    """`heard` counts notes struck in the bar before, `hits` the drums of this bar."""
    jam, bar, length = status.jam, picture.bar, picture.grid.beats_per_bar
    heard = sum(bar - 1 <= note.start_beats / length < bar for note in picture.heard)
    hits = sum(len(pattern.notes) for pattern in picture.played if pattern.bar == bar)
    return Facts(
        state=status.transport.value if status.is_ready else "loading",
        bar=jam.song_bar + 1,
        beat=jam.beat + 1,
        bpm=None if jam.bpm is None else round(jam.bpm, 1),
        clock=_clock(status),
        heard=heard,
        hits=hits,
        phase=jam.phase,
        reason="" if jam.reason is None else str(jam.reason),
        late_bars=jam.late_bars,
        message=status.message,
    )


def _clock(status: RigStatus) -> str:
    if status.link_peers is not None:
        return f"Link: {status.link_peers} {'peer' if status.link_peers == 1 else 'peers'}"
    return "internal" if status.clock is None else status.clock.value


def line(facts: Facts) -> str:
    bpm = "--- BPM" if facts.bpm is None else f"{facts.bpm:.1f} BPM"
    place = f"{facts.bar:>3}.{facts.beat}" if facts.state == TransportState.PLAYING.value else facts.state
    words = [place, bpm, facts.clock, f"heard {facts.heard}, plays {facts.hits} a bar", facts.phase]
    if facts.reason:
        words.append(facts.reason)
    if facts.late_bars:
        words.append(f"{facts.late_bars} late")
    return "  ".join(words)


class NobodyReadsError(Exception):
    """The terminal was closed, or the program behind the pipe has ended."""


class Display:
    """Shows a jam on the standard output; raises NobodyReadsError when nobody reads it."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._in_place = not as_json and sys.stdout.isatty()
        self._last_bar: tuple[str, int] | None = None
        self._last_message = ""
        self._is_painted = False

    def event(self, kind: str, text: str, **facts: Any) -> None:
        """Print an event."""
        self._print(json_line({"event": kind, **facts}) if self._as_json else text)

    def show(self, facts: Facts) -> None:
        """Print the state."""
        if facts.message and facts.message != self._last_message:
            self.event("message", f"  {facts.message}", sentence=facts.message)
        self._last_message = facts.message
        if self._in_place:
            width = shutil.get_terminal_size().columns
            _write(f"\r\033[K{shown(line(facts), sys.stdout)[: max(1, width - 1)]}")
            self._is_painted = True
            return
        bar = facts.state, facts.bar if facts.state == TransportState.PLAYING.value else 0
        if bar != self._last_bar:
            self._last_bar = bar
            if self._as_json:
                names = facts.__slots__
                self._print(json_line({"event": "bar", **{name: getattr(facts, name) for name in names}}))
            else:
                self._print(line(facts))

    def end(self) -> None:
        """End the line that is redrawn."""
        if self._is_painted:
            self._print("")

    def _print(self, text: str) -> None:
        start = "\r\033[K" if self._is_painted and text else ""
        _write(f"{start}{shown(text, sys.stdout)}\n")
        self._is_painted = False


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.EIO):
            raise NobodyReadsError from error
        raise standard_output.failure(error, MusegenError) from error
