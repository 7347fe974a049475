"""One jam with Ardour: it plays a band and sends its clock, the drums that follow are recorded, and all is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ardour import session_file
from benchmarks.ardour.remote import CLIENT, Ardour, ArdourError, ardour
from benchmarks.ardour.session_file import Onset
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.music.clip import Clip, Song

RATE_HZ = 48_000
BEATS_PER_BAR = 4
SILENT_BARS = 2  # listened to after the stop
JAM = (sys.executable, "-m", "musegen_daw", "jam", "--clock", "midi", "--json")
LISTENS, DRUMS = "musegen in:musegen in", "musegen drums:musegen drums"
TRACK, RULER = "Drums", "Ruler"
WAIT_SECONDS = 120.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RecordedJam:
    """What came of a jam; beats are counted from the start of the song, seconds by `time.perf_counter`.

    `intended` is what the app says it played and when, `recorded` what Ardour has in its region. `part` is the clip
    that Ardour played and `ruler` what it recorded of it through a cable of its own. `sent` is what another program
    on the server heard of `musegen drums`. `xruns` counts how often the server came too late while Ardour rolled.
    """

    bpm: float
    bars: int
    intended: tuple[Onset, ...]
    recorded: tuple[Onset, ...]
    part: tuple[Onset, ...]
    ruler: tuple[Onset, ...]
    sent: tuple[tuple[float, bytes], ...]
    stopped_seconds: float
    xruns: int


def jam(folder: Path, song: Song, *, bpm: float, bars: int, command: Sequence[str] = JAM) -> RecordedJam:
    """Play `song`, over and over, for `bars` on the JACK server of the environment; files are left in `folder`.

    Raises ArdourError where Ardour or the app did not do what they were told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    session = folder / "jam" / "jam.ardour"
    recording = folder / "recording.mid"
    sent: list[tuple[float, bytes]] = []
    with (
        PortDirectory.open("jack") as ports,
        ardour(folder / "home") as daw,
        _app([*command, "--record", str(recording)], folder / "app.txt") as app,
    ):
        # Before Ardour begins, which cannot register its ports while it is told of those that others make.
        _wait(lambda: _is_ready(app, folder / "app.txt", ports), "The app is not ready to play.")
        make_session(daw, session, song, bpm, bars)
        route(daw, song)
        ports.open_input(DRUMS, lambda seconds, data: sent.append((seconds, data)))
        before = int(daw("xruns"))
        stopped_seconds = roll(daw, bpm, bars)
        xruns = int(daw("xruns")) - before
        _wait(
            lambda: all(int(daw("regions", track)) for track in (TRACK, RULER)),
            "Ardour has recorded nothing.",
        )
        # Whatever would still begin after the stop is to be heard: the silence is measured.
        time.sleep(SILENT_BARS * BEATS_PER_BAR * 60 / bpm)
        app.send_signal(signal.SIGINT)
        _wait(lambda: app.poll() is not None, "The app does not end.")
        if app.returncode:
            raise ArdourError(f"The app failed: {(folder / 'app.txt').read_text(encoding='utf-8')[-2000:]}")
        daw("save_session")
        daw("close")
    return RecordedJam(
        bpm,
        bars,
        intended=_drums(recording),
        recorded=session_file.recorded(session, TRACK),
        part=_onsets(song.clips[0], _repeats(song, bars)),
        ruler=session_file.recorded(session, RULER),
        sent=tuple(sent),
        stopped_seconds=stopped_seconds,
        xruns=xruns,
    )


def make_session(daw: Ardour, session: Path, song: Song, bpm: float, bars: int) -> None:
    """Make and open a session with tracks for `song`, the drums and the ruler, the song in place over and over."""
    daw("start_engine", CLIENT)
    daw("make_session", str(session.parent), session.stem, RATE_HZ, bpm)
    for track in (*(clip.name for clip in song.clips), TRACK, RULER):
        daw("add_midi_track", track)
    daw("save_session")
    daw("close")
    session_file.place(session, song, _repeats(song, bars))
    daw("open_session", str(session.parent), session.stem)
    daw("mute_audio")


def route(daw: Ardour, song: Song) -> None:
    """Connect parts and clock to the app, its drums to an armed track; raises ArdourError where a port is missing."""
    daw("connect", "MIDI Clock out", LISTENS)
    for clip in song.clips:
        daw("connect", f"{clip.name}/midi_out 1", LISTENS)
    daw("connect", f"{TRACK}/midi_in 1", DRUMS)
    daw("connect", f"{RULER}/midi_in 1", f"{CLIENT}:{song.clips[0].name}/midi_out 1")
    daw("arm", TRACK)
    daw("arm", RULER)


def roll(daw: Ardour, bpm: float, bars: int) -> float:
    """Record for so many bars; returns when it stopped."""
    daw("mute_audio")
    daw("record")
    end_samples = bars * BEATS_PER_BAR * 60 / bpm * RATE_HZ
    limit = time.monotonic() + end_samples / RATE_HZ + WAIT_SECONDS
    while int(daw("position_samples")) < end_samples:
        if time.monotonic() > limit:
            raise ArdourError("Ardour does not roll.")
        time.sleep(POLL_SECONDS)
    daw("stop")
    _wait(lambda: daw("is_rolling") == "false", "Ardour does not stop.")
    return time.perf_counter()


def _repeats(song: Song, bars: int) -> tuple[float, ...]:
    """Where the song begins, over and over, in beats."""
    length = song.clips[0].length_ticks // song.clips[0].ppq
    return tuple(float(start) for start in range(0, bars * BEATS_PER_BAR, length))


def _onsets(clip: Clip, starts_beats: Sequence[float]) -> tuple[Onset, ...]:
    return tuple(
        Onset(
            start + note.start_ticks / clip.ppq, note.duration_ticks / clip.ppq, 0, note.pitch, note.velocity
        )
        for start in starts_beats
        for note in clip.notes
    )


def _drums(recording: Path) -> tuple[Onset, ...]:
    return tuple(onset for onset in session_file.notes(recording) if onset.channel == 9)


def _is_ready(app: subprocess.Popen[bytes], said: Path, ports: PortDirectory) -> bool:
    text = said.read_text(encoding="utf-8", errors="replace")
    if app.poll() is not None:
        raise ArdourError(f"The app has ended: {text[-2000:]}")
    there = {port.name for direction in Direction for port in ports.ports(direction)}
    return {LISTENS, DRUMS} <= there and '"state": "stopped"' in text


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise ArdourError(otherwise)
        time.sleep(POLL_SECONDS)


@contextmanager
def _app(command: Sequence[str], said: Path) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("wb") as log:
        app = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            # What is saved for the ports of whoever runs this is not for here.
            env={**os.environ, **dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(said.parent / "home"))},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield app
        finally:
            app.terminate()
            try:
                app.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                app.kill()
                app.wait()
