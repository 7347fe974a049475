"""Write requirements/*.txt: what is installed, one version of every package, with the hashes that its files may have.

usage: python -m scripts.lock [--upgrade] [--wheel FILE]

Versions that are locked stay where they can; --upgrade renews them. A wheel that lies on no index, as PyTorch's builds
for the CPU alone, is allowed by naming its file once: what is allowed for a version stays so.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from musegen_daw.errors import MusegenError
from musegen_daw.files import write_bytes

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"
PYTHON = "3.11"
HEAD = "# {}, on every system. Written by `make lock`.\n"
_CUDA = re.compile(r"nvidia-|cuda-|triton$")
_ENTRY = re.compile(
    r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)( ; [^\n\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)", re.M
)
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_WHEEL = re.compile(r"([A-Za-z0-9_.]+)-([0-9][^-+]*)(?:\+[^-]*)?-")


class LockError(MusegenError):
    """A lock cannot be written."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of a package, the systems and Pythons it is for (" ; ..." or nothing), and the hashes allowed."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    def __str__(self) -> str:
        hashes = "".join(f" \\\n    --hash={each}" for each in sorted(self.hashes))
        return f"{self.name}=={self.version}{self.marker}{hashes}\n"


def read_pins(text: str) -> list[Pin]:
    return [
        Pin(name, version, marker, frozenset(_HASH.findall(hashes)))
        for name, version, marker, hashes in _ENTRY.findall(text)
    ]


def locked() -> dict[tuple[str, str], Pin]:
    """What is locked now, by name and version."""
    texts = [path.read_text("utf-8") for path in sorted(LOCKS.glob("*.txt"))]
    return {(pin.name, pin.version): pin for text in texts for pin in read_pins(text)}


def resolved(requirements: Iterable[str], prior: Iterable[Pin]) -> list[Pin]:
    """Pins for `requirements` and all that they need, as uv resolves them; versions of `prior` are kept.

    Raises LockError where no versions fit.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "prior.txt"
        kept.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in prior), "utf-8")
        command = ["uv", "pip", "compile", "-", "--constraint", str(kept), "--universal"]
        command += [
            "--python-version",
            PYTHON,
            "--generate-hashes",
            "--no-annotate",
            "--no-config",
            "--quiet",
        ]
        done = subprocess.run(command, input="\n".join(requirements), capture_output=True, text=True)
    if done.returncode:
        raise LockError(f"No versions fit together: {done.stderr.strip()}")
    return read_pins(done.stdout)


def allowed(pin: Pin, prior: Mapping[tuple[str, str], Pin], wheels: Iterable[Path]) -> Pin:
    """`pin` with the hashes that were allowed for it before, and those of `wheels` that are of its version."""
    before = prior.get((pin.name, pin.version))
    own = frozenset(
        f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
        for wheel in wheels
        if (found := _WHEEL.match(wheel.name)) and found.groups() == (pin.name.replace("-", "_"), pin.version)
    )
    return replace(pin, hashes=pin.hashes | own | (before.hashes if before else frozenset()))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts.lock", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    parser.add_argument("--wheel", action="append", type=Path, default=[], help="allow this file as well")
    arguments = parser.parse_args(argv)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    program, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    builder = project["build-system"]["requires"]
    prior = locked()
    try:
        versions = () if arguments.upgrade else prior.values()
        full = resolved([*program, *builder, *extras["training"], *extras["test"]], versions)
        locks = {
            "app": ("What the program needs", [*program, *builder]),
            "packaging": (
                "What the program and its packaging need",
                [*program, *builder, *extras["packaging"]],
            ),
            "upkeep": ("What `make lock` and `make audit` need", extras["upkeep"]),
        }
        written = {name: (what, resolved(needed, full)) for name, (what, needed) in locks.items()}
    except LockError as error:
        print(error, file=sys.stderr)
        return 1
    torch = [pin for pin in full if pin.name == "torch"]
    cuda = [pin for pin in full if _CUDA.match(pin.name)]
    rest = [pin for pin in full if pin not in torch and pin not in cuda]
    written["full"] = ("What the program, training and the tests need besides PyTorch", rest)
    written["torch"] = ("The builds of PyTorch that may be installed", torch)
    written["cuda"] = ("What a build of PyTorch for CUDA needs besides", cuda)
    LOCKS.mkdir(exist_ok=True)
    for name, (what, pins) in sorted(written.items()):
        text = HEAD.format(what) + "".join(str(allowed(pin, prior, arguments.wheel)) for pin in pins)
        write_bytes(LOCKS / f"{name}.txt", text.encode())
        print(f"requirements/{name}.txt: {len(pins)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
