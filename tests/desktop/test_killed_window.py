"""kill -9 on the real window during an edit: at most the last edit is lost."""

import os
import signal

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.music.kit import VOICES
from tests.desktop.hands import Hands, window

CLIP = resources.clips_dir() / "funk-bass.mid"
RIDE, CRASH = VOICES.index("ride"), VOICES.index("crash")


def _hits(seen: dict) -> list[tuple[int, int, int]]:
    return sorted((each["pitch"], each["ticks"], each["velocity"]) for each in seen["hits"])


def _kill(hands: Hands) -> None:
    os.kill(hands.process.pid, signal.SIGKILL)
    hands.process.wait(60)


def _begin(hands: Hands) -> dict:
    hands.open_file(CLIP)
    return hands.generate()


def _restarted(desktop, state) -> list[tuple[int, int, int]]:
    """The hits after another start, which asks nothing and complains of nothing."""
    with window(desktop, state) as hands:
        hands.key("ctrl+2")
        seen = hands.wait(lambda seen: seen["cells"], "The session does not come back.")
        assert seen["windows"] == ["musegen-daw"]
        assert "restored" not in seen["sentences"]
        return _hits(seen)


@pytest.mark.parametrize("edits", [1, 2, 5])
def test_at_most_the_last_edit_is_lost(desktop, tmp_path, edits):
    with window(desktop, tmp_path / "state") as hands:
        seen = _begin(hands)
        states = [_hits(seen)]
        free = [each for each in seen["cells"] if each["row"] in (RIDE, CRASH)]
        for cell in free[:edits]:
            hands.screen.click(cell["at"])
            seen = hands.wait(
                lambda seen: len(seen["hits"]) == len(states[0]) + len(states), "No hit was added."
            )
            states.append(_hits(seen))
        _kill(hands)
    assert _restarted(desktop, tmp_path / "state") in states[-2:]


def test_a_drag_in_progress_is_lost(desktop, tmp_path):
    with window(desktop, tmp_path / "state") as hands:
        before = _begin(hands)
        hit = next(each for each in before["hits"] if each["at"])
        x, y = hit["at"]
        way = 40 if hit["velocity"] > 64 else -40
        hands.screen.do("mousemove", x, y, "mousedown", 1)
        try:
            hands.screen.move((x, y), (x, y + way))
            hands.wait(lambda seen: _hits(seen) != _hits(before), "The drag is not shown.")
            _kill(hands)
        finally:
            hands.screen.do("mouseup", 1)
    assert _restarted(desktop, tmp_path / "state") == _hits(before)


def test_the_last_click_is_saved_or_lost_as_a_whole(desktop, tmp_path):
    with window(desktop, tmp_path / "state") as hands:
        seen = _begin(hands)
        cell = next(each for each in seen["cells"] if each["row"] == RIDE)
        hands.screen.click(cell["at"])
        _kill(hands)
    before = _hits(seen)
    after = _restarted(desktop, tmp_path / "state")
    assert after == before or {ticks for _, ticks, _ in set(after) - set(before)} == {cell["ticks"]}
