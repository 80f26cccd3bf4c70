"""Training on cached features: what moves, the loss, the loop, the mean of several runs.

Everything below ``Recipe.frozen`` blocks is ImageNet's and was computed once. Batch norm
stays in evaluation mode: batches of one part design would drag its statistics away from
what serving sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from threading import Event
from typing import Any

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
"""Share of the head's inputs that a step does without."""

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

    def run(stages: tuple[Stage, ...]) -> tuple[CastingNetwork, list[Epoch]]:
        own = deepcopy(network)
        return own, _run(own, examples, rows, recipe, stages, validation, step)

    # At the same time: two on a thread each take two thirds of what they take one after the other.
    with _threads_shared_by(len(recipe.runs)), ThreadPoolExecutor(len(recipe.runs)) as pool:
        running = [pool.submit(run, stages) for stages in recipe.runs]
        try:
            for finished in as_completed(running):
                finished.result()
        except BaseException:
            stopped.set()
            raise
        done = [finished.result() for finished in running]
    means = [
        torch.stack([parameter.detach() for parameter in of]).mean(dim=0)
        for of in zip(*(own.parameters() for own, _ in done), strict=True)
    ]
    _copy(means, list(network.parameters()))
    return [epoch for _, curves in done for epoch in curves]


@contextmanager
def _threads_shared_by(runs: int) -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // runs))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _run(
    network: CastingNetwork,
    examples: Examples,
    rows: NDArray[np.intp],
    recipe: Recipe,
    stages: tuple[Stage, ...],
    validation: Validation | None,
    progress: Callable[[int], None],
) -> list[Epoch]:
    # Runs go on at the same time: a shared generator would depend on scheduling.
    generator = torch.Generator().manual_seed(recipe.seed)
    network.eval()
    blocks = trainable(network.features)
    curves = []
    for stage in stages:
        optimiser = _optimiser(network, blocks, recipe, stage)
        batches = batches_of(examples, rows, recipe, stage)
        steps = stage.examples // recipe.batch
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, _share_of(recipe, steps * stage.epochs)
        )
        moving = [p for group in optimiser.param_groups for p in group["params"]]
        average = [parameter.detach().clone() for parameter in moving]
        for epoch in range(1, stage.epochs + 1):
            losses = []
            for step in range(steps):
                chosen = next(batches)
                losses.append(
                    _step(network, blocks, examples, chosen, recipe, stage, optimiser, generator)
                )
                schedule.step()
                _follow(average, moving, recipe, (epoch - 1) * steps + step)
                progress(recipe.batch)
            if epoch == stage.epochs:
                _copy(average, moving)
            if validation is not None:
                curves.append(_figures(network, recipe, stage, epoch, losses, validation))
    return curves


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


def _optimiser(
    network: CastingNetwork, blocks: nn.Sequential, recipe: Recipe, stage: Stage
) -> torch.optim.Optimizer:
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    groups: list[dict[str, Any]] = [
        {"params": list(network.head.parameters()), "lr": stage.head_rate}
    ]
    if stage.rate > 0:
        moving = list(blocks[stage.first_block :].parameters())
        groups.append({"params": moving, "lr": stage.rate})
    for group in groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)
    return torch.optim.AdamW(groups, weight_decay=recipe.decay, betas=(0.9, 0.99))


def _share_of(recipe: Recipe, steps: int) -> Callable[[int], float]:
    """Step -> its share of the full step size: a short rise, then half a cosine down."""

    def share(step: int) -> float:
        if not recipe.cosine:
            return 1.0
        return min(1.0, (step + 1) / 15) * max(0.01, 0.5 + 0.5 * math.cos(math.pi * step / steps))

    return share


def _step(
    network: CastingNetwork,
    blocks: nn.Sequential,
    examples: Examples,
    chosen: NDArray[np.intp],
    recipe: Recipe,
    stage: Stage,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> float:
    """One step on one batch, in micro-batches; returns its mean loss."""
    optimiser.zero_grad(set_to_none=True)
    total = 0.0
    for start in range(0, len(chosen), MICRO_BATCH):
        part = np.sort(chosen[start : start + MICRO_BATCH])
        with torch.no_grad():
            lower = blocks[recipe.frozen : stage.first_block](_tensor(examples.features[part]))
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            activations = blocks[stage.first_block :](lower).float()
        kept = torch.rand(activations.shape, generator=generator) >= DROPPED
        scores = network.cell_scores(activations * kept / (1 - DROPPED)) + network.head.bias
        loss = _loss(scores, examples, part, recipe, stage) / len(chosen)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    nn.utils.clip_grad_norm_((p for g in optimiser.param_groups for p in g["params"]), 5.0)
    optimiser.step()
    return total


def _loss(
    scores: Tensor, examples: Examples, part: NDArray[np.intp], recipe: Recipe, stage: Stage
) -> Tensor:
    """Sum over a micro-batch of the verdict's loss and of where planted defects are.

    ``scores`` (N, 10, 10): the head applied to every cell; their mean is the log-odds. Where
    the defects were planted is known, so their strongest cell must speak for a defect, and
    all cells more than one away together for an OK part. Evidence for a defect where there is
    no part is a loss of its own size.
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


def _follow(average: list[Tensor], moving: list[nn.Parameter], recipe: Recipe, step: int) -> None:
    keep = min(recipe.average, (step + 1) / (step + 10))
    with torch.no_grad():
        for mean, parameter in zip(average, moving, strict=True):
            mean.lerp_(parameter, 1 - keep)


def _copy(average: list[Tensor], moving: list[nn.Parameter]) -> None:
    with torch.no_grad():
        for mean, parameter in zip(average, moving, strict=True):
            parameter.copy_(mean)


def _figures(
    network: CastingNetwork,
    recipe: Recipe,
    stage: Stage,
    epoch: int,
    losses: list[float],
    validation: Validation,
) -> Epoch:
    scores = log_odds_of(network, recipe.frozen, validation.features)
    truth = validation.defective
    matrix = confusion(truth, scores >= 0)
    return Epoch(
        stage=stage.name,
        epoch=epoch,
        training_loss=float(np.mean(losses)),
        validation_loss=float(np.logaddexp(0.0, np.where(truth, -scores, scores)).mean()),
        validation_recall=matrix.recall or 0.0,
        validation_specificity=matrix.specificity or 0.0,
        validation_auc=auc(truth, scores) or 0.0,
    )


def _tensor(array: NDArray[np.generic]) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(array)).float()
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
