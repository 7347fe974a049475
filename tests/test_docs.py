"""The documents name modules, functions and commands that are there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PACKAGES = ("musegen_daw", "training", "export", "benchmarks", "scripts")


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


MODULES = {
    name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for name in tracked()
    if name.endswith(".py")
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_a_module_exists(document):
    text = document.read_text(encoding="utf-8")
    named = re.findall(rf"python -m ((?:{'|'.join(PACKAGES)})[\w.]*)", text)
    assert [name for name in named if name not in MODULES and f"{name}.__main__" not in MODULES] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_of_the_tree_exists(document):
    text = document.read_text(encoding="utf-8")
    named = re.findall(
        rf"`((?:{'|'.join((*PACKAGES, 'tests', 'docs', 'packaging', 'requirements'))})/[\w./-]*)`", text
    )
    written = ("resources", "package")  # of the wheel, and of the build
    assert [
        name for name in named if not (ROOT / name.rstrip("/")).exists() and not name.endswith(written)
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_module_of_the_app_exists(document):
    rooms = {each.split(".")[1] for each in MODULES if each.startswith("musegen_daw.")}
    text = document.read_text(encoding="utf-8")
    missing = []
    for name in re.findall(r"`([a-z_]+(?:\.[A-Za-z_]+)+)`", text):
        room = name.split(".")[0]
        if room not in rooms or name.endswith((".py", ".toml", ".json", ".onnx", ".md", ".txt")):
            continue
        parts = ["musegen_daw", *name.split(".")]
        while ".".join(parts) not in MODULES and len(parts) > 2:
            parts.pop()
        rest = ["musegen_daw", *name.split(".")][len(parts) :]
        if not rest:
            continue
        source = ROOT.joinpath(*parts).with_suffix(".py")
        source = source if source.exists() else ROOT.joinpath(*parts, "__init__.py")
        if not re.search(rf"\b{rest[0]}\b", source.read_text(encoding="utf-8")):
            missing.append(name)
    assert missing == []
