"""Finding a recipe by name or by file, and telling what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from pibench.errors import RecipeError, did_you_mean

from .recipe import Recipe

_FOLDER = Path(__file__).parent
_FIELD = re.compile(r" - at `\$\.?(.*)`$")


def recipes() -> dict[str, Path]:
    """pibench's own recipes by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.toml"))}


def load_recipe(text: str) -> Recipe:
    """The recipe of this name, or of this file (TOML or JSON). Raises RecipeError."""
    known = recipes()
    if text in known:
        return _read(known[text])
    path = Path(text)
    if path.suffix in (".toml", ".json"):
        return _read(path)
    raise RecipeError(f"there is no recipe {text!r}.{did_you_mean(text, known)} A file of your own ends in .toml")


def changed(recipe: Recipe, *, epochs: int | None = None, validation: float | None = None) -> Recipe:
    """The same recipe but for what is given. Raises RecipeError."""
    given = {"epochs": epochs, "validation": validation}
    changes = {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(msgspec.to_builtins(recipe) | changes, Recipe)
    except msgspec.ValidationError as error:
        asked = ", ".join(f"{name} {value}" for name, value in changes.items())
        raise RecipeError(f"the recipe makes no sense with {asked}: {_sentence(str(error))}") from None


def _read(path: Path) -> Recipe:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from None
    decode = msgspec.json.decode if path.suffix == ".json" else msgspec.toml.decode
    try:
        return decode(data, type=Recipe)
    except ImportError:
        raise RecipeError("recipes need a TOML reader on Python 3.10: pip install 'pibench[train]'") from None
    except msgspec.ValidationError as error:
        raise RecipeError(f"the recipe {path} makes no sense: {_sentence(str(error))}") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise RecipeError(f"{path} is no {path.suffix[1:].upper()} file: {error}") from None


def _sentence(message: str) -> str:
    """msgspec's message with the field in front."""
    field = _FIELD.search(message)
    text = _FIELD.sub("", message).replace("`", "")
    text = text[0].lower() + text[1:]
    return f"{field[1]}: {text}" if field and field[1] else text
