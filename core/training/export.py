"""A trained network -> the ONNX graph that serves it.

Normalisation is inside the graph; input is a uint8 batch of any size, outputs are the
log-odds, the evidence map and the novelty of the same forward pass.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import nn

from core.inspection.frame import SIDE
from core.model.engine import OUTPUTS
from core.model.network import CastingNetwork

OPSET = 18


def export_graph(network: CastingNetwork, path: Path) -> str:
    """Write ``network`` as one self-contained ONNX file and return its sha256."""
    graph = graph_bytes(network, OUTPUTS)
    path.write_bytes(graph)
    return hashlib.sha256(graph).hexdigest()


def graph_bytes(module: nn.Module, outputs: Sequence[str]) -> bytes:
    """``module``, (N, 300, 300) uint8 -> the named ``outputs``, as an ONNX file."""
    module.eval()
    with warnings.catch_warnings():
        # torch's exporter warns of its own internals on every call
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            (torch.zeros(2, SIDE, SIDE, dtype=torch.uint8),),
            input_names=["photographs"],
            output_names=list(outputs),
            dynamic_shapes={"photographs": {0: torch.export.Dim("batch")}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    buffer = io.BytesIO()
    onnx.save(_without_traces(program.model_proto), buffer)
    return buffer.getvalue()


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """``model`` without the exporter's stack traces: they name files of this machine."""
    graph = model.graph
    for holders in (graph.node, graph.value_info, graph.input, graph.output, graph.initializer):
        for holder in holders:
            holder.ClearField("metadata_props")
    graph.ClearField("metadata_props")
    model.ClearField("metadata_props")
    return model
