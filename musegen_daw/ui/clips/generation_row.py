"""The settings row of the Clips panel: style, generation settings, and swing and humanise of playback and export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QWidget

from musegen_daw.clips.document import ClipDocument
from musegen_daw.clips.editor import DEFAULT_SETTINGS
from musegen_daw.clips.edits import MAX_SWING, set_humanise, set_settings, set_swing
from musegen_daw.drums.request import DrumSettings
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.style_button import StyleButton
from musegen_daw.ui.widgets.theme import SMALL, TARGET
from musegen_daw.ui.widgets.value_slider import SwingSlider, ValueSlider

MAX_TAKES = 16
MAX_FOLLOW = 2.0
Change = Callable[[ClipDocument], ClipDocument]


class GenerationRow(QWidget):
    """`requested` carries the label of an edit and a change of the document, `step_begins` announces a new drag."""

    asked = Signal(str, object)
    step_begins = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.style_button = StyleButton("Ctrl+K")
        self.fills = ValueSlider("Fills", 0.5, "auto")
        self.follow = ValueSlider("Follow", 0.5)
        self.swing = SwingSlider("Swing", 0.0)
        self.humanise = ValueSlider("Humanise", 0.0)
        self.takes = QSpinBox()
        self.seed = QLineEdit()
        tips = {
            self.fills: "How many fills the next takes have; A: let the model decide",
            self.follow: "How closely the next takes follow the part",
            self.swing: "Swing of playback and export; 67 % is a triplet",
            self.humanise: "Random timing and velocity, in playback and export",
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.style_button, 4)
        for slider, tip in tips.items():
            slider.setToolTip(plain_tip(tip))
            slider.sliderPressed.connect(self.step_begins)
            row.addWidget(slider, 3)
        self.takes.setRange(1, MAX_TAKES)
        self.takes.setSuffix(" takes")
        self.takes.setValue(DEFAULT_SETTINGS.variations)
        self.takes.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_name(self.takes, "Number of takes")
        self.takes.setToolTip("Number of takes per Generate")
        self.seed.setPlaceholderText("new seed")
        set_name(self.seed, "Seed")
        self.seed.setToolTip("The same seed gives the same takes; empty: a new seed each time")
        self.seed.setValidator(QRegularExpressionValidator(r"\d{0,9}"))
        for widget, width in ((self.takes, 92), (self.seed, 92)):
            widget.setFixedWidth(width)
            widget.setMinimumHeight(TARGET - 10)
            row.addWidget(widget)
        self._connect()

    def chosen_seed(self) -> int | None:
        """The seed that was entered, None for a new one each time."""
        text = self.seed.text()
        return int(text) if text else None

    def show_document(self, document: ClipDocument | None) -> None:
        self.setEnabled(document is not None)
        if document is None:
            return
        settings = document.settings
        self.fills.set_amount(settings.fills)
        self.follow.set_amount(min(1.0, settings.follow / MAX_FOLLOW))
        self.swing.set_amount((document.swing_ratio - STRAIGHT) / (MAX_SWING - STRAIGHT))
        self.humanise.set_amount(document.humanise_amount)
        with QSignalBlocker(self.takes):
            self.takes.setValue(settings.variations)
            self.takes.setSuffix(" take" if settings.variations == 1 else " takes")

    def _connect(self) -> None:
        self.fills.changed.connect(lambda value: self._ask("fills", fills=value))
        self.follow.changed.connect(lambda value: self._ask("follow", follow=MAX_FOLLOW * value))
        self.takes.valueChanged.connect(lambda value: self._ask("number of takes", variations=value))
        self.swing.changed.connect(
            lambda value: self.asked.emit("swing", _swinging(STRAIGHT + value * (MAX_SWING - STRAIGHT)))
        )
        self.humanise.changed.connect(lambda value: self.asked.emit("humanise", _humanising(value)))

    def _ask(self, label: str, **wish: float | int | None) -> None:
        def change(document: ClipDocument) -> ClipDocument:
            settings: DrumSettings = replace(document.settings, **wish)  # type: ignore[arg-type]
            return set_settings(document, settings)

        self.asked.emit(label, change)


def _swinging(ratio: float) -> Change:
    return lambda document: set_swing(document, ratio)


def _humanising(amount: float) -> Change:
    return lambda document: set_humanise(document, amount)
