"""Jams of which a process or the JACK server is killed, and jams with random bytes as input."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jack_peer import Message, Peer
from benchmarks.jack_server import jack_server, once_there
from benchmarks.stuck import faults
from musegen_daw import resource_paths as resources
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.drums.request import DrumRequest, DrumResult
from musegen_daw.drums.style import StyleBook
from musegen_daw.errors import PortError
from musegen_daw.jam.events import CLOCK, CLOCKS_PER_BEAT, NOTE_ON, START, MidiEvent
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.output.process.remote import DEATHS_SECONDS, MAX_DEATHS
from musegen_daw.jam.rig import JamRig
from musegen_daw.jam.settings import OWN_INPUT, OWN_OUTPUT, ClockSource, JamMode, JamSettings, RigSettings
from musegen_daw.midi.file import read_midi
from musegen_daw.playback.rendering import render_source
from musegen_daw.playback.source import Source
from musegen_daw.progress import IsCancelled, Progress
from musegen_daw.workers.remote import RemoteDrummer
from musegen_daw.workers.worker import Worker

PATIENCE_SECONDS = 0.2
"""Of the server, which stands still for some five times that when one of its programs is killed."""
BPM = 120.0
BEAT_SECONDS, BAR_SECONDS = 60 / BPM, 4 * 60 / BPM
EARLY_SECONDS = 0.1  # by which a hit may come before the bar line that it belongs to
NOTE_SECONDS = 1.5  # so that something sounds at every moment
BARS_AFTER = 2
WAIT_SECONDS = 120.0
CARRIED_SECONDS = 0.05  # what was on its way when something was killed
BETWEEN_DEATHS_SECONDS = DEATHS_SECONDS / MAX_DEATHS + 0.5 - BARS_AFTER * BAR_SECONDS
"""Beside the bars that are heard after each: an output process that dies more often is given up."""
SENDER = b"musegen_daw.jam.output.process"

NOISE_SECONDS, START_SECONDS = 2.5, 3.0
"""Of each trial: how long random messages come, and when the next begins."""
AT_ONCE_MILLISECONDS = 100.0
CUT = b"\xf0\x01\x02\x03"

Row = dict[str, Any]


class DrumListener:
    """Connected to the drums of a jam, or about to be, whenever they are there."""

    def __init__(self, directory: PortDirectory) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        self._port = once_there(lambda: directory.open_input(OWN_OUTPUT, self._hear))

    def hits(self, since_seconds: float = 0.0) -> list[float]:
        """When notes began, from a moment on."""
        with self._changed:
            heard = tuple(self.messages)
        return [
            each.seconds
            for each in heard
            if each.seconds >= since_seconds and MidiEvent(each.seconds, each.data).is_note_on
        ]

    def wait_for_hits(self, count: int, since_seconds: float) -> list[float]:
        """So many hits from a moment on; raises PortError where they do not come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.hits(since_seconds)) >= count, WAIT_SECONDS):
                raise PortError(f"No drums were heard for {WAIT_SECONDS:g} s.")
        return self.hits(since_seconds)

    def close(self) -> None:
        self._port.close()

    def _hear(self, seconds: float, data: bytes) -> None:
        with self._changed:
            self.messages.append(Message(seconds, seconds, data))
            self._changed.notify_all()


class Server:
    """A JACK server of the benchmark's own, which can be killed and begun again."""

    def __init__(self) -> None:
        os.environ["JACK_DEFAULT_SERVER"] = self._name = f"musegen-deaths-{os.getpid()}"
        self._begin()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._life.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._life.close()
        self._begin()

    def _begin(self) -> None:
        self._life = ExitStack()
        self._process = self._life.enter_context(jack_server(self._name, patience_seconds=PATIENCE_SECONDS))


class KillableDrummer:
    """Writes with a model in another process, which is killed over the next answer where that is asked for."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._drummer = RemoteDrummer(worker, resources.drum_model_dir)
        self._over = threading.Event()
        self._is_due = False

    @property
    def styles(self) -> StyleBook:
        return self._drummer.styles

    def kill(self) -> None:
        """Kill the process in the middle of its next answer; returns when that is done."""
        self._over.clear()
        self._is_due = True
        if not self._over.wait(WAIT_SECONDS):
            raise RuntimeError("No drums were asked for.")

    def generate(self, request: DrumRequest, *, cancelled: IsCancelled | None = None) -> DrumResult:
        return self._drummer.generate(request, progress=self._told, cancelled=cancelled)

    def _told(self, _done: int, _total: int) -> None:
        if self._is_due:
            self._is_due = False
            kill_processes(self._worker.process_id)
            self._over.set()


def kill_processes(*process_ids: int | None) -> None:
    """Kill them as the system does where memory runs out."""
    for process_id in process_ids:
        if process_id is not None:
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)


def children(words: bytes, parent: int | None = None) -> tuple[int, ...]:
    """The processes that another, or this one, has started with these words in their command lines."""
    found: list[int] = []
    with suppress(OSError):  # whatever is gone meanwhile
        for task in Path(f"/proc/{parent or os.getpid()}/task").iterdir():
            for number in (task / "children").read_text().split():
                if words in Path(f"/proc/{number}/cmdline").read_bytes():
                    found.append(int(number))
    return tuple(found)


def deaths(what: str, times: int, chance: random.Random, between_seconds: float = 0.0) -> Row:
    """A jam on a server of its own in which `what` is killed so many times: "sender", "drummer" or "server"."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server() as server,
        PortDirectory.open("jack") as directory,
        _working("writes the drums") as worker,
    ):
        drummer = KillableDrummer(worker)
        kill = {
            "sender": lambda: kill_processes(*children(SENDER)),
            "drummer": drummer.kill,
            "server": server.kill,
        }[what]
        jam = JamSettings(mode=JamMode.ACCOMPANY, kit=Kit(note_seconds=NOTE_SECONDS))
        rig = JamRig(RigSettings(tempo_bpm=BPM, jam=jam), drummer, directory, config_dir=Path(folder))
        try:
            listener = DrumListener(directory)
            rig.start()
            silences, after = _killed(listener, kill, times, chance, between_seconds)
            bar_line = time.perf_counter() - rig.beats_now() * BEAT_SECONDS
        finally:
            rig.close()
        time.sleep(10 * CARRIED_SECONDS)  # the last ends of notes are on their way
        listener.close()
    found = faults(listener.messages)
    return {
        "killed": what,
        "times": times,
        **{name: found[name] for name in ("notes", "stuck", "struck_twice")},
        "bars_without": bars_without(listener.hits(), bar_line),
        "notes_after": min(after, default=0),
        "median_s": float(np.median(silences)),
        "worst_s": max(silences),
        "failure": rig.failure,
    }


def _killed(
    listener: DrumListener,
    kill: Callable[[], None],
    times: int,
    chance: random.Random,
    between_seconds: float,
) -> tuple[list[float], list[int]]:
    """How long it was silent after each death, and how many notes came in the bars after it."""
    silences: list[float] = []
    after: list[int] = []
    since_seconds = 0.0
    for _ in range(times):
        listener.wait_for_hits(4, since_seconds)
        time.sleep(between_seconds + chance.uniform(0.0, BAR_SECONDS))  # to die anywhere in a bar
        killed_seconds = time.perf_counter()
        kill()
        since_seconds = max(killed_seconds, time.perf_counter() - PATIENCE_SECONDS) + CARRIED_SECONDS
        back_seconds = listener.wait_for_hits(1, since_seconds)[0]
        before_seconds = max(each for each in listener.hits() if each < back_seconds)
        silences.append(back_seconds - before_seconds)
        # The bars whose notes are counted are played out before the next death.
        time.sleep(max(0.0, back_seconds + BARS_AFTER * BAR_SECONDS - time.perf_counter()))
        after.append(len(listener.hits(back_seconds)))
    return silences, after


def bars_without(hits: list[float], bar_line_seconds: float) -> int:
    """The most bars in a row, between the first hit and the last, in which nothing was struck."""
    played = sorted({int((each + EARLY_SECONDS - bar_line_seconds) // BAR_SECONDS) for each in hits})
    return max((bar - before - 1 for before, bar in pairwise(played)), default=0)


def renderings(times: int) -> Row:
    """Audio of a clip, whose process is killed in the middle so many times: how often it came out as it should."""
    song = read_midi(resources.clips_dir() / "funk-bass.mid")
    with _working("computes audio") as worker:

        def rendered(progress: Progress | None = None) -> Source:
            return worker.call(
                render_source, "part", song.clips, song.time_map, 48_000, None, progress=progress
            )

        expected, same, seconds = rendered(), 0, list[float]()
        for _ in range(times):
            killed = list[int]()

            def kill(done: int, total: int, killed: list[int] = killed) -> None:
                if not killed and done * 2 >= total and worker.process_id is not None:
                    killed.append(worker.process_id)
                    kill_processes(worker.process_id)

            begin_seconds = time.perf_counter()
            audio = rendered(kill).audio
            seconds.append(time.perf_counter() - begin_seconds)
            same += bool(killed) and np.array_equal(audio, expected.audio)
    return {
        "killed": "renderer",
        "times": times,
        "same": same,
        "median_s": float(np.median(seconds)),
        "worst_s": max(seconds),
    }


@contextmanager
def _working(does: str) -> Iterator[Worker]:
    worker = Worker(does)
    try:
        yield worker
    finally:
        worker.close()


def random_messages(chance: random.Random, seconds: float) -> list[tuple[float, bytes]]:
    """Random bytes in messages of any length, but for the byte of a START; SysEx that is cut among them."""
    messages: list[tuple[float, bytes]] = []
    now_seconds = 0.0
    while now_seconds < seconds:
        data = bytes(
            chance.choice([*range(START), *range(START + 1, 256)]) for _ in range(chance.randrange(1, 40))
        )
        messages.append((now_seconds, chance.choice((data, b"\xf0" + data, CUT))))
        now_seconds += chance.expovariate(100.0)
    return messages


def noise(seconds: float, chance: random.Random) -> Row:
    """Nonsense into an input for so many seconds, with a clean START every few: when those are heard."""
    trials = max(1, round(seconds / START_SECONDS))
    plan: list[tuple[float, bytes]] = []
    for trial in range(trials):
        begin_seconds = trial * START_SECONDS
        plan += [(begin_seconds + at, data) for at, data in random_messages(chance, NOISE_SECONDS)]
        cut_seconds = begin_seconds + NOISE_SECONDS + chance.random() * 0.1
        plan += [(cut_seconds, CUT), (cut_seconds + chance.random() * 0.02, bytes((START,)))]
    heard: list[float] = []

    def received(at_seconds: float, data: bytes) -> None:
        if data == bytes((START,)):
            heard.append(time.perf_counter())

    with Server(), PortDirectory.open("jack") as directory:
        directory.create_input(OWN_INPUT, received, clock=True)
        sent = Peer.sending(_port(OWN_INPUT), sorted(plan)).messages()
        end_seconds = time.perf_counter() + WAIT_SECONDS
        while len(heard) < trials and time.perf_counter() < end_seconds:
            time.sleep(CARRIED_SECONDS)  # between looks at what was heard
    delays = [
        # A message is handed on at the begin of the period in which it is due.
        min(
            (at - each.seconds for at in heard if at >= each.seconds - CARRIED_SECONDS), default=START_SECONDS
        )
        for each in sent
        if each.data == bytes((START,))
    ]
    return {
        "seconds": trials * START_SECONDS,
        "messages": len(sent),
        "starts": len(delays),
        "heard": len(heard),
        "median_ms": 1000 * float(np.median(delays)),
        "worst_ms": 1000 * max(delays),
    }


def jam_after_noise(seconds: float, chance: random.Random) -> Row:
    """Nonsense into a jam that a DAW leads, then a cut SysEx and at once START and a clock: the notes of its drums."""
    tick_seconds = BEAT_SECONDS / CLOCKS_PER_BEAT
    begin_seconds = seconds + 0.5
    ticks = 4 * BARS_AFTER * CLOCKS_PER_BEAT
    plan = [
        *random_messages(chance, seconds),
        (begin_seconds, CUT),
        (begin_seconds + 0.001, bytes((START,))),
        *((begin_seconds + 0.002 + tick * tick_seconds, bytes((CLOCK,))) for tick in range(ticks)),
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(),
        PortDirectory.open("jack") as directory,
        _working("writes the drums") as worker,
    ):
        settings = RigSettings(clock=ClockSource.MIDI, jam=JamSettings(mode=JamMode.ACCOMPANY))
        rig = JamRig(settings, KillableDrummer(worker), directory, config_dir=Path(folder))
        try:
            listener = Peer.listening(_port(OWN_OUTPUT))
            sent = Peer.sending(_port(OWN_INPUT), sorted(plan)).messages()
        finally:
            rig.close()
        time.sleep(10 * CARRIED_SECONDS)  # the last ends of notes are on their way
        heard = listener.messages()
    started_seconds = max(each.seconds for each in sent if each.data == bytes((START,)))
    hits = [each for each in heard if each.seconds >= started_seconds and each.data[0] & 0xF0 == NOTE_ON]
    return {"noise_s": seconds, "notes_after": len(hits), "stuck": faults(heard)["stuck"]}


def _port(name: str) -> str:
    return f"{name}:{name}"


def benchmark(kills: int, servers: int, seconds: float, seed: int) -> tuple[list[Row], int]:
    """Kill and make noise so often and long, print tables, and return the rows and a status of 1 where one failed."""
    chance = random.Random(seed)
    jams = [
        _told(deaths("sender", kills, chance, BETWEEN_DEATHS_SECONDS)),
        _told(deaths("drummer", kills, chance)),
        _told(deaths("server", servers, chance)),
    ]
    audio = _told(renderings(kills))
    heard = _told(noise(seconds, chance))
    jam = _told(jam_after_noise(seconds / 20, chance))
    is_well = (
        all(row["stuck"] == 0 == row["struck_twice"] and row["notes_after"] for row in jams)
        and all(row["bars_without"] <= 1 for row in jams[:2])
        and audio["same"] == kills
        and heard["heard"] == heard["starts"]
        and heard["worst_ms"] < AT_ONCE_MILLISECONDS
        and jam["notes_after"] > 0 == jam["stuck"]
    )
    return [*jams, audio, heard, jam], int(not is_well)


def _told(row: Row) -> Row:
    values = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()]
    print(f"\n| {' | '.join(row)} |\n|{'---|' * len(row)}\n| {' | '.join(values)} |", flush=True)
    return row
