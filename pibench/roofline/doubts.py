"""What makes a roof doubtful. Pure: what was measured in, doubts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.device import Device, Span
from pibench.measure.doubts import BUSY_CORES, WIDE_INTERVAL
from pibench.report.model import threads_in_words
from pibench.roofline.model import Rate, Roof, RooflineDoubt, WorkingSets
from pibench.roofline.working_sets import CACHES_PER_SET
from pibench.words.doubts import plain

# Of as many times the peak as there are threads: cores of their own reach 98 % and more.
WELL_SCALED = 0.9


def doubts_about(
    roofs: Sequence[Roof], sets: WorkingSets, device: Device, spans: Sequence[Span], processes: int
) -> tuple[RooflineDoubt, ...]:
    """Everything that a reader of these roofs should know, what makes them untrusted first."""
    doubts = (
        *_throttled(spans),
        *_imprecise(roofs, processes),
        *_arrays(sets),
        *_busy(roofs, device),
        *_oversubscribed(roofs, device),
        *_scaling(roofs, device),
    )
    return tuple(sorted(doubts, key=lambda doubt: not doubt.grave))


def _throttled(spans: Sequence[Span]) -> Iterator[RooflineDoubt]:
    if spans:
        kinds = ", ".join(sorted({plain(span.kind) for span in spans}))
        yield RooflineDoubt(
            kind="throttled",
            message=f"the board was held back meanwhile ({kinds}): cool it or feed it better",
            grave=True,
        )


def _imprecise(roofs: Sequence[Roof], processes: int) -> Iterator[RooflineDoubt]:
    if processes == 1:
        yield RooflineDoubt(
            kind="one_process",
            message="one process only: the intervals ignore how much processes differ",
            grave=True,
        )
    wide = [(name, roof, rate) for roof in roofs for name, rate in _rates(roof) if _is_wide(rate)]
    if wide:
        name, roof, rate = max(wide, key=lambda found: found[2].relative_half_width)
        yield RooflineDoubt(
            kind="wide_interval",
            message=f"{len(wide)} figures have an interval beyond ±{WIDE_INTERVAL:.0%}, the widest {name} of"
            f" {threads_in_words(roof.threads)} (±{rate.relative_half_width:.1%}): stop other work, or give it more"
            " --processes",
            grave=True,
        )


def _is_wide(rate: Rate) -> bool:
    return rate.relative_half_width > WIDE_INTERVAL


def _rates(roof: Roof) -> Iterator[tuple[str, Rate]]:
    yield "float32 peak", roof.peak_float32
    yield "int8 peak", roof.peak_int8
    yield "memory bandwidth", roof.bandwidth
    yield "cache bandwidth", roof.cache_bandwidth


def _arrays(sets: WorkingSets) -> Iterator[RooflineDoubt]:
    if sets.last_level_bytes and sets.memory_bytes < CACHES_PER_SET * sets.last_level_bytes:
        times = sets.memory_bytes / sets.last_level_bytes
        yield RooflineDoubt(
            kind="arrays_fit_in_cache",
            message=f"there was memory for arrays of {times:.1f} times the last-level cache together, and"
            f" {CACHES_PER_SET} are asked for: the memory bandwidth is partly the cache's; free some memory",
            grave=True,
        )


def _busy(roofs: Sequence[Roof], device: Device) -> Iterator[RooflineDoubt]:
    if device.busy_cores > BUSY_CORES:
        threads = max(roof.threads for roof in roofs)
        yield RooflineDoubt(
            kind="busy_machine",
            message=f"other work kept {device.busy_cores:.1f} of {device.cores} cores busy before: stop it",
            # Then the threads had no cores of their own, and memory is shared with that work in any case.
            grave=device.busy_cores + threads > device.cores + BUSY_CORES,
        )


def _oversubscribed(roofs: Sequence[Roof], device: Device) -> Iterator[RooflineDoubt]:
    for roof in roofs:
        if roof.threads > device.usable_cores:
            yield RooflineDoubt(
                kind="oversubscribed",
                message=f"{roof.threads} threads, and {device.usable_cores} cores to run them on: ask for fewer",
            )


def _scaling(roofs: Sequence[Roof], device: Device) -> Iterator[RooflineDoubt]:
    fewest = min(roofs, key=lambda roof: roof.threads)
    for roof in roofs:
        expected = fewest.peak_float32.median * roof.threads / fewest.threads
        share = roof.peak_float32.median / expected
        if share < WELL_SCALED and roof.threads <= device.usable_cores:
            yield RooflineDoubt(
                kind="poor_scaling",
                message=f"{threads_in_words(roof.threads)} reach {share:.0%} of {roof.threads / fewest.threads:g} times"
                f" the float32 peak of {threads_in_words(fewest.threads)}: the cores share their arithmetic"
                " (SMT siblings, see --cpus), their clock falls with the load, or other work runs",
            )
