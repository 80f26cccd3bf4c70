"""Robustness and gate reports: what they count, on rendered parts and an untrained network."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.inspection.gate import GateLimits
from core.model.network import CastingNetwork
from core.model.tone import QUANTILES
from core.synthetic.samples import sample_parts
from core.training.augment.augmentation import blurred, brightened, noisy, recompressed, with_gamma
from core.training.data.part_geometry import find_part, polar_coordinates
from core.training.evaluate import gate_report as gate_module
from core.training.evaluate.fold_models import fold_models
from core.training.evaluate.robustness import Sample, _on_part, robustness
from tests.fakes import OPEN_GATE

pytestmark = pytest.mark.slow

FLASH = np.array([True, *[False] * 7])


class Stage:
    """As much of the material as the robustness report asks for."""

    @staticmethod
    @contextmanager
    def bar(_title, _total):
        yield lambda _: None


@pytest.fixture(scope="module")
def sample():
    pixels, radius, defective = [], [], []
    for part in sample_parts(8, seed=12):
        found = find_part(part.pixels)
        assert found is not None
        pixels.append(part.pixels)
        radius.append(polar_coordinates(found)[0])
        defective.append(part.is_defective)
    assert 0 < sum(defective) < 8
    return Sample(pixels, radius, np.array(defective), np.zeros(8, dtype=np.intp), ["C"] * 8, FLASH)


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    tone = np.linspace(0, 255, QUANTILES).tolist()
    return fold_models([CastingNetwork().eval()], OPEN_GATE, 0.5, tone, None)


def test_robustness_counts_flips_against_the_unchanged_photographs(sample, models):
    report = robustness(Stage(), sample, models)
    rows = {row.change: row for row in report.changes}
    assert rows["none"].flipped == rows["none"].turned_away == 0
    assert {row.photographs for name, row in rows.items() if "flash" not in name} == {8}
    assert {row.photographs for name, row in rows.items() if "flash" in name} == {7}
    assert len(rows) == len(report.changes) == 17
    assert 0.5 <= report.background_auc <= 1
    assert 0 <= report.evidence_on_part <= 1


def test_a_closed_gate_turns_everything_away(sample, models):
    shut = GateLimits(**OPEN_GATE.model_dump() | {"sharpness": 9.0})
    closed = replace(models, limits=shut)
    verdicts = closed.inspect(sample.pixels, sample.folds, lambda _: None)
    assert verdicts.rejected.all()


def test_changes_do_what_they_are_called():
    gray = next(iter(sample_parts(1, seed=2))).pixels
    assert brightened(gray, 0.5).mean() == pytest.approx(gray.mean() / 2, abs=1)
    assert brightened(gray, 9.0).max() == 255
    assert with_gamma(gray, 0.6).mean() > gray.mean() > with_gamma(gray, 1.6).mean()
    steps = [np.abs(np.diff(of.astype(int))).mean() for of in (blurred(gray, 3), gray)]
    assert steps[0] < steps[1]
    assert noisy(gray, 8, np.random.default_rng(0)).astype(int).std() > gray.std()
    assert not np.array_equal(recompressed(gray, 20), gray)


def test_evidence_on_the_part_is_a_share_of_the_positive():
    rows, columns = np.mgrid[0:300, 0:300]
    radius = np.hypot(rows - 150, columns - 150) / 60  # the part's edge at 110 pixels
    evidence = np.zeros((10, 10), dtype=np.float32)
    evidence[4, 4], evidence[0, 0], evidence[9, 9] = 3.0, 1.0, -5.0
    assert _on_part(evidence, radius.astype(np.float32)) == pytest.approx(0.75)


def test_cut_pictures_keep_the_size(sample):
    names = [name for name, gray in gate_module._cut(sample, 0) if gray.shape == (300, 300)]
    assert names.count("half a casting") == names.count("two castings") == 3
    assert names.count("empty background") == 2
