import numpy as np
import pytest

from pibench.engine import open_engine
from pibench.engine.base import seeded_input
from pibench.errors import GraphError
from pibench.models.architectures import build
from pibench.models.condensing import condensed, groups_are_learned
from pibench.tflite import random_weights, write

CONV = "stage1.layer1.learned.conv/kernel"


def forms(spec):
    return build(f"condensenet:{spec},form=training"), build(f"condensenet:{spec}")


def output(graph, weights, runtime, path):
    path.write_bytes(write(graph, weights))
    with open_engine(runtime, str(path)) as engine:
        engine.write_input(0, seeded_input(engine.inputs[0].spec, seed=0))
        engine.run(1)
        return engine.read_output(0)


def learned(graph, groups, condensation):
    """Weights as training leaves them: each group has lost most inputs, the classifier half of them."""
    rng = np.random.default_rng(0)
    weights = {name: values.copy() for name, values in random_weights(graph).items()}
    for name, kernel in weights.items():
        if name.endswith("learned.conv/kernel"):
            inputs = kernel.shape[2]
            for group in range(groups):
                lost = rng.permutation(inputs)[inputs // condensation :]
                kernel[0, 0, lost, group::groups] = 0
        elif name == "head.logits/kernel":
            kernel[rng.permutation(len(kernel))[len(kernel) // 2 :]] = 0
    return weights


@pytest.mark.parametrize(("groups", "condensation"), [(4, 4), (4, 2), (2, 4), (1, 2), (8, 8)])
def test_what_was_learned_computes_the_same_in_both_forms(groups, condensation, runtime, tmp_path):
    training, converted = forms(f"stages=2-1-2,growth=8-16-8,groups={groups},condensation={condensation},input_size=8")
    weights = learned(training, groups, condensation)
    graph, rearranged = condensed(converted, weights)
    expected = output(training, weights, runtime, tmp_path / "training.tflite")
    found = output(graph, rearranged, runtime, tmp_path / "converted.tflite")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert np.ptp(expected) > 0.1


def test_groups_are_learned_once_each_reads_no_more_inputs_than_it_keeps():
    training, converted = forms("stages=1-1-1,growth=8-8-8")
    weights = learned(training, groups=4, condensation=4)
    assert groups_are_learned(converted, weights)
    assert not groups_are_learned(converted, random_weights(training))
    kernel = weights[CONV]
    lost = np.flatnonzero(kernel[0, 0, :, 1] == 0)[0]
    kernel[0, 0, lost, 1] = 0.1
    assert not groups_are_learned(converted, weights)


def test_the_trained_weights_are_left_as_they_are():
    training, converted = forms("stages=1-1-1,growth=8-8-8")
    weights = random_weights(training)
    before = {name: values.copy() for name, values in weights.items()}
    condensed(converted, weights)
    assert all(np.array_equal(values, before[name]) for name, values in weights.items())


def test_an_untrained_network_keeps_each_groups_strongest_inputs():
    training, converted = forms("stages=1-1-1,growth=8-8-8")
    weights = random_weights(training)
    graph, _ = condensed(converted, weights)
    strengths = np.abs(weights[CONV][0, 0, :, 1::4]).sum(axis=1)
    (index,) = (node.op.indices for node in graph.nodes if node.name == "stage1.layer1.learned.index")
    assert sorted(np.argsort(strengths)[-4:]) == list(index[4:8])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda weights: weights.pop(CONV), f"the trained weights lack {CONV}"),
        (lambda weights: weights.pop("stage1.layer1.grow.bn/beta"), "the trained weights lack .*grow.bn/beta"),
        (lambda weights: weights.update({CONV: np.zeros((1, 1, 4, 32))}), r"\(1, 1, 4, 32\), not \(1, 1, 16, 32\)"),
        (
            lambda weights: weights.update({"stage1.layer1.learned.bn/mean": np.zeros(3)}),
            r"learned.bn/mean of shape \(3,\), not \(16,\)",
        ),
        (
            lambda weights: weights.update({"stage1.layer1.grow.bn/beta": np.zeros(999)}),
            r"grow.bn/beta of shape \(999,\), not \(32,\)",
        ),
        (lambda weights: weights.pop("stem.conv/kernel"), "the trained weights lack stem.conv/kernel"),
        (lambda weights: weights.update({"stem.conv/kernel": np.zeros((1, 1, 3, 16))}), r"not \(3, 3, 3, 16\)"),
    ],
)
def test_weights_of_another_network_are_refused(change, sentence):
    training, converted = forms("stages=1-1-1,growth=8-8-8")
    weights = dict(random_weights(training))
    change(weights)
    with pytest.raises(GraphError, match=sentence):
        condensed(converted, weights)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda weights: weights.pop(CONV), f"the trained weights lack {CONV}"),
        (lambda weights: weights.update({CONV: np.zeros((1, 1, 4, 32))}), r"\(1, 1, 4, 32\), not \(1, 1, 16, 32\)"),
    ],
)
def test_whether_another_networks_groups_are_learned_is_not_told(change, sentence):
    training, converted = forms("stages=1-1-1,growth=8-8-8")
    weights = dict(random_weights(training))
    change(weights)
    with pytest.raises(GraphError, match=sentence):
        groups_are_learned(converted, weights)
