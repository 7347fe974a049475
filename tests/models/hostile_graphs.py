"""ONNX graphs that misbehave; each takes and returns one row of floats."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from musegen_daw.models.spec import Graph, ModelSpec, Tensor

FOR_EVER = 2**62


def model(*nodes: NodeProto, constants: tuple[TensorProto, ...] = (), functions: tuple = ()) -> ModelProto:
    """A graph from `x` to `y`, each (n,) float32."""
    graph = helper.make_graph([*nodes], "toy", [_row("x")], [_row("y")], [*constants])
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("toy", 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=9, functions=[*functions])


def endless() -> bytes:
    """A loop that adds a row to itself without end."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["goes"]), helper.make_node("Add", ["s", "s"], ["more"])],
        "body",
        [_scalar("i", TensorProto.INT64), _scalar("go", TensorProto.BOOL), _row("s")],
        [_scalar("goes", TensorProto.BOOL), _row("more")],
    )
    often = numpy_helper.from_array(np.array(FOR_EVER, np.int64), "often")
    go = numpy_helper.from_array(np.array(True), "true")
    loop = helper.make_node("Loop", ["often", "true", "x"], ["y"], body=body)
    return model(loop, constants=(often, go)).SerializeToString()


def no_numbers() -> bytes:
    """The logarithm of what is given."""
    return model(helper.make_node("Log", ["x"], ["y"])).SerializeToString()


def longer() -> bytes:
    """A row twice as long as it was."""
    return model(helper.make_node("Concat", ["x", "x"], ["y"], axis=0)).SerializeToString()


def failing() -> bytes:
    """A row in a shape that it does not fill."""
    shape = numpy_helper.from_array(np.array([7], np.int64), "shape")
    return model(helper.make_node("Reshape", ["x", "shape"], ["y"]), constants=(shape,)).SerializeToString()


def external_models() -> dict[str, bytes]:
    """A weight in another file, at every place in a model where a tensor can be."""
    add = helper.make_node("Add", ["x", "w"], ["y"])
    constant = helper.make_node("Constant", [], ["w"], value=_external())
    branch = GraphProto(node=[constant], name="branch", output=[_row("w")])
    condition = helper.make_node("If", ["c"], ["w"], then_branch=branch, else_branch=branch)
    yes = numpy_helper.from_array(np.array(True), "c")
    call = helper.make_node("within", ["x"], ["y"], domain="toy")
    function = helper.make_function(
        "toy", "within", ["x"], ["y"], [constant, add], [helper.make_opsetid("", 17)]
    )
    default = helper.make_function("toy", "within", ["x"], ["y"], [add], [helper.make_opsetid("", 17)])
    default.attribute_proto.append(AttributeProto(name="w", type=AttributeProto.TENSOR, t=_external()))
    sparse = model(add)
    sparse.graph.sparse_initializer.add().values.CopyFrom(_external())
    listed = helper.make_node("Add", ["x", "w"], ["y"])
    listed.attribute.append(AttributeProto(name="l", type=AttributeProto.TENSORS, tensors=[_external()]))
    training = model(add)
    training.training_info.add().algorithm.initializer.append(_external())
    unnamed = model(add, constants=(TensorProto(name="w", data_type=1, dims=[1], data_location=1),))
    return {
        "initialiser": model(add, constants=(_external(),)).SerializeToString(),
        "attribute": model(constant, add).SerializeToString(),
        "list of an attribute": model(listed).SerializeToString(),
        "branch": model(condition, add, constants=(yes,)).SerializeToString(),
        "function": model(call, functions=(function,)).SerializeToString(),
        "default of a function": model(call, functions=(default,)).SerializeToString(),
        "sparse": sparse.SerializeToString(),
        "training": training.SerializeToString(),
        "without a name": unnamed.SerializeToString(),
    }


def write(folder: Path, data: bytes) -> ModelSpec:
    """A folder with the model, well described."""
    (folder / "toy.onnx").write_bytes(data)
    graph = Graph(
        "toy.onnx",
        hashlib.sha256(data).hexdigest(),
        len(data),
        (Tensor("x", ("n",), "float"),),
        (Tensor("y", ("n",), "float"),),
    )
    spec = ModelSpec("toy", "a toy", {"main": graph}, {})
    spec.save(folder)
    return spec


def _external() -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    return tensor


def _row(name: str):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"])


def _scalar(name: str, kind: int):
    return helper.make_tensor_value_info(name, kind, [])
