"""The Vocoder panel's source, results and jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from musegen_daw.music.clip import Song
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.work import Job, JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.ui.vocoder.jobs import Loaded, LoadRequest, Made, MelEdits
    from musegen_daw.vocoder.decoders import VocoderFacts


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to load: a file, or a song with its name; `scale` is that of a mel."""

    path: Path | None = None
    song: Song | None = None
    name: str = ""
    scale: str | None = None


@dataclass(frozen=True, slots=True)
class MelEdits:
    """How the mel is changed before it is decoded."""

    stretch: float = 1.0
    semitones: float = 0.0
    keep_formants: bool = False

    @property
    def text(self) -> str:
        """As shown beside a result; empty if nothing is changed."""
        parts = []
        if self.stretch != 1:
            parts.append(f"× {self.stretch:g}")
        if self.semitones:
            parts.append(f"{self.semitones:+g} st".replace("-", "−"))
            if self.keep_formants:
                parts.append("formants kept")
        return ", ".join(parts)


CHOICES = ORIGINAL, VOCODER, GRIFFIN_LIM = "Original", "Vocoder", "Griffin-Lim"
DRAG_FOLDER = "vocoded"


class Workbench(QObject):
    """Signals: `models_found` (models, sentences), `loaded`, `made` (method), `written` (path, whether to drag it),
    `failed` (sentence), `progressed` (share, text), `busy_changed`.

    Loading or making again cancels what runs. Griffin-Lim, which takes long, is made only where it is asked for.
    """

    models_found = Signal(tuple, tuple)
    loaded = Signal()
    made = Signal(str)
    written = Signal(object, bool)
    failed = Signal(str)
    progressed = Signal(float, str)
    busy_changed = Signal(bool)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._workers = Workers(self)
        self._jobs: dict[Job, MelEdits | None] = {}
        self.source: Loaded | None = None
        self.results: dict[str, Made] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._jobs)

    def look_for_models(self) -> None:
        folder = self._context.settings.current.models_dir
        self._workers.start(
            lambda task: _jobs().look_for_models(folder),
            succeeded=lambda found: self.models_found.emit(*found),
            failed=self.failed.emit,
        )

    def load(self, request: LoadRequest, models: tuple[VocoderFacts, ...]) -> None:
        """Read or render another source as the mel that a model expects, the one of these that fits."""
        self.cancel()
        self._start(lambda task: _jobs().load(request, models, self._context, task), self._loaded)

    def make(self, shape: MelEdits, model: VocoderFacts | None, methods: Sequence[str]) -> None:
        """Resynthesise the source with these methods, in order, in place of what runs."""
        self.cancel()
        for method in methods:
            self.add(shape, model, method)

    def add(self, shape: MelEdits, model: VocoderFacts | None, method: str) -> None:
        """Resynthesise the source with one more method, after what runs."""
        source = self.source
        if source is not None:
            self._start(
                lambda task: _jobs().resynthesise(source, method, model, shape, self._context, task),
                self._made,
                shape,
            )

    def give_up_others(self, shape: MelEdits) -> None:
        """Cancel what is being made with other settings."""
        for job, making in tuple(self._jobs.items()):
            if making is not None and making != shape:
                job.cancel()

    def is_due(self, shape: MelEdits, model: VocoderFacts | None, methods: Iterable[str]) -> bool:
        """Whether one of these results is missing, or was made with other settings or another model."""
        return self.source is not None and any(
            (made := self.results.get(method)) is None
            or (made.shape, made.model) != (shape, model if method == VOCODER else None)
            for method in methods
        )

    def save(self, method: str, path: Path) -> None:
        made = self.results[method]
        self._workers.start(
            lambda task: _jobs().save(made, path),
            succeeded=lambda written: self.written.emit(written, False),
            failed=self.failed.emit,
        )

    def save_to_drag(self, method: str) -> None:
        made, stem = self.results[method], self.stem(method)
        folder = self._context.data_dir / DRAG_FOLDER
        self._workers.start(
            lambda task: _jobs().save_to_drag(made, folder, stem),
            succeeded=lambda written: self.written.emit(written, True),
            failed=self.failed.emit,
        )

    def stem(self, method: str) -> str:
        """The name of a result's file, without suffix."""
        name = "audio" if self.source is None else self.source.given.name
        return f"{name} {method}"

    def cancel(self) -> None:
        for job in tuple(self._jobs):
            job.cancel()

    def close(self) -> None:
        self._workers.close()

    def _start(
        self,
        function: Callable[[JobContext], Any],
        succeeded: Callable[[Any], None],
        making: MelEdits | None = None,
    ) -> None:
        job = self._workers.start(
            function, succeeded=succeeded, failed=self._failed, progressed=self.progressed.emit
        )
        self._jobs[job] = making
        job.ended.connect(lambda: self._ended(job))
        if len(self._jobs) == 1:
            self.busy_changed.emit(True)

    def _ended(self, job: Job) -> None:
        self._jobs.pop(job, None)
        if not self._jobs:
            self.busy_changed.emit(False)

    def _failed(self, sentence: str) -> None:
        self.cancel()
        self.failed.emit(sentence)

    def _loaded(self, source: Loaded) -> None:
        self.source = source
        self.results = {}
        self.loaded.emit()

    def _made(self, made: Made) -> None:
        # What was made with other settings would be compared with it.
        alike = {method: each for method, each in self.results.items() if each.shape == made.shape}
        self.results = {**alike, made.rendition.method: made}
        self.made.emit(made.rendition.method)


def _jobs() -> ModuleType:
    # Imported on a worker when it is first used: it imports slow libraries.
    from musegen_daw.ui.vocoder import jobs

    return jobs
