"""Work for the tests of the map, importable by the worker processes, and a main program that is killed on the way."""

from __future__ import annotations

import builtins
import os
import signal
import sys
from pathlib import Path
from typing import Any


def square(path: Path) -> None:
    """Write the square of the number that the file is named after."""
    path.write_text(str(int(path.stem) ** 2), encoding="utf-8")


def square_or_die(path: Path) -> None:
    """The same, but the process is killed in the middle of writing the first time."""
    beside = path.with_suffix(".part")
    if int(path.stem) % 3 == 0 and not beside.exists():
        beside.write_text("half", encoding="utf-8")
        die()
    square(path)


def always_die(path: Path) -> None:
    """End the process, whatever is asked."""
    die()


def write_environment(path: Path) -> None:
    """Write the environment variables that the work is done under."""
    path.write_text("\n".join(f"{name}={value}" for name, value in os.environ.items()), encoding="utf-8")


def fail(path: Path) -> None:
    """Raise, naming the file."""
    raise ValueError(f"no good: {path.name}")


def die() -> None:
    """What the kernel does when memory is used up."""
    os.kill(os.getpid(), signal.SIGKILL)


def write_part_or_die(part: Any) -> None:
    """`write_part` of the drums; of every second part the first worker is killed in the middle of it."""
    from training.drums.parts import write_part

    mark = part.path.with_suffix(".died")
    if int(part.unit.name[-1], 16) % 2 and not mark.exists():
        mark.touch()
        part.path.with_name(f"{part.path.stem}.0-0.part.npz").write_bytes(b"half")
        part.path.with_suffix(".trying").write_text("1\n", encoding="utf-8")
        die()
    write_part(part)


def lay_blocks_or_die(task: Any) -> None:
    """`lay_blocks` of the drums; the first worker that has a task is killed when it has written some of it."""
    from training.drums import split_files
    from training.drums.merge import lay_blocks

    mark = task.places[0].block.with_suffix(".died")
    if not mark.exists():
        mark.touch()
        kill_at(split_files, "_open_as_it_is", 3)
    lay_blocks(task)


def write_audio_part_or_die(part: Any) -> None:
    """The same for recordings."""
    from training.vocoder.parts import write_part

    mark = part.path.with_suffix(".died")
    if not mark.exists():
        mark.touch()
        part.path.with_suffix(".0-0.pcm.part").write_bytes(b"half")
        die()
    write_part(part)


def kill_at(module: Any, name: str, call: int) -> None:
    """Let the process be killed when `module.name` is called for the `call`th time, after the call."""
    real, count = getattr(module, name, None) or getattr(builtins, name), [0]

    def wrapped(*arguments: Any, **options: Any) -> Any:
        count[0] += 1
        result = real(*arguments, **options)
        if count[0] == call:
            die()
        return result

    setattr(module, name, wrapped)


if __name__ == "__main__":
    import importlib

    command, where, call, *argv = sys.argv[1:]
    kill_at(importlib.import_module(where.rpartition(".")[0]), where.rpartition(".")[2], int(call))
    raise SystemExit(importlib.import_module(f"training.{command}").main(argv))
