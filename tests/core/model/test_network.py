"""The closed form held to autograd and to the grad-cam package, on random weights."""

import numpy as np
import pytest
import torch

from core.errors import ModelAltered, ModelMissing
from core.model.network import CELLS, CastingNetwork, from_imagenet, load_weights, save_weights
from core.synthetic.samples import sample_parts


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = CastingNetwork().eval()
    # Fresh batch norm makes every feature tiny; give each its own scale and shift.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.8, 1.6)
            torch.nn.init.uniform_(module.bias, -0.3, 0.6)
    torch.nn.init.normal_(network.head.weight, std=0.3)
    torch.nn.init.constant_(network.head.bias, 0.7)
    return network


@pytest.fixture(scope="module")
def photographs():
    return torch.from_numpy(np.stack([part.pixels for part in sample_parts(3, seed=5)]))


class FromNormalised(torch.nn.Module):
    """What the usual tools expect: normalised pictures in, one output a picture."""

    def __init__(self, network):
        super().__init__()
        self.features, self.head = network.features, network.head

    def forward(self, pictures):
        return self.head(self.features(pictures).mean(dim=(2, 3)))


def autograd_grad_cam(network, photographs):
    """Grad-CAM from its definition, before the ReLU: mean gradients weigh the activations."""
    activations = network.features(network.normalise(photographs)).detach().requires_grad_()
    network.head(activations.mean(dim=(2, 3))).sum().backward()
    weights = activations.grad.mean(dim=(2, 3), keepdim=True)
    return (weights * activations).sum(dim=1).detach()


def test_the_map_adds_up_to_the_log_odds(network, photographs):
    with torch.inference_mode():
        log_odds, evidence, _ = network(photographs)
        direct = FromNormalised(network)(network.normalise(photographs)).squeeze(1)
    assert evidence.shape == (3, CELLS, CELLS)
    assert evidence.abs().max() > 1e-3
    torch.testing.assert_close(evidence.sum(dim=(1, 2)) + network.head.bias, log_odds)
    torch.testing.assert_close(log_odds, direct, rtol=1e-5, atol=1e-5)


def test_the_map_is_grad_cam_by_autograd(network, photographs):
    with torch.inference_mode():
        _, evidence, _ = network(photographs)
    expected = autograd_grad_cam(network, photographs)
    scale = expected.abs().max()
    assert ((evidence - expected).abs().max() / scale) < 1e-5


@pytest.mark.slow
def test_the_map_is_that_of_the_grad_cam_package(network, photographs):
    # Imported here: it imports torchvision, which core.model.network may have to mend first.
    from pytorch_grad_cam import GradCAM

    with torch.inference_mode():
        _, evidence, _ = network(photographs)
    model = FromNormalised(network)
    with GradCAM(model=model, target_layers=[model.features[-1]]) as cam:
        cam(network.normalise(photographs), targets=[lambda output: output[0]] * 3)
        activations = cam.activations_and_grads.activations[0].numpy()
        gradients = cam.activations_and_grads.gradients[0].numpy()
        expected = cam.get_cam_image(
            None, model.features[-1], None, activations, gradients, eigen_smooth=False
        )
    # the package keeps only the positive part, later
    assert np.abs(evidence.numpy() - expected).max() / np.abs(expected).max() < 1e-5


def test_another_head_makes_another_map(network, photographs):
    with torch.inference_mode():
        _, before, _ = network(photographs)
        kept = network.head.weight.clone()
        network.head.weight.copy_(kept[:, torch.randperm(kept.shape[1])])
        _, after, _ = network(photographs)
        network.head.weight.copy_(kept)

    def ranks(values):
        return values.flatten().argsort().argsort().float()

    correlation = torch.corrcoef(torch.stack([ranks(before[0]), ranks(after[0])]))[0, 1]
    assert correlation < 0.8


def test_saved_weights_come_back(network, photographs, tmp_path):
    path = tmp_path / "weights.pt"
    save_weights(network, path)
    again = load_weights(path.read_bytes(), path.name)
    with torch.inference_mode():
        torch.testing.assert_close(again(photographs)[0], network(photographs)[0])


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 nor this"])
def test_foreign_files_are_refused(content):
    with pytest.raises(ModelAltered, match=r"weights\.pt"):
        load_weights(content, "weights.pt")


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.pt"
    torch.save({"layer.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelAltered):
        load_weights(path.read_bytes(), path.name)


def test_missing_imagenet_weights_are_named(tmp_path):
    with pytest.raises(ModelMissing, match="--weights"):
        from_imagenet(tmp_path / "nothing.pth")
