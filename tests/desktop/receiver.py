"""A program that accepts dropped files and copies them into a folder."""

import shutil
import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel


class Receiver(QLabel):
    """Says `over` when a drag that it would take comes over it, and the path of what was dropped."""

    def __init__(self, folder: Path) -> None:
        super().__init__("drop here")
        self._folder = folder
        self.setWindowTitle("receiver")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.possibleActions() & Qt.DropAction.CopyAction:
            event.acceptProposedAction()
            print("over", flush=True)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        mime: QMimeData = event.mimeData()
        for url in mime.urls():
            print(shutil.copy(url.toLocalFile(), self._folder), flush=True)


if __name__ == "__main__":
    application = QApplication(sys.argv)
    receiver = Receiver(Path(sys.argv[1]))
    receiver.show()
    sys.exit(application.exec())
