"""Operations that move data: concat, split, slice, gather, reshape, transpose, padding."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pibench.graph.ops.base import Op, OpError, Positive, normalised_axis, one_input, same_dtype
from pibench.graph.tensor import TensorSpec


class Concat(Op, frozen=True, kw_only=True, tag="concat"):
    """Join tensors along an axis (channels by default)."""

    axis: int = -1

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        if not inputs:
            raise OpError("takes one input or more, not 0")
        same_dtype(inputs)
        first = inputs[0]
        axis = normalised_axis(self.axis, first.rank)
        around = [x.shape[:axis] + x.shape[axis + 1 :] for x in inputs]
        if any(x.rank != first.rank for x in inputs) or len(set(around)) > 1:
            raise OpError(f"cannot join {', '.join(map(str, inputs))} along axis {self.axis}")
        total = sum(x.shape[axis] for x in inputs)
        return (first.with_shape(*first.shape[:axis], total, *first.shape[axis + 1 :]),)


class Split(Op, frozen=True, kw_only=True, tag="split"):
    """Cut a tensor into parts of given sizes along an axis."""

    sizes: tuple[Positive, ...]
    axis: int = -1

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        axis = normalised_axis(self.axis, x.rank)
        if sum(self.sizes) != x.shape[axis]:
            raise OpError(f"has sizes {self.sizes}, which do not add up to the {x.shape[axis]} of axis {self.axis}")
        return tuple(x.with_shape(*x.shape[:axis], size, *x.shape[axis + 1 :]) for size in self.sizes)


class Slice(Op, frozen=True, kw_only=True, tag="slice"):
    """A box cut out of a tensor: its corner and its extent per axis."""

    begin: tuple[int, ...]
    size: tuple[Positive, ...]

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        fits = len(self.begin) == len(self.size) == x.rank and all(
            b >= 0 and b + n <= extent for b, n, extent in zip(self.begin, self.size, x.shape, strict=True)
        )
        if not fits:
            raise OpError(f"cannot take {self.size} at {self.begin} from shape {x}")
        return (x.with_shape(*self.size),)


class Gather(Op, frozen=True, kw_only=True, tag="gather"):
    """Choose entries of an axis by index (channels by default)."""

    indices: tuple[int, ...]
    axis: int = -1

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        axis = normalised_axis(self.axis, x.rank)
        if not self.indices or not all(0 <= i < x.shape[axis] for i in self.indices):
            raise OpError(f"needs indices within the {x.shape[axis]} of axis {self.axis}")
        return (x.with_shape(*x.shape[:axis], len(self.indices), *x.shape[axis + 1 :]),)


class Reshape(Op, frozen=True, kw_only=True, tag="reshape"):
    """The same elements in another shape (batch included)."""

    shape: tuple[Positive, ...]

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        if math.prod(self.shape) != x.elements:
            raise OpError(f"cannot make shape {TensorSpec(self.shape)} of {x}")
        return (x.with_shape(*self.shape),)


class Transpose(Op, frozen=True, kw_only=True, tag="transpose"):
    """Axes in another order."""

    perm: tuple[int, ...]

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        if sorted(self.perm) != list(range(x.rank)):
            raise OpError(f"has order {self.perm}, which does not name each of the {x.rank} axes once")
        return (x.with_shape(*(x.shape[axis] for axis in self.perm)),)


class Pad(Op, frozen=True, kw_only=True, tag="pad"):
    """Zeros before and after each axis."""

    paddings: tuple[tuple[int, int], ...]

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        if len(self.paddings) != x.rank or any(n < 0 for pair in self.paddings for n in pair):
            raise OpError(f"needs a non-negative pair for each of {x.rank} axes, not {self.paddings}")
        return (x.with_shape(*(n + before + after for n, (before, after) in zip(x.shape, self.paddings, strict=True))),)
