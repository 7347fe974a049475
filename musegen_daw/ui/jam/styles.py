"""Choosing a style in the jam: the browser, sorted by how well the styles fit what was just played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.request import DrumRequest
from musegen_daw.drums.style_choices import StyleChoice, style_choices
from musegen_daw.drums.style_names import bundled_grooves
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.planning.picture import HEARD_BARS, JamPicture
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Bar
from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.settings.favourites import share_favourites
from musegen_daw.ui.settings.store import SettingsStore
from musegen_daw.ui.widgets.style_browser import StyleBrowser
from musegen_daw.ui.widgets.style_button import StyleButton
from musegen_daw.ui.work import Latest


class JamStyles(QObject):
    """`chosen` carries the name of a style or the path of a drum loop, "" for the style that fits what is played.

    `picture` returns what was heard, None while there is no jam.
    """

    chosen = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        button: StyleButton,
        browser: StyleBrowser,
        picture: Callable[[], JamPicture | None],
        generator: Callable[[], DrumWriter],
        settings: SettingsStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._button, self._browser = button, browser
        self._picture, self._generator = picture, generator
        self._latest = Latest(self)
        button.clicked.connect(self.open)
        browser.chosen.connect(lambda style: self.chosen.emit("" if style is None else style.name))
        share_favourites(browser, settings)
        for loops in (button, browser):
            loops.loop_dropped.connect(lambda path: self.chosen.emit(str(path)))
            loops.refused.connect(self.failed)

    def open(self) -> None:
        """Open the browser, or close it."""
        if self._browser.isVisible():
            self._browser.close_browser()
            return
        picture = self._picture()
        self._browser.open_at(self._button, self._button.style_name)
        self._latest.start(lambda task: self._choices(picture), succeeded=self._list, failed=self.failed.emit)

    def close_browser(self) -> None:
        self._browser.close_browser()

    def close(self) -> None:
        self._browser.close_browser()
        self._latest.close()

    def _choices(self, picture: JamPicture | None) -> tuple[StyleChoice, ...]:
        generator = self._generator()
        fits = generator.style_fits(heard_request(picture or JamPicture()))
        return style_choices(generator.styles, bundled_grooves(), fits)

    def _list(self, choices: tuple[StyleChoice, ...]) -> None:
        if self._browser.isVisible():
            self._browser.set_choices(choices)
            self._browser.select(self._button.style_name)


def heard_request(picture: JamPicture) -> DrumRequest:
    """A request for the bars that were just heard, a part for each sound."""
    grid = picture.grid
    first = max(0, picture.bar + 1 - HEARD_BARS)
    start_beats = grid.start_beats(first)
    length = grid.bar_ticks
    parts: dict[int, list[Note]] = {}
    for note in picture.heard:
        start = round((note.start_beats - start_beats) * LIVE_PPQ)
        end_beats = picture.beats if note.end_beats is None else note.end_beats
        if start >= 0:
            duration = max(1, round((end_beats - note.start_beats) * LIVE_PPQ))
            parts.setdefault(note.program, []).append(Note(note.pitch, note.velocity, start, duration))
    end = HEARD_BARS * length
    clips = tuple(
        Clip(tuple(sorted(notes, key=lambda note: note.start_ticks)), end, LIVE_PPQ, program=program)
        for program, notes in parts.items()
    )
    bars = tuple(Bar(index * length, length, is_compound=grid.is_compound) for index in range(HEARD_BARS))
    return DrumRequest(clips, bars, LIVE_PPQ)


def style_shown(style: str) -> str:
    """The name of a style, or that of the loop whose style it is."""
    is_loop = style.lower().endswith(MIDI_SUFFIXES)
    return f"like {Path(style).stem}" if is_loop else style
