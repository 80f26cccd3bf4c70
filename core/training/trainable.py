"""A network's blocks in the form that trains fastest on a processor; parameters are shared."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


class _Strided(nn.Conv2d):
    """A strided depthwise convolution in float32: its backward pass in bfloat16 takes thrice."""

    def forward(self, input: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.float())


def trainable(features: nn.Sequential) -> nn.Sequential:
    """The same function of the same parameters, which training moves in both.

    ``features`` as ``core.model.network.from_imagenet`` gives them: the batch norms' scales are in
    the convolutions, so a norm does no more than add its offset, which a convolution does on
    the way. Activations are not in place, which costs a second pass over memory. Weights are put
    in the order in which the features lie.
    """
    same: dict[int, Any] = {id(parameter): parameter for parameter in features.parameters()}
    blocks = deepcopy(features, same)
    for module in list(blocks.modules()):
        if isinstance(module, nn.ReLU6):
            module.inplace = False
        if not isinstance(module, nn.Sequential):
            continue
        for n, (convolution, norm) in enumerate(pairwise(list(module))):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                weight = convolution.weight
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
                convolution.bias = norm.bias
                module[n + 1] = nn.Identity()
                if convolution.groups > 1 and convolution.stride != (1, 1):
                    convolution.__class__ = _Strided
    return blocks
