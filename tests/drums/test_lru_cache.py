"""The cache of the generator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from musegen_daw.drums.generator import LruCache


def test_the_least_recently_used_result_is_dropped() -> None:
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        return key * key

    cache: LruCache[int, int] = LruCache(2)
    asked = [1, 2, 1, 3, 1, 2]  # 3 pushes out 2, which was asked for least lately
    assert [cache.get_or_make(key, lambda key=key: make(key)) for key in asked] == [1, 4, 1, 9, 1, 4]
    assert made == [1, 2, 3, 2]


def test_several_threads_can_ask_at_once() -> None:
    cache: LruCache[int, int] = LruCache(3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: cache.get_or_make(key % 7, lambda: key % 7), range(5_000)))
    assert found == [key % 7 for key in range(5_000)]
