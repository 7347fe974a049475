"""ONNX graphs as functions of arrays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen_daw.errors import ModelError
from musegen_daw.models.external_data import has_external_data
from musegen_daw.models.signature import Signature, described
from musegen_daw.models.spec import Graph as GraphFacts
from musegen_daw.models.spec import ModelSpec, Tensor, verified_bytes

Array = npt.NDArray[Any]
Graph = Callable[..., list[Array]]

RUN_SECONDS = 60.0
"""For one run of a graph, or to open it; the bundled models take a second at most."""


class OnnxGraph:
    """A verified graph on the CPU: takes arrays in the order of its inputs, returns those of its outputs.

    Raises ModelError where file, description and `signature` disagree, and where a run fails, takes longer than
    `run_seconds`, or returns wrong shapes or values that are not finite.
    """

    def __init__(
        self,
        folder: Path,
        spec: ModelSpec,
        role: str,
        threads: int = 1,
        signature: Signature | None = None,
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        if role not in spec.graphs:
            raise ModelError(f"The model in {folder} has no {role!r} graph; install it again.")
        graph = spec.graphs[role]
        self._path = folder / graph.file
        self._signature = signature or described(graph)
        self._limit = TimeLimit(run_seconds)
        try:
            self._signature.check(graph)
        except ValueError as error:
            raise ModelError(
                f"The model file {self._path} does not fit: {error}; install it again."
            ) from error
        self._session = self._opened(verified_bytes(folder, graph), threads)
        try:
            self._check_names(graph)
        except UnicodeDecodeError as error:
            raise ModelError(
                f"The model file {self._path} has input or output names that are not UTF-8; install it again."
            ) from error
        self._inputs, self._outputs = _names(graph.inputs), _names(graph.outputs)

    def __call__(self, *arrays: Array) -> list[Array]:
        import onnxruntime

        named = dict(zip(self._inputs, arrays, strict=True))
        options = onnxruntime.RunOptions()

        def give_up() -> None:
            options.terminate = True

        try:
            with self._limit.over(give_up):
                outputs = self._session.run(self._outputs, named, options)
            self._signature.check_outputs(arrays, outputs)
        except ValueError as error:
            raise ModelError(f"The model file {self._path} {error}; install it again.") from error
        except Exception as error:  # the exceptions of onnxruntime have no common base
            raise ModelError(self._sentence("failed", options.terminate)) from error
        return outputs

    def _check_names(self, graph: GraphFacts) -> None:
        for name, wanted, found in (
            ("inputs", graph.inputs, self._session.get_inputs()),
            ("outputs", graph.outputs, self._session.get_outputs()),
        ):
            if not _agree(wanted, found, may_know_more=name == "outputs"):
                raise ModelError(
                    f"The model file {self._path} does not have the {name} its description names."
                )

    def _opened(self, data: bytes, threads: int) -> Any:
        import onnxruntime

        try:
            if has_external_data(data):
                raise ModelError(
                    f"The model file {self._path} stores weights in other files, which is not supported."
                )
        except ValueError as error:
            raise ModelError(
                f"The model file {self._path} is not an ONNX file ({error}); install it again."
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.load_model_format", "ONNX")
        is_late = False

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            options.set_load_cancellation_flag(True)

        try:
            with self._limit.over(give_up):
                return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the exceptions of onnxruntime have no common base
            raise ModelError(self._sentence("cannot be opened by onnxruntime", is_late)) from error

    def _sentence(self, what: str, is_late: bool) -> str:
        if is_late:
            return f"The model file {self._path} took longer than {self._limit.limit_seconds:g} s."
        return f"The model file {self._path} {what}; install it again."


class TimeLimit:
    """Calls a function when a computation has taken `limit_seconds`; any number may run at once.

    A single thread watches, and ends after an idle period of that length.
    """

    def __init__(self, limit_seconds: float) -> None:
        self.limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._running: dict[object, tuple[float, Callable[[], None]]] = {}
        self._is_watching = False

    @contextmanager
    def over(self, give_up: Callable[[], None]) -> Iterator[None]:
        """Time the block; `give_up` is called from another thread where it takes too long."""
        key = object()
        with self._lock:
            self._running[key] = time.monotonic() + self.limit_seconds, give_up
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="time limit", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._running[key]

    def _watch(self) -> None:
        wait_seconds = self.limit_seconds
        while True:
            time.sleep(wait_seconds)  # until the run that began first is due
            with self._lock:
                if not self._running:
                    self._is_watching = False
                    return
                now_seconds = time.monotonic()
                for until_seconds, give_up in self._running.values():
                    if until_seconds <= now_seconds:
                        give_up()
                ends = [until for until, _ in self._running.values() if until > now_seconds]
                wait_seconds = min(ends, default=now_seconds + self.limit_seconds) - now_seconds


def zeros(*shape: int) -> npt.NDArray[np.float32]:
    """float32 zeros, the initial state of a network."""
    return np.zeros(shape, np.float32)


def _names(tensors: tuple[Tensor, ...]) -> list[str]:
    return [tensor.name for tensor in tensors]


def _agree(described: tuple[Tensor, ...], found: list[Any], *, may_know_more: bool) -> bool:
    """Whether names, types and shapes match the description; dynamic axes must be dynamic in both.

    onnxruntime may have inferred the length of a dynamic output axis (`may_know_more`).
    """
    return len(described) == len(found) and all(
        wanted.name == own.name
        and own.type == f"tensor({wanted.type})"
        and len(wanted.shape) == len(own.shape)
        and all(
            axis == length if isinstance(axis, int) else may_know_more or not isinstance(length, int)
            for axis, length in zip(wanted.shape, own.shape, strict=True)
        )
        for wanted, own in zip(described, found, strict=True)
    )
