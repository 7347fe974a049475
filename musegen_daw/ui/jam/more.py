"""What of the jam is set now and then, folded away behind one button: swing, style, latency, recording."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QWidget

from musegen_daw import resource_paths as resources
from musegen_daw.jam.settings import MAX_OFFSET_SECONDS
from musegen_daw.ui.widgets.basic import button, restyled
from musegen_daw.ui.widgets.drag_button import DragButton, DragOut
from musegen_daw.ui.widgets.drops import drag_out
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.swing_slider import SwingSlider
from musegen_daw.ui.widgets.theme import SMALL, TARGET

FOLDER = "musegen-daw"


class JamMore(QWidget):
    """A row of controls; the signals carry what a person asks for."""

    style_chosen = Signal(str)
    """The name of a groove, empty for none."""
    offset_changed = Signal(float)
    """Seconds, negative is earlier."""
    measure_wanted = Signal()
    record_wanted = Signal(bool)

    def __init__(self, drag: DragOut = drag_out, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.swing = SwingSlider("Swing", 0.0)
        self.swing.setToolTip("Swing; 67 % is a triplet; right-click: MIDI learn")
        self._style = Choice("Style", "Style of the drums, from the next bars on", large=True)
        self._style.addItem("Style: as you play", "")
        for name in resources.style_names():
            self._style.addItem(f"Style: {name.replace('-', ' ')}", name)
        self._offset = QDoubleSpinBox()
        self._offset.setRange(-1000 * MAX_OFFSET_SECONDS, 1000 * MAX_OFFSET_SECONDS)
        self._offset.setDecimals(1)
        self._offset.setPrefix("Offset ")
        self._offset.setSuffix(" ms")
        self._offset.setKeyboardTracking(False)
        self._offset.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._offset.setFixedHeight(TARGET)
        self._offset.setMinimumWidth(136)
        self._offset.setAccessibleName("Latency offset in milliseconds")
        self._offset.setToolTip(
            "Latency offset: negative is earlier, for a DAW that plays the drums late; stored for the port"
        )
        self._measure = button(
            "Measure",
            "Measure the round trip through the DAW and set the offset (Esc: cancel)",
            large=True,
        )
        self._record = button(
            "Record", "Record your playing and the drums to a MIDI file", "R", large=True, checkable=True
        )
        self.drag = DragButton("Drag recording", drag)
        self.drag.setIcon(icon("drag"))
        self.drag.setToolTip("Drag the last recording into the DAW, as a MIDI file")
        self.drag.setEnabled(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.swing, 3)
        row.addWidget(self._style, 3)
        row.addWidget(self._offset, 2)
        for each in (self._measure, self._record, self.drag):
            row.addWidget(each, 1)
        self._style.activated.connect(lambda: self.style_chosen.emit(self._style.currentData()))
        self._offset.valueChanged.connect(lambda ms: self.offset_changed.emit(ms / 1000))
        self._measure.clicked.connect(self.measure_wanted)
        self._record.clicked.connect(self.record_wanted)

    @property
    def is_recording(self) -> bool:
        """Whether a recording is shown as running."""
        return self._record.isChecked()

    def show_style(self, name: str) -> None:
        """Show the groove that is gone on from."""
        self._style.setCurrentIndex(max(0, self._style.findData(name)))

    def show_swing(self, ratio: float) -> None:
        """Show the swing."""
        if not self.swing.isSliderDown():
            self.swing.set_ratio(ratio)

    def show_offset(self, seconds: float, has_output: bool) -> None:
        """Show the latency offset; without a MIDI output there is none."""
        for each in (self._offset, self._measure):
            each.setEnabled(has_output)
        if not self._offset.hasFocus() and has_output:
            with QSignalBlocker(self._offset):
                self._offset.setValue(1000 * seconds)

    def show_recording(self, is_recording: bool) -> None:
        """Show whether it is recorded."""
        if is_recording != self._record.isChecked():
            self._record.setChecked(is_recording)
        self._record.setText("Stop" if is_recording else "Record")
        restyled(self._record, "danger" if is_recording else "")

    def show_recorded(self, path: Path) -> None:
        """Offer a recording to be dragged out."""
        self.drag.offer(path)
        self.drag.setEnabled(True)
        self.drag.setToolTip(plain_tip(f"Drag the last recording into the DAW, as a MIDI file\n{path}"))

    def recolour(self) -> None:
        """Draw the icon in the colours of the theme."""
        self.drag.setIcon(icon("drag"))


def recording_path(now: datetime | None = None) -> Path:
    """Where a recording that begins now goes: into the person's music, under the time of day."""
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    moment = now or datetime.now()
    return Path(music or Path.home()) / FOLDER / f"jam {moment:%Y-%m-%d %H.%M.%S}.mid"
