"""The jam as the window sees it: opened and closed on a worker, polled by a timer, controlled from any panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from musegen_daw.errors import MusegenError
from musegen_daw.ui.work import JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.jam.control.control_map import ControlMap, Knob
    from musegen_daw.jam.control.controls import Controls
    from musegen_daw.jam.rig import JamRig
    from musegen_daw.jam.settings import RigSettings

POLL_MILLISECONDS = 40


OpenRig = Callable[["RigSettings"], "JamRig"]
"""Opens a jam; called on a worker, may take seconds, raises MusegenError."""


Measure = Callable[["RigSettings", Callable[[str], None], Callable[[], bool]], str]
"""Measures the latency of a jam's ports while the jam is closed. It is given a function that shows a sentence and one
that tells whether to stop; it returns a sentence or raises MusegenError."""


class JamControl(QObject):
    """Holds the one jam of the program.

    `polled` carries the RigStatus 25 times a second while there is a jam; `opened` announces one, and `unavailable`
    carries the sentence why there is none. `message` carries answers to what was asked for, wherever, `reported` what
    the jam reports by itself, and `settled` a sentence of either that no longer holds. `mapped` carries the ControlMap
    when MIDI learn has changed it, `recorded` the Path of a recording that was written.
    """

    polled = Signal(object)
    opened = Signal()
    unavailable = Signal(str)
    message = Signal(str)
    reported = Signal(str)
    settled = Signal(str)
    mapped = Signal(object)
    recorded = Signal(object)

    def __init__(self, open_rig: OpenRig, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_rig = open_rig
        self._workers = Workers(self)
        self._rig: JamRig | None = None
        self._open_jam: JamRig | None = None  # owned by the worker, after its end by this thread
        self._settings: RigSettings | None = None
        self._message = ""
        self._learn_sentence = ""
        self._is_learning = False
        self._is_measuring = False
        self._control_map: ControlMap | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    @property
    def rig(self) -> JamRig | None:
        """The jam, None while there is none."""
        return self._rig

    @property
    def settings(self) -> RigSettings | None:
        """What the jam was opened, or is being opened, with."""
        return self._settings

    def open(self, settings: RigSettings) -> None:
        """Close the jam and open another in the background; of several calls the last counts."""
        self._settings = settings
        self._detach()
        self._workers.start(
            lambda task: self._exchange(task, settings), succeeded=self._opened, failed=self._failed
        )

    def measure(self, measure: Measure) -> None:
        """Close the jam, measure the latency of its ports, and open it again, in the background."""
        settings = self._settings
        if settings is not None:
            self._detach()
            self._is_measuring = True
            self._workers.start(
                lambda task: self._measured(task, settings, measure),
                succeeded=self._reopened,
                failed=self._failed,
                progressed=lambda _share, sentence: self.message.emit(sentence),
            )

    def give_up_measuring(self) -> bool:
        """Cancel the measurement and open the jam again; whether there was a measurement."""
        was_measuring = self._is_measuring and self._settings is not None
        if was_measuring and self._settings is not None:
            self.open(self._settings)
        return was_measuring

    def close(self) -> None:
        """End the jam; returns when nothing sounds and every port is closed."""
        self._timer.stop()
        self._workers.close()
        self._rig = None
        try:
            self._close_open_jam()
        except MusegenError as error:
            self.message.emit(str(error))

    def toggle(self) -> None:
        if self._rig is None:
            self.message.emit("The jam is not ready yet.")
        elif self._rig.time.is_led:
            self.message.emit(
                "The DAW controls the transport: start and stop it there, or set Clock to Own tempo."
            )
        else:
            self._rig.toggle()

    def panic(self) -> None:
        if self._rig is not None:
            self._rig.session.panic()
            self.message.emit("All notes off.")

    def change(self, change: Callable[[Controls], Controls]) -> None:
        if self._rig is not None:
            self._rig.session.change(change)

    def learn(self, target: str | None) -> None:
        """Map the next knob or pad that is moved to `target`; None cancels."""
        if self._rig is not None:
            self._rig.session.learn(target)
            self._settle_learning()
            if target is not None:
                self._learn_sentence = f"Move a knob or hit a pad to map {target!r} (Esc: cancel)."
                self.message.emit(self._learn_sentence)

    def forget(self, knob: Knob) -> None:
        if self._rig is not None:
            self._rig.session.forget(knob)
            self.message.emit(f"{str(knob)[0].upper()}{str(knob)[1:]} is unmapped.")

    def set_style(self, style: str) -> None:
        self._do(lambda rig: rig.set_style(style))

    def recall_section(self, name: str) -> None:
        self._with_rig(lambda rig: rig.recall_section(name))

    def store_section(self, name: str) -> None:
        self._with_rig(lambda rig: rig.store_section(name))

    def set_offset(self, seconds: float) -> None:
        """Shift the drums by `seconds`, negative is earlier, and save that for the port."""

        def change(rig: JamRig) -> None:
            rig.offset_seconds = seconds
            rig.save_offset()

        self._do(change)

    def start_recording(self, path: Path) -> None:
        """Record from the current bar on; the folder is created."""

        def start(rig: JamRig) -> None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MusegenError(
                    f"Cannot make the folder {path.parent} for recordings: {error}."
                ) from error
            rig.start_recording(path)

        self._do(start)

    def stop_recording(self) -> None:
        def stop(rig: JamRig) -> None:
            path = rig.stop_recording()
            if path is not None:
                self.recorded.emit(path)

        self._do(stop)

    def _with_rig(self, order: Callable[[JamRig], None]) -> None:
        if self._rig is None:
            self.message.emit("The jam is not ready yet.")
        else:
            order(self._rig)

    def _settle_learning(self) -> None:
        sentence, self._learn_sentence, self._is_learning = self._learn_sentence, "", False
        if sentence:
            self.settled.emit(sentence)

    def _do(self, order: Callable[[JamRig], None]) -> None:
        rig = self._rig
        if rig is not None:
            self._workers.start(lambda task: order(rig), failed=self.message.emit)

    def _detach(self) -> None:
        self._workers.cancel()
        self._settle_learning()
        if self._message:
            self.settled.emit(self._message)
        self._message = ""
        self._rig = self._control_map = None
        self._timer.stop()
        self._is_measuring = False

    def _measured(self, task: JobContext, settings: RigSettings, measure: Measure) -> tuple[JamRig, str]:
        self._close_open_jam()
        try:
            sentence = measure(settings, lambda words: task.report(0.0, words), task.is_cancelled)
        except MusegenError as error:
            sentence = str(error)
        task.check()
        self._open_jam = self._open_rig(settings)
        return self._open_jam, sentence

    def _reopened(self, result: tuple[JamRig, str]) -> None:
        rig, sentence = result
        self._opened(rig)
        self.message.emit(sentence)

    def _exchange(self, task: JobContext, settings: RigSettings) -> JamRig:
        self._close_open_jam()
        task.check()
        self._open_jam = self._open_rig(settings)
        return self._open_jam

    def _close_open_jam(self) -> None:
        held, self._open_jam = self._open_jam, None
        if held is not None:
            path = held.record_path
            held.close()
            if path is not None:
                self.recorded.emit(path)

    def _opened(self, rig: JamRig) -> None:
        self._rig, self._is_measuring = rig, False
        self._timer.start()
        self.opened.emit()
        self._poll()

    def _failed(self, sentence: str) -> None:
        self._is_measuring = False
        self.unavailable.emit(sentence)

    def _give_up(self, sentence: str) -> None:
        """Close a jam that can no longer send."""
        self._detach()
        self._workers.start(
            lambda task: self._close_open_jam(),
            succeeded=lambda _: self._failed(sentence),
            failed=self._failed,
        )

    def _poll(self) -> None:
        if self._rig is None:
            return
        if self._rig.failure:
            self._give_up(self._rig.failure)
            return
        status = self._rig.status
        if status.message != self._message:
            before, self._message = self._message, status.message
            if before:
                self.settled.emit(before)
            if status.message:
                self.reported.emit(status.message)
        was_learning, self._is_learning = self._is_learning, status.jam.learning is not None
        if was_learning and not self._is_learning:
            self._settle_learning()
        control_map = self._rig.session.control_map
        if control_map is not self._control_map:
            if self._control_map is not None:
                self._do(lambda rig: rig.save_learned())
            self._control_map = control_map
            self.mapped.emit(control_map)
        self.polled.emit(status)
