"""Ardour without its window, told what to do line by line."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("remote.lua")
INSTALL = "The jam with a real DAW needs Ardour: install ardour (Debian and Ubuntu: sudo apt-get install -y ardour)."
CLIENT = "ardour"
ANSWER_SECONDS = 60.0
END_SECONDS = 20.0


class ArdourError(RuntimeError):
    """Ardour is missing, or could not do what it was told."""


def ardour_program() -> str:
    """Ardour's interpreter of Lua, the newest that is installed; raises ArdourError with what to install."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    found = {path.name for folder in folders if folder.is_dir() for path in folder.glob("ardour[0-9]*-lua")}
    newest = max(found, key=lambda name: int(re.sub(r"\D", "", name)), default=None)
    program = newest and shutil.which(newest)
    if not program:
        raise ArdourError(INSTALL)
    return program


@contextmanager
def ardour(home: Path) -> Iterator[Ardour]:
    """Ardour on the JACK server of the environment, its settings in `home`; ends with the context."""
    home.mkdir(parents=True, exist_ok=True)
    answers, given = os.pipe()
    folders = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    with (home / "log.txt").open("w", encoding="utf-8") as log:
        program = subprocess.Popen(
            # It goes with this process, however that ends.
            ["setpriv", "--pdeathsig", "TERM", ardour_program(), str(SCRIPT), f"/proc/self/fd/{given}"],
            env={**os.environ, **folders},
            stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, pass_fds=(given,), text=True,
        )  # fmt: skip
        os.close(given)
        try:
            yield Ardour(program, answers, home / "log.txt")
        finally:
            assert program.stdin is not None
            program.stdin.close()
            try:
                program.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
            os.close(answers)


class Ardour:
    """A running Ardour; every call is a function of `remote.lua`."""

    def __init__(self, program: subprocess.Popen[str], answers: int, log: Path) -> None:
        self._program, self._answers, self._log = program, answers, log
        self._read = b""

    def __call__(self, function: str, *arguments: str | float) -> str:
        """The answer of a function, as text; raises ArdourError where there is none or Ardour could not."""
        call = f"return {function}({', '.join(map(_literal, arguments))})"
        assert self._program.stdin is not None
        try:
            self._program.stdin.write(call + "\n")
            self._program.stdin.flush()
        except OSError as error:
            raise ArdourError(f"Ardour has ended: {self._log.read_text(encoding='utf-8')[-2000:]}") from error
        kind, _, value = self._line(call).partition(" ")
        if kind != "=":
            raise ArdourError(f"{value}\n{self._log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        return value

    def _line(self, call: str) -> str:
        end = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self._answers, 4096) if ready else b""
            if not more:
                said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise ArdourError(f"Ardour does not answer {call}: {said}")
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
