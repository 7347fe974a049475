"""What was made is kept for a while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from musegen_daw.drums.recent import Recent


def test_a_result_is_made_once_while_it_is_among_the_last() -> None:
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        return key * key

    recent: Recent[int, int] = Recent(2)
    asked = [1, 2, 1, 3, 1, 2]  # 3 pushes out 2, which was asked for least lately
    assert [recent.of(key, lambda key=key: make(key)) for key in asked] == [1, 4, 1, 9, 1, 4]
    assert made == [1, 2, 3, 2]


def test_several_threads_may_ask_at_once() -> None:
    recent: Recent[int, int] = Recent(3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: recent.of(key % 7, lambda: key % 7), range(5_000)))
    assert found == [key % 7 for key in range(5_000)]
