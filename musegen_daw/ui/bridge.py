"""From other threads to the window's: the newest state of each topic, however many there were meanwhile."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

FRAME_MILLISECONDS = 33


class Bridge(QObject):
    """Any thread tells the newest value of a topic; `told` says it on the thread that made the bridge.

    A flood costs nothing: of the values of one topic that wait, only the last is told.
    """

    told = Signal(str, object)
    _waiting = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._values: dict[str, object] = {}
        self._waiting.connect(self._deliver)

    def tell(self, topic: str, value: object) -> None:
        """Hand over the newest value of a topic, from any thread, without waiting."""
        with self._lock:
            is_first = not self._values
            self._values[topic] = value
        if is_first:
            self._waiting.emit()

    def _deliver(self) -> None:
        with self._lock:
            values, self._values = self._values, {}
        for topic, value in values.items():
            self.told.emit(topic, value)


class Pulse(QTimer):
    """Beats while its widget can be seen, for what is polled: playheads, meters, status."""

    def __init__(self, widget: QWidget, interval_milliseconds: int = FRAME_MILLISECONDS) -> None:
        super().__init__(widget)
        self._widget = widget
        self.setInterval(interval_milliseconds)
        widget.installEventFilter(self)
        if widget.isVisible():
            self.start()

    def eventFilter(self, watched: QObject, event: object) -> bool:  # noqa: N802 - Qt's name
        """Begin when the widget is shown, rest when it is hidden."""
        kind = event.type()  # type: ignore[attr-defined]
        if kind == kind.Show:
            self.start()
        elif kind == kind.Hide:
            self.stop()
        return False
