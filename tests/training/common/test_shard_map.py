"""The map does every item once, wherever it runs, and outlives its workers."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from tests.training.common.shards import always_die, fail, square, square_or_die, write_environment
from training.common import shard_map
from training.common.shard_map import InProcess, OnCluster, OnProcesses, open_shard_map


def _paths(folder: Path, count: int = 7) -> list[Path]:
    return [folder / f"{number}.txt" for number in range(count)]


def _check(paths: list[Path]) -> None:
    assert [path.read_text(encoding="utf-8") for path in paths] == [str(n * n) for n in range(len(paths))]


def test_one_worker_or_one_item_needs_no_process(tmp_path) -> None:
    for options in ({"workers": 1}, {"workers": 8, "items": 1}, {"items": 0}):
        with open_shard_map(**options) as shards:
            assert isinstance(shards, InProcess)
            shards.each(square, _paths(tmp_path), "squares")
    _check(_paths(tmp_path))


def test_several_workers_do_every_item_and_leave_nothing_behind(tmp_path) -> None:
    threads = threading.active_count()
    with open_shard_map(2, items=7) as shards:
        assert isinstance(shards, OnProcesses)
        shards.each(square, _paths(tmp_path), "squares")
        shards.each(square, [], "nothing")
    _check(_paths(tmp_path))
    assert not multiprocessing.active_children()
    assert threading.active_count() == threads


def test_workers_use_one_thread_each(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with open_shard_map(2) as shards:
        shards.each(write_environment, [tmp_path / "names"], "environment")
    assert "OMP_NUM_THREADS=1" in (tmp_path / "names").read_text(encoding="utf-8").splitlines()
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_killed_worker_costs_no_item(tmp_path) -> None:
    with open_shard_map(2) as shards:
        shards.each(square_or_die, _paths(tmp_path), "squares")
    _check(_paths(tmp_path))
    assert len(list(tmp_path.glob("*.part"))) == 3


def test_an_item_that_kills_every_worker_ends_in_a_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shard_map, "MAX_DEATHS", 1)
    with open_shard_map(2) as shards, pytest.raises(ValueError, match="the same command goes on"):
        shards.each(always_die, _paths(tmp_path, 2), "squares")


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_work_raises_is_raised(tmp_path, workers) -> None:
    with open_shard_map(workers) as shards, pytest.raises(ValueError, match=r"no good: \d\.txt"):
        shards.each(fail, _paths(tmp_path), "squares")


def test_a_cluster_that_is_there_is_used(tmp_path) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        open_shard_map(scheduler=cluster.scheduler_address, items=1) as shards,
    ):
        assert isinstance(shards, OnCluster)
        shards.each(square, _paths(tmp_path), "squares")
    _check(_paths(tmp_path))
