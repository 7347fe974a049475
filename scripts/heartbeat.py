"""How long the window stands still under load: a timer of 5 ms beats while notes flood in, drums are generated, a clip
is rendered and another is vocoded, all at once. Prints the longest beats, how late plans came, and the memory."""

from __future__ import annotations

import argparse
import resource
import sys
import threading
import time
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.opened_app import CLIP, opened_app

if TYPE_CHECKING:
    from musegen_daw.app import App
    from musegen_daw.music.clip import Song
    from musegen_daw.ui.work import JobContext

BEAT_SECONDS = 0.005
EVENTS_PER_SECOND = 2000
BURST_SECONDS = 0.005
SETTLING_SECONDS = 2.0
"""Since the loads began: what is imported first is no stall of playing."""
LOADS = ("flood", "generate", "render", "vocode")


def main() -> int:
    """Measure, and return 0 when no beat was later than asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument(
        "--longest", type=float, default=0.05, metavar="SECONDS", help="the longest stall allowed"
    )
    parser.add_argument(
        "--loads", nargs="*", choices=LOADS, default=LOADS, help="what is to run (usually all)"
    )
    args = parser.parse_args()
    stalls, late_bars = measure(args.seconds, args.loads)
    print(
        f"beats {len(stalls)}, stall p50 {_ms(stalls, 0.5)}, p99 {_ms(stalls, 0.99)}, longest {_ms(stalls, 1)}"
    )
    print(
        f"bars late {late_bars}, memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    return 0 if stalls and stalls[-1] <= args.longest else 1


def measure(seconds: float, loads: tuple[str, ...] = LOADS) -> tuple[list[float], int]:
    """By how many seconds each beat was late, in order of length, and how many plans came late."""
    from PySide6.QtCore import Qt, QTimer

    from musegen_daw.jam.clock.clock import SystemClock
    from scripts.played_rig import PlayedRig

    beats: list[float] = []
    works: dict[str, Callable[[App, threading.Event], None]] = {
        "flood": _flood, "generate": _generate, "render": _render, "vocode": _vocode,
    }  # fmt: skip
    stop = threading.Event()
    threads: list[threading.Thread] = []
    failures: list[Exception] = []
    with opened_app(SystemClock()) as (application, app):

        def begin() -> None:
            assert isinstance(app.control.rig, PlayedRig)
            app.control.rig.start()
            for load in loads:
                threads.append(threading.Thread(target=run, args=(works[load],), name=load))
                threads[-1].start()
            QTimer.singleShot(round(1000 * SETTLING_SECONDS), start_beating)

        def run(work: Callable[[App, threading.Event], None]) -> None:
            try:
                work(app, stop)
            except Exception as error:  # noqa: BLE001 - raised where it is measured
                failures.append(error)

        def start_beating() -> None:
            beats.append(time.perf_counter())
            timer.start()
            QTimer.singleShot(round(1000 * seconds), application.quit)

        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(round(1000 * BEAT_SECONDS))
        timer.timeout.connect(lambda: beats.append(time.perf_counter()))
        app.control.opened.connect(begin)
        application.exec()
        stop.set()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]  # without its load the figure would mean nothing
        rig = app.control.rig
        late_bars = 0 if rig is None else rig.status.jam.late_bars
    return sorted(max(0.0, after - before - BEAT_SECONDS) for before, after in pairwise(beats)), late_bars


def _flood(app: App, stop: threading.Event) -> None:
    from musegen_daw.jam.events import note_off, note_on
    from scripts.played_rig import PlayedRig

    rig = app.control.rig
    assert isinstance(rig, PlayedRig)
    each = round(EVENTS_PER_SECOND * BURST_SECONDS / 2)
    pitch = 0
    due_seconds = time.perf_counter()
    while not stop.wait(max(0.0, due_seconds - time.perf_counter())):
        due_seconds += BURST_SECONDS
        for _ in range(each):
            pitch = (pitch + 7) % 49
            rig.receive(note_on(0, 36 + pitch, 90))
            rig.receive(note_off(0, 36 + pitch))


def _generate(app: App, stop: threading.Event) -> None:
    from musegen_daw.drums.request import DrumRequest
    from musegen_daw.music.parts import clip_bars

    song = _song()
    bars = clip_bars(song.time_map, song.parts)
    for seed in count():
        if stop.is_set():
            return
        app.context.drum_generator().generate(
            DrumRequest(song.parts, bars, song.time_map.ppq, seed=seed, variations=4)
        )


def _render(app: App, stop: threading.Event) -> None:
    from musegen_daw.clips.opening import open_clip, read_source
    from musegen_daw.drums.request import DrumSettings
    from musegen_daw.ui.clips.streams import Streams

    document = open_clip([read_source(_path())], 0, DrumSettings(seed=0))
    while not stop.is_set():
        streams = Streams().for_document(document, 44_100, None)
        streams.render(0, None, None, app.context.compute, lambda more: None, lambda: False)


def _vocode(app: App, stop: threading.Event) -> None:
    from musegen_daw.ui.vocoder import jobs
    from musegen_daw.ui.vocoder.workbench import LoadRequest, MelEdits

    models, _ = jobs.look_for_models("")
    song = _song()
    while not stop.is_set():
        loaded = jobs.load(LoadRequest(song=song, name=CLIP), models, app.context, _task())
        for method, using in ((jobs.VOCODER, loaded.given.model), ("Griffin-Lim", None)):
            if not stop.is_set():
                jobs.resynthesise(loaded, method, using, MelEdits(), app.context, _task())


def _task() -> JobContext:
    from musegen_daw.ui.work import JobContext

    return JobContext(lambda share, text: None)


def _song() -> Song:
    from musegen_daw.midi.file import read_midi

    return read_midi(_path())


def _path() -> Path:
    from musegen_daw import resource_paths as resources

    return resources.clips_dir() / f"{CLIP}.mid"


def _ms(stalls: list[float], share: float) -> str:
    return f"{1000 * stalls[min(len(stalls) - 1, int(share * len(stalls)))]:.1f} ms" if stalls else "none"


if __name__ == "__main__":
    sys.exit(main())
