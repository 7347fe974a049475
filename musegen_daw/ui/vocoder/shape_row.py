"""The last row: how the mel is changed, resynthesis with its progress, and what becomes of the result."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from musegen_daw.ui.vocoder.stepper import Stepper
from musegen_daw.ui.widgets.basic import ProgressLine, button, label, restyled
from musegen_daw.ui.widgets.drag_button import DragButton, DragOut
from musegen_daw.ui.widgets.drops import drag_out
from musegen_daw.ui.widgets.icons import icon
from musegen_daw.ui.widgets.plain import caption, plain_tip
from musegen_daw.ui.widgets.theme import SMALL, TARGET

STRETCH_RANGE, SEMITONES_RANGE = (0.25, 4.0), (-24.0, 24.0)


class ShapeRow(QWidget):
    """`changed` says that stretch or pitch is another, the others what is asked for."""

    changed = Signal()
    made_wanted = Signal()
    cancel_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, drag: DragOut = drag_out, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stretch = Stepper(
            "Stretch", "Length factor at the same pitch: 2 is half the tempo", STRETCH_RANGE,
            step=0.05, decimals=3, usual=1.0, prefix="× ",
        )  # fmt: skip
        self._semitones = Stepper(
            "Pitch in semitones", "Transpose in semitones, at the same tempo", SEMITONES_RANGE,
            step=1.0, decimals=2, usual=0.0, suffix=" st",
        )  # fmt: skip
        for each in (self._stretch, self._semitones):
            each.changed.connect(lambda _number: self.changed.emit())
        self._make = button(
            "Resynthesise",
            "Turn the mel into audio, with the model and with Griffin-Lim",
            "Ctrl+G",
            large=True,
        )
        self._make.clicked.connect(self.made_wanted)
        self._progress = ProgressLine()
        self._progress.cancelled.connect(self.cancel_wanted)
        self._save = button("Save WAV …", "Save the result as a 24-bit WAV", "Ctrl+S", large=True)
        self._save.clicked.connect(self.save_wanted)
        self.drag = DragButton("Drag me", drag)
        self.drag.setIcon(icon("drag"))
        self._what = ""
        self._lay_out()
        self.show_result("")

    @property
    def stretch(self) -> float:
        """How many times as long."""
        return self._stretch.number

    @property
    def semitones(self) -> float:
        """How many semitones higher."""
        return self._semitones.number

    @property
    def progress(self) -> ProgressLine:
        """How far the work is."""
        return self._progress

    def set_shape(self, stretch: float, semitones: float) -> None:
        """Show other numbers."""
        self._stretch.set_number(stretch)
        self._semitones.set_number(semitones)

    def show_due(self, can_make: bool, is_due: bool) -> None:
        """Whether there is something to resynthesise, and whether what is heard is not what the numbers say."""
        self._make.setEnabled(can_make)
        restyled(self._make, "main" if is_due and can_make else "")

    def show_result(self, name: str) -> None:
        """What is saved and dragged; nothing can be where it is empty."""
        if name != self._what:
            self.drag.offer(None)
        self._what = name
        for each in (self._save, self.drag):
            each.setEnabled(bool(name))
        self._save.setText(caption(f"Save {name} …") if name else "Save WAV …")
        self.drag.setText(caption(f"Drag {name}") if name else "Drag me")
        self.drag.setAccessibleName(f"Drag {name}" if name else "Drag me")
        self.drag.setToolTip(plain_tip(f"Drag the {name or 'result'} as a WAV into a DAW or a folder"))

    def recolour(self) -> None:
        """Draw the icon in the colours of the theme."""
        self.drag.setIcon(icon("drag"))

    def begin(self, text: str) -> None:
        """Show that work has begun."""
        self._progress.begin(text)
        self._middle.setCurrentWidget(self._progress)

    def end(self) -> None:
        """Nothing runs."""
        self._progress.end()
        self._middle.setCurrentIndex(0)

    def _lay_out(self) -> None:
        self._middle = QStackedWidget()
        resting = QWidget()
        beside = QHBoxLayout(resting)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self._make)
        beside.addStretch(1)
        self._middle.addWidget(resting)
        self._middle.addWidget(self._progress)
        self._middle.setFixedHeight(TARGET)
        self._middle.setMinimumWidth(136)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for text, spin in (("Stretch", self._stretch), ("Pitch", self._semitones)):
            name: QLabel = label(text)
            name.setBuddy(spin.field)
            row.addWidget(name)
            row.addWidget(spin)
            row.addSpacing(SMALL)
        row.addWidget(self._middle, 1)
        row.addWidget(self._save)
        row.addWidget(self.drag)
