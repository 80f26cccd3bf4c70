"""MobileNetV2 with one log-odds output and the evidence behind it.

The network is features -> global average pool -> linear; dropout acts in training only. With
one output and head weights w, the gradient of the log-odds at every cell of the last feature
map A is w_k / (H * W), so Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) has a closed
form: ``evidence = (w . A) / (H * W)``, and ``evidence.sum() + bias`` is the log-odds itself.
Signed, without the ReLU: negative evidence speaks for an OK part.

Only training, export and the reference engine import this module; serving runs the
exported graph and never loads torch.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.errors import ModelAltered, ModelMissing
from core.model.novelty import NoveltyDetector
from core.model.tone import INSIDE, QUANTILES

CELLS = 10
"""Rows and columns of the evidence map: SIDE / 32, rounded up."""

FEATURES = 1280

NOVELTY_BLOCK = 3
"""The gate looks at this block's input, which no recipe moves."""

_operators: list[torch.library.Library] = []


def _torchvision_models() -> ModuleType:
    """``torchvision.models``, even where torchvision's compiled operators do not load."""
    try:
        return importlib.import_module("torchvision.models")
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
    return importlib.import_module("torchvision.models")


_models = _torchvision_models()


class CastingNetwork(nn.Module):
    """Grayscale photographs in; log-odds of "defective", their evidence and novelty out."""

    def __init__(self) -> None:
        super().__init__()
        self.features: nn.Sequential = _models.mobilenet_v2(weights=None).features
        stem = self.features[0][0]
        self.features[0][0] = nn.Conv2d(
            1, stem.out_channels, stem.kernel_size, stem.stride, stem.padding, bias=False
        )
        self.head = nn.Linear(FEATURES, 1)
        self.familiarity = NoveltyDetector()
        self.register_buffer("tone", torch.full((QUANTILES,), torch.nan))
        self.register_buffer("disc", _disc(), persistent=False)
        self.tone: Tensor
        """(65,): the curve that photographs are brought to before they come here (see
        ``core.model.tone``); kept with the weights because they mean nothing without it."""
        self.disc: Tensor

    def normalise(self, photographs: Tensor) -> Tensor:
        """(N, 300, 300) uint8 -> (N, 1, 300, 300), mean 0 and deviation 1 over the middle disc.

        Exposure and contrast of the photograph are gone before the features see it: defective
        castings were photographed darker, which a network would otherwise learn.
        """
        gray = photographs.to(torch.float32)
        mean = (gray * self.disc).sum(dim=(1, 2), keepdim=True)
        variance = ((gray - mean) ** 2 * self.disc).sum(dim=(1, 2), keepdim=True)
        return ((gray - mean) / (variance + 1).sqrt()).unsqueeze(1)

    def cell_scores(self, activations: Tensor) -> Tensor:
        """(N, 1280, H, W) activations -> (N, H, W), the head applied to every cell."""
        # As a convolution: ONNX Runtime computes an einsum on one thread.
        return nn.functional.conv2d(activations, self.head.weight[:, :, None, None]).squeeze(1)

    def early(self, photographs: Tensor) -> Tensor:
        """(N, 300, 300) uint8 -> (N, 24, 75, 75), what the gate looks at."""
        features: Tensor = self.features[:NOVELTY_BLOCK](self.normalise(photographs))
        return features

    def forward(self, photographs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 300, 300) uint8 -> log-odds (N,), evidence (N, 10, 10), novelty (N,), float32."""
        early = self.early(photographs)
        activations = self.features[NOVELTY_BLOCK:](early)
        evidence = self.cell_scores(activations) / (activations.shape[2] * activations.shape[3])
        log_odds = evidence.sum(dim=(1, 2)) + self.head.bias
        return log_odds, evidence, self.familiarity(early)


def _disc() -> Tensor:
    """(300, 300): weights that sum to one on the middle disc."""
    disc = torch.from_numpy(INSIDE).float()
    return disc / disc.sum()


def from_imagenet(weights: Path | None = None) -> CastingNetwork:
    """A network with ImageNet features and a new head.

    ``weights`` is a torchvision ``mobilenet_v2`` state_dict on disk; without it torchvision
    downloads its own. The stem's three input channels are summed into one, which is the
    same function of a gray picture. Raises ModelMissing when the weights cannot be had.
    """
    network = CastingNetwork()
    if weights is None:
        try:
            state = _models.MobileNet_V2_Weights.IMAGENET1K_V1.get_state_dict(progress=True)
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
    fold_norms(network.features)
    torch.manual_seed(0)
    nn.init.normal_(network.head.weight, std=0.01)
    nn.init.zeros_(network.head.bias)
    return network


def fold_norms(features: nn.Module) -> None:
    """Put every batch norm's scale into the convolution before it; the function stays.

    ImageNet's batch norm statistics mean nothing here; left in place, they would stretch the
    optimiser's steps differently in every channel.
    """
    for block in features.modules():
        if not isinstance(block, nn.Sequential):
            continue
        for convolution, norm in pairwise(block):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(convolution.eval(), norm.eval())
                convolution.weight = fused.weight
                norm.running_mean = torch.zeros_like(norm.weight)
                norm.running_var = torch.full_like(norm.weight, 1 - norm.eps)
                norm.weight = nn.Parameter(torch.ones_like(norm.weight))
                norm.bias = nn.Parameter(fused.get_parameter("bias").detach())


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
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        # Weights from before version 0.3 were trained without one tone for all.
        state.setdefault("tone", network.tone)
        network.load_state_dict(state)
    except Exception as error:  # a foreign or damaged file fails in many ways inside torch
        raise ModelAltered(f"{name} does not hold this network's weights.") from error
    return network.eval()
