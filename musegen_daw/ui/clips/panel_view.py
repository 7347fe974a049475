"""The widgets of the Clips panel, how they show a document, and the transport that plays it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QStackedWidget, QVBoxLayout, QWidget

from musegen_daw.clips.document import ClipDocument, Project
from musegen_daw.clips.voice_mix import PERCUSSION
from musegen_daw.music.clip import Note, Song
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES
from musegen_daw.music.time import Bar
from musegen_daw.playback.levels import Levels
from musegen_daw.ui.clips.action_row import ActionRow
from musegen_daw.ui.clips.bar_ruler import BarRuler
from musegen_daw.ui.clips.generation_row import GenerationRow
from musegen_daw.ui.clips.grid import EditingGrid
from musegen_daw.ui.clips.plan_strip import PlanStrip
from musegen_daw.ui.clips.playback import ClipPlayback
from musegen_daw.ui.clips.playback_row import ClipPlaybackRow
from musegen_daw.ui.clips.row_heads import HEADS_WIDTH, RowState
from musegen_daw.ui.clips.side_column import SideColumn
from musegen_daw.ui.clips.takes import TakeStrip
from musegen_daw.ui.clips.velocity_lane import VelocityLane
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.widgets.basic import button
from musegen_daw.ui.widgets.drops import DragOut, DropOverlay
from musegen_daw.ui.widgets.drum_grid import Hit
from musegen_daw.ui.widgets.piano_roll import PianoRoll
from musegen_daw.ui.widgets.placeholder import EmptyPage
from musegen_daw.ui.widgets.style_browser import StyleBrowser
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.widgets.time_axis import TimeAxis
from musegen_daw.ui.widgets.xy_pad import XYPad

SHOWN_BARS = 4
FITTED_BARS = 6
_SCROLL_RANGE = 10_000

EMPTY_TITLE = "Drop MIDI clips here"
EMPTY_WORDS = (
    "From a file manager, or from a DAW that exports by drag and drop.\n"
    "You can also paste copied files (Ctrl+V),\n"
    "or let a watched folder open new clips (Settings)."
)


class PanelView:
    """The widgets of the panel on `page`; shows documents and carries out nothing."""

    def __init__(
        self, page: QWidget, context: AppContext, write_for_drag: Callable[[], Path], drag: DragOut
    ) -> None:
        self.axis = TimeAxis(page, head_width=HEADS_WIDTH)
        self.side = SideColumn()
        self.playback_row = ClipPlaybackRow(context.ports)
        self.ruler = BarRuler(self.axis)
        self.roll = PianoRoll(self.axis, title="part")
        self.plan = PlanStrip(self.axis)
        self.grid = EditingGrid(self.axis)
        self.lane = VelocityLane(self.axis, self.grid)
        self.scroll = QScrollBar(Qt.Orientation.Horizontal)
        self.takes = TakeStrip()
        self.pad = XYPad()
        self.generation = GenerationRow()
        self.actions = ActionRow(write_for_drag, drag)
        self.veil = DropOverlay(page)
        self.styles = StyleBrowser(page)
        self._shown_identity: int | None = None
        self._shown_bars: tuple[Bar, ...] = ()
        self._shown_parts: tuple[Song, list[int]] | None = None
        self._drawn: dict[int, tuple[Note, Hit]] = {}
        self.demo = button(
            "Play the demo", "Open the bundled clip, write drums for it and play it", look="main", large=True
        )
        self._empty = EmptyPage(EMPTY_TITLE, EMPTY_WORDS, self.demo)
        self._pages = QStackedWidget()
        self._lay_out(page)
        self.grid.looks_changed.connect(lambda: self.ruler.set_selected_bars(self.grid.selected_bars))
        self.grid.lane_toggled.connect(self.ruler.lane.click)
        self.ruler.lane.toggled.connect(self._show_lane)
        self._show_lane(False)
        self.axis.changed.connect(self._show_scroll)
        self.scroll.valueChanged.connect(self._scrolled)
        self.axis.set_bars((Bar(0, 4 * 480),), 480)
        self.show_project(Project(), None, None, is_generating=False)

    def show_project(
        self, project: Project, undo_label: str | None, redo_label: str | None, *, is_generating: bool
    ) -> None:
        document = project.clip
        followed = sorted(document.followed) if document else []
        colours = {index: self.roll.part_colour(place) for place, index in enumerate(followed)}
        self.side.show_project(project, colours)
        self.playback_row.show_state(document, undo_label, redo_label)
        self.generation.show_document(document)
        self.actions.show_document(document, is_generating=is_generating)
        self.takes.show_takes(
            document.takes_as_shown if document else (), document.picked if document else None
        )
        if document is None:
            self._shown_identity = self._shown_parts = None
            self._pages.setCurrentWidget(self._empty)
            self.grid.set_hits(())
            return
        self._pages.setCurrentIndex(0)
        self._show_time(document)
        if (document.song, followed) != self._shown_parts:
            self._shown_parts = document.song, followed
            self.roll.set_parts([document.song.clips[index].notes for index in followed])
        self._show_hits(document)

    def _show_lane(self, is_shown: bool) -> None:
        self.lane.setVisible(is_shown)
        self.grid.set_has_lane(is_shown)

    def _show_time(self, document: ClipDocument) -> None:
        is_other = document.identity != self._shown_identity
        if is_other or document.bars != self._shown_bars:
            self._shown_identity, self._shown_bars = document.identity, document.bars
            self.axis.set_bars(document.bars, document.ppq, step_ticks=document.cell_ticks)
            if len(document.bars) > FITTED_BARS:
                self.axis.show(0, document.bars[SHOWN_BARS - 1].end_ticks)
            else:
                self.axis.fit()
        if is_other:
            self.grid.set_cursor(None)
            self.grid.select_places(frozenset())
        self.grid.cell_of = document.cell_start

    def _show_hits(self, document: ClipDocument) -> None:
        notes = document.drums.notes
        has_percussion = not {note.pitch for note in notes} <= VOICE_OF_PITCH.keys()
        rows = (*VOICES, PERCUSSION) if has_percussion else VOICES
        self.grid.show_rows([_row(document, name) for name in rows])
        for strip in (self.grid, self.lane):
            strip.set_swing(document.swing_ratio)
        drawn = self._drawn
        # An edit keeps the other Note objects.
        self._drawn = {id(note): drawn.get(id(note)) or (note, _hit(note)) for note in notes}
        self.grid.set_hits([hit for _, hit in self._drawn.values()])
        locked = frozenset(VOICES.index(voice) for voice in document.locked_voices)
        self.grid.set_locked(locked, document.locked_bars)

    def _show_scroll(self) -> None:
        start, end = self.axis.shown_ticks
        whole = max(1, self.axis.end_ticks - self.axis.first_ticks)
        share = min(1.0, (end - start) / whole)
        with QSignalBlocker(self.scroll):
            self.scroll.setPageStep(max(1, round(share * _SCROLL_RANGE)))
            self.scroll.setSingleStep(max(1, round(share * _SCROLL_RANGE / 8)))
            self.scroll.setRange(0, max(0, _SCROLL_RANGE - self.scroll.pageStep()))
            self.scroll.setValue(round((start - self.axis.first_ticks) / whole * _SCROLL_RANGE))
        self.scroll.setEnabled(share < 1)

    def _scrolled(self, value: int) -> None:
        whole = self.axis.end_ticks - self.axis.first_ticks
        ticks = self.axis.first_ticks + value / _SCROLL_RANGE * whole
        self.axis.scroll((ticks - self.axis.start_ticks) * self.axis.pixels_per_tick)

    def _lay_out(self, page: QWidget) -> None:
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        shown = QWidget()
        music = QVBoxLayout(shown)
        music.setContentsMargins(0, 0, 0, 0)
        music.setSpacing(0)
        for widget, stretch in (
            (self.ruler, 0),
            (self.roll, 1),
            (self.plan, 0),
            (self.grid, 4),
            (self.lane, 0),
            (self.scroll, 0),
        ):
            music.addWidget(widget, stretch)
            if widget in (self.roll, self.plan):
                music.addSpacing(2)
        main = QVBoxLayout()
        main.setSpacing(SMALL)
        main.addWidget(self.playback_row)
        music.addSpacing(SMALL)
        choices = QHBoxLayout()
        choices.setSpacing(SMALL)
        choices.addWidget(self.takes, 1)
        choices.addWidget(self.pad)
        music.addLayout(choices)
        self._pages.addWidget(shown)
        self._pages.addWidget(self._empty)
        main.addWidget(self._pages, 1)
        above = QHBoxLayout()
        above.setSpacing(MEDIUM)
        above.addWidget(self.side, 1)
        above.addLayout(main, 4)
        column = QVBoxLayout(page)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addLayout(above, 1)
        column.addWidget(self.generation)
        column.addWidget(self.actions)


def _row(document: ClipDocument, name: str) -> RowState:
    mix = document.voice_mix
    return RowState(
        name,
        mix.level_percent(name),
        name in mix.muted,
        name in mix.soloed,
        name in document.locked_voices,
        mix.is_heard(name),
        can_lock=name != PERCUSSION,
    )


def _hit(note: Note) -> Hit:
    """A note as it is drawn; pitch (the tag) and start identify the note."""
    return Hit(VOICE_OF_PITCH.get(note.pitch, len(VOICES)), note.start_ticks, note.velocity, tag=note.pitch)


class ClipTransport(QObject):
    """Connects playback with the view; `clip` returns the current clip, `update` is to be called at every frame."""

    message = Signal(str)

    def __init__(
        self,
        view: PanelView,
        playback: ClipPlayback,
        clip: Callable[[], ClipDocument | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._playback, self._clip = view, playback, clip
        playback.message.connect(self.message)
        playback.changed.connect(self._show_playing)
        playback.soundfont.connect(view.playback_row.show_soundfont)
        view.actions.play.clicked.connect(playback.toggle)
        view.playback_row.part.chosen.connect(playback.select)
        view.playback_row.output_chosen.connect(playback.set_output)
        view.playback_row.loop.toggled.connect(self._set_looping)
        view.ruler.seek_requested.connect(self.go_to)
        view.ruler.loop_requested.connect(self.loop_bars)

    def show_clip(self, clip: ClipDocument | None, *, is_other: bool) -> None:
        """Show another state of the clip, or another clip: from its start, without a loop."""
        if is_other:
            self._show_loop(None)
        self._playback.show(clip)
        if not self._playback.is_playing:
            self.move_playhead()

    def update(self) -> None:
        """Move the playhead, and report why nothing can be heard; make ready what may be played next."""
        self._playback.make_ready()
        if self._playback.is_playing:
            trouble = self._playback.update()
            if trouble:
                self.message.emit(trouble)
            if self._playback.is_playing:
                self._view.actions.meter.show_levels(self._playback.levels)
            self.move_playhead(follow=True)

    def go_to(self, ticks: float) -> None:
        self._playback.seek(ticks)
        self.move_playhead()

    def loop_bars(self, first: int, end: int) -> None:
        """Loop the bars from `first` up to `end`, not included."""
        clip = self._clip()
        if clip is not None:
            self._show_loop((first, end))
            self._playback.set_loop((clip.bars[first].start_ticks, clip.bars[end - 1].end_ticks))

    def move_playhead(self, *, follow: bool = False) -> None:
        ticks = self._playback.position_ticks if self._clip() else None
        view = self._view
        for strip in (view.ruler, view.roll, view.plan, view.grid, view.lane):
            strip.set_playhead(ticks)
        if follow and ticks is not None:
            self._view.axis.reveal(ticks)

    def _set_looping(self, is_on: bool) -> None:
        clip = self._clip()
        if is_on and clip is not None:
            self.loop_bars(0, len(clip.bars))
        else:
            self._view.ruler.set_loop(None)
            self._playback.set_loop(None)

    def _show_loop(self, bars: tuple[int, int] | None) -> None:
        self._view.ruler.set_loop(bars)
        with QSignalBlocker(self._view.playback_row.loop):
            self._view.playback_row.loop.setChecked(bars is not None)

    def _show_playing(self) -> None:
        self._view.actions.show_playing(self._playback.is_playing)
        if not self._playback.is_playing:
            self._view.actions.meter.show_levels(Levels())
            self.move_playhead()
