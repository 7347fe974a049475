"""A real file manager that shows one file, to drag it from."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.desktop.screen import Screen, pixels, wait_for

AREA = (1300, 60, 360, 380)


@contextmanager
def shown_file(screen: Screen, file: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Where on the screen the icon of a copy of `file` is, in the window of `folder`."""
    folder.mkdir()
    with screen.program(["pcmanfm", "--no-desktop", str(folder)], folder.with_name("pcmanfm.txt")):
        number = screen.place_window(f"^{folder.name}$", *AREA)
        before = _settled(screen, folder)
        screen.do("windowactivate", "--sync", number)
        outside = Path(shutil.copy(file, folder.with_name(file.name)))
        outside.rename(folder / file.name)
        wait_for(lambda: _changed(screen, folder, before), "The file manager does not show the file.")
        _settled(screen, folder)
        place = _changed(screen, folder, before)
        assert place is not None
        yield place


def _look(screen: Screen, folder: Path):
    x, y, width, height = AREA
    seen = pixels(screen.picture(folder.with_name("screen.png")))
    return seen[y : y + height * 3 // 4, x + width // 3 : x + width]


def _settled(screen: Screen, folder: Path):
    last = [_look(screen, folder)]

    def same() -> bool:
        last.append(_look(screen, folder))
        return (last[-1] == last[-2]).all() and last[-1].std() > 0

    wait_for(same, "The file manager does not come to rest.")
    return last[-1]


def _changed(screen: Screen, folder: Path, before) -> tuple[int, int] | None:
    """The middle of the icon: what is new, from the top down to where the name begins."""
    ys, xs = (_look(screen, folder) != before).any(axis=-1).nonzero()
    if not len(ys):
        return None
    icon = ys < ys.min() + 36
    x, y = AREA[0] + AREA[2] // 3, AREA[1]
    return x + int(xs[icon].mean()), y + int(ys.min()) + 18
