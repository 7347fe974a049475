"""Checkpoints as safetensors with plain values beside them: no pickle, and an exact resume."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file, save
from torch import Tensor, nn

import musegen_daw
from musegen_daw import files
from training.common.prepared import TrainingFileError

MAX_BYTES = 1 << 40


def save_checkpoint(
    path: Path,
    models: dict[str, nn.Module],
    average: dict[str, Tensor],
    optimizers: dict[str, torch.optim.Optimizer],
    values: dict[str, Any],
) -> None:
    """Write everything that an exact resume needs to `path`, atomically."""
    tensors = {
        f"{label}/{name}": value
        for label, model in models.items()
        for name, value in model.state_dict().items()
    }
    tensors |= {f"average/{name}": value for name, value in average.items()}
    tensors["random"] = torch.get_rng_state()
    plain: dict[str, Any] = {}
    for label, optimizer in optimizers.items():
        state = optimizer.state_dict()
        plain[label] = state["param_groups"]
        for index, entries in state["state"].items():
            for name, value in entries.items():
                tensors[f"optimizer/{label}/{index}/{name}"] = torch.as_tensor(value)
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    write_tensors(path, tensors, {"values": json.dumps(values), "optimizers": json.dumps(plain)})


def load_checkpoint(
    path: Path,
    models: dict[str, nn.Module],
    average: dict[str, Tensor],
    optimizers: dict[str, torch.optim.Optimizer],
) -> dict[str, Any]:
    """Restore everything from `path` and return the plain values; raises TrainingFileError where it does not fit."""
    tensors, values = read_tensors(path)
    states = _json_of(path, _metadata(path), "optimizers")
    try:
        _put_back(tensors, states, models, average, optimizers)
    except (KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise TrainingFileError(f"{path} does not fit what is trained: {error}") from error
    return values


def _put_back(
    tensors: dict[str, Tensor],
    states: dict[str, Any],
    models: dict[str, nn.Module],
    average: dict[str, Tensor],
    optimizers: dict[str, torch.optim.Optimizer],
) -> None:
    for label, model in models.items():
        model.load_state_dict(tensors_below(tensors, f"{label}/"))
    for name, value in tensors_below(tensors, "average/").items():
        average[name] = value
    for label, groups in states.items():
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors_below(tensors, f"optimizer/{label}/").items():
            index, _, entry = name.partition("/")
            state.setdefault(int(index), {})[entry] = value
        optimizers[label].load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["random"])


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, save(tensors, metadata))


def save_network(
    path: Path, network: nn.Module, values: dict[str, Any], dtype: torch.dtype = torch.float32
) -> None:
    """Write the weights of a network and its plain values, to be read with `read_tensors`."""
    tensors = {name: value.to(dtype).contiguous() for name, value in network.state_dict().items()}
    write_tensors(path, tensors, {"values": json.dumps(values)})


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and plain values of a checkpoint; raises TrainingFileError where it is none."""
    from safetensors import SafetensorError

    values = read_values(path)
    try:
        return load_file(path), values
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise TrainingFileError(f"{path} is no checkpoint that can be read ({error}).") from error


def read_values(path: Path) -> dict[str, Any]:
    """The plain values of a checkpoint, without reading its tensors; raises TrainingFileError where it is none."""
    return _json_of(path, _metadata(path), "values")


def _metadata(path: Path) -> dict[str, str]:
    """What the header of a safetensors file says beside its tensors; the library holds it to 100 MB."""
    from safetensors import SafetensorError, safe_open

    files.check_readable(path, MAX_BYTES, TrainingFileError)
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise TrainingFileError(f"{path} is no checkpoint that can be read ({error}).") from error


def _json_of(path: Path, metadata: dict[str, str], name: str) -> dict[str, Any]:
    try:
        values = json.loads(metadata[name])
    except (KeyError, ValueError, RecursionError) as error:
        raise TrainingFileError(
            f"{path} is no checkpoint of this program: its {name} cannot be read."
        ) from error
    if not isinstance(values, dict):
        raise TrainingFileError(f"{path} is no checkpoint of this program: its {name} are no table.")
    return values


def tensors_below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


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
