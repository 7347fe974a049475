"""The wheel as a musician gets it: built, installed into an empty environment, and asked for drums."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import mido
import pytest

ROOT = Path(__file__).resolve().parent.parent
DRUM_CHANNEL = 9
NEEDED = (
    "musegen_daw/cli/main.py",
    "musegen_daw/py.typed",
    "musegen_daw/resources/clips/demo.mid",
    "musegen_daw/resources/drum_maps/general-midi.toml",
    "musegen_daw/resources/reaper/musegen.lua",
)
NEEDED_FOLDERS = ("models/drums", "grooves", "soundfont")
KEPT_OUT = (
    "musegen_daw/resources/checkpoints",
    "training",
    "export",
    "tests",
)


def _run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | environment, capture_output=True, text=True, timeout=400,
        check=False,
    )  # fmt: skip
    said = [line for line in result.stderr.splitlines() if not line.startswith("import time:")]
    assert result.returncode == 0, "\n".join([result.stdout, *said])
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment with the wheel, and of the checkout nothing.

    The libraries that the wheel depends on are lent from this environment by a .pth file: one level
    deep, so that an editable install of the checkout beside them stays out of reach.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    scheme = {"base": str(folder), "platbase": str(folder)}
    programs = Path(sysconfig.get_path("scripts", "venv", scheme))
    python = programs / Path(sys.executable).name
    _run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel,
        cwd=folder,
    )  # fmt: skip
    lent = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    own = Path(sysconfig.get_path("purelib", "venv", scheme))
    (own / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    where = _run(python, "-c", "import musegen_daw; print(musegen_daw.__file__)", cwd=folder).stdout.strip()
    assert Path(where).resolve().is_relative_to(folder.resolve())
    return programs


def test_wheel_holds_the_package_and_its_resources_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"musegen_daw"}
    assert set(NEEDED) <= set(names)
    for folder in NEEDED_FOLDERS:
        assert any(name.startswith(f"musegen_daw/resources/{folder}/") for name in names), folder
    assert not [name for name in names if name.startswith(KEPT_OUT)]


def test_installed_wheel_writes_drums_for_a_bundled_clip_without_torch(
    installed: Path, tmp_path: Path
) -> None:
    (resources,) = installed.parent.rglob("musegen_daw/resources")
    clip = resources / "clips" / "demo.mid"
    drums = tmp_path / "drums.mid"
    result = _run(
        installed / "musegen-daw", "generate", clip, "-o", drums, "--only-drums", "--seed", "1",
        cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1",
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "musegen_daw.cli.main" in imported
    assert not {name for name in imported if name.partition(".")[0] in ("torch", "training", "export")}
    hits = [message for message in mido.MidiFile(drums) if message.type == "note_on" and message.velocity]
    assert hits
    assert {hit.channel for hit in hits} == {DRUM_CHANNEL}
