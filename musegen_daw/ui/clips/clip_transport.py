"""Play, stop, loop and playhead of the Clips panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSignalBlocker, Signal

from musegen_daw.clips.document import ClipDocument
from musegen_daw.ui.clips.listening import ClipPlayback
from musegen_daw.ui.clips.panel_view import PanelView


class ClipTransport(QObject):
    """Connects what plays with what is shown; `clip` gives the clip in sight, `beat` is to be called at every frame."""

    said = Signal(str)

    def __init__(
        self,
        view: PanelView,
        listening: ClipPlayback,
        clip: Callable[[], ClipDocument | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._listening, self._clip = view, listening, clip
        self._rendered = 1.0
        listening.said.connect(self.said)
        listening.changed.connect(self._show_playing)
        listening.rendering.connect(self._show_rendering)
        view.actions.play.clicked.connect(listening.toggle)
        view.listen.hears.chosen.connect(listening.hear)
        view.listen.output_chosen.connect(listening.set_output)
        view.listen.loop.toggled.connect(self._set_looping)
        view.ruler.went_to.connect(self.go_to)
        view.ruler.loop_asked.connect(self.loop_bars)

    def show_clip(self, clip: ClipDocument | None, *, is_other: bool) -> None:
        """Another state of the clip, or another clip, which begins at its start without a loop."""
        if is_other:
            self._show_loop(None)
        self._listening.show(clip)
        if not self._listening.is_playing:
            self.move_playhead()

    def beat(self) -> None:
        """Move the playhead, and say what keeps the clip from being heard."""
        if self._listening.is_playing:
            trouble = self._listening.attend()
            if trouble:
                self.said.emit(trouble)
            self.move_playhead(follow=True)

    def go_to(self, ticks: float) -> None:
        """Play from there, or begin there when it is played next."""
        self._listening.seek(ticks)
        self.move_playhead()

    def loop_bars(self, first: int, end: int) -> None:
        """Go round over the bars from `first` up to `end`, not included."""
        clip = self._clip()
        if clip is not None:
            self._show_loop((first, end))
            self._listening.set_loop((clip.bars[first].start_ticks, clip.bars[end - 1].end_ticks))

    def move_playhead(self, *, follow: bool = False) -> None:
        """Show where it plays, turning the page if asked."""
        ticks = self._listening.position_ticks if self._clip() else None
        for strip in (self._view.ruler, self._view.roll, self._view.grid):
            strip.set_playhead(ticks)
        if follow and ticks is not None:
            self._view.axis.reveal(ticks)

    def _set_looping(self, is_on: bool) -> None:
        clip = self._clip()
        if is_on and clip is not None:
            self.loop_bars(0, len(clip.bars))
        else:
            self._view.ruler.set_loop(None)
            self._listening.set_loop(None)

    def _show_loop(self, bars: tuple[int, int] | None) -> None:
        self._view.ruler.set_loop(bars)
        with QSignalBlocker(self._view.listen.loop):
            self._view.listen.loop.setChecked(bars is not None)

    def _show_playing(self) -> None:
        self._view.actions.show_playing(self._listening.is_playing, self._rendered)
        if not self._listening.is_playing:
            self.move_playhead()

    def _show_rendering(self, share: float) -> None:
        self._rendered = share
        self._view.actions.show_playing(self._listening.is_playing, share)
