"""Which models fit in memory side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.measure.instance import Model

# Of what is free when the session begins: the rest of the machine needs some, and an estimate may be off.
USABLE_SHARE = 0.5
# Before a model was ever loaded: its file is mapped, its weights are packed anew, and the tensors come on top.
FILE_SIZES = 4
LEAST_BYTES = 8 << 20


def in_batches(models: Sequence[Model], available_bytes: int) -> Iterator[list[Model]]:
    """The models in the given order, as many at a time as fit; one at the least."""
    room_bytes = USABLE_SHARE * available_bytes
    batch: list[Model] = []
    taken_bytes = 0
    for model in models:
        needed_bytes = expected_bytes(model)
        if batch and taken_bytes + needed_bytes > room_bytes:
            yield batch
            batch, taken_bytes = [], 0
        batch.append(model)
        taken_bytes += needed_bytes
    if batch:
        yield batch


def expected_bytes(model: Model) -> int:
    """What loading it takes: as measured before, else guessed from the file."""
    return max(model.memory_bytes or FILE_SIZES * model.path.stat().st_size, LEAST_BYTES)
