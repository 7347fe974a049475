"""The bottom row: stretch, pitch and formants, resynthesis with its progress, save and drag."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from musegen_daw.ui.widgets.basic import ProgressLine, button, label, set_look
from musegen_daw.ui.widgets.drops import DragButton, DragOut, drag_out
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import SMALL, TARGET, TINY


class Stepper(QWidget):
    """A number that is typed, stepped with buttons, or reset to `usual` by double-clicking a button."""

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        tooltip: str,
        ends: tuple[float, float],
        step: float,
        decimals: int,
        usual: float,
        prefix: str = "",
        suffix: str = "",
    ) -> None:
        super().__init__()
        self._usual = usual
        self._spin = QDoubleSpinBox()
        self._spin.setDecimals(decimals)
        self._spin.setRange(*ends)
        self._spin.setSingleStep(step)
        self._spin.setValue(usual)
        self._spin.setPrefix(prefix)
        self._spin.setSuffix(suffix)
        self._spin.setKeyboardTracking(False)
        self._spin.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._spin.setFixedHeight(TARGET)
        self._spin.setMinimumWidth(76)
        self._spin.setStyleSheet("border-radius: 0; border-left: none; border-right: none;")
        set_name(self._spin, name)
        self._spin.setToolTip(plain_tip(f"{tooltip} (double click on − or +: back to {self._spin.text()})"))
        self._spin.valueChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for text, segment, turn in (("−", "first", self._spin.stepDown), ("+", "last", self._spin.stepUp)):
            made = QPushButton(text)
            made.setProperty("segment", segment)
            made.setFixedSize(TARGET - 14, TARGET)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.setAutoRepeat(True)
            set_name(made, f"{name} {'less' if text == '−' else 'more'}")
            made.setToolTip(self._spin.toolTip())
            made.clicked.connect(turn)
            made.installEventFilter(self)
            row.addWidget(made)
        row.insertWidget(1, self._spin)

    @property
    def number(self) -> float:
        return round(self._spin.value(), self._spin.decimals())

    @property
    def field(self) -> QDoubleSpinBox:
        return self._spin

    def set_number(self, number: float) -> None:
        self._spin.setValue(number)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._spin.setValue(self._usual)
            return True
        return False


STRETCH_RANGE, SEMITONES_RANGE = (0.25, 4.0), (-24.0, 24.0)


class ShapeRow(QWidget):
    """`changed` announces another stretch or pitch, or that formants are kept or not."""

    changed = Signal()

    def __init__(self, drag: DragOut = drag_out) -> None:
        super().__init__()
        self._stretch = Stepper(
            "Stretch", "Length factor at the same pitch: 2 is half the tempo", STRETCH_RANGE,
            step=0.05, decimals=3, usual=1.0, prefix="× ",
        )  # fmt: skip
        self._semitones = Stepper(
            "Pitch", "Transpose in semitones, at the same tempo", SEMITONES_RANGE,
            step=1.0, decimals=2, usual=0.0, suffix=" st",
        )  # fmt: skip
        for each in (self._stretch, self._semitones):
            each.changed.connect(lambda _number: self.changed.emit())
        self._keep_formants = QCheckBox("Formants")
        set_name(self._keep_formants, "Keep formants")
        self._keep_formants.setToolTip(
            "Keep the formants under another pitch, so that a voice stays that of the same person"
        )
        self._keep_formants.toggled.connect(lambda _is_on: self.changed.emit())
        self.changed.connect(self._show_formants)
        self.resynthesise = button(
            "Resynthesise",
            "Turn the mel into audio: with the model, and with Griffin-Lim where that is heard",
            "Ctrl+G",
            large=True,
        )
        self.progress = ProgressLine()
        self.save = button("Save …", "Save the result as a 24-bit WAV", "Ctrl+S", large=True)
        set_name(self.save, "Save WAV")
        self.drag = DragButton("Drag me", drag)
        self._what = ""
        self._lay_out()
        self._show_formants()
        self.show_result("")

    @property
    def stretch(self) -> float:
        return self._stretch.number

    @property
    def semitones(self) -> float:
        return self._semitones.number

    @property
    def keep_formants(self) -> bool:
        """Whether they are to be kept; without another pitch there is nothing to keep."""
        return self._keep_formants.isChecked() and self.semitones != 0

    def set_shape(self, stretch: float, semitones: float, *, keep_formants: bool) -> None:
        self._stretch.set_number(stretch)
        self._semitones.set_number(semitones)
        self._keep_formants.setChecked(keep_formants)
        self._show_formants()

    def show_due(self, can_make: bool, is_due: bool) -> None:
        """`is_due`: the results were made with other settings."""
        self.resynthesise.setEnabled(can_make)
        set_look(self.resynthesise, "main" if is_due and can_make else "")

    def show_result(self, name: str) -> None:
        """The result that Save and Drag take; empty for none."""
        if name != self._what:
            self.drag.offer(None)
        self._what = name
        for each in (self.save, self.drag):
            each.setEnabled(bool(name))
        self.save.setToolTip(plain_tip(f"Save the {name or 'result'} as a 24-bit WAV (Ctrl+S)"))
        self.drag.setAccessibleName(f"Drag {name}" if name else "Drag me")
        self.drag.setToolTip(plain_tip(f"Drag the {name or 'result'} as a WAV into a DAW or a folder"))

    def _show_formants(self) -> None:
        self._keep_formants.setEnabled(self.semitones != 0)

    def begin(self, text: str) -> None:
        self.progress.begin(text)
        self._middle.setCurrentWidget(self.progress)

    def end(self) -> None:
        self._middle.setCurrentIndex(0)  # first, so that the focus stays in this place
        self.progress.end()

    def _lay_out(self) -> None:
        self._middle = QStackedWidget()
        resting = QWidget()
        beside = QHBoxLayout(resting)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.resynthesise)
        beside.addStretch(1)
        self._middle.addWidget(resting)
        self._middle.addWidget(self.progress)
        self._middle.setFixedHeight(TARGET)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for text, spin in (("Stretch", self._stretch), ("Pitch", self._semitones)):
            name: QLabel = label(text)
            name.setBuddy(spin.field)
            field = QHBoxLayout()
            field.setSpacing(TINY)
            field.addWidget(name)
            field.addWidget(spin)
            row.addLayout(field)
        row.addWidget(self._keep_formants)
        row.addWidget(self._middle, 1)
        row.addWidget(self.save)
        row.addWidget(self.drag)
