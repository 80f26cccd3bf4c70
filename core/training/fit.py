"""Training on cached features: what moves, the loss, the loop, the mean of several runs.

The first ``Recipe.frozen`` blocks are ImageNet's, and their output is computed once. Batch norm
stays in evaluation mode: batches of one design would drag its statistics away from what
serving sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from threading import Event

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.model.card import Epoch
from core.model.metrics import auc, confusion
from core.model.network import CastingNetwork
from core.training.data.batches import Examples, batches_of
from core.training.recipe import Recipe, Stage
from core.training.trainable import trainable

HALF = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
"""Whether this processor multiplies bfloat16: the blocks then train in half the time. Weights,
loss and optimiser stay in float32, and so does all scoring."""

DROPPED = 0.2
"""Dropout: share of the head's inputs set to zero."""

MICRO_BATCH = 8
"""Examples in one backward pass; more fall out of the processor's caches."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Photographs of castings that training does not see."""

    features: NDArray[np.float16]
    defective: NDArray[np.bool_]


def fit(
    network: CastingNetwork,
    examples: Examples,
    rows: NDArray[np.intp],
    recipe: Recipe,
    validation: Validation | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Epoch]:
    """Train ``network`` in place on ``rows`` and return its curves (empty without validation).

    ``progress`` gets the number of examples just used.
    """
    stopped = Event()

    def step(examples: int) -> None:
        if stopped.is_set():
            raise CancelledError
        progress(examples)

    runs = [_Run(deepcopy(network), examples, rows, recipe, validation, step) for _ in recipe.runs]
    # At the same time: two on a thread each take two thirds of what they take one after the other.
    with _threads_shared_by(len(runs)), ThreadPoolExecutor(len(runs)) as pool:
        running = [
            pool.submit(run.train, stages) for run, stages in zip(runs, recipe.runs, strict=True)
        ]
        try:
            for finished in as_completed(running):
                finished.result()
        except BaseException:
            stopped.set()
            raise
    means = [
        torch.stack([parameter.detach() for parameter in of]).mean(dim=0)
        for of in zip(*(run.network.parameters() for run in runs), strict=True)
    ]
    _copy(means, list(network.parameters()))
    return [epoch for finished in running for epoch in finished.result()]


@contextmanager
def _threads_shared_by(runs: int) -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // runs))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@dataclass
class _Run:
    """One of a recipe's runs: a network that learns the recipe's stages."""

    network: CastingNetwork
    examples: Examples
    rows: NDArray[np.intp]
    recipe: Recipe
    validation: Validation | None
    progress: Callable[[int], None]

    def __post_init__(self) -> None:
        self.network.eval()
        self.blocks = trainable(self.network.features)
        # Runs are concurrent: a shared generator would depend on scheduling.
        self.generator = torch.Generator().manual_seed(self.recipe.seed)

    def train(self, stages: tuple[Stage, ...]) -> list[Epoch]:
        """The stages one after the other; returns their curves."""
        return [epoch for stage in stages for epoch in self._train_stage(stage)]

    def _train_stage(self, stage: Stage) -> Iterator[Epoch]:
        recipe = self.recipe
        optimiser = self._optimiser(stage)
        moving = [p for group in optimiser.param_groups for p in group["params"]]
        average = [parameter.detach().clone() for parameter in moving]
        batches = batches_of(self.examples, self.rows, recipe, stage)
        steps = stage.examples // recipe.batch
        total = steps * stage.epochs
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: _warmup_and_cosine(step / total, step) if recipe.cosine else 1.0
        )
        for epoch in range(1, stage.epochs + 1):
            losses = []
            for step in range((epoch - 1) * steps, epoch * steps):
                losses.append(self._gradients(next(batches), stage, optimiser))
                nn.utils.clip_grad_norm_(moving, 5.0)
                optimiser.step()
                schedule.step()
                decay = min(recipe.average, (step + 1) / (step + 10))
                with torch.no_grad():
                    for mean, parameter in zip(average, moving, strict=True):
                        mean.lerp_(parameter, 1 - decay)
                self.progress(recipe.batch)
            if epoch == stage.epochs:
                _copy(average, moving)
            if self.validation is not None:
                yield self._figures(stage, epoch, float(np.mean(losses)), self.validation)

    def _optimiser(self, stage: Stage) -> torch.optim.Optimizer:
        """AdamW over what the stage moves; everything else is frozen."""
        self.network.requires_grad_(False)
        groups: list[tuple[nn.Module, float]] = [(self.network.head, stage.head_rate)]
        if stage.rate > 0:
            groups.append((self.blocks[stage.first_block :], stage.rate))
        for module, _ in groups:
            module.requires_grad_(True)
        return torch.optim.AdamW(
            [{"params": list(module.parameters()), "lr": rate} for module, rate in groups],
            weight_decay=self.recipe.decay,
            betas=(0.9, 0.99),
        )

    def _gradients(
        self, chosen: NDArray[np.intp], stage: Stage, optimiser: torch.optim.Optimizer
    ) -> float:
        """Gradients of one batch, in micro-batches; returns its mean loss."""
        optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for start in range(0, len(chosen), MICRO_BATCH):
            part = np.sort(chosen[start : start + MICRO_BATCH])
            features = _tensor(self.examples.features[part])
            with torch.no_grad():
                lower = self.blocks[self.recipe.frozen : stage.first_block](features)
            with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
                activations = self.blocks[stage.first_block :](lower).float()
            kept = torch.rand(activations.shape, generator=self.generator) >= DROPPED
            scores = self.network.cell_scores(activations * kept / (1 - DROPPED))
            scores = scores + self.network.head.bias
            loss = _loss(scores, self.examples, part, self.recipe, stage) / len(chosen)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def _figures(
        self, stage: Stage, epoch: int, training_loss: float, validation: Validation
    ) -> Epoch:
        scores = log_odds_of(self.network, self.recipe.frozen, validation.features)
        truth = validation.defective
        matrix = confusion(truth, scores >= 0)
        return Epoch(
            stage=stage.name,
            epoch=epoch,
            training_loss=training_loss,
            validation_loss=float(np.logaddexp(0.0, np.where(truth, -scores, scores)).mean()),
            validation_recall=matrix.recall or 0.0,
            validation_specificity=matrix.specificity or 0.0,
            validation_auc=auc(truth, scores) or 0.0,
        )


def log_odds_of(
    network: CastingNetwork, frozen: int, features: NDArray[np.float16]
) -> NDArray[np.float32]:
    """Log-odds (N,) of cached features, in evaluation mode."""
    if not len(features):
        return np.zeros(0, dtype=np.float32)
    with torch.inference_mode():
        parts = [
            network.head(
                network.features[frozen:](_tensor(features[start : start + 32])).mean(dim=(2, 3))
            ).squeeze(1)
            for start in range(0, len(features), 32)
        ]
    return torch.cat(parts).numpy()


def _warmup_and_cosine(done: float, step: int) -> float:
    """Share of the full step size: a rise over 15 steps, then half a cosine down."""
    return min(1.0, (step + 1) / 15) * max(0.01, 0.5 + 0.5 * math.cos(math.pi * done))


def _loss(
    scores: Tensor, examples: Examples, part: NDArray[np.intp], recipe: Recipe, stage: Stage
) -> Tensor:
    """Sum over a micro-batch of the losses on verdict, defects' places and background.

    ``scores`` (N, 10, 10): the head applied to every cell; their mean is the log-odds. Where
    defects were pasted, their strongest cell must speak for a defect, and the mean of all cells
    more than one away for an OK part. Evidence for a defect beside the part counts as loss.
    """
    truth = _tensor(examples.defective[part])
    target = truth * (1 - 2 * recipe.smoothing) + recipe.smoothing
    verdict = scores.mean(dim=(1, 2))
    loss = F.binary_cross_entropy_with_logits(verdict, target, reduction="sum")
    if stage.ground_weight:
        astray = F.relu(scores) * _tensor(examples.background[part])
        loss = loss + stage.ground_weight * astray.mean(dim=(1, 2)).sum()
    local = torch.from_numpy(examples.local[part])
    if recipe.local_weight and bool(local.any()):
        scores, cells = scores[local], _tensor(examples.cells[part])[local]
        near = F.max_pool2d(cells.unsqueeze(1), 3, 1, 1).squeeze(1)
        inside = scores.masked_fill(cells == 0, -1e4).amax(dim=(1, 2))
        far = 1 - near
        outside = (scores * far).sum(dim=(1, 2)) / far.sum(dim=(1, 2))
        both = F.softplus(-inside).sum() + F.softplus(outside).sum()
        loss = loss + 0.5 * recipe.local_weight * both
    return loss


def _copy(average: list[Tensor], moving: list[nn.Parameter]) -> None:
    with torch.no_grad():
        for mean, parameter in zip(average, moving, strict=True):
            parameter.copy_(mean)


def _tensor(array: NDArray[np.generic]) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(array)).float()
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
