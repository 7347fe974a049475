"""What is installed is what requirements/ allows, file by file."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker

from scripts.lock import LOCKS, ROOT, Pin, allowed, locked, read_pins

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HASHES = {"sha256:" + "0" * 64, "sha256:" + "f" * 64}


def pins(name: str) -> dict[str, Pin]:
    return {pin.name: pin for pin in read_pins((LOCKS / f"{name}.txt").read_text(encoding="utf-8"))}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", each)[0] for each in requirements}


def test_everything_that_is_asked_for_is_locked() -> None:
    program, extras = PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"]
    builder = PROJECT["build-system"]["requires"]
    assert names([*program, *builder]) <= pins("app").keys()
    assert names([*program, *builder, *extras["packaging"]]) <= pins("packaging").keys()
    assert names([*extras["training"], *extras["test"]]) <= pins("full").keys() | pins("torch").keys()
    assert names(extras["upkeep"]) <= pins("upkeep").keys()


def test_a_package_has_one_version_in_every_lock() -> None:
    assert len(locked()) == len({name for name, _ in locked()})


def test_every_line_of_a_lock_is_a_pin_with_hashes_and_no_index_is_named() -> None:
    for path in LOCKS.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        found = read_pins(text)
        assert found
        assert all(pin.hashes for pin in found)
        assert text.partition("\n")[2] == "".join(map(str, found))


def test_what_is_installed_here_is_what_is_locked() -> None:
    allowed_here = {
        pin.name: pin.version
        for pin in [*pins("full").values(), *pins("torch").values()]
        if not pin.marker or Marker(pin.marker.removeprefix(" ; ")).evaluate()
    }
    installed = {name: metadata.version(name).partition("+")[0] for name in allowed_here}
    assert installed == allowed_here


def test_a_wheel_is_allowed_for_its_own_version_alone(tmp_path: Path) -> None:
    wheel = tmp_path / "py_torch-2.1.0+cpu-py3-none-any.whl"
    wheel.write_bytes(b"")
    pin = Pin("py-torch", "2.1.0", "", frozenset(HASHES))
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert allowed(pin, {}, [wheel]).hashes == {*HASHES, empty}
    assert allowed(Pin("py-torch", "2.1.1", "", frozenset(HASHES)), {}, [wheel]).hashes == HASHES
    assert allowed(Pin("torch", "2.1.0", "", frozenset(HASHES)), {}, [wheel]).hashes == HASHES


def test_what_was_allowed_for_a_version_stays_so() -> None:
    before = Pin("one", "1.0", "", frozenset(["sha256:" + "1" * 64]))
    after = allowed(Pin("one", "1.0", "", frozenset(HASHES)), {("one", "1.0"): before}, [])
    assert after.hashes == HASHES | before.hashes


@pytest.mark.parametrize("marker", ["", " ; python_full_version < '3.12' and sys_platform == 'linux'"])
def test_a_pin_is_read_as_it_was_written(marker: str) -> None:
    pin = Pin("a-b.c", "1.0rc1", marker, frozenset(HASHES))
    assert read_pins(f"{pin}{pin}") == [pin, pin]
