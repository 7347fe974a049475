"""A drum generator and a mel decoder whose models are in a process of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from musegen_daw.drums.request import DrumRequest, DrumResult
from musegen_daw.drums.style import StyleBook
from musegen_daw.progress import IsCancelled, Progress
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import Floats, MelConfig
from musegen_daw.vocoder.stereo import StereoImage
from musegen_daw.workers.tasks import OPEN_DRUMS, STYLE_FITS, WRITE_DRUMS
from musegen_daw.workers.worker import Worker


class RemoteDrummer:
    """Writes what `DrumGenerator` writes with the model in the folder that `find_model` returns.

    The model is opened when it is first asked for, by whichever thread asks; a failure is raised, and the next to ask
    tries again. Several may ask at once. A process that is lost opens the model again for the next request.
    """

    def __init__(self, worker: Worker, find_model: Callable[[], Path]) -> None:
        self._worker, self._find_model = worker, find_model
        self._opening = threading.Lock()
        self._opened: tuple[Path, str, StyleBook] | None = None

    @property
    def name(self) -> str:
        """The model's name; raises ModelError where it is missing, damaged or of another kind."""
        return self._model()[1]

    @property
    def styles(self) -> StyleBook:
        """The styles that the model has learned; raises ModelError as `name` does."""
        return self._model()[2]

    def generate(
        self,
        request: DrumRequest,
        *,
        progress: Progress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> DrumResult:
        """The takes for `request`; raises Cancelled where `cancelled` answers true, MusegenError, ValueError."""
        folder = self._model()[0]
        return self._worker.call(WRITE_DRUMS, folder, request, progress=progress, cancelled=cancelled)

    def style_fits(self, request: DrumRequest) -> tuple[float, ...]:
        """See `DrumGenerator.style_fits`; raises MusegenError, ValueError."""
        return self._worker.call(STYLE_FITS, self._model()[0], request)

    def _model(self) -> tuple[Path, str, StyleBook]:
        with self._opening:
            if self._opened is None:
                folder = self._find_model()
                self._opened = (folder, *self._worker.call(OPEN_DRUMS, folder))
            return self._opened


class RemoteDecoder(MelDecoder):
    """A decoder whose `vocode` returns the audio as one block: called with mel, image, `progress` and `cancelled`."""

    def __init__(self, name: str, mel: MelConfig, vocode: Callable[..., Floats]) -> None:
        super().__init__(name, mel)
        self._vocode = vocode

    def _decode(self, mel: Floats) -> Iterator[Floats]:
        yield self._vocode(mel, None)

    def _streamed(
        self,
        mel: Floats,
        image: StereoImage | None,
        progress: Progress | None,
        cancelled: IsCancelled | None,
    ) -> Iterator[Floats]:
        yield self._vocode(mel, image, progress=progress, cancelled=cancelled)


def vocode_with(
    decoder: MelDecoder,
    mel: Floats,
    image: StereoImage | None = None,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Floats:
    """`decoder.vocode`, as a task for another process."""
    return decoder.vocode(mel, progress, cancelled, image=image)
