"""The head of the panel: what is loaded, where something else comes from, and the model."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from musegen_daw.ui.vocoder.model_picker import ModelPicker
from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.fitting import Choice, FittedLabel
from musegen_daw.ui.widgets.theme import LARGE, SMALL, TINY

SCALES = (
    ("", "Scale: detect"),
    ("log", "Scale: natural log"),
    ("power", "Scale: power"),
    ("db", "Scale: dB"),
    ("magnitude", "Scale: magnitude"),
)


class SourceRow(QWidget):
    """`open_wanted` and `clip_wanted` ask for another source, `scale_chosen` carries that of a mel, "" unknown."""

    open_wanted = Signal()
    clip_wanted = Signal()
    scale_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models = ModelPicker()
        self.models.setMaximumWidth(460)
        self._name = FittedLabel("Nothing loaded", "title")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts = label(
            "Turn a mel spectrogram back into audio, and compare it with the original.", "dim"
        )
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._open = button("Open …", "Open audio or a mel", "Ctrl+O")
        self._open.clicked.connect(self.open_wanted)
        self.setFocusProxy(self._open)
        self._clip = button(
            "Take the clip", "Render the clip of the Clips place and resynthesise it", "Ctrl+T"
        )
        self._clip.clicked.connect(self.clip_wanted)
        self._scale = Choice("Scale of the mel", "Scale of the values in the .npy file")
        self._scale.setMinimumContentsLength(17)
        for key, text in SCALES:
            self._scale.addItem(text, key)
        self._scale.activated.connect(lambda: self.scale_chosen.emit(self._scale.currentData()))
        self._scale.hide()
        self._lay_out()

    @property
    def clip_button(self) -> QWidget:
        """The button that takes the clip; hidden where there are no clips."""
        return self._clip

    @property
    def text(self) -> str:
        """What is said about the source."""
        return f"{self._name.text()}: {self._facts.text()}"

    def show_source(self, name: str, facts: str, is_mel: bool, scale: str) -> None:
        """Say what is loaded; a mel lets its scale be chosen."""
        self._name.setText(name)
        self._facts.setText(facts)
        self._scale.setVisible(is_mel)
        self._scale.setCurrentIndex(max(0, self._scale.findData(scale)))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for each in (self._open, self._clip, self._scale):
            buttons.addWidget(each)
        buttons.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(TINY)
        for each in (self._name, self._facts):
            left.addWidget(each)
        left.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(LARGE)
        row.addLayout(left, 3)
        row.addWidget(self.models, 2, Qt.AlignmentFlag.AlignTop)


def sentence_label() -> QLabel:
    """The one sentence about what is wrong; hidden while nothing is."""
    made = label("", "bad")
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.hide()
    return made
