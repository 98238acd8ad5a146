"""The parameters that forms share: their ranges, and what must hold between them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pibench.forms.registry import DoesNotFitError
from pibench.graph import GraphBuilder

Size = Annotated[int, Meta(ge=1, le=4096)]
Channels = Annotated[int, Meta(ge=1, le=1_000_000)]
# 0: as many as come in.
OutChannels = Annotated[int, Meta(ge=0, le=1_000_000)]
Kernel = Annotated[int, Meta(ge=1, le=255)]
Stride = Annotated[int, Meta(ge=1, le=255)]
Groups = Annotated[int, Meta(ge=1, le=65_536)]
Expansion = Annotated[int, Meta(ge=1, le=64)]
# 0: no squeeze-and-excitation.
Reduction = Annotated[int, Meta(ge=0, le=1_000_000)]
Dtype = Literal["float32", "int8"]


def image(size: int, channels: int, dtype: Dtype) -> tuple[GraphBuilder, str]:
    """A network begun with a square image of so many channels, and the image's reference."""
    net = GraphBuilder("form")
    return net, net.input((1, size, size, channels), dtype=dtype)


def check_kernel(kernel: int, size: int) -> None:
    """Raises DoesNotFitError when outer taps of a padded kernel would never meet the image."""
    if kernel > 2 * size - 1:
        raise DoesNotFitError(
            f"a kernel of {kernel} does not fit an image of {size} even with padding:"
            f" take a kernel of at most {2 * size - 1}, or a larger size"
        )


def check_window(kernel: int, size: int) -> None:
    """Raises DoesNotFitError when a window without padding is larger than the image."""
    if kernel > size:
        raise DoesNotFitError(
            f"a window of {kernel} does not fit an image of {size}: take a smaller kernel, or a larger size"
        )


def check_groups(groups: int, *channels: int) -> None:
    """Raises DoesNotFitError when one of these numbers of channels cannot be cut into so many equal groups."""
    for count in channels:
        if count % groups:
            raise DoesNotFitError(
                f"{groups} groups do not divide {count} channels: take multiples of {groups}, or other groups"
            )
