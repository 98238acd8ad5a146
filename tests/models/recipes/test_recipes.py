from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from pibench.errors import RecipeError
from pibench.models.recipes import changed, load_recipe, recipes
from pibench.models.recipes.schedule import learning_rates

MINIMAL = 'epochs = 2\n[schedule]\nkind = "cosine"\npeak = 0.1\n'


def test_the_recipes_of_the_issue_are_there() -> None:
    assert {"thesis", "thesis-multistep", "quick"} <= set(recipes())
    for name in recipes():
        assert load_recipe(name).description


def test_the_thesis_decays_all_but_depthwise_kernels() -> None:
    thesis = load_recipe("thesis")
    assert (thesis.epochs, thesis.batch, thesis.momentum, thesis.nesterov) == (200, 128, 0.9, True)
    assert thesis.decay is not None
    assert (thesis.decay.kind, thesis.decay.rate) == ("penalty", 1e-4)
    assert set(thesis.decay.on) == {"conv", "dense", "bias", "batch_norm"}


def test_a_recipe_in_a_run_folder_is_a_recipe_file(tmp_path: Path) -> None:
    recipe = changed(load_recipe("thesis-multistep"), epochs=30)
    path = tmp_path / "recipe.json"
    path.write_bytes(msgspec.json.encode(recipe))
    assert load_recipe(str(path)) == recipe


def test_cosine_falls_by_epochs_and_ends_as_the_thesis_says() -> None:
    rates = learning_rates(load_recipe("thesis").schedule, 200, 3).reshape(200, 3)
    assert np.ptp(rates, axis=1).max() == 0
    assert rates[0, 0] == np.float32(0.1)
    assert rates[100, 0] == pytest.approx(0.05)
    assert rates[199, 0] == pytest.approx(6.2e-6, rel=0.01)


def test_steps_come_after_the_thesis_epochs() -> None:
    rates = learning_rates(load_recipe("thesis-multistep").schedule, 200, 1)
    assert [int(np.flatnonzero(rates < bound)[0]) for bound in (0.09, 0.019, 0.0039)] == [60, 120, 160]
    assert rates[-1] == pytest.approx(0.1 * 0.2**3)


def test_a_triangle_rises_to_its_peak_and_falls_step_by_step() -> None:
    schedule = load_recipe("quick").schedule
    rates = learning_rates(schedule, 10, 100)
    top = int(np.argmax(rates))
    assert rates[top] == pytest.approx(schedule.peak)
    assert top == 250
    assert (np.diff(rates[:top]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert 0 < rates[-1] < 0.01 * schedule.peak


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MINIMAL.replace("epochs", "epohcs"), "missing required field epochs|unknown field epohcs"),
        (MINIMAL.replace("2", '"two"'), "epochs: expected int, got str"),
        (MINIMAL.replace("cosine", "cosinus"), "schedule.kind: invalid value 'cosinus'"),
        (MINIMAL.replace("0.1", "-1.0"), "schedule.peak: expected float > 0"),
        ("validation = 0\nkeep = 'best'\n" + MINIMAL, "the best epoch is found on validation images"),
        (
            MINIMAL + "[augmentation]\npadding = 2\noffsets = 9\n",
            "augmentation: a padding of 2 has from 3 to 5 offsets",
        ),
        (MINIMAL + '[decay]\nkind = "l2"\nrate = 1e-4\non = ["conv"]\n', "decay.kind: invalid enum value 'l2'"),
        (MINIMAL + '[decay]\nkind = "penalty"\nrate = 1e-4\non = ["convs"]\n', "decay.on"),
        ("epochs = = 2", "is no TOML file"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_told_with_its_field(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=sentence):
        load_recipe(str(path))


def test_recipes_that_are_nowhere_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"there is no recipe 'thesys'\. Did you mean 'thesis'\?"):
        load_recipe("thesys")
    with pytest.raises(RecipeError, match=r"cannot read the recipe .*none\.toml: No such file"):
        load_recipe(str(tmp_path / "none.toml"))


def test_other_numbers_of_epochs_and_held_out_images_are_checked_too() -> None:
    quick = load_recipe("quick")
    assert changed(quick) == quick
    assert changed(quick, epochs=3).epochs == 3
    assert changed(quick, validation=0.0).validation == 0
    with pytest.raises(RecipeError, match="makes no sense with epochs 0: epochs: expected int >= 1"):
        changed(quick, epochs=0)
    with pytest.raises(RecipeError, match=r"with validation 0\.0: the best epoch is found on"):
        changed(replace(quick, keep="best"), validation=0.0)
