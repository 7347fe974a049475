"""Time in the real window from a click on Play, or an edit, to what is heard, and from Generate to takes that show."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from musegen_daw import resource_paths as resources
from musegen_daw.clips.edits import set_settings
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Clip, Song

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from musegen_daw.playback.player import Player
    from musegen_daw.ui.clips.panel import ClipsPanel

PART, GROOVE = "demo", "funk"
MINUTES = 4.0
RATE_HZ, BLOCK_SAMPLES = 48_000, 512
AUDIBLE = 1e-3
"""An amplitude, -60 dBFS."""
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.0005
AIM_MS = 300.0
SWINGS = (0.52, 0.55, 0.58, 0.6)
SHORT_BARS, TAKES = 16, 8
SPARE_HITS = 64
"""At the end, where nothing is begun."""

Rows = list[dict[str, Any]]


def benchmark(clicks: int, seed: int) -> Rows:
    """Print p50 and p99 of `clicks` clicks from random places of a song of four minutes, and of as many edits."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="musegen-play-") as name:
        path, short = Path(name) / "song.mid", Path(name) / "short.mid"
        song = long_song()
        write_midi(song, path)
        write_midi(short_song(), short)
        notes = sum(len(clip.notes) for clip in song.clips)
        print(
            f"{clicks} of each, {MINUTES:g} minutes, {len(song.clips)} tracks, {notes:,} notes, {RATE_HZ} Hz"
        )
        print(f"{'':24} {'p50 ms':>8} {'p99 ms':>8} {'longest':>8}   at most {AIM_MS:g} ms are aimed for")
        rows: Rows = []
        for what, found in measure(Path(name), path, short, clicks, Random(seed)).items():
            p50_ms, p99_ms, longest_ms = (1e3 * np.quantile(found, (0.5, 0.99, 1))).tolist()
            rows.append({"what": what, "p50_ms": p50_ms, "p99_ms": p99_ms, "longest_ms": longest_ms})
            print(f"{what:24} {p50_ms:8.0f} {p99_ms:8.0f} {longest_ms:8.0f}")
    return rows


def long_song() -> Song:
    """A bundled clip and a bundled groove, again and again."""
    song = read_midi(resources.clips_dir() / f"{PART}.mid")
    groove = read_midi(resources.style_path(GROOVE)).clips[0].at_ppq(song.time_map.ppq)
    bar_ticks = song.time_map.bar_ticks(4, 4)
    length_ticks = round(song.time_map.ticks_at(60 * MINUTES)) // bar_ticks * bar_ticks
    clips = [
        _repeated(clip, length_ticks, bar_ticks) for clip in (*song.parts, replace(groove, is_drum=True))
    ]
    return Song(tuple(clips), song.time_map)


def short_song() -> Song:
    """The parts of a bundled clip for sixteen bars."""
    song = read_midi(resources.clips_dir() / f"{PART}.mid")
    bar_ticks = song.time_map.bar_ticks(4, 4)
    return Song(
        tuple(_repeated(clip, SHORT_BARS * bar_ticks, bar_ticks) for clip in song.parts), song.time_map
    )


def _repeated(clip: Clip, length_ticks: int, bar_ticks: int) -> Clip:
    every_ticks = -(-clip.end_ticks // bar_ticks) * bar_ticks
    notes = [
        replace(note, start_ticks=note.start_ticks + start)
        for start in range(0, length_ticks, every_ticks)
        for note in clip.notes
        if note.start_ticks + start + note.duration_ticks <= length_ticks
    ]
    return replace(clip, notes=tuple(notes), length_ticks=length_ticks)


class RealTimeDevice:
    """The module sounddevice with one output, whose stream asks for a block whenever one would have been played."""

    PortAudioError = OSError

    def __init__(self) -> None:
        self.default = SimpleNamespace(device=(0, 0))
        self.heard: Callable[[np.ndarray, float], None] = lambda block, seconds: None

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "Benchmark"}]

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": "out", "index": 0, "hostapi": 0, "max_output_channels": 2, "default_samplerate": float(RATE_HZ)}
        ]  # fmt: skip

    def OutputStream(self, **options: Any) -> _Stream:  # noqa: N802 - the name there
        return _Stream(self, options)


class _Stream:
    latency = 0.0

    def __init__(self, device: RealTimeDevice, options: dict[str, Any]) -> None:
        self._device, self._options = device, options
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def active(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._options["finished_callback"]()

    def _run(self) -> None:
        frames = self._options["blocksize"]
        out, status = np.zeros((frames, 2), np.float32), SimpleNamespace(output_underflow=False)
        due_seconds = time.perf_counter()
        while not self._over.is_set():
            self._options["callback"](out, frames, None, status)
            self._device.heard(out, time.perf_counter())
            due_seconds = max(due_seconds + frames / RATE_HZ, time.perf_counter() - 0.1)
            time.sleep(max(0.0, due_seconds - time.perf_counter()))  # as a sound card would ask


def measure(folder: Path, path: Path, short: Path, clicks: int, chance: Random) -> dict[str, list[float]]:
    """Seconds to what is heard, of clicks on Play and at other places, and of edits, each at a hit of the drums.

    Of the song at `short`: seconds from Generate to the cards of its takes, and from the pad to the grid.
    """
    from PySide6.QtWidgets import QApplication

    from musegen_daw.app import App, run_smoothly
    from musegen_daw.playback.player import Player
    from musegen_daw.ui.clips.panel import ClipsPanel
    from musegen_daw.ui.panel import Page
    from musegen_daw.ui.widgets.look import apply_theme
    from musegen_daw.ui.window import Window

    application = QApplication.instance() or QApplication(["benchmark"])
    assert isinstance(application, QApplication)
    apply_theme(application, "dark")
    device = RealTimeDevice()
    player = Player(library=device)
    (folder / "data").mkdir()
    app = App(folder / "data")
    context = replace(app.context, player=lambda: player)
    window = Window(context, (Page("clips", "Clips", "clips", "Ctrl+2", ClipsPanel),), app.control)
    run_smoothly(window)
    try:
        window.show()
        window.begin()
        panel = window.panel("clips")
        assert isinstance(panel, ClipsPanel)
        _until(application, lambda: panel.is_restored)
        panel.open_files([path])
        _until(application, lambda: panel.editor.clip is not None)
        found = _measured(application, panel, device, player, clicks, chance)
        panel.open_files([short])
        _until(application, lambda: len(panel.editor.project.clips) == 2)
        return found | _written(application, panel, clicks, chance)
    finally:
        window.close()
        player.close()
        app.close()


def _measured(
    application: QApplication,
    panel: ClipsPanel,
    device: RealTimeDevice,
    player: Player,
    clicks: int,
    chance: Random,
) -> dict[str, list[float]]:
    clip = panel.editor.clip
    assert clip is not None
    play = panel.view.actions.play
    hits = sorted({note.start_ticks for note in clip.drums.notes})[:-SPARE_HITS]
    found: dict[str, list[float]] = {
        "first click on Play": [], "click on Play": [], "click at a place": [], "edit while it plays": [],
    }  # fmt: skip
    _until(application, lambda: panel.playback.is_ready)
    found["first click on Play"].append(_audible_after(application, device, play.click))
    deck = player.deck
    assert deck is not None
    for _ in range(clicks):
        play.click()
        _until(application, lambda: not deck.is_sounding)
        panel.transport.go_to(chance.choice(hits))
        found["click on Play"].append(_audible_after(application, device, play.click))
    for _ in range(clicks):
        at_ticks = chance.choice(hits)
        at = round(clip.time_map.seconds_at(at_ticks) * RATE_HZ)
        begun_seconds = time.perf_counter()
        panel.transport.go_to(at_ticks)
        _until(application, lambda at=at: deck.next_samples > at and not deck.is_waiting)
        found["click at a place"].append(time.perf_counter() - begun_seconds)
    for number in range(clicks):
        panel.transport.go_to(chance.choice(hits))
        _until(application, lambda: not deck.is_waiting)
        before = {id(source.audio) for source in deck.sources}
        ratio = SWINGS[number % len(SWINGS)]
        begun_seconds = time.perf_counter()
        panel.edit("swing", lambda clip, ratio=ratio: replace(clip, swing_ratio=ratio))
        _until(application, lambda before=before: any(id(each.audio) not in before for each in deck.sources))
        found["edit while it plays"].append(time.perf_counter() - begun_seconds)
    play.click()
    return found


def _written(
    application: QApplication, panel: ClipsPanel, clicks: int, chance: Random
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {f"Generate, {SHORT_BARS} bars x {TAKES}": [], "pad, whole take": []}
    generate, move = found.values()
    panel.edit("takes", lambda clip: set_settings(clip, replace(clip.settings, variations=TAKES)))
    for _ in range(clicks):
        begun_seconds = time.perf_counter()
        panel.view.actions.generate.click()
        _until(application, lambda: len(panel.view.takes.cards) == TAKES and not panel.writer.is_writing)
        generate.append(time.perf_counter() - begun_seconds)
        panel.editor.undo()
    panel.editor.redo()
    for _ in range(clicks):
        before = panel.editor.clip
        panel.view.pad.pressed.emit()
        begun_seconds = time.perf_counter()
        panel.view.pad.moved.emit(chance.random(), chance.random())
        _until(
            application,
            lambda before=before: not panel.plan_work.is_busy and panel.editor.clip is not before,
        )
        move.append(time.perf_counter() - begun_seconds)
    return found


def _nothing(block: np.ndarray, seconds: float) -> None:
    pass


def _audible_after(application: QApplication, device: RealTimeDevice, do: Callable[[], None]) -> float:
    """Seconds, out of silence, from what is done to the first block in which something is heard."""
    found: list[float] = []
    begun_seconds = time.perf_counter()

    def hear(block: np.ndarray, seconds: float) -> None:
        if not found and np.abs(block).max() > AUDIBLE:
            found.append(seconds - begun_seconds)

    device.heard = hear
    do()
    _until(application, lambda: bool(found))
    device.heard = _nothing
    return found[0]


def _until(application: QApplication, condition: Callable[[], bool]) -> None:
    end_seconds = time.perf_counter() + PATIENCE_SECONDS
    while not condition():
        if time.perf_counter() > end_seconds:
            raise TimeoutError("the window did not come to what was waited for")
        application.processEvents()
        time.sleep(LOOK_SECONDS)  # the workers' answers arrive on threads of this process
