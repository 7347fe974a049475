"""Edits of the plan from the strip and the pad: the bars that they change are written again on a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips import edits, plan_edits
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.editor import Change
from musegen_daw.clips.generating import rewriting
from musegen_daw.clips.plan_edits import PlanEdit, section_at
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.plan import BarKind, Plan
from musegen_daw.ui.clips.grid_edits import Edit
from musegen_daw.ui.clips.plan_strip import PlanStrip
from musegen_daw.ui.widgets.xy_pad import XYPad
from musegen_daw.ui.work import JobContext, Workers

WHOLE = "Whole take"
PlanChange = Callable[[Plan, Collection[int]], PlanEdit]
"""From a plan, and the bars of the selected section or all, to an edit of it."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """An edit of the plan of take `number` of the clip `identity`, and what else of the clip it changes."""

    label: str
    change: PlanChange
    section: range | None
    identity: int
    number: int
    also: Change
    joined: bool
    is_new: bool

    def is_of_gesture(self, other: _Wish) -> bool:
        """Whether both are moves of one gesture, so that the earlier one need not be carried out."""
        own = self.joined, self.label, self.identity, self.number
        return own == (other.joined, other.label, other.identity, other.number)


def _unchanged(document: ClipDocument) -> ClipDocument:
    return document


class PlanWork(QObject):
    """Turns requests of strip and pad into edits of the current clip; `generator` loads the model when first called.

    Edits are carried out one after another, each on the plan as the one before left it; of the moves of one gesture
    those that came while another was being written are left out, but for the last.
    `apply` edits the current clip and `end_step` lets the next joined edit be a step of its own.
    """

    failed = Signal(str)
    said = Signal(str)
    style_wanted = Signal()
    """A style for the selected section."""

    def __init__(
        self,
        strip: PlanStrip,
        pad: XYPad,
        clip: Callable[[], ClipDocument | None],
        apply: Edit,
        end_step: Callable[[], None],
        generator: Callable[[], DrumWriter],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._strip, self._pad = strip, pad
        self._clip, self._apply, self._end_step, self._generator = clip, apply, end_step, generator
        self._workers = Workers(self)
        self._waiting: deque[_Wish] = deque()
        self._is_writing = False
        self._bar: int | None = None
        self._before: Plan | None = None
        self._connect()

    @property
    def is_busy(self) -> bool:
        return self._is_writing or bool(self._waiting)

    def section(self, clip: ClipDocument | None = None) -> range | None:
        """The bars of the selected section, None for the whole take."""
        clip = clip or self._clip()
        plan = clip.take.plan if clip is not None and clip.take is not None else Plan()
        return section_at(plan, self._bar) if self._bar is not None and self._bar < len(plan) else None

    def show_clip(self, clip: ClipDocument | None) -> None:
        """Show the plan of a clip's take, and the feel of its selected section."""
        take = clip.take if clip is not None else None
        plan = take.plan if take is not None else Plan()
        chosen = self.section(clip)
        self._strip.show_plan(plan, chosen, _section_names(clip, plan))
        self._pad.setEnabled(clip is not None)
        self._pad.set_caption(WHOLE if chosen is None else f"Section {self._strip.name_at(chosen.start)}")
        if len(plan):
            self._pad.set_point(plan_edits.feel_of(plan, chosen))
        elif clip is not None:
            self._pad.set_point(_asked_feel(clip))

    def select(self, bar: int) -> None:
        """Select the section of a bar, -1 for the whole take."""
        self._bar = None if bar < 0 else bar
        self.show_clip(self._clip())

    def set_style(self, style: str) -> None:
        """Write the selected section, or the whole take, in a style that the model knows, "" for that of the take."""
        self._edit_plan(
            f"style {style}" if style else "style of the take",
            lambda plan, bars: plan_edits.with_style(plan, bars, style),
        )

    def close(self) -> None:
        self._waiting.clear()
        self._workers.close()

    # Requests

    def _set_kind(self, bar: int, kind: BarKind, is_on: bool) -> None:
        label = f"{'add' if is_on else 'remove'} {kind.value} in bar {bar + 1}"
        wanted = kind if is_on else BarKind.GROOVE
        self._edit_plan(label, lambda plan, _: plan_edits.with_kind(plan, bar, wanted))

    def _set_crash(self, bar: int, is_on: bool) -> None:
        label = f"{'add' if is_on else 'remove'} crash on bar {bar + 1}"
        self._edit_plan(label, lambda plan, _: plan_edits.with_crash(plan, bar, is_on))

    def _move_edge(self, start: int, there: int) -> None:
        label = f"section starts at bar {there + 1}"
        self._edit_plan(label, lambda plan, _: plan_edits.with_edge(plan, start, there))

    def _again(self, bar: int) -> None:
        """Write the section of a bar with other random numbers."""
        self._edit_plan(
            f"write section {self._strip.name_at(bar)} again",
            lambda plan, _: plan_edits.again(plan, section_at(plan, bar)),
            is_new=True,
        )

    def _copy(self, bar: int, there: int) -> None:
        clip = self._clip()
        take = clip.take if clip is not None else None
        if take is not None:
            source, target = section_at(take.plan, bar), section_at(take.plan, there)
            names = self._strip.name_at(bar), self._strip.name_at(there)
            self._apply(
                f"copy section {names[0]} to {names[1]}",
                lambda clip: edits.copy_bars(clip, source, target),
            )

    def _press_pad(self) -> None:
        self._before = None
        self._end_step()

    def _move_pad(self, density: float, energy: float) -> None:
        chosen = self.section()
        label = "feel" if chosen is None else f"feel of section {self._strip.name_at(chosen.start)}"

        def moved(plan: Plan, bars: Collection[int]) -> PlanEdit:
            # Of one gesture all counts from where it began, so that no way back is lost.
            self._before = self._before or plan
            return plan_edits.with_feel(self._before, bars, density, energy)

        self._edit_feel(label, moved, density, energy, joined=True)

    def _reset_pad(self) -> None:
        clip = self._clip()
        written = clip.take.written_plan if clip is not None and clip.take is not None else Plan()
        self._edit_feel(
            "automatic feel", lambda plan, bars: plan_edits.with_feel_of(plan, written, bars), None, None
        )

    def _edit_feel(
        self,
        label: str,
        change: PlanChange,
        density: float | None,
        energy: float | None,
        joined: bool = False,
    ) -> None:
        """Of the whole take the feel is that of the next takes too."""
        clip = self._clip()
        asked = _settings_change(density, energy) if self.section() is None else _unchanged
        if clip is not None and (clip.take is None or not len(clip.take.plan)):
            self._apply(label, asked, joined=joined)
        else:
            self._edit_plan(label, change, also=asked, joined=joined)

    # Work

    def _edit_plan(
        self,
        label: str,
        change: PlanChange,
        *,
        also: Change = _unchanged,
        joined: bool = False,
        is_new: bool = False,
    ) -> None:
        """Edit the plan of the picked take once all edits before are done."""
        clip = self._clip()
        if clip is None or clip.take is None or not len(clip.take.plan):
            return
        wish = _Wish(label, change, self.section(clip), clip.identity, clip.take.number, also, joined, is_new)
        if joined and self._waiting and self._waiting[-1].is_of_gesture(wish):
            self._waiting[-1] = wish
        else:
            self._waiting.append(wish)
        if not self._is_writing:
            self._write_next()

    def _write_next(self) -> None:
        self._is_writing = False
        while self._waiting and not self._is_writing:
            self._begin(self._waiting.popleft())

    def _begin(self, wish: _Wish) -> None:
        clip = self._clip()
        take = clip.take if clip is not None else None
        if clip is None or take is None or (clip.identity, take.number) != (wish.identity, wish.number):
            return
        bars = range(len(take.plan)) if wish.section is None else wish.section
        edit = wish.change(take.plan, bars)
        self._is_writing = True

        def work(task: JobContext) -> Change:
            generator = self._generator()
            asked = rewriting(clip, edit, generator.styles, is_new=wish.is_new)
            if asked is None:
                return lambda document: edits.set_plan(document, edit.plan)
            result = generator.generate(asked.request, cancelled=task.is_cancelled)
            return lambda document: asked.applied(document, result)

        def done(written: Change) -> None:
            now = self._clip()
            if now is not None and (now.identity, now.picked) == (wish.identity, wish.number):
                self._apply(wish.label, lambda document: wish.also(written(document)), joined=wish.joined)

        self._workers.start(work, succeeded=done, failed=self.failed.emit, ended=self._write_next)

    def _connect(self) -> None:
        strip, pad = self._strip, self._pad
        strip.section_chosen.connect(self.select)
        strip.fill_wanted.connect(lambda bar, is_on: self._set_kind(bar, BarKind.FILL, is_on))
        strip.stop_wanted.connect(lambda bar, is_on: self._set_kind(bar, BarKind.STOP, is_on))
        strip.crash_wanted.connect(self._set_crash)
        strip.edge_moved.connect(self._move_edge)
        strip.section_begun.connect(
            lambda bar: self._edit_plan(
                f"section starts at bar {bar + 1}", lambda plan, _: plan_edits.with_section_start(plan, bar)
            )
        )
        strip.section_joined.connect(
            lambda bar: self._edit_plan("join sections", lambda plan, _: plan_edits.joined_before(plan, bar))
        )
        strip.again_wanted.connect(self._again)
        strip.style_wanted.connect(self._want_style)
        strip.copy_wanted.connect(self._copy)
        strip.described.connect(self.said)
        pad.pressed.connect(self._press_pad)
        pad.moved.connect(self._move_pad)
        pad.reset.connect(self._reset_pad)

    def _want_style(self, bar: int) -> None:
        self.select(bar)
        self.style_wanted.emit()


def _section_names(clip: ClipDocument | None, plan: Plan) -> tuple[str, ...]:
    """The names of the sections: the markers at their starts, else letters."""
    if clip is None:
        return ()
    markers = {marker.start_ticks: marker.name for marker in clip.song.markers}
    return tuple(
        markers.get(clip.bars[bars.start].start_ticks) or plan_edits.section_name(plan, bars.start)
        for bars in plan_edits.sections_of(plan)
    )


def _asked_feel(clip: ClipDocument) -> tuple[float, float] | None:
    """The density and energy that are asked for, None where both are automatic."""
    density, energy = clip.settings.density, clip.settings.energy
    if density is None and energy is None:
        return None
    return 0.5 if density is None else density, 0.5 if energy is None else energy


def _settings_change(density: float | None, energy: float | None) -> Change:
    def change(document: ClipDocument) -> ClipDocument:
        return edits.set_settings(document, replace(document.settings, density=density, energy=energy))

    return change
