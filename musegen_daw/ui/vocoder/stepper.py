"""A number that is typed, turned with the wheel or the arrow keys, or stepped with two large buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import TARGET


class Stepper(QWidget):
    """`changed` carries the number; a double click on a button brings `usual` back."""

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
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
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
        self._spin.setAccessibleName(name)
        self._spin.setToolTip(plain_tip(f"{tooltip} (double click on − or +: back to {self._spin.text()})"))
        self._spin.valueChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for text, segment, turn in (("−", "first", self._spin.stepDown), ("+", "last", self._spin.stepUp)):
            made = QPushButton(text)
            made.setProperty("segment", segment)
            made.setFixedSize(TARGET - 12, TARGET)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.setAutoRepeat(True)
            made.setAccessibleName(f"{name} {'less' if text == '−' else 'more'}")
            made.setToolTip(self._spin.toolTip())
            made.clicked.connect(turn)
            made.installEventFilter(self)
            row.addWidget(made)
        row.insertWidget(1, self._spin)

    @property
    def number(self) -> float:
        """The number."""
        return round(self._spin.value(), self._spin.decimals())

    @property
    def field(self) -> QDoubleSpinBox:
        """Where it is typed."""
        return self._spin

    def set_number(self, number: float) -> None:
        """Another number, held within its ends."""
        self._spin.setValue(number)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """A double click on a button."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._spin.setValue(self._usual)
            return True
        return False
