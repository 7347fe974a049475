"""The jam as the window sees it: opened and closed on a worker, looked at by a timer, steered from any panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from musegen_daw.errors import MusegenError
from musegen_daw.ui.work import Task, Workers

if TYPE_CHECKING:
    from musegen_daw.jam.settings import RigSettings
    from musegen_daw.jam.status import RigStatus
    from musegen_daw.live.controls import Controls
    from musegen_daw.live.picture import JamPicture
    from musegen_daw.live.settings import Way

LOOK_MILLISECONDS = 40


class Rig(Protocol):
    """What the window asks of a jam; `jam.rig.JamRig` is one."""

    @property
    def is_led(self) -> bool:
        """Whether a DAW's clock leads."""
        ...

    @property
    def status(self) -> RigStatus:
        """How things stand."""
        ...

    @property
    def picture(self) -> JamPicture:
        """What to draw."""
        ...

    def beats_now(self) -> float:
        """Where the playhead is, in beats of the session."""
        ...

    def toggle(self) -> None:
        """Start, or stop."""
        ...

    def set_tempo(self, tempo_bpm: float) -> None:
        """Go on at another tempo."""
        ...

    def tap(self) -> float | None:
        """Take a tap."""
        ...

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Play as `change` makes of the controls."""
        ...

    def set_way(self, way: Way) -> None:
        """Play another way."""
        ...

    def fill_now(self) -> None:
        """Play a fill in the next bar."""
        ...

    def panic(self) -> None:
        """End every note at once."""
        ...

    def learn(self, target: str | None) -> None:
        """Bind the next knob that moves."""
        ...

    def save_learned(self) -> None:
        """Keep what was learned."""
        ...

    def close(self) -> None:
        """End it."""
        ...


OpenRig = Callable[["RigSettings"], Rig]
"""Opens a jam; called on a worker, may take seconds, raises MusegenError."""


class JamControl(QObject):
    """Holds the one jam of the program.

    `looked` comes 25 times a second while there is one, with its status; `opened` when there is one; `absent` with
    the sentence why there is none; `said` with what the jam has to tell.
    """

    looked = Signal(object)
    opened = Signal()
    absent = Signal(str)
    said = Signal(str)

    def __init__(self, open_rig: OpenRig, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_rig = open_rig
        self._workers = Workers(self)
        self._rig: Rig | None = None
        self._held: Rig | None = None  # the worker's, and after its end this thread's, to close
        self._settings: RigSettings | None = None
        self._message = ""
        self._is_opening = False
        self._was_learning = False
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MILLISECONDS)
        self._looking.timeout.connect(self._look)

    @property
    def rig(self) -> Rig | None:
        """The jam, None while there is none."""
        return self._rig

    @property
    def settings(self) -> RigSettings | None:
        """What the jam is, or is being, set up with."""
        return self._settings

    @property
    def is_opening(self) -> bool:
        """Whether a jam is being opened."""
        return self._is_opening

    def open(self, settings: RigSettings) -> None:
        """Close the jam that is there and open another, in the background; of several orders the last counts."""
        self._settings = settings
        self._workers.cancel()
        self._rig = None
        self._looking.stop()
        self._is_opening = True
        self._workers.start(
            lambda task: self._exchange(task, settings), succeeded=self._opened, failed=self._failed
        )

    def close(self) -> None:
        """End the jam and wait until nothing sounds and every port is given back."""
        self._looking.stop()
        self._workers.close()
        self._rig = None
        try:
            self._close_held()
        except MusegenError as error:
            self.said.emit(str(error))

    def toggle(self) -> None:
        """Start or stop; where a DAW leads, say so."""
        if self._rig is None:
            self.said.emit("The jam is not ready yet.")
        elif self._rig.is_led:
            self.said.emit("The DAW leads: start and stop it there, or choose the program's own clock.")
        else:
            self._rig.toggle()

    def panic(self) -> None:
        """End every note at once."""
        if self._rig is not None:
            self._rig.panic()
            self.said.emit("All notes off.")

    def change(self, change: Callable[[Controls], Controls]) -> None:
        """Change the controls, if there is a jam."""
        if self._rig is not None:
            self._rig.change(change)

    def learn(self, target: str | None) -> None:
        """Let the next knob that is moved move `target`; None gives up."""
        if self._rig is not None:
            self._rig.learn(target)

    def _exchange(self, task: Task, settings: RigSettings) -> Rig:
        self._close_held()
        task.check()
        self._held = self._open_rig(settings)
        return self._held

    def _close_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _opened(self, rig: Rig) -> None:
        self._rig, self._is_opening = rig, False
        self._looking.start()
        self.opened.emit()
        self._look()

    def _failed(self, sentence: str) -> None:
        self._is_opening = False
        self.absent.emit(sentence)

    def _look(self) -> None:
        if self._rig is None:
            return
        status = self._rig.status
        if status.message != self._message:
            self._message = status.message
            if status.message:
                self.said.emit(status.message)
        if self._was_learning and status.jam.learning is None:
            try:
                self._rig.save_learned()
            except MusegenError as error:
                self.said.emit(str(error))
        self._was_learning = status.jam.learning is not None
        self.looked.emit(status)
