"""Detects ONNX files with weights in other files, before any library opens them.

onnxruntime loads such weights from the current folder, without the check of the model's hash. Field numbers are those
of onnx.proto (ONNX 1.23); the wire format is Protocol Buffers (https://protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MAX_DEPTH = 32
MAX_FIELDS = 5_000_000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES = 10

_EXTERNAL = "external"
_WITHIN: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor",
    },
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {13: _EXTERNAL, 14: _EXTERNAL},
}  # fmt: skip
"""For each message, the fields that lead to tensors, and those of a tensor that refer to another file."""


def has_external_data(model: bytes) -> bool:
    """Whether any tensor of a serialised ModelProto is stored in another file.

    Linear in the bytes. Raises ValueError where they are no such message, or nest deeper than `MAX_DEPTH`.
    """
    left = MAX_FIELDS
    waiting = [("model", 0, len(model), 0)]
    while waiting:
        kind, start, end, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("it nests too deep")
        for number, wire, at, after in _fields(model, start, end):
            left -= 1
            if left < 0:
                raise ValueError(f"more than {MAX_FIELDS:,} fields")
            inner = _WITHIN[kind].get(number)
            if inner == _EXTERNAL and (wire == _BYTES or at != 0):
                return True
            if inner is not None and inner != _EXTERNAL and wire == _BYTES:
                waiting.append((inner, at, after, depth + 1))
    return False


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, wire type, start and end of each field; of a varint its value and end."""
    while at < end:
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at, end)
            yield number, wire, value, at
            continue
        if wire == _BYTES:
            size, at = _varint(data, at, end)
        elif wire in _FIXED_BYTES:
            size = _FIXED_BYTES[wire]
        else:
            raise ValueError(f"a field of the kind {wire}")
        if size > end - at:
            raise ValueError("it ends within a field")
        yield number, wire, at, at + size
        at += size


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The value and where it ends."""
    value = 0
    for index in range(min(_MAX_VARINT_BYTES, end - at)):
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("a number that does not end")
