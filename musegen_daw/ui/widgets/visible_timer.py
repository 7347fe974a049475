"""A timer that runs only while its widget is visible."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

FRAME_MILLISECONDS = 33


class VisibleTimer(QTimer):
    """For what is polled: playheads, meters, ports."""

    def __init__(self, widget: QWidget, interval_milliseconds: int = FRAME_MILLISECONDS) -> None:
        super().__init__(widget)
        self.setInterval(interval_milliseconds)
        widget.installEventFilter(self)
        if widget.isVisible():
            self.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.start()
        elif event.type() == QEvent.Type.Hide:
            self.stop()
        return False
