"""Choosing a style in Clips: the browser, what is heard while it is open, and the style that is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips import edits
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.generating import Generation, Rewriting, generation, rewriting
from musegen_daw.clips.opening import set_primer
from musegen_daw.clips.plan_edits import with_style
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.request import DrumResult
from musegen_daw.drums.style import Style, StyleBook
from musegen_daw.drums.style_choices import style_choices
from musegen_daw.drums.style_names import bundled_grooves
from musegen_daw.drums.tapping import Taps, tap_fits
from musegen_daw.ui.clips.plan_work import PlanWork
from musegen_daw.ui.clips.playback import ClipPlayback
from musegen_daw.ui.settings.favourites import share_favourites
from musegen_daw.ui.settings.store import SettingsStore
from musegen_daw.ui.widgets.style_browser import StyleBrowser
from musegen_daw.ui.widgets.style_button import StyleButton
from musegen_daw.ui.work import JobContext, Latest

Answer = tuple[Generation | Rewriting, DrumResult]


class StyleWork(QObject):
    """Lists the styles by how well they fit, writes a take of the one that is to be heard, and keeps the chosen one.

    With a section selected, all this is about that section. `previewed` carries the clip as it would sound, or None
    for the clip as it is.
    """

    previewed = Signal(object)
    failed = Signal(str)
    said = Signal(str)

    def __init__(
        self,
        button: StyleButton,
        browser: StyleBrowser,
        plan_work: PlanWork,
        clip: Callable[[], ClipDocument | None],
        apply: Callable[[str, Callable[[ClipDocument], ClipDocument]], None],
        generator: Callable[[], DrumWriter],
        settings: SettingsStore,
        playback: ClipPlayback,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._playback = playback
        self._taps = Taps()
        self._book: tuple[StyleBook, tuple[float, ...]] | None = None
        self._button, self._browser, self._plan_work = button, browser, plan_work
        self._clip, self._apply, self._generator = clip, apply, generator
        self._fits, self._audition, self._choice = Latest(self), Latest(self), Latest(self)
        self._heard: tuple[ClipDocument, Style, Answer] | None = None
        button.clicked.connect(self.open)
        plan_work.style_wanted.connect(self.open)
        browser.auditioned.connect(self._hear)
        browser.chosen.connect(self._choose)
        browser.closed.connect(self._closed)
        browser.tapped.connect(self._tap)
        browser.taps_cleared.connect(self._clear_taps)
        share_favourites(browser, settings)

    def open(self) -> None:
        """Open the browser for the current clip, or close it."""
        clip = self._clip()
        if self._browser.isVisible():
            self._browser.close_browser()
        elif clip is not None:
            self._heard = None
            self._browser.open_at(self._button, self._current_name(clip))
            self._fits.start(lambda task: self._choices(clip), succeeded=self._list, failed=self.failed.emit)

    def show_clip(self, clip: ClipDocument | None) -> None:
        self._button.setEnabled(clip is not None)
        if clip is not None:
            primer = clip.primer_source
            like = "" if primer is None else f"like {primer.name.removesuffix('.mid')}"
            self._button.show_style(_name(clip) or like)

    def close(self) -> None:
        self._fits.close()
        self._audition.close()
        self._choice.close()

    def _current_name(self, clip: ClipDocument) -> str:
        bars = self._plan_work.section(clip)
        if bars is None or clip.take is None:
            return _name(clip)
        return clip.take.plan[bars.start].style or clip.take.style_name

    def _tap(self, voice: int) -> None:
        """Count a tap where the playback is; the first one starts it."""
        clip = self._clip()
        if clip is None or self._book is None:
            return
        if not self._playback.is_playing:
            self.previewed.emit(None)
            self._playback.toggle()
            self._taps = self._taps.tapped(voice, clip.bars[0].start_ticks, clip.bars)
        else:
            self._taps = self._taps.tapped(voice, self._playback.position_ticks, clip.bars)
        self._list_by_taps()

    def _clear_taps(self) -> None:
        self._taps = Taps()
        self._list_by_taps()

    def _list_by_taps(self) -> None:
        if self._book is not None:
            book, fits = self._book
            self._browser.set_choices(
                style_choices(book, bundled_grooves(), tap_fits(book, self._taps, fits))
            )
            if len(self._taps):
                self._browser.select(self._browser.names[1])

    def _choices(self, clip: ClipDocument) -> tuple[StyleBook, tuple[float, ...], str]:
        generator = self._generator()
        plain = replace(clip, settings=replace(clip.settings, style=None), primer=None)
        asked = generation(plain, 0, generator.styles)
        fits = generator.style_fits(asked.request)
        return generator.styles, fits, self._current_name(clip)

    def _list(self, found: tuple[StyleBook, tuple[float, ...], str]) -> None:
        if self._browser.isVisible():
            book, fits, current = found
            self._book = book, fits
            self._clear_taps()
            self._browser.select(current)

    def _hear(self, style: Style | None) -> None:
        clip = self._clip()
        if clip is None:
            return
        if style is None:
            self._audition.cancel()
            self.previewed.emit(None)
            return

        def hear(answer: Answer) -> None:
            if self._browser.isVisible() and self._clip() is clip:
                self._heard = clip, style, answer
                self.previewed.emit(_written(clip, answer))
                self.said.emit(f"Hearing {style.name}.")

        self._write(self._audition, clip, style, hear)

    def _write(
        self, worker: Latest, clip: ClipDocument, style: Style, done: Callable[[Answer], None]
    ) -> None:
        """Write a take, or the selected section, in a style."""
        section = self._plan_work.section()

        def work(task: JobContext) -> Answer | None:
            generator = self._generator()
            if section is None or clip.take is None:
                asked: Generation | Rewriting | None = generation(
                    _in_style(clip, style), _seed(clip), generator.styles
                )
            else:
                asked = rewriting(clip, with_style(clip.take.plan, section, style.name), generator.styles)
            if asked is None:
                return None
            return asked, generator.generate(asked.request, cancelled=task.is_cancelled)

        worker.start(work, succeeded=lambda answer: answer and done(answer), failed=self.failed.emit)

    def _choose(self, style: Style | None) -> None:
        clip, section = self._clip(), self._plan_work.section()
        if clip is None:
            return
        if section is not None:
            self._plan_work.set_style("" if style is None else style.name)
            return
        if style is None:
            self._apply("automatic style", _automatic)
            return

        def keep(answer: Answer) -> None:
            now = self._clip()
            if now is not None and now.identity == clip.identity:
                self._apply(f"style {style.name}", lambda own: _written(_chosen(own, style), answer))

        heard = self._heard
        if heard is not None and heard[0] is clip and heard[1] == style:
            keep(heard[2])
        else:
            self._write(self._choice, clip, style, keep)

    def _closed(self) -> None:
        self.previewed.emit(None)
        self.said.emit("")


def _name(clip: ClipDocument) -> str:
    style = clip.settings.style
    return "" if style is None else style if isinstance(style, str) else style.name


def _seed(clip: ClipDocument) -> int:
    take = clip.take
    return take.seed if take is not None and take.seed is not None else clip.settings.seed


def _in_style(clip: ClipDocument, style: Style) -> ClipDocument:
    return replace(clip, settings=replace(clip.settings, style=style.name, variations=1))


def _chosen(clip: ClipDocument, style: Style) -> ClipDocument:
    return set_primer(edits.set_style(clip, style.name), None)


def _automatic(clip: ClipDocument) -> ClipDocument:
    return set_primer(edits.set_style(clip, None), None)


def _written(clip: ClipDocument, answer: Answer) -> ClipDocument:
    asked, result = answer
    if isinstance(asked, Generation):
        return asked.takes_in(clip, result)
    return asked.applied(clip, result)
