"""An X server with a window manager, with mouse, keyboard and screenshots."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

PROGRAMS = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool", "pcmanfm": "pcmanfm"}
INSTALL = (
    "The tests of the real window need {}: install {packages} "
    "(Debian and Ubuntu: sudo apt-get install -y --no-install-recommends {packages})."
)
SIZE = "1680x960x24"
NO_SERVER = "musegen-nobody"
WAIT_SECONDS = 120.0
END_SECONDS = 60.0
POLL_SECONDS = 0.03
HAND_SECONDS = 0.02
"""Between two moves of a hand: programs answer a drag while it moves."""
HAND_STEPS = 12
TRIES, DRAG_SECONDS = 3, 20.0
HOLD_SECONDS = 0.2
"""A hand holds what it takes before it moves it: a click on another window first brings that to the front."""


class ScreenError(RuntimeError):
    """What the tests need is not there, or did not happen."""


def need_programs() -> None:
    """Raise ScreenError with what to install where something is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        packages = " ".join(PROGRAMS[name] for name in missing)
        raise ScreenError(INSTALL.format(", ".join(missing), packages=packages))


def wait_for(condition, otherwise: str, seconds: float = WAIT_SECONDS):
    """What `condition` gives, as soon as it is true; raises ScreenError with `otherwise` if it does not become so."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise ScreenError(otherwise() if callable(otherwise) else otherwise)
        time.sleep(POLL_SECONDS)
    return found


@dataclass(frozen=True, slots=True)
class Screen:
    """A running X server."""

    display: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """For programs on this screen; their settings are of nobody else."""
        folders = {f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA")}
        own = {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        left = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        return {**left, **folders, **own}

    @contextmanager
    def program(
        self, command: Sequence[str], log: Path, jack: str = NO_SERVER, **streams
    ) -> Iterator[subprocess.Popen]:
        """A program that ends with the context, and with this process; `jack` is the server that it may find."""
        with log.open("wb") as written:
            running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env={**self.environment, "JACK_DEFAULT_SERVER": jack},
                **{"stdin": subprocess.DEVNULL, "stdout": written, "stderr": written, **streams},
            )
            try:
                yield running
            finally:
                running.terminate()
                try:
                    running.wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    running.kill()
                    running.wait()
                for stream in (running.stdin, running.stdout):
                    if stream is not None:
                        stream.close()

    def do(self, *orders: object) -> str:
        """Carry orders of xdotool out."""
        done = subprocess.run(
            ["xdotool", *map(str, orders)],
            env=self.environment, capture_output=True, text=True, timeout=WAIT_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise ScreenError(f"xdotool {orders}: {done.stderr}")
        return done.stdout

    def click(self, at: Sequence[int], mouse_button: int = 1) -> None:
        """Click at a place of the screen."""
        self.do("mousemove", *at, "click", mouse_button)

    def key(self, *keys: str) -> None:
        """Press keys, one after the other."""
        self.do("key", *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        self.do("type", "--delay", 4, text)

    def move(self, start: Sequence[int], end: Sequence[int]) -> None:
        """Move the mouse as a hand does."""
        orders: list[object] = []
        for step in range(1, HAND_STEPS + 1):
            share = step / HAND_STEPS
            at = [round(a + share * (b - a)) for a, b in zip(start, end, strict=True)]
            orders += ["mousemove", *at, "sleep", HAND_SECONDS]
        self.do(*orders)

    def drag(self, start: Sequence[int], end: Sequence[int], is_over, via: Sequence[int] = ()) -> None:
        """Drag from place to place, over `via`; let go as soon as `is_over()` says that it would be taken.

        Where what is dragged stays where it was, it is tried again: a program that is busy takes a drag for a click.
        """
        near = [a + (6 if b > a else -6) for a, b in zip(start, end, strict=True)]
        for last in range(TRIES - 1, -1, -1):
            self.do("mousemove", *start, "sleep", HOLD_SECONDS, "mousedown", 1, "sleep", HOLD_SECONDS)
            self.move(start, near)
            if via:
                self.move(near, via)
            self.move(via or near, end)
            try:
                wait_for(lambda: self._is_taken(end, is_over), self._not_taken, DRAG_SECONDS)
            except ScreenError:
                if not last:
                    raise
            else:
                return
            finally:
                self.do("mouseup", 1)

    def _is_taken(self, end: Sequence[int], is_over) -> bool:
        self.do("mousemove", end[0] + 1, end[1], "mousemove", *end)
        return is_over()

    def _not_taken(self) -> str:
        return f"What is dragged is not taken, see {self.picture(self.home / 'drag.png')}."

    def place_window(self, title: str, x: int, y: int, width: int, height: int) -> str:
        """Wait for a window, move it and give it a size; returns its number."""
        found = wait_for(lambda: self._windows(title), f"There is no window {title!r}.")
        number = found.split()[-1]
        self.do("windowsize", number, width, height, "windowmove", number, x, y)
        return number

    def _windows(self, title: str) -> str:
        done = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", title],
            env=self.environment, capture_output=True, text=True, timeout=WAIT_SECONDS,
        )  # fmt: skip
        return done.stdout.strip()

    def picture(self, path: Path) -> Path:
        """What is on the screen, as a PNG."""
        code = (
            "import sys; from PySide6.QtGui import QGuiApplication; "
            "app = QGuiApplication([]); app.primaryScreen().grabWindow(0).save(sys.argv[1])"
        )
        subprocess.run(
            [sys.executable, "-c", code, str(path)], env=self.environment, check=True, timeout=WAIT_SECONDS
        )
        return path


def pixels(picture: Path) -> np.ndarray:
    """A picture as numbers: (height, width, 4), uint8."""
    image = QImage(str(picture)).convertToFormat(QImage.Format.Format_RGB32)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()


@contextmanager
def screen(home: Path) -> Iterator[Screen]:
    """An empty screen with a window manager; settings of programs are kept in `home`."""
    need_programs()
    home.mkdir(parents=True, exist_ok=True)
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "Xvfb", "-displayfd", str(writer), "-screen", "0", SIZE,
         "-nolisten", "tcp", "-noreset"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(writer,),
    )  # fmt: skip
    os.close(writer)
    try:
        number = b""
        while not number.endswith(b"\n"):
            more = os.read(reader, 16)
            if not more:
                raise ScreenError("Xvfb did not start.")
            number += more
        shown = Screen(f":{number.decode().strip()}", home)
        with shown.program(["openbox", "--sm-disable"], home / "openbox.txt"):
            yield shown
    finally:
        os.close(reader)
        server.terminate()
        server.wait(END_SECONDS)
