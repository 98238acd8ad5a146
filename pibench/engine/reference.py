"""The fixed reference: work whose time tells of the machine, not of any model."""

from __future__ import annotations

from pibench import _native
from pibench.engine.base import Samples, take_samples

# About 20 µs at 4 GHz and 60 µs at 1.2 GHz: far above any clock's step, far below a scheduler's.
CHAIN_LENGTH = 20_000


def sample_reference(samples: int) -> Samples:
    """Time the dependent chain, as models are timed."""
    loop = _native.ReferenceLoop(CHAIN_LENGTH)
    try:
        return take_samples(loop, samples)
    finally:
        loop.close()
