"""Edits of the plan from the strip and the pad: the bars that they change are written again on a worker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips import edits, plan_edits
from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.generating import Rewriting, rewriting
from musegen_daw.clips.plan_edits import PlanEdit, section_at
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.plan import BarKind, Plan
from musegen_daw.drums.request import DrumResult
from musegen_daw.errors import MusegenError
from musegen_daw.ui.clips.grid_edits import Edit
from musegen_daw.ui.clips.plan_strip import PlanStrip
from musegen_daw.ui.widgets.xy_pad import XYPad
from musegen_daw.ui.work import JobContext, Latest

WHOLE = "Whole take"
Change = Callable[[ClipDocument], ClipDocument]


class PlanWork(QObject):
    """Turns requests of strip and pad into edits of the current clip; `generator` loads the model when first called.

    `apply` edits the current clip and `end_step` lets the next joined edit be a step of its own.
    """

    failed = Signal(str)
    said = Signal(str)
    selected = Signal()
    """Another section is selected."""
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
        self._latest = Latest(self)
        self._bar: int | None = None
        self._before: Plan | None = None
        self._connect()

    @property
    def is_busy(self) -> bool:
        return self._latest.is_busy

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
            asked = clip.settings.density, clip.settings.energy
            is_known = asked != (None, None)
            self._pad.set_point(tuple(0.5 if each is None else each for each in asked) if is_known else None)  # type: ignore[arg-type]

    def select(self, bar: int) -> None:
        """Select the section of a bar, -1 for the whole take."""
        self._bar = None if bar < 0 else bar
        self.show_clip(self._clip())
        self.selected.emit()

    def set_style(self, style: str) -> None:
        """Write the selected section, or the whole take, in a style that the model knows, "" for that of the take."""
        self._edit_plan(
            f"style {style}" if style else "style of the take",
            lambda plan, bars: plan_edits.with_style(plan, bars, style),
        )

    def close(self) -> None:
        self._latest.close()

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
        clip = self._clip()
        take = clip.take if clip is not None else None
        if clip is None or take is None:
            return
        own = section_at(take.plan, bar)
        edit = plan_edits.again(take.plan, own)
        self._rewrite(f"write section {self._strip.name_at(bar)} again", edit, clip, is_new=True)

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
        clip = self._clip()
        take = clip.take if clip is not None else None
        self._before = take.plan if take is not None else None
        self._end_step()

    def _move_pad(self, density: float, energy: float) -> None:
        clip, chosen = self._clip(), self.section()
        if clip is None:
            return
        label = "feel" if chosen is None else f"feel of section {self._strip.name_at(chosen.start)}"
        asked = _settings_change(density, energy) if chosen is None else None
        if not self._before:
            if asked is not None:
                self._apply(label, asked, joined=True)
            return
        bars = range(len(self._before)) if chosen is None else chosen
        edit = plan_edits.with_feel(self._before, bars, density, energy)
        self._rewrite(label, edit, clip, also=asked, joined=True)

    def _reset_pad(self) -> None:
        clip, chosen = self._clip(), self.section()
        take = clip.take if clip is not None else None
        if clip is None:
            return
        asked = _settings_change(None, None) if chosen is None else None
        if take is None or not len(take.plan):
            if asked is not None:
                self._apply("automatic feel", asked)
            return
        bars = range(len(take.plan)) if chosen is None else chosen
        edit = plan_edits.with_feel_of(take.plan, take.written_plan, bars)
        self._rewrite("automatic feel", edit, clip, also=asked)

    # Work

    def _edit_plan(self, label: str, change: Callable[[Plan, Collection[int]], PlanEdit]) -> None:
        clip = self._clip()
        take = clip.take if clip is not None else None
        if clip is None or take is None or not len(take.plan):
            return
        chosen = self.section()
        self._rewrite(label, change(take.plan, range(len(take.plan)) if chosen is None else chosen), clip)

    def _rewrite(
        self,
        label: str,
        edit: PlanEdit,
        clip: ClipDocument,
        *,
        also: Change | None = None,
        joined: bool = False,
        is_new: bool = False,
    ) -> None:
        number = clip.picked

        def finish(document: ClipDocument, written: Change) -> ClipDocument:
            changed = written(document)
            return changed if also is None else also(changed)

        def work(task: JobContext) -> tuple[Rewriting, DrumResult] | None:
            generator = self._generator()
            asked = rewriting(clip, edit, generator.styles, is_new=is_new)
            if asked is None:
                return None
            return asked, generator.generate(asked.request, cancelled=task.is_cancelled)

        def done(answer: tuple[Rewriting, DrumResult] | None) -> None:
            try:
                if answer is None:
                    self._apply(
                        label,
                        lambda document: (
                            finish(document, lambda own: edits.set_plan(own, edit.plan))
                            if document.picked == number
                            else document
                        ),
                        joined=joined,
                    )
                else:
                    asked, result = answer
                    self._apply(
                        label,
                        lambda document: finish(document, lambda own: asked.applied(own, result)),
                        joined=joined,
                    )
            except MusegenError as error:
                self.failed.emit(str(error))

        self._latest.start(work, succeeded=done, failed=self.failed.emit)

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


def _settings_change(density: float | None, energy: float | None) -> Change:
    def change(document: ClipDocument) -> ClipDocument:
        return edits.set_settings(document, replace(document.settings, density=density, energy=energy))

    return change
