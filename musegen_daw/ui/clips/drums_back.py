"""Answers the files of the watched folder with drums, in a folder within it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from musegen_daw.clips.exchange import Exchange, Wishes
from musegen_daw.drums.job import DrumWriter
from musegen_daw.errors import MusegenError
from musegen_daw.ui.panel import BAD, GOOD
from musegen_daw.ui.work import JobContext, Workers


class DrumsBack(QObject):
    """`message` carries a sentence about every answer, and its level."""

    message = Signal(str, str)

    def __init__(self, writer: Callable[[], DrumWriter], parent: QObject) -> None:
        super().__init__(parent)
        self._writer = writer
        self._workers = Workers(self)

    def answer(self, paths: Sequence[Path]) -> None:
        """Write drums for each of these files, one after another."""

        def work(task: JobContext) -> list[tuple[str, str]]:
            told: list[tuple[str, str]] = []
            for path in paths:
                task.check()
                try:
                    answer = Exchange(path.parent).answer(path, self._writer, Wishes())
                except MusegenError as error:
                    told.append((str(error), BAD))
                else:
                    told.append((answer.sentence, GOOD if answer.is_good else BAD))
            return told

        self._workers.start(
            work, succeeded=self._tell, failed=lambda sentence: self.message.emit(sentence, BAD)
        )

    def close(self) -> None:
        self._workers.close()

    def _tell(self, told: list[tuple[str, str]]) -> None:
        for sentence, level in told:
            self.message.emit(sentence, level)
