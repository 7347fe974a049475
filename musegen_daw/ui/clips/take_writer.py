"""Has new takes written on a worker."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.generating import Generation, check_can_generate, generation
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.request import DrumResult
from musegen_daw.ui.work import Job, JobContext, Workers


class TakeGeneration(QObject):
    """One generation at a time; `generator` loads the model the first time and is called on the worker."""

    began = Signal(object)
    """The ClipDocument that takes are written for."""
    progressed = Signal(float, str)
    written = Signal(object, object)
    """The Generation and its DrumResult."""
    failed = Signal(str)
    ended = Signal()

    def __init__(self, generator: Callable[[], DrumWriter], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generator = generator
        self._workers = Workers(self)
        self._job: Job | None = None

    @property
    def is_writing(self) -> bool:
        """Whether takes are being written."""
        return self._job is not None

    def write(self, clip: ClipDocument, seed: int) -> None:
        """Write takes for a clip as it is now, around what is locked; raises ProjectError where that makes no sense."""
        if self._job is not None:
            return
        check_can_generate(clip)

        def work(task: JobContext) -> tuple[Generation, DrumResult]:
            task.report(0.0, "Loading the drum model")
            generator = self._generator()
            asked = generation(clip, seed, generator.styles)
            result = generator.generate(
                asked.request,
                progress=lambda done, total: task.report(done / total, "Writing drums"),
                cancelled=lambda: task.is_cancelled,
            )
            return asked, result

        self._job = self._workers.start(
            work,
            succeeded=lambda answer: self.written.emit(*answer),
            failed=self.failed.emit,
            progressed=self.progressed.emit,
            ended=self._ended,
        )
        self.began.emit(clip)

    def cancel(self) -> None:
        """Give up what is being written."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """End the work and wait for it."""
        self._workers.close()

    def _ended(self) -> None:
        self._job = None
        self.ended.emit()
