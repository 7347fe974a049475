"""How closely a jam follows another peer of an Ableton Link session: tempo, bars, start and stop, on one computer.

What is told by one peer reaches the others when Link has sent it, which is no matter of this program: how long that
took is printed, and the aim is held against what comes after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.link_peer import PeerProcess
from musegen_daw.devices.link import LinkPeer, open_link
from musegen_daw.jam.clock.clock import SystemClock
from musegen_daw.jam.clock.link import LinkedTransport

BPM, OTHER_BPM = 118.4, 90.0
BEATS_PER_BAR = 4.0
AIM_MS = 2.0
PATIENCE_SECONDS = 10.0
SETTLED_SECONDS = 0.25
READ_EVERY_SECONDS = 0.05
LOOK_SECONDS = 0.0001
LEAST_BPM, MOST_BPM = 70.0, 190.0


def benchmark(changes: int, starts: int, seed: int) -> tuple[list[dict[str, Any]], int]:
    """Print how late and how far off the jam was, in ms; the status is 1 where a median is above the aim."""
    peer = PeerProcess(BPM, BEATS_PER_BAR)
    clock = SystemClock()
    session = open_link(OTHER_BPM, BEATS_PER_BAR)
    transport = LinkedTransport(clock, session, BEATS_PER_BAR)
    try:
        _wait(lambda: transport.peers == 1 and abs(transport.tempo_bpm - BPM) < 0.01, "the session")
        rows = [
            *_tempo(peer, session, transport, changes, seed),
            *_starts(peer, session, transport, starts, seed),
        ]
    finally:
        transport.close()
        session.close()
        peer.close()
    for row in rows:
        measured = f"median {row['median_ms']:7.3f} ms, worst {row['worst_ms']:7.3f} ms"
        print(f"{row['what']:<40} {measured} ({row['times']} times)")
    is_met = all(row["median_ms"] <= AIM_MS for row in rows if not row["is_of_link"])
    print(f"\naim: {AIM_MS:g} ms, {'met' if is_met else 'missed'}")
    return rows, int(not is_met)


def _tempo(
    peer: PeerProcess, session: LinkPeer, transport: LinkedTransport, changes: int, seed: int
) -> list[dict[str, Any]]:
    """Change the tempo there again and again, and compare the bars while it stands."""
    random = np.random.default_rng(seed)
    sent, late, bars, lengths = [], [], [], []
    peer.set_playing(True)
    _wait(lambda: transport.is_playing, "the start")
    for bpm in random.uniform(LEAST_BPM, MOST_BPM, changes).round(1).tolist():
        began = peer.set_tempo(bpm)
        arrived, followed = _arrival(
            lambda bpm=bpm: abs(session.tempo_bpm - bpm) < 0.01,
            lambda bpm=bpm: abs(transport.tempo_bpm - bpm) < 0.01,
        )
        sent.append(arrived - began)
        late.append(followed - arrived)
        until = time.perf_counter() + SETTLED_SECONDS
        while time.perf_counter() < until:
            bars.append(_off_seconds(peer, transport))
            time.sleep(READ_EVERY_SECONDS)  # bar lines are read until the next change
        lengths.append(abs(60 / transport.tempo_bpm - 60 / bpm) * BEATS_PER_BAR)
    peer.set_playing(False)
    _wait(lambda: not transport.is_playing, "the stop")
    return [
        _row("Link sends a change of tempo", sent, is_of_link=True),
        _row("  and it is followed", late),
        _row("length of a bar", lengths),
        _row("bar lines, at any time after a change", bars),
    ]


def _starts(
    peer: PeerProcess, session: LinkPeer, transport: LinkedTransport, starts: int, seed: int
) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    sent: dict[bool, list[float]] = {True: [], False: []}
    late: dict[bool, list[float]] = {True: [], False: []}
    lines: list[float] = []
    for pause in random.uniform(0.1, 0.6, starts).tolist():
        for plays in (True, False):
            time.sleep(pause)  # so that starts and stops fall anywhere within a bar
            began = peer.set_playing(plays)
            arrived, followed = _arrival(
                lambda plays=plays: session.is_playing is plays,
                lambda plays=plays: transport.is_playing is plays,
            )
            sent[plays].append(arrived - began)
            late[plays].append(followed - arrived)
            if plays:
                lines.append(_off_seconds(peer, transport))
    return [
        _row("Link sends a start", sent[True], is_of_link=True),
        _row("  and it is followed", late[True]),
        _row("the bar line that it begins on", lines),
        _row("Link sends a stop", sent[False], is_of_link=True),
        _row("  and it is followed", late[False]),
    ]


def _arrival(is_here: Callable[[], bool], is_followed: Callable[[], bool]) -> tuple[float, float]:
    return _wait(is_here, "what the peer did"), _wait(is_followed, "what the peer did")


def _off_seconds(peer: PeerProcess, transport: LinkedTransport) -> float:
    heard = peer.read()
    off = (transport.position(heard.seconds) - heard.beat) % BEATS_PER_BAR
    return min(off, BEATS_PER_BAR - off) * 60 / heard.tempo_bpm


def _row(what: str, seconds: list[float], *, is_of_link: bool = False) -> dict[str, Any]:
    in_ms = 1000 * np.abs(np.array(seconds))
    return {
        "what": what,
        "median_ms": float(np.median(in_ms)),
        "worst_ms": float(in_ms.max()),
        "times": len(in_ms),
        "is_of_link": is_of_link,
    }


def _wait(done: Callable[[], bool], what: str) -> float:
    """When something came about, in seconds, looked for ten times a millisecond."""
    until = time.perf_counter() + PATIENCE_SECONDS
    while not done():
        if time.perf_counter() > until:
            raise TimeoutError(f"{what} did not arrive")
        time.sleep(LOOK_SECONDS)  # Link's own threads need the interpreter too
    return time.perf_counter()
