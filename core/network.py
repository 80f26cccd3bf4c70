"""MobileNetV2 with one log-odds output and the evidence behind it.

The network is features -> global average pool -> dropout -> linear. With one output and
head weights w, the gradient of the log-odds at every cell of the last feature map A is
w_k / (H * W), so Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) has a closed form:
``evidence = (w . A) / (H * W)``, and ``evidence.sum() + bias`` is the log-odds itself.
Signed, without the ReLU: negative evidence speaks for an OK part.

Only training, export and the reference engine import this module; serving runs the
exported graph and never loads torch.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.errors import ModelAltered, ModelMissing

if TYPE_CHECKING:
    from torchvision.models import MobileNetV2

CELLS = 10
"""Rows and columns of the evidence map: SIDE / 32, rounded up."""

FEATURES = 1280
UNFROZEN_BLOCKS = 3
"""The last convolutional blocks that the second stage of training releases."""

# One mean and one deviation, the averages of ImageNet's three: the input has one channel.
PIXEL_MEAN = 0.449
PIXEL_DEVIATION = 0.226

_operators: list[torch.library.Library] = []


def _mobilenet_v2() -> MobileNetV2:
    """torchvision's MobileNetV2 without weights, even where its operators do not load."""
    try:
        models = importlib.import_module("torchvision.models")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        # PyPI's Linux torchvision is built against CUDA torch; beside a CPU-only torch its
        # compiled operators are absent and registering their fake kernels fails the import.
        # Box suppression is of no use here, so declaring the two names is enough.
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for operator in ("nms", "qnms"):
            library.define(  # type: ignore[no-untyped-call]
                f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        _operators.append(library)
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        models = importlib.import_module("torchvision.models")
    network: MobileNetV2 = models.mobilenet_v2(weights=None)
    return network


class CastingNetwork(nn.Module):
    """Grayscale photographs in; log-odds of "defective" and their evidence map out."""

    def __init__(self) -> None:
        super().__init__()
        self.features: nn.Sequential = _mobilenet_v2().features
        stem = self.features[0][0]
        self.features[0][0] = nn.Conv2d(
            1, stem.out_channels, stem.kernel_size, stem.stride, stem.padding, bias=False
        )
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(FEATURES, 1)

    def normalise(self, photographs: Tensor) -> Tensor:
        """(N, 300, 300) uint8 -> (N, 1, 300, 300) float32 as the features expect it."""
        scaled = (photographs.to(torch.float32) / 255 - PIXEL_MEAN) / PIXEL_DEVIATION
        return scaled.unsqueeze(1)

    def cell_scores(self, activations: Tensor) -> Tensor:
        """(N, 1280, H, W) activations -> (N, H, W), the head applied to every cell."""
        return torch.einsum("nkhw,k->nhw", activations, self.head.weight[0])

    def forward(self, photographs: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 300, 300) uint8 -> log-odds (N,) and evidence (N, 10, 10), float32."""
        activations = self.features(self.normalise(photographs))
        evidence = self.cell_scores(activations) / (activations.shape[2] * activations.shape[3])
        return evidence.sum(dim=(1, 2)) + self.head.bias, evidence


def from_imagenet(weights: Path | None = None) -> CastingNetwork:
    """A network with ImageNet features and a new head.

    ``weights`` is a torchvision ``mobilenet_v2`` state_dict on disk; without it torchvision
    downloads its own. The stem's three input channels are summed into one, which is the
    same function of a gray picture. Raises ModelMissing when the weights cannot be had.
    """
    network = CastingNetwork()
    if weights is None:
        from torchvision.models import MobileNet_V2_Weights

        try:
            state = MobileNet_V2_Weights.IMAGENET1K_V1.get_state_dict(progress=True)
        except OSError as error:
            raise ModelMissing(
                "The ImageNet weights could not be downloaded. Connect the machine, or give "
                "their file with --weights."
            ) from error
    elif weights.is_file():
        state = torch.load(weights, map_location="cpu", weights_only=True)
    else:
        raise ModelMissing(f"There are no weights at {weights}. Check the path given to --weights.")
    features = {
        name.removeprefix("features."): value
        for name, value in state.items()
        if name.startswith("features.")
    }
    features["0.0.weight"] = features["0.0.weight"].sum(dim=1, keepdim=True)
    network.features.load_state_dict(features)
    nn.init.normal_(network.head.weight, std=0.01)
    nn.init.zeros_(network.head.bias)
    return network


def save_weights(network: CastingNetwork, path: Path) -> str:
    """Write the state_dict and return its sha256."""
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    path.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def load_weights(data: bytes, name: str) -> CastingNetwork:
    """The network with the weights in ``data``, in evaluation mode.

    Raises ModelAltered when ``data`` holds anything but this network's weights.
    """
    network = CastingNetwork()
    try:
        network.load_state_dict(torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))
    except Exception as error:  # a foreign or damaged file fails in many ways inside torch
        raise ModelAltered(f"{name} does not hold this network's weights.") from error
    return network.eval()
