"""Checkpoints as safetensors with their plain values beside them: no pickle, and an exact resume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from musegen_daw.files import write_bytes


def save_checkpoint(
    path: Path,
    models: dict[str, nn.Module],
    average: dict[str, Tensor],
    optimizers: dict[str, torch.optim.Optimizer],
    values: dict[str, Any],
) -> None:
    """Write everything needed to go on as if never stopped to the one file `path`, atomically."""
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
    """Put everything back from `path` and return the plain values."""
    tensors, metadata = read_tensors(path)
    for label, model in models.items():
        model.load_state_dict(tensors_below(tensors, f"{label}/"))
    for name, value in tensors_below(tensors, "average/").items():
        average[name] = value
    for label, groups in json.loads(metadata["optimizers"]).items():
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors_below(tensors, f"optimizer/{label}/").items():
            index, _, entry = name.partition("/")
            state.setdefault(int(index), {})[entry] = value
        optimizers[label].load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["random"])
    return json.loads(metadata["values"])


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write safetensors to `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, save(tensors, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    return load_file(path), metadata


def read_values(path: Path) -> dict[str, Any]:
    """The plain values of a checkpoint, without reading its tensors."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return json.loads((file.metadata() or {})["values"])


def tensors_below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
