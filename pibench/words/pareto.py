"""Error against latency as people read it: cells of a table, and what is to be said below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pibench.compare import RUN_SD
from pibench.pareto import SURE, Error, Front, Latency, Pareto, Placed, Standing, pooled
from pibench.words import thesis
from pibench.words.numbers import magnitude, milliseconds, percent

STANDINGS: dict[Standing, str] = {"front": "on the front", "perhaps": "perhaps on it", "dominated": "dominated"}
_WORDS = ("network", "training", "of", "verdict")


def columns(front: Front) -> list[str]:
    """Names of the cells that ``cells`` gives."""
    return list(_cells(front, 1, front.placed[0]))


def words_at(front: Front) -> frozenset[int]:
    """Which of the columns are of words."""
    return frozenset(index for index, name in enumerate(columns(front)) if name in _WORDS)


def cells(front: Front, number: int, one: Placed) -> list[str]:
    return list(_cells(front, number, one).values())


def _cells(front: Front, number: int, one: Placed) -> Mapping[str, str]:
    """By the names of their columns: the same ones for each point of a front."""
    point = one.point
    return {
        "network": f"{number}. {point.network}",
        **({"training": point.training} if len({each.point.training for each in front.placed}) > 1 else {}),
        "MACs": magnitude(point.macs),
        "params": magnitude(point.parameters),
        "error %": error_text(point.error),
        "runs": str(point.error.runs),
        "of": point.error.source,
        f"{front.setting.statistic} ms": latency_text(point.latency),
        "95 %": f"±{percent((point.latency.high_ns - point.latency.low_ns) / 2 / point.latency.ns)}",
        **(_thesis_cells(one) if any(each.point.thesis for each in front.placed) else {}),
        "P(dominated)": probability(one.dominated),
        "verdict": verdict(one, _number(front, one.by)),
    }


def _number(front: Front, label: str) -> str:
    """The row of a network: its label can be as long as a line."""
    return next((str(number) for number, one in enumerate(front.placed, 1) if one.point.label == label), label)


def _thesis_cells(one: Placed) -> Mapping[str, str]:
    """Of the same network there, with a mark on figures that are to be doubted; ``notes`` says why."""
    row = one.point.thesis
    mark = "*" if row and row.note else ""
    return {
        "thesis error %": thesis.error(row) + mark if row else "–",
        "thesis ms": thesis.latency(row) + mark if row else "–",
    }


def error_text(error: Error) -> str:
    """Mean and standard deviation in percent."""
    return f"{100 * error.mean:.2f}" + ("" if error.sd is None else f" ± {100 * error.sd:.2f}")


def latency_text(latency: Latency) -> str:
    return milliseconds(latency.ns, latency.high_ns - latency.low_ns)


def probability(value: float) -> str:
    """No more digits than the draws support, and never certain: of 10,000, a half has a standard error of 0.005."""
    if value < 0.001:
        return "< 0.001"
    if value > 0.999:
        return "> 0.999"
    return f"{value:.2f}" if 0.01 <= value <= 0.99 else f"{value:.3f}"


def verdict(one: Placed, by: str | None = None) -> str:
    """``by``: what to call the network that most probably dominates it, by default its label."""
    other = one.by if by is None else by
    said = STANDINGS[one.standing]
    if one.standing == "dominated":
        said += f" by {other}"
    elif one.standing == "perhaps" and other:
        said += f"; {other} may dominate it"
    if one.point.latency.untrusted:
        said += f"; latency untrusted: {one.point.latency.untrusted}"
    elif one.doubtful:
        said += "; rests on an untrusted latency"
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
        f" Surely: at {percent(SURE)}, and whatever untrusted latencies truly are. Verdicts name the network that most"
        " probably does, by its row. Errors are mean ± standard deviation over runs."
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
    for report, names in found.untrained.items():
        yield f"timed in {report} and not trained: {', '.join(names)}"
    yield from found.notes
    rows = dict.fromkeys(one.point.thesis for front in found.fronts for one in front.placed)
    yield from (f"* the thesis' {row.spec}: {row.note}" for row in rows if row and row.note)


def doubts(found: Pareto) -> Iterator[str]:
    """Which latencies are untrusted, and why."""
    for front in found.fronts:
        for one in front.placed:
            if one.point.latency.untrusted:
                yield f"latency untrusted: {one.point.label} ({front.setting}), {one.point.latency.untrusted}"
