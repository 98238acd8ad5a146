"""Error against latency as people read it: cells of a table, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.compare import RUN_SD
from pibench.pareto import SURE, Error, Front, Latency, Pareto, Placed, Standing, pooled
from pibench.report.model import cpus_in_words
from pibench.thesis import Row, figures
from pibench.words.numbers import magnitude, milliseconds, percent

STANDINGS: dict[Standing, str] = {"front": "on the front", "perhaps": "perhaps on it", "dominated": "dominated"}
THESIS = "the thesis: Pi 3B, TFLite 1.13, 1 thread"


def columns(front: Front) -> list[str]:
    """Names of the cells that ``cells`` gives."""
    return [
        "network",
        *(["recipe"] if _recipes(front) else []),
        *("MACs", "params", "error %", "runs", "of", "ms", "95 %", "P(dominated)", "verdict"),
    ]


def words_at(front: Front) -> frozenset[int]:
    """Which of the columns are of words."""
    return frozenset(
        index for index, name in enumerate(columns(front)) if name in ("network", "recipe", "of", "verdict")
    )


def cells(front: Front, number: int, one: Placed) -> list[str]:
    point = one.point
    return [
        f"{number}. {point.network}",
        *([point.recipe] if _recipes(front) else []),
        magnitude(point.macs),
        magnitude(point.parameters),
        error_text(point.error),
        str(point.error.runs),
        point.error.source,
        latency_text(point.latency),
        f"±{percent((point.latency.high_ns - point.latency.low_ns) / 2 / point.latency.ns)}",
        probability(one.dominated),
        verdict(one),
    ]


def error_text(error: Error) -> str:
    """Mean and standard deviation in percent."""
    return f"{100 * error.mean:.2f}" + ("" if error.sd is None else f" ± {100 * error.sd:.2f}")


def latency_text(latency: Latency) -> str:
    return milliseconds(latency.ns, latency.high_ns - latency.low_ns)


def probability(value: float) -> str:
    """No more digits than the draws support, and never certain."""
    if value < 0.001:
        return "< 0.001"
    return "> 0.999" if value > 0.999 else f"{value:.3f}"


def verdict(one: Placed) -> str:
    said = STANDINGS[one.standing]
    if one.standing == "dominated":
        said += f" by {one.by}"
    elif one.standing == "perhaps":
        said += f"; {one.by} may dominate it"
    if one.point.latency.untrusted:
        said += f"; latency untrusted: {one.point.latency.untrusted}"
    return said


def sentence(front: Front) -> str:
    """How many networks stand where."""
    counts = {standing: len(front.having(standing)) for standing in STANDINGS}
    return (
        f"{counts['front']} of {len(front.placed)} surely on the front, {counts['perhaps']} perhaps,"
        f" {counts['dominated']} surely dominated."
    )


def explanation() -> str:
    """What the probability means, and the words that follow from it."""
    return (
        "P(dominated): how probably another network takes no longer and errs no more often, by what is left open by the"
        f" intervals of the latencies (and ±{percent(RUN_SD)} between reports) and the spread of the errors over runs."
        f" Surely: at {percent(SURE)}. Verdicts name the network that most probably does."
        " Errors are mean ± standard deviation over runs."
    )


def spread_text(front: Front) -> str:
    """Where the uncertainty of the errors comes from."""
    spread = pooled([one.point.error for one in front.placed])
    if spread is None:
        return (
            "No network has several runs with different errors: the number of images alone says how uncertain errors"
            " are, and what another seed would do is not in it."
        )
    return (
        f"Runs differ by a standard deviation of {100 * spread.sd:.2f} % ({spread.degrees} degrees of freedom), taken"
        " for every network at least. The errors hold for these images."
    )


def notes(found: Pareto) -> Iterator[str]:
    """What has only one of both, and what else is to be known."""
    for front in found.fronts:
        if front.untimed:
            where = f" ({front.setting})" if len(found.fronts) > 1 else ""
            yield f"trained and not timed{where}: {', '.join(front.untimed)}"
    if found.untrained:
        yield f"timed and not trained: {', '.join(found.untrained)}"
    yield from found.notes


def title(front: Front) -> str:
    cpus = front.setting.condition.cpus
    return f"{front.setting}" + (f", cores {cpus_in_words(cpus)}" if cpus else "")


def thesis_note() -> str:
    """What the reference is, and what it is not."""
    return (
        f"Reference, {figures().source}. These latencies are the thesis' own: no pibench measured them, they have no"
        " intervals, and they take no part in any front."
    )


def thesis_cells(row: Row) -> list[str]:
    """Name with what is special, error, runs, and the Pi 3B's ms."""
    name = row.spec + (", distilled" if row.distilled else "") + (f" ({row.note})" if row.note else "")
    deviation = row.error_sd_percent
    error = f"{row.error_percent:.2f}" + ("" if deviation is None else f" ± {deviation:.2f}")
    return [name, error, str(len(row.accuracies)), f"{row.latency_ms:.1f}"]


THESIS_COLUMNS = ("network", "error %", "runs", "Pi 3B ms")


def thesis_rows() -> list[Row]:
    """Those with both an error and a latency, the fastest first."""
    return sorted(
        (row for row in figures().rows if row.accuracies and row.latency_ms is not None),
        key=lambda row: (row.latency_ms or 0.0, row.error_percent or 0.0),
    )


def _recipes(front: Front) -> Sequence[str]:
    """The recipes, where there are several."""
    found = list(dict.fromkeys(one.point.recipe for one in front.placed))
    return found if len(found) > 1 else []
