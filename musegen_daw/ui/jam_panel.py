"""The jam: what is heard, what plays, what is planned and why, and the few controls one touches while playing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from musegen_daw.core.drums import VOICES
from musegen_daw.core.note_names import NoteNames
from musegen_daw.jam.settings import ClockSource
from musegen_daw.live.controls import FILL_NOW, Controls
from musegen_daw.live.patterns import LIVE_PPQ
from musegen_daw.ui.bridge import Pulse
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.jam_choices import NO_PORT, JamChoices
from musegen_daw.ui.jam_control import JamControl
from musegen_daw.ui.jam_pickers import JamPickers
from musegen_daw.ui.jam_strips import JamStrips
from musegen_daw.ui.panel import INFO, WARN, Panel
from musegen_daw.ui.settings_store import AppSettings
from musegen_daw.ui.theme import MEDIUM, SMALL, TINY
from musegen_daw.ui.time_strip import HEAD_WIDTH
from musegen_daw.ui.trouble import Trouble
from musegen_daw.ui.voice_button import VoiceButton
from musegen_daw.ui.widgets import ValueSlider, button, label

if TYPE_CHECKING:
    from musegen_daw.jam.status import RigStatus

FRAME_MILLISECONDS = 20
_REOPENING = ("audio_device", "input_port", "output_port", "soundfont")
_SLIDERS = (
    ("density", "Density", "auto", "How many hits; A leaves it to what you play"),
    ("energy", "Energy", "", "How hard the hits are; a double click goes back to the middle"),
    ("variation", "Variation", "", "How much the drums change; a double click goes back to the middle"),
)


class JamPanel(Panel):
    """Opens the jam when its state is restored, and again when a port, the clock or a device is another one."""

    def __init__(self, context: AppContext, control: JamControl, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._control = context, control
        self._choices = JamChoices()
        self._settings = context.settings.current
        self._late_bars = 0
        self._pickers = JamPickers(context.ports)
        self._strips = JamStrips()
        self._trouble = Trouble()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._strips)
        self._stack.addWidget(self._trouble)
        self._sliders = {target: ValueSlider(name, 0.5, auto) for target, name, auto, _ in _SLIDERS}
        self._fill = button("Fill", "Play a fill in the next bar; right click: MIDI learn", "F", large=True)
        self._hold = button(
            "Hold", "Keep the pattern that plays; right click: MIDI learn", "H", large=True, checkable=True
        )
        self._mutes = [VoiceButton(voice, row, str(row + 1)) for row, voice in enumerate(VOICES)]
        self._lay_out()
        self._connect()
        self._playhead = Pulse(self, FRAME_MILLISECONDS)
        self._playhead.timeout.connect(self._move_playhead)

    # Panel

    def activated(self) -> None:
        """The keyboard goes to the first control."""
        self._sliders["density"].setFocus()
        self._pickers.refresh()

    def escape_pressed(self) -> bool:
        """Give up waiting for a knob."""
        rig = self._control.rig
        is_learning = rig is not None and rig.status.jam.learning is not None
        if is_learning:
            self._control.learn(None)
        return is_learning

    def close_work(self) -> None:
        """Let go of the list of ports; the jam itself is closed by its owner."""
        self._pickers.close_work()

    def saved_state(self) -> dict[str, Any]:
        """The choices."""
        return self._choices.as_dict()

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take up the choices, and open the jam."""
        try:
            self._choices = JamChoices.from_dict(state)
        except ValueError as error:
            self.said.emit(
                f"The saved settings of the jam could not be used ({error}); these are the usual ones.", WARN
            )
        self._show_choices()
        self._open()

    # Setting up

    def _lay_out(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(SMALL)
        for target, _, _, tip in _SLIDERS:
            slider = self._sliders[target]
            slider.setToolTip(f"{tip}; right click: MIDI learn")
            controls.addWidget(slider, 3)
        controls.addWidget(self._fill, 1)
        controls.addWidget(self._hold, 1)
        mutes = QGridLayout()
        mutes.setSpacing(TINY)
        words = label("Mute", "dim")
        words.setMinimumWidth(HEAD_WIDTH - TINY)
        mutes.addWidget(words, 0, 0)
        for column, mute in enumerate(self._mutes):
            mutes.addWidget(mute, 0, column + 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(self._pickers)
        column.addWidget(self._stack, 1)
        column.addLayout(controls)
        column.addLayout(mutes)

    def _connect(self) -> None:
        for target, slider in self._sliders.items():
            slider.changed.connect(lambda amount, target=target: self._set(target, amount))
            self._add_learning(slider, target)
        self._fill.clicked.connect(self._ask_fill)
        self._add_learning(self._fill, FILL_NOW)
        self._hold.toggled.connect(lambda on: self._change(lambda controls: replace(controls, hold=on)))
        self._add_learning(self._hold, "hold")
        for mute, voice in zip(self._mutes, VOICES, strict=True):
            mute.toggled.connect(lambda on, voice=voice: self._mute(voice, on))
            self._add_learning(mute, f"mute {voice}")
        self._pickers.input_chosen.connect(lambda name: self._context.settings.change(input_port=name))
        self._pickers.output_chosen.connect(lambda name: self._context.settings.change(output_port=name))
        self._pickers.clock_chosen.connect(lambda key: self._choose(clock=ClockSource(key)))
        self._pickers.sound_chosen.connect(lambda on: self._choose(sound=on))
        self._pickers.count_in_chosen.connect(lambda bars: self._choose(count_in_bars=bars))
        self._pickers.changed.connect(self._try_again)
        self._pickers.said.connect(lambda sentence: self.said.emit(sentence, WARN))
        self._context.settings.changed.connect(self._settings_changed)
        self._control.looked.connect(self._show)
        self._control.opened.connect(lambda: self._stack.setCurrentWidget(self._strips))
        self._control.absent.connect(self._show_trouble)

    def _add_learning(self, widget: QWidget, target: str) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        learn = QAction("MIDI learn: move a knob or hit a pad", widget)
        learn.triggered.connect(lambda: self._learn(target))
        widget.addAction(learn)

    def _learn(self, target: str) -> None:
        self._control.learn(target)
        self.said.emit(f"Move the knob or hit the pad that is to move {target!r} (Esc: leave it).", INFO)

    def _open(self) -> None:
        self._settings = self._context.settings.current
        self._strips.say_waiting(self._settings.input_port)
        self._control.open(self._choices.rig_settings(self._settings))

    def _choose(self, **changes: Any) -> None:
        self._choices = replace(self._choices, **changes)
        self._show_choices()
        self.state_changed.emit()
        self._open()

    def _settings_changed(self, settings: AppSettings) -> None:
        self._show_choices()
        if any(getattr(settings, name) != getattr(self._settings, name) for name in _REOPENING):
            self._open()

    def _show_choices(self) -> None:
        settings = self._context.settings.current
        self._pickers.show_choices(self._choices, settings)
        self._show_controls(self._choices.controls)
        self._strips.roll.set_note_names(NoteNames(settings.note_names))

    def _try_again(self) -> None:
        if self._stack.currentWidget() is self._trouble:
            self._open()

    def _show_trouble(self, sentence: str) -> None:
        actions: list[tuple[str, Callable[[], None]]] = [("Try again", self._open)]
        if not (self._choices.sound and self._settings.output_port == NO_PORT):
            actions.append(("Play through the sound device alone", self._use_sound_alone))
        self._show_learning(None)
        self._trouble.show_trouble("There is no jam yet", sentence, actions)
        self._stack.setCurrentWidget(self._trouble)

    def _use_sound_alone(self) -> None:
        self._choices = replace(self._choices, sound=True)
        self.state_changed.emit()
        settings = self._context.settings.current
        if settings.output_port == NO_PORT and settings.input_port == NO_PORT:
            self._open()
        else:
            self._context.settings.change(output_port=NO_PORT, input_port=NO_PORT)

    # Playing

    def _set(self, target: str, amount: float | None) -> None:
        value = 0.5 if amount is None and target != "density" else amount
        self._change(lambda controls: replace(controls, **{target: value}))

    def _mute(self, voice: str, is_muted: bool) -> None:
        self._change(
            lambda controls: replace(
                controls, muted=controls.muted | {voice} if is_muted else controls.muted - {voice}
            )
        )

    def _change(self, change: Callable[[Controls], Controls]) -> None:
        self._keep(controls=change(self._choices.controls))
        self._control.change(change)

    def _ask_fill(self) -> None:
        if self._control.rig is not None:
            self._control.rig.fill_now()
            self.said.emit("A fill comes in the next bar.", INFO)

    def _keep(self, **changes: Any) -> None:
        choices = replace(self._choices, **changes)
        if choices != self._choices:
            self._choices = choices
            self.state_changed.emit()

    # Showing

    def _show(self, status: RigStatus) -> None:
        jam = status.jam
        self._keep(way=jam.way, controls=jam.controls)
        if status.clock is None and jam.bpm is not None:
            self._keep(tempo_bpm=jam.bpm)
        self._show_controls(jam.controls)
        self._show_learning(jam.learning)
        if jam.late_bars > self._late_bars:
            self.said.emit(
                f"A plan came late, so the last good pattern went on ({jam.late_bars} so far); "
                "end what else keeps the computer busy if that happens often.",
                WARN,
            )
        self._late_bars = jam.late_bars
        rig = self._control.rig
        if self.isVisible() and rig is not None:
            self._strips.show_picture(rig.picture, status)

    def _show_controls(self, controls: Controls) -> None:
        for target, slider in self._sliders.items():
            if not slider.isSliderDown():
                slider.set_amount(getattr(controls, target))
        _check(self._hold, controls.hold)
        for mute, voice in zip(self._mutes, VOICES, strict=True):
            _check(mute, voice in controls.muted)
        self._strips.show_muted(controls.muted)

    def _show_learning(self, learning: str | None) -> None:
        for target, slider in self._sliders.items():
            slider.set_badge("move a knob" if target == learning else "")
        self._fill.setText("hit a pad" if learning == FILL_NOW else "Fill")
        self._hold.setText("hit a pad" if learning == "hold" else "Hold")

    def _move_playhead(self) -> None:
        rig = self._control.rig
        if rig is not None and rig.status.jam.is_playing:
            self._strips.set_playhead(rig.beats_now() * LIVE_PPQ)
        else:
            self._strips.set_playhead(None)


def _check(widget: QAbstractButton, is_checked: bool) -> None:
    if widget.isChecked() != is_checked:
        widget.blockSignals(True)
        widget.setChecked(is_checked)
        widget.blockSignals(False)
        widget.update()
