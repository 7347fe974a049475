"""What files are left when a command that writes, or the window while it saves, is killed at any moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import killed_window
from musegen_daw.cli import main as cli
from musegen_daw.resource_paths import clips_dir

OLD = b"what was there before"
WINDOW = "window"
LATE_SHARE = 0.75
"""From when on, as a share of what a command takes, about every second one is ended: files are written late."""
SOONER, LATER = 0.9, 1.03
"""What a command is held to take follows how often it ends by itself: the computer may have more to do by and by."""
WINDOW_SECONDS = 2.5
PATIENCE_SECONDS = 120
CLIP = "demo.mid"
_TEMPORARY = "temporary"
_IMPORTED = (
    "musegen_daw.drums.generator",
    "musegen_daw.midi.file",
    "musegen_daw.playback.bounce",
    "musegen_daw.vocoder.decoders",
    "musegen_daw.vocoder.mel_input",
    "musegen_daw.vocoder.choosing",
    "musegen_daw.vocoder.decoder_input",
    "musegen_daw.vocoder.mel_file",
)


@dataclass(frozen=True, slots=True)
class WritingCommand:
    """A command as a person gives it, in a folder with the clip; `replaces` says that its files are there already."""

    name: str
    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    replaces: bool = False


_SEED = "--seed", "1"
COMMANDS = (
    WritingCommand("generate", ("generate", CLIP, "-o", "new.mid", *_SEED)),
    WritingCommand("generate over a file", ("generate", CLIP, "-o", "old.mid", *_SEED), ("old.mid",), True),
    WritingCommand("generate 8 takes", ("generate", CLIP, "-o", "takes", "--variations", "8", *_SEED)),
    WritingCommand("bounce", ("bounce", CLIP, "-o", "new.wav", *_SEED)),
    WritingCommand("bounce over a file", ("bounce", CLIP, "-o", "old.wav", *_SEED), ("old.wav",), True),
    WritingCommand("bounce with stems", ("bounce", CLIP, "-o", "mix.wav", "--stems", "stems", *_SEED)),
    WritingCommand("bounce --vocode", ("bounce", CLIP, "-o", "new.wav", "--vocode", *_SEED)),
    WritingCommand("vocode", ("vocode", CLIP, "-o", "new.wav", "--save-mel", "new.npy", *_SEED)),
)
NAMES = (*(command.name for command in COMMANDS), WINDOW)


@dataclass(slots=True)
class Count:
    """What became of a command that was ended again and again."""

    command: str
    kills: int = 0
    whole: int = 0
    broken: int = 0
    most_left: int = 0
    left_in_the_end: int = 0
    faults: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """The numbers under their names in the table."""
        return {
            "command": self.command,
            "kills": self.kills,
            "whole files": self.whole,
            "broken files": self.broken,
            "most left by a kill": self.most_left,
            "left after the next run": self.left_in_the_end,
        }


def benchmark(kills: int, seed: int, only: str = "", by: str = "KILL") -> tuple[list[dict[str, Any]], int]:
    """End the command `only`, or each whose name holds it, so often, and print what was left; 1 where anything was."""
    number = signal.Signals[f"SIG{by}"]
    chance = random.Random(seed)
    counts: list[Count] = []
    for name in [only] if only in NAMES else [name for name in NAMES if only in name]:
        with tempfile.TemporaryDirectory(prefix="musegen-kills-") as folder:
            told = _progress(name, kills)
            if name == WINDOW:
                count = _end_window(Path(folder), kills, chance, number, told)
            else:
                command = next(command for command in COMMANDS if command.name == name)
                count = _end_command(command, Path(folder), kills, chance, number, told)
        counts.append(count)
        for fault in count.faults[:5]:
            print(f"{name}: {fault}", flush=True)
    rows = [count.row() for count in counts]
    if rows:
        print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
        for row in rows:
            print("| " + " | ".join(map(str, row.values())) + " |")
    return rows, int(any(count.broken or count.left_in_the_end for count in counts))


def _end_command(
    command: WritingCommand,
    folder: Path,
    kills: int,
    chance: random.Random,
    number: signal.Signals,
    told: Callable[[int], None],
) -> Count:
    runs, places = _Runs(command, folder), ("reference", "work")
    for place in places:
        (folder / place).mkdir()
        shutil.copy(clips_dir() / CLIP, folder / place / CLIP)
    seconds = min(runs.whole("reference") for _ in range(3))
    expected = runs.files("reference")  # what a library keeps with temporary files is among them
    count = Count(command.name)
    while count.kills < kills:
        runs.prepare()
        low = chance.choice((0.0, LATE_SHARE * seconds))
        if not runs.ended("work", number, chance.uniform(low, seconds)):
            seconds *= SOONER
            continue
        seconds *= LATER
        found = runs.files("work")
        compare(command, expected, found, count)
        count.kills += 1
        told(count.kills)
    runs.prepare()
    runs.whole("work")
    count.left_in_the_end = len(runs.left(expected))
    compare(command, expected, runs.files("work"), count)
    return count


def compare(
    command: WritingCommand, expected: dict[str, bytes], found: dict[str, bytes], count: Count
) -> None:
    """Count which of the files that were `found` are as `expected`, by what they hold, and which are not."""
    left = 0
    for name, data in found.items():
        if name not in expected:
            left += 1
        elif name.startswith(_TEMPORARY):
            continue
        elif data == expected[name]:
            count.whole += 1
        elif not (command.replaces and data == OLD):
            count.broken += 1
            count.faults.append(f"{name} has {len(data)} bytes in place of {len(expected[name])}")
    of_stems = [name for name in expected if name.startswith("stems/")]
    there = [name for name in of_stems if name in found]
    if there and there != of_stems:
        count.broken += 1
        count.faults.append(f"of {len(of_stems)} stems there are {len(there)}")
    count.most_left = max(count.most_left, left)


class _Runs:
    """Runs of one command below a folder, where temporary files lie as well.

    Each is a process of its own, a copy of this one with all that the command imports: before that it writes nothing.
    """

    def __init__(self, command: WritingCommand, folder: Path) -> None:
        self._command, self._folder = command, folder
        (folder / _TEMPORARY).mkdir()
        for module in _IMPORTED:
            import_module(module)

    def prepare(self) -> None:
        work = self._folder / "work"
        for name in ("stems", "takes"):
            shutil.rmtree(work / name, ignore_errors=True)
        for path in work.iterdir():
            if path.is_file() and not path.name.startswith(".") and path.name != CLIP:
                path.unlink()
        for name in self._command.files:
            (work / name).write_bytes(OLD)

    def whole(self, place: str) -> float:
        """Run to the end, and tell the seconds that it took."""
        began = time.perf_counter()
        _, status = os.waitpid(self._begun(place), 0)
        if status != 0:
            raise RuntimeError(f"{self._command.name} fails")
        return time.perf_counter() - began

    def ended(self, place: str, number: signal.Signals, seconds: float) -> bool:
        """Run, end it after so many seconds, and tell whether it had not ended by itself."""
        process = self._begun(place)
        time.sleep(seconds)  # the moment at which it is ended
        os.kill(process, number)
        _, status = os.waitpid(process, 0)
        return status != 0

    def _begun(self, place: str) -> int:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                status = self._run(place)
            finally:
                os._exit(status)
        return process

    def _run(self, place: str) -> int:
        os.chdir(self._folder / place)
        tempfile.tempdir = str(self._folder / _TEMPORARY)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        return cli.main(self._command.words)

    def files(self, place: str) -> dict[str, bytes]:
        found = {name: path.read_bytes() for name, path in _files(self._folder / place) if path.name != CLIP}
        return found | {f"{_TEMPORARY}/{name}": b"" for name, _ in _files(self._folder / _TEMPORARY)}

    def left(self, expected: dict[str, bytes]) -> set[str]:
        """The files and folders that no whole run leaves."""
        folders = {f"{Path(name).parent}" for name in expected}
        there = {str(path.relative_to(self._folder / "work")) for path in (self._folder / "work").rglob("*")}
        temporary = {f"{_TEMPORARY}/{path.name}" for path in (self._folder / _TEMPORARY).iterdir()}
        return (there | temporary) - expected.keys() - folders - {CLIP}


def _end_window(
    folder: Path, kills: int, chance: random.Random, number: signal.Signals, told: Callable[[int], None]
) -> Count:
    count, state = Count(WINDOW), folder / "state"
    state.mkdir()
    (folder / _TEMPORARY).mkdir()
    while count.kills < kills:
        process = _open_window(state, folder / _TEMPORARY)
        time.sleep(chance.uniform(0, WINDOW_SECONDS))  # the moment at which it is ended, while it saves
        _close_window(process, number)
        faults = killed_window.faults(state)
        count.broken += len(faults)
        count.faults += faults
        count.whole += len(killed_window.kept(state)) - len(faults)
        count.most_left = max(count.most_left, len(_window_left(folder, killed_window.WHILE_OPEN)))
        count.kills += 1
        told(count.kills)
    _close_window(_open_window(state, folder / _TEMPORARY), signal.SIGTERM)
    count.left_in_the_end = len(_window_left(folder, killed_window.KEPT))
    return count


def _window_left(folder: Path, known: frozenset[str]) -> list[str]:
    names = [name for name, _ in _files(folder / "state") if name not in known]
    return names + [name for name, _ in _files(folder / _TEMPORARY)]


def _open_window(state: Path, temporary: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.killed_window", str(state)],
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "QT_QPA_PLATFORM": "offscreen",
            "JACK_DEFAULT_SERVER": "musegen-kills-none",  # no port is opened
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if process.stdout.readline() != f"{killed_window.READY}\n":
        process.kill()
        raise RuntimeError("the window could not be opened")
    return process


def _close_window(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_SECONDS)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _progress(name: str, kills: int) -> Callable[[int], None]:
    def told(done: int) -> None:
        if sys.stderr.isatty() or done % max(1, kills // 10) == 0 or done == kills:
            print(
                f"\r{name}: {done} of {kills} ",
                end="\n" if done == kills else "",
                file=sys.stderr,
                flush=True,
            )

    return told
