"""The version of the program, and the libraries it uses with their licences; without Qt, for packaging."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from musegen_daw import __version__

LIBRARIES = (
    "PySide6-Essentials", "numpy", "onnxruntime", "msgspec", "miditok", "symusic", "python-rtmidi", "sounddevice",
    "soundfile", "soxr", "librosa", "scipy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Library:
    """An installed library."""

    name: str
    version: str
    licence: str


def version_text() -> str:
    system = f"{platform.system()} {platform.release()}".strip()
    return f"musegen-daw {__version__} (MIT) · Python {platform.python_version()} · {system}"


def libraries() -> tuple[Library, ...]:
    """The installed libraries that the program uses."""
    found: list[Library] = []
    for name in LIBRARIES:
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found.append(Library(name, facts["Version"] or "", _licence(facts)))
    return tuple(found)


def _licence(facts: metadata.PackageMetadata) -> str:
    for key in ("License-Expression", "License"):
        text = facts.get(key) if hasattr(facts, "get") else None  # pyright: ignore[reportAttributeAccessIssue]
        if text and len(text) < 80:
            return text.strip()
    classifiers = facts.get_all("Classifier") or []
    named = [each.rpartition("::")[2].strip() for each in classifiers if each.startswith("License ::")]
    return ", ".join(named) or "see the package"
