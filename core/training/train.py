"""``python -m core train``: photographs -> weights, graph and model card.

Read from top to bottom: what is left out, which castings validate, the frozen features, two
fits, the export, the figures. The first fit leaves some castings out, every photograph of
them, and finds how many epochs serve castings it has not seen; the second starts again from
ImageNet and uses all castings for as many epochs. With sixteen OK castings in the public set
none can be spared from the model that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.engine import load_engine
from core.errors import DataSetError
from core.model_card import (
    GRAPH,
    WEIGHTS,
    Epoch,
    ModelCard,
    Threshold,
    TrainingData,
    write_card,
)
from core.network import CastingNetwork, from_imagenet, save_weights
from core.samples import sample_parts
from core.training.dataset import LabelledPhotograph, castings_of, read_pixels
from core.training.evaluation import evaluate_photographs
from core.training.export import export_graph
from core.training.features import frozen_features, turned
from core.training.fit import Examples, Stage, fit, stages_of
from core.training.recipe import Recipe
