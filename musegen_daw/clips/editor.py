"""One open project with undo history and autosave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from musegen_daw.clips.autosave import StateWriter
from musegen_daw.clips.document import ClipDocument, MidiSource, Project
from musegen_daw.clips.opening import open_clip
from musegen_daw.clips.project_file import save_project
from musegen_daw.drums.request import DrumSettings

Change = Callable[[ClipDocument], ClipDocument]
DEFAULT_SETTINGS = DrumSettings(seed=0, variations=4)
MAX_STEPS = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HistoryEntry(Generic[T]):
    """A state, and the label of the edit that separates it from the state nearer to the present."""

    state: T
    label: str


@dataclass(frozen=True, slots=True)
class History(Generic[T]):
    """The present state, past states (latest first) and future states (next first)."""

    present: T
    past: tuple[HistoryEntry[T], ...] = ()
    future: tuple[HistoryEntry[T], ...] = ()

    @property
    def undo_label(self) -> str | None:
        return self.past[0].label if self.past else None

    @property
    def redo_label(self) -> str | None:
        return self.future[0].label if self.future else None

    def record(self, state: T, label: str) -> History[T]:
        """Add a state as a step; discards what could be redone."""
        return History(state, (HistoryEntry(self.present, label), *self.past[: MAX_STEPS - 1]))

    def amend(self, state: T) -> History[T]:
        """Replace the present without adding a step."""
        return replace(self, present=state)

    def undo(self) -> History[T]:
        """One step back, or the same history where there is none."""
        if not self.past:
            return self
        step, *past = self.past
        return History(step.state, tuple(past), (HistoryEntry(self.present, step.label), *self.future))

    def redo(self) -> History[T]:
        """One step forward, or the same history where there is none."""
        if not self.future:
            return self
        step, *future = self.future
        return History(step.state, (HistoryEntry(self.present, step.label), *self.past), tuple(future))


class Editor:
    """Holds the history of a project. Not thread-safe.

    `changed` is called after every change of the present state, which is also given to `autosave`.
    """

    def __init__(
        self, project: Project, changed: Callable[[], None], autosave: StateWriter | None = None
    ) -> None:
        self._history = History(project)
        self._changed = changed
        self._autosave = autosave
        self._joining = ""

    @property
    def project(self) -> Project:
        return self._history.present

    @property
    def clip(self) -> ClipDocument | None:
        return self.project.clip

    @property
    def undo_label(self) -> str | None:
        return self._history.undo_label

    @property
    def redo_label(self) -> str | None:
        return self._history.redo_label

    def edit(self, label: str, change: Change, identity: int | None = None, *, joined: bool = False) -> None:
        """Apply `change` to a clip, by default the one shown; no step is added where nothing changes.

        Consecutive `joined` edits of one label, as of a dragged slider, are one step, until `end_step`. A clip that
        was closed is ignored. Raises what `change` raises, with nothing changed.
        """
        clip = self.project.find(self.project.current if identity is None else identity)
        if clip is None:
            return
        changed = change(clip)
        if changed == clip:
            return
        project = self.project.with_clip(changed)
        if joined and self._joining == label == self.undo_label:
            self._settle(self._history.amend(project))
        else:
            self._record(project, label)
        self._joining = label if joined else ""

    def end_step(self) -> None:
        """Let the next joined edit start a new step."""
        self._joining = ""

    def open(self, sources: Sequence[MidiSource]) -> ClipDocument:
        """Open the parts of `sources` as a new clip and show it; raises MidiFileError."""
        return self.add(open_clip(sources, 0, self.settings))

    def add(self, clip: ClipDocument) -> ClipDocument:
        """Append a clip that was opened elsewhere and show it; it gets a new identity."""
        added = replace(clip, identity=self.project.next_identity())
        self._record(self.project.with_clip(added), f"open {added.name}")
        return added

    @property
    def settings(self) -> DrumSettings:
        """Settings for a new clip: those of the clip shown."""
        return self.clip.settings if self.clip else DEFAULT_SETTINGS

    def close_clip(self, identity: int) -> None:
        clip = self.project.find(identity)
        if clip is not None:
            self._record(self.project.without_clip(identity), f"close {clip.name}")

    def show(self, identity: int) -> None:
        """Show another clip; not an undo step."""
        if self.project.find(identity) is not None and identity != self.project.current:
            self._settle(self._history.amend(replace(self.project, current=identity)))

    def replace_project(self, project: Project, label: str) -> None:
        """Switch to another project; undo returns to this one."""
        self._record(project, label)

    def undo(self) -> None:
        """Undo the last step, and show the clip it changed."""
        self._settle(self._history.undo())

    def redo(self) -> None:
        self._settle(self._history.redo())

    def save(self, path: Path) -> None:
        """Write a project file; raises ProjectError."""
        save_project(self.project, path)

    def _record(self, project: Project, label: str) -> None:
        self._joining = ""
        is_structural = [clip.identity for clip in project.clips] != [
            clip.identity for clip in self.project.clips
        ]
        self._settle(self._history.record(project, label), urgent=is_structural)

    def _settle(self, history: History[Project], *, urgent: bool = False) -> None:
        if history is self._history:
            return
        self._history = history
        if self._autosave is not None:
            self._autosave.keep(self.project, urgent=urgent)
        self._changed()
