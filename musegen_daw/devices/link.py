"""Ableton Link through the optional package aalink, which is imported when a session is joined and not before."""

from __future__ import annotations

import asyncio
import time
from importlib.util import find_spec
from typing import Any

from musegen_daw.errors import MusegenError

PACKAGE = "aalink"
INSTALL = "Ableton Link is not installed. Run: pip install 'musegen-daw[link]'"
FOUND_SECONDS = 0.6
"""Before a session is joined: Link takes sessions that began within half a second of each other for equally old, and
then the younger one may win and change the tempo of all."""


class LinkError(MusegenError):
    """Ableton Link cannot be used."""


def is_link_installed() -> bool:
    """Whether `open_link` finds the package; it is not imported."""
    return find_spec(PACKAGE) is not None


class LinkPeer:
    """A peer of the Link session of this network; every method may be called from any thread.

    `beat` is that of the session now, in quarter notes: its phase in a bar is shared by all peers, its number is not.
    """

    def __init__(self, tempo_bpm: float, beats_per_bar: float) -> None:
        link = _made(tempo_bpm)
        link.quantum = beats_per_bar
        link.start_stop_sync_enabled = True
        time.sleep(FOUND_SECONDS)  # so that a session that is found is the older one
        link.enabled = True
        self._link = link

    @property
    def beat(self) -> float:
        return self._link.beat

    @property
    def tempo_bpm(self) -> float:
        return self._link.tempo

    @property
    def is_playing(self) -> bool:
        return self._link.playing

    @property
    def peers(self) -> int:
        """How many others there are."""
        return self._link.num_peers

    def set_tempo(self, tempo_bpm: float) -> None:
        """Change the tempo of all peers."""
        self._link.tempo = tempo_bpm

    def set_playing(self, is_playing: bool) -> None:
        """Start or stop all peers that share start and stop."""
        self._link.playing = is_playing

    def request_beat(self, beat: float) -> None:
        """It is `beat` now; with other peers, as soon as their bars allow it."""
        self._link.request_beat(beat)

    def close(self) -> None:
        """Leave the session; a second call does nothing."""
        self._link.enabled = False


def open_link(tempo_bpm: float, beats_per_bar: float) -> LinkPeer:
    """Join the Link session, or begin one at `tempo_bpm`; takes half a second. Raises LinkError."""
    if not is_link_installed():
        raise LinkError(f"{INSTALL}.")
    try:
        return LinkPeer(tempo_bpm, beats_per_bar)
    except (ImportError, OSError, RuntimeError) as error:
        raise LinkError(f"Ableton Link cannot be started: {error}.") from error


def _made(tempo_bpm: float) -> Any:
    """The library wants a running event loop when it is made; what is used of it here needs none afterwards."""

    async def make() -> Any:
        from aalink import Link  # pyright: ignore[reportMissingImports] - an extra

        return Link(tempo_bpm)

    return asyncio.run(make())
