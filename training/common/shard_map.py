"""Map a function over the shards of a preparation: in this process, on its cores, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from training.common.machine import cores

if TYPE_CHECKING:
    from distributed import Client

MAX_DEATHS = 12
"""How often processes may die, one time after the other, without an item getting done."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class ShardMap(Protocol):
    """Runs a function on each of many items, at once where it can.

    The function writes its result to a file that is whole or not there, or to a place of its own in one that is
    there, and gives the same for the same item: it may be run again after the process that ran it was killed.
    """

    def each(self, work: Callable[..., None], items: Sequence[Any], label: str, done: int = 0) -> None:
        """Call `work(item)` for every item; `done` others are counted as finished in the progress bar.

        Raises what `work` raises, and ValueError when an item ended its process again and again.
        """
        ...


class InProcess:
    """The map of one worker: one item after another, here, without the seconds that a cluster needs to start."""

    def each(self, work: Callable[..., None], items: Sequence[Any], label: str, done: int = 0) -> None:
        with _progress(label, len(items), done) as bar:
            for item in items:
                work(item)
                bar.update()


class OnProcesses:
    """The map on several processes of this machine; what one leaves undone when it dies is done by another."""

    def __init__(self, count: int) -> None:
        self._count = count

    def each(self, work: Callable[..., None], items: Sequence[Any], label: str, done: int = 0) -> None:
        """See ShardMap."""
        waiting = dict(enumerate(items))
        deaths = 0
        with _progress(label, len(items), done) as bar, _one_thread_each():
            while waiting:
                before = len(waiting)
                try:
                    self._work_off(work, waiting, bar)
                except BrokenProcessPool as error:
                    deaths = deaths + 1 if len(waiting) == before else 1
                    if deaths > MAX_DEATHS:
                        raise _killed_again_and_again(label) from error

    def _work_off(self, work: Callable[..., None], waiting: dict[int, Any], bar: Any) -> None:
        """Take out of `waiting` what is done; raises what `work` raises, and BrokenProcessPool after a death."""
        others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self._count, len(waiting)), context, _ignore_interrupts)
        try:
            indices = {pool.submit(work, item): index for index, item in waiting.items()}
            running: set[Future[None]] = set(indices)
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                failed = [future for future in ended if future.exception()]
                for future in ended - set(failed):
                    del waiting[indices[future]]
                    bar.update()
                for future in failed:
                    future.result()
        except BaseException:  # an interrupt does not wait for what runs
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise
        finally:
            pool.shutdown()


class OnCluster:
    """The map on a Dask cluster, which hands an item on to another worker when one is lost."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def each(self, work: Callable[..., None], items: Sequence[Any], label: str, done: int = 0) -> None:
        from distributed import KilledWorker, as_completed

        if not items:
            return
        futures: Any = self._client.map(work, items, pure=False, key=label)
        with _progress(label, len(items), done) as bar:
            try:
                for future in as_completed(futures, loop=self._client.loop):
                    future.result()
                    future.release()
                    bar.update()
            except KilledWorker as error:
                raise _killed_again_and_again(label) from error
            finally:
                self._client.cancel(futures)


@contextmanager
def open_shard_map(workers: int = 0, scheduler: str = "", items: int | None = None) -> Iterator[ShardMap]:
    """A map on the Dask cluster at `scheduler`, else on `workers` processes of this machine (0: one a core).

    Of more workers than `items` none is started, and for one no process at all.
    """
    if scheduler:
        from distributed import Client

        with Client(scheduler, set_as_default=False) as client:
            yield OnCluster(client)
        return
    count = workers or cores()
    if items is not None:
        count = min(count, items)
    yield OnProcesses(count) if count > 1 else InProcess()


def _killed_again_and_again(label: str) -> ValueError:
    return ValueError(
        f"{label}: worker processes were ended again and again (out of memory?); the same command goes on"
    )


def _ignore_interrupts() -> None:
    """An interrupt from the keyboard reaches every process of the terminal; only the one that asked ends the run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Lets the libraries of the processes that are started meanwhile use a core each."""
    former = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _progress(label: str, items: int, done: int) -> Any:
    return tqdm(total=items + done, initial=done, desc=label, unit="part", disable=not sys.stderr.isatty())
