"""The tasks of a worker process, which keeps the models it has opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.progress import IsCancelled, Progress

if TYPE_CHECKING:
    from musegen_daw.drums.generator import DrumGenerator
    from musegen_daw.drums.request import DrumRequest, DrumResult
    from musegen_daw.drums.style import StyleBook
    from musegen_daw.vocoder.mel import Floats, MelConfig
    from musegen_daw.vocoder.stereo import StereoImage
    from musegen_daw.vocoder.vocoder import Vocoder


OPEN_DRUMS, WRITE_DRUMS, STYLE_FITS = "open_drums", "write_drums", "style_fits"
OPEN_VOCODER, VOCODE = "open_vocoder", "vocode"


class Tasks:
    """The tasks by name, with the models they have opened; each is called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drummers: dict[Path, DrumGenerator] = {}
        self._vocoders: dict[Path, Vocoder] = {}

    def of_name(self, name: str) -> Callable[..., Any]:
        """Raises ValueError for an unknown name."""
        tasks: dict[str, Callable[..., Any]] = {
            OPEN_DRUMS: self._open_drums,
            WRITE_DRUMS: self._write_drums,
            STYLE_FITS: self._style_fits,
            OPEN_VOCODER: self._open_vocoder,
            VOCODE: self._vocode,
        }
        if name not in tasks:
            raise ValueError(f"there is no task {name!r}")
        return tasks[name]

    def _open_drums(
        self, folder: Path, *, progress: Progress, cancelled: IsCancelled
    ) -> tuple[str, StyleBook]:
        drummer = self._drummer(folder)
        return drummer.name, drummer.styles

    def _write_drums(
        self, folder: Path, request: DrumRequest, *, progress: Progress, cancelled: IsCancelled
    ) -> DrumResult:
        return self._drummer(folder).generate(request, progress=progress, cancelled=cancelled)

    def _style_fits(
        self, folder: Path, request: DrumRequest, *, progress: Progress, cancelled: IsCancelled
    ) -> tuple[float, ...]:
        return self._drummer(folder).style_fits(request)

    def _open_vocoder(
        self, folder: Path, *, progress: Progress, cancelled: IsCancelled
    ) -> tuple[str, MelConfig]:
        vocoder = self._vocoder(folder)
        return vocoder.name, vocoder.mel

    def _vocode(
        self,
        folder: Path,
        mel: Floats,
        image: StereoImage | None,
        *,
        progress: Progress,
        cancelled: IsCancelled,
    ) -> Floats:
        return self._vocoder(folder).vocode(mel, progress, cancelled, image=image)

    def _vocoder(self, folder: Path) -> Vocoder:
        from musegen_daw.vocoder.vocoder import Vocoder

        with self._lock:
            if folder not in self._vocoders:
                self._vocoders[folder] = Vocoder.open(folder)
            return self._vocoders[folder]

    def _drummer(self, folder: Path) -> DrumGenerator:
        from musegen_daw.drums.generator import DrumGenerator

        with self._lock:
            if folder not in self._drummers:
                self._drummers[folder] = DrumGenerator.open(folder)
            return self._drummers[folder]
