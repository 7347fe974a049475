"""The jam's controls: sliders, fill, hold, mutes, the More row, and MIDI learn for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPointF, QSignalBlocker, QSize, QStandardPaths, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QDoubleSpinBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from musegen_daw.jam.control.controls import FILL_NOW, NEXT_STYLE, PREVIOUS_STYLE, STYLE, Controls
from musegen_daw.jam.settings import MAX_OFFSET_SECONDS
from musegen_daw.music.kit import VOICES
from musegen_daw.ui.jam.sections import SectionButtons
from musegen_daw.ui.widgets.basic import VoiceButton, button, label, set_look
from musegen_daw.ui.widgets.drops import DragButton, DragOut, drag_out
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.plain import caption, plain_tip, set_name
from musegen_daw.ui.widgets.style_button import StyleButton
from musegen_daw.ui.widgets.theme import SMALL, TARGET, TINY, theme
from musegen_daw.ui.widgets.time_strip import HEAD_WIDTH
from musegen_daw.ui.widgets.value_slider import SwingSlider, ValueSlider
from musegen_daw.ui.widgets.xy_pad import XYPad

if TYPE_CHECKING:
    from musegen_daw.jam.control.control_map import ControlMap, Knob
    from musegen_daw.ui.jam.control import JamControl

LEARN = "MIDI learn: move a knob or hit a pad"
_MARK, _INSET = QSize(8, 8), 3


class Learnable(QObject):
    """Adds MIDI learn to the context menu of `widget`, and a dot while it is mapped; `target` is its control, `more`
    are others that it offers."""

    def __init__(self, widget: QWidget, target: str, control: JamControl, more: Sequence[str] = ()) -> None:
        super().__init__(widget)
        self.targets, self._control = (target, *more), control
        self._widget = widget
        self._tip, self._mapped_to = widget.toolTip(), ""
        self._is_telling = False
        self._mark = _Mark(widget)
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        widget.installEventFilter(self)
        self.show_knobs(())

    def show_knobs(self, knobs: Sequence[Knob]) -> None:
        for action in self._widget.actions():
            self._widget.removeAction(action)
            action.deleteLater()
        for target in self.targets:
            text = LEARN if len(self.targets) == 1 else f"{LEARN}, for {target!r}"
            self._offer(text, lambda _checked=False, target=target: self._control.learn(target))
        for knob in knobs:
            self._offer(f"Unmap {knob}", lambda _checked=False, knob=knob: self._control.forget(knob))
        self._mapped_to = " and ".join(map(str, knobs))
        self._tell()
        self._mark.setVisible(bool(knobs))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        elif event.type() == QEvent.Type.ToolTipChange and not self._is_telling:
            self._tip = self._widget.toolTip()
            self._tell()
        return False

    def _tell(self) -> None:
        self._is_telling = True
        self._widget.setToolTip(
            plain_tip(f"{self._tip}\nMapped to {self._mapped_to}" if self._mapped_to else self._tip)
        )
        self._is_telling = False

    def _offer(self, text: str, chosen: object) -> None:
        action = QAction(caption(text), self._widget)
        action.triggered.connect(chosen)
        self._widget.addAction(action)

    def _place(self) -> None:
        self._mark.move(self._widget.width() - _MARK.width() - _INSET, _INSET)


class _Mark(QWidget):
    """A dot in the corner of a widget, transparent for the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("midi-mapped")
        self.setFixedSize(_MARK)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().good))
        painter.drawEllipse(QPointF(4, 4), 3, 3)
        painter.end()


FOLDER = "musegen-daw"


class MoreRow(QWidget):
    """The row that the More button shows: swing, program changes, latency offset, recording."""

    channel_chosen = Signal(int)
    """The channel of program changes, 1 to 16; 0 for none."""
    offset_changed = Signal(float)
    """Seconds, negative is earlier."""

    def __init__(self, drag: DragOut = drag_out) -> None:
        super().__init__()
        self.setObjectName("more-row")
        self.swing = SwingSlider("Swing", 0.0)
        self.swing.setToolTip("Swing; 67 % is a triplet; right-click: MIDI learn")
        self._channel = Choice(
            "Program changes",
            "Channel of program changes that choose styles (from 1 on: your favourites by name, else the bundled "
            "grooves; 100: as you play) and sections (101 to 104: A to D)",
            large=True,
        )
        self._channel.addItem("PC: off", 0)
        for channel in range(1, 17):
            self._channel.addItem(f"PC: channel {channel}", channel)
        self._offset = QDoubleSpinBox()
        self._offset.setRange(-1000 * MAX_OFFSET_SECONDS, 1000 * MAX_OFFSET_SECONDS)
        self._offset.setDecimals(1)
        self._offset.setPrefix("Offset ")
        self._offset.setSuffix(" ms")
        self._offset.setKeyboardTracking(False)
        self._offset.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._offset.setFixedHeight(TARGET)
        self._offset.setMinimumWidth(136)
        self._offset.lineEdit().setAcceptDrops(False)
        set_name(self._offset, "Latency offset")
        self._offset.setToolTip(
            "Latency offset: negative is earlier, for a DAW that plays the drums late; stored for the port"
        )
        self.measure = button(
            "Measure",
            "Measure the round trip through the DAW and set the offset (Esc: cancel)",
            large=True,
        )
        self.record = button(
            "Record", "Record your playing and the drums to a MIDI file", "R", large=True, checkable=True
        )
        self.drag = DragButton("Drag recording", drag)
        self.drag.setToolTip("Drag the last recording into the DAW, as a MIDI file")
        self.drag.setEnabled(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.swing, 3)
        row.addWidget(self._channel, 2)
        row.addWidget(self._offset, 2)
        for each in (self.measure, self.record, self.drag):
            row.addWidget(each, 1)
        self._channel.activated.connect(lambda: self.channel_chosen.emit(self._channel.currentData()))
        self._offset.valueChanged.connect(lambda ms: self.offset_changed.emit(ms / 1000))

    def show_channel(self, channel: int) -> None:
        self._channel.setCurrentIndex(channel)

    def show_swing(self, ratio: float) -> None:
        if not self.swing.isSliderDown():
            self.swing.set_ratio(ratio)

    def show_offset(self, seconds: float, has_output: bool) -> None:
        """Show the latency offset; without a MIDI output there is none."""
        for each in (self._offset, self.measure):
            each.setEnabled(has_output)
        if not self._offset.hasFocus() and has_output:
            with QSignalBlocker(self._offset):
                self._offset.setValue(1000 * seconds)

    def show_recording(self, is_recording: bool) -> None:
        if is_recording != self.record.isChecked():
            self.record.setChecked(is_recording)
        self.record.setText("Stop" if is_recording else "Record")
        set_look(self.record, "danger" if is_recording else "")

    def show_recorded(self, path: Path) -> None:
        self.drag.offer(path)
        self.drag.setEnabled(True)
        self.drag.setToolTip(plain_tip(f"Drag the last recording into the DAW, as a MIDI file\n{path}"))


def recording_path(now: datetime | None = None) -> Path:
    """A new file in the user's music folder, named by date and time."""
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    moment = now or datetime.now()
    return Path(music or Path.home()) / FOLDER / f"jam {moment:%Y-%m-%d %H.%M.%S}.mid"


Change = Callable[[Controls], Controls]
_LEARN = "right-click: MIDI learn"
_SLIDERS = (("variation", "Variation", "", "Variation; double-click to reset"),)


class JamControls(QWidget):
    """`changed` carries a function from the current controls to those that the user wants."""

    changed = Signal(object)
    more_toggled = Signal()

    def __init__(self, control: JamControl, drag: DragOut = drag_out) -> None:
        super().__init__()
        self.sliders = {target: ValueSlider(name, 0.5, auto) for target, name, auto, _ in _SLIDERS}
        for target, _, _, tip in _SLIDERS:
            self.sliders[target].setToolTip(plain_tip(f"{tip}; {_LEARN}"))
        self.pad = XYPad("Feel")
        self._pad_caption, self._learn_caption = "Feel", ""
        self.fill = button("Fill", f"Play a fill in the next bar; {_LEARN}", "F", large=True)
        self.hold = button("Hold", f"Keep the pattern that plays; {_LEARN}", "H", large=True, checkable=True)
        self.more_button = button(
            "More",
            "Swing, program changes, latency offset and recording",
            "M",
            "quiet",
            large=True,
            checkable=True,
        )
        self.style_button = StyleButton(
            "Ctrl+K", "as you play", "the one that fits what is played; right-click: MIDI learn"
        )
        self.sections = SectionButtons()
        self.more = MoreRow(drag)
        self.mutes = [VoiceButton(voice, row, str(row + 1)) for row, voice in enumerate(VOICES)]
        widgets: list[tuple[QWidget, str]] = [(slider, target) for target, slider in self.sliders.items()]
        widgets += [(self.fill, FILL_NOW), (self.hold, "hold"), (self.more.swing, "swing")]
        widgets += [(mute, f"mute {voice}") for mute, voice in zip(self.mutes, VOICES, strict=True)]
        widgets += [(each, f"section {name}") for name, each in self.sections.buttons.items()]
        self.learnables = (
            *(Learnable(widget, target, control) for widget, target in widgets),
            Learnable(self.style_button, STYLE, control, (NEXT_STYLE, PREVIOUS_STYLE)),
            Learnable(self.pad, "density", control, ("energy",)),
        )
        self._lay_out()
        self._connect()

    @property
    def is_more_shown(self) -> bool:
        return self.more_button.isChecked()

    def show_more(self, is_open: bool) -> None:
        self.more_button.setChecked(is_open)

    def show_controls(self, controls: Controls) -> None:
        for target, slider in self.sliders.items():
            if not slider.isSliderDown():
                slider.set_amount(getattr(controls, target))
        self.pad.set_point((0.5 if controls.density is None else controls.density, controls.energy))
        self._pad_caption = "Feel, auto density" if controls.density is None else "Feel"
        self.pad.set_caption(self._learn_caption or self._pad_caption)
        self.more.show_swing(controls.swing)
        _check(self.hold, controls.hold)
        for mute, voice in zip(self.mutes, VOICES, strict=True):
            _check(mute, voice in controls.muted)

    def show_learning(self, learning: str | None) -> None:
        for target, slider in (*self.sliders.items(), ("swing", self.more.swing)):
            slider.set_badge("move a knob" if target == learning else "")
        self._learn_caption = f"{learning}: move a knob" if learning in ("density", "energy") else ""
        self.pad.set_caption(self._learn_caption or self._pad_caption)
        self.fill.setText("hit a pad" if learning == FILL_NOW else "Fill")
        self.hold.setText("hit a pad" if learning == "hold" else "Hold")
        self.sections.show_learning(learning)

    def show_mapped(self, control_map: ControlMap) -> None:
        for learnable in self.learnables:
            learnable.show_knobs(
                tuple(knob for target in learnable.targets for knob in control_map.knobs_of(target))
            )

    def show_recording(self, is_recording: bool) -> None:
        self.more.show_recording(is_recording)
        self.more_button.setText("More ●" if is_recording else "More")

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(SMALL)
        first.addWidget(self.style_button, 3)
        for slider in self.sliders.values():
            first.addWidget(slider, 3)
        first.addWidget(self.sections)
        for each in (self.fill, self.hold, self.more_button):
            first.addWidget(each, 1)
        mutes = QGridLayout()
        mutes.setSpacing(TINY)
        words = label("Mute", "dim")
        words.setMinimumWidth(HEAD_WIDTH - TINY)
        mutes.addWidget(words, 0, 0)
        for column, mute in enumerate(self.mutes):
            mutes.addWidget(mute, 0, column + 1)
        column = QVBoxLayout()
        column.setSpacing(SMALL)
        column.addLayout(first)
        column.addWidget(self.more)
        column.addLayout(mutes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.pad)
        row.addLayout(column, 1)
        self.more.hide()

    def _connect(self) -> None:
        for target, slider in self.sliders.items():
            slider.changed.connect(lambda amount, target=target: self._set(target, amount))
        self.pad.moved.connect(lambda density, energy: self._change(density=density, energy=energy))
        self.pad.reset.connect(lambda: self._change(density=None, energy=0.5))
        self.more.swing.changed.connect(lambda _amount: self._change(swing=self.more.swing.ratio))
        self.hold.toggled.connect(lambda on: self._change(hold=on))
        for mute, voice in zip(self.mutes, VOICES, strict=True):
            mute.toggled.connect(lambda on, voice=voice: self._mute(voice, on))
        self.more_button.toggled.connect(self.more.setVisible)
        self.more_button.toggled.connect(lambda _is_open: self.more_toggled.emit())

    def _set(self, target: str, amount: float | None) -> None:
        self._change(**{target: 0.5 if amount is None else amount})

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
