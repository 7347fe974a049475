"""A page object for the real window: its state is read over a pipe, input goes through the X server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.desktop.screen import END_SECONDS, NO_SERVER, Screen, ScreenError, wait_for

ROOT = Path(__file__).parent.parent.parent
AREA = (0, 40, 1280, 720)


class Hands:
    """One running window on a screen."""

    def __init__(self, screen: Screen, process: subprocess.Popen, number: str, log: Path) -> None:
        self.screen, self.process, self._number, self._log = screen, process, number, log

    def see(self) -> dict:
        """What is in sight now."""
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise ScreenError(
                f"The window has ended: {self._log.read_text(encoding='utf-8', errors='replace')}"
            )
        return json.loads(line)

    def wait(self, condition, otherwise: str) -> dict:
        """What is in sight as soon as `condition` holds of it."""
        seen: dict = {}

        def holds() -> bool:
            seen.clear()
            seen.update(self.see())
            return condition(seen)

        wait_for(holds, lambda: f"{otherwise} The window said: {seen['sentences']!r}")
        return seen

    def widget(self, name: str) -> dict:
        """A widget, as soon as it is in sight and can be used."""
        seen = self.wait(
            lambda seen: seen["widgets"].get(name, {}).get("enabled"), f"{name!r} cannot be used."
        )
        return seen["widgets"][name]

    def press(self, name: str) -> None:
        """Click a widget."""
        self.screen.click(self.widget(name)["at"])

    def said(self, words: str) -> dict:
        """Wait until a sentence has been said."""
        return self.wait(lambda seen: words in seen["sentences"], f"It did not say {words!r}.")

    def key(self, *keys: str) -> None:
        """Press keys, one after the other, with the window in front."""
        self.screen.do("windowactivate", "--sync", self._number)
        self.screen.key(*keys)

    def middle(self) -> tuple[int, int]:
        """The middle of the window on the screen."""
        x, y, width, height = AREA
        return x + width // 2, y + height // 2

    def answer(self, path: Path) -> None:
        """Name a file to the dialog that is about to open."""
        self.wait(
            lambda seen: len(seen["windows"]) == 2 and seen["takes text"], "There is no dialog for a file."
        )
        self.screen.key("ctrl+a")
        self.screen.write(str(path))
        self.screen.key("Return")

    def open_file(self, path: Path) -> dict:
        """Open a clip with the keyboard alone."""
        self.key("ctrl+2")
        self.widget("Open…")
        self.key("ctrl+o")
        self.answer(path)
        return self.wait(lambda seen: len(seen["windows"]) == 1 and seen["cells"], "The clip is not shown.")

    def generate(self) -> dict:
        """Have drums written."""
        before = self.see()["sentences"].count("Wrote ")
        self.widget_of_generate()
        self.key("ctrl+g")
        return self.wait(lambda seen: seen["sentences"].count("Wrote ") > before, "No drums were written.")

    def widget_of_generate(self) -> None:
        """Wait until there is something to generate for."""
        names = ("Generate", "Regenerate the rest")
        self.wait(
            lambda seen: any(seen["widgets"].get(name, {}).get("enabled") for name in names),
            "Nothing can be generated.",
        )

    def close(self) -> int:
        """Close the window by its key; returns the exit code."""
        self.key("ctrl+q")
        return self.process.wait(END_SECONDS)


@contextmanager
def window(screen: Screen, state: Path, jack: str = NO_SERVER) -> Iterator[Hands]:
    """The program, its session in `state`, on the JACK server of that name; ends with the context."""
    log = state.with_name(f"{state.name}.txt")
    command = [sys.executable, "-m", "tests.desktop.watched_app", "--state", str(state), "--verbose"]
    with screen.program(
        command, log, jack, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:  # fmt: skip
        number = screen.place_window("^musegen-daw$", *AREA)
        yield Hands(screen, process, number, log)
