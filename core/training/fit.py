"""Two-stage training on cached features: the head alone, then the last blocks with it.

Batch norm stays in evaluation mode throughout: batches of one part design would drag its
statistics away from what serving sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.metrics import auc, confusion
from core.model_card import Epoch
from core.network import UNFROZEN_BLOCKS, CastingNetwork
from core.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Examples:
    """Photographs as the frozen part sees them, and their labels."""

    views: tuple[NDArray[np.float16], ...]
    """Each (N, 160, 10, 10): the same photographs, seen differently."""
    defective: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.defective)

    def subset(self, chosen: NDArray[np.bool_]) -> Examples:
        """The chosen photographs in every view."""
        return Examples(tuple(view[chosen] for view in self.views), self.defective[chosen])


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the training: what moves, for how long, in which steps."""

    name: str
    epochs: int
    rate: float


def stages_of(recipe: Recipe) -> tuple[Stage, Stage]:
    """The recipe's two stages in order."""
    return (
        Stage("head", recipe.head_epochs, recipe.head_rate),
        Stage("blocks", recipe.block_epochs, recipe.block_rate),
    )


def fit(
    network: CastingNetwork,
    training: Examples,
    recipe: Recipe,
    stages: tuple[Stage, ...],
    validation: Examples | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Epoch]:
    """Train ``network`` in place and return its curves (empty without validation).

    ``progress`` gets the number of photographs just used, ``on_epoch`` each epoch's figures.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    network.eval()
    loss_of = nn.BCEWithLogitsLoss()
    curves = []
    for stage in stages:
        parameters = _released(network, stage.name)
        optimiser = torch.optim.Adam(parameters, lr=stage.rate)
        for epoch in range(1, stage.epochs + 1):
            losses = []
            network.dropout.train()
            for features, truth in _batches(training, recipe.batch, epoch, rng):
                loss = loss_of(_log_odds(network, features), truth)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                losses.append(loss.item() * len(truth))
                progress(len(truth))
            network.dropout.eval()
            if validation is not None:
                figures = _figures(network, stage, epoch, sum(losses) / len(training), validation)
                curves.append(figures)
                if on_epoch is not None:
                    on_epoch(figures)
    return curves


def log_odds_of(network: CastingNetwork, features: NDArray[np.float16]) -> NDArray[np.float32]:
    """Log-odds (N,) of cached features, in evaluation mode."""
    with torch.inference_mode():
        parts = [
            _log_odds(network, torch.from_numpy(features[start : start + 128]).float())
            for start in range(0, len(features), 128)
        ]
    return torch.cat(parts).numpy()


def _released(network: CastingNetwork, stage: str) -> list[nn.Parameter]:
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    moving: list[nn.Module] = [network.head]
    if stage == "blocks":
        moving.append(network.features[-UNFROZEN_BLOCKS:])
    parameters = [parameter for module in moving for parameter in module.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    return parameters


def _log_odds(network: CastingNetwork, features: Tensor) -> Tensor:
    activations = network.features[-UNFROZEN_BLOCKS:](features)
    pooled = network.dropout(activations.mean(dim=(2, 3)))
    result: Tensor = network.head(pooled).squeeze(1)
    return result


def _batches(
    examples: Examples, size: int, epoch: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    view = examples.views[epoch % len(examples.views)]
    order = rng.permutation(len(examples))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield (
            torch.from_numpy(view[chosen]).float(),
            torch.from_numpy(examples.defective[chosen]).float(),
        )


def _figures(
    network: CastingNetwork, stage: Stage, epoch: int, training_loss: float, validation: Examples
) -> Epoch:
    scores = log_odds_of(network, validation.views[0])
    truth = validation.defective
    matrix = confusion(truth, scores >= 0)
    loss = np.logaddexp(0.0, np.where(truth, -scores, scores)).mean()
    return Epoch(
        stage=stage.name,
        epoch=epoch,
        training_loss=training_loss,
        validation_loss=float(loss),
        validation_recall=matrix.recall or 0.0,
        validation_specificity=matrix.specificity or 0.0,
        validation_auc=auc(truth, scores) or 0.0,
    )
