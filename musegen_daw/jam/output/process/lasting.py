"""LastingScheduler: a `RemoteScheduler` that outlives its process, which is started anew when it dies."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from musegen_daw.errors import PortError
from musegen_daw.jam.events import MidiEvent, TimedNote
from musegen_daw.jam.output.process.messages import OutputPlace
from musegen_daw.jam.output.process.remote import RemoteScheduler, SenderLost
from musegen_daw.jam.output.scheduler import Lateness

SLACK_SECONDS = 1.0
MAX_DEATHS, DEATHS_SECONDS = 8, 60.0


class LastingScheduler:
    """A `Scheduler` and its port in a process of their own, and in another of the same port name when that one dies.

    What may sound then is ended; notes that start before `resumes`, in seconds of the clock and asked once the port is
    back, are left out. `failed` is told, on a thread of this object, when no other process could be had: nothing is
    sent from then on. Raises PortError where the port cannot be opened. Every method may be called from any thread.
    """

    def __init__(
        self,
        place: OutputPlace,
        *,
        resumes: Callable[[], float],
        lost: Callable[[str], None],
        found: Callable[[], None],
        failed: Callable[[str], None],
        in_real_time: bool = True,
    ) -> None:
        self._place, self._in_real_time = place, in_real_time
        self._resumes, self._lost, self._found, self._failed = resumes, lost, found, failed
        self._guard = threading.Lock()
        self._beginning = threading.Lock()  # one process at a time, each in the place of the one that died
        self._is_closing = threading.Event()
        self._ends: dict[tuple[int, int], float] = {}  # when the last note of a key ends
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)
        self._resume_seconds = float("-inf")
        self._again: list[threading.Thread] = []
        self._offset_seconds = 0.0
        self._remote = self._opened(place)
        name = self._remote.port_name or place.name
        self._place = OutputPlace(name if place.created else place.name, place.created, place.system)

    # What is asked of it

    def play(self, *notes: TimedNote) -> None:
        """Send each note-on and its note-off when they are due."""
        with self._guard:
            notes = tuple(note for note in notes if note.start_seconds >= self._resume_seconds)
            for note in notes:
                key = note.channel, note.pitch
                self._ends[key] = max(note.end_seconds, self._ends.get(key, note.end_seconds))
            remote = self._remote
        remote.play(*notes)

    def send(self, *events: MidiEvent) -> None:
        """Send messages other than notes when they are due; raises ValueError for a note, which `play` is for."""
        self._remote.send(*events)

    def cancel_after(self, time_seconds: float) -> None:
        """Drop what is due from `time_seconds` on and not sent; what sounds keeps its end."""
        self._remote.cancel_after(time_seconds)

    def release_all(self) -> None:
        """Drop everything that is not sent and end everything that sounds, before this returns."""
        self._remote.release_all()
        self._released()

    def panic(self) -> None:
        """`release_all`, and all notes off on every channel that was played, for a receiver that missed one."""
        self._remote.panic()
        self._released()

    def close(self) -> None:
        """End everything that sounds, give the port back and end the process; a second call does nothing."""
        self._is_closing.set()
        self._remote.close()
        with self._guard:
            threads = tuple(self._again)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()
        self._remote.close()

    # What it tells

    @property
    def offset_seconds(self) -> float:
        """What is added to every time."""
        return self._offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds: float) -> None:
        self._offset_seconds = seconds
        self._remote.offset_seconds = seconds

    @property
    def port_name(self) -> str | None:
        """The name of the port, None while there is none."""
        return self._remote.port_name

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        """The (channel, pitch) of every note that sounds, or did when the port was lost."""
        return self._remote.sounding

    @property
    def lateness(self) -> Lateness:
        """How late messages left, in the process that there is now."""
        return self._remote.lateness

    @property
    def process_id(self) -> int:
        """The number by which the system knows the process that there is now."""
        return self._remote.process_id

    # Inside

    def _opened(self, place: OutputPlace, *, again: bool = False) -> RemoteScheduler:
        return RemoteScheduler(
            place,
            offset_seconds=self._offset_seconds,
            lost=self._lost,
            found=self._found,
            ended=self._died,
            in_real_time=self._in_real_time,
            again=again,
        )

    def _released(self) -> None:
        now_seconds = time.perf_counter()
        with self._guard:
            self._ends = {key: min(end, now_seconds) for key, end in self._ends.items()}

    def _died(self, _sentence: str) -> None:
        now_seconds = time.perf_counter()
        with self._guard:
            if self._is_closing.is_set():
                return
            self._resume_seconds = float("inf")
            thread = threading.Thread(
                target=self._begin_again, args=(now_seconds,), name="musegen sending again", daemon=True
            )
            self._again = [each for each in self._again if each.is_alive()] + [thread]
            thread.start()

    def _begin_again(self, died_seconds: float) -> None:
        with self._beginning:
            self._remote.close()
            owed = self._may_sound(died_seconds)
            try:
                remote = self._another(died_seconds)
            except PortError as error:
                if not self._is_closing.is_set():
                    self._failed(str(error))
                return
            remote.offset_seconds = self._offset_seconds  # it may have been set meanwhile
            resume_seconds = self._resumes()
            with self._guard:
                self._remote = remote
                self._resume_seconds = resume_seconds
            remote.end(*owed)
            self._found()

    def _another(self, died_seconds: float) -> RemoteScheduler:
        """Another process with the port; raises PortError."""
        while True:
            full = len(self._deaths) == MAX_DEATHS
            if full and died_seconds - self._deaths[0] < DEATHS_SECONDS:
                raise PortError("The process that sends notes ends again and again; the jam has stopped.")
            self._deaths.append(died_seconds)
            try:
                return self._opened(self._place, again=True)
            except SenderLost as error:
                if self._is_closing.is_set():
                    raise error
                died_seconds = time.perf_counter()
            except PortError as error:
                raise PortError(
                    f"The process that sends notes ended and cannot begin again: {error}"
                ) from error

    def _may_sound(self, died_seconds: float) -> frozenset[tuple[int, int]]:
        with self._guard:
            return frozenset(
                key
                for key, end_seconds in self._ends.items()
                if end_seconds + self._offset_seconds > died_seconds - SLACK_SECONDS
            )
