"""Profiles and results made up for tests."""

from __future__ import annotations

from collections.abc import Sequence

from fakes import CONDITION, measurement

from pibench.measure.summary import summarise
from pibench.report import Failure, LayerProfile, Result, SubjectRecord, Timing
from pibench.report.model import Verdict


def timing(ns: float, half_ns: float | None = 1.0) -> Timing:
    if half_ns is None:
        return Timing(ns=ns, low_ns=None, high_ns=None)
    return Timing(ns=ns, low_ns=ns - half_ns, high_ns=ns + half_ns)


def layer(
    name: str = "stage1.block1.conv",
    *,
    op: str = "conv 3×3 + relu",
    op_type: str = "conv 3×3",
    macs: int | None = 1000,
    moved_bytes: int = 500,
    isolated: Timing | None = None,
    in_place: Timing | None = None,
    missing: str = "",
    in_place_with: str = "",
    share: float | None = None,
    least_ns: float | None = None,
) -> LayerProfile:
    return LayerProfile(
        name=name,
        block=name.rpartition(".")[0],
        op=op,
        op_type=op_type,
        dtype="float32",
        sources=(name,),
        macs=macs,
        bytes=moved_bytes,
        isolated=isolated,
        in_place=in_place,
        not_isolated_because=missing,
        in_place_with=in_place_with,
        share=share,
        least_ns=least_ns,
    )


def result(by_process_ns: Sequence[int], verdict: Verdict = "trusted", failure: Failure | None = None) -> Result:
    taken = tuple(measurement([ns] * 3, process=process) for process, ns in enumerate(by_process_ns))
    return Result(
        subject=SubjectRecord(name="net", kind="graph"),
        condition=CONDITION,
        measurements=taken,
        summary=summarise(taken) if taken else None,
        verdict=verdict if taken else None,
        failure=failure,
    )
