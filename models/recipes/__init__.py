"""How a network is trained, as data: one small file for each recipe."""

from .loading import changed, load_recipe, recipes
from .recipe import Augmentation, Decay, Recipe, Schedule

__all__ = ["Augmentation", "Decay", "Recipe", "Schedule", "changed", "load_recipe", "recipes"]
