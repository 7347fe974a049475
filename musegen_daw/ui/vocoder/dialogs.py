"""The dialogs of the Vocoder panel, which stop nothing while they are open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from musegen_daw.suffixes import AUDIO_SUFFIXES, MEL_SUFFIX

SUFFIXES = (*AUDIO_SUFFIXES, MEL_SUFFIX)


def ask_what_to_open(parent: QWidget, chosen: Callable[[Path], None]) -> None:
    patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    dialog = QFileDialog(parent, "Open audio or a mel", "", f"Audio and mels ({patterns})")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, chosen)


def ask_where_to_save(parent: QWidget, suggested: Path, chosen: Callable[[Path], None]) -> None:
    dialog = QFileDialog(parent, "Save the result", str(suggested.parent), "WAV (*.wav)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("wav")
    dialog.selectFile(suggested.name)
    _open(dialog, chosen)


def _open(dialog: QFileDialog, chosen: Callable[[Path], None]) -> None:
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
