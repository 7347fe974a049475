"""The row above the timeline: undo and redo, length, loop, what is heard and through which output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from musegen_daw.clips.document import ClipDocument
from musegen_daw.ui.clips.playback import BOTH, DRUMS, OWN_PORT, PART, SOUND_DEVICE
from musegen_daw.ui.widgets.basic import Segments, button, label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import SMALL
from musegen_daw.ui.widgets.visible_timer import VisibleTimer
from musegen_daw.ui.work import Workers

if TYPE_CHECKING:
    from musegen_daw.devices.ports import PortDirectory

POLL_MILLISECONDS = 3000
OUTPUT_TIP = "Output of the clip: the sound device, or a MIDI port"


class ClipPlaybackRow(QWidget):
    """Lists the MIDI outputs again every three seconds while it is visible."""

    output_chosen = Signal(str)
    """The name of a port, `SOUND_DEVICE` for none."""

    def __init__(self, ports: Callable[[], PortDirectory]) -> None:
        super().__init__()
        self._ports = ports
        self._workers = Workers(self)
        self._listed: tuple[bool, tuple[str, ...]] = (False, ())
        self._soundfont = ""
        self.undo = button("Undo", "Undo the last edit", "Ctrl+Z", "quiet", large=True)
        self.redo = button("Redo", "Redo the last undone edit", "Ctrl+Shift+Z", "quiet", large=True)
        self.title = label("", "dim")
        self.title.setWordWrap(False)
        self.loop = button(
            "Loop",
            "Loop; drag over the bar numbers to loop some bars",
            "Ctrl+L",
            large=True,
            checkable=True,
        )
        self.part = Segments(
            "Hear",
            (
                (BOTH, "Both", "Play the parts and the drums"),
                (PART, "Part", "Play the parts only"),
                (DRUMS, "Drums", "Play the drums only"),
            ),
        )
        self.part.choose(BOTH)
        self.output = Choice("Play through", OUTPUT_TIP, large=True)
        self.output.activated.connect(lambda: self.output_chosen.emit(self.output.currentData()))
        self._fill()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for widget in (self.undo, self.redo):
            row.addWidget(widget)
        row.addWidget(self.title, 1)
        for widget in (self.loop, self.part, self.output):
            row.addWidget(widget)
        self._timer = VisibleTimer(self, POLL_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)

    def show_state(
        self, document: ClipDocument | None, undo_label: str | None, redo_label: str | None
    ) -> None:
        for widget, words, what in ((self.undo, undo_label, "Undo"), (self.redo, redo_label, "Redo")):
            widget.setEnabled(words is not None)
            widget.setToolTip(
                plain_tip(f"{what}{': ' + words if words else ''} ({widget.shortcut().toString()})")
            )
        self.title.setText("" if document is None else _described(document))

    def refresh(self) -> None:
        if not self._workers.is_busy:
            self._workers.start(lambda task: _outputs(self._ports()), succeeded=self._show)

    def show_soundfont(self, words: str) -> None:
        """Say which SoundFont the sound device plays, or why there is none."""
        if words != self._soundfont:
            self._soundfont = words
            self.output.setToolTip(plain_tip(f"{OUTPUT_TIP}\nSoundFont: {words}"))
            self._fill()

    def close_work(self) -> None:
        self._timer.stop()
        self._workers.close()

    def _show(self, listed: tuple[bool, tuple[str, ...]]) -> None:
        if listed != self._listed and not self.output.view().isVisible():
            self._listed = listed
            self._fill()

    def _fill(self) -> None:
        creates, names = self._listed
        own = [(f"{OWN_PORT} (created here)", OWN_PORT)] if creates else []
        device = "Sound device" + (f" ({self._soundfont})" if self._soundfont else "")
        self.output.fill([(device, SOUND_DEVICE), *own, *((name, name) for name in names)])


def _outputs(ports: PortDirectory) -> tuple[bool, tuple[str, ...]]:
    from musegen_daw.devices.drivers import Direction

    return ports.creates_ports, tuple(port.name for port in ports.ports(Direction.OUTPUT))


def _described(document: ClipDocument) -> str:
    bars = len(document.bars)
    seconds = document.time_map.seconds_at(document.end_ticks)
    length = f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return f"{bars} {'bar' if bars == 1 else 'bars'}  ·  {length}"
