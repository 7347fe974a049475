"""How long the window stands still under load: a timer of 5 ms beats while notes flood in, drums are generated, a clip
is rendered and another vocoded, all at once. Prints the longest beats, how late plans came and the memory."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

BEAT_SECONDS = 0.005
EVENTS_PER_SECOND = 2000
BURST_SECONDS = 0.005
CLIP, BPM = "funk-bass", 120.0
LOADS = ("flood", "generate", "render", "vocode")
VOCODER, SAMPLE_RATE_HZ = "vocoder-12k", 44_100


def main() -> int:
    """Measure, and return 0 when no beat was later than asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument(
        "--longest", type=float, default=0.05, metavar="SECONDS", help="the longest stall allowed"
    )
    parser.add_argument(
        "--loads", nargs="*", choices=LOADS, default=LOADS, metavar="LOAD", help=f"of {', '.join(LOADS)}"
    )
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App, run_smoothly
    from musegen_daw.live.clock import SystemClock
    from musegen_daw.ui.look import wear
    from scripts.played_rig import PlayedRig
    from scripts.screenshot_scenes import ShownPorts

    application = QApplication(["musegen-daw"])
    wear(application, "dark")
    beats: list[float] = []
    with tempfile.TemporaryDirectory() as state:
        app: App

        def open_rig(settings: object) -> PlayedRig:
            return PlayedRig(app.context.drum_generator(), CLIP, BPM, SystemClock())

        app = App(Path(state), ShownPorts, open_rig)
        run_smoothly(app.window)
        app.settings.change(is_first_run=False)
        app.window.show()
        app.window.begin()
        stop = threading.Event()
        workers: list[threading.Thread] = []

        def begin() -> None:
            rig = app.control.rig
            assert isinstance(rig, PlayedRig)
            rig.start()
            loads = {
                "flood": lambda: _flood(rig, stop),
                "generate": lambda: _generate(app, stop),
                "render": lambda: _render(stop),
                "vocode": lambda: _vocode(app, stop),
            }
            for name in args.loads:
                workers.append(threading.Thread(target=loads[name]))
                workers[-1].start()
            QTimer.singleShot(2000, start_beating)  # what is imported first is no stall of playing

        def start_beating() -> None:
            beats.append(time.perf_counter())
            timer.start()

        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(round(1000 * BEAT_SECONDS))
        timer.timeout.connect(lambda: beats.append(time.perf_counter()))
        app.control.opened.connect(begin)
        QTimer.singleShot(round(1000 * (args.seconds + 4)), application.quit)
        application.exec()
        stop.set()
        for worker in workers:
            worker.join()
        rig = app.control.rig
        late_bars = 0 if rig is None else rig.status.jam.late_bars
        app.window.close()
        app.close()
    gaps = sorted(after - before for before, after in pairwise(beats))
    stalls = [max(0.0, gap - BEAT_SECONDS) for gap in gaps]
    print(
        f"beats {len(stalls)}, stall p50 {_ms(stalls, 0.5)}, p99 {_ms(stalls, 0.99)}, longest {_ms(stalls, 1)}"
    )
    print(
        f"bars late {late_bars}, memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    return 0 if stalls and stalls[-1] <= args.longest else 1


def _flood(rig: object, stop: threading.Event) -> None:
    from musegen_daw.live.events import note_off, note_on
    from scripts.played_rig import PlayedRig

    assert isinstance(rig, PlayedRig)
    each = round(EVENTS_PER_SECOND * BURST_SECONDS / 2)
    pitch = 0
    while not stop.wait(BURST_SECONDS):
        for _ in range(each):
            pitch = (pitch + 7) % 49
            rig.receive(note_on(0, 36 + pitch, 90))
            rig.receive(note_off(0, 36 + pitch))


def _generate(app: object, stop: threading.Event) -> None:
    from musegen_daw import resources
    from musegen_daw.app import App
    from musegen_daw.core.parts import clip_bars
    from musegen_daw.drumming.request import Cancelled, DrumRequest
    from musegen_daw.midi_file import read_midi

    assert isinstance(app, App)
    song = read_midi(resources.clips_dir() / f"{CLIP}.mid")
    seed = 0
    while not stop.is_set():
        bars = clip_bars(song.time_map, song.parts)
        request = DrumRequest(song.parts, bars, song.time_map.ppq, seed=seed, variations=4)
        with suppress(Cancelled):
            app.context.drum_generator().generate(request, cancelled=stop.is_set)
        seed += 1


def _render(stop: threading.Event) -> None:
    from musegen_daw import resources
    from musegen_daw.audition.rendering import RenderCancelled, render_source
    from musegen_daw.midi_file import read_midi

    song = read_midi(resources.clips_dir() / f"{CLIP}.mid")
    with suppress(RenderCancelled):
        while not stop.is_set():
            render_source(CLIP, song.clips, song.time_map, SAMPLE_RATE_HZ, cancelled=stop.is_set)


def _vocode(app: object, stop: threading.Event) -> None:
    from musegen_daw import resources
    from musegen_daw.app import App
    from musegen_daw.audition.rendering import RenderCancelled
    from musegen_daw.audition.resynthesis import decode, render_given
    from musegen_daw.midi_file import read_midi
    from musegen_daw.vocoding.decoder import Cancelled

    assert isinstance(app, App)
    song = read_midi(resources.clips_dir() / f"{CLIP}.mid")
    vocoder = app.context.vocoder(VOCODER)
    with suppress(Cancelled, RenderCancelled):
        given = render_given(CLIP, song, vocoder.mel, SAMPLE_RATE_HZ, cancelled=stop.is_set)
        while not stop.is_set():
            decode(given, vocoder, VOCODER, SAMPLE_RATE_HZ, cancelled=stop.is_set)


def _ms(stalls: list[float], share: float) -> str:
    return f"{1000 * stalls[min(len(stalls) - 1, int(share * len(stalls)))]:.1f} ms" if stalls else "none"


if __name__ == "__main__":
    sys.exit(main())
