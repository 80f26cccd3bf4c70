"""Training's own form of the blocks, and the mean of several runs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import DataSetError
from core.model.network import CastingNetwork, fold_norms
from core.training.data.batches import Examples
from core.training.fit import fit
from core.training.recipe import Recipe, Stage
from core.training.trainable import trainable

BLOCKS = Stage("blocks", first_block=17, epochs=1, examples=16, rate=1e-3, head_rate=1e-2)
RECIPE = Recipe("two", 17, {"a": 1}, ((BLOCKS,), (replace(BLOCKS, kinds={"a": 1.0}),)), batch=8)


def _network() -> CastingNetwork:
    """A network as training starts from, with norms that do something."""
    torch.manual_seed(1)
    network = CastingNetwork().eval()
    for module in network.features.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias, std=0.1)
            nn.init.uniform_(module.weight, 0.8, 1.2)
    fold_norms(network.features)
    return network


def _examples(count: int = 16) -> Examples:
    rng = np.random.default_rng(0)
    return Examples(
        features=rng.random((count, 160, 10, 10)).astype(np.float16),
        defective=np.arange(count) % 2 == 0,
        castings=tuple(frozenset({str(n)}) for n in range(count)),
        cells=np.zeros((count, 10, 10), dtype=np.bool_),
        local=np.zeros(count, dtype=np.bool_),
        background=np.zeros((count, 10, 10), dtype=np.bool_),
        kinds=np.array(["a", "b"] * (count // 2)),
        groups=np.array([str(n) for n in range(count)]),
    )


@pytest.mark.slow
def test_scores_and_gradients_are_the_network_s_own() -> None:
    network = _network()
    blocks = trainable(network.features)
    features = torch.randn(2, 24, 38, 38)

    expected = network.features[3:](features)
    expected.square().mean().backward()
    gradients = {id(p): p.grad for p in network.features[3:].parameters()}
    network.zero_grad(set_to_none=True)
    found = blocks[3:](features)
    found.square().mean().backward()

    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for parameter in blocks[3:].parameters():
        torch.testing.assert_close(parameter.grad, gradients[id(parameter)], rtol=1e-2, atol=1e-6)


def test_the_parameters_are_the_network_s_without_the_norms_scales() -> None:
    network = _network()
    shared = {id(parameter) for parameter in trainable(network.features).parameters()}
    scales = {id(m.weight) for m in network.modules() if isinstance(m, nn.BatchNorm2d)}
    assert shared == {id(parameter) for parameter in network.features.parameters()} - scales
    assert "0.1.bias" in network.features.state_dict()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums in one order, however many runs share the processor."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_what_is_kept_is_the_mean_of_the_runs() -> None:
    start, examples = _network(), _examples()
    rows = np.arange(len(examples))
    ends = []
    for runs in (RECIPE.runs, RECIPE.runs[:1], RECIPE.runs[1:]):
        network = deepcopy(start)
        fit(network, examples, rows, replace(RECIPE, runs=runs))
        ends.append(dict(network.named_parameters()))
    both, first, second = ends
    assert not torch.equal(first["head.weight"], second["head.weight"])
    for name, parameter in both.items():
        torch.testing.assert_close(parameter, (first[name] + second[name]) / 2)


def test_when_one_run_breaks_off_the_others_do_too() -> None:
    endless = replace(BLOCKS, epochs=100_000)
    steps = 0

    def progress(_: int) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise DataSetError("no more")

    examples = _examples()
    with pytest.raises(DataSetError, match="no more"):
        fit(
            _network(),
            examples,
            np.arange(len(examples)),
            replace(RECIPE, runs=((endless,), (endless,))),
            progress=progress,
        )
