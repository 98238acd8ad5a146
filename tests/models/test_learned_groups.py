import numpy as np
import pytest

from pibench.models.architectures import build
from pibench.models.learned_groups import LearnedGroups, learned_groups, moments, strengths, strongest

# Four inputs, four outputs in two groups: the even ones and the odd ones.
KERNEL = np.array([[1, 9, -1, 0], [-4, 0, 2, 0], [0, 3, 0, -3], [2, 1, 2, 1]], np.float32)


def test_an_input_is_worth_its_absolute_weights_to_every_second_output_of_two_groups():
    assert strengths(KERNEL, 2).tolist() == [[2, 9], [6, 0], [0, 6], [4, 2]]


def test_each_group_keeps_the_inputs_with_the_largest_weights_in_their_order():
    assert strongest(KERNEL, 2, 2).tolist() == [[1, 3], [0, 2]]
    assert strongest(KERNEL, 2, 3).tolist() == [[0, 1, 3], [0, 2, 3]]
    assert strongest(KERNEL, 1, 2).tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("steps", "condensation", "expected"),
    [
        (600, 4, (100, 200, 300)),
        (40, 4, (7, 14, 20)),
        (6, 4, (1, 2, 3)),
        (100, 2, (50,)),
        (100, 1, ()),
    ],
)
def test_inputs_are_dropped_at_equally_distant_moments_of_the_first_half(steps, condensation, expected):
    assert moments(steps, condensation) == expected


@pytest.mark.parametrize("condensation", range(2, 12))
def test_moments_are_distinct_as_soon_as_they_can_be(condensation):
    for steps in range(2 * (condensation - 1), 100):
        assert len(set(moments(steps, condensation))) == condensation - 1
        assert moments(steps, condensation)[-1] == -(-steps // 2)


@pytest.mark.parametrize(
    ("inputs", "kept", "left"),
    [(16, 4, [12, 8, 4]), (16, 8, [8]), (16, 2, [14, 12, 10, 8, 6, 4, 2]), (7, 4, [4]), (1, 1, [])],
)
def test_an_equal_share_is_dropped_each_time(inputs, kept, left):
    layer = LearnedGroups("conv", "index", 4, inputs, kept)
    assert [layer.kept_after(number) for number in range(1, layer.condensation)] == left


def test_the_converted_form_tells_what_each_layer_and_the_classifier_keep():
    found = learned_groups(build("condensenet:stages=2-1-1,growth=8-8-8,groups=2"))
    first, second, *_, classifier = found
    assert first == ("stage1.layer1.learned.conv", "stage1.layer1.learned.index", 2, 16, 4)
    assert second == ("stage1.layer2.learned.conv", "stage1.layer2.learned.index", 2, 24, 6)
    assert classifier == ("head.logits", "head.index", 1, 48, 24)
    assert [layer.condensation for layer in found] == [4, 4, 4, 4, 2]


def test_other_networks_learn_no_groups():
    assert learned_groups(build("mobilenet_v1:depth=3,width=4")) == ()
    assert learned_groups(build("condensenet:stages=1-1-1,form=training")) == ()
