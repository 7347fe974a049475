"""The worker that has drums generated: the newest request wins, and a failure is an answer, too."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from musegen_daw.drums.plan import BarKind
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.drums.style import Style
from musegen_daw.errors import MusegenError
from musegen_daw.jam.clock.clock import Clock
from musegen_daw.jam.patterns import LIVE_PPQ, USUAL_ENERGY, BarGrid, Pattern, patterns_of
from musegen_daw.jam.planning.reasons import Reason, reason_of
from musegen_daw.music.clip import Clip, Note
from musegen_daw.progress import IsCancelled

_log = logging.getLogger(__name__)


class WritesDrums(Protocol):
    def generate(self, request: DrumRequest, *, cancelled: IsCancelled | None = None) -> DrumResult:
        """The takes for `request`, the best fitting first; may raise where `cancelled` answers true."""
        ...


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A request for the drums of `bars`, which are bars of `drums`. A later one has a higher id.

    The parts are as they were played up to `heard_ticks`, a guess from there on. `energy` is that of
    the controls.
    """

    id: int
    drums: DrumRequest
    bars: tuple[int, ...]
    heard_ticks: int
    is_fill: bool
    asked_seconds: float
    energy: float = USUAL_ENERGY


@dataclass(frozen=True, slots=True)
class PlannedBars:
    """A plan: a pattern for each bar in each take, the reason and style of the first take; or an error."""

    request: PlanRequest
    takes: tuple[tuple[Pattern, ...], ...] = ()
    reason: Reason | None = None
    style: Style | None = None
    error: str = ""
    done_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        return self.done_seconds - self.request.asked_seconds


class PlanningWorker:
    """Handles one request at a time on a worker of `clock`; `answered` is called there when a plan is ready.

    A waiting request is replaced by the next one; a cancelled one gets no plan.
    """

    def __init__(
        self, generator: WritesDrums, clock: Clock, grid: BarGrid, answered: Callable[[], None]
    ) -> None:
        self._generator, self._clock, self._grid, self._answered = generator, clock, grid, answered
        self._lock = threading.Lock()
        self._waiting: PlanRequest | None = None
        self._answers: list[PlannedBars] = []
        self._last_id = 0
        self._cancelled_id = 0
        self._failure = ""
        self._is_warm = False
        self._worker = clock.start("musegen planner", self._step, self._failed)
        # The generator loads lazily: load it before anything depends on its speed.
        self.ask(_warm_up_request(grid), (), 0)

    @property
    def is_warm(self) -> bool:
        """Whether the first plan is ready, after which the others come quickly."""
        return self._is_warm

    @property
    def failure(self) -> str:
        """The error that ended the worker, as a sentence; else empty."""
        return self._failure

    def ask(
        self,
        drums: DrumRequest,
        bars: tuple[int, ...],
        heard_ticks: int,
        *,
        is_fill: bool = False,
        energy: float = USUAL_ENERGY,
    ) -> PlanRequest:
        """Request the drums of `bars` in place of any request that still waits; returns at once."""
        with self._lock:
            self._last_id += 1
            now_seconds = self._clock.now_seconds()
            request = PlanRequest(self._last_id, drums, bars, heard_ticks, is_fill, now_seconds, energy)
            replaced, self._waiting = self._waiting, request
        if replaced is not None:
            _log.debug("Plan %d dropped as stale: plan %d replaces it", replaced.id, request.id)
        what = f"{'fill in ' if is_fill else ''}bars {bars[0]} to {bars[-1]}" if bars else "warm-up"
        _log.info("Plan %d asked: %s, %d parts", request.id, what, len(drums.parts))
        self._worker.wake()
        return request

    def take(self) -> list[PlannedBars]:
        """The plans that came since the last call, in the order of their requests."""
        with self._lock:
            answers, self._answers = self._answers, []
        return answers

    def cancel(self) -> None:
        """Drop all requests so far, and their plans."""
        with self._lock:
            self._cancelled_id = self._last_id
            self._waiting = None
            self._answers.clear()

    def close(self) -> None:
        """Cancel, and stop the worker; a second call does nothing."""
        self.cancel()
        self._worker.stop()

    def _step(self, now_seconds: float) -> float | None:
        with self._lock:
            request, self._waiting = self._waiting, None
        if request is None:
            return None
        plan = self._answer(request)
        self._is_warm = True
        outcome = f"failed: {plan.error}" if plan.error else "ready"
        _log.info("Plan %d %s after %.3f s", request.id, outcome, plan.seconds)
        with self._lock:
            is_wanted = request.id > self._cancelled_id and (request.bars or plan.error)
            if is_wanted:
                self._answers.append(plan)
            is_waiting = self._waiting is not None
        if is_wanted:
            self._answered()
        elif request.bars:
            _log.debug("Plan %d dropped as stale: it was cancelled", request.id)
        return now_seconds if is_waiting else None

    def _answer(self, request: PlanRequest) -> PlannedBars:
        drums = request.drums
        try:
            result = self._generator.generate(drums, cancelled=lambda: request.id <= self._cancelled_id)
            takes = tuple(self._patterns(take, request) for take in result.takes)
            reason = reason_of(takes[0], drums.parts, request.heard_ticks, self._grid)
        except MusegenError as error:
            return PlannedBars(request, error=str(error), done_seconds=self._clock.now_seconds())
        except Exception as error:  # noqa: BLE001 - playing goes on, and a person is told
            sentence = f"The drums could not be written: {type(error).__name__}: {error}."
            return PlannedBars(request, error=sentence, done_seconds=self._clock.now_seconds())
        return PlannedBars(
            request, takes, reason, result.takes[0].style, done_seconds=self._clock.now_seconds()
        )

    def _patterns(self, take: DrumTake, request: PlanRequest) -> tuple[Pattern, ...]:
        first = request.drums.bars[0].start_ticks // self._grid.bar_ticks
        fills = {first + index for index, bar in enumerate(take.plan) if bar.kind is BarKind.FILL}
        fills |= set(request.bars) if request.is_fill else set()
        drums, energy = take.drums, request.energy
        return tuple(patterns_of(drums, request.bars, self._grid, fills=fills, energy=energy).values())

    def _failed(self, error: Exception) -> None:
        _log.error("The planner failed", exc_info=error)
        self._failure = f"The drum worker ended: {type(error).__name__}: {error}."
        self._answered()


def _warm_up_request(grid: BarGrid) -> DrumRequest:
    """A small request that makes the generator load all it needs."""
    kept = Clip((Note(36, 100, 0, LIVE_PPQ // 4),), grid.bar_ticks, LIVE_PPQ, is_drum=True)
    return DrumRequest((), grid.bars(0, 2), LIVE_PPQ, locked=kept, locked_bars=frozenset({0}))
