"""The controls one touches while playing: five in sight, a mute for each voice, and a fold with the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from musegen_daw.jam.control.controls import FILL_NOW, Controls
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.jam.midi_learn import Learnable
from musegen_daw.ui.jam.more import JamMore
from musegen_daw.ui.widgets.basic import button, is_restyling, label
from musegen_daw.ui.widgets.drag_button import DragOut
from musegen_daw.ui.widgets.drops import drag_out
from musegen_daw.ui.widgets.plain import plain_tip
from musegen_daw.ui.widgets.theme import SMALL, TINY
from musegen_daw.ui.widgets.time_strip import HEAD_WIDTH
from musegen_daw.ui.widgets.value_slider import ValueSlider
from musegen_daw.ui.widgets.voice_button import VoiceButton

if TYPE_CHECKING:
    from musegen_daw.jam.control.control_map import ControlMap

Change = Callable[[Controls], Controls]
_LEARN = "right-click: MIDI learn"
_SLIDERS = (
    ("density", "Density", "auto", "Density; A: follow your playing"),
    ("energy", "Energy", "", "Energy; double-click to reset"),
    ("variation", "Variation", "", "Variation; double-click to reset"),
)


class JamControls(QWidget):
    """Shows the controls of a jam; `changed` carries what a person makes of them, as a function of those that hold."""

    changed = Signal(object)
    fill_wanted = Signal()
    learn_wanted = Signal(str)
    """The target of `jam.control.controls`."""
    forget_wanted = Signal(object)
    """A Knob."""
    folded = Signal()

    def __init__(self, drag: DragOut = drag_out, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sliders = {target: ValueSlider(name, 0.5, auto) for target, name, auto, _ in _SLIDERS}
        for target, _, _, tip in _SLIDERS:
            self.sliders[target].setToolTip(plain_tip(f"{tip}; {_LEARN}"))
        self.fill = button("Fill", f"Play a fill in the next bar; {_LEARN}", "F", large=True)
        self.hold = button("Hold", f"Keep the pattern that plays; {_LEARN}", "H", large=True, checkable=True)
        self.fold = button(
            "More", "Swing, style, latency offset and recording", "M", "quiet", large=True, checkable=True
        )
        self.more = JamMore(drag)
        self.mutes = [VoiceButton(voice, row, str(row + 1)) for row, voice in enumerate(VOICES)]
        widgets: list[tuple[QWidget, str]] = [(slider, target) for target, slider in self.sliders.items()]
        widgets += [(self.fill, FILL_NOW), (self.hold, "hold"), (self.more.swing, "swing")]
        widgets += [(mute, f"mute {voice}") for mute, voice in zip(self.mutes, VOICES, strict=True)]
        self.learnables = tuple(Learnable(widget, target) for widget, target in widgets)
        self._lay_out()
        self._connect()

    @property
    def is_unfolded(self) -> bool:
        """Whether the fold is open."""
        return self.fold.isChecked()

    def unfold(self, is_open: bool) -> None:
        """Open or close the fold."""
        self.fold.setChecked(is_open)

    def show_controls(self, controls: Controls) -> None:
        """Show how the drums are wanted."""
        for target, slider in self.sliders.items():
            if not slider.isSliderDown():
                slider.set_amount(getattr(controls, target))
        self.more.show_swing(controls.swing)
        _check(self.hold, controls.hold)
        for mute, voice in zip(self.mutes, VOICES, strict=True):
            _check(mute, voice in controls.muted)

    def show_learning(self, learning: str | None) -> None:
        """Show which control waits for its knob."""
        for target, slider in (*self.sliders.items(), ("swing", self.more.swing)):
            slider.set_badge("move a knob" if target == learning else "")
        self.fill.setText("hit a pad" if learning == FILL_NOW else "Fill")
        self.hold.setText("hit a pad" if learning == "hold" else "Hold")

    def show_bound(self, control_map: ControlMap) -> None:
        """Mark what knobs and pads move."""
        for learnable in self.learnables:
            learnable.show_knobs(control_map.knobs_of(learnable.target))

    def show_recording(self, is_recording: bool) -> None:
        """Show whether it is recorded, also where the fold is closed."""
        self.more.show_recording(is_recording)
        self.fold.setText("More ●" if is_recording else "More")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Icons in the colours of the theme."""
        if is_restyling(event) and hasattr(self, "more"):
            self.more.recolour()
        super().changeEvent(event)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(SMALL)
        for slider in self.sliders.values():
            first.addWidget(slider, 3)
        for each in (self.fill, self.hold, self.fold):
            first.addWidget(each, 1)
        mutes = QGridLayout()
        mutes.setSpacing(TINY)
        words = label("Mute", "dim")
        words.setMinimumWidth(HEAD_WIDTH - TINY)
        mutes.addWidget(words, 0, 0)
        for column, mute in enumerate(self.mutes):
            mutes.addWidget(mute, 0, column + 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(first)
        column.addWidget(self.more)
        column.addLayout(mutes)
        self.more.hide()

    def _connect(self) -> None:
        for target, slider in self.sliders.items():
            slider.changed.connect(lambda amount, target=target: self._set(target, amount))
        self.more.swing.changed.connect(lambda _amount: self._change(swing=self.more.swing.ratio))
        self.fill.clicked.connect(self.fill_wanted)
        self.hold.toggled.connect(lambda on: self._change(hold=on))
        for mute, voice in zip(self.mutes, VOICES, strict=True):
            mute.toggled.connect(lambda on, voice=voice: self._mute(voice, on))
        for learnable in self.learnables:
            learnable.learn_wanted.connect(self.learn_wanted)
            learnable.forget_wanted.connect(self.forget_wanted)
        self.fold.toggled.connect(self.more.setVisible)
        self.fold.toggled.connect(lambda _is_open: self.folded.emit())

    def _set(self, target: str, amount: float | None) -> None:
        self._change(**{target: 0.5 if amount is None and target != "density" else amount})

    def _change(self, **changes: Any) -> None:
        def change(controls: Controls) -> Controls:
            return replace(controls, **changes)

        self.changed.emit(change)

    def _mute(self, voice: str, is_muted: bool) -> None:
        def change(controls: Controls) -> Controls:
            muted = controls.muted | {voice} if is_muted else controls.muted - {voice}
            return replace(controls, muted=muted)

        self.changed.emit(change)


def _check(widget: QAbstractButton, is_checked: bool) -> None:
    if widget.isChecked() != is_checked:
        widget.blockSignals(True)
        widget.setChecked(is_checked)
        widget.blockSignals(False)
        widget.update()
