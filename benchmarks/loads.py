"""Load in the same process while it plays: generating, rendering, drawing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumRequest
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip, Note
from musegen_daw.playback.synth.soundfont import find_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.resource_paths import clips_dir, drum_model_dir

FRAMES_PER_SECOND = 60
GENERATED_BARS = 2

Turn = Callable[[], object]


@contextmanager
def looping(*turns: Turn) -> Iterator[None]:
    """Take every turn again and again, each on a thread of its own."""
    ended = threading.Event()

    def loop(turn: Turn) -> None:
        while not ended.is_set():
            turn()

    threads = [threading.Thread(target=loop, args=(turn,), daemon=True) for turn in turns]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def generation() -> Turn:
    """Two bars of drums for a bass line, written by the bundled model."""
    generator = DrumGenerator.open(drum_model_dir())
    bars = BarGrid().bars(0, GENERATED_BARS)
    notes = tuple(
        Note(40 + step % 5, 90, step * LIVE_PPQ // 2, LIVE_PPQ // 4) for step in range(8 * len(bars))
    )
    part = Clip(notes, bars[-1].end_ticks, LIVE_PPQ, program=33)
    request = DrumRequest((part,), bars, LIVE_PPQ, bpm=120.0)
    return lambda: generator.generate(request)


def rendering() -> Turn:
    song, soundfont = read_midi(clips_dir() / "demo.mid"), find_soundfont().open()
    return lambda: render(song, soundfont)


def repaint_until(is_done: Callable[[], bool]) -> None:
    """Draw a window with a drum grid and a playhead, on this thread, sixty times a second without a screen."""
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QColor, QPainter, QPaintEvent
    from PySide6.QtWidgets import QApplication, QWidget

    class Grid(QWidget):
        frame = 0

        def paintEvent(self, event: QPaintEvent) -> None:
            self.frame += 1
            painter = QPainter(self)
            for row in range(9):
                for column in range(64):
                    light = 90 + (row * 7 + column * 3 + self.frame) % 120
                    painter.fillRect(column * 12, row * 24, 11, 22, QColor(light, light, 140))
            painter.fillRect(self.frame * 4 % 768, 0, 2, 216, QColor("white"))
            painter.end()

    existing = QApplication.instance()
    app = (
        existing
        if isinstance(existing, QApplication)
        else QApplication(["benchmarks", "-platform", "offscreen"])
    )
    window = Grid()
    window.resize(768, 216)
    window.show()
    timer = QTimer()
    timer.setInterval(1000 // FRAMES_PER_SECOND)

    def turn() -> None:
        window.update()
        if is_done():
            app.quit()

    timer.timeout.connect(turn)
    timer.start()
    app.exec()
    timer.stop()
    window.close()
