"""What a checkpoint was made of: the data, the code and the environment, in words that name no machine."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

import musegen_daw

PACKAGES = ("lightning-fabric", "miditok", "numpy", "safetensors", "symusic", "tokenizers", "torch")
_ROOT = Path(__file__).resolve().parents[2]


def provenance(data: Path, fabric: Fabric) -> dict[str, Any]:
    """The digest of the report of a prepared folder, the version of the code, and where it runs."""
    return {"data": data_digest(data), "code": code_version(), "environment": environment(fabric)}


def data_digest(data: Path) -> str:
    """SHA-256 of the report of a prepared folder: preparing the same again gives the same."""
    return hashlib.sha256((data / "facts.json").read_bytes()).hexdigest()


def code_version() -> dict[str, Any]:
    """The version, the commit where there is a repository, and the digest of what was changed since, if anything."""
    commit = _git("rev-parse", "HEAD")
    found: dict[str, Any] = {"version": musegen_daw.__version__, "commit": (commit or b"").decode().strip()}
    changes = _git("diff", "HEAD", "--", "musegen_daw", "training") if commit else None
    found["changes"] = hashlib.sha256(changes).hexdigest()[:16] if changes else ""
    return found


def environment(fabric: Fabric) -> dict[str, Any]:
    """Interpreter, system, packages, and the devices that a training runs on."""
    is_cuda = fabric.device.type == "cuda"
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name(fabric.device) if is_cuda else fabric.device.type,
        "processes": fabric.world_size,
        "threads": torch.get_num_threads(),
    }


def _git(*arguments: str) -> bytes | None:
    try:
        result = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, check=False)
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None
