"""RemoteDrummer: a drum generator whose model is in a process of its own."""

from __future__ import annotations

from pathlib import Path

from musegen_daw.drums.request import DrumRequest, DrumResult
from musegen_daw.drums.style import StyleBook
from musegen_daw.progress import IsCancelled, Progress
from musegen_daw.workers.tasks import OPEN_DRUMS, WRITE_DRUMS
from musegen_daw.workers.worker import Worker


class RemoteDrummer:
    """Writes what `DrumGenerator` writes with the model in `folder`, the same notes for the same request.

    Several may ask at once. A process that is lost opens the model again for the next request.
    """

    def __init__(self, worker: Worker, folder: Path, name: str, styles: StyleBook) -> None:
        self._worker, self._folder, self.name, self.styles = worker, folder, name, styles

    @classmethod
    def open(cls, worker: Worker, folder: Path) -> RemoteDrummer:
        """Open the model there; raises ModelError where it is missing, damaged or of another kind."""
        return cls(worker, folder, *worker.call(OPEN_DRUMS, folder))

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult:
        """The takes for `request`; raises Cancelled where `cancelled` answers true, MusegenError, ValueError."""
        return self._worker.call(WRITE_DRUMS, self._folder, request, progress=progress, cancelled=cancelled)
