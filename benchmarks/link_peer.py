"""Another peer of a Link session, in a process of its own, that does what it is told and says what it hears."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from musegen_daw.devices.link import LinkPeer, open_link

READINGS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """What the peer heard at `seconds` of `time.perf_counter`, which all processes of a computer share."""

    seconds: float
    beat: float
    tempo_bpm: float
    is_playing: bool
    peers: int


class PeerProcess:
    """Starts the peer; `close` ends it."""

    def __init__(self, tempo_bpm: float, beats_per_bar: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.link_peer", str(tempo_bpm), str(beats_per_bar)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.read()

    def read(self) -> Reading:
        """What it hears now."""
        return self._told("read")

    def set_tempo(self, tempo_bpm: float) -> float:
        """Let it change the tempo of all; returns when it did, in seconds."""
        return self._told(f"tempo {tempo_bpm}").seconds

    def set_playing(self, is_playing: bool) -> float:
        """Let it start or stop all; returns when it did, in seconds."""
        return self._told("play" if is_playing else "stop").seconds

    def close(self) -> None:
        """Let it leave the session."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _told(self, order: str) -> Reading:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(order, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the other peer has ended")
        return Reading(**json.loads(answer))


def _surest(peer: LinkPeer) -> Reading:
    best, least_seconds = 0.0, float("inf")
    beat = 0.0
    for _ in range(READINGS):
        before = time.perf_counter()
        read = peer.beat
        took = time.perf_counter() - before
        if took < least_seconds:
            best, beat, least_seconds = before + took / 2, read, took
    return Reading(best, beat, peer.tempo_bpm, peer.is_playing, peer.peers)


def main(tempo_bpm: float, beats_per_bar: float) -> None:
    """Answer each line of the standard input with a reading, until it ends."""
    peer = open_link(tempo_bpm, beats_per_bar)
    for line in sys.stdin:
        order, _, value = line.strip().partition(" ")
        when = time.perf_counter()
        if order == "tempo":
            peer.set_tempo(float(value))
        elif order in ("play", "stop"):
            peer.set_playing(order == "play")
        found = _surest(peer)
        if order != "read":
            found = Reading(when, found.beat, found.tempo_bpm, found.is_playing, found.peers)
        print(json.dumps({name: getattr(found, name) for name in Reading.__slots__}), flush=True)
    peer.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
