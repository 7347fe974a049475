"""Map a function over the shards of a preparation: in this process, on its cores, or on a Dask cluster."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tqdm import tqdm

from musegen_daw.part_files import part_folder
from training.common.machine import cores

if TYPE_CHECKING:
    from distributed import Client

MAX_DEATHS = 12
# an interrupt from the keyboard reaches every process of the terminal; only the one that asked is to end the run
_IGNORE_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
NOWHERE = "127.0.0.1:0"
"""A cluster always serves pages on itself; these take no port that another one wants, and stay on this computer."""
_SETTINGS = {
    "distributed.scheduler.allowed-failures": MAX_DEATHS,
    "distributed.worker.preload": [_IGNORE_INTERRUPTS],
    # what watches a cluster for its dashboard, which there is none of here, costs more than starting the parts
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    # Dask has the C library give every large array back to the system at once, and to fetch each page of the next
    # one anew cost more than all the computing; None leaves the library's own threshold
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


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
                raise ValueError(
                    f"{label}: worker processes were ended again and again (out of memory?); "
                    "the same command goes on"
                ) from error
            finally:
                self._client.cancel(futures)


@contextmanager
def open_shard_map(workers: int = 0, scheduler: str = "", items: int | None = None) -> Iterator[ShardMap]:
    """A map on the Dask cluster at `scheduler`, else on `workers` processes of this machine (0: one a core).

    Of more workers than `items` none is started, and for one no process at all.
    """
    count = workers or cores()
    if items is not None:
        count = min(count, items)
    if count <= 1 and not scheduler:
        yield InProcess()
        return
    from dask import config
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        address: Any = scheduler
        if not scheduler:
            stack.enter_context(config.set(_SETTINGS))
            scratch = stack.enter_context(part_folder(Path(tempfile.gettempdir())))
            address = stack.enter_context(
                LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=NOWHERE,
                    local_directory=str(scratch),
                    silence_logs=50,
                )
            )
        yield OnCluster(stack.enter_context(Client(address, set_as_default=False)))


def _progress(label: str, items: int, done: int) -> Any:
    return tqdm(total=items + done, initial=done, desc=label, unit="part", disable=not sys.stderr.isatty())
