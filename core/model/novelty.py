"""How unlike the training parts a photograph is, by the network's own early features.

The channels of one early block are averaged over rings around the picture's middle: a
casting from above looks alike in every direction, so their means and deviations along the
rings are the same however it is turned. What principal components of the training parts
leave unexplained of a photograph's signature is its novelty: the deviation of its residual
(the SPE or Q statistic of process control: Jackson and Mudholkar, Technometrics 21, 1979).
It is one more output of the forward pass, a few thousandths of its arithmetic.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CHANNELS = 24
GRID = 75
"""Rows and columns of the block's input."""

RINGS = ((0.0, 9.0), (9.0, 18.1), (18.1, 25.5), (25.5, 34.5), (36.2, 82.0))
"""Inner and outer radius in cells: hub, opening, edge of the opening, face, background."""

SIGNATURE = CHANNELS * len(RINGS) * 2
COMPONENTS = 15
"""More explain blur and overexposure as well, which should stay novel."""


class NoveltyDetector(nn.Module):
    """Signatures, and their distance from those it was fitted on; zero until :meth:`fit`."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rings", _rings(), persistent=False)
        self.register_buffer("mean", torch.zeros(SIGNATURE))
        self.register_buffer("scale", torch.ones(SIGNATURE))
        self.register_buffer("axes", torch.zeros(SIGNATURE, COMPONENTS))
        self.rings: Tensor
        self.mean: Tensor
        self.scale: Tensor
        self.axes: Tensor

    def signature(self, features: Tensor) -> Tensor:
        """(N, 24, 75, 75) -> (N, 240): mean and deviation of each channel over each ring."""
        cells = features.flatten(2)
        mean = cells @ self.rings
        deviation = ((cells * cells) @ self.rings - mean * mean).clamp(min=0).sqrt()
        return torch.cat([mean, deviation], dim=2).flatten(1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, 24, 75, 75) -> novelty (N,)."""
        return self.distance(self.signature(features))

    def distance(self, signatures: Tensor) -> Tensor:
        """(N, 240) signatures -> novelty (N,)."""
        known = (signatures - self.mean) / self.scale
        residual = known - (known @ self.axes) @ self.axes.T
        return (residual * residual).sum(dim=1).sqrt()

    def fit(self, signatures: Tensor) -> None:
        """Take (N, 240) signatures as what training parts look like."""
        self.mean.copy_(signatures.mean(dim=0))
        self.scale.copy_(signatures.std(dim=0) + 1e-3)
        known = (signatures - self.mean) / self.scale
        _, axes = torch.linalg.eigh(known.T @ known)
        self.axes.copy_(axes[:, -COMPONENTS:])


def _rings() -> Tensor:
    at = torch.arange(GRID, dtype=torch.float32) - (GRID - 1) / 2
    radius = (at[:, None] ** 2 + at[None, :] ** 2).sqrt().flatten()
    rings = torch.stack([((radius >= low) & (radius < high)).float() for low, high in RINGS], dim=1)
    return rings / rings.sum(dim=0)
