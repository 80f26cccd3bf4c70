"""``python -m core train``: what the command shows and where it looks for its inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.commands.evaluating import castings_for, evaluation_line
from core.errors import SettingsError
from core.model_card import Epoch, ModelCard
from core.training.dataset import read_data_set
from core.training.held_out import Bar
from core.training.recipe import RECIPES
from core.training.train import train


def train_model(
    dataset: Path,
    castings: Path | None,
    recipe: str,
    out: Path,
    weights: Path | None,
    bar: Bar,
    say: Callable[[str], None],
) -> ModelCard:
    """Train on ``dataset`` and say what came out; raises what training raises.

    Without a castings file the castings are found first.
    """
    if recipe not in RECIPES:
        raise SettingsError(f"There is no recipe {recipe!r}. Use one of: {', '.join(RECIPES)}.")
    photographs = read_data_set(dataset)
    card = train(
        dataset,
        photographs,
        castings_for(dataset, photographs, castings, bar),
        RECIPES[recipe],
        out,
        bar,
        weights,
    )
    for epoch in card.curves:
        say(_epoch_line(epoch))
    say(f"Checkpoint: {card.checkpoint}")
    say(f"Threshold {card.threshold.probability:.4f}: {card.threshold.rule}")
    for evaluation in card.evaluations.values():
        say(evaluation_line(evaluation))
    say(f"Model and card are in {out}.")
    return card


def _epoch_line(epoch: Epoch) -> str:
    return (
        f"{epoch.stage} {epoch.epoch}: loss {epoch.training_loss:.4f}; on validation castings "
        f"loss {epoch.validation_loss:.4f}, recall {epoch.validation_recall:.4f}, "
        f"specificity {epoch.validation_specificity:.4f}, AUC {epoch.validation_auc:.4f}"
    )
