"""The Jam panel: ports and clock, the timeline, and the controls for playing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import (
    QStackedWidget,
    QVBoxLayout,
)

from musegen_daw.devices.link import INSTALL, is_link_installed
from musegen_daw.jam.clock.midi_clock import MAX_BPM, MIN_BPM
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.patterns import LIVE_PPQ
from musegen_daw.jam.settings import ClockSource
from musegen_daw.music.note_names import NoteNames
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.jam.controls import JamControls, recording_path
from musegen_daw.ui.jam.pickers import NO_PORT, JamChoices, JamPickers, without_link
from musegen_daw.ui.jam.strips import JamStrips
from musegen_daw.ui.jam.styles import JamStyles, style_shown
from musegen_daw.ui.panel import GOOD, INFO, WARN, Panel, reset_message
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.widgets.drops import DragOut, drag_out
from musegen_daw.ui.widgets.placeholder import ErrorPage
from musegen_daw.ui.widgets.style_browser import StyleBrowser
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.widgets.visible_timer import VisibleTimer

if TYPE_CHECKING:
    from musegen_daw.jam.planning.picture import JamPicture
    from musegen_daw.jam.repertoire import CalledUp
    from musegen_daw.jam.settings import RigSettings
    from musegen_daw.jam.status import RigStatus

FRAME_MILLISECONDS = 20
_REOPENING = ("audio_device", "drum_map", "input_port", "output_port", "soundfont")


class JamPanel(Panel):
    """Opens the jam when its state is restored, and again when a port, the clock or a device changes."""

    def __init__(
        self,
        context: AppContext,
        control: JamControl,
        drag: DragOut = drag_out,
    ) -> None:
        super().__init__()
        self._context, self._control = context, control
        self._choices = JamChoices()
        self._settings = context.settings.current
        self._late_bars = 0
        self._called_up: CalledUp | None = None
        self._pickers = JamPickers(context.ports)
        self._strips = JamStrips()
        self._error_page = ErrorPage()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._strips)
        self._stack.addWidget(self._error_page)
        self._controls = JamControls(control, drag)
        self._more = self._controls.more
        browser = StyleBrowser(self, ("As you play", "the style that fits what is played"), is_live=True)
        self._styles = JamStyles(
            self._controls.style_button,
            browser,
            self._picture,
            context.drum_generator,
            context.settings,
            self,
        )
        self._lay_out()
        self._connect()
        self._playhead = VisibleTimer(self, FRAME_MILLISECONDS)
        self._playhead.timeout.connect(self._move_playhead)

    # Panel

    def activated(self) -> None:
        self._controls.pad.setFocus()
        self._pickers.refresh()

    def deactivated(self) -> None:
        self._styles.close_browser()

    def escape_pressed(self) -> bool:
        if self._control.give_up_measuring():
            return True
        rig = self._control.rig
        is_learning = rig is not None and rig.status.jam.learning is not None
        if is_learning:
            self._control.learn(None)
        return is_learning

    def close_work(self) -> None:
        """The jam itself is closed by its owner."""
        self._styles.close()
        self._pickers.close_work()

    def saved_state(self) -> dict[str, Any]:
        return {**self._choices.as_dict(), "is_unfolded": self._controls.is_more_shown}

    def restore_state(self, state: dict[str, Any]) -> None:
        self._choices, passed_over = JamChoices.from_dict(state)
        if passed_over:
            self.message.emit(reset_message(passed_over), WARN)
        if self._choices.clock is ClockSource.LINK and not is_link_installed():
            self._choices = without_link(self._choices)
            self.message.emit(f"The jam keeps its own tempo. {INSTALL}.", WARN)
        self._controls.show_more(state.get("is_unfolded") is True)
        self._show_choices()
        self._open()

    # Setting up

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(self._pickers)
        column.addWidget(self._stack, 1)
        column.addWidget(self._controls)

    def _connect(self) -> None:
        controls = self._controls
        controls.changed.connect(self._change)
        controls.fill.clicked.connect(self._request_fill)
        controls.sections.recalled.connect(self._control.recall_section)
        controls.sections.stored.connect(self._control.store_section)
        controls.more_toggled.connect(self.state_changed)
        self._pickers.input_chosen.connect(lambda name: self._context.settings.change(input_port=name))
        self._pickers.output_chosen.connect(lambda name: self._context.settings.change(output_port=name))
        self._pickers.clock_chosen.connect(lambda key: self._choose(clock=ClockSource(key)))
        self._pickers.sound_chosen.connect(lambda on: self._choose(sound=on))
        self._pickers.count_in_chosen.connect(lambda bars: self._choose(count_in_bars=bars))
        self._pickers.changed.connect(self._try_again)
        self._pickers.message.connect(lambda sentence: self.message.emit(sentence, WARN))
        self._context.settings.changed.connect(self._settings_changed)
        self._control.polled.connect(self._show)
        self._control.opened.connect(lambda: self._stack.setCurrentWidget(self._strips))
        self._control.unavailable.connect(self._show_error)
        self._control.mapped.connect(controls.show_mapped)
        self._control.recorded.connect(self._show_recorded)
        more = self._more
        self._styles.chosen.connect(self._choose_style)
        self._styles.failed.connect(lambda sentence: self.message.emit(sentence, WARN))
        more.channel_chosen.connect(lambda channel: self._choose(control_channel=channel))
        more.offset_changed.connect(self._control.set_offset)
        more.measure.clicked.connect(lambda: self._control.measure(self._measured))
        more.record.clicked.connect(self._record)
        more.drag.taken.connect(lambda path: self.message.emit(f"Dragged out {path.name}.", GOOD))

    def _open(self) -> None:
        self._settings = self._context.settings.current
        self._called_up = None
        self._strips.show_input(self._settings.input_port)
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
        self._controls.style_button.show_style(style_shown(self._choices.style))
        self._more.show_channel(self._choices.control_channel)
        self._strips.roll.set_note_names(NoteNames(settings.note_names))

    def _try_again(self) -> None:
        if self._stack.currentWidget() is self._error_page:
            self._open()

    def _show_error(self, sentence: str) -> None:
        actions: list[tuple[str, Callable[[], None]]] = [("Try again", self._open)]
        if not (self._choices.sound and self._settings.output_port == NO_PORT):
            actions.append(("Use the sound device only", self._use_sound_alone))
        self._controls.show_learning(None)
        self._error_page.show_error("No MIDI connection", sentence, actions)
        self._stack.setCurrentWidget(self._error_page)

    def _use_sound_alone(self) -> None:
        self._choices = replace(self._choices, sound=True)
        self.state_changed.emit()
        settings = self._context.settings.current
        if settings.output_port == NO_PORT and settings.input_port == NO_PORT:
            self._open()
        else:
            self._context.settings.change(output_port=NO_PORT, input_port=NO_PORT)

    # Playing

    def _change(self, change: Callable[[Controls], Controls]) -> None:
        self._keep(controls=change(self._choices.controls))
        self._control.change(change)

    def _request_fill(self) -> None:
        if self._control.rig is not None:
            self._control.rig.session.fill_now()
            self.message.emit("A fill comes in the next bar.", INFO)

    def _choose_style(self, style: str) -> None:
        self._keep(style=style)
        self._controls.style_button.show_style(style_shown(style))
        self._control.set_style(style)

    def _record(self, is_wanted: bool) -> None:
        if is_wanted:
            path = recording_path()
            self._control.start_recording(path)
            self.message.emit(f"Recording to {path}.", INFO)
        else:
            self._control.stop_recording()

    def _measured(
        self, settings: RigSettings, told: Callable[[str], None], is_over: Callable[[], bool]
    ) -> str:
        """Called on a worker."""
        from musegen_daw.jam.offset import measure_offset
        from musegen_daw.jam.user_settings import save_offset
        from musegen_daw.user_folders import user_folder

        found = measure_offset(settings, self._context.ports(), told=told, is_over=is_over)
        save_offset(user_folder(), found.port_name, found.offset_seconds)
        return found.sentence

    def _keep(self, **changes: Any) -> None:
        choices = replace(self._choices, **changes)
        if choices != self._choices:
            self._choices = choices
            self.state_changed.emit()

    # Showing

    def _show(self, status: RigStatus) -> None:
        jam = status.jam
        self._keep(mode=jam.mode, controls=jam.controls)
        if status.clock is None and jam.bpm is not None:
            self._keep(tempo_bpm=min(MAX_BPM, max(MIN_BPM, jam.bpm)))  # a Link session may be faster
        self._show_controls(jam.controls)
        self._show_called_up(status)
        self._controls.show_learning(jam.learning)
        if jam.late_bars > self._late_bars:
            self.message.emit(
                f"The drums of a bar were late, so the last pattern was repeated ({jam.late_bars} so far). "
                "If this happens often, close other programs.",
                WARN,
            )
        self._late_bars = jam.late_bars
        rig = self._control.rig
        if rig is not None:
            self._more.show_offset(status.offset_seconds, rig.settings.output_name is not None)
            self._controls.show_recording(rig.record_path is not None)
        if self.isVisible() and rig is not None:
            self._strips.show_picture(rig.session.picture, status)

    def _show_called_up(self, status: RigStatus) -> None:
        called_up = status.called_up
        self._controls.sections.show_called_up(
            called_up, is_changed=called_up.is_changed(status.jam.controls)
        )
        before, self._called_up = self._called_up, called_up
        # A style that was chosen here may not have arrived in the jam yet.
        if (self._choices if before is None else before).style != called_up.style:
            self._keep(style=called_up.style)
            self._controls.style_button.show_style(style_shown(called_up.style))

    def _picture(self) -> JamPicture | None:
        rig = self._control.rig
        return None if rig is None else rig.session.picture

    def _show_controls(self, controls: Controls) -> None:
        self._controls.show_controls(controls)
        self._strips.show_muted(controls.muted)

    def _show_recorded(self, path: Path) -> None:
        self._more.show_recorded(path)
        self.message.emit(f"The recording is {path}; drag it into the DAW.", GOOD)

    def _move_playhead(self) -> None:
        rig = self._control.rig
        if rig is not None and rig.status.jam.is_playing:
            self._strips.set_playhead(rig.beats_now() * LIVE_PPQ)
        else:
            self._strips.set_playhead(None)
