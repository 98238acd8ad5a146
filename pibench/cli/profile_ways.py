"""What a profile needs beside the isolated layers: the runtime's profiler, and the roof."""

from __future__ import annotations

from pibench.cli.progress import Progress
from pibench.device import Device
from pibench.errors import PibenchError
from pibench.graph import Graph
from pibench.measure.board import ThisBoard, moved_off
from pibench.profile.processes import InPlaceProcesses
from pibench.profile.roof import roof_record
from pibench.report import Condition, Protocol, RoofRecord
from pibench.roofline import measure_roofline
from pibench.subject import Subject
from pibench.temporary import temporary_folder
from pibench.worker.client import Worker


def in_place_of(
    subject: Subject, graph: Graph | None, condition: Condition, protocol: Protocol, expected_ns: float
) -> tuple[InPlaceProcesses, bool]:
    """What the runtime's profiler tells, and whether nobody interrupted it."""
    with temporary_folder() as folder, moved_off(condition.cpus), Progress() as progress:
        model = folder / "model.tflite"
        model.write_bytes(subject.model)
        processes = InPlaceProcesses(
            subject,
            model,
            graph,
            condition,
            protocol,
            worker=Worker,
            expected_ns=expected_ns,
            progress=lambda done, total: progress.show("in place", done, total),
        )
        try:
            processes.run()
        except KeyboardInterrupt:
            return processes, False
        return processes, True


def roof_of(condition: Condition, protocol: Protocol, device: Device) -> tuple[RoofRecord | None, str]:
    """This board's limits under the condition, and what is wrong with them."""
    try:
        with moved_off(condition.cpus) as own_cpus, Progress() as progress:
            roofline = measure_roofline(
                Worker,
                (condition.threads,),
                cpus=condition.cpus,
                seed=protocol.seed,
                timeout_s=protocol.timeout_s,
                progress=lambda number, total: progress.show("the board's limits", number, total),
                device=device,
                board=ThisBoard(protocol, own_cpus),
            )
        record = roof_record(roofline, condition.threads)
    except PibenchError as error:
        return None, str(error)
    return record, "; ".join(doubt.message for doubt in roofline.doubts if doubt.grave)
